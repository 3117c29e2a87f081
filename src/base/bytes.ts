/** Byte ranges, and the one interface at which stores and formats meet. */

/** Bytes `start` (inclusive) to `end` (exclusive). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Random access to the bytes of one version of an object. What stores give and formats take. */
export interface RangeReader {
  /** Bytes of the whole object. */
  readonly size: number;
  /** Identity of this version, with the quotes S3 puts around it. */
  readonly etag: string;
  /** Reads `range` into the start of `into`; answers how many bytes were read (fewer only at the end of the object). */
  read(range: ByteRange, into: Uint8Array): Promise<number>;
}
