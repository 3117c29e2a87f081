/** Logs of small uploads where the disk, the system or another program fails them: what was acknowledged stays, and what was not does not come. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { settleAll } from '../src/storage/unsettled.ts';
import { get, keysOf, md5, put } from './support/storage-contract.ts';
import { allClosed, localStores } from './support/storage-local.ts';
import { ageLog, endLogs, logFolderOf, loggedKeys, logsOf } from './support/storage-log.ts';

if (process.platform !== 'linux') {
  t.pass('nothing is logged where one start of the system cannot be told from another');
  process.exit();
}
const { newDirectory } = localStores(t);
const nobody = 65_534;
const canBound = spawnSync('prlimit', ['--version']).status === 0;

/** A disk in a file, whose blocks take room when they are written first. It is gone with the mount namespace. */
const mountDisk = `cd "$0" && mount -t tmpfs -o size=48m none . && cd "$0" && truncate -s 16m image &&
  mkfs.ext4 -q -O ^has_journal image && mkdir disk && mount -o loop image disk`;
/** What a crash of the system would leave of it now, as another. */
const crashAs = (name: string): string =>
  `cp image ${name}.image && (e2fsck -fy ${name}.image > e2fsck.out; [ $? -le 1 ]) && mkdir ${name} && mount -o loop ${name}.image ${name}`;
const inNamespace = (script: string) => spawnSync('unshare', ['-m', 'sh', '-c', script, newDirectory()], { encoding: 'utf8' });
// Before a test gives up rights of this process.
const canMount = inNamespace(mountDisk).status === 0;

/** What another program may do to the file of an object that is to be made durable. */
const changes: Readonly<Record<string, (path: string) => void>> = {
  'closed to the server': (path) => fs.chmodSync(path, 0),
  'a link to itself': (path) => {
    fs.rmSync(path);
    fs.symlinkSync(path, path);
  },
  'a folder': (path) => {
    fs.rmSync(path);
    fs.mkdirSync(path);
  },
  'a FIFO without a writer': (path) => {
    fs.rmSync(path);
    execFileSync('mkfifo', [path]);
  },
  gone: (path) => fs.rmSync(path),
};

for (const [what, change] of Object.entries(changes)) {
  t.test(`a logged file that is ${what} now holds up nothing else`, async (t) => {
    const root = newDirectory();
    const bucket = join(root, 'b-1');
    fs.mkdirSync(bucket);
    // To root nothing is closed.
    if (process.getuid?.() === 0) {
      for (const path of [root, bucket]) fs.chownSync(path, nobody, nobody);
      process.seteuid?.(nobody);
      t.teardown(() => process.seteuid?.(0));
    }
    const store = await LocalStore.open({ root });
    let round = 0;
    const putLogged = async (): Promise<string[]> => {
      for (;;) {
        round++;
        const keys = Array.from({ length: 40 }, (_, n) => `${round}-${n}`);
        await Promise.all(keys.map((key) => put(store, key, `text of ${key}`)));
        const inLogs = keys.filter((key) => loggedKeys(bucket).includes(key));
        if (inLogs.length >= 2) return inLogs;
      }
    };
    const [changed = '', ...others] = await putLogged();
    change(join(bucket, changed));
    const errors = await store.deleteObjects(
      'b-1',
      others.map((key) => ({ key })),
    );
    t.strictSame(new Set(errors), new Set([undefined]), 'its log is settled');
    const [last = '', ...kept] = await putLogged();
    change(join(bucket, last));
    endLogs(bucket);
    const opened = await LocalStore.open({ root });
    t.same(logsOf(bucket), [], 'and so it is by the next');
    for (const key of kept) t.equal(await get(opened, key), `text of ${key}`);
    await Promise.all(kept.map((key) => put(store, key, 'new')));
    for (const key of kept) t.equal(await get(opened, key), 'new', 'a thread whose log was taken goes on');
    await settleAll();
    await allClosed(t, bucket);
  });
}

t.test('a log that cannot be written', { skip: canBound ? false : 'needs prlimit' }, async (t) => {
  const root = newDirectory();
  const bucket = join(root, 'b-1');
  fs.mkdirSync(bucket);
  const script = fileURLToPath(new URL('./support/storage-log-bounded.js', import.meta.url));
  // why: Node ignores the signal that comes with such a write, and what tap loads into every process of Node does not.
  const plain = ['-c', 'unset NODE_OPTIONS && exec "$@"', 'sh'];
  const { stdout, stderr, status } = spawnSync('sh', [...plain, process.execPath, script, root], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  const { acknowledged, errors } = JSON.parse(stdout);
  t.same(errors, ['EntityTooLarge'], 'what comes next waits until no log has it any more');
  for (const name of logsOf(bucket)) ageLog(join(logFolderOf(bucket), name));
  const store = await LocalStore.open({ root });
  t.same(logsOf(bucket), []);
  const keys = await keysOf(store);
  for (const [key, digest] of Object.entries(acknowledged)) {
    if (digest === null) t.notOk(keys.includes(key), `${key} was deleted`);
    else t.equal(md5(await get(store, key)), digest, `${key} was acknowledged`);
  }
});

/** What `support/storage-log-unsynced.ts` prints. */
interface Seen {
  readonly acknowledged: Readonly<Record<string, string>>;
  readonly inLogs: readonly string[];
  readonly deleted: readonly string[];
  readonly refused: readonly string[];
  readonly deletedLater: readonly string[];
  readonly refusedLater: readonly string[];
  readonly open: readonly string[];
  readonly code: string;
  readonly objects: Readonly<Record<string, string>>;
  readonly logs: readonly string[];
}

/** Runs commands there; answers the lines that are printed. `NODE` stands for the program. */
function onDisk(t: Test, commands: readonly string[]): Partial<Seen>[] {
  const script = fileURLToPath(new URL('./support/storage-log-unsynced.js', import.meta.url));
  const { status, stdout, stderr } = inNamespace([mountDisk, ...commands].join(' && ').replaceAll('NODE', `${process.execPath} ${script}`));
  t.equal(status, 0, stderr);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** Whether a store has all that was acknowledged. */
function checkWhole(t: Test, { objects, logs }: Partial<Seen> = {}, { acknowledged, inLogs = [] }: Partial<Seen> = {}): void {
  t.same(logs, []);
  for (const [key, text] of Object.entries(acknowledged ?? {})) t.equal(objects?.[key], text, `${key} is there`);
  for (const key of inLogs) t.equal(objects?.[key], acknowledged?.[key], `${key} is there unless it was deleted`);
}

t.test('logged files that cannot be made durable', { skip: canMount ? false : 'needs to mount a disk' }, (t) => {
  const [put, crashed, opened, crashedLater] = onDisk(t, [
    'NODE put disk filler',
    crashAs('crashed'),
    'NODE crashed crashed',
    'NODE open disk',
    crashAs('later'),
    'NODE crashed later',
  ]);
  t.ok(put?.inLogs?.length, 'what is logged is acknowledged');
  const errors = /^(StorageFull|InternalError|kept)$/;
  for (const code of put?.deleted ?? []) t.match(code, errors, 'what is in the log cannot be deleted then');
  for (const code of put?.refused ?? []) t.match(code, errors, 'and others are refused when the log is full');
  for (const code of put?.deletedLater ?? []) t.match(code, /^(no error|kept)$/, 'it can when there is room again');
  t.same(put?.refusedLater, [], 'and all goes on');
  for (const store of [crashed, opened, crashedLater]) checkWhole(t, store, put);
  t.end();
});

t.test('uploads that come when others are found not to be durable', { skip: canMount ? false : 'needs to mount a disk' }, (t) => {
  const [put, crashed] = onDisk(t, ['NODE turn disk filler', crashAs('crashed'), 'NODE crashed crashed']);
  t.same(put?.refusedLater, []);
  t.same(put?.open, []);
  checkWhole(t, crashed, put);
  t.end();
});

t.test('files that cannot be made durable by the next server', { skip: canMount ? false : 'needs to mount a disk' }, (t) => {
  const [left, refused, opened, crashed] = onDisk(t, [
    'NODE leave disk filler',
    'NODE open disk',
    'rm filler',
    'NODE open disk',
    crashAs('crashed'),
    'NODE crashed crashed',
  ]);
  t.ok(left?.inLogs?.length);
  t.match(refused?.code, /^(StorageFull|InternalError)$/);
  for (const store of [opened, crashed]) checkWhole(t, store, left);
  t.end();
});
