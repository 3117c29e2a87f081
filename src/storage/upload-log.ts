/**
 * Small uploads are made durable in a log: one fdatasync for many, where each would take an fsync of its file, of its sidecar and of a
 * directory, one after the other. An upload is acknowledged once its bytes and its record stand there and its file is in its place, in the
 * page cache. The log is settled, which makes the files durable where they are and empties it, when it is full, after a second, and before
 * something that is not logged changes one of them. A process that is killed loses nothing, as the page cache outlives it; what a crash of
 * the system took is put again from the log when the bucket is opened next (`upload-recovery.ts`).
 *
 * A log is a file in `.s3lect/log` of a bucket, of one thread, and has its size from the beginning: to make it durable takes no more than
 * its blocks. While one half of it is settled, in the background, the other takes uploads.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { assert } from '../base/assert.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type BucketFolder, openMade, syncDirectoryNow } from './directory.ts';
import { errnoOf } from './fs-errors.ts';
import { hiddenFolder } from './key-path.ts';
import { Half } from './log-half.ts';
import { bootId, encodeRecord, half_bytes, type LogRecord, recordBytes, zeros } from './log-records.ts';
import { outcomeOf } from './outcome.ts';
import { nameOfProcess } from './temporary.ts';
import { writeFullyNow } from './write-fully.ts';

export interface UploadToLog extends LogRecord {
  /** Paths of what it leaves in the bucket. */
  readonly files: readonly string[];
}

/** An upload for which there is room in a log. */
export class LoggedUpload {
  readonly log: UploadLog;
  /** Of its record. */
  readonly position: number;
  readonly upload: UploadToLog;

  constructor(log: UploadLog, position: number, upload: UploadToLog) {
    this.log = log;
    this.position = position;
    this.upload = upload;
  }
}

/** What the thread that asked for an upload is to know of the log: it is durable in the log only, with all of the same epoch. */
export interface LoggedIn {
  readonly epoch: number;
  /** Up to this epoch all are durable where they are, and the log holds them no more. */
  readonly settledEpoch: number;
}

/** Makes uploads durable in their logs, those of one log with one call; answers what was raised for each. Blocks. */
export function appendTogether(uploads: readonly LoggedUpload[]): ReadonlyMap<LoggedUpload, unknown> {
  const errors = new Map<LoggedUpload, unknown>();
  for (const log of new Set(uploads.map(({ log }) => log))) {
    const ofLog = uploads.filter((upload) => upload.log === log);
    try {
      log.append(ofLog);
    } catch (error) {
      for (const upload of ofLog) errors.set(upload, error);
    }
  }
  return errors;
}

/** A log was removed, or moved with its bucket: what it was to make durable is to become so otherwise. */
export class LogIsGone extends Error {}

/** This thread's log for uploads to a bucket, which is made where there is none; undefined where that cannot be. Blocks. */
export function logFor({ bucket, bucketDirectory, links }: BucketFolder): UploadLog | undefined {
  const log = presentLog(bucketDirectory) ?? UploadLog.create({ bucket, bucketDirectory, links });
  if (log === undefined) return undefined;
  // The last used is the last.
  logs.delete(bucketDirectory);
  logs.set(bucketDirectory, log);
  // One whose disk fails stays, and its bucket is told.
  for (const other of [...logs.values()].slice(0, -limits.upload_logs_max)) outcomeOf(() => other.end());
  return log;
}

/** Of this thread. */
export function allLogs(): UploadLog[] {
  return [...logs.values()];
}

/** Of this thread, where there is one. */
export function presentLog(bucketDirectory: string): UploadLog | undefined {
  return logs.get(bucketDirectory);
}

export function logFolder(bucketDirectory: string): string {
  return join(bucketDirectory, hiddenFolder, 'log');
}

/** Of the directories of buckets, the last used last. */
const logs = new Map<string, UploadLog>();

export class UploadLog {
  readonly bucket: BucketFolder;
  readonly path: string;
  readonly #fd: number;
  /** Takes uploads. */
  #taking: Half;
  /** The other: it is being settled, or empty. */
  #resting: Half;
  /** Records for which there is room and that are not written yet. */
  #promised = 0;
  /** Whether something was logged since all was settled. */
  #isUsed = false;
  /** Why what it holds could not be made durable where it is. */
  #failure: unknown;
  /** Until then the disk is not asked again. */
  #repairNotBefore_ms = 0;

  private constructor(bucket: BucketFolder, path: string, fd: number) {
    this.bucket = bucket;
    this.path = path;
    this.#fd = fd;
    this.#taking = new Half(fd, 0);
    this.#resting = new Half(fd, half_bytes);
  }

  /** Undefined where there can be none: no room, no permission, no directory. */
  static create(bucket: BucketFolder): UploadLog | undefined {
    const { bucketDirectory } = bucket;
    if (bootId === undefined || Date.now() < createNotBefore_ms) return undefined;
    const folder = logFolder(bucketDirectory);
    try {
      const directory = openMade(dirname(folder), folder);
      try {
        const name = nameOfProcess();
        const log = new UploadLog(bucket, join(folder, name), fs.openSync(directory.pathOf(name), 'wx'));
        try {
          log.#fill();
          directory.syncNow();
          for (const above of [dirname(folder), bucketDirectory]) syncDirectoryNow(above);
          return log;
        } catch (error) {
          log.#remove();
          throw error;
        }
      } finally {
        directory.close();
      }
    } catch (error) {
      if (errnoOf(error) === undefined && !(error instanceof SelectError)) throw error;
      createNotBefore_ms = Date.now() + limits.upload_settle_ms;
      return undefined;
    }
  }

  /** What was appended last is in. */
  get loggedIn(): LoggedIn {
    const { epoch } = this.#taking;
    return { epoch, settledEpoch: (this.#resting.isEmpty ? epoch : Math.min(epoch, this.#resting.epoch)) - 1 };
  }

  /** What it holds could not be made durable where it is. It takes no more until that was put again (`beginRepair`). */
  get isFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether it holds an upload that left a file at this path. */
  holds(path: string): boolean {
    return this.#halves.some(({ files }) => files.has(path));
  }

  get #halves(): readonly Half[] {
    return [this.#taking, this.#resting];
  }

  /** Promises room to an upload, of at most what `limits` say. Where a half is full it waits for the other, which raises the system's errors. */
  promise(upload: UploadToLog): LoggedUpload {
    assert(!this.isFailed, 'a log that has failed takes no uploads');
    // why: those that were promised room and are not written yet are to be in one half.
    if (this.#promised === 0 && !this.#taking.hasRoom) this.#turn();
    this.#promised++;
    return new LoggedUpload(this, this.#taking.take(recordBytes(upload)), upload);
  }

  /** Makes all uploads durable that were promised room since the last time. Raises the system's errors and `LogIsGone`. */
  append(uploads: readonly LoggedUpload[]): void {
    this.#promised = 0;
    this.#isUsed = true;
    const [first] = uploads;
    if (first === undefined) return;
    try {
      if (this.#resting.isDone) this.#settleHalf(this.#resting);
    } catch (error) {
      // why: what could not be made durable is not of these uploads.
      if (!this.isFailed) throw error;
    }
    const { token } = this.#taking;
    const records = uploads.flatMap(({ upload }) => encodeRecord(token, upload));
    writeFullyNow({ fd: this.#fd, position: first.position }, records);
    this.#sync();
    // why: asked only now, so that one who takes the log away after that finds these uploads in it.
    if (!this.#isInPlace()) {
      this.#giveUp();
      throw new LogIsGone();
    }
    for (const { upload } of uploads) for (const file of upload.files) this.#taking.files.add(file);
  }

  /** Takes back the record of an upload that became no object. Raises the system's errors. */
  takeBack({ position }: LoggedUpload): void {
    writeFullyNow({ fd: this.#fd, position }, [zeros]);
    this.#sync();
  }

  /** Makes the files of all uploads durable where they are, and empties the log. Raises the system's errors. */
  settle(): void {
    assert(this.#promised === 0, 'all that was promised room is in the log');
    if (!this.#isUsed) return;
    this.#settleHalf(this.#resting);
    this.#settleHalf(this.#taking);
    // The one that was emptied first comes first.
    if (this.#resting.epoch < this.#taking.epoch) this.#swap();
    // why: what a log says that comes back after a crash may be deleted from now on.
    this.#sync();
    this.#isUsed = false;
  }

  /** Settles and removes it. Raises the system's errors. */
  end(): void {
    this.settle();
    logs.delete(this.bucket.bucketDirectory);
    this.#remove();
  }

  /**
   * Sees that a log that has failed says so to all who may open it; answers whether it is in its place, for what it holds to be put again
   * by who has asked. Some time after that has failed it is tried again; until then, and as it fails, it raises the system's errors.
   */
  beginRepair(): boolean {
    assert(this.#promised === 0, 'all that was promised room is in the log');
    if (performance.now() < this.#repairNotBefore_ms) throw this.#failure;
    this.#writeHeads();
    this.#sync();
    if (this.#isInPlace()) return true;
    // Whoever opens its bucket where that is now puts it again.
    logs.delete(this.bucket.bucketDirectory);
    fs.closeSync(this.#fd);
    return false;
  }

  /** What it holds could not be put again. */
  pauseRepair(): void {
    this.#repairNotBefore_ms = performance.now() + limits.upload_settle_ms;
  }

  /** What it holds was put again, and is durable where it is. Raises the system's errors. */
  endRepair(): void {
    for (const half of this.#halves) half.empty();
    this.#failure = undefined;
    this.#repairNotBefore_ms = 0;
    this.#sync();
    this.#isUsed = false;
  }

  #remove(): void {
    fs.closeSync(this.#fd);
    fs.rmSync(this.path, { force: true });
  }

  #turn(): void {
    if (!this.#resting.isEmpty) {
      this.#settleHalf(this.#resting);
      // why: before records take the places of others, which would hold again if the head were still the old one.
      this.#sync();
    }
    this.#taking.beginSettling();
    this.#swap();
  }

  #settleHalf(half: Half): void {
    if (half.isEmpty) return;
    // why: what failed once is not tried again: the system says of such a file only once that it could not be written.
    if (this.#failure !== undefined) throw this.#failure;
    half.beginSettling();
    try {
      half.endSettling();
    } catch (error) {
      this.fail(error);
      throw error;
    }
    half.empty();
  }

  /** A file of an upload in it could not be made durable. Of both halves: of their directories the system may have said so of that file. */
  fail(error: unknown): void {
    this.#failure = error;
    for (const half of this.#halves) outcomeOf(() => half.endSettling());
    // why: to the next who opens it the files may seem to be as they were written, until the system crashes.
    outcomeOf(() => {
      this.#writeHeads();
      this.#sync();
    });
  }

  #writeHeads(): void {
    const { isFailed } = this;
    for (const half of this.#halves) half.writeHead({ isFailed });
  }

  /** Makes the log durable. Raises the system's errors. */
  #sync(): void {
    try {
      fs.fdatasyncSync(this.#fd);
    } catch (error) {
      // why: what could not be written the system takes for written. Without its head a half is lost in a crash, or what was in it before is back.
      for (const half of this.#halves) outcomeOf(() => half.writeHead(this));
      throw error;
    }
  }

  #swap(): void {
    [this.#taking, this.#resting] = [this.#resting, this.#taking];
  }

  #fill(): void {
    writeFullyNow({ fd: this.#fd, position: 0 }, [new Uint8Array(limits.upload_log_bytes)]);
    this.#taking.empty();
    this.#resting.empty();
    fs.fsyncSync(this.#fd);
  }

  #isInPlace(): boolean {
    const { dev, ino } = fs.fstatSync(this.#fd);
    const present = fs.lstatSync(this.path, { throwIfNoEntry: false });
    return present?.ino === ino && present.dev === dev;
  }

  /** Whoever finds it, wherever it is now, finds nothing in it. */
  #giveUp(): void {
    logs.delete(this.bucket.bucketDirectory);
    try {
      this.settle();
    } finally {
      fs.closeSync(this.#fd);
    }
  }
}

/** To fail may cost as much as to succeed, on a disk that is full. */
let createNotBefore_ms = 0;
