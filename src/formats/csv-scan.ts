/**
 * Scans a split of CSV batch by batch: rows, the predicates that kernels can decide, and the columns that are asked for, as
 * fields in the memory of the thread. A scan says what it did: rows it could not decide are kept and marked.
 */
import { limits } from '../base/limits.ts';
import type { CsvDialect, Kernels } from '../kernels/kernels.ts';
import { FIELD_MISSING, indexFlag, NEEDLE_BYTES_MAX } from '../kernels/kernels.ts';
import type { ThreadKernels } from '../kernels/load.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import type { SqlValue } from '../vector/value.ts';
import type { Selection, Vector } from '../vector/vector.ts';
import { dialectOf } from './csv-dialect.ts';
import { CsvWindows } from './csv-window.ts';
import type { CsvInput } from './format.ts';
import { containedText, predicateKernel, type RunPredicate } from './predicate-kernels.ts';
import type { QuoteState, Reader, Scan, ScanRequest, ScanResume } from './scan.ts';

interface EncodedPredicate {
  readonly slot: number;
  readonly run: RunPredicate;
  readonly decides: boolean;
  /** Text to look for in the raw bytes before any column is located. */
  readonly needle: { readonly address: number; readonly length: number } | null;
}

/** Columns located in one walk: their slots in the order of their positions, and the gaps between them. */
interface ColumnSet {
  readonly slots: readonly number[];
  readonly gaps: number;
  /** Index of its first column among all columns of the batch. */
  readonly first: number;
}

/** A request in the constants of a thread. */
interface EncodedScan {
  readonly positions: readonly number[];
  readonly predicates: readonly EncodedPredicate[];
  /** Columns the predicates read, and the others. */
  readonly sets: readonly [ColumnSet, ColumnSet];
  /** Column of each slot. */
  readonly columnOf: readonly number[];
  readonly rows_max: number;
  readonly stride: number;
}

export function csvReader(thread: ThreadKernels, input: CsvInput, request: ScanRequest): Reader {
  const dialect = dialectOf(input);
  const encoded = encodeScan(thread, request, dialect);
  const { memory, simd, reference } = thread;
  return { open: (part) => new CsvScan(thread, new CsvWindows({ ...part, memory, simd, reference, dialect }), encoded) };
}

function encodeScan(thread: ThreadKernels, request: ScanRequest, dialect: CsvDialect): EncodedScan {
  const { predicates } = request;
  const positions = request.columns.map(({ position }) => position!);
  const encoded = predicates.map((predicate) => encodePredicate(thread, predicate, dialect));
  encoded.sort((a, b) => Number(b.needle !== null) - Number(a.needle !== null));
  const tested = new Set(predicates.map(({ slot }) => slot));
  const slots = positions.map((_, slot) => slot).sort((a, b) => positions[a]! - positions[b]!);
  const set = (members: number[], first: number): ColumnSet => ({
    slots: members,
    gaps: thread.constants.u32s(gapsOf(members.map((slot) => positions[slot]!))),
    first,
  });
  const testedSlots = slots.filter((slot) => tested.has(slot));
  const sets = [
    set(testedSlots, 0),
    set(
      slots.filter((slot) => !tested.has(slot)),
      testedSlots.length,
    ),
  ] as const;
  const columnOf: number[] = [];
  for (const { slots: members, first } of sets) for (const [index, slot] of members.entries()) columnOf[slot] = first + index;
  const columns = Math.max(1, positions.length + request.record_columns);
  const rows_max = Math.max(1, Math.min(limits.batch_rows_max, Math.floor(thread.memory.layout.fields_bytes / (8 * columns))));
  return { positions, predicates: encoded, sets, columnOf, rows_max, stride: 8 * rows_max };
}

/** How many delimiters lie between neighbouring wanted columns. */
function gapsOf(positions: readonly number[]): number[] {
  return positions.map((position, index) => (index === 0 ? position : position - positions[index - 1]! - 1));
}

function encodePredicate({ constants }: ThreadKernels, predicate: ScanPredicate, dialect: CsvDialect): EncodedPredicate {
  const { slot } = predicate;
  const run = predicateKernel(constants, predicate);
  const text = predicate.kind === 'like' && !predicate.negated ? containedText(predicate.pattern) : null;
  const needle = text === null ? null : Buffer.from(text);
  const searchable =
    needle !== null && needle.length <= NEEDLE_BYTES_MAX && !contains(needle, dialect.quote) && !contains(needle, dialect.escape);
  return {
    slot,
    run,
    decides: predicate.kind !== 'number',
    needle: searchable ? { address: constants.bytes(needle), length: needle.length } : null,
  };
}

function contains(text: Buffer, part: Uint8Array): boolean {
  return part.length > 0 && text.includes(Buffer.from(part));
}

const FIRST_ROWS = 1024;

class CsvScan implements Scan {
  readonly tokens = 'text';
  readonly #thread: ThreadKernels;
  readonly #windows: CsvWindows;
  readonly #encoded: EncodedScan;
  readonly #located: [boolean, boolean] = [false, false];
  /** Batches begin small: cold code on a full one would hold up a cancellation. */
  #rows_max = FIRST_ROWS;
  rows = 0;
  selection = 0;
  count = 0;
  undecided = false;

  constructor(thread: ThreadKernels, windows: CsvWindows, encoded: EncodedScan) {
    this.#thread = thread;
    this.#windows = windows;
    this.#encoded = encoded;
  }

  get kernels(): Kernels {
    return this.#windows.kernels;
  }

  get flags(): number {
    return this.#windows.flags;
  }

  get position(): number {
    return this.#windows.position;
  }

  get assumedStart(): QuoteState {
    return this.#windows.assumedStart;
  }

  get endState(): QuoteState {
    return this.#windows.endState;
  }

  get stride(): number {
    return this.#encoded.stride;
  }

  next(): boolean {
    this.rows = this.#windows.nextRows(Math.min(this.#rows_max, this.#encoded.rows_max));
    this.#rows_max *= 2;
    if (this.rows === 0) return false;
    this.#located[0] = false;
    this.#located[1] = false;
    this.selection = 0;
    this.count = this.rows;
    this.undecided = false;
    if (this.#encoded.predicates.length > 0) this.#select();
    return true;
  }

  narrow(rows: Selection): void {
    const { u32, layout } = this.#thread.memory;
    const into = layout.selections[0];
    u32.set(rows, into >> 2);
    this.selection = into;
    this.count = rows.length;
  }

  selected(): Selection {
    const { u32, layout } = this.#thread.memory;
    const at = (this.selection === 0 ? layout.identity : this.selection) >> 2;
    return u32.subarray(at, at + this.count);
  }

  resumeAt(row: number | null): ScanResume {
    return { offset: row === null ? this.position : this.offsetOf(row), state: 'outside' };
  }

  isUndecided(row: number): boolean {
    return this.#thread.memory.u8[this.#thread.memory.layout.undecided + row] !== 0;
  }

  fields(slot: number): number {
    const column = this.#encoded.columnOf[slot]!;
    this.#locate(column < this.#encoded.sets[1].first ? 0 : 1);
    return this.#fieldsOf(column);
  }

  recordFields(): number {
    return this.#fieldsOf(this.#encoded.columnOf.length);
  }

  read(slot: number, rows: Selection): Vector {
    const fields = this.fields(slot) >> 2;
    const values: SqlValue[] = new Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = this.#text(fields + 2 * rows[i]!);
    return { kind: 'values', values };
  }

  readField(fields: number, row: number): string | undefined {
    return this.#text((fields >> 2) + 2 * row);
  }

  offsetOf(row: number): number {
    return this.#windows.offsetOf(this.#thread.memory.u32[(this.#thread.memory.layout.rows >> 2) + 2 * row]!);
  }

  #text(word: number): string | undefined {
    const { u32, bytes } = this.#thread.memory;
    const length = u32[word + 1]!;
    if (length === FIELD_MISSING) return undefined;
    const start = u32[word]!;
    return this.flags & indexFlag.highByte
      ? bytes.toString('utf8', start, start + length)
      : bytes.toString('latin1', start, start + length);
  }

  #fieldsOf(column: number): number {
    return this.#thread.memory.layout.fields + column * this.#encoded.stride;
  }

  #locate(which: 0 | 1): void {
    const { slots, gaps, first } = this.#encoded.sets[which];
    if (this.#located[which] || slots.length === 0) return;
    this.#located[which] = true;
    this.kernels.csvLocate(this.selection, this.count, gaps, slots.length, this.#fieldsOf(first), this.stride, this.flags);
  }

  #select(): void {
    const { layout, u8, bytes } = this.#thread.memory;
    const { predicates, columnOf } = this.#encoded;
    const mayDoubt = predicates.some(({ decides }) => !decides);
    if (mayDoubt) u8.fill(0, layout.undecided, layout.undecided + this.rows);
    for (let index = 0; index < predicates.length && this.count > 0; index++) {
      const { slot, run, needle } = predicates[index]!;
      const into = layout.selections[this.selection === layout.selections[0] ? 1 : 0];
      const fields = this.#fieldsOf(columnOf[slot]!);
      if (needle !== null && index === 0) {
        this.count = this.kernels.selectContaining(
          this.rows,
          this.#encoded.positions[slot]!,
          needle.address,
          needle.length,
          fields,
          this.flags,
          into,
        );
      } else {
        this.#locate(0);
        this.count = run(this.kernels, fields, this.selection, this.count, into);
      }
      this.selection = into;
    }
    this.undecided = mayDoubt && this.count > 0 && bytes.subarray(layout.undecided, layout.undecided + this.rows).includes(1);
  }
}
