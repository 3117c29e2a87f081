/**
 * Lists a bucket by walking its directories in the order of keys, depth first. Of a directory it holds no more names than
 * the page can still take; there is no index. Only regular files and true directories count: no symbolic link is followed.
 */
import type { Dir, Dirent } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isPlainDirectory } from './directory.ts';
import { errnoOf, isAbsent } from './fs-errors.ts';
import { nameToSegment, segmentToName } from './key-path.ts';
import { compareUtf8, ListPage } from './listing.ts';
import type { ListedObject } from './object.ts';
import type { ListRequest, ListResult } from './store.ts';

/** What the store says of the file at `path`; undefined if it is no object (any more). */
export type Inspect = (path: string, key: string) => ListedObject | undefined;

/** One page of the bucket kept in `bucketDirectory`. */
export async function listDirectory(bucketDirectory: string, request: ListRequest, inspect: Inspect): Promise<ListResult> {
  const page = new ListPage(request);
  const keyPrefix = page.prefix.slice(0, page.prefix.lastIndexOf('/') + 1);
  const names = keyPrefix === '' ? [] : keyPrefix.slice(0, -1).split('/').map(segmentToName);
  const directory = join(bucketDirectory, ...names);
  const walk = new Walk(page, inspect);
  if (!page.isDone && isPlainDirectory(directory)) await walk.directory(directory, keyPrefix);
  return page.result();
}

/** Files or folders looked at between two turns of the event loop: about a millisecond. */
const callsPerTurn = 64;
const direntsPerCall = 16;

class Walk {
  readonly #page: ListPage;
  readonly #inspect: Inspect;
  #calls = 0;

  constructor(page: ListPage, inspect: Inspect) {
    this.#page = page;
    this.#inspect = inspect;
  }

  /** Offers the page all keys in `directory`, which begin with `keyPrefix`. */
  async directory(directory: string, keyPrefix: string): Promise<void> {
    let after = '';
    for (;;) {
      const { entries, isWhole } = await this.#nextEntries(directory, keyPrefix, after);
      for (const entry of entries) {
        await this.#visit(join(directory, entry.name), entry);
        if (this.#page.isDone) return;
        after = entry.key;
      }
      if (isWhole) return;
    }
  }

  async #visit(path: string, { key, isDirectory }: Entry): Promise<void> {
    const commonPrefix = this.#page.commonPrefixOf(key);
    if (commonPrefix !== undefined) {
      if (this.#page.isPast(commonPrefix)) return;
      if (!isDirectory || (await this.#holdsObject(path, key))) this.#page.addCommonPrefix(commonPrefix);
    } else if (isDirectory) {
      await this.directory(path, key);
    } else {
      await this.#takeTurn();
      const object = this.#inspect(path, key);
      if (object !== undefined) this.#page.addObject(object);
    }
  }

  /** The next entries of a directory in the order of keys, beginning after the key `after`. */
  async #nextEntries(directory: string, keyPrefix: string, after: string): Promise<{ entries: Entry[]; isWhole: boolean }> {
    const count = this.#page.room + 1;
    const entries: Entry[] = [];
    let isWhole = true;
    for await (const entry of this.#entriesOf(directory, keyPrefix)) {
      if (compareUtf8(entry.key, after) <= 0 || !this.#wants(entry)) continue;
      entries.push(entry);
      if (entries.length < 2 * count + 1024) continue;
      entries.sort(byKey).length = count;
      isWhole = false;
    }
    entries.sort(byKey);
    return { entries, isWhole };
  }

  #wants({ key, isDirectory }: Entry): boolean {
    if (!isDirectory) return this.#page.wants(key);
    const { prefix, startAfter } = this.#page;
    return (key.startsWith(prefix) || prefix.startsWith(key)) && (startAfter.startsWith(key) || compareUtf8(key, startAfter) > 0);
  }

  /**
   * Whether a directory holds a key of this page or a later one; ends at the first.
   * Folders without objects do not exist on S3.
   */
  async #holdsObject(directory: string, keyPrefix: string): Promise<boolean> {
    const { startAfter } = this.#page;
    for await (const { name, key, isDirectory } of this.#entriesOf(directory, keyPrefix)) {
      const isAfter = compareUtf8(key, startAfter) > 0;
      if (isAfter && !isDirectory) return true;
      if (isDirectory && (isAfter || startAfter.startsWith(key)) && (await this.#holdsObject(join(directory, name), key))) return true;
    }
    return false;
  }

  /** What a directory holds of the bucket, unordered; nothing for a directory that is gone or may not be read. */
  async *#entriesOf(directory: string, keyPrefix: string): AsyncGenerator<Entry> {
    // why: synchronous: a page may look into thousands of folders, each microseconds here and a third of a millisecond by the thread pool.
    const folder = openFolder(directory);
    if (folder === undefined) return;
    try {
      await this.#takeTurn();
      for (let dirent = folder.readSync(), read = 1; dirent !== null; dirent = folder.readSync(), read++) {
        if (read % direntsPerCall === 0) await this.#takeTurn();
        const entry = entryOf(dirent, keyPrefix);
        if (entry !== undefined) yield entry;
      }
    } finally {
      folder.closeSync();
    }
  }

  /** Lets others run now and then. */
  async #takeTurn(): Promise<void> {
    if (++this.#calls % callsPerTurn === 0) await setImmediate();
  }
}

interface Entry {
  /** The file name. */
  readonly name: string;
  /** The key; for a directory what its keys begin with, slash included, which is also its place in the order. */
  readonly key: string;
  readonly isDirectory: boolean;
}

function openFolder(directory: string): Dir | undefined {
  try {
    return fs.opendirSync(directory, { bufferSize: 256 });
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

function entryOf(dirent: Dirent, keyPrefix: string): Entry | undefined {
  const segment = nameToSegment(dirent.name);
  if (segment === undefined) return undefined;
  if (dirent.isDirectory()) return { name: dirent.name, key: `${keyPrefix}${segment}/`, isDirectory: true };
  return dirent.isFile() ? { name: dirent.name, key: keyPrefix + segment, isDirectory: false } : undefined;
}

function isUnreadable(error: unknown): boolean {
  return isAbsent(error) || errnoOf(error) === 'EACCES';
}

function byKey(a: Entry, b: Entry): number {
  return compareUtf8(a.key, b.key);
}
