/**
 * A column whose pages do not fit the memory beside those of the others. It keeps a run of its rows decoded; for the next run the
 * column is opened again, in room that it shares with others like it, and given up.
 */
import { limits } from '../../base/limits.ts';
import { FIELD_STATES, rowState } from '../../kernels/value-kernels.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import { Arena } from './arena.ts';
import type { BatchRows, Target } from './flat-column.ts';
import type { ScanColumn } from './scan-column.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';
import { TextArea } from './text-area.ts';
import { VALUE_TEXT_BYTES } from './value-texts.ts';

/** A block of the arena. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

export interface RunSettings {
  /** Opens the column from its beginning. */
  readonly open: (space: ScanSpace) => ScanColumn;
  /** Where a run is decoded. */
  readonly work: Block;
  /** Where it is kept. */
  readonly kept: Block;
  /** Bytes of a row that is kept, about. */
  readonly row_bytes: number;
  /** Behind the last row that may be asked for. */
  readonly end: number;
  readonly errors: ChunkErrors;
  /** Of the column chunk, for errors. */
  readonly offset: number;
}

export class RunColumn implements ScanColumn {
  readonly #space: ScanSpace;
  readonly #settings: RunSettings;
  /** Of the column as it was opened last: what it is. */
  #source: ScanColumn;
  /** Rows `[first, end)` of the row group. */
  #first = 0;
  #end = 0;
  #nulls = false;
  readonly #values: number;
  readonly #states: number;
  readonly #rows_max: number;
  readonly #texts: TextArea;

  constructor(space: ScanSpace, settings: RunSettings) {
    const { kept, row_bytes } = settings;
    this.#space = space;
    this.#settings = settings;
    this.#source = this.#open();
    const width = this.#value_bytes;
    this.#rows_max = Math.max(1, Math.floor((kept.bytes - 8 * SPACING) / Math.max(width + 1, row_bytes)));
    this.#values = (kept.address + SPACING - 1) & -SPACING;
    this.#states = this.#values + width * this.#rows_max + SPACING;
    const texts = (this.#states + this.#rows_max + 2 * SPACING) & -SPACING;
    this.#texts = new TextArea(texts, Math.max(0, kept.address + kept.bytes - texts));
  }

  get form(): ScanColumn['form'] {
    return this.#source.form;
  }

  get #value_bytes(): 8 | 16 {
    return this.form.wide ? 16 : 8;
  }

  get #areTexts(): boolean {
    return this.form.kind === 'string' || this.form.kind === 'json';
  }

  loadable(rows: number, count: number): number {
    if (count === 0) return 0;
    const { u32 } = this.#space.memory;
    const first = u32[rows >> 2]!;
    if (first < this.#first || first >= this.#end) this.#decode(first);
    let low = 1;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (u32[(rows >> 2) + middle]! < this.#end) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  load({ rows, slots, count }: BatchRows, { values, states }: Target): boolean {
    const { parquet, memory } = this.#space;
    const { u8, u32 } = memory;
    if (this.form.wide) parquet.takeInt128(this.#values, rows, -this.#first, slots, count, values);
    else parquet.takeInt64(this.#values, rows, -this.#first, slots, count, values);
    if (!this.#nulls) return false;
    const from = this.#states - this.#first;
    for (let j = 0; j < count; j++) u8[states + u32[(slots >> 2) + j]!] = u8[from + u32[(rows >> 2) + j]!]!;
    return true;
  }

  writeTexts(rows: BatchRows, form: 'csv' | 'json', fields: number, texts: TextArea): boolean {
    if (form === 'json' || this.#source.writeTokens === undefined) return false;
    this.load(rows, { values: fields, states: 0 });
    return this.#source.writeTokens(rows, fields, texts);
  }

  momentOf(count: bigint): SqlValue | undefined {
    return this.#source.momentOf?.(count);
  }

  readTokens(fields: number, rows: Selection): Vector | null {
    return this.#source.readTokens?.(fields, rows) ?? null;
  }

  #open(arena = new Arena(this.#settings.work.address, this.#settings.work.bytes)): ScanColumn {
    arena.spare_bytes = 0;
    return this.#settings.open({ ...this.#space, arena });
  }

  /** Decodes rows from `first` on: as many as there is room for. */
  #decode(first: number): void {
    const { work, end, errors, offset } = this.#settings;
    const arena = new Arena(work.address, work.bytes);
    const count_max = Math.min(PIECE_ROWS, this.#rows_max, end - first);
    const rows = arena.take(4 * count_max);
    const values = arena.take(this.#value_bytes * count_max);
    const states = arena.take(count_max);
    const texts = arena.take(VALUE_TEXT_BYTES * count_max);
    if (rows === -1 || values === -1 || states === -1 || texts === -1) throw errors.tooLarge(offset);
    const area = new TextArea(texts, VALUE_TEXT_BYTES * count_max);
    this.#source = this.#open(arena);
    this.#texts.clear();
    this.#first = first;
    this.#end = first;
    this.#nulls = false;
    const rows_end = Math.min(end, first + this.#rows_max);
    while (this.#end < rows_end) {
      const count = this.#load(rows, Math.min(count_max, rows_end - this.#end), { values, states }, area);
      const kept = this.#areTexts ? this.#keepTexts(values, count) : count;
      this.#end += kept;
      if (kept < count) break;
    }
    if (this.#end === first) throw errors.tooLarge(offset);
  }

  /** Loads rows from the end of the run on into the target, by slots from 0 on; answers how many. */
  #load(rows: number, count: number, target: Target, texts: TextArea): number {
    const { memory } = this.#space;
    const { u8, u32, layout } = memory;
    for (let j = 0; j < count; j++) u32[(rows >> 2) + j] = this.#end + j;
    const loaded = this.#source.loadable(rows, count);
    texts.clear();
    const nulls = this.#source.load({ rows, slots: layout.identity, count: loaded }, target, texts) && !this.#areTexts;
    const at = this.#end - this.#first;
    if (nulls && !this.#nulls) u8.fill(rowState.value, this.#states, this.#states + at);
    this.#nulls ||= nulls;
    if (nulls) u8.copyWithin(this.#states + at, target.states, target.states + loaded);
    else u8.fill(rowState.value, this.#states + at, this.#states + at + loaded);
    const width = this.#value_bytes;
    u8.copyWithin(this.#values + width * at, target.values, target.values + width * loaded);
    return loaded;
  }

  /** Keeps the texts of `count` fields at the end of the run as long as there is room; answers how many. */
  #keepTexts(fields: number, count: number): number {
    const { u8, u32 } = this.#space.memory;
    const into = (this.#values >> 2) + 2 * (this.#end - this.#first);
    for (let j = 0; j < count; j++) {
      const length = u32[(fields >> 2) + 2 * j + 1]!;
      if (length >= FIELD_STATES) continue;
      const from = u32[(fields >> 2) + 2 * j]!;
      const at = this.#texts.take(length);
      if (at === -1) return j;
      if (length > COPY_BYTES) u8.copyWithin(at, from, from + length);
      else for (let byte = 0; byte < length; byte++) u8[at + byte] = u8[from + byte]!;
      u32[into + 2 * j] = at;
    }
    return count;
  }
}

const SPACING = 64;
const PIECE_ROWS = limits.batch_rows_max;
/** Longer texts are copied by a call. */
const COPY_BYTES = 32;
