/**
 * How an upload becomes a file: a temporary file, fsync, its sidecar, rename, fsync of the directories. After a crash at
 * any point the key has its old object or the new one, whole; nothing is acknowledged before it is durable.
 */
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { SelectError } from '../base/errors.ts';
import { receiveBody } from './body.ts';
import { makeDirectories, syncDirectory } from './directory.ts';
import { errnoOf, isAbsent, withStorageErrors } from './fs-errors.ts';
import { nameBytesMax } from './key-path.ts';
import { removeMetadata, writeMetadata } from './metadata.ts';
import { checkMetadata } from './names.ts';
import type { PutRequest, PutResult } from './store.ts';
import { contentTypeDefault } from './store.ts';
import type { Temporary } from './temporary.ts';
import { createTemporary } from './temporary.ts';

/** Where a key lives. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly bucketDirectory: string;
  /** The directory of the file. */
  readonly directory: string;
  readonly path: string;
  /** The path's names below the bucket. */
  readonly names: readonly string[];
}

/** Writes objects; of one key, one at a time. */
export class LocalWriter {
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #publishing = new Map<string, number>();

  /** Whether an upload is between its last checks and its file in the bucket. */
  isPublishingIn(bucketDirectory: string): boolean {
    return this.#publishing.has(bucketDirectory);
  }

  /** Runs `work` when no other work on the same place is under way. */
  async exclusively<T>(place: Place, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(place.path);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#queues.set(place.path, turn);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(place.path) === turn) this.#queues.delete(place.path);
    }
  }

  async put(place: Place, request: PutRequest): Promise<PutResult> {
    checkStorable(place);
    checkMetadata(request.metadata);
    const temporary = await withStorageErrors(async () => {
      // why: before the body is taken; decided again when it is published.
      if (request.ifNoneMatch === '*' && presentFile(place) !== undefined) throw new SelectError('PreconditionFailed');
      return createTemporary(place.bucketDirectory);
    });
    try {
      const { etag } = await receiveBody(request, (piece) => withStorageErrors(() => writeFully(temporary, piece)));
      return await withStorageErrors(() => this.#finish(place, request, temporary, etag));
    } finally {
      await temporary.discard();
    }
  }

  async #finish(place: Place, request: PutRequest, temporary: Temporary, etag: string): Promise<PutResult> {
    await temporary.handle.sync();
    const stats = await temporary.handle.stat({ bigint: true });
    request.signal?.throwIfAborted();
    await this.exclusively(place, () => this.#publish(place, request, temporary, stats, etag));
    return { etag, size: Number(stats.size), lastModified: stats.mtime };
  }

  async #publish(place: Place, request: PutRequest, temporary: Temporary, stats: BigIntStats, etag: string): Promise<void> {
    const { bucketDirectory, key } = place;
    const { contentType = contentTypeDefault, metadata = {}, contentHeaders = {} } = request;
    this.#publishing.set(bucketDirectory, (this.#publishing.get(bucketDirectory) ?? 0) + 1);
    try {
      const present = presentFile(place);
      await writeMetadata(bucketDirectory, key, { etag, contentType, metadata, contentHeaders }, stats, present);
      const changed = moveIntoPlace(place, temporary.path, request.ifNoneMatch === '*');
      for (const directory of changed) await syncDirectory(directory);
    } catch (error) {
      if (presentFile(place) === undefined) removeMetadata(bucketDirectory, key);
      throw error;
    } finally {
      const others = (this.#publishing.get(bucketDirectory) ?? 1) - 1;
      if (others > 0) this.#publishing.set(bucketDirectory, others);
      else this.#publishing.delete(bucketDirectory);
    }
  }
}

/** Times a directory may be removed by another program between its making and the move. */
const moveAttemptsMax = 100;

function checkStorable({ names }: Place): void {
  const reason = `a part of the key between slashes is longer than ${nameBytesMax} bytes`;
  if (names.some((name) => Buffer.byteLength(name) > nameBytesMax)) throw new SelectError('InvalidArgument', { reason });
}

function presentFile({ path }: Place): BigIntStats | undefined {
  try {
    const stats = fs.lstatSync(path, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function writeFully({ handle }: Temporary, piece: Uint8Array): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done);
    done += bytesWritten;
  }
}

/** Publishes the temporary file at the place; answers the directories whose entries changed, parents first. */
function moveIntoPlace(place: Place, temporaryPath: string, onlyIfAbsent: boolean): readonly string[] {
  const changed = new Set<string>();
  for (let attempt = 1; ; attempt++) {
    try {
      for (const directory of makeDirectories(place.bucketDirectory, place.directory)) changed.add(directory);
      if (onlyIfAbsent) moveIfAbsent(temporaryPath, place.path);
      else move(temporaryPath, place.path);
      return [...changed.add(place.directory)];
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      if (!fs.existsSync(temporaryPath) || !fs.existsSync(place.bucketDirectory))
        throw new SelectError('NoSuchBucket', {}, { cause: error });
      if (attempt === moveAttemptsMax) throw error;
    }
  }
}

function move(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (!isFolder(to)) throw error;
    removeEmptyFolder(to);
    fs.renameSync(from, to);
  }
}

/** A hard link fails where a name exists, also between processes; the temporary name goes with the clean-up. */
function moveIfAbsent(from: string, to: string): void {
  if (isFolder(to)) removeEmptyFolder(to);
  try {
    fs.linkSync(from, to);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') throw new SelectError('PreconditionFailed');
    if (errno !== 'EPERM' && errno !== 'ENOTSUP') throw error;
    // why: no hard links here; writers of this process still take turns.
    if (fs.existsSync(to)) throw new SelectError('PreconditionFailed');
    fs.renameSync(from, to);
  }
}

function isFolder(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A folder that another program left empty holds no object and makes way. */
function removeEmptyFolder(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    throw new SelectError('InvalidArgument', {
      reason: 'this store keeps objects as files, and other keys begin with this key and a slash',
    });
  }
}
