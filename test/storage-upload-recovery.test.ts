/** What is put again of uploads in a log that nobody writes to any more, after a crash of the system or a disk that failed. */
import { execFileSync } from 'node:child_process';
import fs, { type BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { carryOutTogether } from '../src/storage/durable-work.ts';
import { LocalStore } from '../src/storage/local.ts';
import { block_bytes, bootId, encodeHead, encodeRecord, type LogHead, readLog } from '../src/storage/log-records.ts';
import { lineOf } from '../src/storage/metadata.ts';
import { describe } from '../src/storage/object.ts';
import { settleLogs } from '../src/storage/put-job.ts';
import { perform } from '../src/storage/writer-job.ts';
import { bodyOf, get, keysOf, md5 } from './support/storage-contract.ts';
import { localStores, treeOf } from './support/storage-local.ts';
import { ageLog, endLogs, logFolderOf, loggedPut, logsOf, pathOfEndedLog } from './support/storage-log.ts';

if (process.platform !== 'linux') {
  t.pass('nothing is logged where one start of the system cannot be told from another');
  process.exit();
}
const { newDirectory, newLocalStore } = localStores(t);

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

t.test('a name that a crash left with the number of another file is no file that was changed later', async (t) => {
  const { root, bucket, log } = endedLog([
    ['linked', 'logged'],
    ['empty', 'logged'],
    ['nothing', ''],
  ]);
  fs.writeFileSync(join(bucket, 'other'), 'of another');
  fs.linkSync(join(bucket, 'other'), join(bucket, 'linked'));
  for (const key of ['empty', 'nothing']) fs.writeFileSync(join(bucket, key), '');
  fs.truncateSync(log, fs.statSync(log).size);
  const store = await LocalStore.open({ root });
  t.equal(await get(store, 'linked'), 'logged');
  t.equal(await get(store, 'empty'), 'logged');
  t.equal(await get(store, 'nothing'), '');
  t.equal(await get(store, 'other'), 'of another');
});

t.test('nor is the file of an upload in another log', async (t) => {
  const { root, bucket } = endedLog([['one', 'logged']]);
  fs.mkdirSync(join(bucket, '.s3lect/tmp'));
  t.match(carryOutTogether([perform(loggedPut(bucket, 'two', 'of two'))]), [{ value: { loggedIn: { epoch: Number } } }]);
  fs.renameSync(join(bucket, 'two'), join(bucket, 'one'));
  endLogs(bucket);
  for (const name of logsOf(bucket)) ageLog(join(logFolderOf(bucket), name));
  const store = await LocalStore.open({ root });
  settleLogs({ ends: true });
  t.equal(await get(store, 'one'), 'logged');
  t.equal(await get(store, 'two'), 'of two');
});

t.test('the log of a process that lives is left to it', async (t) => {
  const { root, bucket, log } = endedLog([['k', 'x']]);
  const name = `${process.ppid}-aaaaaaaaaaaa-1-1`;
  fs.renameSync(log, join(logFolderOf(bucket), name));
  const store = await LocalStore.open({ root });
  t.same(logsOf(bucket), [name]);
  t.same(await keysOf(store), []);
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
      Buffer.concat(encodeRecord(token, { line: lineFor('size', '', 4), pieces: [Buffer.from('other')] })),
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
  fs.rmSync(join(root, 'another'));
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

function lineFor(key: string, text: string, size = Buffer.byteLength(text)): Buffer {
  const record = { etag: md5(text), size: `${size}`, mtimeNs: '1700000000000000000', ino: '1' };
  return Buffer.from(JSON.stringify({ version: 1, key, records: [record] }));
}

function recordOf(token: Uint8Array, key: string, text: string): Buffer {
  return Buffer.concat(encodeRecord(token, { line: lineFor(key, text), pieces: [Buffer.from(text)] }));
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
  const log = pathOfEndedLog(bucket, 1);
  const half = Buffer.concat([encodeHead({ boot: 'an earlier start', epoch: 1, token, isFailed: false, ...head }), ...blocks]);
  fs.writeFileSync(log, Buffer.concat([half, Buffer.alloc(limits.upload_log_bytes - half.length)]));
  t.equal(readLog(log).length, 1);
  return log;
}

function fileOf(bucket: string, key: string): BigIntStats {
  return fs.lstatSync(join(bucket, key), { bigint: true });
}
