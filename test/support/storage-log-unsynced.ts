/**
 * Run in a mount namespace, on a disk whose room is taken by another file for a while: what is new cannot be written to it, and a log that
 * is there can. Prints what it saw. Arguments, one of
 *   put ROOT FILLER    takes the room, puts and deletes objects, gives the room back, and deletes and puts others
 *   turn ROOT FILLER   takes the room, puts objects until the log goes on in its other half, gives the room back, puts others and settles all
 *   leave ROOT FILLER  takes the room, puts objects and ends at once
 *   open ROOT          opens the store
 *   crashed ROOT       the same, when the system was started anew
 */
import fs, { writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/base/limits.ts';
import { LocalStore } from '../../src/storage/local.ts';
import { block_bytes, readLog } from '../../src/storage/log-records.ts';
import { settleAll } from '../../src/storage/unsettled.ts';
import { codeOf, get, keysOf, put } from './storage-contract.ts';
import { openFilesIn } from './storage-local.ts';
import { ageLog, logFolderOf, loggedKeys, logsOf } from './storage-log.ts';

const [what, folder = '', filler = ''] = process.argv.slice(2);
const root = resolve(folder);
const bucket = join(root, 'b-1');

const acknowledged: Record<string, string> = {};

/** Puts objects; answers the codes of those that are refused. */
async function putMany(store: LocalStore, prefix: string): Promise<string[]> {
  const keys = Array.from({ length: 40 }, (_, n) => `${prefix}/${n}`);
  const codes = await Promise.all(
    keys.map(async (key) => {
      const code = await codeOf(put(store, key, `text of ${key}`));
      if (code === 'no error') acknowledged[key] = `text of ${key}`;
      return code;
    }),
  );
  return codes.filter((code) => code !== 'no error');
}

function takeRoom(): void {
  const fd = fs.openSync(filler, 'w');
  try {
    for (;;) fs.writeSync(fd, Buffer.alloc(4096, 'x'));
  } catch {
    fs.closeSync(fd);
  }
}

/** Answers the keys of those that are acknowledged and in a log. */
async function putWithoutRoom(store: LocalStore): Promise<string[]> {
  await store.createBucket('b-1');
  while (logsOf(bucket).length === 0) await putMany(store, 'first');
  takeRoom();
  await putMany(store, 'without room');
  const inLogs = loggedKeys(bucket);
  return Object.keys(acknowledged).filter((key) => key.startsWith('without') && inLogs.includes(key));
}

async function putAndGoOn(store: LocalStore) {
  const inLogs = await putWithoutRoom(store);
  const deleteHalf = () => Promise.all(inLogs.map((key, n) => (n % 2 === 0 ? codeOf(store.deleteObject('b-1', key)) : 'kept')));
  const deleted = await deleteHalf();
  const refused: string[] = [];
  for (let round = 0; refused.length === 0; round++) refused.push(...(await putMany(store, `filling ${round}`)));
  refused.push(...(await putMany(store, 'full')));
  fs.rmSync(filler);
  // It is not tried all the time.
  await sleep(2 * limits.upload_settle_ms);
  const deletedLater = await deleteHalf();
  for (const [n, code] of deletedLater.entries()) if (code === 'no error') delete acknowledged[inLogs[n] as string];
  const refusedLater: string[] = [];
  // More than a log holds.
  for (let bytes = 0; bytes < limits.upload_log_bytes; bytes += 40 * 2 * block_bytes) refusedLater.push(...(await putMany(store, 'later')));
  return { acknowledged, inLogs, deleted, refused, deletedLater, refusedLater };
}

async function putUntilTurned(store: LocalStore) {
  await putWithoutRoom(store);
  const isTurned = () => logsOf(bucket).some((name) => readLog(join(logFolderOf(bucket), name)).every(({ records }) => records.length > 0));
  for (let round = 0; !isTurned(); round++) if ((await putMany(store, `filling ${round}`)).length > 0) break;
  // The files are made durable meanwhile, or are not.
  await sleep(100);
  fs.rmSync(filler);
  await sleep(2 * limits.upload_settle_ms);
  const refusedLater = await putMany(store, 'later');
  await settleAll();
  return { acknowledged, refusedLater, open: openFilesIn(bucket) };
}

async function openStore() {
  const code = await codeOf(LocalStore.open({ root }));
  if (code !== 'no error') return { code };
  const store = await LocalStore.open({ root });
  const objects: Record<string, string> = {};
  for (const key of await keysOf(store)) objects[key] = await get(store, key);
  return { code, objects, logs: logsOf(bucket) };
}

async function run(): Promise<unknown> {
  if (what === 'put') return putAndGoOn(await LocalStore.open({ root }));
  if (what === 'turn') return putUntilTurned(await LocalStore.open({ root }));
  if (what === 'leave') return { inLogs: await putWithoutRoom(await LocalStore.open({ root })), acknowledged };
  if (what === 'crashed') for (const name of logsOf(bucket)) ageLog(join(logFolderOf(bucket), name));
  return openStore();
}

writeSync(1, `${JSON.stringify(await run())}\n`);
process.exit();
