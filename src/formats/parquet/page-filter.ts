/** Predicates on the open page of a column: on dictionary codes where it has them, each entry being tested once, else on values. */
import { DAMAGED, filterHint } from '../../kernels/parquet-kernels.ts';
import { Room } from './arena.ts';
import type { ColumnTest, KeepValues, ValuesTest } from './column-test.ts';
import type { OpenPage } from './open-page.ts';
import { PIECE_VALUES, type ScanSpace } from './scan-space.ts';
import { NO_TEXTS, TextArea } from './text-area.ts';
import type { ValueLoader } from './value-loader.ts';
import { VALUE_TEXT_BYTES } from './value-texts.ts';

/** The entries of a dictionary that a test keeps: a byte for each. */
interface Table {
  readonly address: number;
  readonly hint: number;
}

export class PageFilter {
  readonly #space: ScanSpace;
  readonly #page: OpenPage;
  readonly #loader: ValueLoader;
  readonly #tables = new Map<ValuesTest, Table>();
  readonly #entries: Room;
  /** For values that are tested as texts. */
  readonly #texts: Room;

  constructor(space: ScanSpace, page: OpenPage, loader: ValueLoader) {
    this.#space = space;
    this.#page = page;
    this.#loader = loader;
    this.#entries = new Room(space.arena);
    this.#texts = new Room(space.arena);
  }

  /** Keeps those rows of `[from, end)`, all on the page, that pass. */
  filter(test: ColumnTest, from: number, end: number, into: number): number {
    const { parquet, scratch, memory } = this.#space;
    const { first, nulls, bitmap } = this.#page;
    const count = end - from;
    if (test.kind === 'null') {
      if (nulls) return parquet.bitRows(bitmap, from - first, count, test.wants_null ? 0 : 1, from, into);
      if (test.wants_null) return 0;
      for (let i = 0; i < count; i++) memory.u32[(into >> 2) + i] = from + i;
      return count;
    }
    if (!nulls) return this.#filterValues(test, from - first, count, from, into);
    const position = this.#page.positionOf(from);
    const stored = this.#page.positionOf(end) - position;
    const kept = this.#filterValues(test, position, stored, 0, into);
    parquet.bitRows(bitmap, from - first, count, 1, from, scratch.rows);
    parquet.rowsAt(scratch.rows, into, kept, into);
    if (!test.passes_null) return kept;
    const others = parquet.bitRows(bitmap, from - first, count, 0, from, scratch.rows);
    return this.#merge(into, kept, scratch.rows, others, into);
  }

  /** Keeps those of `count` rows, all on the page, that pass; `into` is at or before `rows`. */
  refine(test: ColumnTest, rows: number, count: number, into: number): number {
    const { parquet, scratch, memory } = this.#space;
    const { first, nulls, bitmap, ranks } = this.#page;
    if (test.kind === 'null') {
      if (nulls) return parquet.filterBits(bitmap, rows, -first, count, test.wants_null ? 0 : 1, into);
      if (test.wants_null) return 0;
      memory.u8.copyWithin(into, rows, rows + 4 * count);
      return count;
    }
    if (!nulls) return this.#refineValues(test, rows, -first, rows, count, into);
    const { present, positions } = scratch;
    const stored = parquet.present(bitmap, ranks, rows, -first, rows, count, present, positions, 0, 0);
    const others = test.passes_null ? parquet.filterBits(bitmap, rows, -first, count, 0, scratch.rows) : 0;
    const kept = this.#refineValues(test, positions, 0, present, stored, into);
    return others === 0 ? kept : this.#merge(into, kept, scratch.rows, others, into);
  }

  /** Keeps values of `count` positions from `first` on; answers `base` and more. */
  #filterValues(test: ValuesTest, first: number, count: number, base: number, into: number): number {
    if (count === 0) return 0;
    const { parquet, scratch } = this.#space;
    const { values } = this.#page;
    if (values.access === 'codes') {
      const { address, hint } = this.#tableOf(test);
      const kept = parquet.hybridFilter(values.stream, first, count, address, hint, base, into);
      if (kept === DAMAGED) throw values.damagedCodes();
      return kept;
    }
    if (values.access === 'fixed' && test.stored !== null) return this.#filterFixed(test.stored, first, count, base, into);
    if (values.openFields() && this.#loader.form.finish === 'none') return test.ascending(values.values + 8 * first, count, base, into);
    let kept = 0;
    for (let done = 0; done < count; done += PIECE_VALUES) {
      const pieces = Math.min(PIECE_VALUES, count - done);
      this.#loader.distant.clear();
      values.load({ positions: 0, shift: first + done, rows: 0, count: pieces }, scratch.values, this.#textArea());
      kept += test.loaded(scratch.values, pieces, base + done, into + 4 * kept);
    }
    return kept;
  }

  #filterFixed(keep: KeepValues, first: number, count: number, base: number, into: number): number {
    const { values } = this.#page;
    let kept = 0;
    for (let done = 0; done < count; ) {
      const size = Math.min(count - done, values.together_max);
      kept += keep(values.fixedAt(first + done, size), size, base + done, into + 4 * kept);
      done += size;
    }
    return kept;
  }

  /** Keeps values at positions; answers their rows. */
  #refineValues(test: ValuesTest, positions: number, shift: number, rows: number, count: number, into: number): number {
    if (count === 0) return 0;
    const { parquet, scratch } = this.#space;
    const { values } = this.#page;
    if (values.access === 'codes' && (this.#tables.has(test) || values.dictionary.size <= DIRECT_FACTOR * count)) {
      const kept = parquet.hybridRefine(values.stream, positions, shift, rows, count, this.#tableOf(test).address, into);
      if (kept === DAMAGED) throw values.damagedCodes();
      return kept;
    }
    this.#loader.distant.clear();
    values.load({ positions, shift, rows: 0, count }, scratch.values, this.#textArea());
    const kept = test.loaded(scratch.values, count, 0, scratch.indices);
    parquet.rowsAt(rows, scratch.indices, kept, into);
    return kept;
  }

  #textArea(): TextArea {
    const { finish } = this.#loader.form;
    if (finish !== 'uuid' && finish !== 'time') return NO_TEXTS;
    const bytes = VALUE_TEXT_BYTES * PIECE_VALUES;
    if (!this.#texts.reserve(bytes)) throw this.#loader.errors.tooLarge(this.#page.offset);
    return new TextArea(this.#texts.address, bytes);
  }

  #tableOf(test: ValuesTest): Table {
    const known = this.#tables.get(test);
    if (known !== undefined) return known;
    const { parquet, memory, arena } = this.#space;
    const { dictionary } = this.#page.values;
    const { size } = dictionary;
    const address = arena.take(size);
    if (address === -1 || !this.#entries.reserve(4 * (size + 1))) throw this.#loader.errors.tooLarge(this.#page.offset);
    const keep = this.#loader.form.finish === 'none' ? test.ascending : test.loaded;
    const kept = keep(dictionary.values, size, 0, this.#entries.address);
    memory.u8.fill(0, address, address + size + TABLE_SPARE);
    parquet.markTable(this.#entries.address, kept, 0, address);
    this.#entries.release();
    const table = { address, hint: RARE * kept < size ? filterHint.rare : filterHint.any };
    this.#tables.set(test, table);
    return table;
  }

  /** Two ascending lists as one, of which the first stands at `into`. */
  #merge(left: number, leftCount: number, right: number, rightCount: number, into: number): number {
    const { u32 } = this.#space.memory;
    const rows = u32.slice(left >> 2, (left >> 2) + leftCount);
    const others = u32.subarray(right >> 2, (right >> 2) + rightCount);
    let at = into >> 2;
    let next = 0;
    for (const row of rows) {
      while (next < rightCount && others[next]! < row) u32[at++] = others[next++]!;
      u32[at++] = row;
    }
    while (next < rightCount) u32[at++] = others[next++]!;
    return leftCount + rightCount;
  }
}

/** A dictionary of more entries than this for each row in question is not tested as a whole. */
const DIRECT_FACTOR = 4;
/** One entry in so many, or fewer, is rare. */
const RARE = 100;
/** Kernels may look at so many entries behind the last. */
const TABLE_SPARE = 64;
