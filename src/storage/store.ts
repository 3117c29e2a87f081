/**
 * What every store offers. A store knows buckets, keys and bytes; it knows nothing of HTTP, SQL or formats, and
 * meets the formats only in `RangeReader`. All errors are `SelectError`s with S3 codes.
 */
import type { ChecksumAlgorithm } from '../auth/checksum.ts';
import type { ByteRange, RangeReader } from '../base/bytes.ts';
import type { SelectError } from '../base/errors.ts';
import type { MultipartStore } from './multipart.ts';
import type {
  DeleteCondition,
  DescriptionRequest,
  ListedObject,
  ObjectBody,
  ObjectInfo,
  PutResult,
  Tags,
  WriteCondition,
} from './object.ts';

export interface ObjectStore extends MultipartStore {
  /** Resolves while the store can be used; raises what is wrong with it. */
  check(): Promise<void>;
  /** All buckets, sorted by name. */
  listBuckets(): Promise<BucketInfo[]>;
  /** Raises `InvalidBucketName`, `BucketAlreadyOwnedByYou`. */
  createBucket(bucket: string): Promise<void>;
  /** Raises `NoSuchBucket`. */
  headBucket(bucket: string): Promise<BucketInfo>;
  /** Raises `NoSuchBucket`, `BucketNotEmpty`, and `AccessDenied` for a bucket that configuration maps. Unfinished uploads go with it. */
  deleteBucket(bucket: string): Promise<void>;
  /**
   * Stores an object whole or not at all: a failing or aborted body leaves the old object (or none).
   * Raises `NoSuchBucket`, `InvalidArgument` (a key this store cannot hold, with the reason), `KeyTooLongError`,
   * `PreconditionFailed`, `NoSuchKey` (`ifMatch`, and there is no object), `EntityTooLarge`, `IncompleteBody`,
   * `MetadataTooLarge`, `StorageFull`, and whatever the body raises.
   */
  putObject(request: PutRequest): Promise<PutResult>;
  /** Raises `NoSuchBucket`, `NoSuchKey`. */
  headObject(bucket: string, key: string): Promise<ObjectInfo>;
  /** Opens one version of an object: later writes to the key do not show. The caller closes it. Raises `NoSuchBucket`, `NoSuchKey`. */
  openObject(bucket: string, key: string): Promise<OpenObject>;
  /** Replaces the tags of an object, which stays the version it is. Raises `NoSuchBucket`, `NoSuchKey`. */
  setTags(bucket: string, key: string, tags: Tags): Promise<void>;
  /** Deletes an object; an absent key is no error. Raises `NoSuchBucket`, `PreconditionFailed`. */
  deleteObject(bucket: string, key: string, condition?: DeleteCondition): Promise<void>;
  /** Deletes objects; answers for each in turn the error it failed with. Raises `NoSuchBucket`. */
  deleteObjects(bucket: string, deletions: readonly Deletion[]): Promise<readonly (SelectError | undefined)[]>;
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

export interface StreamOptions {
  /** Of each piece at most; 256 KiB where nothing is said. */
  readonly piece_bytes?: number;
  /**
   * A piece is the caller's until so many others have been asked for: its memory is used again then. New memory is faulted in page
   * by page, and the collector of garbage learns of it late.
   */
  readonly turns?: number;
}

export interface OpenObject {
  readonly info: ObjectInfo;
  readonly ref: ObjectRef;
  readonly reader: RangeReader;
  /**
   * The bytes of `range` (cut to the object) in pieces, read only as they are asked for.
   * Each piece is the caller's to keep unless it said `turns`. Raises the signal's reason once it is aborted.
   */
  stream(range?: ByteRange, signal?: AbortSignal, options?: StreamOptions): AsyncIterable<Uint8Array>;
  /** Whether the bytes are still those the ETag names: a foreign program may write into an open file. */
  isUnchanged(): boolean;
  /** Frees the descriptor once reads under way have ended. Threads holding `ref` must be done. May be called twice. */
  close(): Promise<void>;
}

export interface PutRequest extends DescriptionRequest {
  readonly bucket: string;
  readonly key: string;
  readonly body: ObjectBody;
  /** Bytes announced; a body of another length raises `IncompleteBody`. */
  readonly size?: number | undefined;
  /** A checksum to form and keep, where the body brings none. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly condition?: WriteCondition | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Deletion {
  readonly key: string;
  readonly condition?: DeleteCondition | undefined;
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
