/** Bounds of numbers and instants as the integers a column stores, and exactly: a bound between two of them becomes the next one. */
import { Decimal } from '../../vector/decimal.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import type { Literal } from '../../vector/value.ts';
import type { ValueForm } from './value-form.ts';

/** A bound in the integers of a column: `floor` and `ceiling` are the same where it is one of them. */
interface Bound {
  readonly floor: bigint;
  readonly ceiling: bigint;
}

/** What a column of integers is tested for: values of `[low, high]`, empty where low is above high. */
export interface IntegerRange {
  readonly low: bigint;
  readonly high: bigint;
}

interface Bounds {
  readonly low: Literal | null;
  readonly lowInclusive: boolean;
  readonly high: Literal | null;
  readonly highInclusive: boolean;
}

/** Null where a literal is none of the column's type. `all`: what the column can hold. */
export function integerRange(form: ValueForm, { low, lowInclusive, high, highInclusive }: Bounds, all: IntegerRange): IntegerRange | null {
  const lowest = low === null ? { floor: all.low, ceiling: all.low } : integerBound(form, low);
  const highest = high === null ? { floor: all.high, ceiling: all.high } : integerBound(form, high);
  if (lowest === null || highest === null) return null;
  const from = low === null || lowInclusive ? lowest.ceiling : lowest.floor + 1n;
  const to = high === null || highInclusive ? highest.floor : highest.ceiling - 1n;
  return overlap({ low: from, high: to }, all);
}

/** The integers in both. */
export function overlap(one: IntegerRange, other: IntegerRange): IntegerRange {
  const low = one.low < other.low ? other : one;
  const high = one.high < other.high ? one : other;
  return { low: low.low, high: high.high };
}

/** The integer that stands for a literal; undefined where the column can have no such value, null where it is none of its type. */
export function integerOf(form: ValueForm, literal: Literal, all: IntegerRange): bigint | undefined | null {
  const bound = integerBound(form, literal);
  if (bound === null) return null;
  const { floor, ceiling } = bound;
  return floor === ceiling && floor >= all.low && floor <= all.high ? floor : undefined;
}

function integerBound(form: ValueForm, literal: Literal): Bound | null {
  switch (form.kind) {
    case 'int':
      return literal.type === 'int' ? between(literal.value, 1n) : null;
    case 'bool':
      return literal.type === 'bool' ? between(literal.value ? 1n : 0n, 1n) : null;
    case 'decimal':
      return decimalBound(form.scale, literal);
    case 'timestamp':
      return literal.type === 'timestamp' ? instantBound(form.unit, Timestamp.parse(literal.text)) : null;
    default:
      return null;
  }
}

function between(numerator: bigint, denominator: bigint): Bound {
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  if (rest === 0n) return { floor: quotient, ceiling: quotient };
  return numerator < 0n ? { floor: quotient - 1n, ceiling: quotient } : { floor: quotient, ceiling: quotient + 1n };
}

function decimalBound(scale: number, literal: Literal): Bound | null {
  const value = literal.type === 'int' ? new Decimal(literal.value, 0) : literal.type === 'decimal' ? Decimal.parse(literal.text) : null;
  if (value === null) return null;
  const up = scale - value.scale;
  // why: beyond so many digits a value is above all, or next to 0, and its integer is not to be built.
  if (up > DIGITS_MAX && value.mantissa !== 0n)
    return value.mantissa > 0n ? { floor: HUGE, ceiling: HUGE } : { floor: -HUGE, ceiling: -HUGE };
  if (up < -DIGITS_MAX) return between(BigInt(Math.sign(Number(value.mantissa))), 2n);
  return up >= 0 ? between(value.mantissa * 10n ** BigInt(up), 1n) : between(value.mantissa, 10n ** BigInt(-up));
}

const DIGITS_MAX = 200;
const HUGE = 10n ** 200n;

const unitsOfSecond = { millis: 1_000n, micros: 1_000_000n, nanos: 1_000_000_000n } as const;

function instantBound(unit: ValueForm['unit'], instant: Timestamp | null): Bound | null {
  if (instant === null) return null;
  const { fraction } = instant;
  const digits = 10n ** BigInt(fraction.length);
  const time = BigInt(instant.epochSeconds()) * digits + BigInt(fraction === '' ? 0 : fraction);
  return unit === 'days' ? between(time, 86_400n * digits) : between(time * unitsOfSecond[unit], digits);
}
