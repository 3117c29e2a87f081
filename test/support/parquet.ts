/** Parquet files for tests, and small things to read them with. */
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { ByteWriter, type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { SelectError } from '../../src/base/errors.ts';
import { describeParquet } from '../../src/formats/parquet/describe.ts';
import type { Extent, ParquetFooter } from '../../src/formats/parquet/metadata.ts';
import type { ByteSource } from '../../src/formats/scan.ts';

/** Bytes as a source; `reads` collects what was read of it. */
export function sourceOf(bytes: Uint8Array, reads: Extent[] = []): ByteSource {
  return {
    size: bytes.length,
    read(into, at, length, offset) {
      const part = bytes.subarray(offset, offset + length);
      into.set(part, at);
      reads.push({ offset, bytes: part.length });
      return part.length;
    },
  };
}

export function footerOf(bytes: Uint8Array): ParquetFooter {
  return describeParquet(sourceOf(bytes));
}

/** What a file is refused with; the footer where it is not. */
export function refusalOf(bytes: Uint8Array): SelectError | ParquetFooter {
  try {
    return footerOf(bytes);
  } catch (error) {
    if (error instanceof SelectError) return error;
    throw error;
  }
}

type Thrift = Record<string, unknown>;

/** Columns of 240 rows: every type the writer knows, flat and nested, with NULLs. */
export function manyTypes(): { readonly columns: ColumnSource[]; readonly schema: SchemaElement[] } {
  const rows = Array.from({ length: 240 }, (_, row) => row);
  const of = <Value>(make: (row: number) => Value): (Value | null)[] => rows.map((row) => (row % 7 === 3 ? null : make(row)));
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const flat: readonly (readonly [SchemaElement, unknown[]])[] = [
    [{ name: 'flag', type: 'BOOLEAN', ...optional }, of((row) => row % 2 === 0)],
    [{ name: 'i32', type: 'INT32', ...optional }, of((row) => row * 3 - 100)],
    [{ name: 'i64', type: 'INT64', ...optional }, of((row) => BigInt(row) * 3_000_000_000n)],
    [{ name: 'f32', type: 'FLOAT', ...optional }, of((row) => row / 4)],
    [{ name: 'f64', type: 'DOUBLE', ...optional }, of((row) => row / 3)],
    [{ name: 'bytes', type: 'BYTE_ARRAY', ...optional }, of((row) => Buffer.from(`b${row}`))],
    [{ name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional }, of((row) => `word ${row % 20}`)],
    [{ name: 'dec32', type: 'INT32', converted_type: 'DECIMAL', precision: 9, scale: 2, ...optional }, of((row) => row + 0.25)],
    [
      { name: 'fixed', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 30, scale: 3, ...optional },
      of((row) => BigInt(row) - 9n),
    ],
    [{ name: 'day', type: 'INT32', converted_type: 'DATE', ...optional }, of((row) => 19_000 + row)],
    [{ name: 'ms', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', ...optional }, of((row) => BigInt(row) * 1000n)],
    [
      { name: 'ns', type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' }, ...optional },
      of((row) => BigInt(row)),
    ],
    [{ name: 'u32', type: 'INT32', converted_type: 'UINT_32', ...optional }, of((row) => row * 17_000_000)],
    [
      { name: 'uuid', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' }, ...optional },
      of((row) => `00000000-0000-4000-8000-${row.toString(16).padStart(12, '0')}`),
    ],
    [{ name: 'half', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' }, ...optional }, of((row) => row / 2)],
  ];
  const nested: SchemaElement[] = [
    { name: 'list', converted_type: 'LIST', num_children: 1, ...optional },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'INT32', ...optional },
    { name: 'pair', num_children: 2, ...optional },
    { name: 'left', type: 'INT32', ...optional },
    { name: 'right', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
  ];
  return {
    schema: [{ name: 'root', num_children: flat.length + 2 }, ...flat.map(([element]) => element), ...nested],
    columns: [
      ...flat.map(([{ name }, data]) => ({ name, data }) as ColumnSource),
      { name: 'list', data: of((row) => Array.from({ length: row % 4 }, (_, index) => row + index)) },
      { name: 'pair', data: of((row) => ({ left: row, right: `r${row}` })) },
    ],
  };
}

/** The same, in row groups of 100. */
export function manyTypesFile(columnOptions: Partial<ColumnSource> = {}): Uint8Array {
  const { columns, schema } = manyTypes();
  const columnData = columns.map((column) => ({ ...column, ...columnOptions }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize: 100, pageSize: 200 }));
}

/**
 * The file with other values in its footer: each edit is the way to a value, by numbers of fields and indices of lists, and the
 * value (undefined: the field is left out).
 */
export function edited(file: Uint8Array, ...edits: readonly (readonly [way: readonly number[], value: unknown])[]): Uint8Array {
  const footer = thriftOf(file);
  for (const [way, value] of edits) {
    let node: unknown = footer;
    for (const step of way.slice(0, -1)) node = Array.isArray(node) ? node[step] : (node as Thrift)[`field_${step}`];
    const last = way.at(-1) ?? 0;
    if (Array.isArray(node)) node[last] = value;
    else (node as Thrift)[`field_${last}`] = value;
  }
  return withFooter(file, footer);
}

function thriftOf(file: Uint8Array): Thrift {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return deserializeTCompactProtocol({ view, offset: file.length - 8 - view.getUint32(file.length - 8, true) });
}

/** The file with another footer. */
export function withFooter(file: Uint8Array, footer: Thrift | Uint8Array): Uint8Array {
  const length = Buffer.from(file.subarray(-8)).readUInt32LE();
  const body = file.subarray(0, file.length - 8 - length);
  const bytes = footer instanceof Uint8Array ? footer : thriftBytes(footer);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(bytes.length);
  end.write('PAR1', 4);
  return Buffer.concat([body, bytes, end]);
}

export function thriftBytes(fields: Thrift): Uint8Array {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, inOrder(fields) as Thrift);
  return new Uint8Array(writer.getBuffer());
}

/** Fields are written in the order of their numbers. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const numbered = Object.entries(value).map(([field, inner]) => [Number(field.slice('field_'.length)), inOrder(inner)] as const);
  return Object.fromEntries(numbered.sort(([left], [right]) => left - right).map(([number, inner]) => [`field_${number}`, inner]));
}
