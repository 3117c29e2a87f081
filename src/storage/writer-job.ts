/**
 * What writer threads do: they write uploads, form their digests, and publish files as objects. All of it waits for the disk without
 * a turn of an event loop, which on the way of an upload would be taken a dozen times.
 */
import fs from 'node:fs';
import { type ChecksumAlgorithm, createDigest, type Digest } from '../auth/checksum.ts';
import { SelectError } from '../base/errors.ts';
import { freeMemory } from '../base/free-memory.ts';
import { limits } from '../base/limits.ts';
import { formTogether, Md5 } from '../kernels/md5.ts';
import { syncDirectoryNow } from './directory.ts';
import { carryOutUnsynced, type DurableWork, type Outcome, outcomeOf } from './durable-work.ts';
import type { FileIdentity } from './file-version.ts';
import type { ObjectMetadata } from './metadata.ts';
import { lineOf, writeMetadata } from './metadata.ts';
import type { WriteCondition } from './object.ts';
import { filesOf, type Place, placeOf, publishFile, type ReadyFile } from './publish.ts';
import { removeTemporary, temporaryPath } from './temporary.ts';
import { type LoggedIn, LogIsGone, logFolder, logFor } from './upload-log.ts';
import { endedLogs, lostUploads, takeLog } from './upload-recovery.ts';
import { writeFullyNow } from './write-fully.ts';

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
  /** It is small, and to be made durable in a log: `isForLog`. */
  readonly isLogged?: boolean;
  /** Where it is not now: in milliseconds since 1970. */
  readonly modified_ms?: number;
}

export interface PutJobResult {
  readonly size: number;
  readonly lastModified: Date;
  /** Where it is durable in a log only. */
  readonly loggedIn: LoggedIn | undefined;
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
}

/** The same for logs in a bucket whose thread or process has ended, and what a crash of the system took of them is put again. */
export interface RecoverJob extends Pick<Place, 'bucket' | 'bucketDirectory' | 'links'> {
  readonly kind: 'recover';
  /** Of this process. */
  readonly endedThread?: number | undefined;
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
      yield* recover(job);
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
    writeFullyNow(writing, pieces);
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

function* put(job: PutJob): DurableWork<PutJobResult> {
  const { path, fd = fs.openSync(path, 'wx'), pieces, place, metadata, condition, isLogged, modified_ms } = job;
  let isRenamed = false;
  try {
    writeFullyNow({ fd, position: 0 }, pieces);
    if (modified_ms !== undefined) setModified(fd, modified_ms);
    const identity = fs.fstatSync(fd, { bigint: true });
    const { size, mtimeNs, ino } = identity;
    const file = { path, fd, identity: { size, mtimeNs, ino }, metadata, temporary: `${path}-meta` };
    const loggedIn = isLogged === true ? yield* publishLogged(place, file, pieces) : undefined;
    isRenamed = loggedIn !== undefined || (yield* publishFile(place, file, condition));
    return { size: Number(size), lastModified: identity.mtime, loggedIn };
  } finally {
    fs.closeSync(fd);
    if (!isRenamed) removeTemporary(path);
  }
}

/** Makes a file the object of a place that is durable in the log; answers undefined where there is no log, and nothing was done. */
function* publishLogged(place: Place, file: ReadyFile, pieces: readonly Uint8Array[]): DurableWork<LoggedIn | undefined> {
  const log = logFor(place.bucketDirectory);
  if (log === undefined) return undefined;
  const line = Buffer.from(lineOf(place.key, file.metadata, file.identity));
  const upload = log.promise({ files: filesOf(place), line, pieces });
  try {
    yield upload;
  } catch (error) {
    if (error instanceof LogIsGone) return undefined;
    throw error;
  }
  const { loggedIn } = log;
  try {
    // Only now: until then a crash leaves what was there before.
    carryOutUnsynced(publishFile(place, file, {}));
    return loggedIn;
  } catch (error) {
    log.takeBack(upload);
    throw error;
  }
}

function* recover({ bucket, bucketDirectory, links, endedThread }: RecoverJob): DurableWork<void> {
  for (const name of endedLogs(bucketDirectory, endedThread)) {
    const log = takeLog(bucketDirectory, name);
    if (log === undefined) continue;
    for (const { place, object, bytes } of lostUploads(log, (key) => placeOf(bucket, bucketDirectory, key, links))) {
      const { metadata, file } = object;
      const modified_ms = Number(file.mtimeNs / 1_000_000n);
      const path = temporaryPath(bucketDirectory);
      try {
        yield* put({ kind: 'put', path, fd: undefined, pieces: [bytes], place, metadata, condition: {}, modified_ms });
      } catch (error) {
        // why: something that came later stands in its way.
        if (!(error instanceof SelectError)) throw error;
      }
    }
    fs.rmSync(log, { recursive: true, force: true });
    // why: if the log came back, it would bring back what is deleted from now on.
    syncDirectoryNow(logFolder(bucketDirectory));
  }
}

function setModified(fd: number, modified_ms: number): void {
  // why: in the midst of the millisecond, for what is given as a fraction of seconds is cut off.
  const seconds = (modified_ms + 0.5) / 1000;
  fs.futimesSync(fd, seconds, seconds);
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
