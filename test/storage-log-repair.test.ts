/** A thread puts again what its log holds and could not be made durable where it is. A descriptor that only names a file stands for a disk that fails. */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { limits } from '../src/base/limits.ts';
import { openMade } from '../src/storage/directory.ts';
import { carryOutTogether } from '../src/storage/durable-work.ts';
import { readLog } from '../src/storage/log-records.ts';
import { sidecarPath } from '../src/storage/metadata.ts';
import { settleLogs } from '../src/storage/put-job.ts';
import { perform } from '../src/storage/writer-job.ts';
import { openFilesIn } from './support/storage-local.ts';
import { failNextSync, logFolderOf, loggedKeys, loggedPut, logsOf } from './support/storage-log.ts';

if (process.platform !== 'linux') {
  t.pass('nothing is logged where one start of the system cannot be told from another');
  process.exit();
}

/** A bucket to which this thread uploads with a log. */
function newBucket(t: Test) {
  const bucket = fs.realpathSync(t.testdir({ '.s3lect': { tmp: {} } }));
  return {
    bucket,
    put: (key: string) => {
      t.match(carryOutTogether([perform(loggedPut(bucket, key, `text of ${key}`))]), [{ value: { loggedIn: { epoch: Number } } }], key);
    },
    get: (key: string) => fs.readFileSync(join(bucket, key), 'utf8'),
    stat: (key: string) => fs.statSync(join(bucket, key)),
    logPath: () => join(logFolderOf(bucket), logsOf(bucket)[0] as string),
  };
}

const { openSync } = fs;
const O_PATH = 0o10000000;

/** Has fsync of files fail with EBADF, and what `isRefused` to be made with ENOSPC, until the end of the test; answers how many were. */
function failDisk(isUnsynced: (path: string) => boolean, isRefused: (flags: unknown) => boolean = () => false): { refused: number } {
  const seen = { refused: 0 };
  fs.openSync = (path, flags, mode) => {
    if (isUnsynced(`${path}`)) return openSync(path, O_PATH);
    if (!isRefused(flags)) return openSync(path, flags, mode);
    seen.refused++;
    throw Object.assign(new Error('ENOSPC: no space left on device, open'), { code: 'ENOSPC', syscall: 'open' });
  };
  return seen;
}

t.afterEach(() => {
  fs.openSync = openSync;
});

t.test('what could not be made durable is put again, in a new file', (t) => {
  const { bucket, put, get, stat } = newBucket(t);
  for (const key of ['a', 'b']) put(key);
  const before = stat('a');
  const sidecar = sidecarPath(bucket, 'a');
  const { ino } = fs.statSync(sidecar);
  failDisk((path) => path === join(bucket, 'a'));
  settleLogs({ ends: false });
  t.not(stat('a').ino, before.ino);
  t.not(fs.statSync(sidecar).ino, ino, 'and so is what is said of it');
  t.equal(Math.floor(stat('a').mtimeMs), Math.floor(before.mtimeMs));
  for (const key of ['a', 'b']) t.equal(get(key), `text of ${key}`);
  t.same(loggedKeys(bucket), [], 'what is deleted from now on does not come back');
  put('c');
  settleLogs({ ends: true });
  t.same(openFilesIn(bucket), []);
  t.end();
});

t.test('of a key of which a later upload was refused, the earlier one is put again', (t) => {
  const { bucket, put, get, stat } = newBucket(t);
  put('a');
  const { ino } = stat('a');
  failNextSync(() => {});
  t.match(carryOutTogether([perform(loggedPut(bucket, 'a', 'refused'))]), [{ error: { code: 'EIO' } }]);
  failDisk((path) => path === join(bucket, 'a'));
  settleLogs({ ends: true });
  t.not(stat('a').ino, ino);
  t.equal(get('a'), 'text of a');
  t.end();
});

t.test('so is one that is found not to be durable when a later one cannot take its place', (t) => {
  const { bucket, put, get, stat } = newBucket(t);
  const { renameSync } = fs;
  put('a');
  const { ino } = stat('a');
  failDisk((path) => path === join(bucket, 'a'));
  fs.renameSync = (from, to) => {
    if (`${to}`.endsWith('/a')) throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO', syscall: 'rename' });
    renameSync(from, to);
  };
  t.match(carryOutTogether([perform(loggedPut(bucket, 'a', 'refused'))]), [{ error: { syscall: 'rename' } }]);
  [fs.renameSync, fs.openSync] = [renameSync, openSync];
  settleLogs({ ends: true });
  t.not(stat('a').ino, ino);
  t.equal(get('a'), 'text of a');
  t.end();
});

t.test('the log of a thread that has ended is found by each who tries', (t) => {
  const { bucket, put, get } = newBucket(t);
  put('a');
  const [endedThread, name = ''] = [threadId + 1000, logsOf(bucket)[0]];
  fs.renameSync(join(logFolderOf(bucket), name), join(logFolderOf(bucket), name.replace(/-\d+-(\d+)$/, `-${endedThread}-$1`)));
  const recover = { kind: 'recover', bucket: 'b-1', bucketDirectory: bucket, links: 'refused', endedThread } as const;
  failDisk((path) => path === join(bucket, 'a'));
  t.match(carryOutTogether([perform(recover)]), [{ error: { code: 'EBADF' } }]);
  t.same(loggedKeys(bucket), ['a']);
  fs.openSync = openSync;
  t.match(carryOutTogether([perform(recover)]), [{ value: undefined }]);
  t.same(logsOf(bucket), []);
  t.equal(get('a'), 'text of a');
  settleLogs({ ends: true });
  t.same(openFilesIn(bucket), []);
  t.end();
});

t.test('an upload with which others are found not to be durable is none of them', (t) => {
  const { bucket, put, logPath } = newBucket(t);
  put('a');
  failDisk((path) => path === join(bucket, 'a'));
  const areFailed = () => readLog(logPath()).every(({ isFailed }) => isFailed);
  // Until a half is full; then the other finds that its files are not durable, as whoever opens the log next is told.
  for (let n = 0; !areFailed() && n < 1000; n++) put(`filling ${n}`);
  t.ok(areFailed());
  put('later');
  t.notOk(areFailed());
  t.same(loggedKeys(bucket), ['later'], 'when all others have been put again');
  settleLogs({ ends: true });
  t.end();
});

t.test('a disk that fails is not asked all the time', async (t) => {
  const { bucket, put, get } = newBucket(t);
  put('a');
  const seen = failDisk(
    (path) => path === join(bucket, 'a'),
    (flags) => flags === 'wx',
  );
  t.throws(() => settleLogs({ ends: false }), { code: 'ENOSPC' });
  const { refused } = seen;
  t.ok(refused > 0);
  t.throws(() => settleLogs({ ends: false }), { code: 'EBADF' });
  t.equal(seen.refused, refused);
  t.same(loggedKeys(bucket), ['a']);
  fs.openSync = openSync;
  t.match(carryOutTogether([perform(loggedPut(bucket, 'a', 'new'))]), [{ error: { code: 'EBADF' } }]);
  t.match(carryOutTogether([perform(loggedPut(bucket, 'b', 'new'))]), [{ value: { loggedIn: undefined } }], 'others do without the log');
  await sleep(limits.upload_settle_ms);
  settleLogs({ ends: true });
  t.equal(get('a'), 'text of a');
  t.same(logsOf(bucket), []);
});

t.test('a log that was moved with its bucket is left to who opens it there', (t) => {
  const { bucket, put, stat, logPath } = newBucket(t);
  put('a');
  const before = stat('a');
  const moved = `${bucket}/moved`;
  fs.renameSync(logPath(), moved);
  failDisk((path) => path === join(bucket, 'a'));
  settleLogs({ ends: false });
  t.equal(stat('a').ino, before.ino);
  t.match(
    readLog(moved).map(({ isFailed, records }) => [isFailed, records.length]),
    [
      [true, 1],
      [true, 0],
    ],
  );
  fs.openSync = openSync;
  put('b');
  settleLogs({ ends: true });
  t.same(openFilesIn(bucket), []);
  t.end();
});

t.test('a new directory that is not durable in the one above is not left for others to use', (t) => {
  const top = fs.realpathSync(t.testdir({}));
  const { fsyncSync } = fs;
  let calls = 0;
  fs.fsyncSync = (fd) => {
    calls++;
    if (calls === 2) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', syscall: 'fsync' });
    fsyncSync(fd);
  };
  t.teardown(() => {
    fs.fsyncSync = fsyncSync;
  });
  t.throws(() => openMade(top, join(top, 'a/b/c')), { code: 'EIO' });
  t.same(fs.readdirSync(top, { recursive: true }), ['a']);
  openMade(top, join(top, 'a/b/c')).close();
  t.equal(calls, 4, 'each is made durable');
  t.end();
});
