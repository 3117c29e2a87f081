/** What scans share: the batch's rows and selection; those of text formats also fields as columns in the memory of the thread. */
import { FIELD_MISSING, indexFlag } from '../kernels/kernels.ts';
import type { Memory } from '../kernels/memory.ts';
import type { Selection } from '../vector/vector.ts';

/** How many rows the next batch may have. Batches begin small: cold code on a full one would hold up a cancellation. */
export class BatchGrowth {
  next_rows_max = 1024;
}

/** The rows of a batch, and which of them are selected. */
export abstract class BatchRows {
  protected readonly memory: Memory;
  /** Rows of a full batch. */
  readonly #rows_max: number;
  readonly #growth: BatchGrowth;
  rows = 0;
  selection = 0;
  count = 0;
  undecided = false;

  constructor(memory: Memory, rows_max: number, growth: BatchGrowth) {
    this.memory = memory;
    this.#rows_max = rows_max;
    this.#growth = growth;
  }

  narrow(rows: Selection): void {
    const into = this.otherSelection();
    this.memory.u32.set(rows, into >> 2);
    this.selection = into;
    this.count = rows.length;
  }

  selected(): Selection {
    const { u32, layout } = this.memory;
    const at = (this.selection === 0 ? layout.identity : this.selection) >> 2;
    return u32.subarray(at, at + this.count);
  }

  isUndecided(row: number): boolean {
    return this.memory.u8[this.memory.layout.undecided + row] !== 0;
  }

  /** How many rows the next batch may have. */
  protected nextRowsMax(): number {
    const rows_max = Math.min(this.#growth.next_rows_max, this.#rows_max);
    this.#growth.next_rows_max = 2 * rows_max;
    return rows_max;
  }

  /** Begins a batch of rows that are all selected. */
  protected setRows(rows: number): void {
    this.rows = rows;
    this.selection = 0;
    this.count = rows;
    this.undecided = false;
  }

  /** Where the next selection goes while the present one is read. */
  protected otherSelection(): number {
    const { selections } = this.memory.layout;
    return selections[this.selection === selections[0] ? 1 : 0];
  }
}

/** Rows of text. */
export abstract class BatchScan extends BatchRows {
  /** Bytes between the fields of neighbouring columns. */
  readonly stride: number;

  constructor(memory: Memory, rows_max: number, stride: number) {
    super(memory, rows_max, new BatchGrowth());
    this.stride = stride;
  }

  /** What was seen in the window of the batch (`indexFlag`). */
  abstract get flags(): number;

  /** Makes the next rows, at most `rows_max`; 0 at the end. */
  protected abstract nextRows(rows_max: number): number;

  /** Begins the batch: no column is located yet; applies the predicates. */
  protected abstract select(): void;

  next(): boolean {
    this.setRows(this.nextRows(this.nextRowsMax()));
    if (this.rows === 0) return false;
    this.select();
    return true;
  }

  /** Before predicates that may leave rows undecided: none is so far. */
  protected clearUndecided(): void {
    const { u8, layout } = this.memory;
    u8.fill(0, layout.undecided, layout.undecided + this.rows);
  }

  /** After them: whether any kept row may be. */
  protected findUndecided(): boolean {
    const { bytes, layout } = this.memory;
    return this.count > 0 && bytes.subarray(layout.undecided, layout.undecided + this.rows).includes(1);
  }

  /** Address of a row's first byte. */
  protected startOf(row: number): number {
    return this.memory.u32[(this.memory.layout.rows >> 2) + 2 * row]!;
  }

  /** Address of the fields of a column. */
  protected fieldsOf(column: number): number {
    return this.memory.layout.fields + column * this.stride;
  }

  /** The text of the field at a u32 index of the memory; undefined where it is MISSING. */
  protected textAt(word: number): string | undefined {
    const { u32, bytes } = this.memory;
    const length = u32[word + 1]!;
    if (length === FIELD_MISSING) return undefined;
    const start = u32[word]!;
    return bytes.toString(this.flags & indexFlag.highByte ? 'utf8' : 'latin1', start, start + length);
  }
}
