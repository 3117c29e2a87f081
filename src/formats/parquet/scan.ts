/**
 * Scans rows of one row group batch by batch. Predicates come first, column by column; a batch holds only rows that passed them,
 * and the other columns are decoded for these alone.
 */
import { assert } from '../../base/assert.ts';
import { indexFlag, type Kernels } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import { FIELD_STATES } from '../../kernels/value-kernels.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import { BatchGrowth, BatchRows as SelectedRows } from '../batch-scan.ts';
import type { CsvColumn, LoadedColumn, Reader, Scan, ScanRequest, ScanResume, ScanTraffic, SplitPart, TypedBatch } from '../scan.ts';
import { CellColumns, type CellSource } from './cell-columns.ts';
import { type EncodedScan, encodeScan } from './encoded-scan.ts';
import type { BatchRows } from './flat-column.ts';
import { planMemory } from './memory-plan.ts';
import type { ParquetSchema, RowGroup } from './metadata.ts';
import { PageIndexes } from './page-indexes.ts';
import { renderTexts } from './render.ts';
import type { ScanColumn } from './scan-column.ts';
import { ScanColumns } from './scan-columns.ts';
import { type ScanSpace, scanSpace } from './scan-space.ts';
import type { RowRange } from './select-rows.ts';
import { type Decision, Survivors } from './survivors.ts';
import { TextArea } from './text-area.ts';
import { columnValues } from './values.ts';

export function parquetReader(thread: ThreadKernels, schema: ParquetSchema, request: ScanRequest): Reader {
  const encoded = encodeScan(thread, schema, request);
  // why: row groups are many, and small.
  const growth = new BatchGrowth();
  return { open: (part) => new ParquetScan(thread, encoded, part, growth) };
}

/** Where a slot is loaded to, and what has been made of it for the batch. */
interface SlotState {
  readonly column: ScanColumn;
  readonly values: number;
  readonly states: number;
  readonly fields: number;
  loaded: LoadedColumn | null;
  texts: 'csv' | 'json' | null;
}

class ParquetScan extends SelectedRows implements Scan, TypedBatch {
  readonly tokens = 'typed';
  readonly typed = this;
  readonly stride = 0;
  readonly flags = indexFlag.highByte;
  readonly assumedStart = 'outside';
  readonly endState = 'outside';
  readonly kernels: Kernels;
  readonly traffic: ScanTraffic;
  readonly #space: ScanSpace;
  readonly #encoded: EncodedScan;
  readonly #group: RowGroup;
  /** Rows of the row group that are scanned. */
  readonly #start: number;
  readonly #end: number;
  /** Those of them that may pass, in order. */
  readonly #ranges: readonly RowRange[];
  readonly #slots: SlotState[] = [];
  readonly #survivors: Survivors;
  /** Some predicate is left to the filter. */
  readonly #undecided: boolean;
  readonly #texts: TextArea;
  readonly #cells: CellColumns;
  /** Rows of the selection, in the row group. */
  readonly #picked: number;
  /** The next survivor, and where the rows of the batch are. */
  #next = 0;
  #rows = 0;

  constructor(thread: ThreadKernels, encoded: EncodedScan, { source, split, resume }: SplitPart, growth: BatchGrowth) {
    assert(split.rowGroup !== undefined, 'a split of Parquet has its row group');
    const group = split.rowGroup;
    const rows = split.end - split.start;
    const plan = planMemory(encoded, group, rows, thread.memory.layout.decode_bytes);
    const { rows_max } = plan;
    super(thread.memory, rows_max, growth);
    this.kernels = thread.simd;
    this.#encoded = encoded;
    this.#group = group;
    this.#space = scanSpace(thread, source);
    this.traffic = this.#space.traffic;
    const { arena } = this.#space;
    arena.spare_bytes = plan.spare_bytes;
    // why: a block that grows leaves gaps where large pages find no room.
    this.#space.stored.reserve(plan.stored_bytes);
    this.#texts = new TextArea(arena.take(plan.texts_bytes), plan.texts_bytes);
    this.#cells = new CellColumns(this.#space, rows);
    this.#picked = arena.take(4 * rows_max);
    const indexes = new PageIndexes(this.#space, group);
    const part = indexes.part(split.start - group.first_row, split.end - group.first_row, encoded.schema.leaves);
    const start = resume === null ? part.start : resume.offset - 1 - group.first_row;
    const { end } = part;
    this.#start = start;
    this.#end = end;
    this.#ranges = indexes.select(encoded);
    // why: a predicate on a column in runs is left to the filter.
    const tests = encoded.tests.filter(({ slot }) => plan.runs[slot] === 0);
    this.#undecided = encoded.undecided || tests.length < encoded.tests.length;
    const scansAll = rows === group.rows && this.#ranges.length === 1 && tests.length === 0;
    const columns = new ScanColumns(this.#space, encoded, group, { plan, end }, (chunk, leaf) =>
      scansAll ? null : indexes.locate(chunk, leaf),
    );
    // why: arrays that `map` makes are of another kind once this is compiled, and all code compiled for the first is thrown away.
    for (let slot = 0; slot < encoded.slots.length; slot++) {
      this.#slots.push({
        column: columns.of(slot),
        values: arena.take(16 * rows_max),
        states: arena.take(rows_max),
        fields: arena.take(8 * rows_max),
        loaded: null,
        texts: null,
      });
    }
    const decisions: Decision[] = [];
    for (const { leaf, slot, test } of tests) decisions.push({ test, column: columns.flat(leaf), loaded: encoded.used[slot]! });
    this.#survivors = new Survivors(this.#space, decisions, start);
  }

  get position(): number {
    const { rows, count, end } = this.#survivors;
    return this.#rowNumber(this.#next < count ? this.memory.u32[(rows >> 2) + this.#next]! : end);
  }

  get end(): number {
    return this.#group.first_row + this.#end;
  }

  next(): boolean {
    const survivors = this.#survivors;
    const rows_max = this.nextRowsMax();
    if (this.#next === survivors.count) {
      const limit = this.#seekRange();
      if (limit === null) {
        this.setRows(0);
        return false;
      }
      survivors.decide(limit, rows_max);
      this.#next = 0;
    }
    this.#texts.clear();
    this.#rows = survivors.rows + 4 * this.#next;
    let rows = Math.min(rows_max, survivors.count - this.#next);
    for (const slot of this.#slots) {
      slot.loaded = null;
      slot.texts = null;
      rows = slot.column.loadable(this.#rows, rows);
    }
    this.#next += rows;
    this.setRows(rows);
    if (this.#undecided) this.#markUndecided();
    return true;
  }

  /** Goes to the rows to decide next; answers up to where they go, or null at the end. */
  #seekRange(): number | null {
    const { end: row } = this.#survivors;
    const range = this.#ranges.find(({ end }) => end > row);
    if (row >= this.#end || range === undefined || range.start >= this.#end) return null;
    if (range.start > row) this.#survivors.restart(range.start);
    return Math.min(range.end, this.#end);
  }

  resumeAt(row: number | null): ScanResume {
    return { offset: row === null ? this.position : this.#rowNumber(this.#rowOf(row)), state: 'outside' };
  }

  rewind({ offset }: ScanResume): boolean {
    const row = offset - 1 - this.#group.first_row;
    if (row < this.#start || row > this.#end) return false;
    const survivors = this.#survivors;
    if (row < survivors.start || row > survivors.end) survivors.restart(row);
    this.#next = survivors.indexOf(row);
    return true;
  }

  load(slot: number): LoadedColumn {
    const state = this.#use(slot);
    state.loaded ??= this.#load(state);
    return state.loaded;
  }

  texts(slot: number, form: 'csv' | 'json'): number {
    const state = this.#use(slot);
    const { column, fields } = state;
    if (state.texts === form || this.count === 0) return fields;
    state.texts = form;
    if (column.writeTexts(this.#batchRows(), form, fields, this.#texts)) return fields;
    const { thread } = this.#space;
    const list = { address: this.selection, count: this.count };
    this.#texts.at = renderTexts(thread, this.load(slot), list, form, fields, this.#texts.at, this.#texts.end);
    return fields;
  }

  csvColumns(columns: readonly CsvColumn[], style: number, list: number): number {
    return this.#cells.describe(columns, (slot) => this.#cellSource(slot), this.#batchRows(), style, list);
  }

  #cellSource(slot: number): CellSource {
    const state = this.#use(slot);
    const { column, fields } = state;
    // why: codes stand where the fields of texts would.
    state.texts = null;
    return { column, codes: fields, load: () => this.load(slot), texts: () => this.texts(slot, 'csv') };
  }

  read(slot: number, rows: Selection): Vector {
    const { column } = this.#slots[slot]!;
    const momentOf = (moment: bigint): SqlValue | undefined => column.momentOf?.(moment);
    return column.readTokens?.(this.load(slot).values, rows) ?? columnValues(this.memory, this.load(slot), rows, momentOf);
  }

  fields(slot: number): number {
    return this.texts(slot, 'csv');
  }

  /** Whole records are their columns. */
  recordFields(): number {
    return this.texts(0, 'csv');
  }

  readField(fields: number, row: number): string | undefined {
    const { u32, bytes } = this.memory;
    const word = (fields >> 2) + 2 * row;
    const [start, length] = [u32[word]!, u32[word + 1]!];
    return length >= FIELD_STATES ? undefined : bytes.toString('utf8', start, start + length);
  }

  #use(slot: number): SlotState {
    this.#encoded.used[slot] = true;
    return this.#slots[slot]!;
  }

  #load({ column, values, states }: SlotState): LoadedColumn {
    const { kind, scale, wide, unit, utc } = column.form;
    const nulls = this.count > 0 && column.load(this.#batchRows(), { values, states }, this.#texts);
    return { kind, values, states: nulls && kind !== 'string' ? states : 0, scale, wide, unit, utc };
  }

  /** The selected rows in the row group, and their slots. */
  #batchRows(): BatchRows {
    const { selection, count } = this;
    if (selection === 0) return { rows: this.#rows, slots: this.memory.layout.identity, count };
    this.#space.parquet.rowsAt(this.#rows, selection, count, this.#picked);
    return { rows: this.#picked, slots: selection, count };
  }

  /** The row group's first byte: rows have no offset of their own. */
  offsetOf(): number {
    return this.#group.offset;
  }

  #rowOf(row: number): number {
    return this.memory.u32[(this.#rows >> 2) + row]!;
  }

  /** Rows of the object count from 1. */
  #rowNumber(row: number): number {
    return this.#group.first_row + row + 1;
  }

  #markUndecided(): void {
    const { u8, layout } = this.memory;
    u8.fill(1, layout.undecided, layout.undecided + this.rows);
    this.undecided = this.rows > 0;
  }
}
