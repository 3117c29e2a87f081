/** Small files of the store's own, which anybody may have put there instead. */
import fs from 'node:fs';
import { isAbsent } from './fs-errors.ts';

/** The text of a regular file of at most `bytes_max`; undefined where there is no such. Synchronous: three system calls. */
export function readSmallFile(path: string, bytes_max: number): string | undefined {
  // why: an exception costs several times the call, so it is asked first where the last file was not there either.
  if (!isExpected && !fs.existsSync(path)) return undefined;
  let fd: number;
  try {
    fd = fs.openSync(path, readingFlags);
  } catch {
    isExpected = false;
    return undefined;
  }
  isExpected = true;
  try {
    return readText(fd, bytes_max);
  } catch {
    return undefined;
  } finally {
    fs.closeSync(fd);
  }
}

/** The bytes of a regular file of at most `bytes_max`; undefined where there is no such. Raises the system's errors. */
export function readSmallBytes(path: string, bytes_max: number): Buffer | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, readingFlags);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    const stats = fs.fstatSync(fd);
    return stats.isFile() && stats.size <= bytes_max ? fs.readFileSync(fd) : undefined;
  } finally {
    fs.closeSync(fd);
  }
}

/** The JSON in such a file. */
export function readSmallJson(path: string, bytes_max: number): unknown {
  const text = readSmallFile(path, bytes_max);
  return text === undefined ? undefined : jsonIn(text);
}

/** The value of a JSON text; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a file that is read and may be anybody's. O_NONBLOCK: to open a FIFO must not wait for its writer. */
export const readingFlags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

/** Whether the last file was there. */
let isExpected = false;

/** Holds nearly every file whole, and is free again before anybody else runs. */
const buffer = Buffer.allocUnsafeSlow(16 * 1024);

function readText(fd: number, bytes_max: number): string | undefined {
  const length = fs.readSync(fd, buffer, 0, buffer.length, 0);
  if (length < buffer.length && length <= bytes_max) return buffer.toString('utf8', 0, length);
  const stats = fs.fstatSync(fd);
  return stats.isFile() && stats.size <= bytes_max ? fs.readFileSync(fd, 'utf8') : undefined;
}
