/** Comparison of values: one order for all numbers, one for text, and what happens across types. */
import { Decimal } from './decimal.ts';
import { orderOfJson } from './json-compare.ts';
import { JsonValue } from './json-value.ts';
import { typeNameOf } from './text.ts';
import { Timestamp } from './timestamp.ts';
import { Failure, type SqlValue } from './value.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/**
 * `left operator right` in three-valued logic: NULL where either is NULL or MISSING, a failed operand stays a failure.
 * Across types `=` is FALSE and `<>` TRUE; an order across types is ExternalEvalException, or FALSE when `lenient`: that
 * is for untyped text which met a number and is none.
 */
export function compareValues(operator: Comparison, left: SqlValue, right: SqlValue, lenient: boolean): SqlValue {
  if (left instanceof Failure) return left;
  if (right instanceof Failure) return right;
  if (left === null || left === undefined || right === null || right === undefined) return null;
  const found = orderOf(left, right);
  if (found === undefined && !lenient && operator !== '=' && operator !== '<>') return incomparable(left, right);
  return holds(operator, found ?? NaN);
}

/**
 * Negative, 0 or positive; NaN where a NaN takes part; undefined across types. Neither value is NULL, MISSING or a failure.
 * Float with decimal compares in double, the decimal rounded to the nearest; integers compare exactly with both. Lists are
 * ordered element by element; structs are equal or undefined.
 */
export function orderOf(left: SqlValue, right: SqlValue): number | undefined {
  if (typeof left === 'string') return typeof right === 'string' ? compareText(left, right) : undefined;
  if (typeof left === 'bigint' || typeof left === 'number') {
    if (typeof right === 'bigint' || typeof right === 'number') return order(left, right);
    if (!(right instanceof Decimal)) return undefined;
    return typeof left === 'bigint' ? Decimal.fromBigint(left).compare(right) : order(left, right.toNumber());
  }
  if (left instanceof Decimal) {
    if (right instanceof Decimal) return left.compare(right);
    const reversed = typeof right === 'bigint' || typeof right === 'number' ? orderOf(right, left) : undefined;
    return reversed === undefined ? undefined : -reversed;
  }
  if (typeof left === 'boolean') return typeof right === 'boolean' ? Number(left) - Number(right) : undefined;
  if (left instanceof Timestamp) return right instanceof Timestamp ? left.compare(right) : undefined;
  if (left instanceof JsonValue) return right instanceof JsonValue ? orderOfJson(left, right, orderOf) : undefined;
  return undefined;
}

/** The equality of IN: NULL and MISSING equal each other, values of different types are unequal. Neither is a failure. */
export function toleratedEquals(left: SqlValue, right: SqlValue): boolean {
  const unknown = left === null || left === undefined;
  if (unknown || right === null || right === undefined) return unknown && (right === null || right === undefined);
  return orderOf(left, right) === 0;
}

/** Byte order of the UTF-8 form, which is the order of code points and not that of UTF-16 units. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const unit = left.charCodeAt(i);
    const otherUnit = right.charCodeAt(i);
    if (unit !== otherUnit) return rank(unit) - rank(otherUnit);
  }
  return left.length - right.length;
}

/** Values of these types have no common order. */
export function incomparable(left: SqlValue, right: SqlValue): Failure {
  return new Failure({
    code: 'ExternalEvalException',
    params: { reason: `${typeNameOf(left)} and ${typeNameOf(right)} cannot be compared` },
  });
}

function order(left: bigint | number, right: bigint | number): number {
  return left < right ? -1 : left > right ? 1 : left >= right ? 0 : NaN;
}

function holds(operator: Comparison, found: number): boolean {
  switch (operator) {
    case '=':
      return found === 0;
    case '<>':
      return found !== 0;
    case '<':
      return found < 0;
    case '<=':
      return found <= 0;
    case '>':
      return found > 0;
    case '>=':
      return found >= 0;
  }
}

/** Moves the surrogates, which stand for the code points above U+FFFF, behind U+E000 to U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
