/**
 * A column without lists in one row group. Rows are those of the row group; lists of them are u32, ascending. Pages are opened only
 * for rows that are asked for; asking for ascending rows opens each once.
 */
import { rowState } from '../../kernels/value-kernels.ts';
import type { SqlValue } from '../../vector/value.ts';
import { Room } from './arena.ts';
import type { ColumnTest } from './column-test.ts';
import { type Dictionary, DictionaryRooms, NO_DICTIONARY } from './dictionary.ts';
import { type Cells, DictionaryCells } from './dictionary-cells.ts';
import { DictionaryTexts } from './dictionary-texts.ts';
import { FlatPages, type WantsRows } from './flat-pages.ts';
import type { ColumnChunk, Leaf } from './metadata.ts';
import { OpenPage } from './open-page.ts';
import { PageFilter } from './page-filter.ts';
import type { PageLocation } from './page-index.ts';
import { PageReader } from './page-reader.ts';
import { ChunkErrors, PIECE_VALUES, type ScanSpace } from './scan-space.ts';
import { isInStretches } from './stored-values.ts';
import type { TextArea } from './text-area.ts';
import { type Items, type ValueForm, valueForm } from './value-form.ts';
import { ValueLoader } from './value-loader.ts';

/** Where a column is loaded to: values and states by slot. */
export interface Target {
  readonly values: number;
  readonly states: number;
}

/** Rows of a batch: the j-th is row `u32[rows + 4 j]` of the row group and goes to slot `u32[slots + 4 j]`. */
export interface BatchRows {
  readonly rows: number;
  readonly slots: number;
  readonly count: number;
}

export class FlatColumn {
  readonly #space: ScanSpace;
  readonly #reader: PageReader;
  readonly #pages: FlatPages;
  readonly #room: Room;
  readonly #rooms: DictionaryRooms;
  readonly #loader: ValueLoader;
  readonly #page: OpenPage;
  readonly #texts: DictionaryTexts;
  readonly #cells: DictionaryCells;
  #uncoded = false;
  readonly #filter: PageFilter;
  readonly form: ValueForm;
  #open = -1;
  #moves = IN_ROOM;
  #dictionary: Dictionary | null = null;

  constructor(
    space: ScanSpace,
    leaf: Leaf,
    chunk: ColumnChunk,
    rows: number,
    window_bytes: number,
    locations: readonly PageLocation[] | null,
  ) {
    const errors = new ChunkErrors(leaf.path);
    this.#space = space;
    this.form = valueForm(leaf);
    this.#loader = new ValueLoader(space, this.form, errors);
    this.#reader = new PageReader(space, leaf, chunk, window_bytes, errors);
    this.#pages = new FlatPages(this.#reader, chunk, rows, locations, isInStretches(chunk, this.form));
    this.#room = new Room(space.arena);
    this.#rooms = new DictionaryRooms(space);
    this.#page = new OpenPage(space, leaf, this.#loader);
    this.#texts = new DictionaryTexts(space, this.form);
    this.#cells = new DictionaryCells(space);
    this.#filter = new PageFilter(space, this.#page, this.#loader);
  }

  /** Behind the last row of the page that holds `row`. */
  pageEnd(row: number): number {
    return this.#pages.endRow(this.#find(row));
  }

  /** Keeps the rows of `[from, end)` that pass; answers how many. Those up to `limit` will be asked for too. */
  filter(test: ColumnTest, from: number, end: number, limit: number, into: number): number {
    const wants: WantsRows = (first) => first < limit;
    let kept = 0;
    for (let row = from; row < end; ) {
      this.#openPage(row, wants);
      const stop = Math.min(end, this.#page.end);
      kept += this.#filter.filter(test, row, stop, into + 4 * kept);
      row = stop;
    }
    return kept;
  }

  /** Keeps those of `count` rows that pass, in place; answers how many. */
  refine(test: ColumnTest, rows: number, count: number): number {
    let kept = 0;
    this.#forPages(rows, count, (at, pieces) => {
      kept += this.#filter.refine(test, rows + 4 * at, pieces, rows + 4 * kept);
    });
    return kept;
  }

  /** How many of the rows, from the first on, can be loaded at once: values of a page may be views of it. */
  loadable(rows: number, count: number): number {
    if (this.form.kind !== 'string') return count;
    let at = 0;
    while (at < count) {
      const page = this.#find(this.#space.memory.u32[(rows >> 2) + at]!);
      at = this.#below(rows, at, count, this.#pages.endRow(page));
      if (!this.#pages.hasCodes(page)) break;
    }
    return at;
  }

  /** Loads rows; answers whether `states` say anything. */
  load({ rows, slots, count }: BatchRows, target: Target, texts: TextArea): boolean {
    const { distant } = this.#loader;
    let nulls = false;
    distant.clear();
    this.#forPages(rows, count, (at, pieces) => {
      if (this.#page.nulls && !nulls) {
        nulls = true;
        this.#markValues(slots, count, target.states);
      }
      this.#loadPiece({ rows: rows + 4 * at, slots: slots + 4 * at, count: pieces }, target, texts);
    });
    if (!distant.some) return nulls;
    if (!nulls) this.#markValues(slots, count, target.states);
    this.#markDistant(slots, count, target);
    return true;
  }

  /** What a count of a timestamp stands for, where it is not itself; until other rows are loaded. */
  momentOf(count: bigint): SqlValue | undefined {
    return this.#loader.distant.valueOf(count);
  }

  /** Loads rows of the open page. */
  #loadPiece(piece: BatchRows, { values, states }: Target, texts: TextArea): void {
    const isText = this.form.kind === 'string';
    const { items, into } = this.#itemsTo(piece, isText ? 0 : states, isText ? values : 0, values, this.#loader.bytes);
    this.#page.values.load(items, into, texts);
    this.#checkTexts(items, into);
  }

  /**
   * Writes the texts of rows by their dictionary codes, the text of each entry being made once; false where they are no codes, or
   * are too few for that.
   */
  writeTexts({ rows, slots, count }: BatchRows, form: 'csv' | 'json', fields: number): boolean {
    if (this.form.kind === 'string' || this.#loader.distant.some || !this.#haveCodes(rows, count)) return false;
    const { u32 } = this.#space.memory;
    this.#openPage(u32[rows >> 2]!, (first) => first <= u32[(rows >> 2) + count - 1]!);
    if (this.#loader.distant.some) return false;
    const entries = this.#texts.entries(this.#dictionary ?? NO_DICTIONARY, form, count);
    if (entries === 0) return false;
    const { kernels, parquet, scratch } = this.#space;
    let nulls = false;
    this.#forPages(rows, count, (at, pieces) => {
      const { items, into } = this.#itemsTo({ rows: rows + 4 * at, slots: slots + 4 * at, count: pieces }, 0, fields, fields, 8);
      this.#page.values.takeCodes(items.positions, items.shift, items.count, scratch.codes);
      parquet.takeInt64(entries, scratch.codes, 0, items.rows, items.count, into);
      nulls ||= this.#page.nulls;
    });
    if (nulls) kernels.columns.renderFields(fields, slots, count, Number(form === 'json'), fields);
    return true;
  }

  writeCodes({ rows, slots, count }: BatchRows, style: number, codes: number): Cells | null {
    const { u32 } = this.#space.memory;
    if (count === 0 || this.#uncoded || !isAscending(u32, slots, count) || !this.#haveCodes(rows, count)) return null;
    this.#openPage(u32[rows >> 2]!, (first) => first <= u32[(rows >> 2) + count - 1]!);
    const dictionary = this.#dictionary ?? NO_DICTIONARY;
    if (this.#loader.distant.some || !dictionary.utf8) return null;
    const fieldsOf = (): number => (this.form.kind === 'string' ? dictionary.values : this.#texts.entries(dictionary, 'csv', count));
    const cells = this.#cells.entries(dictionary, style, count, fieldsOf);
    if (cells === null) return null;
    const into = codes + 4 * u32[slots >> 2]!;
    this.#forPages(rows, count, (at, pieces) => {
      // why: a NULL has no code.
      this.#uncoded ||= this.#page.nulls;
      if (this.#uncoded) return;
      const { items } = this.#itemsTo({ rows: rows + 4 * at, slots: slots + 4 * at, count: pieces }, 0, 0, 0, 0);
      this.#page.values.takeCodes(items.positions, items.shift, items.count, into + 4 * at);
    });
    return this.#uncoded ? null : cells;
  }

  /** Whether all rows are on pages whose values are dictionary codes. */
  #haveCodes(rows: number, count: number): boolean {
    for (let at = 0; at < count; ) {
      const page = this.#find(this.#space.memory.u32[(rows >> 2) + at]!);
      if (!this.#pages.hasCodes(page)) return false;
      at = this.#below(rows, at, count, this.#pages.endRow(page));
    }
    return true;
  }

  /** Calls `page` for the rows on each page, `PIECE_VALUES` at most at a time: the index of the first and how many. */
  #forPages(rows: number, count: number, page: (at: number, pieces: number) => void): void {
    const { u32 } = this.#space.memory;
    const wants: WantsRows = (first, end) => {
      const at = this.#below(rows, 0, count, first);
      return at < count && u32[(rows >> 2) + at]! < end;
    };
    for (let at = 0; at < count; ) {
      this.#openPage(u32[(rows >> 2) + at]!, wants);
      const stop = this.#below(rows, at, count, this.#page.end);
      const span = u32[(rows >> 2) + stop - 1]! - u32[(rows >> 2) + at]!;
      if (DENSE * (stop - at) > span) this.#page.values.openFields();
      for (; at < stop; at += PIECE_VALUES) page(at, Math.min(PIECE_VALUES, stop - at));
      at = stop;
    }
  }

  /** Index of the first row, from `low` on, that is not below `limit`. */
  #below(rows: number, low: number, count: number, limit: number): number {
    const { u32 } = this.#space.memory;
    const first = rows >> 2;
    if (low < count && u32[first + count - 1]! < limit) return count;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (u32[first + middle]! < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #find(row: number): number {
    return this.#pages.find(row, Math.max(0, this.#open));
  }

  #openPage(row: number, wants: WantsRows): void {
    const index = this.#find(row);
    if (index === this.#open && (this.#moves === IN_ROOM || this.#moves === this.#reader.moves)) return;
    this.#open = -1;
    const pages = this.#pages;
    const page = pages.open(index, this.#room, wants, () => this.#loadDictionary());
    this.#page.open(pages.offset(index), page, pages.firstRow(index), this.#dictionary ?? NO_DICTIONARY);
    this.#open = index;
    this.#moves = page.values !== null || page.body.from === this.#room.address ? IN_ROOM : this.#reader.moves;
  }

  #loadDictionary(): void {
    if (this.#dictionary !== null) return;
    const page = this.#pages.openDictionary(this.#rooms.page);
    if (page !== null) this.#dictionary = this.#rooms.load(this.#loader, page.offset, page.header, page.body);
  }

  /**
   * What to load of the rows on the open page to the slots, of `bytes` each, from `target` on, and from which address on then. Those that are NULL
   * are marked: in `states` (0: none) and `fields` (0: none).
   */
  #itemsTo(
    { rows, slots, count }: BatchRows,
    states: number,
    fields: number,
    target: number,
    bytes: number,
  ): { items: Items; into: number } {
    const { parquet, scratch, memory } = this.#space;
    const { nulls, first, bitmap, ranks } = this.#page;
    if (nulls) {
      const { present, positions } = scratch;
      const stored = parquet.present(bitmap, ranks, rows, -first, slots, count, present, positions, states, fields);
      return { items: { positions, shift: 0, rows: present, count: stored }, into: target };
    }
    // why: without lists of positions and slots, kernels read and write in order.
    const { u32 } = memory;
    const [isRun, toRun] = [isAscending(u32, rows, count), isAscending(u32, slots, count)];
    const items = { positions: isRun ? 0 : rows, shift: (isRun ? u32[rows >> 2]! : 0) - first, rows: toRun ? 0 : slots, count };
    return { items, into: toRun ? target + bytes * u32[slots >> 2]! : target };
  }

  /** Leaves timestamps that have codes to who can tell what they are. */
  #markDistant(slots: number, count: number, { values, states }: Target): void {
    const { wasm, u8, u32 } = this.#space.memory;
    const counts = new BigInt64Array(wasm.buffer);
    for (let j = 0; j < count; j++) {
      const slot = u32[(slots >> 2) + j]!;
      const isDistant = u8[states + slot] === rowState.value && this.momentOf(counts[(values >> 3) + slot]!) !== undefined;
      if (isDistant) u8[states + slot] = rowState.doubt;
    }
  }

  /** Before some are marked NULL. */
  #markValues(slots: number, count: number, states: number): void {
    if (this.form.kind === 'string') return;
    const { u8, u32 } = this.#space.memory;
    u8.fill(rowState.value, states + u32[slots >> 2]!, states + u32[(slots >> 2) + count - 1]! + 1);
  }

  #checkTexts({ rows, count }: Items, fields: number): void {
    if (this.form.kind !== 'string' || this.#page.values.areUtf8) return;
    if (this.#space.parquet.fieldsUtf8(fields, rows, count) !== -1) throw this.#loader.errors.notUtf8(this.#pages.offset(this.#open));
  }
}

/** Where one row in so many is wanted, values are faster found all at once than by walking from one to the next. */
const DENSE = 8;

/** Whether each number of a list is one more than the one before. */
function isAscending(u32: Uint32Array, list: number, count: number): boolean {
  return u32[(list >> 2) + count - 1]! - u32[list >> 2]! === count - 1;
}

/** The open page stands where no other read can overwrite it. */
const IN_ROOM = -1;
