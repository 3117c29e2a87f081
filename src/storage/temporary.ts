/** Temporary files under `.s3lect/tmp` of a bucket, on its file system, so that a rename publishes them whole. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SelectError } from '../base/errors.ts';
import { isPlainDirectory, makeDirectory } from './directory.ts';
import { errnoOf } from './fs-errors.ts';
import { hiddenFolder } from './key-path.ts';

export interface Temporary {
  readonly path: string;
  readonly handle: FileHandle;
  /** Closes the file and removes it unless it was renamed away. */
  discard(): Promise<void>;
}

/** Creates an empty temporary file in the bucket. Raises `NoSuchBucket` where the bucket's directory is gone. */
export async function createTemporary(bucketDirectory: string): Promise<Temporary> {
  const folder = join(bucketDirectory, hiddenFolder, 'tmp');
  const path = join(folder, `${process.pid}-${processToken}-${nextNumber++}`);
  try {
    // why: made one by one, so that a bucket deleted meanwhile does not come back.
    makeDirectory(join(bucketDirectory, hiddenFolder));
    makeDirectory(folder);
    if (!isPlainDirectory(folder)) throw new SelectError('AccessDenied', { reason: `${hiddenFolder} is a symbolic link` });
    const handle = await open(path, 'wx');
    return { path, handle, discard: () => discard(path, handle) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new SelectError('NoSuchBucket', {}, { cause: error });
    throw error;
  }
}

/** Removes the temporary files that ended processes left in a bucket. A bucket that cannot be written to has none. */
export function sweepTemporaries(bucketDirectory: string): void {
  const folder = join(bucketDirectory, hiddenFolder, 'tmp');
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    try {
      if (isStale(name, path)) fs.unlinkSync(path);
    } catch {
      // why: swept by another process, or read-only; serving does not depend on it.
    }
  }
}

/** Distinguishes this process from an earlier one of the same number, as in a container every server is process 1. */
const processToken = randomBytes(6).toString('hex');
let nextNumber = 0;

/** For a process number of another machine or one in use again: no upload is still this young. */
const staleAfterMs = 24 * 3600 * 1000;

async function discard(path: string, handle: FileHandle): Promise<void> {
  try {
    await handle.close();
  } finally {
    await rm(path, { force: true });
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
  const [pid, token] = name.split('-');
  if (token === processToken) return false;
  return Number(pid) === process.pid || !isAlive(Number(pid)) || Date.now() - fs.lstatSync(path).mtimeMs > staleAfterMs;
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
