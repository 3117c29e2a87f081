/**
 * What a format gives the engine: the records of a split, batch by batch, with the columns and predicates asked for. The engine
 * above knows no format but through this.
 */
import type { Kernels } from '../kernels/kernels.ts';
import type { PathStep } from '../vector/path.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import type { Columns, Selection } from '../vector/vector.ts';
import type { Split } from './format.ts';

/** Where a column is; the other is null. */
export interface ColumnPlace {
  readonly position: number | null;
  readonly path: readonly PathStep[] | null;
}

/** What a query asks of a scan: columns by slot, and predicates on them. */
export interface ScanRequest {
  /** How each slot's column is reached: by its 0-based position, in JSON by its path. */
  readonly columns: readonly ColumnPlace[];
  /** How records are reached from each root value of JSON; empty elsewhere. */
  readonly source: readonly PathStep[];
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

/** Where a scan of JSON stands: see `json-state.ts`. */
export type JsonState = `json:${number}:${string}`;

/** Quote state where a split of CSV starts or ends. */
export type QuoteState = 'outside' | 'quoted' | 'unknown';

/**
 * State where a split starts or ends: outside or inside quotes (CSV), between two values (JSON). `unknown`: it must be told.
 * `certain`: the scan found its first record by itself, and no other state would be right.
 */
export type StartState = QuoteState | 'certain' | JsonState;

/** Where a split goes on: its first record not yet delivered, and the state from which that is found. */
export interface ScanResume {
  readonly offset: number;
  readonly state: StartState;
}

/** Which records of which bytes. */
export interface SplitPart {
  readonly source: ByteSource;
  readonly split: Split;
  readonly startState: StartState;
  /** Where to go on when the split was begun before; null: find its first record. */
  readonly resume: ScanResume | null;
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

/** Bytes of the object that were read, and what they were decompressed to. */
export interface ScanTraffic {
  readonly read_bytes: number;
  readonly decompressed_bytes: number;
}

/** The columns of a batch of a typed format. Addresses hold until the next batch. */
export interface TypedBatch {
  /** The values of a slot's column, decoded for the selected rows. */
  load(slot: number): LoadedColumn;
  /** Address of fields (by row number) over the output text of the column, for the selected rows: as CSV, or as JSON tokens. */
  texts(slot: number, form: 'csv' | 'json'): number;
  /** Describes neighbouring columns for `writeCells`, from `list` on; answers how many descriptions those are. `style`: of the output. */
  csvColumns(columns: readonly CsvColumn[], style: number, list: number): number;
}

/** A column on its way out as CSV. */
export interface CsvColumn {
  readonly slot: number;
  /** Its values are fields. */
  readonly isField: boolean;
  /** No byte of its text needs quotes, and the style does not quote all. */
  readonly isPlain: boolean;
}

/**
 * A column of values in the memory of the thread, indexed by the row number of the batch; what stands at rows that are not
 * selected, or NULL, is undefined.
 */
export interface LoadedColumn {
  /**
   * `int`, `bool`: i64 (bool 0 or 1). `float`: f64. `decimal`: mantissas, i64 or where `wide` i128 (little-endian, two's
   * complement). `timestamp`: i64 counts of `unit` since 1970-01-01. `string`: u64 fields. `json`: u64 fields over a list's or
   * struct's JSON text without insignificant whitespace. States of fields are in their lengths (`FIELD_STATES`).
   */
  readonly kind: 'int' | 'bool' | 'float' | 'decimal' | 'timestamp' | 'string' | 'json';
  readonly values: number;
  /** Address of u8 by row (`rowState`), of numbers, truth values and timestamps; 0: all rows are values. */
  readonly states: number;
  readonly scale: number;
  readonly wide: boolean;
  readonly unit: 'days' | 'millis' | 'micros' | 'nanos';
  /** A timestamp's offset is Z, not unknown. */
  readonly utc: boolean;
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
  /** The last offset at which a record of the split may begin; absent: where the split ends. Parts of row groups end where pages do. */
  readonly end?: number;
  /** How bare columns and records can be copied: CSV text, or JSON tokens. `typed`: columns have values, see `typed`. */
  readonly tokens: 'text' | 'json' | 'typed';
  /** Columns that are values and not text; null for text formats. */
  readonly typed: TypedBatch | null;
  /** Bytes read and decompressed since it was opened; null where they are those of the split. */
  readonly traffic: ScanTraffic | null;
  /** State assumed where the split starts (`unknown`: it must be told, nothing was read), and found where it ends. */
  readonly assumedStart: StartState;
  readonly endState: StartState;
  /** Makes the next batch; false at the end of the split. @throws {SelectError} what is wrong with the bytes of the object */
  next(): boolean;
  /** Narrows the selection to rows that the caller decided. */
  narrow(rows: Selection): void;
  /** The selected rows; valid until the next batch or `narrow`. */
  selected(): Selection;
  /** Where a later task goes on: at a row of this batch, or behind the batch. */
  resumeAt(row: number | null): ScanResume;
  /** A scan that was left where `resume` is goes on there; false: it cannot, and another has to be opened. Absent: it never can. */
  rewind?(resume: ScanResume): boolean;
  isUndecided(row: number): boolean;
  /** Address of the fields of a slot's column, located for the selected rows. */
  fields(slot: number): number;
  /** Address where the columns of whole CSV records may be located, behind those of the slots; of JSON, the records as fields. */
  recordFields(): number;
  /** The text of `row` among the fields at an address; undefined where it is MISSING. */
  readField(fields: number, row: number): string | undefined;
}
