/** Small files that are replaced whole: after a crash there is the old text or the new one. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a file that only its owner can read, in a folder that exists. Raises the system's error, and leaves the old file then. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `${temporaryMark}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes a file for good; an absent one is no error. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** Names of files that a crash may have left half written. */
export const temporaryMark = '.tmp-';

/** Makes the entries of a folder durable, where the file system can. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, fs.constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['ENOENT', 'EINVAL', 'ENOTSUP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** A file's content as long as it is the same file: read again only once its identity has changed. */
export class WatchedFile<Content> {
  readonly #path: string;
  readonly #parse: (text: string) => Content;
  readonly #absent: Content;
  #seen: fs.BigIntStats | undefined;
  #content: Content;

  /** `absent` stands for a file that is not there. */
  constructor(path: string, parse: (text: string) => Content, absent: Content) {
    this.#path = path;
    this.#parse = parse;
    this.#absent = absent;
    this.#content = absent;
  }

  /** Raises what `parse` raises of the present text, each time, and the system's error. One stat, where nothing has changed. */
  get(): Content {
    const stats = fs.statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) {
      this.#seen = undefined;
      this.#content = this.#absent;
    } else if (this.#seen === undefined || !isSame(stats, this.#seen)) {
      // why: replaced between the two calls, it is read again the next time.
      this.#content = this.#parse(fs.readFileSync(this.#path, 'utf8'));
      this.#seen = stats;
    }
    return this.#content;
  }
}

function isSame(a: fs.BigIntStats, b: fs.BigIntStats): boolean {
  return a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.size === b.size;
}
