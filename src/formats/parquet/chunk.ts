/** What the footer says of one column in one row group. */
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { nameOf } from './logical.ts';
import type { ColumnChunk, Extent, Leaf, ParquetCodec } from './metadata.ts';
import { isOrdered, readStatistics } from './statistics.ts';
import { intOf, listOf, sizeOf, structOf, type ThriftStruct } from './thrift.ts';

/** What a chunk has to agree with. */
export interface ChunkContext {
  readonly leaf: Leaf;
  /** Its index in the schema. */
  readonly index: number;
  /** Rows of the row group. */
  readonly rows: number;
  /** Bytes of the object that are pages and indexes: what is before the footer. */
  readonly body_bytes: number;
  /** Bounds are in the order of the format. */
  readonly ordered: boolean;
}

/**
 * @throws {SelectError} ParquetParsingError: it contradicts itself, the file or the schema; UnsupportedParquetType,
 * ParquetUnsupportedCompressionCodec: it is in order, but cannot be read here.
 */
export function readChunk(chunk: ThriftStruct, context: ChunkContext): ColumnChunk {
  const meta = structOf(chunk.field_3);
  if (meta === undefined || chunk.field_8 !== undefined) throw unsupported(context, 'encrypted column');
  if (chunk.field_1 instanceof Uint8Array && chunk.field_1.length > 0) throw unsupported(context, 'column in another file');
  const { logical } = context.leaf;
  if (logical.kind === 'decimal' && logical.precision > DECIMAL_DIGITS_MAX) throw unsupported(context, nameOf(logical));
  return {
    leaf: context.index,
    values: valuesOf(meta, context),
    pages: pagesOf(meta, context),
    codec: codecOf(meta, context),
    uncompressed_bytes: sizeOf(meta.field_6) ?? 0,
    data_pages: dataPages(chunk, meta),
    encodings: (listOf(meta.field_2) ?? []).map((encoding) => encodings[intOf(encoding) ?? -1] ?? 'unknown'),
    columnIndex: isOrdered(context.leaf, context.ordered) ? indexOf(chunk.field_6, chunk.field_7, context) : null,
    offsetIndex: indexOf(chunk.field_4, chunk.field_5, context),
    bloomFilter: bloomFilterOf(meta, context),
    statistics: readStatistics(structOf(meta.field_12), context.leaf, context.ordered),
  };
}

const DECIMAL_DIGITS_MAX = 38;

const codecs: readonly ParquetCodec[] = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'];

const encodings: readonly string[] = [
  'PLAIN',
  'GROUP_VAR_INT',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
];

function codecOf(meta: ThriftStruct, context: ChunkContext): ParquetCodec {
  const number = intOf(meta.field_4) ?? -1;
  const codec = codecs[number];
  if (codec !== undefined && codec !== 'LZO') return codec;
  throw new SelectError('ParquetUnsupportedCompressionCodec', { codec: codec ?? `number ${number}`, hint: `Column ${columnOf(context)}.` });
}

function valuesOf(meta: ThriftStruct, context: ChunkContext): number {
  const values = sizeOf(meta.field_5);
  const { rows, leaf } = context;
  // A row has one value of each leaf, or where lists are about at least one entry that stands for an empty one.
  if (values === undefined || values < rows || (leaf.repetition_max === 0 && values !== rows)) {
    throw corrupt(context, `${values ?? 'an unknown number of'} values for ${rows} rows`);
  }
  return values;
}

function pagesOf(meta: ThriftStruct, context: ChunkContext): Extent {
  const bytes = sizeOf(meta.field_7);
  const data = sizeOf(meta.field_9);
  const dictionary = sizeOf(meta.field_11);
  if (bytes === undefined || data === undefined) throw corrupt(context, 'its place in the file is missing');
  // Some writers say 0, or the offset of the first data page, where there is no dictionary.
  const offset = dictionary !== undefined && dictionary >= MAGIC_BYTES && dictionary < data ? dictionary : data;
  if (bytes === 0) return { offset, bytes };
  if (offset < MAGIC_BYTES || bytes > context.body_bytes - offset) throw corrupt(context, 'its pages are not within the file');
  return { offset, bytes };
}

/** By the statistics of encodings, or the size of the offset index. */
function dataPages(chunk: ThriftStruct, meta: ThriftStruct): number | null {
  const statistics = listOf(meta.field_13) ?? [];
  if (statistics.length === 0) return chunk.field_5 === undefined ? null : Math.ceil((sizeOf(chunk.field_5) ?? 0) / LOCATION_BYTES_MAX);
  return statistics.reduce<number>((pages, entry) => {
    const { field_1: type, field_3: count } = structOf(entry) ?? {};
    return pages + (type === DATA_PAGE || type === DATA_PAGE_V2 ? (sizeOf(count) ?? 0) : 0);
  }, 0);
}

const DATA_PAGE = 0;
const DATA_PAGE_V2 = 3;
/** What an offset index says of a page. */
const LOCATION_BYTES_MAX = 20;

const MAGIC_BYTES = 4;

/** An aid that is not where it can be is as good as none. */
function indexOf(offset: unknown, bytes: unknown, { body_bytes }: ChunkContext): Extent | null {
  const place = { offset: sizeOf(offset) ?? 0, bytes: sizeOf(bytes) ?? 0 };
  const within = place.offset >= MAGIC_BYTES && place.bytes > 0 && place.bytes <= body_bytes - place.offset;
  return within && place.bytes <= limits.parquet_index_bytes_max ? place : null;
}

function bloomFilterOf(meta: ThriftStruct, { body_bytes }: ChunkContext): Extent | null {
  const place = { offset: sizeOf(meta.field_14) ?? 0, bytes: sizeOf(meta.field_15) ?? 0 };
  const within = place.offset >= MAGIC_BYTES && place.offset < body_bytes && place.bytes <= body_bytes - place.offset;
  return within ? place : null;
}

const columnOf = ({ leaf }: ChunkContext): string => leaf.path.join('.');

const unsupported = (context: ChunkContext, type: string): SelectError =>
  new SelectError('UnsupportedParquetType', { type, hint: `Column ${columnOf(context)}.` });

const corrupt = (context: ChunkContext, what: string): SelectError =>
  new SelectError('ParquetParsingError', { hint: `Column ${columnOf(context)}: ${what}.` });
