/**
 * What writer threads do: they write uploads, form their digests, and publish files as objects. All of it waits for the disk without
 * a turn of an event loop, which on the way of an upload would be taken a dozen times.
 */
import fs from 'node:fs';
import { type ChecksumAlgorithm, createDigest, type Digest } from '../auth/checksum.ts';
import { freeMemory } from '../base/free-memory.ts';
import { limits } from '../base/limits.ts';
import { formTogether, Md5 } from '../kernels/md5.ts';
import type { DurableWork } from './durable-work.ts';
import type { FileIdentity } from './file-version.ts';
import type { ObjectMetadata } from './metadata.ts';
import { writeMetadata } from './metadata.ts';
import type { WriteCondition } from './object.ts';
import { type Place, publishFile } from './publish.ts';
import { type PutJob, type PutJobResult, put, type RecoverJob, recover } from './put-job.ts';
import { removeTemporary } from './temporary.ts';
import { type FilePosition, writeFullyNow } from './write-fully.ts';

/** Pieces of an upload. These jobs of one upload are for one thread, in order. */
export interface WriteJob {
  readonly kind: 'write';
  readonly upload: number;
  /** With the first pieces. */
  readonly begin: BeginWriting | undefined;
  readonly pieces: readonly Uint8Array[];
  /** There are no more: the digests are to be told. */
  readonly isLast: boolean;
}

interface BeginWriting {
  readonly file: UploadFile;
  readonly algorithms: readonly ChecksumAlgorithm[];
  /** The thread takes in no other upload with which its digests could be formed. */
  readonly isAlone: boolean;
  /** Uploads under way, with this one. */
  readonly uploads: number;
}

/** A temporary file to be made, or one that is open and somebody else's to close. */
export type UploadFile = { readonly path: string } | { readonly fd: number; readonly position: number };

export interface WriteResult {
  /** In base64; empty before the last piece. */
  readonly digests: readonly (readonly [ChecksumAlgorithm, string])[];
  /** With the last piece: a temporary file that is open, and no more the thread's. */
  readonly file: OpenUploadFile | undefined;
}

interface OpenUploadFile {
  readonly path: string;
  readonly fd: number;
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
  /** Where it was written to its end. */
  readonly file: OpenUploadFile | undefined;
}

/** What the thread has logged is made durable where it belongs. */
export interface SettleJob {
  readonly kind: 'settle';
  /** The logs are removed. */
  readonly ends: boolean;
  /** Of one bucket only. */
  readonly bucketDirectory?: string | undefined;
}

export type Job = WriteJob | PutJob | PublishJob | DescribeJob | DiscardJob | SettleJob | RecoverJob;

export interface JobResults {
  write: WriteResult;
  put: PutJobResult;
  publish: undefined;
  describe: undefined;
  discard: undefined;
  settle: undefined;
  recover: undefined;
}

/** Raises the system's errors and `SelectError`s. */
export function* perform(job: Exclude<Job, WriteJob | SettleJob>): DurableWork<JobResults[Exclude<Job, WriteJob>['kind']]> {
  switch (job.kind) {
    case 'put':
      return yield* put(job);
    case 'publish':
      yield* publishFile(job.place, job, job.condition);
      return undefined;
    case 'describe':
      yield* writeMetadata(job.bucketDirectory, job.key, job.metadata, job.identity, { present: () => undefined });
      return undefined;
    case 'discard':
      discard(job);
      return undefined;
    case 'recover':
      recover(job);
      return undefined;
  }
}

/** Takes note of pieces that have come, and are written in their turn: the MD5 of other uploads may be formed beside theirs before that. */
export function takeIn(job: WriteJob): void {
  const { upload, begin, pieces, isLast } = job;
  if (begin !== undefined) {
    writings.set(upload, beginWriting(begin));
    uploadsUnderWay = begin.uploads;
  }
  const writing = writings.get(upload);
  if (writing === undefined) return;
  if (isLast) writing.isWhole = true;
  for (const piece of pieces) writing.md5?.add(piece);
}

/**
 * Writes pieces, and forms the digests that are formed of each upload by itself. `isOver`: there is only the MD5 left to be formed.
 * Raises the system's errors.
 */
export function writePieces({ upload, pieces, isLast }: WriteJob): { readonly isOver: boolean } {
  const writing = writings.get(upload);
  try {
    // why: where it could not be begun, its next pieces may be on their way already.
    if (writing?.broken !== undefined) throw writing.broken;
    if (writing !== undefined) write(writing, pieces);
  } finally {
    freeMemory([...(writing?.md5 === undefined ? pieces : throughWith(pieces)), ...throughWith(formWaiting())]);
  }
  return { isOver: isLast && writing !== undefined };
}

/** Whether there are so many uploads of which only the MD5 is left that it is to be formed. */
export function areEnough(jobs: readonly WriteJob[]): boolean {
  const enough = Math.min(limits.upload_digests_together, Math.ceil(uploadsUnderWay / 2));
  return jobs.length >= enough || jobs.every(isTakenIn);
}

/** Ends uploads that were written: what is left of their MD5 is formed, together with those of others. */
export function endUploads(jobs: readonly WriteJob[]): WriteResult[] {
  const mine = jobs.flatMap(({ upload }) => writings.get(upload)?.md5 ?? []);
  freeMemory(throughWith(jobs.every(isTakenIn) ? formTogether(mine, []) : formTogether(...dueAndOthers())));
  return jobs.map(({ upload }) => {
    const { digests, md5, path, file } = writings.get(upload) as Writing;
    writings.delete(upload);
    const formed = digests.map(({ name, digest }) => [name, digest.digest().toString('base64')] as const);
    return {
      digests: md5 === undefined ? formed : [...formed, ['md5', md5.digest().toString('base64')]],
      file: path === undefined || file === undefined ? undefined : { path, fd: file.fd },
    };
  });
}

function isTakenIn({ upload }: WriteJob): boolean {
  return writings.get(upload)?.md5?.isTakenIn ?? true;
}

/** Of one upload MD5 takes the most time, of eight hardly more: it is formed of all that are whole, and of others as far as there is room. */
function dueAndOthers(): [due: Md5[], others: Md5[]] {
  const [due, others]: [Md5[], Md5[]] = [[], []];
  for (const { md5, isWhole } of writings.values()) if (md5 !== undefined) (isWhole ? due : others).push(md5);
  return [due, others];
}

/** What waits for others is bounded: forms the MD5 of what is beyond, and answers the pieces that it needs no more. */
function formWaiting(): Uint8Array[] {
  const over: Uint8Array[] = [];
  for (;;) {
    const messages = dueAndOthers()
      .flat()
      .toSorted((a, b) => b.waiting_bytes - a.waiting_bytes);
    const waiting_bytes = messages.reduce((sum, message) => sum + message.waiting_bytes, 0);
    if (waiting_bytes <= limits.upload_digest_bytes_max) return over;
    over.push(...formTogether(messages.slice(0, 1), messages.slice(1)));
  }
}

/** Those of the pieces that are not needed any more: each is, until it was written and its MD5 formed. */
function throughWith(pieces: readonly Uint8Array[]): Uint8Array[] {
  return pieces.filter((piece) => {
    if (piece.length === 0 || halfThrough.delete(piece)) return true;
    halfThrough.add(piece);
    return false;
  });
}

/** Pieces that were written, or whose MD5 was formed, and wait for the other. */
const halfThrough = new WeakSet<Uint8Array>();

/** An upload that is being written by this thread. */
interface Writing {
  /** Open, once there was something to write. */
  file: FilePosition | undefined;
  /** Of a temporary file, which is ours. */
  readonly path: string | undefined;
  /** Formed of its pieces as they are written. */
  readonly digests: readonly NamedDigest[];
  /** Formed with those of others. */
  readonly md5: Md5 | undefined;
  /** All of its pieces have come. */
  isWhole: boolean;
  /** What kept pieces from being written. */
  broken?: unknown;
}

interface NamedDigest {
  readonly name: ChecksumAlgorithm;
  readonly digest: Digest;
}

const writings = new Map<number, Writing>();
/** As the last upload that began was told. */
let uploadsUnderWay = 1;

function beginWriting({ file, algorithms, isAlone }: BeginWriting): Writing {
  const isShared = !isAlone && algorithms.includes('md5');
  const others = isShared ? algorithms.filter((name) => name !== 'md5') : algorithms;
  const digests = others.map((name) => ({ name, digest: createDigest(name) }));
  const opened = 'fd' in file ? { path: undefined, file: { ...file } } : { path: file.path, file: undefined };
  return { ...opened, digests, md5: isShared ? new Md5() : undefined, isWhole: false };
}

function write(writing: Writing, pieces: readonly Uint8Array[]): void {
  for (const { digest } of writing.digests) for (const piece of pieces) digest.update(piece);
  try {
    writing.file ??= { fd: fs.openSync(writing.path as string, 'wx'), position: 0 };
    writeFullyNow(writing.file, pieces);
  } catch (error) {
    writing.broken = error;
    throw error;
  }
}

function discard({ upload, file }: DiscardJob): void {
  const writing = writings.get(upload);
  writings.delete(upload);
  // Its pieces were all written.
  if (writing?.md5 !== undefined) freeMemory(throughWith(writing.md5.drop()));
  const { path, fd } = writing === undefined ? (file ?? {}) : { path: writing.path, fd: writing.file?.fd };
  if (path === undefined || fd === undefined) return;
  fs.closeSync(fd);
  removeTemporary(path);
}
