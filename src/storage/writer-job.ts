/**
 * What writer threads do: they write uploads, form their digests, and publish files as objects. All of it waits for the disk without
 * a turn of an event loop, which on the way of an upload would be taken a dozen times.
 */
import fs from 'node:fs';
import { type ChecksumAlgorithm, createDigest, type Digest } from '../auth/checksum.ts';
import type { FileIdentity, ObjectMetadata } from './metadata.ts';
import { writeMetadata } from './metadata.ts';
import type { WriteCondition } from './object.ts';
import { type Place, publishFile } from './publish.ts';
import { removeTemporary } from './temporary.ts';

/** Pieces of an upload. The jobs of one upload are those of one thread, in order. */
export interface WriteJob {
  readonly kind: 'write';
  readonly upload: number;
  /** With the first pieces. */
  readonly begin: { readonly file: UploadFile; readonly algorithms: readonly ChecksumAlgorithm[] } | undefined;
  readonly pieces: readonly Uint8Array[];
  /** There are no more: the digests are to be told. */
  readonly isLast: boolean;
}

/** A temporary file to be made, or one that is open and somebody else's to close. */
export type UploadFile = { readonly path: string } | { readonly fd: number; readonly position: number };

/** In base64; empty before the last piece. */
export type WriteResult = readonly (readonly [ChecksumAlgorithm, string])[];

/** An upload that has been verified becomes an object; whether it does or not, it is over. */
export interface PutJob {
  readonly kind: 'put';
  readonly upload: number;
  /** The temporary file, which is made where nothing of the upload was written yet. */
  readonly path: string;
  /** What was not written yet. */
  readonly pieces: readonly Uint8Array[];
  readonly place: Place;
  readonly metadata: ObjectMetadata;
  readonly condition: WriteCondition;
}

export interface PutJobResult {
  readonly size: number;
  readonly lastModified: Date;
}

/** A durable file becomes an object. */
export interface PublishJob {
  readonly kind: 'publish';
  readonly place: Place;
  readonly path: string;
  readonly identity: FileIdentity;
  readonly metadata: ObjectMetadata;
  readonly condition: WriteCondition;
}

/** An object's metadata are replaced. */
export interface DescribeJob {
  readonly kind: 'describe';
  readonly bucketDirectory: string;
  readonly key: string;
  readonly identity: FileIdentity;
  readonly metadata: ObjectMetadata;
}

/** An upload is given up. */
export interface DiscardJob {
  readonly kind: 'discard';
  readonly upload: number;
}

export type Job = WriteJob | PutJob | PublishJob | DescribeJob | DiscardJob;

export interface JobResults {
  write: WriteResult;
  put: PutJobResult;
  publish: undefined;
  describe: undefined;
  discard: undefined;
}

/** Raises the system's errors and `SelectError`s. */
export function perform(job: Job): JobResults[Job['kind']] {
  switch (job.kind) {
    case 'write':
      return write(job);
    case 'put':
      return put(job);
    case 'publish':
      publishFile(job.place, job, job.condition);
      return undefined;
    case 'describe':
      writeMetadata(job.bucketDirectory, job.key, job.metadata, job.identity, undefined);
      return undefined;
    case 'discard':
      discard(job.upload);
      return undefined;
  }
}

/** An upload that is being written by this thread. */
interface Writing {
  readonly fd: number;
  /** Of a temporary file, which is ours. */
  readonly path: string | undefined;
  readonly digests: readonly (readonly [ChecksumAlgorithm, Digest])[];
  position: number;
}

const writings = new Map<number, Writing>();

function write({ upload, begin, pieces, isLast }: WriteJob): WriteResult {
  let writing = writings.get(upload);
  if (begin !== undefined) {
    writing = beginWriting(begin);
    writings.set(upload, writing);
  }
  // why: where it could not be begun, its next pieces may be on their way already.
  if (writing === undefined) return [];
  for (const piece of pieces) for (const [, digest] of writing.digests) digest.update(piece);
  writeFully(writing, pieces);
  if (!isLast) return [];
  if (writing.path === undefined) writings.delete(upload);
  return writing.digests.map(([name, digest]) => [name, digest.digest().toString('base64')] as const);
}

function beginWriting({ file, algorithms }: NonNullable<WriteJob['begin']>): Writing {
  const digests = algorithms.map((name) => [name, createDigest(name)] as const);
  if ('fd' in file) return { ...file, path: undefined, digests };
  return { fd: fs.openSync(file.path, 'wx'), path: file.path, digests, position: 0 };
}

function put({ upload, path, pieces, place, metadata, condition }: PutJob): PutJobResult {
  const writing = writings.get(upload) ?? { fd: fs.openSync(path, 'wx'), path, digests: [], position: 0 };
  let isRenamed = false;
  try {
    writeFully(writing, pieces);
    fs.fsyncSync(writing.fd);
    const identity = fs.fstatSync(writing.fd, { bigint: true });
    const { size, mtimeNs, ino } = identity;
    isRenamed = publishFile(place, { path, identity: { size, mtimeNs, ino }, metadata, temporary: `${path}-meta` }, condition);
    return { size: Number(size), lastModified: identity.mtime };
  } finally {
    writings.delete(upload);
    fs.closeSync(writing.fd);
    if (!isRenamed) removeTemporary(path);
  }
}

function discard(upload: number): void {
  const writing = writings.get(upload);
  writings.delete(upload);
  if (writing?.path === undefined) return;
  fs.closeSync(writing.fd);
  removeTemporary(writing.path);
}

function writeFully(writing: Writing, pieces: readonly Uint8Array[]): void {
  let left = pieces.filter(({ length }) => length > 0);
  while (left.length > 0) {
    let done =
      left.length === 1
        ? fs.writeSync(writing.fd, left[0] as Uint8Array, 0, undefined, writing.position)
        : fs.writevSync(writing.fd, left, writing.position);
    writing.position += done;
    left = left.flatMap((piece) => {
      const skipped = Math.min(done, piece.length);
      done -= skipped;
      return skipped === piece.length ? [] : [piece.subarray(skipped)];
    });
  }
}
