/** Small files of the store's own, which anybody may have put there instead. */
import fs from 'node:fs';

/** The text of a regular file of at most `bytes_max`; undefined where there is no such. Synchronous: a few system calls. */
export function readSmallFile(path: string, bytes_max: number): string | undefined {
  // why: most files have no sidecar, and an exception costs several times the call.
  if (!fs.existsSync(path)) return undefined;
  let fd: number;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fs.fstatSync(fd);
    return stats.isFile() && stats.size <= bytes_max ? fs.readFileSync(fd, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    fs.closeSync(fd);
  }
}

/** The JSON in such a file. */
export function readSmallJson(path: string, bytes_max: number): unknown {
  const text = readSmallFile(path, bytes_max);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
