/**
 * Puts small objects until a write of a log has failed in the midst of its records, as files of this process may not grow over a bound
 * then. Goes on with those keys, and ends without settling. Prints what it saw. Argument: root, with a bucket `b-1`.
 */
import { execFileSync } from 'node:child_process';
import fs, { writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { limits } from '../../src/base/limits.ts';
import { LocalStore } from '../../src/storage/local.ts';
import { block_bytes } from '../../src/storage/log-records.ts';
import { codeOf, md5, put } from './storage-contract.ts';
import { logFolderOf, loggedKeys, logsOf } from './storage-log.ts';

const root = process.argv[2] ?? '';
const bucket = join(root, 'b-1');
const store = await LocalStore.open({ root });

/** Where the record of a key is in its log. */
function positionOf(key: string): number | undefined {
  for (const name of logsOf(bucket)) {
    const at = fs.readFileSync(join(logFolderOf(bucket), name)).indexOf(`"key":"${key}"`);
    if (at >= 0) return Math.floor(at / block_bytes) * block_bytes;
  }
  return undefined;
}

function bound(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:`]);
}

let round = 0;
/** Puts objects of which some are in a log and were not acknowledged; answers the code of each, and which those are. */
async function putDoubtful(): Promise<{ codes: ReadonlyMap<string, string>; doubtful: readonly string[] }> {
  for (;;) {
    round++;
    const probe = `${round}/probe`;
    await put(store, probe, probe);
    const position = positionOf(probe);
    if (position === undefined) continue;
    const keys = Array.from({ length: limits.writer_jobs_together_max }, (_, n) => `${round}/${n}`);
    bound(position + 4 * block_bytes);
    const codes = await Promise.all(keys.map((key) => codeOf(put(store, key, `refused ${key}`))));
    bound('unlimited');
    const inLogs = loggedKeys(bucket);
    const doubtful = keys.filter((key, n) => codes[n] !== 'no error' && inLogs.includes(key));
    if (doubtful.length >= 2) return { codes: new Map(keys.map((key, n) => [key, codes[n] as string])), doubtful };
  }
}

/** MD5 of what was acknowledged last of each key; null where it was deleted. */
const acknowledged: Record<string, string | null> = {};
const errors = new Set<string>();
const large = 'large '.repeat(limits.logged_upload_bytes_max);
for (const what of ['deleted', 'replaced', 'logged'] as const) {
  const { codes, doubtful } = await putDoubtful();
  for (const [key, code] of codes) {
    if (code === 'no error') acknowledged[key] = md5(`refused ${key}`);
    else errors.add(code);
  }
  for (const key of doubtful) {
    if (what === 'deleted') await store.deleteObject('b-1', key);
    else await put(store, key, what === 'replaced' ? large : 'logged later');
    acknowledged[key] = what === 'deleted' ? null : md5(what === 'replaced' ? large : 'logged later');
  }
  const stays = what === 'logged' ? [] : loggedKeys(bucket).filter((key) => doubtful.includes(key));
  if (stays.length > 0) errors.add(`${what}, and in a log: ${stays.join()}`);
}
writeSync(1, JSON.stringify({ acknowledged, errors: [...errors] }));
process.exit();
