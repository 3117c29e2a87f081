/** Scans of Parquet against the data that was written: whatever the encoding, page size, codec, cut and kernels. */
import fc from 'fast-check';
import { type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { readRowGroup } from '../src/formats/parquet/footer.ts';
import { planMemory } from '../src/formats/parquet/memory-plan.ts';
import type { ColumnChunk, Extent } from '../src/formats/parquet/metadata.ts';
import { lastPage, type ReadExtent, readOffsetIndex } from '../src/formats/parquet/page-index.ts';
import type { Scan } from '../src/formats/scan.ts';
import { orderOf } from '../src/vector/compare.ts';
import { compileLike, parseLikePattern } from '../src/vector/like.ts';
import { toLiteral } from '../src/vector/literal.ts';
import type { ScanPredicate } from '../src/vector/predicate.ts';
import type { SqlValue } from '../src/vector/value.ts';
import { footerOf, sourceOf } from './support/parquet.ts';
import { plain, plainValue, type RandomFile, randomFile, type ScannedRow, scanRows, scansOf, simd } from './support/parquet-scan.ts';

t.setTimeout(240_000);

/** Rows with their values as JSON: to compare with. */
const textOf = (rows: readonly ScannedRow[]): string => JSON.stringify(rows.map(({ row, values }) => [row, ...values.map(plainValue)]));

const expectedOf = ({ columns, rows }: RandomFile): string =>
  JSON.stringify(Array.from({ length: rows }, (_, row) => [row, ...columns.map(({ expected }) => expected[row])]));

t.test('every row comes with its values, once and in order', async () => {
  fc.assert(
    fc.property(randomFile(), fc.integer({ min: 1, max: 800 }), fc.boolean(), (file, cut, fast) => {
      return textOf(scanRows(file.bytes, { thread: fast ? simd : plain, cut })) === expectedOf(file);
    }),
    { numRuns: 150 },
  );
});

t.test('columns do not depend on which others are read', async () => {
  fc.assert(
    fc.property(randomFile(), fc.nat(), (file, pick) => {
      const position = pick % file.columns.length;
      const rows = scanRows(file.bytes, { columns: [{ position, path: null }] });
      return textOf(rows) === JSON.stringify(file.columns[position]!.expected.map((value, row) => [row, value]));
    }),
    { numRuns: 50 },
  );
});

/** Pages so large that most of the columns are decoded in runs of rows. */
const large = { chunk_bytes: 48 * 1024 * 1024 };

t.test('columns that do not fit the memory at once are decoded in runs', async () => {
  fc.assert(
    fc.property(randomFile(), fc.integer({ min: 1, max: 800 }), fc.boolean(), (file, cut, fast) => {
      return textOf(scanRows(file.bytes, { thread: fast ? simd : plain, cut, ...large })) === expectedOf(file);
    }),
    { numRuns: 100 },
  );
});

t.test('nested columns whose leaves do not fit together are put together from runs of each', async () => {
  fc.assert(
    fc.property(randomFile(), fc.integer({ min: 1, max: 800 }), fc.boolean(), (file, cut, fast) => {
      return textOf(scanRows(file.bytes, { thread: fast ? simd : plain, cut, chunk_bytes: 120 * 1024 * 1024 })) === expectedOf(file);
    }),
    { numRuns: 60 },
  );
});

t.test('a nested column of several runs of its leaves', (t) => {
  const rows = Array.from({ length: 2000 }, (_, row) => row);
  const textAt = (row: number): string => `${row}/`.repeat(10 + ((row * row) % 1500));
  const listAt = (row: number): (number | null)[] =>
    Array.from({ length: (row * 7) % 600 }, (_, index) => (index % 9 === 5 ? null : index));
  // Of many leaves, each has little room for its run: less than for the rows that are put together at once.
  const others = Array.from({ length: 38 }, (_, index) => `m${index}`);
  const ofOthers = (row: number) => Object.fromEntries(others.map((name, index) => [name, row % 3 === index % 3 ? row : null]));
  const valueAt = (row: number) =>
    row % 9 === 4 ? null : { text: row % 5 === 1 ? null : textAt(row), list: row % 7 === 0 ? null : listAt(row), ...ofOthers(row) };
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 1 },
    { name: 'group', num_children: 2 + others.length, ...optional },
    { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
    { name: 'list', converted_type: 'LIST', num_children: 1, ...optional },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'INT32', ...optional },
    ...others.map((name): SchemaElement => ({ name, type: 'INT32', ...optional })),
  ];
  const columnData = [{ name: 'group', data: rows.map(valueAt), encoding: 'PLAIN' }] as ColumnSource[];
  const file = new Uint8Array(parquetWriteBuffer({ columnData, schema, codec: 'SNAPPY', rowGroupSize: rows.length, pageSize: 1 << 16 }));
  // Scans that begin in the middle too.
  for (const cut of [rows.length, 1234]) {
    const found = scanRows(file, { cut, chunk_bytes: 2.2 * 1024 * 1024 });
    t.equal(textOf(found), JSON.stringify(rows.map((row) => [row, valueAt(row)])), `splits of ${cut} rows`);
  }
  t.end();
});

t.test('their predicates are decided by the scan, or left to the filter', async () => {
  fc.assert(
    fc.property(randomFile({ nested: false }), fc.infiniteStream(fc.nat({ max: 0xfffff })), (file, stream) => {
      const next = (below: number): number => Number(stream.next().value) % below;
      const all = scanRows(file.bytes);
      const conditions = Array.from({ length: 1 + next(3) }, () => conditionOn(all, next(file.columns.length), next));
      const filtered = (rows: readonly ScannedRow[]): ScannedRow[] =>
        rows.filter(({ values }) => conditions.every(({ predicate, passes }) => passes(values[predicate.slot])));
      const predicates = conditions.map(({ predicate }) => predicate);
      const isLeft = isLeftToFilter(scansOf(file.bytes, { predicates, ...large }));
      const rows = scanRows(file.bytes, { predicates, ...large });
      return textOf(isLeft ? filtered(rows) : rows) === textOf(filtered(all));
    }),
    { numRuns: 100 },
  );
});

/** Whether any batch has undecided rows: the first that a scan answers may have no rows at all. */
function isLeftToFilter(scans: Iterable<Scan>): boolean {
  for (const scan of scans) while (scan.next()) if (scan.undecided) return true;
  return false;
}

t.test('the memory is divided and never exceeded', async () => {
  const footer = footerOf(indexedFile());
  const { schema } = footer;
  const chunk = readRowGroup(footer, 0, [0, 1]).chunks;
  const sizes = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 4_000_000 }), fc.constantFrom(null, 1, 3, 100), (tens, rows, data_pages) => {
      const chunks = tens.map((ten, leaf) => ({
        ...chunk[leaf % 2]!,
        leaf,
        values: rows,
        uncompressed_bytes: Math.floor(10 ** ten),
        data_pages,
      }));
      const leaves = tens.map((_, leaf) => schema.leaves[leaf % 2]!);
      const encoded = { schema: { roots: [], leaves }, slots: tens.map((_, leaf) => ({ kind: 'flat', leaf })), tests: [] } as never;
      const bytes = limits.decode_arena_bytes_max;
      const plan = planMemory(encoded, { index: 0, first_row: 0, rows, offset: 4, chunks }, rows, bytes);
      const runs = plan.runs.reduce((sum, run) => sum + run, 0);
      const inRuns = runs > 0;
      return plan.stored_bytes + plan.texts_bytes + runs + plan.work_bytes < bytes && inRuns === plan.work_bytes > 0;
    }),
  );
});

/** A predicate and what it means. */
interface Condition {
  readonly predicate: ScanPredicate;
  readonly passes: (value: SqlValue) => boolean;
}

t.test('predicates keep the rows that they are true for', async () => {
  fc.assert(
    fc.property(
      randomFile({ nested: false }),
      fc.infiniteStream(fc.nat({ max: 0xfffff })),
      fc.integer({ min: 1, max: 800 }),
      (file, stream, cut) => {
        const next = (below: number): number => Number(stream.next().value) % below;
        const all = scanRows(file.bytes);
        const conditions = Array.from({ length: 1 + next(3) }, () => conditionOn(all, next(file.columns.length), next));
        const expected = all.filter(({ values }) => conditions.every(({ predicate, passes }) => passes(values[predicate.slot])));
        const predicates = conditions.map(({ predicate }) => predicate);
        return [simd, plain].every((thread) => textOf(scanRows(file.bytes, { thread, predicates, cut })) === textOf(expected));
      },
    ),
    { numRuns: 250 },
  );
});

function conditionOn(rows: readonly ScannedRow[], slot: number, next: (below: number) => number): Condition {
  const negated = next(3) === 0;
  const value = (): SqlValue => rows[next(rows.length)]!.values[slot];
  const known = Array.from({ length: 6 }, value).filter((found) => found !== null);
  const [a, b] = known;
  if (a === undefined || b === undefined || next(8) === 0)
    return { predicate: { kind: 'null', slot, negated }, passes: (found) => (found === null) !== negated };
  if (typeof a === 'string' && next(3) === 0) {
    const part = a
      .slice(next(a.length + 1))
      .slice(0, 4)
      .replaceAll(/[%_]/g, '')
      .toWellFormed();
    const pattern = parseLikePattern([`%${part}%`, `${part}%`, `%${part}`, `_${part}%`, part][next(5)]!, null);
    const matches = compileLike(pattern);
    return { predicate: { kind: 'like', slot, pattern, negated }, passes: (found) => found !== null && matches(String(found)) !== negated };
  }
  if (next(3) === 0) {
    const values = known.slice(0, 1 + next(known.length)).map(toLiteral);
    const isMember = (found: SqlValue): boolean => known.slice(0, values.length).some((member) => orderOf(member, found) === 0);
    return { predicate: { kind: 'member', slot, values, negated }, passes: (found) => (found !== null && isMember(found)) !== negated };
  }
  return rangeOf(a, b, slot, negated, next);
}

function rangeOf(a: SqlValue, b: SqlValue, slot: number, negated: boolean, next: (below: number) => number): Condition {
  const [low, high] = orderOf(a, b)! <= 0 ? [a, b] : [b, a];
  const open = next(4);
  const [lowInclusive, highInclusive] = [next(2) === 0, next(2) === 0];
  const bounds = { low: open === 1 ? null : toLiteral(low), high: open === 2 ? null : toLiteral(high), lowInclusive, highInclusive };
  const passes = (found: SqlValue): boolean => {
    if (found === null) return false;
    const [above, below] = [open === 1 ? 1 : orderOf(found, low)!, open === 2 ? -1 : orderOf(found, high)!];
    return ((above > 0 || (above === 0 && lowInclusive)) && (below < 0 || (below === 0 && highInclusive))) !== negated;
  };
  return { predicate: { kind: 'range', slot, negated, ...bounds }, passes };
}

t.test('a scan goes on where it is told to', async () => {
  fc.assert(
    fc.property(randomFile(), fc.array(fc.nat({ max: 700 }), { minLength: 1, maxLength: 8 }), fc.boolean(), (file, places, isLarge) => {
      const all = scanRows(file.bytes);
      for (const scan of scansOf(file.bytes, isLarge ? large : {})) {
        const first = scan.position;
        const rows = all.filter(({ row }) => row + 1 >= first && row < first - 1 + 100_000);
        for (const place of places) {
          const offset = first + (place % 100);
          if (!scan.rewind!({ offset, state: 'outside' })) continue;
          if (!scan.next()) continue;
          const selected = scan.selected().slice(0, 3);
          const vectors = file.columns.map((_, slot) => scan.read(slot, selected));
          for (const [index, row] of selected.entries()) {
            const number = scan.resumeAt(row).offset - 1;
            if (number !== offset - 1 + index) return false;
            const values = vectors.map((vector) => (vector.kind === 'values' ? vector.values[index] : vector.value));
            if (textOf([{ row: number, values }]) !== textOf(rows.filter((found) => found.row === number))) return false;
          }
        }
      }
      return true;
    }),
    { numRuns: 60 },
  );
});

/** 40,000 rows in pages of 200 or so, with an index of them: `n` counts, `s` is text that does not repeat. */
function indexedFile(): Uint8Array {
  const rows = Array.from({ length: 40_000 }, (_, row) => row);
  const aids = { columnIndex: true, offsetIndex: true, encoding: 'PLAIN' } as const;
  const columnData = [
    { name: 'n', data: Int32Array.from(rows), type: 'INT32', ...aids },
    { name: 's', data: rows.map((row) => `text number ${row}`), type: 'STRING', ...aids },
  ] as const;
  return new Uint8Array(
    parquetWriteBuffer({ columnData: columnData as never, codec: 'UNCOMPRESSED', pageSize: 1000, rowGroupSize: 40_000 }),
  );
}

t.test('only pages with rows of the answer are read', async (t) => {
  const bytes = indexedFile();
  const at = (row: number): ScanPredicate => {
    const literal = { type: 'int', value: BigInt(row) } as const;
    return { kind: 'range', slot: 0, low: literal, lowInclusive: true, high: literal, highInclusive: true, negated: false };
  };
  const reads: Extent[] = [];
  const rows = scanRows(bytes, { predicates: [at(31_234)], source: sourceOf(bytes, reads) });
  t.same(rows, [{ row: 31_234, values: [31_234n, 'text number 31234'] }]);
  const read: ReadExtent = ({ offset, bytes: length }) => bytes.subarray(offset, offset + length);
  const footer = footerOf(bytes);
  const { chunks, rows: group_rows } = readRowGroup(footer, 0, [0, 1]);
  const needed = chunks.flatMap((chunk, leaf) => {
    const pages = readOffsetIndex(read, chunk, footer.schema.leaves[leaf]!, group_rows)!;
    return [leaf === 0 ? chunk.columnIndex! : [], chunk.offsetIndex!, lastPage(pages, 'first_row', 31_234)!].flat();
  });
  const sum = (extents: readonly Extent[]): number => extents.reduce((total, extent) => total + extent.bytes, 0);
  t.equal(sum(reads), sum(needed), 'the page of each column, and the indexes that tell of it');
});

t.test('what is read is read once, and counted', async (t) => {
  const bytes = indexedFile();
  const reads: Extent[] = [];
  let told = 0;
  for (const scan of scansOf(bytes, { source: sourceOf(bytes, reads) })) {
    while (scan.next()) for (const slot of [0, 1]) scan.typed!.load(slot);
    told += scan.traffic!.read_bytes;
  }
  const total = reads.reduce((sum, read) => sum + read.bytes, 0);
  const footer = footerOf(bytes);
  t.equal(told, total);
  t.ok(total <= footer.offset, `${total} bytes of ${footer.offset}`);
});

t.test('a page is read for one of the parts of its row group', async (t) => {
  const bytes = indexedFile();
  for (const cut of [701, 5000, 39_999]) {
    const reads: Extent[] = [];
    const rows = scanRows(bytes, { cut, columns: [{ position: 1, path: null }], source: sourceOf(bytes, reads) });
    t.same(
      rows.map(({ row }) => row),
      Array.from({ length: 40_000 }, (_, row) => row),
    );
    const [, { pages }] = readRowGroup(footerOf(bytes), 0, [0, 1]).chunks as [unknown, ColumnChunk];
    const total = reads.reduce((sum, { offset, bytes: length }) => sum + (offset < pages.offset + pages.bytes ? length : 0), 0);
    t.equal(total, pages.bytes, `in parts of ${cut}`);
  }
});
