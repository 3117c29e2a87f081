/**
 * Scans a split of JSON batch by batch: rows, the predicates that kernels can decide on tokens, and the columns that are asked
 * for, as tokens in the memory of the thread. A scan says what it did: rows it could not decide are kept and marked.
 */
import { limits } from '../base/limits.ts';
import { FIELD_MISSING, type Kernels } from '../kernels/kernels.ts';
import type { ThreadKernels } from '../kernels/load.ts';
import { decodeToken } from '../vector/json.ts';
import type { PathStep } from '../vector/path.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import type { Selection, Vector } from '../vector/vector.ts';
import { BatchScan } from './batch-scan.ts';
import type { JsonInput } from './format.ts';
import { type EncodedPredicate, encodePredicate } from './json-predicate.ts';
import { locateProgram, sourceProgram } from './json-program.ts';
import { JsonWindows } from './json-window.ts';
import type { Reader, Scan, ScanRequest, ScanResume, StartState } from './scan.ts';

/** Columns located in one walk. A column without steps is the record itself. */
interface ColumnSet {
  readonly program: number;
  /** Those with steps; the others follow. */
  readonly located: number;
  readonly size: number;
  /** Index of its first column among all columns of the batch. */
  readonly first: number;
}

/** A request in the constants of a thread. */
interface EncodedScan {
  readonly predicates: readonly EncodedPredicate[];
  /** Columns the predicates read, those of one step each alone, and last the others. */
  readonly sets: readonly ColumnSet[];
  /** Column of each slot, and the set it is in. */
  readonly columnOf: readonly number[];
  readonly setOf: readonly number[];
  /** Columns for the texts of string tokens, and for whole records. */
  readonly texts: number;
  readonly wholes: number;
  readonly rows_max: number;
  readonly stride: number;
}

export function jsonReader(thread: ThreadKernels, input: JsonInput, request: ScanRequest): Reader {
  const encoded = encodeScan(thread, request);
  const { memory, simd: kernels, constants } = thread;
  const cuttable = input.type === 'lines';
  const options = {
    memory,
    kernels,
    cuttable,
    lines: cuttable && request.source.length === 0,
    strict: input.strict,
    source_program: sourceProgram(constants, request.source),
  };
  return { open: (part) => new JsonScan(thread, new JsonWindows({ ...part, ...options }), encoded) };
}

function encodeScan(thread: ThreadKernels, { columns, predicates }: ScanRequest): EncodedScan {
  const paths = columns.map(({ path }) => path ?? []);
  const tested = new Set(predicates.map(({ slot }) => slot));
  const slots = paths.map((_, slot) => slot);
  const columnOf: number[] = [];
  const setOf: number[] = [];
  const sets: ColumnSet[] = [];
  const addSet = (members: readonly number[]): void => {
    const nested = members.filter((slot) => paths[slot]!.length > 0);
    const whole = members.filter((slot) => paths[slot]!.length === 0);
    const first = sets.reduce((sum, { size }) => sum + size, 0);
    for (const [index, slot] of [...nested, ...whole].entries()) columnOf[slot] = first + index;
    for (const slot of members) setOf[slot] = sets.length;
    sets.push({ program: programOf(thread, nested, paths), located: nested.length, size: members.length, first });
  };
  // A member of the record is soon found alone, and later ones only where the predicate before holds; longer paths share their beginnings.
  for (const slot of slots) if (tested.has(slot) && paths[slot]!.length === 1) addSet([slot]);
  addSet(slots.filter((slot) => tested.has(slot) && paths[slot]!.length !== 1));
  addSet(slots.filter((slot) => !tested.has(slot)));
  const encoded = predicates.map((predicate) => encodePredicate(thread, predicate));
  encoded.sort((a, b) => Number(b.needle !== null) - Number(a.needle !== null));
  const texts = paths.length;
  const rows_max = Math.max(1, Math.min(limits.batch_rows_max, Math.floor(thread.memory.layout.fields_bytes / (8 * (texts + 2)))));
  return { predicates: encoded, sets, columnOf, setOf, texts, wholes: texts + 1, rows_max, stride: 8 * rows_max };
}

function programOf({ constants }: ThreadKernels, slots: readonly number[], paths: readonly (readonly PathStep[])[]): number {
  return locateProgram(
    constants,
    slots.map((slot) => paths[slot]!),
  );
}

class JsonScan extends BatchScan implements Scan {
  readonly tokens = 'json';
  readonly typed = null;
  readonly traffic = null;
  readonly kernels: Kernels;
  readonly #windows: JsonWindows;
  readonly #encoded: EncodedScan;
  readonly #located: boolean[];
  constructor(thread: ThreadKernels, windows: JsonWindows, encoded: EncodedScan) {
    super(thread.memory, encoded.rows_max, encoded.stride);
    this.#windows = windows;
    this.#encoded = encoded;
    this.#located = encoded.sets.map(() => false);
    this.kernels = thread.simd;
  }

  get flags(): number {
    return this.#windows.flags;
  }

  get position(): number {
    return this.#windows.position;
  }

  get assumedStart(): StartState {
    return this.#windows.assumedStart;
  }

  get endState(): StartState {
    return this.#windows.endState;
  }

  resumeAt(row: number | null): ScanResume {
    return this.#windows.resumeAt(row === null ? null : this.startOf(row));
  }

  offsetOf(row: number): number {
    return this.#windows.offsetOf(this.startOf(row));
  }

  fields(slot: number): number {
    this.#locate(this.#encoded.setOf[slot]!);
    return this.fieldsOf(this.#encoded.columnOf[slot]!);
  }

  /** Whole records are tokens themselves, the only column. */
  recordFields(): number {
    const fields = this.fieldsOf(this.#encoded.wholes);
    this.#copyRecords(fields);
    return fields;
  }

  readField(fields: number, row: number): string | undefined {
    return this.textAt((fields >> 2) + 2 * row);
  }

  read(slot: number, rows: Selection): Vector {
    const fields = this.fields(slot) >> 2;
    const values: SqlValue[] = new Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = this.#value(fields + 2 * rows[i]!);
    return { kind: 'values', values };
  }

  #value(word: number): SqlValue {
    const token = this.textAt(word);
    if (token === undefined) return undefined;
    const value = decodeToken(token);
    if (!(value instanceof Failure) || value.error.params['offset'] !== undefined) return value;
    const offset = this.#windows.offsetOf(this.memory.u32[word]!);
    return new Failure({ code: value.error.code, params: { ...value.error.params, offset } });
  }

  #locate(which: number): void {
    const { program, located, size, first } = this.#encoded.sets[which]!;
    if (this.#located[which] || size === 0) return;
    this.#located[which] = true;
    if (located > 0) this.kernels.json.jsonLocate(this.selection, this.count, program, located, this.fieldsOf(first), this.stride);
    for (let column = located; column < size; column++) this.#copyRecords(this.fieldsOf(first + column));
  }

  /** Fields over the records themselves. */
  #copyRecords(fields: number): void {
    const { u32, layout } = this.memory;
    for (const row of this.selected()) {
      const start = u32[(layout.rows >> 2) + 2 * row]!;
      const length = u32[(layout.rows >> 2) + 2 * row + 1]! - start;
      u32[(fields >> 2) + 2 * row] = start;
      u32[(fields >> 2) + 2 * row + 1] = length === 0 ? FIELD_MISSING : length;
    }
  }

  protected nextRows(rows_max: number): number {
    return this.#windows.nextRows(rows_max);
  }

  protected select(): void {
    this.#located.fill(false);
    const { predicates, texts } = this.#encoded;
    const mayDoubt = predicates.some(({ decides }) => !decides);
    if (mayDoubt) this.clearUndecided();
    for (let index = 0; index < predicates.length && this.count > 0; index++) {
      const { slot, run, needle } = predicates[index]!;
      if (needle !== null && this.selection === 0) {
        this.selection = this.otherSelection();
        this.count = this.kernels.json.jsonContaining(this.rows, needle.address, needle.length, this.selection);
      }
      const fields = this.fields(slot);
      const into = this.otherSelection();
      this.count = run(
        { kernels: this.kernels, memory: this.memory, texts: this.fieldsOf(texts) },
        fields,
        this.selection,
        this.count,
        into,
      );
      this.selection = into;
    }
    this.undecided = mayDoubt && this.findUndecided();
  }
}
