/** Objects in shared memory, for tests and for the library. Takes any key S3 takes. */
import type { ByteRange, RangeReader } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { receiveBody } from './body.ts';
import { compareUtf8, ListPage } from './listing.ts';
import { checkBucketName, checkKey, checkMetadata } from './names.ts';
import type {
  BucketInfo,
  ListRequest,
  ListResult,
  ObjectInfo,
  ObjectRef,
  ObjectStore,
  OpenObject,
  PutRequest,
  PutResult,
} from './store.ts';
import { contentTypeDefault } from './store.ts';

/**
 * Bytes outside any store, for the library: they have no ETag, which is empty. Bytes that do not begin a `SharedArrayBuffer` are
 * copied into one.
 */
export function openBytes(bytes: Uint8Array): OpenObject {
  const base = { key: '', size: bytes.length, etag: '', lastModified: new Date() };
  return new BytesObject(shareBytes(bytes), { ...base, contentType: contentTypeDefault, metadata: {}, contentHeaders: {} });
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
    this.#buckets.set(bucket, { info: { name: bucket, createdAt: new Date() }, objects: new Map() });
  }

  async headBucket(bucket: string): Promise<BucketInfo> {
    return this.#bucket(bucket).info;
  }

  async deleteBucket(bucket: string): Promise<void> {
    if (this.#bucket(bucket).objects.size > 0) throw new SelectError('BucketNotEmpty');
    this.#buckets.delete(bucket);
  }

  async putObject(request: PutRequest): Promise<PutResult> {
    const { bucket, key } = request;
    checkKey(key);
    checkMetadata(request.metadata);
    this.#checkPrecondition(request);
    const pieces: Uint8Array[] = [];
    const { size, etag } = await receiveBody(request, (piece) => pieces.push(Uint8Array.from(piece)));
    this.#checkPrecondition(request);
    const lastModified = new Date();
    const { contentType = contentTypeDefault, metadata = {}, contentHeaders = {} } = request;
    const info = { key, size, etag, lastModified, contentType, metadata: { ...metadata }, contentHeaders: { ...contentHeaders } };
    this.#bucket(bucket).objects.set(key, { info, buffer: shareBytes(Buffer.concat(pieces)) });
    return { etag, size, lastModified };
  }

  async headObject(bucket: string, key: string): Promise<ObjectInfo> {
    return this.#object(bucket, key).info;
  }

  async openObject(bucket: string, key: string): Promise<OpenObject> {
    const { info, buffer } = this.#object(bucket, key);
    return new BytesObject(buffer, info);
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    checkKey(key);
    this.#bucket(bucket).objects.delete(key);
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

  #checkPrecondition({ bucket, key, ifNoneMatch }: PutRequest): void {
    if (this.#bucket(bucket).objects.has(key) && ifNoneMatch === '*') throw new SelectError('PreconditionFailed');
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
