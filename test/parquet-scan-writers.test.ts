/** Files that parquet-wasm (arrow-rs) writes: pages of both versions, all codecs and encodings, dictionaries that are given up. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import {
  Compression,
  Encoding,
  readParquet,
  type WriterProperties,
  WriterPropertiesBuilder,
  WriterVersion,
  writeParquet,
} from 'parquet-wasm';
import t from 'tap';
import { plain, plainValue, type RandomFile, randomFile, type ScannedRow, scanRows, simd } from './support/parquet-scan.ts';

t.setTimeout(120_000);

const codecs = [
  Compression.UNCOMPRESSED,
  Compression.SNAPPY,
  Compression.GZIP,
  Compression.BROTLI,
  Compression.ZSTD,
  Compression.LZ4_RAW,
  Compression.LZ4,
] as const;

const byType: Readonly<Record<string, readonly Encoding[]>> = {
  BOOLEAN: [Encoding.PLAIN, Encoding.RLE],
  INT32: [Encoding.PLAIN, Encoding.DELTA_BINARY_PACKED, Encoding.BYTE_STREAM_SPLIT],
  INT64: [Encoding.PLAIN, Encoding.DELTA_BINARY_PACKED, Encoding.BYTE_STREAM_SPLIT],
  FLOAT: [Encoding.PLAIN, Encoding.BYTE_STREAM_SPLIT],
  DOUBLE: [Encoding.PLAIN, Encoding.BYTE_STREAM_SPLIT],
  BYTE_ARRAY: [Encoding.PLAIN, Encoding.DELTA_LENGTH_BYTE_ARRAY, Encoding.DELTA_BYTE_ARRAY],
};

interface Settings {
  readonly codec: Compression;
  readonly version: WriterVersion;
  readonly pageBytes: number;
  readonly groupRows: number;
  /** Bytes of a dictionary; 0: none. */
  readonly dictionary: number;
  readonly pick: number;
}

const settings = fc.record<Settings>({
  codec: fc.constantFrom(...codecs),
  version: fc.constantFrom(WriterVersion.V1, WriterVersion.V2),
  pageBytes: fc.constantFrom(40, 300, 1 << 20),
  groupRows: fc.constantFrom(90, 1000),
  dictionary: fc.constantFrom(0, 50, 1 << 20),
  pick: fc.nat({ max: 1000 }),
});

function propertiesOf({ columns }: RandomFile, { codec, version, pageBytes, groupRows, dictionary, pick }: Settings): WriterProperties {
  let builder = new WriterPropertiesBuilder()
    .setCompression(codec)
    .setWriterVersion(version)
    .setDataPageSizeLimit(pageBytes)
    .setWriteBatchSize(16)
    .setMaxRowGroupSize(groupRows)
    .setDictionaryEnabled(dictionary > 0);
  if (dictionary > 0) builder = builder.setDictionaryPageSizeLimit(dictionary);
  else
    for (const [index, { elements }] of columns.entries()) {
      const { name, type } = elements[0]!;
      const encodings = type === undefined ? undefined : byType[type];
      if (encodings !== undefined) builder = builder.setColumnEncoding(name, encodings[(pick + index) % encodings.length]!);
    }
  return builder.build();
}

t.test('every row of every file', async (t) => {
  fc.assert(
    fc.property(randomFile({ rows_max: 500 }), settings, fc.boolean(), (file, options, fast) => {
      const rewritten = writeParquet(readParquet(file.bytes), propertiesOf(file, options));
      const rows = scanRows(rewritten, { thread: fast ? simd : plain });
      const found = JSON.stringify(rows.map(({ values }) => values.map(plainValue)));
      return found === JSON.stringify(Array.from({ length: file.rows }, (_, row) => file.columns.map(({ expected }) => expected[row])));
    }),
    { numRuns: 250 },
  );
  t.pass();
});

/** hyparquet knows two codecs by itself, and Node's zlib two more. */
const decompressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliDecompressSync(bytes)),
};
const readable: readonly Compression[] = [Compression.UNCOMPRESSED, Compression.SNAPPY, Compression.GZIP, Compression.BROTLI];

/** A value of hyparquet in the terms of the expected ones; it has decimals as doubles, which are not compared. */
function theirs(value: unknown, expected: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof expected === 'string') {
    if (value instanceof Date) {
      const text = value.toISOString();
      return expected.endsWith('Z') ? expected : text.slice(0, expected.length);
    }
    return /^-?\d+\.\d+$/.test(expected) && typeof value === 'number' ? expected : String(value);
  }
  if (Array.isArray(expected)) return (value as unknown[]).map((item, at) => theirs(item, expected[at]));
  if (typeof expected === 'object' && expected !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, theirs(item, (expected as Record<string, unknown>)[key])]));
  return value;
}

/** Whether all values are the same; `each` is called for every one. */
function agree(
  { columns }: RandomFile,
  rows: readonly ScannedRow[],
  objects: readonly Record<string, unknown>[],
  each: () => void,
): boolean {
  return rows.every(({ values }, row) =>
    columns.every(({ source }, column) => {
      const ours = plainValue(values[column]);
      each();
      return JSON.stringify(ours) === JSON.stringify(theirs(objects[row]![source.name], ours));
    }),
  );
}

t.test('hyparquet reads the same of them', async (t) => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(randomFile({ rows_max: 200 }), settings, fc.constantFrom(...readable), async (file, options, codec) => {
      const rewritten = writeParquet(readParquet(file.bytes), propertiesOf(file, { ...options, codec }));
      const rows = scanRows(rewritten);
      const buffer = rewritten.slice().buffer;
      const objects = await parquetReadObjects({ file: buffer, compressors: decompressors });
      return objects.length === rows.length && agree(file, rows, objects, () => compared++);
    }),
    { numRuns: 100 },
  );
  t.ok(compared > 1000, `${compared} values`);
});

/** As parquet-wasm reads it, in the plainest of files: what it makes of encodings and codecs is then told by the simplest reader. */
function rewrittenPlain(bytes: Uint8Array): Uint8Array {
  const properties = new WriterPropertiesBuilder().setCompression(Compression.UNCOMPRESSED).setDictionaryEnabled(false).build();
  return writeParquet(readParquet(bytes), properties);
}

t.test('parquet-wasm reads the same of them, and of files of another writer', async (t) => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(randomFile({ rows_max: 200 }), settings, fc.boolean(), async (file, options, own) => {
      const bytes = own ? writeParquet(readParquet(file.bytes), propertiesOf(file, options)) : file.bytes;
      const rows = scanRows(bytes);
      const objects = await parquetReadObjects({ file: rewrittenPlain(bytes).slice().buffer });
      return objects.length === rows.length && agree(file, rows, objects, () => compared++);
    }),
    { numRuns: 150 },
  );
  t.ok(compared > 1000, `${compared} values`);
});
