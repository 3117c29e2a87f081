/**
 * Run in a mount namespace, on a disk whose room is taken by another file for a while: what is new cannot be written to it, and a log that
 * is there can. Prints what it saw. Arguments, one of
 *   put ROOT FILLER    takes the room, puts and deletes objects, gives the room back, and goes on
 *   leave ROOT FILLER  takes the room, puts objects and ends at once
 *   open ROOT          opens the store
 *   crashed ROOT       the same, when the system was started anew
 */
import fs, { writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { LocalStore } from '../../src/storage/local.ts';
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
  const deleteAll = () => Promise.all(inLogs.map((key) => codeOf(store.deleteObject('b-1', key))));
  const deleted = await deleteAll();
  fs.rmSync(filler);
  const deletedLater = await deleteAll();
  const refused: string[] = [];
  for (let round = 0; refused.length === 0; round++) refused.push(...(await putMany(store, `later/${round}`)));
  refused.push(...(await putMany(store, 'last')));
  const open = openFilesIn(bucket).filter((path) => !path.startsWith(logFolderOf(bucket)));
  return { acknowledged, inLogs, deleted, deletedLater, refused, open };
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
  if (what === 'leave') return { inLogs: await putWithoutRoom(await LocalStore.open({ root })), acknowledged };
  if (what === 'crashed') for (const name of logsOf(bucket)) ageLog(join(logFolderOf(bucket), name));
  return openStore();
}

writeSync(1, `${JSON.stringify(await run())}\n`);
process.exit();
