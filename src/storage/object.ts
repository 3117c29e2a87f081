/** What stores say of objects, and what is said to them. */
import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../auth/checksum.ts';
import type { Pieces } from '../base/pieces.ts';
import type { PartLayout } from './part-layout.ts';

/** The standard headers S3 keeps with an object, besides its content type, and the one it keeps for web sites. */
export const contentHeaderNames = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
] as const;
export type ContentHeaders = Readonly<Partial<Record<(typeof contentHeaderNames)[number], string>>>;

export type Tags = Readonly<Record<string, string>>;

/** What a client says of an object beside its bytes. */
export interface ObjectDescription {
  readonly contentType: string;
  /** User metadata: names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentHeaders: ContentHeaders;
  readonly storageClass: string;
  readonly tags: Tags;
}

/** What is left out takes S3's default. */
export type DescriptionRequest = { readonly [Name in keyof ObjectDescription]?: ObjectDescription[Name] | undefined };

export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** In base64; of a composite one with the number of parts, `-N`. */
  readonly value: string;
}

/** What a list says of an object. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly storageClass: string;
  /** Undefined where the client sent none. */
  readonly checksum: Pick<ObjectChecksum, 'algorithm' | 'type'> | undefined;
}

export interface ObjectInfo extends ListedObject, ObjectDescription {
  readonly checksum: ObjectChecksum | undefined;
  /** Of a multipart object. */
  readonly parts: PartLayout | undefined;
}

/** The bytes of an upload, to be taken once, and what is to be known of them. */
export interface ObjectBody extends Pieces {
  /** The checksum that came with it, verified: undefined before all pieces are taken, and where none came. */
  readonly checksum?: Checksum | undefined;
  /** Digests by which it verifies itself before its pieces end. */
  readonly verifies?: readonly ChecksumAlgorithm[];
  /** Called before a piece is taken by one who forms these digests himself: `form` is asked for them, in base64, when all pieces are given. */
  digestsFrom?(form: () => Promise<ReadonlyMap<ChecksumAlgorithm, string>>): void;
  /** The memory of each piece is given away with it. */
  readonly givesMemory?: boolean;
}

export interface PutResult {
  /** The MD5 of the bytes in hex, with quotes. */
  readonly etag: string;
  readonly size: number;
  readonly lastModified: Date;
  readonly checksum: ObjectChecksum | undefined;
}

/** Conditions under which a key is written. Lists of entity tags, as `If-Match` and `If-None-Match` hold them; `*` stands for any object. */
export interface WriteCondition {
  readonly ifMatch?: string | undefined;
  /** `*`: exactly one of several concurrent writers wins. */
  readonly ifNoneMatch?: string | undefined;
}

export interface DeleteCondition {
  readonly ifMatch?: string | undefined;
  /** To the second. */
  readonly lastModified?: Date | undefined;
  readonly size?: number | undefined;
}

/** What S3 answers for an object stored without a content type. */
const contentTypeDefault = 'binary/octet-stream';

export const storageClassDefault = 'STANDARD';

export function describe({ contentType, metadata, contentHeaders, storageClass, tags }: DescriptionRequest): ObjectDescription {
  return {
    contentType: contentType ?? contentTypeDefault,
    metadata: metadata ?? {},
    contentHeaders: contentHeaders ?? {},
    storageClass: storageClass ?? storageClassDefault,
    tags: tags ?? {},
  };
}
