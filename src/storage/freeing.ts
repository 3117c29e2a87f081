/**
 * What a file holds is given back in the call that takes its last name, or closes it last, and that takes its time: of 2 GB a third of a
 * second. Nobody is to wait for that but a thread of Node's pool, and only one of them at a time: the others read objects.
 */
import fs from 'node:fs';
import { limits } from '../base/limits.ts';
import { readingFlags } from './small-file.ts';

/** Runs `work`, which takes a path from the file that has it, by removing it or by giving it to another; what that file held is freed aside. */
export function freeingAside<T>(path: string, work: () => T): T {
  const fd = openIfLarge(path);
  try {
    return work();
  } finally {
    if (fd !== undefined) closeAside(fd);
  }
}

/** Closes a file of `size` bytes, which may have no name any more. */
export function closeFreeingAside(fd: number, size: number): void {
  if (isLarge(size) && hasRoom()) closeAside(fd);
  else fs.closeSync(fd);
}

/** Resolves when there is room for files to be freed aside. Those who have more than one to remove wait for it: else they free themselves. */
export async function roomToFree(): Promise<void> {
  while (!hasRoom()) await new Promise<void>((resolve) => onRoom.push(resolve));
}

/** Descriptors, of which the first is being closed. */
const closing: number[] = [];
const onRoom: (() => void)[] = [];

function openIfLarge(path: string): number | undefined {
  // why: there, a file that is open does not make way for another.
  if (process.platform === 'win32' || !hasRoom()) return undefined;
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile() || !isLarge(stats.size)) return undefined;
  try {
    return fs.openSync(path, readingFlags);
  } catch {
    // why: gone meanwhile, or not to be read; then the one who removes it has to wait.
    return undefined;
  }
}

function isLarge(bytes: number): boolean {
  return bytes > limits.freed_at_once_bytes_max;
}

function hasRoom(): boolean {
  return closing.length < limits.files_freed_aside_max;
}

function closeAside(fd: number): void {
  if (closing.push(fd) === 1) closeFirst();
}

function closeFirst(): void {
  const [fd] = closing;
  if (fd === undefined) return;
  // The descriptor is gone whatever the system says of it.
  fs.close(fd, () => {
    closing.shift();
    for (const resolve of onRoom.splice(0)) resolve();
    closeFirst();
  });
}
