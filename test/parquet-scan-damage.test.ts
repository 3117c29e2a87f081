/**
 * Files with damaged pages: a scan answers rows or an error with its place, in bounded time, and never bytes that are not the
 * file's. What a page says can be changed without a trace, so rows may be wrong; that they are not is for checksums to say.
 */
import fc from 'fast-check';
import { type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { Compression, readParquet, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { readRowGroup } from '../src/formats/parquet/footer.ts';
import type { ColumnPlace } from '../src/formats/scan.ts';
import { jsonText } from '../src/vector/text.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';
import { footerOf, manyTypesFile } from './support/parquet.ts';
import { plain, scanRows, simd } from './support/parquet-scan.ts';

t.setTimeout(180_000);

/** What stands in the memory of the thread before a scan: must not be found in what it answers. */
const MARK = 0x51;
const MARKED_BYTES = 24 * 1024 * 1024;

const plainFile = manyTypesFile({ codec: 'UNCOMPRESSED' });
const rewrite = (codec: Compression, version: WriterVersion, dictionary: boolean): Uint8Array =>
  writeParquet(
    readParquet(plainFile),
    new WriterPropertiesBuilder()
      .setCompression(codec)
      .setWriterVersion(version)
      .setDictionaryEnabled(dictionary)
      .setDataPageSizeLimit(200)
      .build(),
  );

/** Without NULLs, values are read in order and not by their positions. */
function denseFile(codec: 'UNCOMPRESSED' | 'SNAPPY'): Uint8Array {
  const rows = Array.from({ length: 300 }, (_, row) => row);
  const columnData = [
    { name: 'codes', data: rows.map((row) => BigInt((row * row) % 37)), type: 'INT64', encoding: 'RLE_DICTIONARY' },
    { name: 'words', data: rows.map((row) => `word ${(row * row) % 41}`), type: 'STRING', encoding: 'RLE_DICTIONARY' },
    { name: 'deltas', data: rows.map((row) => BigInt(row * row)), type: 'INT64', encoding: 'DELTA_BINARY_PACKED' },
    { name: 'split', data: rows.map((row) => row / 3), type: 'DOUBLE', encoding: 'BYTE_STREAM_SPLIT' },
    { name: 'texts', data: rows.map((row) => `text ${row}`), type: 'STRING', encoding: 'PLAIN' },
  ].map((column) => ({ ...column, nullable: false }));
  return new Uint8Array(parquetWriteBuffer({ columnData: columnData as ColumnSource[], codec, pageSize: 400 }));
}

/** Each text continues the one before, so what its prefix says decides over all that follow. */
function prefixedFile(): Uint8Array {
  const rows = Array.from({ length: 120 }, (_, row) => row);
  const texts = rows.map((row) => 'abcdefghijkl'.slice(0, (row * 5) % 13) + 'mnopqrst'.slice(0, row % 3));
  const columnData = [{ name: 'texts', data: texts, type: 'STRING', encoding: 'DELTA_BYTE_ARRAY', nullable: false }];
  return new Uint8Array(parquetWriteBuffer({ columnData: columnData as ColumnSource[], codec: 'UNCOMPRESSED', pageSize: 60 }));
}

/** A leaf below two groups, any of which may be NULL: its levels have two bits, and pages are of many lengths. */
function deepFile(): Uint8Array {
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 1 },
    { name: 'outer', num_children: 1, ...optional },
    { name: 'inner', num_children: 1, ...optional },
    { name: 'leaf', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
  ];
  const structAt = (row: number): unknown =>
    row % 5 === 1 ? null : { inner: row % 3 === 2 ? null : { leaf: row % 4 === 3 ? null : 'x'.repeat(row % 60 < 30 ? 1 : 9) + row } };
  const data = Array.from({ length: 400 }, (_, row) => structAt(row));
  const columnData = [{ name: 'outer', data, encoding: 'PLAIN' }] as ColumnSource[];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, codec: 'UNCOMPRESSED', pageSize: 300 }));
}

const leafOfDeep: ColumnPlace = { position: 0, path: ['inner', 'leaf'].map((name) => ({ kind: 'member', name, exact: true })) };

/** `columns`: all top-level ones when not given. `chunk_bytes`: how large chunks claim to be, so that they are decoded in runs. */
interface Victim {
  readonly bytes: Uint8Array;
  readonly columns?: readonly ColumnPlace[];
  readonly chunk_bytes?: number;
}

const files: readonly Victim[] = [
  { bytes: denseFile('UNCOMPRESSED') },
  { bytes: denseFile('SNAPPY') },
  { bytes: prefixedFile() },
  { bytes: deepFile(), columns: [leafOfDeep] },
  { bytes: plainFile },
  { bytes: plainFile, chunk_bytes: 48 * 1024 * 1024 },
  { bytes: manyTypesFile() },
  { bytes: rewrite(Compression.UNCOMPRESSED, WriterVersion.V1, true) },
  { bytes: rewrite(Compression.UNCOMPRESSED, WriterVersion.V2, false) },
  { bytes: rewrite(Compression.ZSTD, WriterVersion.V1, true) },
  { bytes: rewrite(Compression.LZ4_RAW, WriterVersion.V2, true) },
  { bytes: rewrite(Compression.GZIP, WriterVersion.V1, false) },
  { bytes: rewrite(Compression.BROTLI, WriterVersion.V2, true) },
];

/** A byte to change: of a column chunk, near its start or anywhere in it, and what it becomes. */
const change = fc.record({
  chunk: fc.nat(),
  at: fc.nat(),
  near: fc.boolean(),
  byte: fc.nat({ max: 255 }),
  bit: fc.option(fc.nat({ max: 7 }), { nil: null }),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function damaged(file: Uint8Array, changes: readonly Change[]): Uint8Array {
  const footer = footerOf(file);
  const leaves = footer.schema.leaves.map((_, leaf) => leaf);
  const chunks = footer.groups.flatMap((_, group) => readRowGroup(footer, group, leaves).chunks);
  const bytes = file.slice();
  for (const { chunk, at, near, byte, bit } of changes) {
    const { pages } = chunks[chunk % chunks.length]!;
    const place = pages.offset + (at % (near ? Math.min(40, pages.bytes) : pages.bytes));
    bytes[place] = bit === null ? byte : bytes[place]! ^ (1 << bit);
  }
  return bytes;
}

/** What a scan makes of a file: its rows as text or the code of its error; `wrong`: what neither may be. */
function outcomeOf(file: Victim, thread: typeof simd): { readonly text: string; readonly wrong: string | null } {
  const { u8, layout } = thread.memory;
  u8.fill(MARK, layout.decode, layout.decode + MARKED_BYTES);
  const start = performance.now();
  const outcome = rowsOrError(file, thread);
  const ms = performance.now() - start;
  return ms > 10_000 ? { ...outcome, wrong: `${ms} ms` } : outcome;
}

function rowsOrError({ bytes, ...options }: Victim, thread: typeof simd): ReturnType<typeof outcomeOf> {
  try {
    const rows = scanRows(bytes, { ...options, thread });
    const foreign = rows.flatMap(({ values }) => values.filter(isMarked));
    const text = JSON.stringify(rows.map(({ values }) => values.map(valueText)));
    return { text, wrong: foreign.length > 0 ? `bytes of others: ${foreign[0]}` : null };
  } catch (error) {
    if (!(error instanceof SelectError)) return { text: '', wrong: `${error}` };
    const wrong = typeof error.params['offset'] === 'number' ? null : `no place: ${error.message}`;
    return { text: error.code, wrong };
  }
}

const valueText = (value: SqlValue): string => (value instanceof Failure ? 'failure' : (jsonText(value) ?? 'missing'));

/** Whatever the damage, the kernels make of a file what their plain twins make of it: most changes leave it valid, and only then do rows tell. */
function wrongWith(file: Victim): string | null {
  const [fast, slow] = [outcomeOf(file, simd), outcomeOf(file, plain)];
  return fast.wrong ?? slow.wrong ?? (fast.text === slow.text ? null : differenceOf(fast.text, slow.text));
}

function differenceOf(left: string, right: string): string {
  let at = 0;
  while (left[at] === right[at]) at++;
  const near = (text: string): string => text.slice(Math.max(0, at - 40), at + 40);
  return `${near(left)} by the kernels, ${near(right)} by their twins`;
}

function isMarked(value: SqlValue): boolean {
  if (typeof value === 'bigint') return (value & 0xffffffffn) === 0x51515151n;
  return value !== null && value !== undefined && !(value instanceof Failure) && (jsonText(value) ?? '').includes('QQQQ');
}

t.test('bytes that were changed', async (t) => {
  for (const [index, file] of files.entries())
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const wrong = wrongWith({ ...file, bytes: damaged(file.bytes, changes) });
        if (wrong !== null) t.comment(`file ${index}: ${wrong}`);
        return wrong === null;
      }),
      { numRuns: 90 },
    );
});

t.test('an object that ends where pages should be', async (t) => {
  for (const { bytes: file, columns } of files) {
    const footer = footerOf(file);
    const { chunks } = readRowGroup(footer, 0, [Math.min(3, footer.schema.leaves.length - 1)]);
    const [chunk] = chunks;
    // why: the object was replaced by a shorter one behind the description that was made of it.
    const source = {
      size: file.length,
      read: (into: Uint8Array, at: number, length: number, offset: number) => {
        const part = file.subarray(offset, Math.min(offset + length, chunk!.pages.offset + 5));
        into.set(part, at);
        return Math.max(0, part.length);
      },
    };
    t.throws(() => scanRows(file, { source, ...(columns === undefined ? {} : { columns }) }), {
      code: 'ParquetParsingError',
      message: /the object ends in the middle of a page/,
    });
  }
});
