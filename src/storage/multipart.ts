/** Multipart uploads: parts that come in any order and become an object at once. What every store offers of them. */
import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../auth/checksum.ts';
import type { DescriptionRequest, ObjectBody, PutResult, WriteCondition } from './object.ts';

/** Every call on an upload raises `NoSuchBucket`, and `NoSuchUpload` where there is none of this id for the key. */
export interface MultipartStore {
  /** Raises what `putObject` raises of a key and a description. */
  createUpload(request: CreateUploadRequest): Promise<UploadInfo>;
  headUpload(place: UploadPlace): Promise<UploadInfo>;
  /**
   * Stores a part whole or not at all; of several of one number the one that ends last counts.
   * Raises `EntityTooLarge`, `IncompleteBody`, `StorageFull`, and whatever the body raises.
   */
  putPart(request: PutPartRequest): Promise<PartInfo>;
  /** By number. */
  listParts(request: ListPartsRequest): Promise<PartPage>;
  /** By key in UTF-8 byte order, of one key by age. Raises `NoSuchBucket`. */
  listUploads(request: ListUploadsRequest): Promise<UploadPage>;
  /**
   * Makes the parts an object, all at once; an upload that became this very object already is no error.
   * Raises `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`, `BadDigest`, `InvalidRequest`, and what `putObject` raises of a key
   * and a condition: the upload then stays as it is.
   */
  completeUpload(request: CompleteUploadRequest): Promise<PutResult>;
  /** Forgets an upload and its parts. */
  abortUpload(place: UploadPlace): Promise<void>;
}

export interface UploadPlace {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

/** The checksum an upload's object is to have. */
export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
}

export interface CreateUploadRequest extends DescriptionRequest {
  readonly bucket: string;
  readonly key: string;
  readonly checksum?: UploadChecksum | undefined;
  /** Who makes it: the canonical id of a user; absent for the root user. */
  readonly initiator?: string | undefined;
}

export interface UploadInfo {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedAt: Date;
  readonly storageClass: string;
  readonly checksum: UploadChecksum | undefined;
  readonly initiator: string | undefined;
}

export interface PutPartRequest extends UploadPlace {
  readonly number: number;
  readonly body: ObjectBody;
  /** Bytes announced; a body of another length raises `IncompleteBody`. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PartInfo {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** The MD5 of the bytes in hex, with quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  /** In base64, of the upload's algorithm. */
  readonly checksum: string | undefined;
}

export interface ListPartsRequest extends UploadPlace {
  /** Only parts of higher numbers. */
  readonly after?: number | undefined;
  /** At most `limits.list_keys_max`, its default. */
  readonly maxParts?: number | undefined;
}

export interface PartPage {
  readonly upload: UploadInfo;
  readonly parts: readonly PartInfo[];
  readonly isTruncated: boolean;
}

export interface ListUploadsRequest {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  /** Keys that hold it after the prefix are rolled up into one common prefix. */
  readonly delimiter?: string | undefined;
  /** Only uploads of later keys, and, with `afterUploadId`, later ones of this key. */
  readonly afterKey?: string | undefined;
  readonly afterUploadId?: string | undefined;
  /** Uploads and common prefixes together; at most `limits.list_keys_max`, its default. */
  readonly maxUploads?: number | undefined;
}

export interface UploadPage {
  readonly uploads: readonly UploadInfo[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** `afterKey` and `afterUploadId` of the next page, where there is one. */
  readonly next?: { readonly key: string; readonly uploadId: string };
}

/** A part as the one who completes the upload names it. */
export interface NamedPart {
  readonly number: number;
  /** With or without quotes. */
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
}

export interface CompleteUploadRequest extends UploadPlace {
  readonly parts: readonly NamedPart[];
  /** Bytes the object is expected to have. */
  readonly size?: number | undefined;
  /** The checksum the object is expected to have; of a composite one with or without the number of parts. */
  readonly checksum?: Checksum | undefined;
  readonly checksumType?: ChecksumType | undefined;
  readonly condition?: WriteCondition | undefined;
}
