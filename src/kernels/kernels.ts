/**
 * The kernel interface and the memory kernels share with their callers.
 *
 * A kernel is called once a window or once a batch, never once a value; only numbers cross the boundary. Two
 * implementations: SIMD WebAssembly (`assembly/`) for the dialects that dominate, and plain TypeScript (`reference.ts`),
 * which reads every dialect, decides what the SIMD scanner declares irregular, and is the twin it is fuzzed against.
 *
 * Text is a field: a u64 whose low half is an address in the memory and whose high half is a length in bytes.
 * Rows are pairs of u32 addresses (first byte, one past the last byte of the record's content).
 * A selection is ascending u32 row numbers; the address 0 stands for "all rows".
 */

import type { CellKernels } from './cell-kernels.ts';
import type { ColumnKernels } from './column-kernels.ts';
import type { JsonKernels } from './json-kernels.ts';
import type { ParquetKernels } from './parquet-kernels.ts';
import type { ValueKernels } from './value-kernels.ts';

/** Length of a field that the record does not have. */
export const FIELD_MISSING = 0xffffffff;

/** What `csvIndex` saw in a window, or-ed together. */
export const indexFlag = {
  /** A quote character. */
  quote: 1,
  /** A quote where the regular form has none: SIMD cannot read this window, the reference kernels must. */
  irregular: 2,
  /** A record delimiter inside quotes. */
  quotedDelimiter: 4,
  /** A byte above 0x7f: the window must be validated as UTF-8. */
  highByte: 8,
  /** A quote escaped by doubling it. */
  doubledQuote: 32,
  /** The window ends inside quotes. */
  endsQuoted: 64,
} as const;

/** How a number must be written for a kernel to decide it; see `ScanPredicate`. */
export const numberReading = { decimal: 0, int: 1, untyped: 2 } as const;

/** The bytes that structure a CSV object. */
export interface CsvDialect {
  readonly fieldDelimiter: Uint8Array;
  /** Empty: no quoting. */
  readonly quote: Uint8Array;
  readonly escape: Uint8Array;
  readonly recordDelimiter: Uint8Array;
  /** A CR before the record delimiter belongs to it. */
  readonly trimCarriageReturn: boolean;
  /** Empty: no comments. */
  readonly comment: Uint8Array;
  readonly quotedRecordDelimiters: boolean;
}

/** How selected fields are written as CSV. */
export interface CsvStyle {
  readonly fieldDelimiter: Uint8Array;
  readonly recordDelimiter: Uint8Array;
  /** Empty: never quoted. */
  readonly quote: Uint8Array;
  readonly escape: Uint8Array;
  readonly always: boolean;
}

/** Rows found by `csvRecords`. */
export interface RecordsResult {
  /** Rows written to `Layout.rows`. */
  readonly rows: number;
  /** Ends used up; continue from there. */
  readonly ends: number;
  /** Address where the next record begins. */
  readonly next: number;
  /** Rows whose trailing CR was trimmed. */
  readonly trimmed: number;
}

/** How a column is written as JSON, or-ed together: its fields are tokens and no texts; its NULLs leave their keys out. */
export const jsonForm = { text: 0, token: 1, sparse: 2 } as const;

/** What a writing kernel did before its output was full. */
export interface WriteResult {
  /** Rows of the selection written, whole. */
  readonly rows: number;
  /** Address one past the last byte written. */
  readonly end: number;
  /** The next record cannot be written so: copied, it holds a CR and would need quotes; or a field of it is in doubt. */
  readonly blocked: boolean;
}

export interface Kernels {
  readonly kind: 'simd' | 'reference';
  /** Kernels of expressions. */
  readonly values: ValueKernels;
  readonly json: JsonKernels;
  /** Kernels over columns of values. */
  readonly columns: ColumnKernels;
  readonly parquet: ParquetKernels;
  readonly cells: CellKernels;
  /** Whether this implementation reads such CSV at all; the reference reads everything. */
  supports(dialect: CsvDialect): boolean;
  /** Sets the dialect for the calls that follow. */
  csvDialect(dialect: CsvDialect): void;
  /**
   * Finds record ends in `[base + from, base + to)` and writes them, as offsets from `base` one past the delimiter, to
   * `Layout.ends` (from entry `count` on). `quoted`: `base + from` lies inside quotes. Returns the new number of ends; flags in `flags()`.
   */
  csvIndex(base: number, from: number, to: number, count: number, quoted: boolean): number;
  flags(): number;
  /** Turns ends `[first, count)` into rows (at most `rows_max`), dropping blank and comment records. `start`: where the first one begins. */
  csvRecords(base: number, first: number, count: number, start: number, rows_max: number): RecordsResult;
  /**
   * Finds columns of rows. `gaps`: address of u32 counts of delimiters to skip from the previous wanted column (the first: from
   * the record's start); `columns` of them. Column c's fields go to `fields + c * stride`, indexed by row number. `flags`: those of the window.
   */
  csvLocate(selection: number, count: number, gaps: number, columns: number, fields: number, stride: number, flags: number): void;
  /** Keeps rows whose number lies in [low, high] (or does not: `negated`). Undecided rows are kept and marked in `Layout.undecided`. Returns rows kept. */
  selectNumber(
    fields: number,
    selection: number,
    count: number,
    low: number,
    high: number,
    reading: number,
    negated: boolean,
    into: number,
  ): number;
  /** Keeps rows whose text lies between two constants in byte order. */
  selectText(fields: number, selection: number, count: number, bounds: TextBounds, negated: boolean, into: number): number;
  /** Keeps rows whose text matches a LIKE program (`encodeLike`). */
  selectLike(fields: number, selection: number, count: number, program: number, negated: boolean, into: number): number;
  /** Keeps rows whose text is one of `size` constants: a set as `Constants.textSet` writes it. IN is never NULL: MISSING is none of them. */
  selectIn(fields: number, selection: number, count: number, set: number, size: number, negated: boolean, into: number): number;
  /** Keeps rows that have the column (negated: that lack it). */
  selectPresent(fields: number, selection: number, count: number, negated: boolean, into: number): number;
  /**
   * Keeps rows of which column `column` contains the needle (at most `NEEDLE_BYTES_MAX`, no quote character in it), looking at the
   * raw bytes of all `rows` rows of the batch first. `fields` receives the column of the rows it looked at.
   */
  selectContaining(rows: number, column: number, needle: number, length: number, fields: number, flags: number, into: number): number;
  /** Copies whole records and adds the record delimiter. Result in `written()`; `style`: address of `encodeStyle`'s bytes. */
  writeRecords(selection: number, count: number, style: number, out: number, end: number): void;
  /** Writes columns of each selected row as one CSV record; `list`: as of `writeJson`. NULL and MISSING are empty; a field in doubt blocks its row. */
  writeCsv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void;
  /**
   * Writes columns of each selected row as one CSV record; `list`: address of `COLUMN_BYTES` for each (`columnForm`). NULL and MISSING are empty;
   * a field in doubt blocks its row.
   */
  writeCells(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void;
  /**
   * Writes columns as JSON objects; `list`: address of u32 addresses of the columns' fields; `keys`: address of fields holding `"name":` for
   * each; `forms`: address of u8 `jsonForm` for each, 0: all are texts. NULL is `null`, MISSING leaves its key out; a field in doubt blocks its row.
   */
  writeJson(
    list: number,
    columns: number,
    keys: number,
    forms: number,
    selection: number,
    count: number,
    style: number,
    out: number,
    end: number,
  ): void;
  written(): WriteResult;
  /** Address of the first byte that breaks UTF-8 in `[start, end)`, or -1. */
  utf8Error(start: number, end: number): number;
}

/** Constants of `selectText`: addresses and lengths; a bound is `none`, exclusive or inclusive. */
export interface TextBounds {
  readonly low: number;
  readonly lowLength: number;
  readonly lowBound: Bound;
  readonly high: number;
  readonly highLength: number;
  readonly highBound: Bound;
}

export const bound = { none: 0, exclusive: 1, inclusive: 2 } as const;
export type Bound = (typeof bound)[keyof typeof bound];

/** Longest needle of `selectContaining`: it is looked for past the end of the batch, inside the guard of the area. */
export const NEEDLE_BYTES_MAX = 128;
