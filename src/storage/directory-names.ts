/**
 * The names in directories, in the order of keys. A directory has no order of its own, so to list one in pages its names are read and
 * sorted at once, and kept between pages for as long as it does not change: at most `list_window_names_max` of them, which are about
 * 100 bytes each, with what lists said of their files. Of a larger directory the names after some name are read, so many at a time.
 */
import type { BigIntStats, Dirent, Stats } from 'node:fs';
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { limits } from '../base/limits.ts';
import { type Links, OpenDirectory } from './directory.ts';
import { isSameVersion, isSettled } from './file-version.ts';
import { isUnreadable } from './fs-errors.ts';
import { nameToSegment } from './key-path.ts';
import { ListedRecords } from './listed-records.ts';
import { compareUtf8 } from './listing.ts';

/** Segments of keys in order; those of directories end in a slash, which has its place in the order. */
export interface NameWindow {
  /** Sorted; all there are from `from` on, up to the last of them. */
  readonly names: readonly string[];
  /** No name follows the last one. */
  readonly isWhole: boolean;
  /** What lists said of the files. */
  readonly records: ListedRecords;
}

/** The place of the first name at or after `from`. */
export function lowerBound(names: readonly string[], from: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(names[middle] ?? '', from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface DirectoryNamesOptions {
  /** 'refused' when not given. */
  readonly links?: Links;
  readonly window_names_max?: number;
  readonly cached_names_max?: number;
}

export class DirectoryNames {
  readonly links: Links;
  readonly #window_names_max: number;
  readonly #cached_names_max: number;
  /** The least recently used first. */
  readonly #windows = new Map<string, KeptWindow>();

  constructor({
    links = 'refused',
    window_names_max = limits.list_window_names_max,
    cached_names_max = limits.list_cached_names_max,
  }: DirectoryNamesOptions = {}) {
    this.links = links;
    this.#window_names_max = window_names_max;
    this.#cached_names_max = cached_names_max;
  }

  /**
   * The names of a directory from `from` on. `wanted`: about how many of them will be looked at.
   * Raises ENOENT, `AccessDenied` for a path that leads through a symbolic link, and the system's errors.
   */
  async read(path: string, from: string, wanted: number): Promise<NameWindow> {
    const directory = new OpenDirectory(path, this.links);
    try {
      const before = directory.stats();
      const kept = this.#windows.get(path);
      if (kept !== undefined && isSameVersion(kept.stats, before) && covers(kept, from)) {
        this.#keep(path, kept);
        return kept;
      }
      const hasSettled = isSettled(before, Date.now());
      // why: names that cannot be kept are not worth the sorting of more than the page takes.
      const count = hasSettled ? this.#window_names_max : Math.min(this.#window_names_max, 4 * wanted + 1024);
      const { holdsLinks, names, isWhole } = await readSorted(directory, from, count, this.links);
      const records = kept === undefined ? new ListedRecords(names.length) : kept.records.movedTo(names, kept.names);
      const window = { names, isWhole, records };
      // why: what links lead to changes without their directory.
      if (hasSettled && !holdsLinks && isSameVersion(before, directory.stats())) this.#keep(path, { ...window, from, stats: before });
      return window;
    } finally {
      directory.close();
    }
  }

  #keep(path: string, window: KeptWindow): void {
    this.#windows.delete(path);
    this.#windows.set(path, window);
    let names = 0;
    for (const { names: kept } of this.#windows.values()) names += kept.length + namesPerWindow;
    for (const [oldest, { names: kept }] of this.#windows) {
      if (names <= this.#cached_names_max) break;
      this.#windows.delete(oldest);
      names -= kept.length + namesPerWindow;
    }
  }
}

interface KeptWindow extends NameWindow {
  /** Where it begins. */
  readonly from: string;
  readonly stats: BigIntStats;
}

/** What a window costs beside its names, in names. */
const namesPerWindow = 16;

/** Entries read between two turns of the event loop: about a millisecond. */
export const entriesPerTurn = 1024;

function covers({ from: begins, names, isWhole }: KeptWindow, from: string): boolean {
  if (compareUtf8(begins, from) > 0) return false;
  return isWhole || (names.length > 0 && compareUtf8(names.at(-1) ?? '', from) >= 0);
}

/** The first `count` names from `from` on. */
async function readSorted(
  directory: OpenDirectory,
  from: string,
  count: number,
  links: Links,
): Promise<Omit<NameWindow, 'records'> & { readonly holdsLinks: boolean }> {
  // why: synchronous, in turns: microseconds here, and a third of a millisecond by the thread pool.
  const entries = fs.opendirSync(directory.pathOf('.'), { bufferSize: entriesPerTurn });
  try {
    const names: string[] = [];
    let isWhole = true;
    let holdsLinks = false;
    for (let read = 1, dirent = entries.readSync(); dirent !== null; dirent = entries.readSync(), read++) {
      if (read % entriesPerTurn === 0) await setImmediate();
      const name = nameOf(dirent, links, (file) => directory.pathOf(file));
      holdsLinks ||= links === 'followed' && dirent.isSymbolicLink();
      if (name === undefined || (from !== '' && compareUtf8(name, from) < 0)) continue;
      names.push(name);
      if (names.length < 2 * count) continue;
      sort(names).length = count;
      isWhole = false;
    }
    sort(names);
    if (names.length > count) {
      names.length = count;
      isWhole = false;
    }
    return { names, isWhole, holdsLinks };
  } finally {
    entries.closeSync();
  }
}

/** A name of the bucket; undefined for one that is none. Only regular files and directories count, and links to such where they are followed. */
export function nameOf(dirent: Dirent, links: Links, pathOf: (name: string) => string): string | undefined {
  const entry = links === 'followed' && dirent.isSymbolicLink() ? linked(pathOf(dirent.name)) : dirent;
  const isDirectory = entry?.isDirectory() === true;
  if (!isDirectory && entry?.isFile() !== true) return undefined;
  const segment = nameToSegment(dirent.name);
  return segment !== undefined && isDirectory ? `${segment}/` : segment;
}

/** What a link leads to; undefined where it leads nowhere. */
function linked(path: string): Stats | undefined {
  try {
    return fs.statSync(path);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

function sort(names: string[]): string[] {
  // why: without a function to call the order is that of UTF-16 units, which differs from UTF-8's only around surrogates.
  return names.some((name) => surrogate.test(name)) ? names.sort(compareUtf8) : names.sort();
}

const surrogate = /[\ud800-\udfff]/;
