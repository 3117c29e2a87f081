/** What is known of a Parquet object from its footer, as plain data: small enough to travel with each task. */
import type { ErrorValue } from '../../base/errors.ts';

export type PhysicalType = 'BOOLEAN' | 'INT32' | 'INT64' | 'INT96' | 'FLOAT' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY';

export type ParquetCodec = 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP' | 'LZO' | 'BROTLI' | 'LZ4' | 'ZSTD' | 'LZ4_RAW';

/** What the stored values mean, legacy converted types resolved. */
export type LogicalType =
  | { readonly kind: 'none' }
  /** STRING, ENUM and JSON. */
  | { readonly kind: 'text' }
  /** BSON, and byte arrays without a type. */
  | { readonly kind: 'bytes' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'float16' }
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date' }
  | { readonly kind: 'time'; readonly unit: TimeUnit; readonly utc: boolean }
  /** INT96 too: `nanos`, local. */
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly utc: boolean };

export type TimeUnit = 'millis' | 'micros' | 'nanos';

/** A column with values: a leaf of the schema. */
export interface Leaf {
  /** Names from the top-level column down, those of repeated groups among them. */
  readonly path: readonly string[];
  readonly physical: PhysicalType;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY; 0 otherwise. */
  readonly width: number;
  readonly logical: LogicalType;
  /** Levels that a value has at most; 0 and 0: it stands in every row. */
  readonly definition_max: number;
  readonly repetition_max: number;
}

/** The schema as a tree, for the assembly of nested values. */
export type ParquetNode =
  | { readonly kind: 'leaf'; readonly name: string; readonly optional: boolean; readonly leaf: number }
  | { readonly kind: 'struct'; readonly name: string; readonly optional: boolean; readonly children: readonly ParquetNode[] }
  /** All legacy encodings are resolved. */
  | { readonly kind: 'list'; readonly name: string; readonly optional: boolean; readonly element: ParquetNode }
  | { readonly kind: 'map'; readonly name: string; readonly optional: boolean; readonly key: ParquetNode; readonly value: ParquetNode };

/** Bytes of the object. */
export interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

/** The values of one leaf in one row group. */
export interface ColumnChunk {
  /** Index into `ParquetSchema.leaves`. */
  readonly leaf: number;
  readonly codec: ParquetCodec;
  /** Values, NULLs and the entries of empty lists among them. */
  readonly values: number;
  /** All pages, the dictionary's first. */
  readonly pages: Extent;
  readonly uncompressed_bytes: number;
  /** About how many pages with values it has, at least; null where the footer does not say. */
  readonly data_pages: number | null;
  /** Of its pages and their levels, as the format names them. */
  readonly encodings: readonly string[];
  /** Null where the file has none. Their bytes are read when they can prune something. */
  readonly columnIndex: Extent | null;
  readonly offsetIndex: Extent | null;
  /** `bytes` 0: the file does not say how long it is. */
  readonly bloomFilter: Extent | null;
  readonly statistics: ColumnStatistics | null;
}

/** By which a row group is cut into parts. */
export function largestChunk(chunks: readonly ColumnChunk[]): ColumnChunk | null {
  return chunks.reduce<ColumnChunk | null>(
    (most, chunk) => (chunk.uncompressed_bytes > (most?.uncompressed_bytes ?? 0) ? chunk : most),
    null,
  );
}

/** Bounds as stored in the file; null where unknown or of no use (an order that is not ours). */
export interface ColumnStatistics {
  readonly min: Uint8Array | null;
  readonly max: Uint8Array | null;
  /** The bounds are values of the chunk, not cut off. */
  readonly exact: boolean;
  readonly nulls: number | null;
}

export interface RowGroup {
  readonly index: number;
  /** Rows of the object before it. */
  readonly first_row: number;
  readonly rows: number;
  /** Offset of its first byte: what a ScanRange goes by. */
  readonly offset: number;
  /** In a task only those that the query reads. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetSchema {
  readonly roots: readonly ParquetNode[];
  readonly leaves: readonly Leaf[];
}

/** A footer that was checked: what it says of row groups is read on demand, of the columns that are wanted. */
export interface ParquetFooter {
  readonly schema: ParquetSchema;
  /** Bytes of the object. */
  readonly size: number;
  readonly rows: number;
  /** The program that wrote the file, as it calls itself. */
  readonly writer: string;
  readonly groups: readonly Omit<RowGroup, 'index' | 'chunks'>[];
  /** The metadata in Thrift, and where it lies in the object. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Where in `bytes` the chunks are described: by row group, then leaf. */
  readonly chunkAt: Uint32Array;
  /** By leaf: its bounds are in the order the format defines for its type; else they are of no use. */
  readonly ordered: readonly boolean[];
  /** By leaf: why some chunk of it cannot be read here, an error for who reads it; null: all can. */
  readonly unreadable: readonly (ErrorValue | null)[];
}
