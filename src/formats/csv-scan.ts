/**
 * Scans a split of CSV batch by batch: rows, the predicates that kernels can decide, and the columns that are asked for, as
 * fields in the memory of the thread. A scan says what it did: rows it could not decide are kept and marked.
 */
import { limits } from '../base/limits.ts';
import type { CsvDialect, Kernels } from '../kernels/kernels.ts';
import { NEEDLE_BYTES_MAX } from '../kernels/kernels.ts';
import type { ThreadKernels } from '../kernels/load.ts';
import type { Memory } from '../kernels/memory.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import type { SqlValue } from '../vector/value.ts';
import type { Selection, Vector } from '../vector/vector.ts';
import { BatchScan } from './batch-scan.ts';
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
  return { open: (part) => new CsvScan(memory, new CsvWindows({ ...part, memory, simd, reference, dialect }), encoded) };
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

class CsvScan extends BatchScan implements Scan {
  readonly tokens = 'text';
  readonly typed = null;
  readonly traffic = null;
  readonly #windows: CsvWindows;
  readonly #encoded: EncodedScan;
  readonly #located: [boolean, boolean] = [false, false];
  constructor(memory: Memory, windows: CsvWindows, encoded: EncodedScan) {
    super(memory, encoded.rows_max, encoded.stride);
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

  resumeAt(row: number | null): ScanResume {
    return { offset: row === null ? this.position : this.offsetOf(row), state: 'outside' };
  }

  fields(slot: number): number {
    const column = this.#encoded.columnOf[slot]!;
    this.#locate(column < this.#encoded.sets[1].first ? 0 : 1);
    return this.fieldsOf(column);
  }

  recordFields(): number {
    return this.fieldsOf(this.#encoded.columnOf.length);
  }

  read(slot: number, rows: Selection): Vector {
    const fields = this.fields(slot) >> 2;
    const values: SqlValue[] = new Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = this.textAt(fields + 2 * rows[i]!);
    return { kind: 'values', values };
  }

  readField(fields: number, row: number): string | undefined {
    return this.textAt((fields >> 2) + 2 * row);
  }

  offsetOf(row: number): number {
    return this.#windows.offsetOf(this.startOf(row));
  }

  #locate(which: 0 | 1): void {
    const { slots, gaps, first } = this.#encoded.sets[which];
    if (this.#located[which] || slots.length === 0) return;
    this.#located[which] = true;
    this.kernels.csvLocate(this.selection, this.count, gaps, slots.length, this.fieldsOf(first), this.stride, this.flags);
  }

  protected nextRows(rows_max: number): number {
    return this.#windows.nextRows(rows_max);
  }

  protected select(): void {
    this.#located.fill(false);
    const { predicates, columnOf } = this.#encoded;
    const mayDoubt = predicates.some(({ decides }) => !decides);
    if (mayDoubt) this.clearUndecided();
    for (let index = 0; index < predicates.length && this.count > 0; index++) {
      const { slot, run, needle } = predicates[index]!;
      const into = this.otherSelection();
      const fields = this.fieldsOf(columnOf[slot]!);
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
    this.undecided = mayDoubt && this.findUndecided();
  }
}
