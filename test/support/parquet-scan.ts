/** Parquet files as scans read them, and random ones. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { limits } from '../../src/base/limits.ts';
import { readRowGroup } from '../../src/formats/parquet/footer.ts';
import type { ParquetFooter, RowGroup } from '../../src/formats/parquet/metadata.ts';
import { parquetReader } from '../../src/formats/parquet/scan.ts';
import type { ByteSource, ColumnPlace, Scan } from '../../src/formats/scan.ts';
import { type ThreadKernels, threadKernels } from '../../src/kernels/load.ts';
import { Decimal } from '../../src/vector/decimal.ts';
import { JsonValue } from '../../src/vector/json-value.ts';
import type { ScanPredicate } from '../../src/vector/predicate.ts';
import { Timestamp } from '../../src/vector/timestamp.ts';
import type { SqlValue } from '../../src/vector/value.ts';
import { footerOf, sourceOf } from './parquet.ts';

export const simd = threadKernels(limits.record_bytes_max);
/** Everything on the plain twins. */
export const plain: ThreadKernels = { ...simd, simd: simd.reference };

export interface ScanOptions {
  readonly thread?: ThreadKernels;
  /** All top-level columns when not given. */
  readonly columns?: readonly ColumnPlace[];
  readonly predicates?: readonly ScanPredicate[];
  /** Rows of a split. */
  readonly cut?: number;
  readonly source?: ByteSource;
  /** What the footer is to say of how large each column is: by that the memory is divided. */
  readonly chunk_bytes?: number;
}

function columnsOf({ schema }: ParquetFooter): ColumnPlace[] {
  return schema.roots.map((_, position) => ({ position, path: null }));
}

/** One scan for each split. */
export function* scansOf(
  bytes: Uint8Array,
  { thread = simd, predicates = [], cut, chunk_bytes, ...options }: ScanOptions = {},
): Generator<Scan> {
  const footer = footerOf(bytes);
  const { columns = columnsOf(footer), source = sourceOf(bytes) } = options;
  thread.constants.reset();
  const reader = parquetReader(thread, footer.schema, { columns, source: [], predicates, record_columns: 0 });
  const leaves = footer.schema.leaves.map((_, leaf) => leaf);
  const groups = footer.groups.map((_, index) => sized(readRowGroup(footer, index, leaves), chunk_bytes));
  for (const rowGroup of groups)
    for (const split of splitsOf(rowGroup, cut ?? rowGroup.rows))
      yield reader.open({
        source,
        split,
        startState: 'outside',
        resume: null,
        record_bytes_max: limits.record_bytes_max,
        window_bytes: limits.window_bytes,
        unfinished: false,
      });
}

function sized(group: RowGroup, chunk_bytes: number | undefined): RowGroup {
  if (chunk_bytes === undefined) return group;
  return { ...group, chunks: group.chunks.map((chunk) => ({ ...chunk, uncompressed_bytes: chunk_bytes, data_pages: null })) };
}

function splitsOf(rowGroup: RowGroup, step: number) {
  const { first_row, rows } = rowGroup;
  return Array.from({ length: Math.ceil(rows / step) }, (_, index) => {
    const start = first_row + index * step;
    return { index, start, end: Math.min(start + step, first_row + rows), first: start === 0, rowGroup };
  });
}

/** A row that was scanned: its number in the object, counted from 0, and its values by slot. */
export interface ScannedRow {
  readonly row: number;
  readonly values: readonly SqlValue[];
}

export function scanRows(bytes: Uint8Array, options: ScanOptions = {}): ScannedRow[] {
  const rows: ScannedRow[] = [];
  const columns = options.columns ?? columnsOf(footerOf(bytes));
  for (const scan of scansOf(bytes, options)) {
    while (scan.next()) {
      const selected = scan.selected().slice();
      const vectors = columns.map((_, slot) => scan.read(slot, selected));
      for (const [index, row] of selected.entries()) {
        const values = vectors.map((vector) => (vector.kind === 'constant' ? vector.value : vector.values[index]));
        rows.push({ row: scan.resumeAt(row).offset - 1, values });
      }
    }
  }
  return rows;
}

/** A value in the terms of whoever wrote it: comparable by its JSON. */
export function plainValue(value: SqlValue): unknown {
  if (value instanceof Decimal || value instanceof Timestamp) return value.toText();
  if (value instanceof JsonValue) return JSON.parse(value.json);
  return typeof value === 'bigint' ? String(value) : value;
}

/** A column of a random file: how it is written, and the values that are expected of it. */
export interface RandomColumn {
  readonly source: ColumnSource;
  readonly elements: readonly SchemaElement[];
  readonly expected: readonly unknown[];
}

export interface RandomFile {
  readonly bytes: Uint8Array;
  readonly columns: readonly RandomColumn[];
  readonly rows: number;
}

type Values<T> = fc.Arbitrary<T>;

interface Kind<T> {
  readonly element: Omit<SchemaElement, 'name'>;
  readonly encodings: readonly string[];
  readonly values: Values<T>;
  readonly expected: (value: T) => unknown;
}

const kind = <T>(
  element: Omit<SchemaElement, 'name'>,
  encodings: readonly string[],
  values: Values<T>,
  expected: (value: T) => unknown,
): Kind<unknown> => ({ element, encodings, values, expected }) as Kind<unknown>;

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('', 'a', 'abc', 'x'.repeat(300)),
);
const int32 = fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }));
const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -9n, max: 9n }));
const deltas = ['PLAIN', 'DELTA_BINARY_PACKED', 'RLE_DICTIONARY', 'BYTE_STREAM_SPLIT'];
const texts = ['PLAIN', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'RLE_DICTIONARY'];
const floats = ['PLAIN', 'BYTE_STREAM_SPLIT', 'RLE_DICTIONARY'];

const kinds: readonly Kind<unknown>[] = [
  kind({ type: 'BOOLEAN' }, ['PLAIN', 'RLE'], fc.boolean(), (value) => value),
  kind({ type: 'INT32' }, deltas, int32, String),
  kind({ type: 'INT64' }, deltas, int64, String),
  kind({ type: 'INT32', converted_type: 'UINT_32' }, deltas, fc.nat({ max: 2 ** 31 - 1 }), String),
  kind({ type: 'FLOAT' }, floats, fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => value),
  kind({ type: 'DOUBLE' }, floats, fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => value),
  kind({ type: 'BYTE_ARRAY', converted_type: 'UTF8' }, texts, text, (value) => value),
  kind({ type: 'INT64', converted_type: 'UINT_64' }, deltas, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), String),
  kind({ type: 'INT32', converted_type: 'DECIMAL', precision: 9, scale: 2 }, deltas, unscaled(9), (value) => decimalText(value, 2)),
  kind({ type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 4 }, deltas, unscaled(18), (value) => decimalText(value, 4)),
  kind(
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 38, scale: 6 },
    ['PLAIN', 'RLE_DICTIONARY', 'BYTE_STREAM_SPLIT'],
    unscaled(38),
    (value) => decimalText(value, 6),
  ),
  kind(
    { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
    deltas,
    fc.bigInt({ min: 0n, max: 7_000_000_000_000_000n }),
    (micros) => `${new Date(Number(micros / 1000n)).toISOString().slice(0, -1)}${String(micros % 1000n).padStart(3, '0')}Z`,
  ),
  kind({ type: 'INT32', converted_type: 'DATE' }, deltas, fc.integer({ min: -100_000, max: 100_000 }), (days) => dayText(days)),
];

function unscaled(digits: number): Values<bigint> {
  const most = 10n ** BigInt(digits) - 1n;
  return fc.oneof(fc.bigInt({ min: -most, max: most }), fc.bigInt({ min: -20n, max: 20n }));
}

function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function dayText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** Runs of one value, few values over and over, or anything; NULLs alone or in runs. */
function dataOf(values: Values<unknown>, rows: number): fc.Arbitrary<unknown[]> {
  const pool = fc.array(values, { minLength: 1, maxLength: 40 });
  return fc.tuple(pool, fc.constantFrom('runs', 'few', 'nulls'), fc.integer({ min: 1, max: 0x7fffffff })).map(([entries, shape, seed]) => {
    const below = randomBelow(seed);
    const data: unknown[] = [];
    while (data.length < rows) {
      const length = shape === 'few' ? 1 : 1 + below(60);
      const value = below(shape === 'nulls' ? 2 : 12) === 0 ? null : entries[below(entries.length)];
      for (let i = 0; i < length && data.length < rows; i++)
        data.push(shape === 'nulls' && value !== null ? entries[below(entries.length)] : value);
    }
    return data;
  });
}

/** xorshift32 */
function randomBelow(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 1) % n;
  };
}

function flatColumn(name: string, rows: number): fc.Arbitrary<RandomColumn> {
  return fc.constantFrom(...kinds).chain(({ element, encodings, values, expected }) =>
    fc.tuple(dataOf(values, rows), fc.constantFrom(...encodings), fc.boolean()).map(([data, encoding, offsetIndex]) => ({
      source: { name, data, encoding, offsetIndex, columnIndex: offsetIndex } as unknown as ColumnSource,
      elements: [{ name, repetition_type: 'OPTIONAL', ...element } as SchemaElement],
      expected: data.map((value) => (value === null ? null : expected(value))),
    })),
  );
}

/** A type of nested values: a leaf, a list, a group or a map of texts to a type. */
type Shape = 'int' | 'text' | 'double' | 'flag' | { readonly list: Shape } | { readonly map: Shape } | { readonly group: readonly Shape[] };

const shapes = fc.letrec<{ shape: Shape; inner: Shape }>((tie) => {
  const inner = tie('inner') as fc.Arbitrary<Shape>;
  const composed: fc.Arbitrary<Shape>[] = [
    inner.map((list) => ({ list })),
    inner.map((map) => ({ map })),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((group) => ({ group })),
  ];
  return {
    shape: fc.oneof(...composed),
    inner: fc.oneof({ maxDepth: 3 }, fc.constantFrom<Shape>('int', 'text', 'double', 'flag'), tie('shape') as fc.Arbitrary<Shape>),
  };
});

function elementsOf(name: string, shape: Shape): SchemaElement[] {
  const optional = { repetition_type: 'OPTIONAL' } as const;
  if (shape === 'int') return [{ name, type: 'INT32', ...optional }];
  if (shape === 'double') return [{ name, type: 'DOUBLE', ...optional }];
  if (shape === 'flag') return [{ name, type: 'BOOLEAN', ...optional }];
  if (shape === 'text') return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional }];
  const repeated = { repetition_type: 'REPEATED' } as const;
  if ('list' in shape)
    return [
      { name, converted_type: 'LIST', num_children: 1, ...optional },
      { name: 'list', num_children: 1, ...repeated },
      ...elementsOf('element', shape.list),
    ];
  if ('group' in shape)
    return [{ name, num_children: shape.group.length, ...optional }, ...shape.group.flatMap((member, at) => elementsOf(`m${at}`, member))];
  return [
    { name, converted_type: 'MAP', num_children: 1, ...optional },
    { name: 'key_value', num_children: 2, ...repeated },
    { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    ...elementsOf('value', shape.map),
  ];
}

/** Values of a shape, any of which can be NULL: as JSON has them. */
function valuesOf(shape: Shape): Values<unknown> {
  const values = (): Values<unknown> => {
    if (shape === 'int') return int32;
    if (shape === 'double') return fc.integer({ min: -9999, max: 9999 }).map((n) => n / 8);
    if (shape === 'flag') return fc.boolean();
    if (shape === 'text') return text;
    if ('list' in shape) return fc.array(valuesOf(shape.list), { maxLength: 3 });
    if ('group' in shape) return fc.record(Object.fromEntries(shape.group.map((member, at) => [`m${at}`, valuesOf(member)])));
    return fc
      .array(valuesOf(shape.map), { maxLength: 3 })
      .map((found) => Object.fromEntries(found.map((value, at) => [`k${at} "é"`, value])));
  };
  return fc.option(values(), { nil: null, freq: 4 });
}

/** As hyparquet-writer takes them: maps are lists of entries. */
function writable(shape: Shape, value: unknown): unknown {
  if (typeof shape === 'string' || value === null) return value;
  if ('list' in shape) return (value as unknown[]).map((item) => writable(shape.list, item));
  const entries = Object.entries(value as object);
  if ('map' in shape) return entries.map(([key, item]) => ({ key, value: writable(shape.map, item) }));
  return Object.fromEntries(entries.map(([key, item], at) => [key, writable(shape.group[at]!, item)]));
}

/** Lists, groups and maps in one another: every level can be NULL or empty. */
function nestedColumn(name: string, rows: number): fc.Arbitrary<RandomColumn> {
  return shapes.shape.chain((shape) =>
    dataOf(valuesOf(shape), rows).map((data) => ({
      source: { name, data: data.map((value) => writable(shape, value)) } as ColumnSource,
      elements: elementsOf(name, shape),
      expected: data,
    })),
  );
}

const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliCompressSync(bytes)),
};

export function randomFile({ rows_max = 700, nested = true } = {}): fc.Arbitrary<RandomFile> {
  return fc.integer({ min: 1, max: rows_max }).chain((rows) => {
    const columns = fc
      .array(fc.integer({ min: 0, max: nested ? 4 : 3 }), { minLength: 1, maxLength: 6 })
      .chain((shapes) =>
        fc.tuple(...shapes.map((shape, index) => (shape === 4 ? nestedColumn(`c${index}`, rows) : flatColumn(`c${index}`, rows)))),
      );
    const options = fc.record({
      codec: fc.constantFrom('UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'),
      pageSize: fc.constantFrom(30, 200, 1500, 1 << 20),
      rowGroupSize: fc.constantFrom(rows, 100, 333),
    });
    return fc.tuple(columns, options).map(([found, settings]) => ({ rows, columns: found, bytes: fileOf(found, settings) }));
  });
}

function fileOf(columns: readonly RandomColumn[], options: Record<string, unknown>): Uint8Array {
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)];
  const columnData = columns.map(({ source }) => source);
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, compressors, ...options } as never));
}
