/** Objects in shared memory, for tests and for the library. Takes any key S3 takes. */
import type { ByteRange, RangeReader } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { digestingSink, fullChecksum, receiveBody } from './body.ts';
import { checkDeletion, checkWrite } from './conditions.ts';
import { compareUtf8, ListPage } from './listing.ts';
import { MemoryUploads } from './memory-uploads.ts';
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
import { checkBucketName, checkKey, checkMetadata } from './names.ts';
import type { DeleteCondition, ObjectInfo, PutResult, Tags, WriteCondition } from './object.ts';
import { describe } from './object.ts';
import type { BucketInfo, Deletion, ListRequest, ListResult, ObjectRef, ObjectStore, OpenObject, PutRequest } from './store.ts';

/**
 * Bytes outside any store, for the library: they have no ETag, which is empty. Bytes that do not begin a `SharedArrayBuffer` are
 * copied into one.
 */
export function openBytes(bytes: Uint8Array): OpenObject {
  const base = { key: '', size: bytes.length, etag: '', lastModified: new Date() };
  return new BytesObject(shareBytes(bytes), { ...base, ...describe({}), checksum: undefined, parts: undefined });
}

export class MemoryStore implements ObjectStore {
  readonly #buckets = new Map<string, MemoryBucket>();

  async check(): Promise<void> {}

  async listBuckets(): Promise<BucketInfo[]> {
    return [...this.#buckets.values()].map(({ info }) => info).sort((a, b) => compareUtf8(a.name, b.name));
  }

  async createBucket(bucket: string): Promise<void> {
    checkBucketName(bucket);
    if (this.#buckets.has(bucket)) throw new SelectError('BucketAlreadyOwnedByYou');
    this.#buckets.set(bucket, { info: { name: bucket, createdAt: new Date() }, objects: new Map(), uploads: new MemoryUploads() });
  }

  async headBucket(bucket: string): Promise<BucketInfo> {
    return this.#bucket(bucket).info;
  }

  async deleteBucket(bucket: string): Promise<void> {
    if (this.#bucket(bucket).objects.size > 0) throw new SelectError('BucketNotEmpty');
    this.#buckets.delete(bucket);
  }

  async putObject(request: PutRequest): Promise<PutResult> {
    const { bucket, key, body, checksumAlgorithm, condition = {} } = request;
    checkKey(key);
    checkMetadata(request.metadata);
    this.#checkCondition(bucket, key, condition);
    const pieces: Uint8Array[] = [];
    const received = await receiveBody(request, checksumAlgorithm, (algorithms) =>
      digestingSink(algorithms, (piece) => pieces.push(Uint8Array.from(piece))),
    );
    const { size, etag, checksum } = received;
    this.#checkCondition(bucket, key, condition);
    const info = {
      key,
      size,
      etag,
      lastModified: new Date(),
      ...structuredClone(describe(request)),
      checksum: fullChecksum(body, checksumAlgorithm, checksum),
      parts: undefined,
    };
    this.#bucket(bucket).objects.set(key, { info, buffer: shareBytes(Buffer.concat(pieces)) });
    return info;
  }

  async headObject(bucket: string, key: string): Promise<ObjectInfo> {
    return this.#object(bucket, key).info;
  }

  async openObject(bucket: string, key: string): Promise<OpenObject> {
    const { info, buffer } = this.#object(bucket, key);
    return new BytesObject(buffer, info);
  }

  async setTags(bucket: string, key: string, tags: Tags): Promise<void> {
    const object = this.#object(bucket, key);
    this.#bucket(bucket).objects.set(key, { ...object, info: { ...object.info, tags: { ...tags } } });
  }

  async deleteObject(bucket: string, key: string, condition: DeleteCondition = {}): Promise<void> {
    checkKey(key);
    const present = this.#bucket(bucket).objects.get(key);
    if (present !== undefined) checkDeletion(condition, present.info);
    this.#bucket(bucket).objects.delete(key);
  }

  async deleteObjects(bucket: string, deletions: readonly Deletion[]): Promise<readonly (SelectError | undefined)[]> {
    this.#bucket(bucket);
    const outcomes = deletions.map(({ key, condition }) => this.deleteObject(bucket, key, condition));
    return (await Promise.allSettled(outcomes)).map((outcome) => {
      if (outcome.status === 'fulfilled') return undefined;
      if (outcome.reason instanceof SelectError) return outcome.reason;
      throw outcome.reason;
    });
  }

  async createUpload(request: CreateUploadRequest): Promise<UploadInfo> {
    checkKey(request.key);
    checkMetadata(request.metadata);
    return this.#bucket(request.bucket).uploads.create(request);
  }

  async headUpload(place: UploadPlace): Promise<UploadInfo> {
    return this.#bucket(place.bucket).uploads.head(place);
  }

  async putPart(request: PutPartRequest): Promise<PartInfo> {
    return this.#bucket(request.bucket).uploads.putPart(request);
  }

  async listParts(request: ListPartsRequest): Promise<PartPage> {
    return this.#bucket(request.bucket).uploads.listParts(request);
  }

  async listUploads(request: ListUploadsRequest): Promise<UploadPage> {
    return this.#bucket(request.bucket).uploads.list(request);
  }

  async completeUpload(request: CompleteUploadRequest): Promise<PutResult> {
    const { bucket, key, condition = {} } = request;
    const { objects, uploads } = this.#bucket(bucket);
    return uploads.complete(request, objects.get(key)?.info, (info, bytes) => {
      this.#checkCondition(bucket, key, condition);
      objects.set(key, { info, buffer: shareBytes(bytes) });
    });
  }

  async abortUpload(place: UploadPlace): Promise<void> {
    this.#bucket(place.bucket).uploads.abort(place);
  }

  async listObjects(request: ListRequest): Promise<ListResult> {
    const { objects } = this.#bucket(request.bucket);
    const page = new ListPage(request);
    for (const key of [...objects.keys()].filter((candidate) => page.wants(candidate)).sort(compareUtf8)) {
      if (page.isDone) break;
      const commonPrefix = page.commonPrefixOf(key);
      if (commonPrefix === undefined) page.addObject(this.#object(request.bucket, key).info);
      else if (!page.isPast(commonPrefix)) page.addCommonPrefix(commonPrefix);
    }
    return page.result();
  }

  #bucket(bucket: string): MemoryBucket {
    const found = this.#buckets.get(bucket);
    if (found === undefined) throw new SelectError('NoSuchBucket');
    return found;
  }

  #object(bucket: string, key: string): MemoryObject {
    checkKey(key);
    const found = this.#bucket(bucket).objects.get(key);
    if (found === undefined) throw new SelectError('NoSuchKey');
    return found;
  }

  #checkCondition(bucket: string, key: string, condition: WriteCondition): void {
    checkWrite(condition, this.#bucket(bucket).objects.get(key)?.info.etag);
  }
}

const pieceBytes = 256 * 1024;

interface MemoryObject {
  readonly info: ObjectInfo;
  readonly buffer: SharedArrayBuffer;
}

interface MemoryBucket {
  readonly info: BucketInfo;
  readonly objects: Map<string, MemoryObject>;
  readonly uploads: MemoryUploads;
}

class BytesObject implements OpenObject {
  readonly info: ObjectInfo;
  readonly ref: ObjectRef;
  readonly reader: RangeReader;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer, info: ObjectInfo) {
    this.#bytes = new Uint8Array(buffer, 0, info.size);
    this.info = info;
    this.ref = { kind: 'bytes', buffer, size: info.size };
    this.reader = { size: info.size, etag: info.etag, read: async (range, into) => this.#read(range, into) };
  }

  async *stream(range: ByteRange = { start: 0, end: this.info.size }, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const end = Math.min(range.end, this.info.size);
    for (let start = range.start; start < end; start += pieceBytes) {
      signal?.throwIfAborted();
      // why: copied, for zlib does not take views of shared memory.
      yield this.#bytes.slice(start, Math.min(start + pieceBytes, end));
    }
  }

  isUnchanged(): boolean {
    return true;
  }

  async close(): Promise<void> {
    // Memory is freed when nothing refers to it.
  }

  #read({ start, end }: ByteRange, into: Uint8Array): number {
    const bytes = this.#bytes.subarray(start, end);
    into.set(bytes);
    return bytes.length;
  }
}

function shareBytes(bytes: Uint8Array): SharedArrayBuffer {
  if (bytes.buffer instanceof SharedArrayBuffer && bytes.byteOffset === 0) return bytes.buffer;
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
