/**
 * Kernels over columns of values as scans of typed formats load them (`LoadedColumn` in `formats/scan.ts`): their output text,
 * frames of typed expressions, and aggregates. The SIMD implementation is `assembly/parquet/render.ts` and `load.ts`, in the module of Parquet; its plain twin
 * `reference-render.ts` and `reference-load.ts`.
 *
 * `values`: what the column holds, by row. `states`: u8 `rowState` by row; 0: every row is a value. `rows`: u32 row numbers; 0: rows 0
 * to `count - 1`.
 */

/** Room that a text needs: the longest is shorter, and kernels write a little past what they are given to write. */
export const RENDERED_BYTES_MAX = 64;

/** Digits of a second's fraction that a column of timestamps has; `day`: it holds days since 1970-01-01. */
export const timeDigits = { day: 0, millis: 3, micros: 6, nanos: 9 } as const;

/** What a decimal's mantissas are: i64, i128 of at most 38 digits, or doubles that are integers of at most 53 bits. */
export const mantissaForm = { int64: 0, int128: 1, double: 2 } as const;

/** Addresses and numbers only, so the exports of the module are this interface. */
export interface ColumnKernels extends RenderKernels, LoadKernels {
  /**
   * Of the i64 that are values: writes the least and the greatest (i64) and the sum (i128) to `into`, 8-aligned. Answers how many there
   * are; of none nothing is written.
   */
  tallyInts(values: number, states: number, rows: number, count: number, into: number): number;
}

/** Bytes that `tallyInts` writes. */
export const TALLY_BYTES = 32;

/**
 * Values as text: written to `at`, one behind the other, with `fields` over them by row; the answer is the address behind the last.
 * `json` (0 or 1): as JSON tokens, where NULL leaves its key out (MISSING) and text that is no number or truth value has quotes; else as CSV
 * before quoting, where NULL is empty. `fields` may be where values of 8 bytes are. What has no text (a date outside the years 1 to 9999) becomes a field in doubt.
 */
export interface RenderKernels {
  /** i64. */
  renderInts(values: number, states: number, rows: number, count: number, json: number, fields: number, at: number): number;
  /** i64, 0 or 1. */
  renderTruths(values: number, states: number, rows: number, count: number, json: number, fields: number, at: number): number;
  /** f64: the fewest digits that read back as the same value, in Java's form. */
  renderFloats(values: number, states: number, rows: number, count: number, json: number, fields: number, at: number): number;
  /** Mantissas (`mantissaForm`) in the form of Java's BigDecimal; `scale` is not negative. */
  renderDecimals(
    values: number,
    states: number,
    rows: number,
    count: number,
    scale: number,
    mantissas: number,
    json: number,
    fields: number,
    at: number,
  ): number;
  /** i64 counts of a unit (`timeDigits`) since 1970-01-01; `utc` 1: the offset is Z, else unknown. */
  renderTimes(
    values: number,
    states: number,
    rows: number,
    count: number,
    digits: number,
    utc: number,
    json: number,
    fields: number,
    at: number,
  ): number;
  /** Fields as they are, NULL as above. Text of JSON gets no quotes: that is for whoever writes it. */
  renderFields(values: number, rows: number, count: number, json: number, fields: number): void;
}

/** Frames out of columns: f64 `into` and u8 `intoStates` by row. They answer `UNCLEAN` where some row is no value, else 0. */
export interface LoadKernels {
  /** i64, or (`wide` 1) i128: in doubt beyond 53 bits. */
  loadInts(values: number, states: number, rows: number, count: number, wide: number, into: number, intoStates: number): number;
  /** f64. */
  loadFloats(values: number, states: number, rows: number, count: number, into: number, intoStates: number): number;
  /** i64 0 or 1 as truth values, in `intoStates`. */
  loadTruths(values: number, states: number, rows: number, count: number, intoStates: number): void;
  /**
   * i64 counts of a unit (`timeDigits`): days become seconds, all others microseconds. In doubt outside the years 1 to 9999, beyond 53 bits, and
   * between two microseconds.
   */
  loadTimes(values: number, states: number, rows: number, count: number, digits: number, into: number, intoStates: number): number;
}
