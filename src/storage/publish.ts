/**
 * How a file becomes an object: its sidecar, the move to its place, fsync of the directories. After a crash at any point the
 * key has its old object or the new one, whole; nothing is acknowledged before it is durable.
 */
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import { SelectError } from '../base/errors.ts';
import { checkWrite, isConditional } from './conditions.ts';
import { type BucketFolder, isReadable, type Links, type OpenDirectory, openMade } from './directory.ts';
import type { DurableWork } from './durable-work.ts';
import type { FileIdentity } from './file-version.ts';
import { freeingAside } from './freeing.ts';
import { errnoOf, isAbsent } from './fs-errors.ts';
import { keyToNames, nameBytesMax } from './key-path.ts';
import type { ObjectMetadata } from './metadata.ts';
import { readMetadata, removeMetadata, sidecarPath, writeMetadata } from './metadata.ts';
import type { WriteCondition } from './object.ts';

/** Where a key lives. */
export interface Place extends BucketFolder {
  readonly key: string;
  /** The directory of the file. */
  readonly directory: string;
  /** The file's name in it. */
  readonly name: string;
  readonly path: string;
  /** The path's names below the bucket. */
  readonly names: readonly string[];
}

/** Where a key lives in the bucket kept in `bucketDirectory`. */
export function placeOf(bucket: string, bucketDirectory: string, key: string, links: Links): Place {
  const names = keyToNames(key);
  const name = names.at(-1) ?? '';
  const directory = names.length === 1 ? bucketDirectory : join(bucketDirectory, ...names.slice(0, -1));
  return { bucket, key, bucketDirectory, directory, name, path: join(directory, name), names, links };
}

/** Paths of the files that an object at a place is kept in. */
export function filesOf({ path, bucketDirectory, key }: Place): string[] {
  return [path, sidecarPath(bucketDirectory, key)];
}

/** A file that is whole, and its name in the bucket that it leaves for its place. */
export interface ReadyFile {
  readonly path: string;
  readonly identity: FileIdentity;
  readonly metadata: ObjectMetadata;
  /** An unused path for a temporary file, where one is known. */
  readonly temporary?: string | undefined;
  /** The open file, where it is not durable yet. */
  readonly fd?: number | undefined;
  /** As in `WrittenWith`. */
  readonly isAnew?: boolean | undefined;
}

/**
 * Makes a file the object of a place, in a turn of `Publisher`; answers whether its name is gone, which stays where the
 * object must be the first.
 * Raises what `checkWrite` raises, `NoSuchBucket`, `InvalidArgument`, `AccessDenied`, and the system's errors: ENOENT where the file
 * itself is gone.
 */
export function* publishFile(place: Place, file: ReadyFile, condition: WriteCondition): DurableWork<boolean> {
  const { bucketDirectory, key } = place;
  const onlyIfAbsent = condition.ifNoneMatch === '*';
  try {
    checkCondition(place, condition);
    const { metadata, identity, temporary, fd, isAnew } = file;
    const files = fd === undefined ? [] : [fd];
    yield* writeMetadata(bucketDirectory, key, metadata, identity, { present: () => presentFile(place), temporary, files, isAnew });
    yield* moveIntoPlace(place, file.path, onlyIfAbsent);
    return !onlyIfAbsent;
  } catch (error) {
    if (presentFile(place) === undefined) removeMetadata(bucketDirectory, key);
    throw error;
  }
}

/** Raises `InvalidArgument` for a key that has no file name. */
export function checkStorable({ names }: Place): void {
  const reason = `a part of the key between slashes is longer than ${nameBytesMax} bytes`;
  if (names.some((name) => Buffer.byteLength(name) > nameBytesMax)) throw new SelectError('InvalidArgument', { reason });
}

/** The file at a place, if there is one. */
export function presentFile({ path, links }: Pick<Place, 'path' | 'links'>): BigIntStats | undefined {
  try {
    // why: most uploads are of keys that are not there, and an exception costs several times the call.
    const stats = (links === 'followed' ? fs.statSync : fs.lstatSync)(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? stats : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The same, where the path leads through no symbolic link that is not followed. */
export function reachableFile(place: Place): BigIntStats | undefined {
  return isReadable(place.directory, place.links) ? presentFile(place) : undefined;
}

/** Raises `PreconditionFailed`, `NoSuchKey`. */
export function checkCondition(place: Place, condition: WriteCondition): void {
  if (!isConditional(condition)) return;
  const present = presentFile(place);
  checkWrite(condition, present && readMetadata(place.bucketDirectory, place.key, present).etag);
}

/** Times a directory may be removed by another program between its making and the move. */
const moveAttemptsMax = 100;

/** Moves the file to its place and makes that durable. */
function* moveIntoPlace(place: Place, filePath: string, onlyIfAbsent: boolean): DurableWork<void> {
  for (let attempt = 1; ; attempt++) {
    let directory: OpenDirectory | undefined;
    try {
      directory = openMade(place.bucketDirectory, place.directory);
      if (place.links === 'followed') checkLink(place);
      if (onlyIfAbsent) moveIfAbsent(filePath, directory.pathOf(place.name));
      else move(filePath, directory.pathOf(place.name));
      yield directory;
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempt === moveAttemptsMax) throw error;
      if (!fs.existsSync(place.bucketDirectory)) throw new SelectError('NoSuchBucket', {}, { cause: error });
      if (!fs.existsSync(filePath)) throw error;
    } finally {
      directory?.close();
    }
  }
}

function move(from: string, to: string): void {
  try {
    freeingAside(to, () => fs.renameSync(from, to));
  } catch (error) {
    if (!isFolder(to)) throw error;
    removeEmptyFolder(to);
    fs.renameSync(from, to);
  }
}

/** A hard link fails where a name exists, also between processes; the other name goes with the clean-up. */
function moveIfAbsent(from: string, to: string): void {
  if (isFolder(to)) removeEmptyFolder(to);
  try {
    fs.linkSync(from, to);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') throw new SelectError('PreconditionFailed', { Condition: 'If-None-Match' });
    if (errno !== 'EPERM' && errno !== 'ENOTSUP') throw error;
    // why: no hard links here; writers of this process still take turns.
    if (fs.existsSync(to)) throw new SelectError('PreconditionFailed', { Condition: 'If-None-Match' });
    fs.renameSync(from, to);
  }
}

/** A link to a folder is the beginning of keys as the folder is. */
function checkLink({ path }: Place): void {
  if (!isFolder(path) && fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw otherKeys();
}

function isFolder(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A folder that another program left empty holds no object and makes way. */
function removeEmptyFolder(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    throw otherKeys();
  }
}

function otherKeys(): SelectError {
  return new SelectError('InvalidArgument', {
    reason: 'this store keeps objects as files, and other keys begin with this key and a slash',
  });
}
