/**
 * What writer threads do: they write uploads, form their digests, and publish files as objects. All of it waits for the disk without
 * a turn of an event loop, which on the way of an upload would be taken a dozen times.
 */
import fs from 'node:fs';
import { type ChecksumAlgorithm, createDigest, type Digest } from '../auth/checksum.ts';
import { freeMemory } from '../base/free-memory.ts';
import { limits } from '../base/limits.ts';
import { formTogether, Md5 } from '../kernels/md5.ts';
import { type DurableWork, type Outcome, outcomeOf } from './durable-work.ts';
import type { FileIdentity } from './file-version.ts';
import type { ObjectMetadata } from './metadata.ts';
import { writeMetadata } from './metadata.ts';
import type { WriteCondition } from './object.ts';
import { type Place, publishFile } from './publish.ts';
import { removeTemporary } from './temporary.ts';

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

/** An upload that has been verified becomes an object; whether it does or not, it is over. */
export interface PutJob {
  readonly kind: 'put';
  /** The temporary file, which is made where nothing of the upload was written yet. */
  readonly path: string;
  readonly fd: number | undefined;
  /** What was not written yet: all or nothing. */
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
  /** Where it was written to its end. */
  readonly file: OpenUploadFile | undefined;
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
export function* perform(job: Exclude<Job, WriteJob>): DurableWork<JobResults[Exclude<Job, WriteJob>['kind']]> {
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
  }
}

/**
 * Takes pieces of several uploads, of each once. `answer`: called for each job with what writes its pieces, which raises the system's
 * errors; answers what that does. Frees the pieces.
 */
export function writeTogether<Answer>(jobs: readonly WriteJob[], answer: (job: WriteJob, write: () => WriteResult) => Answer): Answer[] {
  const begun = jobs.map((job) => outcomeOf(() => writingOf(job)));
  const due: Md5[] = [];
  const over: Uint8Array[] = [];
  for (const [n, { pieces, isLast }] of jobs.entries()) {
    const writing = resultOf(begun[n]);
    for (const { digest } of writing?.digests ?? []) if (!(digest instanceof Md5)) for (const piece of pieces) digest.update(piece);
    const md5 = writing === undefined ? undefined : md5Of(writing);
    if (md5 === undefined) over.push(...pieces);
    else for (const piece of pieces) md5.add(piece);
    if (isLast && md5 !== undefined) due.push(md5);
  }
  over.push(...formDue(due));
  const answers = jobs.map((job, n) => {
    const outcome = begun[n] as Outcome<Writing | undefined>;
    return answer(job, () => {
      if ('error' in outcome) throw outcome.error;
      return write(job, outcome.value);
    });
  });
  freeMemory(over);
  return answers;
}

/**
 * Forms the MD5 of uploads that end, and takes in of others what fits beside: of one upload MD5 takes the most time, of eight hardly more.
 * What has to wait for that is bounded. Answers the pieces that are no more needed.
 */
function formDue(due: Md5[]): Uint8Array[] {
  const messages = [...writings.values()].flatMap((writing) => md5Of(writing) ?? []);
  const over: Uint8Array[] = [];
  for (;;) {
    over.push(
      ...formTogether(
        due,
        messages.filter((message) => !due.includes(message)),
      ),
    );
    const waiting_bytes = messages.reduce((sum, message) => sum + message.waiting_bytes, 0);
    if (waiting_bytes <= limits.upload_digest_bytes_max) return over;
    due = messages.toSorted((a, b) => b.waiting_bytes - a.waiting_bytes).slice(0, 1);
  }
}

function resultOf<T>(outcome: Outcome<T> | undefined): T | undefined {
  return outcome !== undefined && 'value' in outcome ? outcome.value : undefined;
}

function md5Of({ digests }: Writing): Md5 | undefined {
  for (const { digest } of digests) if (digest instanceof Md5) return digest;
  return undefined;
}

/** An upload that is being written by this thread. */
interface Writing {
  readonly fd: number;
  /** Of a temporary file, which is ours. */
  readonly path: string | undefined;
  readonly digests: readonly NamedDigest[];
  position: number;
  /** What kept pieces from being written. */
  broken?: unknown;
}

interface NamedDigest {
  readonly name: ChecksumAlgorithm;
  readonly digest: Digest | Md5;
}

const writings = new Map<number, Writing>();

/** why: where it could not be begun, its next pieces may be on their way already. */
function writingOf({ upload, begin }: WriteJob): Writing | undefined {
  if (begin !== undefined) writings.set(upload, beginWriting(begin));
  return writings.get(upload);
}

function beginWriting({ file, algorithms, isAlone }: NonNullable<WriteJob['begin']>): Writing {
  const digests = algorithms.map((name) => ({ name, digest: name === 'md5' && !isAlone ? new Md5() : createDigest(name) }));
  if ('fd' in file) return { ...file, path: undefined, digests };
  return { fd: fs.openSync(file.path, 'wx'), path: file.path, digests, position: 0 };
}

function write({ upload, pieces, isLast }: WriteJob, writing: Writing | undefined): WriteResult {
  if (writing === undefined) return { digests: [], file: undefined };
  if (writing.broken !== undefined) throw writing.broken;
  try {
    writeFully(writing, pieces);
  } catch (error) {
    writing.broken = error;
    throw error;
  }
  if (!isLast) return { digests: [], file: undefined };
  writings.delete(upload);
  const { digests, path, fd } = writing;
  return {
    digests: digests.map(({ name, digest }) => [name, digest.digest().toString('base64')] as const),
    file: path === undefined ? undefined : { path, fd },
  };
}

function* put({ path, fd = fs.openSync(path, 'wx'), pieces, place, metadata, condition }: PutJob): DurableWork<PutJobResult> {
  let isRenamed = false;
  try {
    writeFully({ fd, position: 0 }, pieces);
    const identity = fs.fstatSync(fd, { bigint: true });
    const { size, mtimeNs, ino } = identity;
    const file = { path, fd, identity: { size, mtimeNs, ino }, metadata, temporary: `${path}-meta` };
    isRenamed = yield* publishFile(place, file, condition);
    return { size: Number(size), lastModified: identity.mtime };
  } finally {
    fs.closeSync(fd);
    if (!isRenamed) removeTemporary(path);
  }
}

function discard({ upload, file }: DiscardJob): void {
  const writing = writings.get(upload);
  writings.delete(upload);
  const md5 = writing && md5Of(writing);
  if (md5 !== undefined) freeMemory(md5.drop());
  const { path, fd } = writing ?? file ?? {};
  if (path === undefined || fd === undefined) return;
  fs.closeSync(fd);
  removeTemporary(path);
}

function writeFully(writing: Pick<Writing, 'fd' | 'position'>, pieces: readonly Uint8Array[]): void {
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
