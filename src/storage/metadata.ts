/**
 * What a file cannot say of an object: its S3 ETag, content type, headers and user metadata. Kept in one small JSON file
 * per key, a sidecar, under `.s3lect/meta`, and believed only for the very file it was written for (size, mtime, inode):
 * a file changed behind the store's back is a new object. A sidecar grants nothing.
 *
 * A sidecar holds the records of the present file and of the one about to replace it, and is replaced before the file is:
 * whichever of the two a crash leaves, its record is there.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectories, syncDirectory } from './directory.ts';
import { hiddenFolder } from './key-path.ts';
import type { ContentHeaders, ObjectInfo } from './store.ts';
import { contentHeaderNames, contentTypeDefault } from './store.ts';
import { createTemporary } from './temporary.ts';

/** What tells one version of a file from another; `BigIntStats` is one. */
export interface FileIdentity {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

export type ObjectMetadata = Pick<ObjectInfo, 'etag' | 'contentType' | 'metadata' | 'contentHeaders'>;

/** What is known of the object `key` whose file is `file`. Synchronous: one lstat and one small read, about 20 µs. */
export function readMetadata(bucketDirectory: string, key: string, file: FileIdentity): ObjectMetadata {
  const record = readRecords(sidecarPath(bucketDirectory, key), key).find((candidate) => isRecordOf(candidate, file));
  return record ?? { etag: foreignEtag(file), contentType: contentTypeDefault, metadata: {}, contentHeaders: {} };
}

/** Makes `next` durable as the record of `file`, beside that of `present`, which `file` is about to replace. */
export async function writeMetadata(
  bucketDirectory: string,
  key: string,
  next: ObjectMetadata,
  file: FileIdentity,
  present: FileIdentity | undefined,
): Promise<void> {
  const path = sidecarPath(bucketDirectory, key);
  const kept = present === undefined ? [] : readRecords(path, key).filter((record) => isRecordOf(record, present));
  const { size, mtimeNs, ino } = file;
  const record: SidecarRecord = { ...next, size: String(size), mtimeNs: String(mtimeNs), ino: String(ino) };
  const temporary = await createTemporary(bucketDirectory);
  try {
    await temporary.handle.writeFile(JSON.stringify({ version: sidecarVersion, key, records: [record, ...kept] }));
    await temporary.handle.sync();
    const meta = join(bucketDirectory, hiddenFolder, 'meta');
    const changed = [...makeDirectories(dirname(meta), dirname(path)), dirname(path)];
    fs.renameSync(temporary.path, path);
    for (const directory of changed) await syncDirectory(directory);
  } finally {
    await temporary.discard();
  }
}

/** Forgets what is known of `key`; nothing known is no error. */
export function removeMetadata(bucketDirectory: string, key: string): void {
  fs.rmSync(sidecarPath(bucketDirectory, key), { force: true });
}

/** The ETag of a file that was not uploaded: never a read of its bytes. `-1` says that it is no MD5 of them. */
export function foreignEtag({ size, mtimeNs, ino }: FileIdentity): string {
  return `"${createHash('md5').update(`${size} ${mtimeNs} ${ino}`).digest('hex')}-1"`;
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ino === b.ino;
}

const sidecarVersion = 1;
/** Two records of what the headers of a request can hold. */
const sidecarBytesMax = 512 * 1024;

interface SidecarRecord extends ObjectMetadata {
  /** 64-bit integers as decimal text. */
  readonly size: string;
  readonly mtimeNs: string;
  readonly ino: string;
}

/** Named by a hash: any key fits, and 256 folders keep each small. */
function sidecarPath(bucketDirectory: string, key: string): string {
  const hash = createHash('sha256').update(key).digest('hex');
  return `${bucketDirectory}/${hiddenFolder}/meta/${hash.slice(0, 2)}/${hash.slice(2, 40)}.json`;
}

function isRecordOf(record: SidecarRecord, { size, mtimeNs, ino }: FileIdentity): boolean {
  return record.mtimeNs === String(mtimeNs) && record.ino === String(ino) && record.size === String(size);
}

/** The records of a sidecar; none where it is absent, unreadable or not of our making, for it may come with a foreign folder. */
function readRecords(path: string, key: string): SidecarRecord[] {
  try {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || !stats.isFile() || stats.size > sidecarBytesMax) return [];
    const sidecar: unknown = JSON.parse(fs.readFileSync(path, 'utf8'));
    if (!isObject(sidecar) || sidecar['version'] !== sidecarVersion || sidecar['key'] !== key || !Array.isArray(sidecar['records']))
      return [];
    return sidecar['records'].filter(isRecord);
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is SidecarRecord {
  return (
    isObject(value) &&
    [value['size'], value['mtimeNs'], value['ino'], value['contentType']].every(isHeaderText) &&
    typeof value['etag'] === 'string' &&
    /^"[0-9a-f]{32}(-\d+)?"$/.test(value['etag']) &&
    isObject(value['metadata']) &&
    Object.values(value['metadata']).every(isHeaderText) &&
    isContentHeaders(value['contentHeaders'])
  );
}

function isContentHeaders(value: unknown): value is ContentHeaders {
  const names: readonly string[] = contentHeaderNames;
  return isObject(value) && Object.entries(value).every(([name, text]) => names.includes(name) && isHeaderText(text));
}

function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && !/[\0\r\n]/.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
