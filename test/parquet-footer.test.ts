/** Footers of Parquet: what several writers wrote, what the format's history left behind, and what a stranger may send. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readParquet, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { limits } from '../src/base/limits.ts';
import { boundValue } from '../src/formats/parquet/bounds.ts';
import { describeParquet } from '../src/formats/parquet/describe.ts';
import { readRowGroup } from '../src/formats/parquet/footer.ts';
import type { Extent, ParquetFooter } from '../src/formats/parquet/metadata.ts';
import { ThriftBytes } from '../src/formats/parquet/thrift.ts';
import { csvText } from '../src/vector/text.ts';
import { edited, footerOf, manyTypesFile, refusalOf, sourceOf, thriftBytes, withFooter } from './support/parquet.ts';

const flights = readFileSync(join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet'));
const ours = manyTypesFile({ columnIndex: true, bloomFilter: true });

const allLeaves = ({ schema }: ParquetFooter): number[] => schema.leaves.map((_, leaf) => leaf);

t.test('what hyparquet reads of the same files', async (t) => {
  const rewritten = writeParquet(readParquet(ours), new WriterPropertiesBuilder().setMaxRowGroupSize(90).build());
  for (const file of [flights, ours, rewritten]) {
    const expected = parquetMetadata(file.slice().buffer);
    const footer = footerOf(file);
    t.equal(footer.rows, Number(expected.num_rows));
    t.equal(footer.writer, expected.created_by);
    t.same(
      footer.schema.leaves.map(({ physical }) => physical),
      expected.schema.flatMap(({ type }) => type ?? []),
    );
    for (const [index, group] of expected.row_groups.entries()) {
      const read = readRowGroup(footer, index, allLeaves(footer));
      t.equal(read.rows, Number(group.num_rows));
      for (const [leaf, { meta_data }] of group.columns.entries()) {
        const chunk = read.chunks[leaf]!;
        const { path } = footer.schema.leaves[leaf]!;
        t.same(path, meta_data?.path_in_schema);
        t.equal(chunk.codec, meta_data?.codec);
        t.equal(chunk.values, Number(meta_data?.num_values));
        t.equal(chunk.pages.bytes, Number(meta_data?.total_compressed_size));
        t.equal(chunk.pages.offset, Number(meta_data?.dictionary_page_offset ?? meta_data?.data_page_offset));
        t.same(chunk.encodings, meta_data?.encodings);
        t.equal(chunk.statistics?.nulls ?? null, Number(meta_data?.statistics?.null_count));
      }
    }
  }
});

t.test('one read, and a second where the footer is long', async (t) => {
  const reads: Extent[] = [];
  describeParquet(sourceOf(flights, reads));
  t.same(reads, [{ offset: flights.length - limits.parquet_tail_bytes, bytes: limits.parquet_tail_bytes }]);
  const wide = Array.from({ length: 2000 }, (_, n) => ({ name: `column_${n}`, data: [n] }));
  const file = new Uint8Array(parquetWriteBuffer({ columnData: wide }));
  const widely: Extent[] = [];
  const footer = describeParquet(sourceOf(file, widely));
  t.equal(footer.schema.leaves.length, 2000);
  t.equal(widely.length, 2);
  t.ok(footer.bytes.length > limits.parquet_tail_bytes);
});

t.test('bounds as values', async (t) => {
  const footer = footerOf(ours);
  const { chunks } = readRowGroup(footer, 1, allLeaves(footer));
  const bounds = chunks.map(({ statistics }, leaf) => {
    const text = (bytes: Uint8Array | null | undefined): string | null => {
      const value = bytes ? boundValue(bytes, footer.schema.leaves[leaf]!) : undefined;
      return value === undefined ? null : csvText(value);
    };
    return [footer.schema.leaves[leaf]!.path.join('.'), text(statistics?.min), text(statistics?.max), statistics?.exact];
  });
  t.same(bounds.slice(0, 15), [
    ['flag', 'false', 'true', true],
    ['i32', '200', '494', true],
    ['i64', '300000000000', '594000000000', true],
    ['f32', '25.0', '49.5', true],
    ['f64', '33.333333333333336', '66.0', true],
    ['bytes', null, null, false],
    ['text', null, null, false],
    ['dec32', '100.25', '198.25', true],
    ['fixed', '0.091', '0.189', true],
    ['day', '2022-04-18', '2022-07-25', true],
    ['ms', '1970-01-01T00:01:40.000Z', '1970-01-01T00:03:18.000Z', true],
    ['ns', '1970-01-01T00:00:00.000000100-00:00', '1970-01-01T00:00:00.000000198-00:00', true],
    ['u32', '1700000000', '3366000000', true],
    ['uuid', '00000000-0000-4000-8000-000000000064', '00000000-0000-4000-8000-0000000000c6', true],
    ['half', '50.0', '99.0', true],
  ]);
});

t.test('statistics: only what can be trusted', async (t) => {
  const changed = (leaf: string, statistics: object | undefined, orders?: unknown) => {
    const index = footerOf(ours).schema.leaves.findIndex(({ path }) => path[0] === leaf);
    const file = edited(ours, [[4, 0, 1, index, 3, 12], statistics], ...(orders === undefined ? [] : [[[7], orders] as const]));
    return readRowGroup(footerOf(file), 0, [index]).chunks[0]?.statistics;
  };
  const one = Uint8Array.of(1, 0, 0, 0);
  const two = Uint8Array.of(2, 0, 0, 0);
  t.equal(changed('i32', undefined), null);
  t.same(changed('i32', { field_1: two, field_2: one }), { min: one, max: two, nulls: null, exact: true }, 'old bounds of signed numbers');
  t.equal(changed('u32', { field_1: two, field_2: one }), null, 'not of unsigned ones');
  t.equal(changed('text', { field_1: two, field_2: one }), null, 'nor of text');
  t.same(changed('u32', { field_5: two, field_6: one }), { min: one, max: two, nulls: null, exact: true });
  t.same(changed('text', { field_5: two, field_6: one }), { min: one, max: two, nulls: null, exact: false }, 'text may be cut off');
  t.equal(changed('text', { field_5: two, field_6: one, field_7: true, field_8: true })?.exact, true);
  t.equal(changed('i32', { field_5: two, field_6: one, field_7: false, field_8: true })?.exact, false);
  t.equal(changed('fixed', { field_5: two, field_6: one })?.exact, false, 'cut off');
  t.same(
    changed('i32', { field_3: 5n, field_5: two.subarray(1) }),
    { min: null, max: null, nulls: 5, exact: false },
    'a bound of another width',
  );
  t.equal(changed('text', { field_5: two, field_6: one }, []), null, 'the order of text is not told');
  t.ok(changed('i32', { field_5: two, field_6: one }, []), 'that of numbers need not be');
});

t.test('columns that cannot be read are an error for who reads them', async (t) => {
  const cases: readonly (readonly [string, way: readonly number[], value: unknown])[] = [
    ['ParquetUnsupportedCompressionCodec', [3, 4], 3],
    ['ParquetUnsupportedCompressionCodec', [3, 4], 99],
    ['UnsupportedParquetType', [8], { field_1: {} }],
    ['UnsupportedParquetType', [3], undefined],
    ['UnsupportedParquetType', [1], 'other.parquet'],
  ];
  for (const [code, way, value] of cases) {
    const footer = footerOf(edited(ours, [[4, 1, 1, 2, ...way], value]));
    t.equal(footer.unreadable[2]?.code, code);
    t.same(footer.unreadable.filter((error) => error !== null).length, 1);
    t.throws(() => readRowGroup(footer, 1, [1, 2]), { code, message: /i64/ });
    t.ok(readRowGroup(footer, 1, [1]));
  }
});

t.test('footers that contradict themselves or the file', async (t) => {
  const refused = (what: string, way: readonly number[], value: unknown): void => {
    const found = refusalOf(edited(ours, [way, value]));
    t.match(found, { code: 'ParquetParsingError' }, what);
  };
  const chunk = [4, 0, 1, 0, 3];
  refused('no schema', [2], undefined);
  refused('no row groups', [4], undefined);
  refused('rows', [3], 241n);
  refused('negative rows', [4, 0, 3], -100n);
  refused('too many rows', [4, 0, 3], 1n << 60n);
  refused('a column too few', [4, 0, 1], []);
  refused('values', [...chunk, 5], 99n);
  refused('negative values', [...chunk, 5], -1n);
  refused('fewer entries of a list than rows', [4, 0, 1, 15, 3, 5], 99n);
  refused('pages behind the end', [...chunk, 7], BigInt(ours.length));
  refused('negative size', [...chunk, 7], -5n);
  refused('negative offset', [...chunk, 9], -5n);
  refused('pages in the magic number', [...chunk, 9], 0n);

  t.equal(refusalOf(Buffer.from('PAR1')) instanceof SelectError, true);
  t.equal(refusalOf(new Uint8Array(0)) instanceof SelectError, true);
  t.match(refusalOf(Buffer.concat([ours, Buffer.from('x')])), { code: 'ParquetParsingError', message: /ends with PAR1/ });
  const encrypted = Buffer.from(ours);
  encrypted.write('PARE', encrypted.length - 4);
  t.match(refusalOf(encrypted), { code: 'ParquetParsingError', message: /encrypted/ });
  for (const length of [0xffff_ffff, ours.length, ours.length - 11, limits.parquet_footer_bytes_max + 1]) {
    const file = Buffer.from(ours);
    file.writeUInt32LE(length, file.length - 8);
    t.match(refusalOf(file), { code: 'ParquetParsingError' }, `${length} bytes of metadata`);
  }
});

t.test('indexes that lie elsewhere are none', async (t) => {
  const chunk = [4, 0, 1, 0];
  const file = edited(ours, [[...chunk, 4], BigInt(ours.length)], [[...chunk, 7], -1], [[...chunk, 3, 14], BigInt(ours.length)]);
  const [found] = readRowGroup(footerOf(file), 0, [0]).chunks;
  t.match(found, { columnIndex: null, offsetIndex: null, bloomFilter: null });
});

t.test('Thrift that claims more than there is', async (t) => {
  const refused = (what: string, bytes: readonly number[]): void => {
    const started = performance.now();
    const found = refusalOf(withFooter(ours, Uint8Array.from(bytes)));
    t.match(found, { code: 'ParquetParsingError' }, what);
    t.ok(performance.now() - started < 2000, `${what}: soon`);
  };
  const filler = Array.from({ length: 40_000 }, () => 0);
  refused('a list of two thousand million', [0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]);
  refused(
    'lists in lists',
    Array.from({ length: 30_000 }, (_, n) => (n === 0 ? 0x19 : 0x19)),
  );
  refused(
    'structures in structures',
    Array.from({ length: 30_000 }, () => 0x1c),
  );
  refused('a number without end', [0x16, ...Array.from({ length: 30_000 }, () => 0x80)]);
  refused('text without end', [0x18, 0xff, 0xff, 0xff, 0xff, 0x0f]);
  refused('an unknown type', [0x1d, 0]);
  refused('a map', [0x1b, 0]);
  refused('the end in the middle', [0x15]);
  refused('nothing', []);
  refused('a schema of empty structures', [0x29, 0xfc, ...varint(40_000), ...filler]);
  const chunk = [0x19, 0xfc, ...varint(150_000), ...Array.from({ length: 150_000 }, () => 0), 0];
  t.throws(() => new ThriftBytes(Uint8Array.from(chunk), 0).struct(0), { code: 'ParquetParsingError', message: /too large/ });
  t.same(new ThriftBytes(thriftBytes({ field_1: 5, field_3: 'abc' }), 0).struct(0), { field_1: 5, field_3: Buffer.from('abc') });
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

t.test('mutated footers: an error with its code, or extents within the file', async (t) => {
  const length = Buffer.from(ours.subarray(-8)).readUInt32LE();
  const start = ours.length - 8 - length;
  const codes = new Set(['ParquetParsingError', 'UnsupportedParquetType', 'OverMaxColumn', 'ParquetUnsupportedCompressionCodec']);
  let accepted = 0;
  const mutation = fc.record({
    at: fc.nat(length + 3),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
    kind: fc.constantFrom('set', 'flip', 'delete', 'repeat'),
  });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      let file = Buffer.from(ours);
      for (const { at, byte, kind } of mutations) {
        if (kind === 'set') file[start + at] = byte;
        else if (kind === 'flip') file[start + at] = file[start + at]! ^ (1 << (byte & 7));
        else if (kind === 'delete') file = Buffer.concat([file.subarray(0, start + at), file.subarray(start + at + 1)]);
        else file = Buffer.concat([file.subarray(0, start + at), file.subarray(start + at - (byte % 60))]);
      }
      const found = refusalOf(file);
      if (found instanceof SelectError) return codes.has(found.code);
      accepted++;
      return isWithin(found);
    }),
    { numRuns: 4000, seed: 7 },
  );
  t.ok(accepted > 100, `${accepted} were accepted`);
});

function isWithin(footer: ParquetFooter): boolean {
  const inside = (extent: Extent | null): boolean =>
    extent === null || (extent.offset >= 4 && extent.offset + extent.bytes <= footer.offset);
  return footer.groups.every((group, index) => {
    const readable = allLeaves(footer).filter((leaf) => footer.unreadable[leaf] === null);
    const { chunks } = readRowGroup(footer, index, readable);
    return chunks.every(
      ({ pages, columnIndex, offsetIndex, bloomFilter, values }) =>
        (pages.bytes === 0 || inside(pages)) && inside(columnIndex) && inside(offsetIndex) && inside(bloomFilter) && values >= group.rows,
    );
  });
}
