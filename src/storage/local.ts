/**
 * The local store: a bucket is a directory, an object a plain file at its key. Other programs may read, drop and change
 * files there at any time; the file system is the only truth, and all that is kept of it are the names of directories that
 * have not changed. Every path that is opened is checked to lie in its bucket through no symbolic link.
 *
 * Calls on the way of a query (head, open) are synchronous inside: on a local disk they take microseconds each, a trip to
 * the thread pool several times that.
 */
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { join, resolve } from 'node:path';
import { SelectError } from '../base/errors.ts';
import { descriptorPath, isPlainDirectory, type Links, syncDirectory } from './directory.ts';
import { DirectoryNames } from './directory-names.ts';
import { openFileObject } from './file-object.ts';
import { errnoOf, isAbsent, storageError, withStorageErrors } from './fs-errors.ts';
import { hiddenFolder, isBucketFolder } from './key-path.ts';
import { DirectoryLister, type Inspect } from './list-directory.ts';
import { compareUtf8 } from './listing.ts';
import { deleteLocally } from './local-delete.ts';
import { putLocally } from './local-put.ts';
import { LocalUploads } from './local-uploads.ts';
import { readListed, readMetadata } from './metadata.ts';
import type {
  CompleteUploadRequest,
  CreateUploadRequest,
  ListPartsRequest,
  ListUploadsRequest,
  PartInfo,
  PartPage,
  PutPartRequest,
  UploadInfo,
  UploadPage,
  UploadPlace,
} from './multipart.ts';
import { checkBucketName, checkKey } from './names.ts';
import type { DeleteCondition, ObjectInfo, PutResult, Tags } from './object.ts';
import type { Place } from './publish.ts';
import { placeOf, presentFile, reachableFile } from './publish.ts';
import { Publisher } from './publisher.ts';
import { readingFlags } from './small-file.ts';
import type { BucketInfo, Deletion, ListRequest, ListResult, ObjectStore, OpenObject, PutRequest } from './store.ts';
import { sweepTemporaries } from './temporary.ts';
import { hasEndedLogs } from './upload-recovery.ts';
import { writerThread } from './writers.ts';

export interface LocalStoreOptions {
  /** Directory whose sub-directories are buckets. */
  readonly root: string;
  /** Further buckets: name to directory. They win over sub-directories of the same name. */
  readonly buckets?: Readonly<Record<string, string>>;
  /** 'refused' when not given. A bucket that is a link that is followed is like one of `buckets`. */
  readonly links?: Links;
}

export class LocalStore implements ObjectStore {
  readonly #root: string;
  readonly #mapped: ReadonlyMap<string, string>;
  readonly #links: Links;
  readonly #publisher = new Publisher();
  readonly #lister: DirectoryLister;
  readonly #uploads = new LocalUploads(this.#publisher);

  /** Opens the store and removes what interrupted uploads left. Raises the system's error for a directory that is not there. */
  static async open({ root, buckets = {}, links = 'refused' }: LocalStoreOptions): Promise<LocalStore> {
    const mapped = new Map<string, string>();
    for (const [name, directory] of Object.entries(buckets)) {
      if (!isBucketFolder(name)) throw new SelectError('InvalidBucketName', { bucket: name });
      mapped.set(name, realDirectory(directory));
    }
    const store = new LocalStore(realDirectory(root), mapped, links);
    for (const { name } of await store.listBuckets()) {
      await store.#recover(name);
      await store.#sweep(name);
    }
    return store;
  }

  private constructor(root: string, mapped: ReadonlyMap<string, string>, links: Links) {
    this.#root = root;
    this.#mapped = mapped;
    this.#links = links;
    this.#lister = new DirectoryLister(new DirectoryNames({ links }));
  }

  async check(): Promise<void> {
    for (const directory of [this.#root, ...this.#mapped.values()]) fs.accessSync(directory, fs.constants.R_OK | fs.constants.X_OK);
  }

  async listBuckets(): Promise<BucketInfo[]> {
    const folders = fs
      .readdirSync(this.#root, { withFileTypes: true })
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isBucketFolder(entry.name));
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
    if (directory !== join(this.#root, bucket)) throw new SelectError('AccessDenied', { reason: 'the bucket is a symbolic link' });
    try {
      // why: all in one turn of the event loop, and not while an upload is being published.
      if (!isEmptyBucket(directory) || this.#publisher.isPublishingIn(directory)) throw new SelectError('BucketNotEmpty');
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
    return putLocally(this.#publisher, this.#place(request.bucket, request.key), request);
  }

  async headObject(bucket: string, key: string): Promise<ObjectInfo> {
    const place = this.#place(bucket, key);
    const stats = this.#read(() => reachableFile(place));
    if (stats === undefined) throw this.#absent(place);
    return infoOf(place, stats);
  }

  async openObject(bucket: string, key: string): Promise<OpenObject> {
    const place = this.#place(bucket, key);
    const fd = this.#read(() => openInPlace(place));
    if (fd === undefined) throw this.#absent(place);
    try {
      const stats = fs.fstatSync(fd, { bigint: true });
      if (!stats.isFile()) throw this.#absent(place);
      return openFileObject(fd, stats, infoOf(place, stats));
    } catch (error) {
      fs.closeSync(fd);
      throw storageError(error);
    }
  }

  async setTags(bucket: string, key: string, tags: Tags): Promise<void> {
    const place = this.#place(bucket, key);
    await this.#publisher.changing(place, () =>
      withStorageErrors(async () => {
        const present = reachableFile(place);
        if (present === undefined) throw this.#absent(place);
        const metadata = readMetadata(place.bucketDirectory, key, present);
        const { bucketDirectory } = place;
        const { size, mtimeNs, ino } = present;
        const job = { kind: 'describe', bucketDirectory, key, identity: { size, mtimeNs, ino }, metadata: { ...metadata, tags } } as const;
        await writerThread().run(job);
      }),
    );
  }

  async deleteObject(bucket: string, key: string, condition?: DeleteCondition): Promise<void> {
    const [error] = await this.deleteObjects(bucket, [{ key, condition }]);
    if (error !== undefined) throw error;
  }

  async deleteObjects(bucket: string, deletions: readonly Deletion[]): Promise<readonly (SelectError | undefined)[]> {
    await this.headBucket(bucket);
    return deleteLocally(this.#publisher, deletions, (key) => this.#place(bucket, key), infoOf);
  }

  async createUpload(request: CreateUploadRequest): Promise<UploadInfo> {
    return this.#uploads.create(await this.#placeToWrite(request), request);
  }

  async headUpload(request: UploadPlace): Promise<UploadInfo> {
    return this.#uploads.head(await this.#placeToWrite(request), request.uploadId);
  }

  async putPart(request: PutPartRequest): Promise<PartInfo> {
    return this.#uploads.putPart(await this.#placeToWrite(request), request);
  }

  async listParts(request: ListPartsRequest): Promise<PartPage> {
    return this.#uploads.listParts(await this.#placeToWrite(request), request);
  }

  async listUploads(request: ListUploadsRequest): Promise<UploadPage> {
    await this.headBucket(request.bucket);
    return withStorageErrors(() => this.#uploads.list(this.#bucketDirectory(request.bucket), request));
  }

  async completeUpload(request: CompleteUploadRequest): Promise<PutResult> {
    return this.#uploads.complete(await this.#placeToWrite(request), request);
  }

  async abortUpload(request: UploadPlace): Promise<void> {
    return this.#uploads.abort(await this.#placeToWrite(request), request.uploadId);
  }

  async listObjects(request: ListRequest): Promise<ListResult> {
    const { bucket } = request;
    await this.headBucket(bucket);
    const bucketDirectory = this.#bucketDirectory(bucket);
    const inspect: Inspect = (path, key, records, at) => {
      const stats = presentFile({ path, links: this.#links });
      return stats && readListed(bucketDirectory, key, stats, records, at);
    };
    try {
      return await this.#lister.list(bucketDirectory, request, inspect);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Makes durable what ended processes logged of uploads, and puts again what a crash of the system took. */
  async #recover(bucket: string): Promise<void> {
    const bucketDirectory = this.#bucketDirectory(bucket);
    if (!hasEndedLogs(bucketDirectory)) return;
    await withStorageErrors(() => writerThread().run({ kind: 'recover', bucket, bucketDirectory, links: this.#links }));
  }

  /** Removes what interrupted uploads left in a bucket; one that cannot be written to keeps it. */
  async #sweep(bucket: string): Promise<void> {
    const directory = this.#bucketDirectory(bucket);
    sweepTemporaries(directory);
    try {
      await this.#uploads.sweep(bucket, directory);
    } catch (error) {
      if (errnoOf(error) === undefined && !(error instanceof SelectError)) throw error;
    }
  }

  /** Runs a system call; undefined where nothing is there. */
  #read<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw storageError(error);
    }
  }

  /** Whether it is the bucket or the key that is not there. */
  #absent({ bucket }: Place): SelectError {
    return new SelectError(this.#bucketInfo(bucket) === undefined ? 'NoSuchBucket' : 'NoSuchKey');
  }

  #place(bucket: string, key: string): Place {
    checkKey(key);
    return placeOf(bucket, this.#bucketDirectory(bucket), key, this.#links);
  }

  /** Raises `NoSuchBucket` at once. */
  async #placeToWrite({ bucket, key }: { readonly bucket: string; readonly key: string }): Promise<Place> {
    await this.headBucket(bucket);
    return this.#place(bucket, key);
  }

  /** Where the bucket is, or would be. */
  #bucketDirectory(bucket: string): string {
    const mapped = this.#mapped.get(bucket);
    if (mapped !== undefined) return mapped;
    if (!isBucketFolder(bucket)) throw new SelectError('NoSuchBucket');
    const directory = join(this.#root, bucket);
    if (this.#links === 'refused' || !fs.lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink()) return directory;
    return this.#read(() => fs.realpathSync.native(directory)) ?? directory;
  }

  #bucketInfo(bucket: string): BucketInfo | undefined {
    const stats = fs.lstatSync(this.#bucketDirectory(bucket), { throwIfNoEntry: false });
    if (stats === undefined || !stats.isDirectory()) return undefined;
    // why: a file system that keeps no time of birth says 1970.
    return { name: bucket, createdAt: stats.birthtimeMs > 0 ? stats.birthtime : stats.mtime };
  }
}

/** Looks at two names at most, of what may be millions. */
function isEmptyBucket(directory: string): boolean {
  const entries = fs.opendirSync(directory, { bufferSize: 2 });
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) if (entry.name !== hiddenFolder) return false;
    return true;
  } finally {
    entries.closeSync();
  }
}

function realDirectory(directory: string): string {
  const real = fs.realpathSync.native(resolve(directory));
  if (!fs.statSync(real).isDirectory()) throw new SelectError('InvalidArgument', { reason: `${directory} is not a directory` });
  return real;
}

/** Opens the file of a key, which lies where its path says; undefined where the path leads through a symbolic link. */
function openInPlace({ path, directory, links }: Place): number | undefined {
  if (links === 'followed') return fs.openSync(path, readingFlags & ~fs.constants.O_NOFOLLOW);
  if (descriptorPath(0) === undefined && !isPlainDirectory(directory)) return undefined;
  const fd = fs.openSync(path, readingFlags);
  const link = descriptorPath(fd);
  const opened = link === undefined ? path : fs.readlinkSync(link);
  // why: the file may have been replaced or deleted since it was opened.
  if (opened === path || opened === `${path} (deleted)`) return fd;
  fs.closeSync(fd);
  return undefined;
}

function infoOf({ bucketDirectory, key }: Pick<Place, 'bucketDirectory' | 'key'>, stats: BigIntStats): ObjectInfo {
  const { uploadId: _, ...metadata } = readMetadata(bucketDirectory, key, stats);
  return { key, size: Number(stats.size), lastModified: stats.mtime, ...metadata };
}
