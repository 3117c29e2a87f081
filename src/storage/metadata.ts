/**
 * What a file cannot say of an object: its S3 ETag, content type, headers and user metadata. Kept in one small file of JSON
 * per key, a sidecar, under `.s3lect/meta`, and believed only for the very file it was written for (size, mtime, inode):
 * a file changed behind the store's back is a new object. A sidecar grants nothing.
 *
 * A sidecar holds the records of the present file and of the one about to replace it, and is written before the file is
 * replaced: whichever of the two a crash leaves, its record is there.
 */
import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openMade } from './directory.ts';
import type { DurableWork } from './durable-work.ts';
import { type FileIdentity, isSameFile } from './file-version.ts';
import { hiddenFolder } from './key-path.ts';
import type { ListedRecord, ListedRecords } from './listed-records.ts';
import type { ListedObject, ObjectChecksum, ObjectDescription, ObjectInfo } from './object.ts';
import { describe, storageClassDefault } from './object.ts';
import type { PartLayout } from './part-layout.ts';
import { RecordCache, versionOfSidecar } from './record-cache.ts';
import { appendLine, linesOf, replaceLines } from './sidecar.ts';
import { jsonIn, readSmallFile } from './small-file.ts';
import { isChecksum, isDescription, isObject, isPartLayout } from './stored-form.ts';
import { temporaryPath } from './temporary.ts';

export interface ObjectMetadata extends Omit<ObjectInfo, 'key' | 'size' | 'lastModified'> {
  /** The multipart upload that the object came of. */
  readonly uploadId?: string | undefined;
}

/** What is known of the object `key` whose file is `file`. Synchronous: a small read, about 20 µs. */
export function readMetadata(bucketDirectory: string, key: string, file: FileIdentity): ObjectMetadata {
  const record = knownRecordFor(sidecarPath(bucketDirectory, key), key, file);
  if (record === undefined) return { etag: foreignEtag(file), ...describe({}), checksum: undefined, parts: undefined };
  return metadataIn(record);
}

function metadataIn(record: SidecarRecord): ObjectMetadata {
  const { etag, checksum, parts, uploadId } = record;
  return { etag, ...describe(record), checksum, parts, uploadId };
}

/** What a list says of the object `key` whose file is `file`. `records`: what was read for lists before, at the place `at`. */
export function readListed(bucketDirectory: string, key: string, file: BigIntStats, records: ListedRecords, at: number): ListedObject {
  const { etag, storageClass, checksum } = records.get(at, file) ?? readRecord(bucketDirectory, key, file, records, at);
  return { key, size: Number(file.size), etag, lastModified: file.mtime, storageClass, checksum };
}

function readRecord(bucketDirectory: string, key: string, file: FileIdentity, records: ListedRecords, at: number): ListedRecord {
  const record = recordFor(sidecarPath(bucketDirectory, key), key, file);
  if (record === undefined) return { etag: foreignEtag(file), storageClass: storageClassDefault, checksum: undefined };
  const { etag, storageClass = storageClassDefault, checksum } = record;
  const listed = { etag, storageClass, checksum: checksum && { algorithm: checksum.algorithm, type: checksum.type } };
  records.set(at, file, listed);
  return listed;
}

/** Of a record that is written. */
export interface WrittenWith {
  /** The file that the one of the record is about to replace, whose record is kept beside it. */
  present(): FileIdentity | undefined;
  /** An unused path, where one is known. */
  readonly temporary?: string | undefined;
  /** Files, by their descriptors, that are to be durable too. */
  readonly files?: readonly number[] | undefined;
  /** The sidecar is to be a new file: the old one, or its name, may not be durable, and the system does not say so again. */
  readonly isAnew?: boolean | undefined;
}

/** Makes `next` durable as the record of `file`. */
export function* writeMetadata(
  bucketDirectory: string,
  key: string,
  next: ObjectMetadata,
  file: FileIdentity,
  { present, temporary, files = [], isAnew = false }: WrittenWith,
): DurableWork<void> {
  const path = sidecarPath(bucketDirectory, key);
  const name = basename(path);
  const directory = openMade(join(bucketDirectory, hiddenFolder), dirname(path));
  try {
    const sidecar = sidecarOf(key, next, file);
    if (isAnew || !(yield* appendLine(directory, name, JSON.stringify(sidecar), files))) {
      const replaced = present();
      const kept = replaced === undefined ? undefined : recordFor(path, key, replaced);
      if (kept !== undefined) sidecar.records.push(kept);
      yield* replaceLines(directory, name, JSON.stringify(sidecar), { temporary: temporary ?? temporaryPath(bucketDirectory), files });
    }
  } finally {
    directory.close();
  }
}

/** Forgets what is known of `key`; nothing known is no error. */
export function removeMetadata(bucketDirectory: string, key: string): void {
  fs.rmSync(sidecarPath(bucketDirectory, key), { force: true });
}

/** The ETag of a file that was not uploaded: never a read of its bytes. `-1` says that it is no MD5 of them. */
export function foreignEtag({ size, mtimeNs, ino }: FileIdentity): string {
  return `"${hash('md5', `${size} ${mtimeNs} ${ino}`)}-1"`;
}

/** The record of `file` as a line, to be kept elsewhere than in its sidecar. `replaced`: the file that it takes the place of. */
export function lineOf(key: string, metadata: ObjectMetadata, file: FileIdentity, replaced?: FileIdentity): string {
  return JSON.stringify({ ...sidecarOf(key, metadata, file), replaced: replaced && textsOf(replaced) });
}

export interface RecordedObject {
  readonly key: string;
  readonly metadata: ObjectMetadata;
  readonly file: FileIdentity;
  /** The file whose place it took, where there was one. */
  readonly replaced: FileIdentity | undefined;
}

/** What such a line says; undefined where it is not of our making. */
export function objectIn(line: string): RecordedObject | undefined {
  const sidecar = jsonIn(line);
  const [record, ...others] = isSidecar(sidecar) ? sidecar.records : [];
  if (!isSidecar(sidecar) || others.length > 0 || !isRecord(record)) return undefined;
  const { key, replaced } = sidecar;
  return { key, metadata: metadataIn(record), file: identityIn(record), replaced: isIdentity(replaced) ? identityIn(replaced) : undefined };
}

const sidecarVersion = 1;
/** Two records of what the headers of a request can hold, and of the checksums of ten thousand parts. */
const sidecarBytesMax = 4 * 1024 * 1024;

/** What goes without saying is left out. */
interface SidecarRecord extends Partial<ObjectDescription>, IdentityTexts {
  readonly etag: string;
  readonly checksum?: ObjectChecksum | undefined;
  readonly parts?: PartLayout | undefined;
  readonly uploadId?: string | undefined;
}

/** 64-bit integers as decimal text. */
type IdentityTexts = { readonly [Name in keyof FileIdentity]: string };

function textsOf({ size, mtimeNs, ino }: FileIdentity): IdentityTexts {
  return { size: String(size), mtimeNs: String(mtimeNs), ino: String(ino) };
}

function identityIn({ size, mtimeNs, ino }: IdentityTexts): FileIdentity {
  return { size: BigInt(size), mtimeNs: BigInt(mtimeNs), ino: BigInt(ino) };
}

/** Of a record, before JSON leaves out what is undefined. */
type WrittenRecord = { readonly [Name in keyof SidecarRecord]: SidecarRecord[Name] | undefined };

function recordOf(object: ObjectMetadata, file: FileIdentity): WrittenRecord {
  return {
    etag: object.etag,
    contentType: object.contentType,
    metadata: unlessEmpty(object.metadata),
    contentHeaders: unlessEmpty(object.contentHeaders),
    storageClass: object.storageClass === storageClassDefault ? undefined : object.storageClass,
    tags: unlessEmpty(object.tags),
    checksum: object.checksum,
    parts: object.parts,
    uploadId: object.uploadId,
    ...textsOf(file),
  };
}

function unlessEmpty<Values extends object>(values: Values): Values | undefined {
  return Object.keys(values).length === 0 ? undefined : values;
}

function sidecarOf(
  key: string,
  metadata: ObjectMetadata,
  file: FileIdentity,
): Omit<Sidecar, 'records'> & { readonly records: WrittenRecord[] } {
  return { version: sidecarVersion, key, records: [recordOf(metadata, file)] };
}

/** Where the sidecar of an object is. Named by a hash: any key fits, and 256 folders keep each small. */
export function sidecarPath(bucketDirectory: string, key: string): string {
  const name = hash('sha256', key);
  return `${bucketDirectory}/${hiddenFolder}/meta/${name.slice(0, 2)}/${name.slice(2, 40)}.json`;
}

/** The record of a file; undefined where the sidecar is absent, unreadable or not of our making, for it may come with a foreign folder. */
function recordFor(path: string, key: string, file: FileIdentity): SidecarRecord | undefined {
  const ofFile = textsOf(file);
  for (const line of linesOf(readSmallFile(path, sidecarBytesMax) ?? '')) {
    const record = recordIn(line, key, ofFile);
    if (record !== undefined) return record;
  }
  return undefined;
}

/** The same, read only where that is not known from the last time. */
function knownRecordFor(path: string, key: string, file: FileIdentity): SidecarRecord | undefined {
  const known = knownRecords.get(path);
  if (known !== undefined && isSameFile(known.file, file)) return known.record;
  const sidecar = versionOfSidecar(path);
  const record = recordFor(path, key, file);
  const { size, mtimeNs, ino } = file;
  if (record !== undefined && sidecar !== undefined) knownRecords.keep(path, sidecar, { file: { size, mtimeNs, ino }, record });
  return record;
}

const knownRecords = new RecordCache<{ readonly file: FileIdentity; readonly record: SidecarRecord }>();

function recordIn(line: string, key: string, ofFile: IdentityTexts): SidecarRecord | undefined {
  const sidecar = line.includes(ofFile.mtimeNs) ? jsonIn(line) : undefined;
  if (!isSidecar(sidecar) || sidecar.key !== key) return undefined;
  return sidecar.records.find((record): record is SidecarRecord => isRecord(record) && isRecordOf(record, ofFile));
}

interface Sidecar {
  readonly version: number;
  readonly key: string;
  readonly records: readonly unknown[];
  /** Of lines that are kept elsewhere. */
  readonly replaced?: unknown;
}

function isSidecar(value: unknown): value is Sidecar {
  return isObject(value) && value['version'] === sidecarVersion && typeof value['key'] === 'string' && Array.isArray(value['records']);
}

function isRecordOf(record: SidecarRecord, { size, mtimeNs, ino }: IdentityTexts): boolean {
  return record.mtimeNs === mtimeNs && record.ino === ino && record.size === size;
}

function isRecord(value: unknown): value is SidecarRecord {
  return (
    isObject(value) &&
    isDescription(value) &&
    typeof value['etag'] === 'string' &&
    /^"[0-9a-f]{32}(-\d+)?"$/.test(value['etag']) &&
    (value['checksum'] === undefined || isChecksum(value['checksum'])) &&
    (value['parts'] === undefined || isPartLayout(value['parts'])) &&
    (value['uploadId'] === undefined || typeof value['uploadId'] === 'string') &&
    isIdentity(value)
  );
}

function isIdentity(value: unknown): value is IdentityTexts {
  return isObject(value) && [value['size'], value['mtimeNs'], value['ino']].every(isDecimal);
}

/** A 64-bit integer as text. */
function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value);
}
