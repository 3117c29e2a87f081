/**
 * The file that a sidecar is: lines, of which the last that is whole and right holds. One is added at the end, so that a crash leaves
 * what was there before; a file that grows too long is replaced.
 */
import type { Stats } from 'node:fs';
import fs from 'node:fs';
import type { OpenDirectory } from './directory.ts';
import type { DurableWork } from './durable-work.ts';
import { removeTemporary } from './temporary.ts';

/** The lines in the text of a sidecar, the last first. */
export function* linesOf(text: string): Generator<string, undefined> {
  for (let end = text.length; end > 0; ) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    yield text.slice(start, end);
    end = start - 1;
  }
}

/**
 * Makes a line durable as the last of a sidecar, which may be new, and `files` with it; answers false where the sidecar must be replaced
 * instead, and does neither.
 */
export function* appendLine(directory: OpenDirectory, name: string, line: string, files: readonly number[]): DurableWork<boolean> {
  const path = directory.pathOf(name);
  const fd = openToAppend(path);
  if (fd === undefined) return false;
  try {
    const stats = fs.fstatSync(fd);
    if (!maySwell(stats, line)) return false;
    const isNew = stats.size === 0;
    try {
      // why: the line before may have been cut short.
      fs.writeFileSync(fd, isNew ? line : `\n${line}`);
      const isDurable = yield [fd, ...files];
      if (isNew || !durableNames.has(identityOf(stats))) yield directory;
      if (isDurable) rememberDurable(stats);
    } catch (error) {
      if (isNew) removeTemporary(path);
      throw error;
    }
    return true;
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes a sidecar durable that is one line, and `files` before it. `temporary`: an unused path on its file system. */
export function* replaceLines(
  directory: OpenDirectory,
  name: string,
  line: string,
  { temporary, files }: { readonly temporary: string; readonly files: readonly number[] },
): DurableWork<void> {
  let isRenamed = false;
  const fd = fs.openSync(temporary, 'wx');
  try {
    fs.writeFileSync(fd, line);
    yield [fd, ...files];
    fs.renameSync(temporary, directory.pathOf(name));
    isRenamed = true;
    yield directory;
  } finally {
    fs.closeSync(fd);
    if (!isRenamed) removeTemporary(temporary);
  }
}

/** Of a page of most file systems; to read more takes longer. */
const swollenBytes = 4096;

const durableNamesMax = 4096;

/**
 * Sidecars whose names this thread knows to be durable. What an earlier process left may not be: it may have ended between the two.
 * why: of files, for a name may be removed, and be made again.
 */
const durableNames = new Set<string>();

function rememberDurable(stats: Stats): void {
  if (durableNames.size >= durableNamesMax) durableNames.clear();
  durableNames.add(identityOf(stats));
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev} ${ino}`;
}

/** Undefined where that cannot be: a link, a FIFO, or somebody else's file has the name. */
function openToAppend(path: string): number | undefined {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  try {
    return fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** why: a file with another name too may be anybody's. */
function maySwell(stats: Stats, line: string): boolean {
  return stats.isFile() && stats.nlink === 1 && (stats.size === 0 || stats.size + line.length < swollenBytes);
}
