/**
 * What every store offers. A store knows buckets, keys and bytes; it knows nothing of HTTP, SQL or formats, and
 * meets the formats only in `RangeReader`. All errors are `SelectError`s with S3 codes.
 */
import type { ByteRange, RangeReader } from '../base/bytes.ts';

export interface ObjectStore {
  /** Resolves while the store can be used; raises what is wrong with it. */
  check(): Promise<void>;
  /** All buckets, sorted by name. */
  listBuckets(): Promise<BucketInfo[]>;
  /** Raises `InvalidBucketName`, `BucketAlreadyOwnedByYou`. */
  createBucket(bucket: string): Promise<void>;
  /** Raises `NoSuchBucket`. */
  headBucket(bucket: string): Promise<BucketInfo>;
  /** Raises `NoSuchBucket`, `BucketNotEmpty`, and `AccessDenied` for a bucket that configuration maps. */
  deleteBucket(bucket: string): Promise<void>;
  /**
   * Stores an object whole or not at all: a failing or aborted body leaves the old object (or none).
   * Raises `NoSuchBucket`, `InvalidArgument` (a key this store cannot hold, with the reason), `KeyTooLongError`,
   * `PreconditionFailed` (`ifNoneMatch`), `EntityTooLarge`, `IncompleteBody`, `MetadataTooLarge`, `StorageFull`,
   * and whatever the body raises.
   */
  putObject(request: PutRequest): Promise<PutResult>;
  /** Raises `NoSuchBucket`, `NoSuchKey`. */
  headObject(bucket: string, key: string): Promise<ObjectInfo>;
  /** Opens one version of an object: later writes to the key do not show. The caller closes it. Raises `NoSuchBucket`, `NoSuchKey`. */
  openObject(bucket: string, key: string): Promise<OpenObject>;
  /** Deletes an object; an absent key is no error. Raises `NoSuchBucket`. */
  deleteObject(bucket: string, key: string): Promise<void>;
  /** One page of keys in UTF-8 byte order. Raises `NoSuchBucket`. */
  listObjects(request: ListRequest): Promise<ListResult>;
}

/**
 * The bytes of one version of an object as plain data that survives `structuredClone`, for worker threads:
 * a descriptor for `fs.readSync` (with explicit positions), or shared memory. Valid until the `OpenObject` is closed.
 */
export type ObjectRef =
  | { readonly kind: 'fd'; readonly fd: number; readonly size: number }
  | { readonly kind: 'bytes'; readonly buffer: SharedArrayBuffer; readonly size: number };

export interface BucketInfo {
  readonly name: string;
  readonly createdAt: Date;
}

/** The standard headers S3 keeps with an object, besides its content type. */
export const contentHeaderNames = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'] as const;
export type ContentHeaders = Readonly<Partial<Record<(typeof contentHeaderNames)[number], string>>>;

/** What a list says of an object. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

export interface ObjectInfo extends ListedObject {
  readonly contentType: string;
  /** User metadata: names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentHeaders: ContentHeaders;
}

export interface OpenObject {
  readonly info: ObjectInfo;
  readonly ref: ObjectRef;
  readonly reader: RangeReader;
  /**
   * The bytes of `range` (cut to the object) in pieces of at most `piece_bytes` (256 KiB), read only as they are asked for.
   * Each piece is the caller's to keep. Raises the signal's reason once it is aborted.
   */
  stream(range?: ByteRange, signal?: AbortSignal, piece_bytes?: number): AsyncIterable<Uint8Array>;
  /** Whether the bytes are still those the ETag names: a foreign program may write into an open file. */
  isUnchanged(): boolean;
  /** Frees the descriptor once reads under way have ended. Threads holding `ref` must be done. May be called twice. */
  close(): Promise<void>;
}

export interface PutRequest {
  readonly bucket: string;
  readonly key: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes announced; a body of another length raises `IncompleteBody`. */
  readonly size?: number | undefined;
  readonly contentType?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly contentHeaders?: ContentHeaders | undefined;
  /** `*`: only if the key does not exist. Exactly one of several concurrent writers wins. */
  readonly ifNoneMatch?: '*' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PutResult {
  /** The MD5 of the bytes in hex, with quotes. */
  readonly etag: string;
  readonly size: number;
  readonly lastModified: Date;
}

export interface ListRequest {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  /** Keys that hold it after the prefix are rolled up into one common prefix. */
  readonly delimiter?: string | undefined;
  /** Only keys after this one; equal to a common prefix, all of that prefix is passed over. */
  readonly startAfter?: string | undefined;
  /** Objects and common prefixes together; at most `limits.list_keys_max`, its default. */
  readonly maxKeys?: number | undefined;
}

export interface ListResult {
  readonly objects: ListedObject[];
  readonly commonPrefixes: string[];
  readonly isTruncated: boolean;
  /** `startAfter` of the next page, where there is one. */
  readonly nextStartAfter?: string;
}

/** What S3 answers for an object stored without a content type. */
export const contentTypeDefault = 'binary/octet-stream';
