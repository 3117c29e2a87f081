/**
 * What is left to do for uploads that were logged by a process, or a thread, that has ended (`upload-log.ts`). As long as the system has
 * not been started anew, every file is as it was acknowledged, in the page cache at least, and is made durable. Afterwards a file may be
 * gone, or old, or without its bytes; such an upload is to be put again.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { SelectError } from '../base/errors.ts';
import { isReadable } from './directory.ts';
import { errnoOf } from './fs-errors.ts';
import { type LogRecord, readLog } from './log-records.ts';
import { objectIn, type RecordedObject, readMetadata } from './metadata.ts';
import { checkStorable, filesOf, type Place, presentFile } from './publish.ts';
import { settleNow } from './settling.ts';
import { isOfEndedProcess, nameOfProcess, prefixOfThread } from './temporary.ts';
import { bootId, logFolder, logsIn } from './upload-log.ts';

/** Names of logs in a bucket that nobody writes to any more. `endedThread`: of this process. */
export function endedLogs(bucketDirectory: string, endedThread?: number): string[] {
  const isEnded = (name: string): boolean =>
    isOfEndedProcess(name) || (endedThread !== undefined && name.startsWith(prefixOfThread(endedThread)));
  return logsIn(bucketDirectory).filter(isEnded);
}

/**
 * Takes a log away from who may still write to it, for a process of another container can have the number of one that has ended; answers
 * its path. Undefined where it is gone, or is to stay, for nothing can be written to the bucket.
 */
export function takeLog(bucketDirectory: string, name: string): string | undefined {
  const folder = logFolder(bucketDirectory);
  const path = join(folder, nameOfProcess());
  try {
    fs.renameSync(join(folder, name), path);
    return path;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

export interface LostUpload {
  readonly place: Place;
  readonly object: RecordedObject;
  readonly bytes: Uint8Array;
}

/** Makes uploads in a log durable that are in their places; answers the others. Raises the system's errors. Blocks. */
export function lostUploads(path: string, toPlace: (key: string) => Place): LostUpload[] {
  const [present, lost] = [new Map<string, Place>(), new Map<string, LostUpload>()];
  for (const { boot, records } of readLog(path)) {
    for (const record of records) {
      const upload = uploadIn(record, toPlace);
      if (upload === undefined) continue;
      const { place } = upload;
      // The last of a key holds.
      lost.delete(place.path);
      if (boot !== bootId) lost.set(place.path, upload);
      present.set(place.path, place);
    }
  }
  for (const [at, upload] of lost) {
    if (isLost(upload)) present.delete(at);
    else lost.delete(at);
  }
  settleNow([...present.values()].flatMap(filesOf));
  return [...lost.values()];
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
function isLost({ place, object, bytes }: LostUpload): boolean {
  const present = isReadable(place.directory, place.links) ? presentFile(place) : undefined;
  if (present === undefined) return true;
  if (present.mtimeNs > object.file.mtimeNs) return false;
  const isWhole = present.size === object.file.size && fs.readFileSync(place.path).equals(bytes);
  return !isWhole || readMetadata(place.bucketDirectory, place.key, present).etag !== object.metadata.etag;
}
