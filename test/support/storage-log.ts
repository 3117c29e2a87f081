/** What tests see of the logs of uploads. */
import fs from 'node:fs';
import { join } from 'node:path';
import { half_bytes, readLog } from '../../src/storage/log-records.ts';

/** What `storage-logger.ts` writes: of 0 to 8 kB, as one key and version have it. */
export function loggedContent(key: string, n: number): Buffer {
  return Buffer.from(`${key} version ${n}\n`.repeat((n * 37) % 400));
}

export function logFolderOf(bucket: string): string {
  return join(bucket, '.s3lect/log');
}

/** Names of the logs of a bucket. */
export function logsOf(bucket: string): string[] {
  return fs.existsSync(logFolderOf(bucket)) ? fs.readdirSync(logFolderOf(bucket)) : [];
}

/** Keys whose records are in the logs of a bucket, in their order. */
export function loggedKeys(bucket: string): string[] {
  return logsOf(bucket).flatMap((name) =>
    readLog(join(logFolderOf(bucket), name)).flatMap(({ records }) =>
      records.map(({ line }) => String(JSON.parse(Buffer.from(line).toString()).key)),
    ),
  );
}

/** Has a log say that the system was started anew since. */
export function agedLog(path: string): void {
  const fd = fs.openSync(path, 'r+');
  try {
    for (const start of [0, half_bytes]) {
      const head = Buffer.alloc(4096);
      fs.readSync(fd, head, 0, head.length, start);
      const text = head.toString().replace(/"boot":"[^"]*"/, '"boot":"another start"');
      fs.writeSync(fd, text.trimEnd().padEnd(head.length), start);
    }
  } finally {
    fs.closeSync(fd);
  }
}
