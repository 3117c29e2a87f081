/**
 * What a format gives the engine: the records of a split, batch by batch, with the columns and predicates asked for. The engine
 * above knows no format but through this.
 */
import type { Kernels } from '../kernels/kernels.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import type { Columns, Selection } from '../vector/vector.ts';
import type { Split } from './format.ts';

/** What a query asks of a scan: columns by slot, and predicates on them. */
export interface ScanRequest {
  /** 0-based position of each slot's column. */
  readonly positions: readonly number[];
  readonly predicates: readonly ScanPredicate[];
  /** Columns beyond the slots that whole records need room for. */
  readonly record_columns: number;
}

/** Synchronous access to the bytes of an object: workers read where they compute. */
export interface ByteSource {
  /** Bytes of the object, or of the part of it that can be read. */
  readonly size: number;
  /** Reads up to `length` bytes from `offset` to `into[at]` on; answers how many (fewer only at the end). */
  read(into: Uint8Array, at: number, length: number, offset: number): number;
}

/** Quote state where a split starts or ends. */
export type QuoteState = 'outside' | 'quoted' | 'unknown';

/** Which records of which bytes. */
export interface SplitPart {
  readonly source: ByteSource;
  readonly split: Split;
  readonly startState: QuoteState;
  /** The first record to read when the split was begun before; null: find it. */
  readonly resume: number | null;
  readonly record_bytes_max: number;
  readonly window_bytes: number;
  /** The source ends in the middle of the object: an unfinished record at its end is left, not ended. */
  readonly unfinished: boolean;
}

/** A request made ready on a thread: its constants lie in the thread's memory. */
export interface Reader {
  /** @throws {SelectError} what is wrong with the first bytes */
  open(part: SplitPart): Scan;
}

/** Says what it did: rows that a predicate could not decide are kept and marked. */
export interface Scan extends Columns {
  /** Rows of the batch. */
  readonly rows: number;
  /** The rows the predicates keep: an address (0: all rows) and how many. */
  readonly selection: number;
  readonly count: number;
  /** Some kept row is marked undecided. */
  readonly undecided: boolean;
  /** The kernels that found the batch, and what they saw in its window (`indexFlag`). */
  readonly kernels: Kernels;
  readonly flags: number;
  /** Bytes between the fields of neighbouring columns. */
  readonly stride: number;
  /** Object offset of the next record. */
  readonly position: number;
  /** Quote state assumed where the split starts (`unknown`: it must be told, nothing was read), and found where it ends. */
  readonly assumedStart: QuoteState;
  readonly endState: QuoteState;
  /** Makes the next batch; false at the end of the split. @throws {SelectError} what is wrong with the bytes of the object */
  next(): boolean;
  /** Narrows the selection to rows that the caller decided. */
  narrow(rows: Selection): void;
  /** The selected rows; valid until the next batch or `narrow`. */
  selected(): Selection;
  isUndecided(row: number): boolean;
  /** Address of the fields of a slot's column, located for the selected rows. */
  fields(slot: number): number;
  /** Address where the columns of whole records may be located: behind those of the slots. */
  recordFields(): number;
  /** The text of `row` among the fields at an address; undefined where it is MISSING. */
  readField(fields: number, row: number): string | undefined;
}
