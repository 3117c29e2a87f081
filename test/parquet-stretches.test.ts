/** Pages that are not compressed and larger than what is read of them: as many bytes are read as the rows asked for need. */
import fc from 'fast-check';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { Compression, readParquet, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import t from 'tap';
import type { Extent } from '../src/formats/parquet/metadata.ts';
import type { ScanPredicate } from '../src/vector/predicate.ts';
import { sourceOf } from './support/parquet.ts';
import { plain, plainValue, scanRows, simd } from './support/parquet-scan.ts';

t.setTimeout(180_000);

const ROWS = 60_000;
const rows = Array.from({ length: ROWS }, (_, row) => row);
const columns: readonly { readonly name: string; readonly type: string; readonly of: (row: number) => unknown }[] = [
  { name: 'id', type: 'INT64', of: (row) => BigInt(row) },
  { name: 'i32', type: 'INT32', of: (row) => row * 7 - 1000 },
  { name: 'i64', type: 'INT64', of: (row) => BigInt(row) * 1_000_003n },
  { name: 'f64', type: 'DOUBLE', of: (row) => row / 3 },
  { name: 'f32', type: 'FLOAT', of: (row) => row / 4 },
];

/** `null_every`: one row in so many; 0: none. `bytes_max`: of a page. */
function fileOf(null_every: number, nullable: boolean, bytes_max: number): Uint8Array {
  const columnData = columns.map(({ name, type, of }) => {
    const data = rows.map((row) => (null_every > 0 && name !== 'id' && row % null_every === 1 ? null : of(row)));
    return { name, type, data, nullable: nullable && name !== 'id', encoding: 'PLAIN' };
  });
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columnData as ColumnSource[],
      codec: 'UNCOMPRESSED',
      rowGroupSize: ROWS,
      pageSize: bytes_max,
      statistics: false,
    }),
  );
}

/** The same with pages of the first version. */
function firstVersion(file: Uint8Array): Uint8Array {
  const settings = new WriterPropertiesBuilder()
    .setCompression(Compression.UNCOMPRESSED)
    .setWriterVersion(WriterVersion.V1)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(ROWS)
    .setDataPageSizeLimit(200_000);
  return writeParquet(readParquet(file), settings.build());
}

const files = [
  fileOf(0, false, 10_000_000),
  fileOf(0, true, 10_000_000),
  fileOf(5, true, 10_000_000),
  fileOf(7, true, 150_000),
  firstVersion(fileOf(0, true, 10_000_000)),
  firstVersion(fileOf(1000, true, 10_000_000)),
];
const nulls = [0, 0, 5, 7, 0, 1000];

const expectedOf = (file: number, row: number): unknown[] =>
  columns.map(({ name, type, of }) => {
    if (name !== 'id' && nulls[file]! > 0 && row % nulls[file]! === 1) return null;
    return type.startsWith('INT') ? String(of(row)) : of(row);
  });

/** Rows by ranges of their ids. */
const within = (slot: number, low: number, high: number): ScanPredicate => ({
  kind: 'range',
  slot,
  low: { type: 'int', value: BigInt(low) },
  lowInclusive: true,
  high: { type: 'int', value: BigInt(high) },
  highInclusive: true,
  negated: false,
});

const members = (ids: readonly number[]): ScanPredicate => ({
  kind: 'member',
  slot: 0,
  values: ids.map((id) => ({ type: 'int', value: BigInt(id) })),
  negated: false,
});

t.test('any rows of them are what was written', (t) => {
  const ids = fc.oneof(
    fc.uniqueArray(fc.nat({ max: ROWS - 1 }), { minLength: 2, maxLength: 30 }),
    fc.tuple(fc.nat({ max: ROWS - 600 }), fc.nat({ max: 500 })).map(([first, count]) => rows.slice(first, first + count + 2)),
  );
  const property = fc.property(fc.nat({ max: files.length - 1 }), ids, fc.boolean(), (file, wanted, onTwins) => {
    const sorted = wanted.toSorted((a, b) => a - b);
    const found = scanRows(files[file]!, { thread: onTwins ? plain : simd, predicates: [members(sorted)] });
    const values = found.map((one) => one.values.map(plainValue));
    return JSON.stringify(values) === JSON.stringify(sorted.map((row) => expectedOf(file, row)));
  });
  fc.assert(property, { numRuns: 60 });
  for (const file of files.keys()) {
    const found = scanRows(files[file]!, { predicates: [within(0, 100, ROWS - 100)] });
    const values = found.map((one) => one.values.map(plainValue));
    t.same(
      values,
      rows.slice(100, ROWS - 99).map((row) => expectedOf(file, row)),
      `most rows of file ${file}`,
    );
  }
  t.end();
});

t.test('little is read of what few rows need', (t) => {
  const id_bytes = 8 * ROWS;
  for (const file of [0, 1, 2]) {
    const reads: Extent[] = [];
    const found = scanRows(files[file]!, { source: sourceOf(files[file]!, reads), predicates: [within(0, 31_000, 31_009)] });
    t.equal(found.length, 10);
    const read = reads.reduce((sum, { bytes }) => sum + bytes, 0);
    // Of each other column its levels, the header of its page, and at most two pieces of 4 kB.
    t.ok(read < id_bytes + (columns.length - 1) * (8192 + 8192 + 8192), `file ${file}: ${read} bytes of ${files[file]!.length}`);
  }
  t.end();
});

t.test('a page that is shorter than its values is damaged', (t) => {
  const file = files[0]!;
  const cut = file.slice();
  // The header of the first page, of ids, has its size twice.
  const size = [...varint(2 * 8 * ROWS)];
  for (let index = 0, found = 0; index < 100 && found < 2; index++)
    if (size.every((byte, offset) => cut[index + offset] === byte)) {
      cut.set([...varint(2 * 8 * (ROWS - 1))], index);
      found++;
    }
  t.throws(() => scanRows(cut, { predicates: [within(0, 5, 9)] }), { code: 'ParquetParsingError', params: { hint: /cut off/ } });
  t.end();
});

function* varint(value: number): Generator<number> {
  for (; value >= 128; value = Math.floor(value / 128)) yield (value % 128) | 128;
  yield value;
}
