/** Pruning never leaves out a row that satisfies the predicates; and it does leave out something. */
import fc from 'fast-check';
import { type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import t from 'tap';
import { leafOf, leavesRead } from '../src/formats/parquet/columns.ts';
import { readRowGroup } from '../src/formats/parquet/footer.ts';
import type { Extent, ParquetFooter } from '../src/formats/parquet/metadata.ts';
import { readColumnIndex, readOffsetIndex } from '../src/formats/parquet/page-index.ts';
import { mayHold, pruningOf } from '../src/formats/parquet/prune.ts';
import { type RowRange, selectRows } from '../src/formats/parquet/select-rows.ts';
import { compareValues, toleratedEquals } from '../src/vector/compare.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { compileLike, parseLikePattern } from '../src/vector/like.ts';
import { fromLiteral, toLiteral } from '../src/vector/literal.ts';
import type { ScanPredicate } from '../src/vector/predicate.ts';
import { Timestamp } from '../src/vector/timestamp.ts';
import type { SqlValue } from '../src/vector/value.ts';
import { edited, footerOf } from './support/parquet.ts';

/** A column: what is written, and the values SQL has of it. */
interface Kind {
  readonly element: Omit<SchemaElement, 'name'>;
  readonly stored: fc.Arbitrary<unknown>;
  value(stored: unknown): SqlValue;
}

const small = fc.integer({ min: -40, max: 40 });

const moment = (nanos: bigint, digits: number, utc: boolean): SqlValue => {
  const second = 10n ** BigInt(digits);
  const fraction = ((nanos % second) + second) % second;
  return Timestamp.fromEpoch(Number((nanos - fraction) / second), 'second', fraction.toString().padStart(digits, '0'), utc ? 0 : null);
};

const kinds: Readonly<Record<string, Kind>> = {
  flag: { element: { type: 'BOOLEAN' }, stored: fc.boolean(), value: (stored) => stored as boolean },
  i32: { element: { type: 'INT32' }, stored: small, value: (stored) => BigInt(stored as number) },
  i64: {
    element: { type: 'INT64' },
    stored: fc.oneof(small.map(BigInt), fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n)),
    value: (stored) => stored as bigint,
  },
  u32: {
    element: { type: 'INT32', converted_type: 'UINT_32' },
    stored: fc.constantFrom(0, 1, 7, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
    value: (stored) => BigInt(stored as number),
  },
  f32: { element: { type: 'FLOAT' }, stored: small.map((n) => n / 4), value: (stored) => stored as number },
  f64: {
    element: { type: 'DOUBLE' },
    stored: fc.oneof(
      small.map((n) => n / 8),
      fc.constantFrom(Number.NaN, -0, 0, Number.POSITIVE_INFINITY),
    ),
    value: (stored) => stored as number,
  },
  text: {
    element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    stored: fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}', '\uffee', 'é', '%'), maxLength: 3 }),
      fc.constantFrom('aaaaaaaaaaaaaaaaaaaaaaaab', 'aaaaaaaaaaaaaaaaaaaaaaaa\uffff', 'b'.repeat(40)),
    ),
    value: (stored) => stored as string,
  },
  dec: {
    element: { type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 2 },
    stored: small.map(BigInt),
    value: (stored) => new Decimal(stored as bigint, 2),
  },
  wide: {
    element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 38, scale: 3 },
    stored: fc.oneof(small.map(BigInt), fc.constantFrom(10n ** 37n, -(10n ** 37n))),
    value: (stored) => new Decimal(stored as bigint, 3),
  },
  day: {
    element: { type: 'INT32', converted_type: 'DATE' },
    stored: small,
    value: (stored) => Timestamp.fromEpoch((stored as number) * 86_400, 'day', '', null),
  },
  ms: {
    element: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
    stored: small.map((n) => BigInt(n * 300)),
    value: (stored) => moment(stored as bigint, 3, true),
  },
  ns: {
    element: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } },
    stored: small.map((n) => BigInt(n) * 300_000_001n),
    value: (stored) => moment(stored as bigint, 9, false),
  },
  uuid: {
    element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
    stored: fc.constantFrom('0', '1', 'f', 'a').map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`),
    value: (stored) => stored as string,
  },
};

const rows_count = 90;

interface Table {
  readonly names: readonly string[];
  readonly columns: readonly (readonly SqlValue[])[];
  readonly bytes: Uint8Array;
}

/** Random columns; sorted ones, so that bounds say something, and ones with many NULLs. */
const tables: fc.Arbitrary<Table> = fc
  .uniqueArray(fc.constantFrom(...Object.keys(kinds)), { minLength: 1, maxLength: 3 })
  .chain((names) =>
    fc.record({
      names: fc.constant(names),
      stored: fc.tuple(
        ...names.map((name) => fc.array(fc.option(kinds[name]!.stored, { freq: 8 }), { minLength: rows_count, maxLength: rows_count })),
      ),
      sorted: fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }),
      pageSize: fc.constantFrom(16, 40, 100, 1000),
      rowGroupSize: fc.constantFrom(13, 30, 90),
    }),
  )
  .map(({ names, stored, sorted, pageSize, rowGroupSize }) => {
    const columns = names.map((name, index) => {
      const { value } = kinds[name]!;
      const cells = stored[index]!.map((cell) => ({ cell, value: cell === null ? null : value(cell) }));
      return sorted[index] ? cells.sort((left, right) => orderForSorting(left.value, right.value)) : cells;
    });
    const schema: SchemaElement[] = [
      { name: 'root', num_children: names.length },
      ...names.map((name) => ({ name, repetition_type: 'OPTIONAL' as const, ...kinds[name]!.element })),
    ];
    const columnData = names.map(
      (name, index): ColumnSource => ({
        name,
        data: columns[index]!.map(({ cell }) => cell) as unknown[],
        columnIndex: true,
        bloomFilter: true,
      }),
    );
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema, pageSize, rowGroupSize }));
    return { names, columns: columns.map((cells) => cells.map(({ value }) => value)), bytes };
  });

function orderForSorting(left: SqlValue, right: SqlValue): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  if (compareValues('<', left, right, true) === true) return -1;
  return compareValues('>', left, right, true) === true ? 1 : 0;
}

/** A predicate on one of the columns, with literals of its type. */
function predicatesOf({ names, columns }: Table): fc.Arbitrary<ScanPredicate> {
  const slots = fc.nat(names.length - 1);
  return slots.chain((slot) => {
    const kind = kinds[names[slot]!]!;
    const literal = fc
      .oneof(
        kind.stored.map((stored) => kind.value(stored)),
        fc.constantFrom(...columns[slot]!),
      )
      .filter((value) => value !== null && !Number.isNaN(value))
      .map(toLiteral);
    const negated = fc.boolean();
    const bound = fc.option(literal, { freq: 3 });
    const range = fc
      .record({ low: bound, lowInclusive: fc.boolean(), high: bound, highInclusive: fc.boolean(), negated })
      .map((parts): ScanPredicate => ({ kind: 'range', slot, ...parts }));
    const equality = fc.record({ value: literal, negated }).map(
      ({ value, negated }): ScanPredicate => ({
        kind: 'range',
        slot,
        low: value,
        lowInclusive: true,
        high: value,
        highInclusive: true,
        negated,
      }),
    );
    const member = fc
      .record({ values: fc.array(literal, { maxLength: 4 }), negated })
      .map((parts): ScanPredicate => ({ kind: 'member', slot, ...parts }));
    const isNull = negated.map((negated): ScanPredicate => ({ kind: 'null', slot, negated }));
    const like = fc
      .record({ pattern: fc.constantFrom('a%', 'b_', 'é%', '%a', 'aaaaaaaaaaaaaaaaaaaaaaaab%', '\u{1f600}%', 'a!%%'), negated })
      .map(({ pattern, negated }): ScanPredicate => ({ kind: 'like', slot, pattern: parseLikePattern(pattern, '!'), negated }));
    return names[slot] === 'text' ? fc.oneof(range, equality, member, isNull, like) : fc.oneof(range, equality, member, isNull);
  });
}

/** What `predicate.ts` says, row by row. */
function satisfies(value: SqlValue, predicate: ScanPredicate): boolean {
  switch (predicate.kind) {
    case 'null':
      return (value === null) !== predicate.negated;
    case 'member':
      return (
        predicate.values.some((member) => toleratedEquals(value, fromLiteral(member))) !== predicate.negated &&
        (value !== null || predicate.negated)
      );
    case 'like':
      return value !== null && compileLike(predicate.pattern)(value as string) !== predicate.negated;
    case 'range': {
      if (value === null) return false;
      const { low, high, lowInclusive, highInclusive } = predicate;
      const above = low === null || compareValues(lowInclusive ? '>=' : '>', value, fromLiteral(low), true) === true;
      const below = high === null || compareValues(highInclusive ? '<=' : '<', value, fromLiteral(high), true) === true;
      const unbounded = low === null && high === null;
      return unbounded ? !predicate.negated : (above && below) !== predicate.negated;
    }
    default:
      throw new Error(predicate.kind);
  }
}

t.test('no row of the answer is left out', async (t) => {
  const found = { groups: 0, ruledOut: 0, rows: 0, selected: 0 };
  const queries = tables.chain((table) =>
    fc.record({ table: fc.constant(table), predicates: fc.array(predicatesOf(table), { minLength: 1, maxLength: 2 }) }),
  );
  fc.assert(
    fc.property(queries, ({ table, predicates }) => {
      const footer = footerOf(table.bytes);
      const places = table.names.map((_, position) => ({ position, path: null }));
      const prunings = pruningOf(footer.schema, places, predicates);
      const read = (extent: Extent): Uint8Array => table.bytes.subarray(extent.offset, extent.offset + extent.bytes);
      for (const index of footer.groups.keys()) {
        const group = readRowGroup(footer, index, leavesRead(footer.schema, places));
        const kept = mayHold(group, prunings);
        const selected = selectRows(read, group, footer.schema, prunings);
        found.groups++;
        found.ruledOut += Number(!kept);
        found.rows += group.rows;
        found.selected += selected.reduce((sum, { start, end }) => sum + end - start, 0);
        if (!areRanges(selected, group.rows)) return false;
        for (let row = 0; row < group.rows; row++) {
          const matches = predicates.every((predicate) => satisfies(table.columns[predicate.slot]![group.first_row + row]!, predicate));
          if (matches && !(kept && selected.some(({ start, end }) => row >= start && row < end))) return false;
        }
      }
      return true;
    }),
    { numRuns: 1500, seed: 11 },
  );
  t.ok(found.ruledOut > found.groups / 10, `${found.ruledOut} of ${found.groups} row groups are ruled out`);
  t.ok(found.selected < 0.8 * found.rows, `${found.selected} of ${found.rows} rows are left`);
});

function areRanges(ranges: readonly RowRange[], rows: number): boolean {
  return ranges.every(({ start, end }, index) => start < end && end <= rows && (index === 0 || ranges[index - 1]!.end < start));
}

t.test('bloom filters rule out what bounds cannot', async (t) => {
  const names = Array.from({ length: 1000 }, (_, n) => `name ${(n * 7919) % 1000}`);
  const numbers = names.map((_, n) => (n * 7919) % 1000);
  const columnData = [
    { name: 's', data: names, type: 'STRING', bloomFilter: true },
    { name: 'n', data: numbers.map((n) => 2 * n), type: 'INT32', bloomFilter: true },
    { name: 'd', data: numbers.map((n) => n / 2), type: 'DOUBLE', bloomFilter: true },
  ] as const;
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [...columnData], rowGroupSize: 1000 }));
  const footer = footerOf(bytes);
  const places = columnData.map((_, position) => ({ position, path: null }));
  const group = readRowGroup(footer, 0, [0, 1, 2]);
  const reads: Extent[] = [];
  const selected = (predicate: ScanPredicate): number => {
    reads.length = 0;
    const read = (extent: Extent): Uint8Array => {
      reads.push(extent);
      return bytes.subarray(extent.offset, extent.offset + extent.bytes);
    };
    return selectRows(read, group, footer.schema, pruningOf(footer.schema, places, [predicate])).length;
  };
  const equal = (slot: number, value: SqlValue): ScanPredicate => {
    const literal = toLiteral(value);
    return { kind: 'range', slot, low: literal, lowInclusive: true, high: literal, highInclusive: true, negated: false };
  };
  const member = (slot: number, ...values: SqlValue[]): ScanPredicate => ({
    kind: 'member',
    slot,
    values: values.map(toLiteral),
    negated: false,
  });
  t.equal(selected(equal(0, 'name 77')), 1);
  t.equal(selected(equal(0, 'name 77a')), 0);
  t.ok(reads.length === 2 && reads.reduce((sum, { bytes }) => sum + bytes, 0) < 128, 'of the filter only a block is read');
  t.equal(selected(equal(1, 78n)), 1);
  t.equal(selected(equal(1, 77n)), 0);
  t.equal(selected(equal(2, 38.5)), 1);
  t.equal(selected(equal(2, 38.25)), 0);
  t.equal(selected(equal(2, 0)), 1, 'a zero may have either sign');
  t.equal(selected(member(1, 77n, 79n)), 0);
  t.equal(selected(member(1, 77n, 78n)), 1);
  t.equal(selected({ ...member(1, 77n), negated: true }), 1);
  t.equal(selected({ ...equal(0, 'name 77a'), negated: true }), 1);
  t.ok(reads.length === 0, 'what a filter cannot answer does not read it');

  const unsized = footerOf(edited(bytes, [[4, 0, 1, 0, 3, 15], undefined]));
  const older = readRowGroup(unsized, 0, [0]);
  t.equal(older.chunks[0]?.bloomFilter?.bytes, 0);
  const read = ({ offset, bytes: length }: Extent): Uint8Array => bytes.subarray(offset, offset + length);
  t.same(
    selectRows(read, older, unsized.schema, pruningOf(unsized.schema, places, [equal(0, 'name 77a')])),
    [],
    'a filter of unknown length',
  );
});

t.test('indexes that cannot be', async (t) => {
  const data = Array.from({ length: 300 }, (_, n) => n);
  const bytes = new Uint8Array(
    parquetWriteBuffer({ columnData: [{ name: 'n', data, type: 'INT32', columnIndex: true }], pageSize: 100, rowGroupSize: 300 }),
  );
  const footer = footerOf(bytes);
  const leaf = footer.schema.leaves[0]!;
  const chunk = readRowGroup(footer, 0, [0]).chunks[0]!;
  const read = ({ offset, bytes: length }: Extent): Uint8Array => bytes.subarray(offset, offset + length);
  const pages = readOffsetIndex(read, chunk, leaf, 300)!;
  t.ok(pages.length > 5);
  t.equal(readColumnIndex(read, chunk, leaf, pages, 300)?.length, pages.length);
  t.throws(() => readColumnIndex(read, chunk, leaf, pages.slice(1), 300), { code: 'ParquetParsingError', message: /Column n/ });
  t.throws(() => readOffsetIndex(read, chunk, leaf, 20), { code: 'ParquetParsingError' }, 'rows behind the end');
  t.throws(() => readOffsetIndex(read, { ...chunk, pages: { ...chunk.pages, bytes: 50 } }, leaf, 300), { code: 'ParquetParsingError' });
  const start = chunk.offsetIndex!.offset;
  let refused = 0;
  for (let at = 0; at < chunk.offsetIndex!.bytes + chunk.columnIndex!.bytes; at++) {
    const damaged = Buffer.from(bytes);
    const place = at < chunk.offsetIndex!.bytes ? start + at : chunk.columnIndex!.offset + at - chunk.offsetIndex!.bytes;
    damaged[place] = damaged[place]! ^ (1 << (at % 8));
    const readDamaged = ({ offset, bytes: length }: Extent): Uint8Array => damaged.subarray(offset, offset + length);
    try {
      const found = readOffsetIndex(readDamaged, chunk, leaf, 300)!;
      readColumnIndex(readDamaged, chunk, leaf, found, 300);
    } catch (error) {
      t.equal((error as { code?: string }).code, 'ParquetParsingError');
      refused++;
    }
  }
  t.ok(refused > 20, `${refused} damaged indexes are refused`);
});

t.test('bounds outside the years that SQL has rule nothing out', async (t) => {
  const day = new Date(Date.UTC(2000, 0, 1));
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 1 },
    { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'OPTIONAL' },
  ];
  const { schema: read } = footerOf(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'day', data: [day] }], schema })));
  const literal = { type: 'timestamp', text: '2020-01-01T' } as const;
  const range = { kind: 'range', slot: 0, low: null, lowInclusive: false, high: literal, highInclusive: true, negated: false } as const;
  const [pruning] = pruningOf(read, [{ position: 0, path: null }], [range]);
  const days = (count: number): Uint8Array => new Uint8Array(Int32Array.of(count).buffer);
  const mayHold = (min: number, max: number): boolean => pruning!.mayHold({ min: days(min), max: days(max), nulls: 0, rows: 9 });
  t.equal(mayHold(20_000, 2_932_896), false, 'all later, up to the last day of 9999');
  t.equal(mayHold(20_000, 2_932_897), false, 'the first bound is known');
  t.ok(mayHold(2_932_897, 2_932_897) && mayHold(-719_163, 10_000), 'no years of SQL');
});

t.test('columns of the schema', async (t) => {
  const element = { repetition_type: 'OPTIONAL' } as const;
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 2 },
    { name: 'a', num_children: 3, ...element },
    { name: 'x', type: 'INT32', ...element },
    { name: 'X', type: 'INT32', ...element },
    { name: 'list', converted_type: 'LIST', num_children: 1, ...element },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'INT32', ...element },
    { name: 'b', type: 'INT32', ...element },
  ];
  const data = [{ x: 1, X: 2, list: [3] }];
  const footer: ParquetFooter = footerOf(
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'a', data },
          { name: 'b', data: [5] },
        ],
        schema,
      }),
    ),
  );
  const member = (name: string, exact: boolean) => ({ kind: 'member', name, exact }) as const;
  const leaves = (position: number, ...path: Parameters<typeof member>[]): number[] =>
    leavesRead(footer.schema, [{ position, path: path.length === 0 ? null : path.map((step) => member(...step)) }]);
  t.same(leaves(0), [0, 1, 2]);
  t.same(leaves(1), [3]);
  t.same(leaves(0, ['x', true]), [0]);
  t.same(leaves(0, ['X', true]), [1]);
  t.same(leaves(0, ['x', false]), [0, 1, 2], 'which of the two, the binder says');
  t.same(leaves(0, ['LIST', false]), [2]);
  t.same(leaves(0, ['list', true], ['none', true]), [2]);
  t.same(leaves(0, ['none', true]), [0, 1, 2]);
  t.same(
    leavesRead(footer.schema, [
      { position: 1, path: null },
      { position: 0, path: [member('x', true)] },
    ]),
    [0, 3],
  );
  t.equal(leafOf(footer.schema, { position: 0, path: [member('x', true)] }), 0);
  t.equal(leafOf(footer.schema, { position: 0, path: [member('list', true)] }), null);
  t.equal(leafOf(footer.schema, { position: 0, path: null }), null);
  t.equal(leafOf(footer.schema, { position: 1, path: [member('x', true)] }), null);
});
