/** How a writer thread makes an upload an object, by way of a log or without one, and puts again what a log holds that is not durable otherwise. */
import fs from 'node:fs';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { BucketFolder } from './directory.ts';
import { carryOutTogether, carryOutUnsynced, type DurableWork } from './durable-work.ts';
import type { ObjectMetadata } from './metadata.ts';
import { lineOf } from './metadata.ts';
import type { WriteCondition } from './object.ts';
import { outcomeOf } from './outcome.ts';
import { filesOf, type Place, placeOf, presentFile, publishFile, type ReadyFile } from './publish.ts';
import { settleNow } from './settling.ts';
import { removeTemporary, temporaryPath } from './temporary.ts';
import { allLogs, type LoggedIn, LogIsGone, logFor, presentLog, type UploadLog } from './upload-log.ts';
import {
  endedLogs,
  type FilesLogged,
  filesLoggedIn,
  type LostUpload,
  lostUploads,
  markFailed,
  openLogFolder,
  takeLog,
} from './upload-recovery.ts';
import { writeFullyNow } from './write-fully.ts';

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
  /** Of one that is put again: in milliseconds since 1970. */
  readonly modified_ms?: number;
}

export interface PutJobResult {
  readonly size: number;
  readonly lastModified: Date;
  /** Where it is durable in a log only. */
  readonly loggedIn: LoggedIn | undefined;
}

/** The same for logs in a bucket whose thread or process has ended, and what a crash of the system took of them is put again. */
export interface RecoverJob extends BucketFolder {
  readonly kind: 'recover';
  /** Of this process. */
  readonly endedThread?: number | undefined;
}

/** Raises the system's errors and `SelectError`s. */
export function* put(job: PutJob): DurableWork<PutJobResult> {
  const { path, fd = fs.openSync(path, 'wx'), pieces, place, metadata, condition, isLogged, modified_ms } = job;
  let isRenamed = false;
  try {
    writeFullyNow({ fd, position: 0 }, pieces);
    if (modified_ms !== undefined) setModified(fd, modified_ms);
    const identity = fs.fstatSync(fd, { bigint: true });
    const { size, mtimeNs, ino } = identity;
    const file = { path, fd, identity: { size, mtimeNs, ino }, metadata, temporary: `${path}-meta`, isAnew: modified_ms !== undefined };
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
  const before = presentLog(place.bucketDirectory);
  const repaired = before?.isFailed === true ? outcomeOf(() => repair(before)) : undefined;
  if (repaired !== undefined && 'error' in repaired) {
    // why: a log that cannot be put right must not hold up all of its bucket; what it holds of this key it may bring back.
    if (filesOf(place).some((path) => before?.holds(path))) throw repaired.error;
    return undefined;
  }
  const log = logFor(place);
  if (log === undefined) return undefined;
  const line = Buffer.from(lineOf(place.key, file.metadata, file.identity, presentFile(place)));
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
    // why: the object that stays may have a new sidecar.
    const settled = outcomeOf(() => settleNow(filesOf(place)));
    if ('error' in settled) log.fail(settled.error);
    log.takeBack(upload);
    throw error;
  }
}

/** Raises the system's errors and `SelectError`s. Blocks. */
export function recover({ endedThread, ...bucket }: RecoverJob): void {
  const folder = openLogFolder(bucket.bucketDirectory);
  if (folder === undefined) return;
  const taken = new Map<string, string>();
  try {
    for (const name of endedLogs(folder, endedThread)) {
      const path = takeLog(folder, name);
      if (path !== undefined) taken.set(name, path);
    }
    const files = filesLoggedIn([...taken.values()]);
    for (const path of taken.values()) {
      putLostAgain(path, bucket, files);
      fs.rmSync(path, { force: true });
      // why: if the log came back, it would bring back what is deleted from now on.
      folder.syncNow();
    }
  } catch (error) {
    // why: by their own names the next who tries finds those that are left.
    for (const [name, path] of taken) outcomeOf(() => fs.renameSync(path, folder.pathOf(name)));
    throw error;
  } finally {
    folder.close();
  }
}

/**
 * Makes the files durable of all uploads in this thread's logs, or in that for one bucket; what cannot be made so is put again. `ends`:
 * the logs are removed. Raises the first of the system's errors, when it has tried all. Blocks.
 */
export function settleLogs({ ends, bucketDirectory }: { readonly ends: boolean; readonly bucketDirectory?: string | undefined }): void {
  const logs = bucketDirectory === undefined ? allLogs() : [presentLog(bucketDirectory)].filter((log) => log !== undefined);
  const settle = (log: UploadLog): void => (ends ? log.end() : log.settle());
  const outcomes = logs.map((log) =>
    outcomeOf(() => {
      try {
        settle(log);
      } catch (error) {
        if (!log.isFailed) throw error;
        if (repair(log)) settle(log);
      }
    }),
  );
  for (const outcome of outcomes) if ('error' in outcome) throw outcome.error;
}

/** Puts again what a log of this thread holds that could not be made durable where it is; answers whether the log goes on. */
function repair(log: UploadLog): boolean {
  if (!log.beginRepair()) return false;
  try {
    putLostAgain(log.path, log.bucket, new Set());
  } catch (error) {
    log.pauseRepair();
    throw error;
  }
  log.endRepair();
  return true;
}

/** Makes uploads in a log durable: those that are not in their places as they were are put again. Blocks. */
function putLostAgain(path: string, { bucket, bucketDirectory, links }: BucketFolder, files: FilesLogged): void {
  try {
    const lost = lostUploads(path, (key) => placeOf(bucket, bucketDirectory, key, links), files);
    for (let n = 0; n < lost.length; n += limits.writer_jobs_together_max) {
      const outcomes = carryOutTogether(lost.slice(n, n + limits.writer_jobs_together_max).map(putAgain));
      for (const outcome of outcomes) if ('error' in outcome) throw outcome.error;
    }
  } catch (error) {
    outcomeOf(() => markFailed(path));
    throw error;
  }
}

function* putAgain({ place, object: { metadata, file }, bytes }: LostUpload): DurableWork<void> {
  const path = temporaryPath(place.bucketDirectory);
  const modified_ms = Number(file.mtimeNs / 1_000_000n);
  try {
    yield* put({ kind: 'put', path, fd: undefined, pieces: [bytes], place, metadata, condition: {}, modified_ms });
  } catch (error) {
    // why: something that came later stands in its way.
    if (!(error instanceof SelectError)) throw error;
  }
}

function setModified(fd: number, modified_ms: number): void {
  // why: in the midst of the millisecond, for what is given as a fraction of seconds is cut off.
  const seconds = (modified_ms + 0.5) / 1000;
  fs.futimesSync(fd, seconds, seconds);
}
