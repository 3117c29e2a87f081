/** What tests see of the logs of uploads. */
import fs from 'node:fs';
import { join } from 'node:path';
import { half_bytes, readLog } from '../../src/storage/log-records.ts';
import { describe } from '../../src/storage/object.ts';
import { placeOf } from '../../src/storage/publish.ts';
import { temporaryPath } from '../../src/storage/temporary.ts';
import { md5 } from './storage-contract.ts';

export function logFolderOf(bucket: string): string {
  return join(bucket, '.s3lect/log');
}

/** Names of the logs of a bucket. */
export function logsOf(bucket: string): string[] {
  return fs.existsSync(logFolderOf(bucket)) ? fs.readdirSync(logFolderOf(bucket)) : [];
}

/** What is in the logs of a bucket, in its order: keys, and when the object was written, in milliseconds. */
export function logged(bucket: string): { readonly key: string; readonly time: number }[] {
  return logsOf(bucket).flatMap((name) =>
    readLog(join(logFolderOf(bucket), name)).flatMap(({ records }) =>
      records.map(({ line }) => {
        const { key, records: ofKey } = JSON.parse(Buffer.from(line).toString());
        return { key, time: Number(BigInt(ofKey[0].mtimeNs) / 1_000_000n) };
      }),
    ),
  );
}

export function loggedKeys(bucket: string): string[] {
  return logged(bucket).map(({ key }) => key);
}

/** Of a process that has ended, whose number no process can have. */
export function pathOfEndedLog(bucket: string, n: number): string {
  return join(logFolderOf(bucket), `999999999-000000000000-1-${n}`);
}

/** Gives the logs of a bucket the names of logs of a process that has ended. */
export function endLogs(bucket: string): void {
  for (const [n, name] of logsOf(bucket).entries()) {
    fs.renameSync(join(logFolderOf(bucket), name), pathOfEndedLog(bucket, n));
  }
}

/** Has a log say that the system was started anew since. */
export function ageLog(path: string): void {
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

/** Does to files what a crash of the system may do to those that are durable in a log only. */
export function crash(bucket: string): void {
  for (const [n, key] of [...new Set(loggedKeys(bucket))].entries()) losePart(bucket, key, n);
  for (const name of logsOf(bucket)) ageLog(join(logFolderOf(bucket), name));
}

function losePart(bucket: string, key: string, n: number): void {
  const path = join(bucket, key);
  if (!fs.existsSync(path)) return;
  const { atime, mtime } = fs.statSync(path);
  const wasThere = new Date(mtime.getTime() - 60_000);
  if (n % 5 === 0) fs.rmSync(path);
  if (n % 5 === 1) fs.truncateSync(path);
  if (n % 5 === 2) fs.writeFileSync(path, Buffer.alloc(fs.statSync(path).size));
  if (n % 5 === 1 || n % 5 === 2) fs.utimesSync(path, atime, wasThere);
  if (n % 5 === 3) for (const name of sidecarsOf(bucket, key)) fs.truncateSync(name, 5);
}

function sidecarsOf(bucket: string, key: string): string[] {
  const meta = join(bucket, '.s3lect/meta');
  const files = fs.readdirSync(meta, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  return files.map((name) => join(meta, name)).filter((path) => fs.readFileSync(path, 'utf8').includes(`"key":"${key}"`));
}

/** For the log of this thread. */
export function loggedPut(bucketDirectory: string, key: string, text: string) {
  const place = placeOf('b-1', bucketDirectory, key, 'refused');
  const metadata = { etag: md5(text), ...describe({}), checksum: undefined, parts: undefined };
  const job = { kind: 'put', path: temporaryPath(bucketDirectory), fd: undefined, pieces: [Buffer.from(text)] } as const;
  return { ...job, place, metadata, condition: {}, isLogged: true } as const;
}

/** Has the disk fail when a log is made durable next. `forget`: what the system does to the file then, which it takes for written. */
export function failNextSync(forget: (fd: number) => void): void {
  const { fdatasyncSync } = fs;
  fs.fdatasyncSync = (fd) => {
    fs.fdatasyncSync = fdatasyncSync;
    forget(fd);
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
  };
}
