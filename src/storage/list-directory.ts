/** Lists a bucket by walking its directories in the order of keys, depth first. */
import type { Dir } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Links, OpenDirectory } from './directory.ts';
import { DirectoryNames, entriesPerTurn, lowerBound, type NameWindow, nameOf } from './directory-names.ts';
import { isUnreadable } from './fs-errors.ts';
import { segmentToName } from './key-path.ts';
import type { ListedRecords } from './listed-records.ts';
import { compareUtf8, ListPage } from './listing.ts';
import type { ListedObject } from './object.ts';
import type { ListRequest, ListResult } from './store.ts';

/** What the store says of the file at `path`; undefined if it is no object (any more). `records`: what lists said before, of it at the place `at`. */
export type Inspect = (path: string, key: string, records: ListedRecords, at: number) => ListedObject | undefined;

export class DirectoryLister {
  readonly #names: DirectoryNames;

  constructor(names: DirectoryNames = new DirectoryNames()) {
    this.#names = names;
  }

  /** One page of the bucket kept in `bucketDirectory`. */
  async list(bucketDirectory: string, request: ListRequest, inspect: Inspect): Promise<ListResult> {
    const page = new ListPage(request);
    const keyPrefix = page.prefix.slice(0, page.prefix.lastIndexOf('/') + 1);
    const segments = keyPrefix === '' ? [] : keyPrefix.slice(0, -1).split('/').map(segmentToName);
    if (!page.isDone) await new Walk(page, inspect, this.#names).enter(join(bucketDirectory, ...segments), keyPrefix);
    return page.result();
  }
}

/** Files looked at between two turns of the event loop: one to two milliseconds. */
const filesPerTurn = 128;

class Walk {
  readonly #page: ListPage;
  readonly #inspect: Inspect;
  readonly #names: DirectoryNames;
  /** The directories that lead to where the walk is, where links may lead back to one. */
  readonly #above = new Set<string>();
  #calls = 0;

  constructor(page: ListPage, inspect: Inspect, names: DirectoryNames) {
    this.#page = page;
    this.#inspect = inspect;
    this.#names = names;
  }

  /** Offers the page all keys in `directory`, which begin with `keyPrefix`. */
  async enter(directory: string, keyPrefix: string): Promise<void> {
    await this.#below(directory, () => this.#directory(directory, keyPrefix));
  }

  async #directory(directory: string, keyPrefix: string): Promise<void> {
    for (let from: string | undefined = this.#firstName(keyPrefix); from !== undefined; ) {
      const window: NameWindow | undefined = await this.#read(directory, from);
      if (window === undefined) return;
      const isAtEnd = await this.#visitAll(directory, keyPrefix, window, lowerBound(window.names, from));
      // The next name there can be is the last one and the least character.
      from = isAtEnd && !window.isWhole ? `${window.names.at(-1) ?? ''}\0` : undefined;
    }
  }

  /** Visits names from the place `at` on; answers whether the page may want more than these. */
  async #visitAll(directory: string, keyPrefix: string, window: NameWindow, at: number): Promise<boolean> {
    const { names } = window;
    const { prefix } = this.#page;
    while (at < names.length) {
      if (this.#page.isDone) return false;
      const name = names[at] ?? '';
      const key = keyPrefix + name;
      if (!key.startsWith(prefix) && !prefix.startsWith(key)) {
        if (compareUtf8(key, prefix) > 0) return false;
        at++;
      } else if (name.endsWith('/') || this.#page.commonPrefixOf(key) !== undefined) {
        await this.#visit(join(directory, fileNameOf(name)), key, name.endsWith('/'));
        at++;
      } else {
        at = this.#visitFiles(directory, keyPrefix, window, at);
        await setImmediate();
      }
    }
    return !this.#page.isDone;
  }

  /** A directory, or a file whose key is rolled up. */
  async #visit(path: string, key: string, isDirectory: boolean): Promise<void> {
    const commonPrefix = this.#page.commonPrefixOf(key);
    if (commonPrefix === undefined) {
      await this.enter(path, key);
    } else if (!this.#page.isPast(commonPrefix) && (!isDirectory || (await this.#holdsObject(path, key)))) {
      this.#page.addCommonPrefix(commonPrefix);
    }
  }

  /** Runs `work` in a directory; not where a link has led back to one that the walk is in. */
  async #below<T>(directory: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#names.links === 'refused') return work();
    const place = placeOf(directory, this.#names.links);
    if (place === undefined || this.#above.has(place)) return undefined;
    this.#above.add(place);
    try {
      return await work();
    } finally {
      this.#above.delete(place);
    }
  }

  /** Some files in a row; answers the place behind them. */
  #visitFiles(directory: string, keyPrefix: string, { names, records }: NameWindow, start: number): number {
    const found: ListedObject[] = [];
    const end = Math.min(names.length, start + filesPerTurn);
    const place = placeOf(directory, this.#names.links);
    let at = start;
    for (; at < end && found.length <= this.#page.room; at++) {
      const name = names[at] ?? '';
      const key = keyPrefix + name;
      if (name.endsWith('/') || this.#page.commonPrefixOf(key) !== undefined) break;
      if (!this.#page.wants(key)) continue;
      const object = this.#inspect(`${directory}/${segmentToName(name)}`, key, records, at);
      if (object !== undefined) found.push(object);
    }
    // why: looked at by their paths, which is twice as fast as through a descriptor; a link in place of the directory would show.
    if (place !== undefined && placeOf(directory, this.#names.links) === place) for (const object of found) this.#page.addObject(object);
    return at;
  }

  /** The first name of a directory that the page may want; undefined where it wants none. */
  #firstName(keyPrefix: string): string | undefined {
    const { prefix, startAfter } = this.#page;
    const ofPrefix = prefix.startsWith(keyPrefix) ? prefix.slice(keyPrefix.length) : '';
    if (!startAfter.startsWith(keyPrefix)) return compareUtf8(startAfter, keyPrefix) > 0 ? undefined : ofPrefix;
    const rest = startAfter.slice(keyPrefix.length);
    // why: a directory has to be looked into again, and a file not.
    const ofStart = rest.includes('/') ? rest.slice(0, rest.indexOf('/') + 1) : `${rest}\0`;
    return rest === '' || compareUtf8(ofPrefix, ofStart) > 0 ? ofPrefix : ofStart;
  }

  /** Undefined where there is no such directory, or it may not be read. */
  async #read(directory: string, from: string): Promise<NameWindow | undefined> {
    try {
      return await this.#names.read(directory, from, this.#page.room);
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  /**
   * Whether a directory holds a key of this page or a later one; ends at the first.
   * Folders without objects do not exist on S3.
   */
  async #holdsObject(directory: string, keyPrefix: string): Promise<boolean> {
    const { startAfter } = this.#page;
    await this.#takeTurn();
    let count = 0;
    for (const name of namesIn(directory, this.#names.links)) {
      if (++count % entriesPerTurn === 0) await setImmediate();
      const key = keyPrefix + name;
      const isAfter = compareUtf8(key, startAfter) > 0;
      if (!name.endsWith('/')) {
        if (isAfter) return true;
      } else if (isAfter || startAfter.startsWith(key)) {
        const path = join(directory, fileNameOf(name));
        if ((await this.#below(path, () => this.#holdsObject(path, key))) === true) return true;
      }
    }
    return false;
  }

  /** Lets others run now and then. */
  async #takeTurn(): Promise<void> {
    if (++this.#calls % foldersPerTurn === 0) await setImmediate();
  }
}

/** Folders looked into between two turns of the event loop. */
const foldersPerTurn = 32;

/** The file name of a segment, or of the segment of a directory with its slash. */
function fileNameOf(name: string): string {
  return segmentToName(name.endsWith('/') ? name.slice(0, -1) : name);
}

/** What a directory holds of the bucket, unordered, read as it is asked for. */
function* namesIn(directory: string, links: Links): Generator<string> {
  let entries: Dir;
  try {
    entries = fs.opendirSync(directory, { bufferSize: 32 });
  } catch (error) {
    if (isUnreadable(error)) return;
    throw error;
  }
  try {
    for (let dirent = entries.readSync(); dirent !== null; dirent = entries.readSync()) {
      const name = nameOf(dirent, links, (file) => join(directory, file));
      if (name !== undefined) yield name;
    }
  } finally {
    entries.closeSync();
  }
}

/** What tells a directory from another in its place; undefined where there is none that may be read. */
function placeOf(directory: string, links: Links): string | undefined {
  try {
    const open = new OpenDirectory(directory, links);
    const identity = open.identity();
    open.close();
    return identity;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
