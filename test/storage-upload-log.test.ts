/** Small uploads that are durable in a log: what becomes of them when the process is killed, and when the system crashes. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { limits } from '../src/base/limits.ts';
import { carryOutTogether } from '../src/storage/durable-work.ts';
import { LocalStore } from '../src/storage/local.ts';
import { half_bytes, zeros } from '../src/storage/log-records.ts';
import { settleLogs } from '../src/storage/put-job.ts';
import { LoggedUpload, logFor } from '../src/storage/upload-log.ts';
import { perform } from '../src/storage/writer-job.ts';
import { smallContentOf } from './support/storage-content.ts';
import { bodyOf, codeOf, get, keysOf, md5, put } from './support/storage-contract.ts';
import { allClosed, localStores, openFilesIn } from './support/storage-local.ts';
import { ageLog, crash, endLogs, failNextSync, logFolderOf, logged, loggedKeys, loggedPut, logsOf } from './support/storage-log.ts';

if (process.platform !== 'linux') {
  t.pass('nothing is logged where one start of the system cannot be told from another');
  process.exit();
}
const { newDirectory, newLocalStore } = localStores(t);
const logger = fileURLToPath(new URL('./support/storage-logger.js', import.meta.url));

/** Puts until so many are acknowledged, and is killed; answers the last acknowledged version of each key. */
async function runAndKill(
  t: Test,
  root: string,
  { prefix, distinct, acknowledged }: { prefix: string; distinct: number; acknowledged: number },
) {
  const child = spawn(process.execPath, [logger, root, prefix, String(distinct)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > acknowledged) child.kill('SIGKILL');
  });
  t.equal(await new Promise((resolve) => child.on('close', (_, signal) => resolve(signal))), 'SIGKILL');
  const versions = new Map<string, number>();
  for (const line of said.split('\n').slice(0, -1)) {
    const [key = '', n] = line.split(' ');
    versions.set(key, Math.max(Number(n), versions.get(key) ?? -1));
  }
  return versions;
}

/** Every key has the version that was acknowledged last, or one that was on its way. */
async function checkWhole(t: Test, store: LocalStore, versions: ReadonlyMap<string, number>): Promise<void> {
  for (const [key, acknowledged] of versions) {
    const info = await store.headObject('b-1', key);
    const n = Number(info.metadata['n']);
    t.ok(n >= acknowledged, `${key} is version ${n}, and ${acknowledged} was acknowledged`);
    const content = smallContentOf(key, n);
    t.equal(await get(store, key), content.toString(), `${key} is whole`);
    t.match(info, { etag: md5(content), contentType: 'text/csv', size: content.length });
  }
}

async function putMany(store: LocalStore, keys: readonly string[], text = 'x'): Promise<void> {
  await Promise.all(keys.map((key) => put(store, key, text)));
}

const manyKeys = Array.from({ length: 40 }, (_, n) => `many/${n}`);

t.test('many small uploads are logged, and settled soon after; a few are not', async (t) => {
  const { store, bucket } = await newLocalStore();
  await putMany(store, manyKeys.slice(0, limits.logged_uploads_per_second_min));
  t.same(logsOf(bucket), [], 'a few a second are made durable where they are');
  await putMany(store, manyKeys);
  t.equal(logsOf(bucket).length > 0, true);
  t.same(
    loggedKeys(bucket).filter((key) => !manyKeys.includes(key)),
    [],
  );
  t.ok(loggedKeys(bucket).length > 10);
  for (const key of manyKeys) t.equal(fs.readFileSync(join(bucket, key), 'utf8'), 'x', 'each is a file in its place at once');
  const deadline_ms = Date.now() + 30_000;
  while (logsOf(bucket).length > 0 && Date.now() < deadline_ms) await sleep(100);
  t.same(logsOf(bucket), [], 'a log is removed that nobody writes to');
  await allClosed(t, bucket);
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
});

t.test('a log that is full is settled while it takes more', async (t) => {
  const { store, bucket } = await newLocalStore();
  const text = 'y'.repeat(limits.logged_upload_bytes_max);
  const keys = Array.from({ length: 6 * Math.floor(half_bytes / text.length) }, (_, n) => `k-${n}`);
  let longest = 0;
  for (let n = 0; n < keys.length; n += 16) {
    await putMany(store, keys.slice(n, n + 16), text);
    longest = Math.max(longest, loggedKeys(bucket).length);
  }
  t.ok(longest > 0);
  t.same(await keysOf(store), keys.toSorted());
  for (const key of keys) t.equal(fs.statSync(join(bucket, key)).size, text.length);
});

for (const distinct of [8, 100_000]) {
  t.test(`a process is killed that puts to ${distinct} keys`, async (t) => {
    const { root, bucket } = await newLocalStore();
    let left = 0;
    for (const [round, acknowledged] of [20, 150, 600].entries()) {
      const versions = await runAndKill(t, root, { prefix: `${round}`, distinct, acknowledged });
      left += logsOf(bucket).length;
      const store = await LocalStore.open({ root });
      t.same(logsOf(bucket), [], 'which is settled by the next');
      await checkWhole(t, store, versions);
      t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
    }
    t.ok(left > 0, 'it had logs');
  });

  t.test(`the system crashes under a process that puts to ${distinct} keys`, async (t) => {
    const { root, bucket } = await newLocalStore();
    let records = 0;
    for (const [round, acknowledged] of [30, 120, 300].entries()) {
      const versions = await runAndKill(t, root, { prefix: `${round}`, distinct, acknowledged });
      const times = new Map(logged(bucket).map(({ key, time }) => [key, time]));
      records += times.size;
      crash(bucket);
      const store = await LocalStore.open({ root });
      t.same(logsOf(bucket), []);
      await checkWhole(t, store, versions);
      for (const [key, time] of times) {
        const { lastModified } = await store.headObject('b-1', key);
        t.equal(lastModified.getTime(), time, 'it says when it was uploaded');
      }
    }
    t.ok(records > 0);
  });
}

t.test('what replaces, describes or deletes an object is not undone by a log', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  const large = Buffer.alloc(limits.logged_upload_bytes_max + 1, 'large');
  const { uploadId } = await store.createUpload({ bucket: 'b-1', key: 'completed' });
  const { etag } = await store.putPart({ bucket: 'b-1', key: 'completed', uploadId, number: 1, body: bodyOf('part') });
  const changes: Record<string, () => Promise<unknown>> = {
    replaced: () => put(store, 'replaced', large),
    conditional: () => store.putObject({ bucket: 'b-1', key: 'conditional', body: bodyOf('if'), condition: { ifMatch: '*' } }),
    deleted: () => store.deleteObject('b-1', 'deleted'),
    deletedTogether: () => store.deleteObjects('b-1', [{ key: 'deletedTogether' }]),
    tagged: () => store.setTags('b-1', 'tagged', { a: 'b' }),
    completed: () => store.completeUpload({ bucket: 'b-1', key: 'completed', uploadId, parts: [{ number: 1, etag }] }),
  };
  const keys = Object.keys(changes);
  const present = ['completed', 'conditional', 'replaced', 'tagged', ...manyKeys].toSorted();
  for (let round = 0; round < 3; round++) {
    await putMany(store, manyKeys);
    for (const key of round === 0 ? keys : keys.filter((one) => one !== 'completed')) {
      await put(store, key, `logged in round ${round}`);
      t.ok(loggedKeys(bucket).includes(key), `${key} is in a log`);
      await changes[key]?.();
      t.notOk(loggedKeys(bucket).includes(key), `and no more when it is ${key}`);
    }
  }
  // A process that ended, as after a crash.
  const copy = join(newDirectory(), 'root');
  fs.cpSync(root, copy, { recursive: true, preserveTimestamps: true });
  endLogs(join(copy, 'b-1'));
  for (const name of logsOf(join(copy, 'b-1'))) ageLog(join(logFolderOf(join(copy, 'b-1')), name));
  const opened = await LocalStore.open({ root: copy });
  t.same(await keysOf(opened), present);
  t.equal(await get(opened, 'replaced'), large.toString());
  t.equal(await get(opened, 'conditional'), 'if');
  t.equal(await get(opened, 'completed'), 'part');
});

t.test('a log that somebody takes away', async (t) => {
  const { store, bucket } = await newLocalStore();
  for (let round = 0; round < 5; round++) {
    await putMany(store, manyKeys, `round ${round}`);
    fs.rmSync(logFolderOf(bucket), { recursive: true, force: true });
  }
  await putMany(store, manyKeys, 'last');
  for (const key of manyKeys) t.equal(await get(store, key), 'last');
  await store.deleteObjects(
    'b-1',
    manyKeys.map((key) => ({ key })),
  );
  await store.deleteBucket('b-1');
  t.equal(await codeOf(put(store, 'k', 'x')), 'NoSuchBucket');
  await store.createBucket('b-1');
  await putMany(store, manyKeys, 'new');
  t.ok(loggedKeys(bucket).length > 0, 'a bucket of the same name has a log of its own');
  for (const key of manyKeys) t.equal(await get(store, key), 'new');
});

t.test('an upload that cannot take its place is taken back', async (t) => {
  const { store, bucket } = await newLocalStore();
  await put(store, 'a/b', 'x');
  await putMany(store, manyKeys);
  t.equal(await codeOf(put(store, 'a', 'y')), 'InvalidArgument');
  t.ok(loggedKeys(bucket).includes(manyKeys.at(-1) as string));
  t.notOk(loggedKeys(bucket).includes('a'));
});

t.test('an upload takes its place when it is in the log', (t) => {
  const bucketDirectory = fs.realpathSync(t.testdir({ '.s3lect': { tmp: {} } }));
  const job = loggedPut(bucketDirectory, 'k', 'text');
  const work = perform(job);
  const { value } = work.next();
  t.ok(value instanceof LoggedUpload);
  t.notOk(fs.existsSync(job.place.path), 'what was there before is there until then');
  t.same(loggedKeys(bucketDirectory), []);
  logFor(job.place)?.append([value as LoggedUpload]);
  t.same(loggedKeys(bucketDirectory), ['k']);
  t.match(work.next(true), { done: true, value: { size: 4, loggedIn: { epoch: Number, settledEpoch: Number } } });
  t.equal(fs.readFileSync(job.place.path, 'utf8'), 'text');
  settleLogs({ ends: false });
  t.same(loggedKeys(bucketDirectory), []);
  settleLogs({ ends: true });
  t.same(logsOf(bucketDirectory), []);
  t.end();
});

t.test('uploads that come after a disk has failed and forgot the heads of a log are in it', (t) => {
  const bucketDirectory = fs.realpathSync(t.testdir({ '.s3lect': { tmp: {} } }));
  const put = (key: string) => carryOutTogether([perform(loggedPut(bucketDirectory, key, 'text'))]);
  t.match(put('before'), [{ value: { loggedIn: { epoch: Number } } }]);
  failNextSync((fd) => {
    for (const start of [0, half_bytes]) fs.writeSync(fd, zeros, 0, zeros.length, start);
  });
  t.match(put('during'), [{ error: { code: 'EIO' } }]);
  t.match(put('after'), [{ value: { loggedIn: { epoch: Number } } }]);
  t.same(
    loggedKeys(bucketDirectory).filter((key) => key !== 'during'),
    ['before', 'after'],
  );
  settleLogs({ ends: true });
  t.end();
});

t.test('a log that could not be emptied for a failing disk is emptied by the next try', (t) => {
  const bucketDirectory = fs.realpathSync(t.testdir({ '.s3lect': { tmp: {} } }));
  carryOutTogether([perform(loggedPut(bucketDirectory, 'k', 'text'))]);
  const onDisk = fs.readFileSync(join(logFolderOf(bucketDirectory), logsOf(bucketDirectory)[0] as string));
  failNextSync((fd) => fs.writeSync(fd, onDisk, 0, onDisk.length, 0));
  t.throws(() => settleLogs({ ends: false }), { code: 'EIO' });
  settleLogs({ ends: false });
  t.same(loggedKeys(bucketDirectory), [], 'not only in the memory of the system');
  settleLogs({ ends: true });
  t.end();
});

t.test('the log of a thread that has ended is settled by another', (t) => {
  const bucketDirectory = fs.realpathSync(t.testdir({ '.s3lect': { tmp: {} } }));
  const put = () => perform(loggedPut(bucketDirectory, 'k', 'text'));
  t.match(carryOutTogether([put()]), [{ value: { loggedIn: { epoch: Number } } }]);
  t.same(loggedKeys(bucketDirectory), ['k']);
  const recover = { kind: 'recover', bucket: 'b-1', bucketDirectory, links: 'refused' } as const;
  t.match(carryOutTogether([perform(recover)]), [{ value: undefined }]);
  t.same(loggedKeys(bucketDirectory), ['k'], 'of a thread that lives it is not');
  t.match(carryOutTogether([perform({ ...recover, endedThread: threadId })]), [{ value: undefined }]);
  t.same(logsOf(bucketDirectory), []);
  t.equal(fs.readFileSync(join(bucketDirectory, 'k'), 'utf8'), 'text');
  t.match(carryOutTogether([put()]), [{ value: { size: 4, loggedIn: undefined } }], 'if it lives, it does without');
  t.match(carryOutTogether([put()]), [{ value: { loggedIn: { epoch: Number } } }], 'and begins another');
  settleLogs({ ends: true });
  t.same(openFilesIn(bucketDirectory), []);
  t.end();
});
