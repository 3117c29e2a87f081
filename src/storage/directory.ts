/** Directories: made durably, and reached without symbolic links. */
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SelectError } from '../base/errors.ts';
import { errnoOf, isAbsent } from './fs-errors.ts';
import { outcomeOf } from './outcome.ts';

/** What becomes of symbolic links below a bucket's directory: read through, wherever they lead, or as if they were not there. Nothing is written through one. */
export type Links = 'followed' | 'refused';

/** Where a bucket is kept. */
export interface BucketFolder {
  readonly bucket: string;
  readonly bucketDirectory: string;
  readonly links: Links;
}

/** Whether names in `directory` may be read. */
export function isReadable(directory: string, links: Links): boolean {
  return links === 'followed' || isPlainDirectory(directory);
}

/**
 * Whether an absolute, normal path exists and leads through no symbolic link, so that it lies where it says.
 * Names must match in case too, also where the file system would not ask for it.
 */
export function isPlainDirectory(directory: string): boolean {
  try {
    return fs.realpathSync.native(directory) === directory;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/**
 * A directory that is open: names in it are of this very directory, even if a link or another directory takes its path meanwhile
 * (where the system has no paths through descriptors, it is only checked to be in its place when it is opened).
 */
export class OpenDirectory {
  readonly #fd: number;
  readonly #prefix: string;

  /** Raises ENOENT, ENOTDIR, and `AccessDenied` where the path leads through a symbolic link that is not to be followed. */
  constructor(directory: string, links: Links = 'refused') {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
    this.#fd = fs.openSync(directory, O_RDONLY | O_DIRECTORY | (links === 'followed' ? 0 : O_NOFOLLOW));
    const link = descriptorPath(this.#fd);
    this.#prefix = link ?? directory;
    if (links === 'followed') return;
    const found = link === undefined ? plainPath(directory) : fs.readlinkSync(link);
    if (found === directory) return;
    fs.closeSync(this.#fd);
    if (found === `${directory} (deleted)`) throw Object.assign(new Error('the directory is gone'), { code: 'ENOENT', syscall: 'open' });
    throw new SelectError('AccessDenied', { reason: symbolicLink });
  }

  /** A path to a name in the directory, while it is open. */
  pathOf(name: string): string {
    return `${this.#prefix}/${name}`;
  }

  stats(): BigIntStats {
    return fs.fstatSync(this.#fd, { bigint: true });
  }

  /** What tells it from another directory, also in its place. */
  identity(): string {
    const { dev, ino } = this.stats();
    return `${dev} ${ino}`;
  }

  /** Makes the entries durable. File systems that cannot are left as they are. Blocks. */
  syncNow(): void {
    try {
      fs.fsyncSync(this.#fd);
    } catch (error) {
      if (!cannotSync(error)) throw error;
    }
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** A path to an open file or directory that holds wherever that is moved, on systems that have such. */
export function descriptorPath(fd: number): string | undefined {
  return hasDescriptorPaths ? `/proc/self/fd/${fd}` : undefined;
}

/** Makes a directory whose parent exists; answers whether it is new. */
export function makeDirectory(directory: string): boolean {
  try {
    fs.mkdirSync(directory);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Makes `directory` and what is missing between it and `top`, which is not made; each is durable in the one above before this thread uses it.
 * Raises ENOENT where `top` is gone, `InvalidArgument` where a file stands in the way, `AccessDenied` for a symbolic link.
 */
function makeDirectories(top: string, directory: string): void {
  if (directory === top || identityIfPlain(directory) !== undefined) return;
  makeDirectories(top, dirname(directory));
  const parent = new OpenDirectory(dirname(directory));
  try {
    const path = parent.pathOf(basename(directory));
    if (makeDirectory(path)) syncNew(parent, path);
    else checkDirectory(path);
  } finally {
    parent.close();
  }
}

function syncNew(parent: OpenDirectory, path: string): void {
  try {
    parent.syncNow();
  } catch (error) {
    // why: whoever finds it takes it for durable, and the system says only once that it is not.
    outcomeOf(() => fs.rmdirSync(path));
    throw error;
  }
}

/** Opens a directory, which is made, durably, where it is missing below `top`. Raises what `makeDirectories` does. Blocks. */
export function openMade(top: string, path: string): OpenDirectory {
  try {
    return new OpenDirectory(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    makeDirectories(top, path);
    return new OpenDirectory(path);
  }
}

/** Removes `directory` and its parents below `top` as far as they are empty; answers the lowest one that stays. */
export function removeEmptyDirectories(top: string, directory: string): string {
  while (directory !== top) {
    try {
      const parent = new OpenDirectory(dirname(directory));
      try {
        fs.rmdirSync(parent.pathOf(basename(directory)));
      } finally {
        parent.close();
      }
    } catch (error) {
      // why: gone already, by another program: its parent may be empty now.
      if (errnoOf(error) !== 'ENOENT') return directory;
    }
    directory = dirname(directory);
  }
  return top;
}

/** Makes the entries of a directory durable; one that is gone was removed by a deletion that syncs its parent itself. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && !cannotSync(error)) throw error;
  }
}

/** The same on a thread that may wait. */
export function syncDirectoryNow(directory: string): void {
  let fd: number;
  try {
    fd = fs.openSync(directory, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (!cannotSync(error)) throw error;
  } finally {
    fs.closeSync(fd);
  }
}

/** Why a path is refused. */
export const symbolicLink = 'the path of the key leads through a symbolic link';

const hasDescriptorPaths = process.platform === 'linux' && fs.existsSync('/proc/self/fd');

function plainPath(directory: string): string | undefined {
  return isPlainDirectory(directory) ? directory : undefined;
}

/**
 * What tells a directory from others; undefined where there is none, or its path leads through a symbolic link. Takes fewer system calls
 * than the path has names.
 */
export function identityIfPlain(directory: string): string | undefined {
  try {
    const open = new OpenDirectory(directory);
    try {
      return open.identity();
    } finally {
      open.close();
    }
  } catch (error) {
    if (isAbsent(error) || error instanceof SelectError) return undefined;
    throw error;
  }
}

/** Raises for what has the name of a directory that is wanted, and is none. */
function checkDirectory(path: string): void {
  const stats = fs.lstatSync(path);
  if (stats.isSymbolicLink()) throw new SelectError('AccessDenied', { reason: symbolicLink });
  if (!stats.isDirectory()) throw inTheWay();
}

/** Whether that is nothing to be made durable: the entries of a directory of some file systems, or no file. */
export function cannotSync(error: unknown): boolean {
  return ['EINVAL', 'ENOTSUP', 'EISDIR'].includes(errnoOf(error) ?? '');
}

function inTheWay(): SelectError {
  return new SelectError('InvalidArgument', {
    reason: 'this store keeps objects as files, and a part of the key before a slash is an object',
  });
}
