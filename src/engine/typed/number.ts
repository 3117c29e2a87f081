/**
 * Numbers of frames: INT and DECIMAL as exact integers of at most 53 bits, FLOAT as it is. What would need more than that, or
 * fails, is left in doubt. Nothing is rounded here that the general evaluator would not round to the same double.
 */
import { rowState, SCALE_MAX, type ValueKernels, valueCode } from '../../kernels/value-kernels.ts';
import type { ArithmeticOperator } from '../../sql/expression.ts';
import { Decimal } from '../../vector/decimal.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Selection } from '../../vector/vector.ts';
import { type Frame, forgetMissing, meetStates, spellCodes, spellStates } from './frame.ts';
import { alignTimes } from './time.ts';

const { int, float, mixed } = valueCode;
const { doubt } = rowState;
const exact_max = Number.MAX_SAFE_INTEGER;
const powers = Array.from({ length: SCALE_MAX + 1 }, (_, exponent) => Number(`1e${exponent}`));

/** A value as a number of a frame; null where it is none that a frame can hold. */
export function fromValue(value: SqlValue): { readonly value: number; readonly code: number } | null {
  if (typeof value === 'number') return { value, code: float };
  if (typeof value === 'bigint') return isExact(Number(value)) ? { value: Number(value), code: int } : null;
  if (!(value instanceof Decimal)) return null;
  const mantissa = Number(value.mantissa);
  return isExact(mantissa) && value.scale >= 0 && value.scale <= SCALE_MAX ? { value: mantissa, code: value.scale } : null;
}

/** The SQL value of a number of a frame. */
export function toValue(value: number, code: number): SqlValue {
  if (code === float) return value;
  return code === int ? BigInt(value) : new Decimal(BigInt(value), code);
}

/** Gives all rows the same number. */
export function fill(frame: Frame, rows: Selection, value: number, code: number): void {
  // why: rows in between may be overwritten, and one run is filled faster than rows one by one
  if (rows.length > 0) frame.values.fill(value, rows[0], rows[rows.length - 1]! + 1);
  frame.code = code;
  frame.clean = true;
}

/** Turns all numbers into FLOAT, as CAST does. */
export function toFloats(frame: Frame, rows: Selection): void {
  const { values, codes, code } = frame;
  if (code === float) return;
  if (code === mixed) {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      values[row] = floatOf(values[row]!, codes[row]!);
    }
  } else {
    const power = powers[Math.max(code, 0)]!;
    // why: an exact zero has no sign, adding 0 takes it off
    for (let i = 0; i < rows.length; i++) values[rows[i]!] = (values[rows[i]!]! + 0) / power;
  }
  frame.code = float;
}

/** CAST AS INT of numbers. */
export function toInts(frame: Frame, rows: Selection): void {
  if (frame.code === int) return;
  spellCodes(frame, rows);
  spellStates(frame, rows);
  const { values, codes, states } = frame;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const code = codes[row]!;
    const value = Math.trunc(code > 0 ? values[row]! / powers[code]! : values[row]!) + 0;
    if (!isExact(value)) states[row] = doubt;
    values[row] = value;
  }
  frame.code = int;
}

/** CAST AS DECIMAL of numbers. */
export function toDecimals(frame: Frame, rows: Selection): void {
  if (frame.code >= 0 && frame.code !== mixed) return;
  if (frame.code === int) {
    frame.code = 0;
    return;
  }
  spellCodes(frame, rows);
  spellStates(frame, rows);
  const { values, codes, states } = frame;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (codes[row] === float && !isExact(values[row]!)) states[row] = doubt;
    if (codes[row]! < 0) codes[row] = 0;
  }
}

/** `-x`. */
export function negate(frame: Frame, rows: Selection): void {
  const { values, code } = frame;
  forgetMissing(frame, rows);
  if (code === float) for (let i = 0; i < rows.length; i++) values[rows[i]!] = -values[rows[i]!]!;
  else for (let i = 0; i < rows.length; i++) values[rows[i]!] = isFloatAt(frame, rows[i]!) ? -values[rows[i]!]! : 0 - values[rows[i]!]!;
}

/** Leaves `left operator right` in the left frame. */
export function calculate(operator: ArithmeticOperator, left: Frame, right: Frame, rows: Selection): void {
  meetStates(left, right, rows);
  const uniform = left.code !== mixed && right.code !== mixed;
  if (!uniform || operator === '/' || operator === '%') calculateEach(operator, left, right, rows);
  else if (left.code === float || right.code === float) {
    toFloats(left, rows);
    toFloats(right, rows);
    combine(operator, left.values, right.values, rows);
  } else {
    if (operator === '*') left.code = left.code < 0 && right.code < 0 ? int : Math.max(left.code, 0) + Math.max(right.code, 0);
    else left.code = align(left, right, rows);
    combine(operator, left.values, right.values, rows);
    doubtInexact(left, rows, left.code > SCALE_MAX);
  }
}

/**
 * Leaves the truth of `left operator right` in the states of the left frame; `wanted`: the bits of the orders for which it holds.
 * The frames hold numbers, or times.
 */
export function compare(kernels: ValueKernels, wanted: number, left: Frame, right: Frame, rows: Selection, times: boolean): void {
  meetStates(left, right, rows);
  if (times) alignTimes(left, right, rows);
  else if (left.code !== right.code || left.code === mixed) {
    if (left.code === mixed || right.code === mixed) meetEach(left, right, rows);
    else if (left.code === float || right.code === float) {
      toFloats(left, rows);
      toFloats(right, rows);
    } else align(left, right, rows);
  }
  const { values, states, clean } = left;
  kernels.compareNumbers(
    values.byteOffset,
    right.values.byteOffset,
    rows.byteOffset,
    rows.length,
    wanted,
    Number(clean),
    states.byteOffset,
  );
  left.clean = false;
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value);
}

function isFloatAt({ code, codes }: Frame, row: number): boolean {
  return (code === mixed ? codes[row] : code) === float;
}

function floatOf(value: number, code: number): number {
  return code === float ? value : (value + 0) / powers[Math.max(code, 0)]!;
}

/** Brings two frames of INT or DECIMAL to the larger scale; answers it. */
function align(left: Frame, right: Frame, rows: Selection): number {
  const [coarse, fine] = left.code < right.code ? [left, right] : [right, left];
  const digits = Math.max(fine.code, 0) - Math.max(coarse.code, 0);
  if (digits > 0) {
    const power = powers[digits]!;
    for (let i = 0; i < rows.length; i++) coarse.values[rows[i]!]! *= power;
    doubtInexact(coarse, rows, false);
    if (coarse !== left && !coarse.clean) {
      spellStates(left, rows);
      for (let i = 0; i < rows.length; i++) if (coarse.states[rows[i]!] === doubt) left.states[rows[i]!] = doubt;
    }
  }
  return fine.code;
}

/** Puts in doubt what left the integers that doubles hold exactly, or every row. */
function doubtInexact(frame: Frame, rows: Selection, all: boolean): void {
  const { values } = frame;
  let most = 0;
  for (let i = 0; i < rows.length; i++) most = Math.max(most, Math.abs(values[rows[i]!]!));
  if (!all && most <= exact_max) return;
  spellStates(frame, rows);
  for (let i = 0; i < rows.length; i++) if (all || !(Math.abs(values[rows[i]!]!) <= exact_max)) frame.states[rows[i]!] = doubt;
}

function combine(operator: ArithmeticOperator, left: Float64Array, right: Float64Array, rows: Selection): void {
  if (operator === '+') for (let i = 0; i < rows.length; i++) left[rows[i]!]! += right[rows[i]!]!;
  else if (operator === '-') for (let i = 0; i < rows.length; i++) left[rows[i]!]! -= right[rows[i]!]!;
  else for (let i = 0; i < rows.length; i++) left[rows[i]!]! *= right[rows[i]!]!;
}

/** Row by row, each of its own types. */
function calculateEach(operator: ArithmeticOperator, left: Frame, right: Frame, rows: Selection): void {
  spellCodes(left, rows);
  spellCodes(right, rows);
  spellStates(left, rows);
  const { values, codes, states } = left;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (states[row] !== rowState.value) continue;
    const a = codes[row]!;
    const b = right.codes[row]!;
    let x = values[row]!;
    let y = right.values[row]!;
    let code = Math.max(a, b);
    if (a === float || b === float) {
      code = float;
      x = floatOf(x, a);
      y = floatOf(y, b);
    } else if (code !== int) {
      if (operator === '*') code = Math.max(a, 0) + Math.max(b, 0);
      else {
        x *= powers[code - Math.max(a, 0)]!;
        y *= powers[code - Math.max(b, 0)]!;
      }
    }
    const divides = operator === '/' || operator === '%';
    const result = code === int && divides ? Math.trunc(resultOf(operator, x, y)) + 0 : resultOf(operator, x, y);
    const inexact = code !== float && !(isExact(x) && isExact(y) && isExact(result) && code <= SCALE_MAX);
    if (inexact || (divides && (y === 0 || code >= 0))) states[row] = doubt;
    values[row] = result;
    codes[row] = code;
  }
}

function resultOf(operator: ArithmeticOperator, x: number, y: number): number {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      return x / y;
    case '%':
      return x % y;
  }
}

/** Makes the two numbers of each row comparable as doubles. */
function meetEach(left: Frame, right: Frame, rows: Selection): void {
  spellCodes(left, rows);
  spellCodes(right, rows);
  spellStates(left, rows);
  const { values, codes, states } = left;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const a = codes[row]!;
    const b = right.codes[row]!;
    if (states[row] !== rowState.value || a === b) continue;
    if (a === float || b === float) {
      values[row] = floatOf(values[row]!, a);
      right.values[row] = floatOf(right.values[row]!, b);
      continue;
    }
    const scale = Math.max(a, b, 0);
    values[row]! *= powers[scale - Math.max(a, 0)]!;
    right.values[row]! *= powers[scale - Math.max(b, 0)]!;
    if (!isExact(values[row]!) || !isExact(right.values[row]!)) states[row] = doubt;
  }
}
