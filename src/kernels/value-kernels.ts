/**
 * Kernels of expressions: columns of values by row number, for the rows of a selection. The SIMD implementation is
 * `assembly/values.ts` and `assembly/text.ts`, its plain twin `reference-values.ts` and `reference-text.ts`.
 *
 * `rows`: address of `count` ascending u32 row numbers. A column of numbers or timestamps is f64 `values`, i8 `codes` (what the
 * value is) and u8 `states`, each indexed by row. A column of text is fields at `fields + row * step`: a step of 0 is one text
 * for all rows. A text's state is in its length. Truth values are u8: 0 FALSE, 1 TRUE, else a state.
 */

/** What a row holds. `doubt`: not decided here, the general evaluator must. */
export const rowState = { value: 0, missing: 1, null: 2, doubt: 3 } as const;

/** Lengths from here on stand for states: `2 ** 32 - state`. */
export const FIELD_STATES = 0xfffffffd;

/**
 * What a number is: an INT, a FLOAT, or from 0 on a DECIMAL of that scale; INT and DECIMAL are exact integers of at most 53
 * bits, of a DECIMAL the mantissa. `mixed` stands for a column whose rows differ. Of a timestamp: its precision (offset unknown for days, else Z),
 * the value being seconds since 1970-01-01T00:00Z; from `millis` on a second with 3, 6 or 9 digits of fraction, at Z or at an unknown
 * offset, the value being microseconds.
 */
export const valueCode = {
  int: -1,
  float: -2,
  mixed: 127,
  day: 2,
  minute: 3,
  second: 4,
  millis: 5,
  micros: 6,
  nanos: 7,
  millisLocal: 8,
  microsLocal: 9,
  nanosLocal: 10,
} as const;

/** Decimals of a larger scale are left to the general evaluator: powers of ten up to it are exact doubles. */
export const SCALE_MAX = 22;

/** How text is read as a number: FLOAT, INT and DECIMAL as by CAST; `untyped` as literals are typed, empty text being NULL. */
export const valueReading = { float: 0, int: 1, decimal: 2, untyped: 3 } as const;

/** Bits of what a comparison takes for TRUE; `unordered`: a NaN takes part. */
export const orderBit = { less: 1, equal: 2, greater: 4, unordered: 8 } as const;

/** Beside a uniform code (a byte) in the result of the readers: some row is no value. */
export const UNCLEAN = 256;

/** Addresses and numbers only, so the exports of the module are this interface. `negated` and `upper` are 0 or 1. */
export interface ValueKernels {
  /** Reads numbers of at most 15 digits. Answers the code all values have (a signed byte, else `mixed`), with `UNCLEAN`. */
  readValues(
    fields: number,
    step: number,
    rows: number,
    count: number,
    reading: number,
    values: number,
    codes: number,
    states: number,
  ): number;
  /** Reads `2021-05-06`, `2021-05-06T07:08Z` and `2021-05-06T07:08:09Z`; the rest is in doubt. Answers as `readValues`. */
  readTimes(fields: number, step: number, rows: number, count: number, values: number, codes: number, states: number): number;
  /** Compares f64 values; TRUE where the bit of the order is in `wanted`. `states`: of both, unless `clean`; the truth replaces values. */
  compareNumbers(left: number, right: number, rows: number, count: number, wanted: number, clean: number, states: number): void;
  /** Characters (code points) of each text. Answers 0 or `UNCLEAN`. */
  textLengths(fields: number, step: number, rows: number, count: number, values: number, states: number): number;
  /** Compares in byte order; TRUE where the bit of the order is in `wanted`. */
  compareTexts(
    left: number,
    leftStep: number,
    right: number,
    rightStep: number,
    rows: number,
    count: number,
    wanted: number,
    truth: number,
  ): void;
  likeTexts(fields: number, step: number, rows: number, count: number, program: number, negated: number, truth: number): void;
  /** Whether the text is one of `size` constants, a set as `Constants.textSet` writes it. NULL and MISSING are none of them. */
  inTexts(fields: number, step: number, rows: number, count: number, set: number, size: number, negated: number, truth: number): void;
  /**
   * Writes texts in upper or lower case to `at` and fields over them; answers the address behind them. In doubt: text beyond
   * ASCII, and what does not fit before `end`.
   */
  caseTexts(fields: number, step: number, rows: number, count: number, upper: number, into: number, at: number, end: number): number;
  /** Fields over the characters from `skip` (0-based) on, at most `take`. */
  substringTexts(fields: number, step: number, rows: number, count: number, skip: number, take: number, into: number): void;
  /** Fields without the bytes of a set (128 bytes, 1 for a member) at the start (`sides` 1), the end (2) or both (3). */
  trimTexts(fields: number, step: number, rows: number, count: number, set: number, sides: number, into: number): void;
  /** Writes both texts in a row, as `caseTexts` does. NULL where either is. */
  concatTexts(
    left: number,
    leftStep: number,
    right: number,
    rightStep: number,
    rows: number,
    count: number,
    into: number,
    at: number,
    end: number,
  ): number;
}
