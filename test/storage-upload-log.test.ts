/** Small uploads that are durable in a log: what becomes of them when the process is killed, and when the system crashes. */
import { execFileSync, spawn } from 'node:child_process';
import fs, { type BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { limits } from '../src/base/limits.ts';
import { carryOutTogether } from '../src/storage/durable-work.ts';
import { LocalStore } from '../src/storage/local.ts';
import { block_bytes, encodeHead, encodeRecord, half_bytes, type LogHead, readLog, zeros } from '../src/storage/log-records.ts';
import { lineOf } from '../src/storage/metadata.ts';
import { describe } from '../src/storage/object.ts';
import { placeOf } from '../src/storage/publish.ts';
import { temporaryPath } from '../src/storage/temporary.ts';
import { bootId, LoggedUpload, logFor, settleLogs } from '../src/storage/upload-log.ts';
import { perform } from '../src/storage/writer-job.ts';
import { smallContentOf } from './support/storage-content.ts';
import { bodyOf, codeOf, get, keysOf, md5, put } from './support/storage-contract.ts';
import { allClosed, localStores, openFilesIn, treeOf } from './support/storage-local.ts';
import { ageLog, crash, endLogs, logFolderOf, logged, loggedKeys, logsOf } from './support/storage-log.ts';

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

t.test('a file that was changed later is left', async (t) => {
  const { root, bucket, log } = endedLog([
    ['k', 'logged'],
    ['gone', 'logged'],
    ['k', 'logged last'],
    ['dir', 'logged'],
  ]);
  fs.writeFileSync(join(bucket, 'k'), 'by hand');
  fs.mkdirSync(join(bucket, 'dir'));
  fs.writeFileSync(join(bucket, 'dir/k'), 'by hand');
  fs.truncateSync(log, fs.statSync(log).size);
  const store = await LocalStore.open({ root });
  t.equal(await get(store, 'k'), 'by hand');
  t.equal(await get(store, 'gone'), 'logged');
  t.same(await keysOf(store), ['dir/k', 'gone', 'k'], 'what cannot take its place any more is passed over');
  t.same(logsOf(bucket), []);
});

t.test('what is no log, or no record, is passed over', async (t) => {
  const [token, other] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
  const record = (key: string, text: string, of = token): Buffer => recordOf(of, key, text);
  const torn = record('torn', 'x'.repeat(5000));
  torn[4200] = 0;
  const inside = Buffer.concat([Buffer.alloc(block_bytes - 28), record('inside', 'forged', other)]);
  const { root, bucket } = endedLog([], {
    token,
    blocks: [
      record('first', 'one'),
      Buffer.alloc(block_bytes),
      torn,
      record('of another token', 'x', other),
      Buffer.concat(encodeRecord(token, { line: Buffer.from('{}'), pieces: [inside] })),
      Buffer.concat(encodeRecord(token, { line: lineFor('size', 4), pieces: [Buffer.from('other')] })),
      record('../../up', 'x'),
      record(`${'long'.repeat(70)}/x`, 'x'),
      record('last', 'two'),
    ],
  });
  fs.writeFileSync(join(logFolderOf(bucket), 'notes.txt'), 'of a person');
  fs.symlinkSync('/dev/zero', join(logFolderOf(bucket), '999999999-000000000000-1-4'));
  fs.mkdirSync(join(logFolderOf(bucket), '999999999-000000000000-1-5/sub'), { recursive: true });
  execFileSync('mkfifo', [join(logFolderOf(bucket), '999999999-000000000000-1-6')]);
  fs.writeFileSync(join(logFolderOf(bucket), '999999999-000000000000-1-2'), 'no log');
  fs.writeFileSync(join(logFolderOf(bucket), '999999999-000000000000-1-3'), Buffer.alloc(limits.upload_log_bytes, 'no head '));
  const store = await LocalStore.open({ root });
  t.same(await keysOf(store), ['../../up', 'first', 'last']);
  t.same(fs.readdirSync(join(bucket, '..')), ['b-1'], 'nothing is made outside of the bucket');
  t.same(logsOf(bucket).toSorted(), [
    '999999999-000000000000-1-4',
    '999999999-000000000000-1-5',
    '999999999-000000000000-1-6',
    'notes.txt',
  ]);
});

t.test('a folder of logs that leads elsewhere is left alone', async (t) => {
  for (const link of ['.s3lect/log', '.s3lect']) {
    const [root, victim] = [newDirectory(), newDirectory()];
    fs.mkdirSync(join(victim, 'log'));
    for (const name of ['precious.txt', '999999999-000000000000-1-1']) {
      fs.writeFileSync(join(victim, name), 'x');
      fs.writeFileSync(join(victim, 'log', name), 'x');
    }
    const before = treeOf(victim);
    fs.mkdirSync(join(root, 'b-1', dirname(link)), { recursive: true });
    fs.symlinkSync(victim, join(root, 'b-1', link));
    await LocalStore.open({ root });
    t.same(treeOf(victim), before, link);
  }
});

t.test('a file that was closed to the server since keeps no store from opening', async (t) => {
  const { root, bucket } = endedLog([['k', 'text']]);
  fs.writeFileSync(join(bucket, 'k'), 'else');
  fs.utimesSync(join(bucket, 'k'), 1_700_000_000, 1_700_000_000);
  fs.chmodSync(join(bucket, 'k'), 0);
  // To root nothing is closed.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    for (const path of [root, bucket, ...fs.readdirSync(bucket, { recursive: true, encoding: 'utf8' }).map((name) => join(bucket, name))]) {
      fs.chownSync(path, 65_534, 65_534);
    }
    process.seteuid?.(65_534);
    t.teardown(() => process.seteuid?.(0));
  }
  const store = await LocalStore.open({ root });
  t.same(logsOf(bucket), []);
  t.equal(await get(store, 'k'), 'text', 'what was acknowledged is put again, as its sidecar is not there');
});

t.test('an upload that only changed what is said of an object is put again too', async (t) => {
  const { root, bucket } = endedLog([['k', 'text']]);
  fs.writeFileSync(join(bucket, 'k'), 'text');
  fs.utimesSync(join(bucket, 'k'), 1_700_000_000, 1_600_000_000);
  const store = await LocalStore.open({ root });
  t.match(await store.headObject('b-1', 'k'), { etag: md5('text'), lastModified: new Date(1_700_000_000_000) });
});

t.test('what is said of an object is put again also where its bytes and its time are the same', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  const before = { contentType: 'text/csv', metadata: { a: 'before' }, tags: { a: 'before' }, storageClass: 'STANDARD' };
  const changes = {
    type: { contentType: 'text/plain' },
    metadata: { metadata: { a: 'after' } },
    tags: { tags: { a: 'after' } },
    class: { storageClass: 'GLACIER' },
    headers: { contentHeaders: { 'cache-control': 'no-cache' } },
    nothing: {},
  };
  const files = new Map<string, BigIntStats>();
  for (const key of Object.keys(changes)) {
    await store.putObject({ bucket: 'b-1', key, body: bodyOf('text'), ...before });
    files.set(key, fileOf(bucket, key));
  }
  const token = Buffer.alloc(16, 1);
  const blocks = Object.entries(changes).map(([key, change]) => {
    const metadata = { etag: md5('text'), ...describe({ ...before, ...change }), checksum: undefined, parts: undefined };
    const line = Buffer.from(lineOf(key, metadata, { ...(files.get(key) as BigIntStats), ino: 1n }));
    return Buffer.concat(encodeRecord(token, { line, pieces: [Buffer.from('text')] }));
  });
  endedLogIn(bucket, token, blocks);
  const opened = await LocalStore.open({ root });
  t.same(logsOf(bucket), []);
  for (const [key, change] of Object.entries(changes)) {
    t.match(await opened.headObject('b-1', key), { ...before, ...change }, key);
    const isSame = fileOf(bucket, key).ino === files.get(key)?.ino;
    t.equal(isSame, key === 'nothing', `${key} is put again, unless it is as it was logged`);
  }
});

t.test('what a log has failed to make durable is put again, though it seems to be there', async (t) => {
  for (const isFailed of [false, true]) {
    for (const boot of ['an earlier start', bootId as string]) {
      for (const ino of ['the same', 'another']) {
        const { store, root, bucket } = await newLocalStore();
        await store.putObject({ bucket: 'b-1', key: 'k', body: bodyOf('text') });
        const before = fileOf(bucket, 'k');
        const metadata = { etag: md5('text'), ...describe({}), checksum: undefined, parts: undefined };
        // Another, as after it was put again.
        const line = Buffer.from(lineOf('k', metadata, ino === 'another' ? { ...before, ino: 1n } : before));
        const token = Buffer.alloc(16, 1);
        const record = Buffer.concat(encodeRecord(token, { line, pieces: [Buffer.from('text')] }));
        endedLogIn(bucket, token, [record], { boot, isFailed });
        const opened = await LocalStore.open({ root });
        t.same(logsOf(bucket), []);
        t.equal(await get(opened, 'k'), 'text');
        const said = isFailed ? 'put again' : 'believed';
        t.equal(fileOf(bucket, 'k').ino === before.ino, !isFailed, `${said}: a file of ${ino} number, ${boot}`);
      }
    }
  }
});

t.test('a file that a logged upload replaced is not taken for a later one, whatever its time', async (t) => {
  const [root, kept] = [newDirectory(), newDirectory()];
  const bucket = join(root, 'b-1');
  fs.mkdirSync(join(bucket, '.s3lect/tmp'), { recursive: true });
  const putLogged = (key: string, text: string): void => {
    t.match(carryOutTogether([perform(loggedPut(bucket, key, text))]), [{ value: { loggedIn: { epoch: Number } } }]);
  };
  // What the places had before an upload, and a crash may bring back.
  const keep = (path: string, name: string): void => {
    fs.utimesSync(path, 2e9, 2e9);
    fs.linkSync(path, join(kept, name));
  };
  for (const key of ['once', 'first', 'second', 'later']) {
    fs.writeFileSync(join(bucket, key), 'by hand');
    keep(join(bucket, key), `${key} by hand`);
    putLogged(key, 'logged');
  }
  for (const key of ['first', 'second']) {
    keep(join(bucket, key), `${key} logged`);
    putLogged(key, 'logged again');
  }
  fs.writeFileSync(join(root, 'another'), 'by hand');
  keep(join(root, 'another'), 'another');
  for (const [name, key] of [
    ['once by hand', 'once'],
    ['first by hand', 'first'],
    ['second logged', 'second'],
    ['another', 'later'],
  ] as const) {
    fs.renameSync(join(kept, name), join(bucket, key));
  }
  endLogs(bucket);
  for (const name of logsOf(bucket)) ageLog(join(logFolderOf(bucket), name));
  const store = await LocalStore.open({ root });
  settleLogs({ ends: true });
  t.same(logsOf(bucket), []);
  t.equal(await get(store, 'once'), 'logged');
  t.equal(await get(store, 'first'), 'logged again', 'over what was there before the first of two uploads');
  t.equal(await get(store, 'second'), 'logged again', 'over the first of two uploads');
  t.equal(await get(store, 'later'), 'by hand', 'which no upload replaced');
});

t.test('the log of a process that lives is left to it', async (t) => {
  const { root, bucket, log } = endedLog([['k', 'x']]);
  const name = `${process.ppid}-aaaaaaaaaaaa-1-1`;
  fs.renameSync(log, join(logFolderOf(bucket), name));
  const store = await LocalStore.open({ root });
  t.same(logsOf(bucket), [name]);
  t.same(await keysOf(store), []);
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
  logFor(bucketDirectory)?.append([value as LoggedUpload]);
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
  const { fdatasyncSync } = fs;
  fs.fdatasyncSync = (fd) => {
    fs.fdatasyncSync = fdatasyncSync;
    for (const start of [0, half_bytes]) fs.writeSync(fd, zeros, 0, zeros.length, start);
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
  };
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
  const { fdatasyncSync } = fs;
  fs.fdatasyncSync = (fd) => {
    fs.fdatasyncSync = fdatasyncSync;
    fs.writeSync(fd, onDisk, 0, onDisk.length, 0);
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
  };
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

/** For the log of this thread. */
function loggedPut(bucketDirectory: string, key: string, text: string) {
  const place = placeOf('b-1', bucketDirectory, key, 'refused');
  const metadata = { etag: md5(text), ...describe({}), checksum: undefined, parts: undefined };
  const job = { kind: 'put', path: temporaryPath(bucketDirectory), fd: undefined, pieces: [Buffer.from(text)] } as const;
  return { ...job, place, metadata, condition: {}, isLogged: true } as const;
}

function lineFor(key: string, size: number): Buffer {
  const record = { etag: md5(''), size: `${size}`, mtimeNs: '1700000000000000000', ino: '1' };
  return Buffer.from(JSON.stringify({ version: 1, key, records: [record] }));
}

function recordOf(token: Uint8Array, key: string, text: string): Buffer {
  const record = { etag: md5(text), size: `${Buffer.byteLength(text)}`, mtimeNs: '1700000000000000000', ino: '1' };
  const line = Buffer.from(JSON.stringify({ version: 1, key, records: [record] }));
  return Buffer.concat(encodeRecord(token, { line, pieces: [Buffer.from(text)] }));
}

/** A bucket with a log of an earlier start of the system, that holds these uploads, or else these blocks. */
function endedLog(uploads: readonly (readonly [key: string, text: string])[], form?: { token: Uint8Array; blocks: readonly Buffer[] }) {
  const root = newDirectory();
  const bucket = join(root, 'b-1');
  const token = form?.token ?? Buffer.alloc(16, 1);
  const log = endedLogIn(bucket, token, form?.blocks ?? uploads.map(([key, text]) => recordOf(token, key, text)));
  return { root, bucket, log };
}

/** Answers its path. */
function endedLogIn(bucket: string, token: Uint8Array, blocks: readonly Buffer[], head: Partial<LogHead> = {}): string {
  fs.mkdirSync(logFolderOf(bucket), { recursive: true });
  const log = join(logFolderOf(bucket), '999999999-000000000000-1-1');
  const half = Buffer.concat([encodeHead({ boot: 'an earlier start', epoch: 1, token, isFailed: false, ...head }), ...blocks]);
  fs.writeFileSync(log, Buffer.concat([half, Buffer.alloc(limits.upload_log_bytes - half.length)]));
  t.equal(readLog(log).length, 1);
  return log;
}

function fileOf(bucket: string, key: string): BigIntStats {
  return fs.lstatSync(join(bucket, key), { bigint: true });
}
