/**
 * What is left to do for uploads that were logged by a process, or a thread, that has ended (`upload-log.ts`). As long as the system has
 * not been started anew, every file is as it was acknowledged, in the page cache at least, and is made durable. Afterwards a file may be
 * gone, or old, or without its bytes; such an upload is to be put again.
 */
import fs, { type BigIntStats } from 'node:fs';
import { SelectError } from '../base/errors.ts';
import { OpenDirectory } from './directory.ts';
import { type FileIdentity, isSameFile } from './file-version.ts';
import { errnoOf, isUnreadable } from './fs-errors.ts';
import { bootId, encodeHead, type LogHead, type LogRecord, readLog } from './log-records.ts';
import { lineOf, objectIn, type RecordedObject, readMetadata } from './metadata.ts';
import { checkStorable, filesOf, type Place, reachableFile } from './publish.ts';
import { settleNow } from './settling.ts';
import { readSmallBytes } from './small-file.ts';
import { isOfEndedProcess, nameOfProcess, prefixOfThread } from './temporary.ts';
import { logFolder } from './upload-log.ts';
import { writeFullyNow } from './write-fully.ts';

/** Whether there are logs in a bucket that nobody writes to any more. */
export function hasEndedLogs(bucketDirectory: string): boolean {
  const folder = openLogFolder(bucketDirectory);
  if (folder === undefined) return false;
  try {
    return endedLogs(folder, undefined).length > 0;
  } finally {
    folder.close();
  }
}

/** The folder of the logs of a bucket; undefined where there is none in its place: one that leads elsewhere is left alone. */
export function openLogFolder(bucketDirectory: string): OpenDirectory | undefined {
  if (bootId === undefined) return undefined;
  try {
    return new OpenDirectory(logFolder(bucketDirectory));
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Names of logs that nobody writes to any more. `endedThread`: of this process, only whose are asked for then. */
export function endedLogs(folder: OpenDirectory, endedThread: number | undefined): string[] {
  return fs.readdirSync(folder.pathOf('.'), { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    const isEnded = endedThread === undefined ? isOfEndedProcess(name) : name.startsWith(prefixOfThread(endedThread));
    // What is anybody else's is left alone.
    return entry.isFile() && logName.test(name) && isEnded ? [name] : [];
  });
}

const logName = /^\d+-[0-9a-f]{12}-\d+-\d+$/;

/**
 * Takes a log away from who may still write to it, for a process of another container can have the number of one that has ended; answers
 * its path then. Undefined where it is gone, or nothing can be written to the bucket. Raises the system's errors.
 */
export function takeLog(folder: OpenDirectory, name: string): string | undefined {
  const taken = folder.pathOf(nameOfProcess());
  try {
    fs.renameSync(folder.pathOf(name), taken);
    return taken;
  } catch (error) {
    if (['ENOENT', 'EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

export interface LostUpload {
  readonly place: Place;
  readonly object: RecordedObject;
  readonly bytes: Uint8Array;
}

interface LoggedObject extends LostUpload, Pick<LogHead, 'boot' | 'isFailed'> {
  /** The files that this upload and those before it took the place of: a crash may leave any of them. */
  readonly replaced: readonly FileIdentity[];
}

/** What uploads in logs wrote: files that a crash may have left under any name. Raises the system's errors. */
export function filesLoggedIn(paths: readonly string[]): FilesLogged {
  const records = paths.flatMap((path) => readLog(path).flatMap((half) => half.records));
  return new Set(records.flatMap(({ line }) => objectIn(Buffer.from(line).toString())?.file ?? []).map(numberAndTime));
}

export type FilesLogged = ReadonlySet<string>;

/**
 * Makes uploads in a log durable that are in their places; answers the others. `files`: of all logs that were left by a crash. Raises the
 * system's errors. Blocks.
 */
export function lostUploads(path: string, toPlace: (key: string) => Place, files: FilesLogged): LostUpload[] {
  const uploads = new Map<string, LoggedObject[]>();
  for (const { boot, isFailed, records } of readLog(path)) {
    for (const record of records) {
      const upload = uploadIn(record, toPlace);
      if (upload === undefined) continue;
      const ofKey = uploads.get(upload.place.path) ?? [];
      const before = ofKey.at(-1)?.replaced ?? [];
      const { replaced } = upload.object;
      ofKey.push({ ...upload, boot, isFailed, replaced: replaced === undefined ? before : [...before, replaced] });
      uploads.set(upload.place.path, ofKey);
    }
  }
  const lost: LostUpload[] = [];
  const present: Place[] = [];
  for (const ofKey of uploads.values()) {
    // The last of a key holds.
    const last = ofKey.at(-1) as LoggedObject;
    const upload = last.boot === bootId ? damaged(ofKey) : isLostInCrash(last, files) ? last : undefined;
    if (upload === undefined) present.push(last.place);
    else lost.push(upload);
  }
  settleNow(present.flatMap(filesOf));
  return lost;
}

/** Has a log say that files of uploads in it could not be made durable. Raises the system's errors. */
export function markFailed(path: string): void {
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
  try {
    for (const half of readLog(path)) writeFullyNow({ fd, position: half.start }, [encodeHead({ ...half, isFailed: true })]);
    fs.fdatasyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function uploadIn({ line, pieces: [bytes] }: LogRecord, toPlace: (key: string) => Place): LostUpload | undefined {
  const object = objectIn(Buffer.from(line).toString());
  const place = object && placeIn(object, toPlace);
  if (object === undefined || place === undefined || bytes === undefined || object.file.size !== BigInt(bytes.length)) return undefined;
  return { place, object, bytes };
}

function placeIn({ key }: RecordedObject, toPlace: (key: string) => Place): Place | undefined {
  try {
    const place = toPlace(key);
    checkStorable(place);
    return place;
  } catch (error) {
    if (error instanceof SelectError) return undefined;
    throw error;
  }
}

/** What was written later, by whomever, is no upload that was lost. */
function isLostInCrash({ place, object, bytes, isFailed, replaced }: LoggedObject, files: FilesLogged): boolean {
  const { key, metadata, file } = object;
  const present = reachableFile(place);
  // why: before its time is asked for, which anybody may have set, and which is of a clock that may have been set.
  if (present === undefined || replaced.some((one) => isSameFile(one, present))) return true;
  if (!isOfSameTime(present, file)) return present.mtimeNs < file.mtimeNs || isMistaken(present, files);
  const known = readMetadata(place.bucketDirectory, key, present);
  return isFailed || !holds(place.path, bytes) || lineOf(key, known, file) !== lineOf(key, metadata, file);
}

/**
 * Without a journal, a crash may leave a name with the number of a file that was removed, and is that of another by now: of an upload,
 * whose own name may be lost, or of one that had just been made.
 */
function isMistaken(present: BigIntStats, files: FilesLogged): boolean {
  return present.nlink > 1n || present.size === 0n || files.has(numberAndTime(present));
}

function numberAndTime({ ino, mtimeNs }: FileIdentity): string {
  return `${ino} ${mtimeNs / ns_per_ms}`;
}

/**
 * Of uploads of a key, in their order, the one whose file is in its place, where that could not be made durable or is not whole. It need not
 * be the last: one that was refused may be in the log.
 */
function damaged(ofKey: readonly LoggedObject[]): LoggedObject | undefined {
  const [first] = ofKey;
  const present = first && reachableFile(first.place);
  if (present === undefined) return undefined;
  const upload = ofKey.findLast((one) => isFileOf(present, one));
  // why: also where it seems whole: some file systems show such a file as the disk has it, others as if it had been written.
  return upload !== undefined && (upload.isFailed || !holds(upload.place.path, upload.bytes)) ? upload : undefined;
}

function isFileOf(present: FileIdentity, { place, object: { file }, bytes, isFailed }: LoggedObject): boolean {
  // It may have been put again before, and that have failed too.
  return isSameFile(present, file) || (isFailed && isOfSameTime(present, file) && holds(place.path, bytes));
}

/** To the millisecond, which is what an object that is put again is given. */
function isOfSameTime(one: FileIdentity, other: FileIdentity): boolean {
  return one.mtimeNs / ns_per_ms === other.mtimeNs / ns_per_ms;
}

const ns_per_ms = 1_000_000n;

/** What is closed to us, as somebody else's by now, cannot be compared, and is believed. */
function holds(path: string, bytes: Uint8Array): boolean {
  try {
    return readSmallBytes(path, bytes.length)?.equals(bytes) === true;
  } catch (error) {
    if (isUnreadable(error)) return true;
    throw error;
  }
}
