/** The metadata at the end of a Parquet file: where it lies, what it says, and that it can be true. */
import { assert } from '../../base/assert.ts';
import { type ErrorValue, SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { readChunk } from './chunk.ts';
import type { ColumnChunk, Extent, Leaf, ParquetFooter, RowGroup } from './metadata.ts';
import { readSchema } from './schema.ts';
import { ThriftBytes } from './thrift.ts';

/** Length of the metadata and the magic number, behind it. */
const footer_end_bytes = 8;

/**
 * Where the metadata lies, from the last bytes of the object.
 * @throws {SelectError} ParquetParsingError: it is no Parquet file, an encrypted one, or its metadata is longer than
 * `limits.parquet_footer_bytes_max`
 */
export function footerExtent(tail: Uint8Array, size: number): Extent {
  const magic = Buffer.from(tail.subarray(-4)).toString('latin1');
  if (magic === 'PARE') throw corrupt('The file is encrypted.');
  if (magic !== 'PAR1' || size < MAGIC_BYTES + footer_end_bytes) throw corrupt('A Parquet file ends with PAR1, this object does not.');
  const bytes = Buffer.from(tail.subarray(-footer_end_bytes)).readUInt32LE();
  const offset = size - footer_end_bytes - bytes;
  if (offset < MAGIC_BYTES) throw corrupt(`Its metadata of ${bytes} bytes is longer than the file.`, size - footer_end_bytes);
  if (bytes > limits.parquet_footer_bytes_max) {
    throw corrupt(`Its metadata of ${bytes} bytes is longer than ${limits.parquet_footer_bytes_max}.`, size - footer_end_bytes);
  }
  return { offset, bytes };
}

/**
 * Reads the metadata, which `footerExtent` found at `offset` of an object of `size` bytes, and checks all that it says against
 * itself and the file. Columns that are in order but cannot be read here are `unreadable`.
 * @throws {SelectError} ParquetParsingError, OverMaxColumn, UnsupportedParquetType
 */
export function readFooter(bytes: Uint8Array, offset: number, size: number): ParquetFooter {
  const thrift = new ThriftBytes(bytes, offset);
  const { fields } = thrift.fields(0);
  const place = (field: number, what: string): number => {
    const at = fields.get(field);
    if (at === undefined) throw thrift.corrupt(0, `${what} is missing`);
    return at;
  };
  const elements = thrift.structs(place(SCHEMA, 'the schema'), limits.parquet_schema_elements_max).map((at) => thrift.struct(at));
  const schema = readSchema(elements);
  const ordered = orderedLeaves(thrift, fields.get(COLUMN_ORDERS), schema.leaves);
  const groupAt = thrift.structs(place(ROW_GROUPS, 'the list of row groups'), limits.parquet_row_groups_max);
  if (groupAt.length * schema.leaves.length > bytes.length) throw thrift.corrupt(0, 'row groups have too few columns');
  const chunkAt = new Uint32Array(groupAt.length * schema.leaves.length);
  const footer = { schema, size, bytes, offset, chunkAt, ordered, unreadable: schema.leaves.map((): ErrorValue | null => null) };
  const groups: Omit<RowGroup, 'index' | 'chunks'>[] = [];
  let rows = 0;
  for (const at of groupAt) {
    const group = readGroup(thrift, at, groups.length, footer);
    groups.push({ first_row: rows, ...group });
    rows += group.rows;
  }
  const told = thrift.int(place(ROWS, 'the number of rows'));
  if (told !== rows || !Number.isSafeInteger(rows)) throw thrift.corrupt(0, `row groups of ${rows} rows in a file of ${told}`);
  const writer = fields.get(WRITER);
  return { ...footer, rows, writer: writer === undefined ? '' : thrift.text(writer), groups };
}

/**
 * A row group with the chunks of `leaves`.
 * @throws {SelectError} UnsupportedParquetType, ParquetUnsupportedCompressionCodec: one of them is unreadable
 */
export function readRowGroup(footer: ParquetFooter, index: number, leaves: readonly number[]): RowGroup {
  const thrift = new ThriftBytes(footer.bytes, footer.offset);
  const group = footer.groups[index];
  assert(group !== undefined, 'a row group of the footer');
  const { first_row, rows, offset } = group;
  const chunks: ColumnChunk[] = [];
  for (const leaf of leaves) chunks.push(chunkOf(thrift, footer, index, leaf, rows));
  return { index, first_row, rows, offset, chunks };
}

/** What keeping a footer takes. */
export function heldFooterBytes({ bytes, chunkAt, groups, schema }: ParquetFooter): number {
  return bytes.length + chunkAt.byteLength + groups.length * GROUP_BYTES + schema.leaves.length * LEAF_BYTES;
}

/** About what objects of them take. */
const GROUP_BYTES = 64;
const LEAF_BYTES = 512;

const MAGIC_BYTES = 4;

/** Fields of `FileMetaData`. */
const SCHEMA = 2;
const ROWS = 3;
const ROW_GROUPS = 4;
const WRITER = 6;
const COLUMN_ORDERS = 7;

/** Fields of `RowGroup`. */
const CHUNKS = 1;
const GROUP_ROWS = 3;
const GROUP_OFFSET = 5;

/** For each leaf, whether its bounds are in the order of the format. */
function orderedLeaves(thrift: ThriftBytes, at: number | undefined, leaves: readonly Leaf[]): boolean[] {
  const orders = at === undefined ? [] : thrift.structs(at, limits.columns_max).map((order) => thrift.struct(order).field_1 !== undefined);
  return leaves.map((_, leaf) => orders[leaf] ?? false);
}

type FooterStart = Pick<ParquetFooter, 'schema' | 'offset' | 'chunkAt' | 'ordered'>;

/** Notes where the chunks of a row group are described, and checks them. */
function readGroup(
  thrift: ThriftBytes,
  at: number,
  index: number,
  footer: FooterStart & { readonly unreadable: (ErrorValue | null)[] },
): { readonly rows: number; readonly offset: number } {
  const { fields } = thrift.fields(at);
  const [chunks, rowsAt] = [fields.get(CHUNKS), fields.get(GROUP_ROWS)];
  const rows = rowsAt === undefined ? -1 : thrift.int(rowsAt);
  if (!Number.isSafeInteger(rows) || rows < 0) throw thrift.corrupt(at, `row group ${index} has an unknown number of rows`);
  const { leaves } = footer.schema;
  const places = chunks === undefined ? [] : thrift.structs(chunks, limits.columns_max);
  if (places.length !== leaves.length) {
    throw thrift.corrupt(at, `row group ${index} has ${places.length} columns, the schema ${leaves.length}`);
  }
  footer.chunkAt.set(places, index * leaves.length);
  let offset = Number.POSITIVE_INFINITY;
  for (const leaf of leaves.keys()) {
    const chunk = readableChunk(thrift, footer, index, leaf, rows);
    if ('code' in chunk) footer.unreadable[leaf] ??= chunk;
    else offset = Math.min(offset, chunk.pages.offset);
  }
  if (offset !== Number.POSITIVE_INFINITY) return { rows, offset };
  const told = fields.get(GROUP_OFFSET);
  return { rows, offset: told === undefined ? MAGIC_BYTES : Math.max(MAGIC_BYTES, thrift.int(told)) };
}

/** An error: it is in order, but cannot be read here. */
function readableChunk(thrift: ThriftBytes, footer: FooterStart, group: number, leaf: number, rows: number): ColumnChunk | ErrorValue {
  try {
    return chunkOf(thrift, footer, group, leaf, rows);
  } catch (error) {
    if (error instanceof SelectError && error.code !== 'ParquetParsingError') return error.toValue();
    throw error;
  }
}

function chunkOf(thrift: ThriftBytes, footer: FooterStart, group: number, leaf: number, rows: number): ColumnChunk {
  const { leaves } = footer.schema;
  return readChunk(thrift.struct(footer.chunkAt[group * leaves.length + leaf]!), {
    leaf: leaves[leaf]!,
    index: leaf,
    rows,
    body_bytes: footer.offset,
    ordered: footer.ordered[leaf] ?? false,
  });
}

const corrupt = (hint: string, offset?: number): SelectError =>
  new SelectError('ParquetParsingError', offset === undefined ? { hint } : { hint, offset });
