/**
 * The local store: a bucket is a directory, an object a plain file at its key. Other programs may read, drop and change
 * files there at any time; the file system is the only truth, and nothing is cached. The paths of this file are the only
 * ones the store opens, and every one is checked to lie in its bucket through no symbolic link.
 *
 * Calls on the way of a query (head, open) are synchronous inside: on a local disk they take microseconds each, a trip to
 * the thread pool several times that.
 */
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { join, resolve } from 'node:path';
import { SelectError } from '../base/errors.ts';
import { isPlainDirectory, removeEmptyDirectories, syncDirectory } from './directory.ts';
import { openFileObject } from './file-object.ts';
import { errnoOf, isAbsent, storageError } from './fs-errors.ts';
import { hiddenFolder, isBucketFolder, keyToNames } from './key-path.ts';
import { listDirectory } from './list-directory.ts';
import { compareUtf8 } from './listing.ts';
import type { Place } from './local-put.ts';
import { LocalWriter } from './local-put.ts';
import { readMetadata, removeMetadata } from './metadata.ts';
import { checkBucketName, checkKey } from './names.ts';
import type { BucketInfo, ListRequest, ListResult, ObjectInfo, ObjectStore, OpenObject, PutRequest, PutResult } from './store.ts';
import { sweepTemporaries } from './temporary.ts';

export interface LocalStoreOptions {
  /** Directory whose sub-directories are buckets. */
  readonly root: string;
  /** Further buckets: name to directory. They win over sub-directories of the same name. */
  readonly buckets?: Readonly<Record<string, string>>;
}

export class LocalStore implements ObjectStore {
  readonly #root: string;
  readonly #mapped: ReadonlyMap<string, string>;
  readonly #writer = new LocalWriter();

  /** Opens the store and removes what interrupted uploads left. Raises the system's error for a directory that is not there. */
  static async open({ root, buckets = {} }: LocalStoreOptions): Promise<LocalStore> {
    const mapped = new Map<string, string>();
    for (const [name, directory] of Object.entries(buckets)) {
      if (!isBucketFolder(name)) throw new SelectError('InvalidBucketName', { bucket: name });
      mapped.set(name, realDirectory(directory));
    }
    const store = new LocalStore(realDirectory(root), mapped);
    for (const { name } of await store.listBuckets()) sweepTemporaries(store.#bucketDirectory(name));
    return store;
  }

  private constructor(root: string, mapped: ReadonlyMap<string, string>) {
    this.#root = root;
    this.#mapped = mapped;
  }

  async check(): Promise<void> {
    for (const directory of [this.#root, ...this.#mapped.values()]) fs.accessSync(directory, fs.constants.R_OK | fs.constants.X_OK);
  }

  async listBuckets(): Promise<BucketInfo[]> {
    const folders = fs
      .readdirSync(this.#root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isBucketFolder(entry.name));
    const names = new Set([...this.#mapped.keys(), ...folders.map(({ name }) => name)]);
    const buckets = [...names].map((name) => this.#bucketInfo(name)).filter((info) => info !== undefined);
    return buckets.sort((a, b) => compareUtf8(a.name, b.name));
  }

  async createBucket(bucket: string): Promise<void> {
    checkBucketName(bucket);
    const directory = this.#bucketDirectory(bucket);
    try {
      fs.mkdirSync(directory);
      await syncDirectory(this.#root);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw storageError(error);
      if (this.#bucketInfo(bucket) !== undefined) throw new SelectError('BucketAlreadyOwnedByYou');
      throw new SelectError('InvalidRequest', { reason: 'a file or symbolic link of this name is in the way' });
    }
  }

  async headBucket(bucket: string): Promise<BucketInfo> {
    const info = this.#bucketInfo(bucket);
    if (info === undefined) throw new SelectError('NoSuchBucket');
    return info;
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this.headBucket(bucket);
    if (this.#mapped.has(bucket)) throw new SelectError('AccessDenied', { reason: 'the bucket is mapped by configuration' });
    const directory = this.#bucketDirectory(bucket);
    try {
      // why: all in one turn of the event loop, and not while an upload is being published.
      const isEmpty = fs.readdirSync(directory).every((name) => name === hiddenFolder);
      if (!isEmpty || this.#writer.isPublishingIn(directory)) throw new SelectError('BucketNotEmpty');
      fs.rmSync(join(directory, hiddenFolder), { recursive: true, force: true });
      fs.rmdirSync(directory);
      await syncDirectory(this.#root);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOTEMPTY' || errno === 'EEXIST') throw new SelectError('BucketNotEmpty');
      throw storageError(error);
    }
  }

  async putObject(request: PutRequest): Promise<PutResult> {
    await this.headBucket(request.bucket);
    return this.#writer.put(this.#place(request.bucket, request.key), request);
  }

  async headObject(bucket: string, key: string): Promise<ObjectInfo> {
    const place = this.#place(bucket, key);
    const stats = this.#read(place, () => fs.lstatSync(place.path, { bigint: true }));
    if (!stats.isFile()) throw new SelectError('NoSuchKey');
    return infoOf(place, stats);
  }

  async openObject(bucket: string, key: string): Promise<OpenObject> {
    const place = this.#place(bucket, key);
    const fd = this.#read(place, () => fs.openSync(place.path, openFlags));
    try {
      const stats = fs.fstatSync(fd, { bigint: true });
      if (!stats.isFile()) throw new SelectError('NoSuchKey');
      return openFileObject(fd, stats, infoOf(place, stats));
    } catch (error) {
      fs.closeSync(fd);
      throw storageError(error);
    }
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    await this.headBucket(bucket);
    const place = this.#place(bucket, key);
    await this.#writer.exclusively(place, async () => {
      try {
        if (!isPlainDirectory(place.directory) || !isFile(place.path)) return;
        fs.unlinkSync(place.path);
        removeMetadata(place.bucketDirectory, key);
        await syncDirectory(removeEmptyDirectories(place.bucketDirectory, place.directory));
      } catch (error) {
        if (!isAbsent(error)) throw storageError(error);
      }
    });
  }

  async listObjects(request: ListRequest): Promise<ListResult> {
    const { bucket } = request;
    await this.headBucket(bucket);
    const bucketDirectory = this.#bucketDirectory(bucket);
    const inspect = (path: string, key: string): ObjectInfo | undefined => {
      const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stats?.isFile() ? infoOf({ bucketDirectory, key }, stats) : undefined;
    };
    try {
      return await listDirectory(bucketDirectory, request, inspect);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Runs a system call on a place; the error of one that is not there says whether the bucket or the key is missing. */
  #read<T>(place: Place, call: () => T): T {
    try {
      if (isPlainDirectory(place.directory)) return call();
    } catch (error) {
      if (!isAbsent(error)) throw storageError(error);
    }
    throw new SelectError(this.#bucketInfo(place.bucket) === undefined ? 'NoSuchBucket' : 'NoSuchKey');
  }

  #place(bucket: string, key: string): Place {
    checkKey(key);
    const bucketDirectory = this.#bucketDirectory(bucket);
    const names = keyToNames(key);
    const path = join(bucketDirectory, ...names);
    return { bucket, key, bucketDirectory, directory: join(bucketDirectory, ...names.slice(0, -1)), path, names };
  }

  /** Where the bucket is, or would be. */
  #bucketDirectory(bucket: string): string {
    const mapped = this.#mapped.get(bucket);
    if (mapped !== undefined) return mapped;
    if (!isBucketFolder(bucket)) throw new SelectError('NoSuchBucket');
    return join(this.#root, bucket);
  }

  #bucketInfo(bucket: string): BucketInfo | undefined {
    const stats = fs.lstatSync(this.#bucketDirectory(bucket), { throwIfNoEntry: false });
    if (stats === undefined || !stats.isDirectory()) return undefined;
    // why: a file system that keeps no time of birth says 1970.
    return { name: bucket, createdAt: stats.birthtimeMs > 0 ? stats.birthtime : stats.mtime };
  }
}

/** O_NONBLOCK: to open a FIFO must not wait for its writer. */
const openFlags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

function realDirectory(directory: string): string {
  const real = fs.realpathSync.native(resolve(directory));
  if (!fs.statSync(real).isDirectory()) throw new SelectError('InvalidArgument', { reason: `${directory} is not a directory` });
  return real;
}

function isFile(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function infoOf({ bucketDirectory, key }: Pick<Place, 'bucketDirectory' | 'key'>, stats: BigIntStats): ObjectInfo {
  const { etag, contentType, metadata, contentHeaders } = readMetadata(bucketDirectory, key, stats);
  return { key, size: Number(stats.size), etag, lastModified: stats.mtime, contentType, metadata, contentHeaders };
}
