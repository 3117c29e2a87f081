/** Temporary files under `.s3lect/tmp` of a bucket, on its file system, so that a rename publishes them whole. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { identityIfPlain, isPlainDirectory, makeDirectory } from './directory.ts';
import { freeingAside } from './freeing.ts';
import { errnoOf } from './fs-errors.ts';
import { hiddenFolder } from './key-path.ts';

export interface Temporary {
  readonly path: string;
  readonly handle: FileHandle;
  /** Closes the file and removes it unless it was renamed away, which a caller who knows says. */
  discard(isRenamed?: boolean): Promise<void>;
}

/** Creates an empty temporary file in the bucket. Raises `NoSuchBucket` where the bucket's directory is gone. */
export async function createTemporary(bucketDirectory: string): Promise<Temporary> {
  const path = temporaryPath(bucketDirectory);
  const handle = await orNoSuchBucket(() => open(path, 'wx'));
  return { path, handle, discard: (isRenamed = false) => discard(path, handle, isRenamed) };
}

/** Creates an empty temporary folder in the bucket; answers its path. Raises `NoSuchBucket`. */
export async function createTemporaryFolder(bucketDirectory: string): Promise<string> {
  const path = temporaryPath(bucketDirectory);
  await orNoSuchBucket(() => mkdir(path));
  return path;
}

/** An unused path in the folder of temporary files, which is made where it is missing. Raises `NoSuchBucket`, `AccessDenied`. */
export function temporaryPath(bucketDirectory: string): string {
  const folder = join(bucketDirectory, hiddenFolder, 'tmp');
  if (!isKnown(folder)) makeFolder(bucketDirectory, folder);
  return join(folder, nameOfProcess());
}

/** An unused name for a file that is this process's, or its thread's, as long as it lives. */
export function nameOfProcess(): string {
  return `${prefixOfThread(threadId)}${nextNumber++}`;
}

/** What the names begin with that a thread of this process has used. */
export function prefixOfThread(id: number): string {
  return `${process.pid}-${processToken}-${id}-`;
}

/** Whether the process is gone that used a name. One of another machine may be taken for one of this. */
export function isOfEndedProcess(name: string): boolean {
  const [pid, token] = name.split('-');
  return token !== processToken && (Number(pid) === process.pid || !isAlive(Number(pid)));
}

/** Removes a temporary file; what is gone already is no error. */
export function removeTemporary(path: string): void {
  freeingAside(path, () => fs.rmSync(path, { force: true }));
}

/** Moves a folder away at once and then removes it; what is gone already is no error. */
export async function removeFolder(bucketDirectory: string, folder: string): Promise<void> {
  const away = temporaryPath(bucketDirectory);
  try {
    fs.renameSync(folder, away);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(away, { recursive: true, force: true });
}

/** Writes all of a piece, at a place in the file or behind what was written before. */
export async function writeFully(handle: FileHandle, piece: Uint8Array, position?: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done, position === undefined ? null : position + done);
    done += bytesWritten;
  }
}

/** Removes the temporary files that ended processes left in a bucket. A bucket that cannot be written to has none. */
export function sweepTemporaries(bucketDirectory: string): void {
  const folder = join(bucketDirectory, hiddenFolder, 'tmp');
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    try {
      if (isStale(name, path)) fs.rmSync(path, { recursive: true, force: true });
    } catch {
      // why: swept by another process, or read-only; serving does not depend on it.
    }
  }
}

/** Distinguishes this process, with its threads, from an earlier one of the same number: in a container every server is process 1. */
const processToken = tokenOfProcess();
let nextNumber = 0;

function tokenOfProcess(): string {
  const name = 's3lect process token';
  const known = getEnvironmentData(name);
  const token = typeof known === 'string' ? known : randomBytes(6).toString('hex');
  setEnvironmentData(name, token);
  return token;
}

function makeFolder(bucketDirectory: string, folder: string): void {
  if (!isPlainDirectory(bucketDirectory)) throw new SelectError('NoSuchBucket');
  try {
    // why: made one by one, so that a bucket deleted meanwhile does not come back.
    makeDirectory(join(bucketDirectory, hiddenFolder));
    makeDirectory(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw new SelectError('NoSuchBucket', {}, { cause: error });
    throw error;
  }
  if (!isPlainDirectory(folder)) throw new SelectError('AccessDenied', { reason: `${hiddenFolder} is a symbolic link` });
}

async function orNoSuchBucket<T>(create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new SelectError('NoSuchBucket', {}, { cause: error });
    throw error;
  }
}

/** What tells the folders of temporary files from others that take their paths, of those that were found to be in their places. */
const known = new Map<string, string>();

/** Whether a folder is there, and its path leads through no symbolic link. Most are as they were found before, which takes one system call. */
function isKnown(folder: string): boolean {
  const stats = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (known.get(folder) === `${stats.dev} ${stats.ino}`) return true;
  const identity = identityIfPlain(folder);
  if (identity === undefined) return false;
  if (known.size >= limits.bucket_settings_cached_max) known.clear();
  known.set(folder, identity);
  return true;
}

/** For a process number of another machine or one in use again: no upload is still this young. */
const staleAfterMs = 24 * 3600 * 1000;

async function discard(path: string, handle: FileHandle, isRenamed: boolean): Promise<void> {
  try {
    await handle.close();
  } finally {
    if (!isRenamed) await rm(path, { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return isPlainDirectory(folder) ? fs.readdirSync(folder) : [];
  } catch {
    return [];
  }
}

function isStale(name: string, path: string): boolean {
  const isOurs = name.split('-')[1] === processToken;
  return isOfEndedProcess(name) || (!isOurs && Date.now() - fs.lstatSync(path).mtimeMs > staleAfterMs);
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
