/**
 * Kernels of JSON. They share a window: `walkIndex` looks once at its strings and brackets, the others work on what it found.
 * The SIMD implementation is `assembly/json-*.ts`, its plain twin `reference-json.ts`.
 *
 * Rows are records: pairs of u32 addresses; an empty row is MISSING. A field is the token of a value as it is written: a string
 * with its quotes, a number, `true`, `false`, `null`, a list or an object.
 *
 * What is validated of all text, whatever the query: that it is UTF-8, that strings are closed and hold no control characters,
 * that brackets outside strings balance (their kinds are not compared), that nothing but blanks, or in lists commas, stands
 * between records, and that records which are no objects or lists are tokens. What is written, and a record of LINES that spans
 * lines, is held to the whole grammar; a value that an expression reads is a token, or an error. Members of a record that nobody
 * asks for are otherwise not looked at: `{"a" 1, "b":tru}` passes where it is neither read nor written. `jsonStrict` holds all of
 * the text to the grammar.
 */

/** Flags of `walkIndex`, beside `indexFlag.highByte`. */
export const jsonFlag = {
  /** A backslash. */
  backslash: 256,
  /** A newline inside a record (only told where records are expected). */
  newlineInside: 512,
  /** A record nests deeper than allowed. */
  deep: 1024,
} as const;

/** Why `jsonWalk` ended: enough rows, the window used up, no JSON at `walkNext()`, or the end of the text. */
export const walkStatus = { full: 0, more: 1, bad: 2, end: 3 } as const;

/** Kinds of steps and branches in programs. `fold`: ASCII case does not count. Names: see `sameName` in `assembly/json-text.ts`. */
export const stepKind = { exact: 1, fold: 2, index: 3, elements: 4, members: 5 } as const;

export const NO_COLUMN = 0xffffffff;
/** The state of a walk: 8 words, then 16 bytes for each container the path leads through. */
export const STATE_BYTES = 32;
export const FRAME_BYTES = 16;
/** The state of strict mode: 4 words, then a bit for each open bracket. */
export const STRICT_BYTES = 16;

/** Addresses and numbers only, so the exports of the module are this interface. Truth values are 0 and 1. */
export interface JsonKernels {
  /**
   * Sets where the state of the walk lies, and the program of FROM's path: u32 steps, then 16 bytes each: kind, name, its length,
   * index.
   */
  jsonPath(state: number, program: number): void;
  /** Indexes the window `[base, base + size)`, which goes on where the state stands. Answers flags. */
  walkIndex(base: number, size: number, lines: number): number;
  /** Address of the first control character inside a string of the window, or -1. */
  jsonControlAt(): number;
  /** Address of the first byte of the window that is not UTF-8, or -1. A character cut off by its end is not. */
  jsonEncodingAt(): number;
  /**
   * Finds records from `from` on and writes them to `Layout.rows`, at most `rows_max`; answers how many. `eof`: the text ends with
   * the window.
   */
  jsonWalk(from: number, eof: number, rows_max: number): number;
  /** Where the walk goes on: behind the last record, or all of the window where it ends inside something skipped. */
  walkNext(): number;
  walkStatus(): number;
  /**
   * Holds `[from, to)`, which goes on where the state stands, to the grammar of a stream of values. The first byte that is out of
   * order, or -1; then the state is that behind `to`.
   */
  jsonStrict(state: number, from: number, to: number, depth_max: number): number;
  /** The first byte that is not as one JSON value would have it, -1 where there is none. Text that ends too early: `end`. */
  jsonError(start: number, end: number, depth_max: number): number;
  /**
   * Finds columns of rows. A program is a tree of steps: a node is u32 branches, then 24 bytes each: kind, name, its length, index,
   * column or `NO_COLUMN`, node below or 0. Column c's fields go to `fields + c * stride`.
   */
  jsonLocate(selection: number, count: number, program: number, columns: number, fields: number, stride: number): void;
  /**
   * Writes the texts of string tokens to `texts` (valid until the next call) and their rows to `into`; answers how many. Rows of
   * other tokens are marked undecided and counted in `jsonOthers`.
   */
  jsonStrings(fields: number, selection: number, count: number, texts: number, into: number): number;
  jsonOthers(): number;
  /** Rows, of the first `rows`, that hold the needle (at most `NEEDLE_BYTES_MAX`) or a backslash. */
  jsonContaining(rows: number, needle: number, length: number, into: number): number;
  /** Columns as one JSON object a row; `keys`: fields holding `"name":`. MISSING omits the key. Result in `jsonWrittenRows` and so on. */
  jsonWriteColumns(
    list: number,
    columns: number,
    keys: number,
    selection: number,
    count: number,
    style: number,
    out: number,
    end: number,
  ): void;
  /** Whole records; what is no object is the only member `_1`, MISSING an empty object. */
  jsonWriteRecords(selection: number, count: number, style: number, out: number, end: number): void;
  /** Columns as CSV: strings as their text, null as nothing, what is nested as JSON. */
  jsonWriteCsv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void;
  /** The members of whole records as CSV. */
  jsonWriteCsvRecords(selection: number, count: number, style: number, out: number, end: number): void;
  jsonWrittenRows(): number;
  jsonWrittenEnd(): number;
  /** The last writer stopped at a row that holds no token where one should be. */
  jsonBlocked(): number;
}
