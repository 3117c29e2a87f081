/** Splits of Parquet objects: ranges that share boundaries tile them, and cuts own every row once. */
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import t from 'tap';
import { Engine } from '../src/engine/query.ts';
import type { ScanRange } from '../src/formats/format.ts';
import { rowGroupsOf, splitsOfRowGroups } from '../src/formats/parquet/splits.ts';
import { ask, csvOutput, memoryObject } from './support/engine.ts';
import { edited, footerOf } from './support/parquet.ts';

const data = Array.from({ length: 2000 }, (_, n) => `row ${n}`);
const footer = footerOf(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 's', data }], rowGroupSize: [300, 1, 250] })));

const groupsIn = (scanRange: ScanRange | null, boundaries: 'shared' | 'inclusive' = 'shared'): number[] =>
  [...rowGroupsOf({ footer, leaves: [], scanRange, boundaries })].map(({ index }) => index);

const all = footer.groups.map((_, index) => index);

t.test('a row group belongs to the range that holds its first byte', async (t) => {
  const { offset, size } = { offset: footer.groups[2]!.offset, size: footer.size };
  t.same(groupsIn(null), all);
  t.same(groupsIn({ start: 0, end: size }), all);
  t.same(groupsIn({ start: 0, end: null }), all);
  t.same(groupsIn({ start: offset - 1, end: offset }), [2]);
  t.same(groupsIn({ start: offset, end: offset + 1 }), [], 'the start of a range belongs to the one before');
  t.same(groupsIn({ start: offset, end: offset + 1 }, 'inclusive'), [2]);
  t.same(groupsIn({ start: null, end: size - offset }), all.slice(2));
  t.same(groupsIn({ start: null, end: 0 }), []);
  t.same(groupsIn({ start: size, end: null }), []);
  t.same(groupsIn({ start: 0, end: 2 * size }), all);
  const cuts = fc.array(fc.nat(size), { maxLength: 12 }).map((list) => [0, ...list.sort((left, right) => left - right), size]);
  fc.assert(
    fc.property(cuts, (bounds) => {
      const tiles = bounds.slice(1).flatMap((end, index) => groupsIn({ start: bounds[index]!, end }));
      return JSON.stringify(tiles) === JSON.stringify(all);
    }),
  );
});

t.test('splits own every row once, in order', async (t) => {
  const splits = (split_bytes: number, groups = footer) => {
    const found = rowGroupsOf({ footer: groups, leaves: [0], scanRange: null });
    return [...splitsOfRowGroups(found, groups, split_bytes)];
  };
  for (const split_bytes of [1, 100, 3000, 8 * 1024 * 1024]) {
    const found = splits(split_bytes);
    let row = 0;
    for (const [index, { index: told, start, end, first, rowGroup }] of found.entries()) {
      t.equal(told, index);
      t.equal(start, row);
      t.ok(end > start && start >= rowGroup!.first_row && end <= rowGroup!.first_row + rowGroup!.rows);
      t.equal(first, row === 0);
      row = end;
    }
    t.equal(row, 2000);
  }
  t.equal(splits(8 * 1024 * 1024).length, footer.groups.length, 'a row group is a split');
  const single = (pageSize: number, way: readonly (readonly [readonly number[], unknown])[] = []) =>
    footerOf(edited(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 's', data }], rowGroupSize: 2000, pageSize })), ...way));
  t.equal(splits(100, single(200)).length, 8, 'of a single one several are made');
  t.equal(splits(8 * 1024 * 1024, single(200)).length, 1, 'unless it is small');
  t.equal(splits(100, single(1_000_000)).length, 1, 'or its pages are large');
  const unknown = [
    [[4, 0, 1, 0, 5], undefined],
    [[4, 0, 1, 0, 3, 13], undefined],
  ] as const;
  t.equal(splits(100, single(200, unknown)).length, 2, 'two where nobody knows');
  t.equal(splits(100, single(200, unknown.slice(0, 1))).length, 8, 'statistics of encodings tell');
});

t.test('a part of a row group that is full behind where it was cut goes on there', async (t) => {
  // The cut is at half of its rows, in the third of five pages: the first part ends with that page.
  const rows = 40_000;
  const texts = Array.from({ length: rows }, (_, n) => `${n} `.padEnd(189, '.'));
  const bytes = parquetWriteBuffer({
    columnData: [{ name: 's', data: texts, encoding: 'PLAIN', columnIndex: true, offsetIndex: true }],
    rowGroupSize: rows,
    pageSize: 1_600_000,
    codec: 'UNCOMPRESSED',
  });
  const object = memoryObject(new Uint8Array(bytes));
  const input = { format: 'parquet', compression: 'none' } as const;
  for (const workers of [0, 2]) {
    const engine = new Engine({ workers, split_bytes: 1024 * 1024 });
    const { text } = await ask(engine, object, 'SELECT s FROM S3Object', { input, output: csvOutput });
    await engine.close();
    const missing = texts.findIndex((line, n) => text.slice(190 * n, 190 * n + 190) !== `${line}\n`);
    t.same([text.length, missing], [190 * rows, -1], `${workers} workers: all rows in order`);
  }
});
