/**
 * Partial aggregates: plain data, one set a split, accumulated in row order and merged in split order, so that a float sum
 * is the same for any number of workers.
 */
import type { ErrorValue } from '../base/errors.ts';
import { isUntyped } from '../sql/expression-walk.ts';
import type { Aggregate } from '../sql/plan.ts';
import { calculate, inRange } from '../vector/arithmetic.ts';
import { compareText, incomparable, orderOf } from '../vector/compare.ts';
import { Decimal } from '../vector/decimal.ts';
import { fromLiteral, toLiteral } from '../vector/literal.ts';
import { readField } from '../vector/number.ts';
import { typeNameOf } from '../vector/text.ts';
import { Failure, type Literal, type SqlValue } from '../vector/value.ts';
import { type Vector, valueAt } from '../vector/vector.ts';

interface PartialBase {
  /** Values seen: not NULL, not MISSING; rows for `COUNT(*)`. */
  count: number;
  /** The first failure; nothing after it counts. */
  failure: ErrorValue | null;
}

interface CountPartial extends PartialBase {
  readonly kind: 'count';
}

/** SUM and AVG. Integers and decimals are exact, so only the floats depend on their order: each kind has its own sum. */
interface SumPartial extends PartialBase {
  readonly kind: 'sum';
  readonly average: boolean;
  ints: bigint;
  decimals: string | null;
  floats: number | null;
}

/** MIN and MAX. */
interface ExtremePartial extends PartialBase {
  readonly kind: 'extreme';
  readonly largest: boolean;
  /** The winner among values with a type. */
  typed: Literal | null;
  /** Of untyped text: the winner by text, and the text of the winner by number while all texts are numbers or blank. */
  text: string | null;
  numeric: string | null;
  allNumeric: boolean;
}

export type Partial = CountPartial | SumPartial | ExtremePartial;

/** One partial for each aggregate, as before the first row of a split. */
export function initialPartials(aggregates: readonly Aggregate[]): Partial[] {
  return aggregates.map(initialPartial);
}

/** Adds `count` rows in their order. `vector` holds the argument's values; null for `COUNT(*)`. */
export function accumulate(partial: Partial, aggregate: Aggregate, vector: Vector | null, count: number): void {
  if (partial.failure !== null) return;
  if (vector === null) {
    addCount(partial, count);
    return;
  }
  switch (partial.kind) {
    case 'count':
      countValues(partial, vector, count);
      break;
    case 'sum':
      sumValues(partial, vector, count);
      break;
    case 'extreme':
      findExtremes(partial, vector, count, aggregate.argument !== null && isUntyped(aggregate.argument));
      break;
  }
}

/** Adds to `into` what came after it. */
export function merge(into: Partial, from: Partial): void {
  if (into.failure !== null) return;
  into.count += from.count;
  into.failure = from.failure;
  if (into.kind === 'sum' && from.kind === 'sum') {
    into.ints += from.ints;
    if (from.decimals !== null) addDecimal(into, fromLiteral({ type: 'decimal', text: from.decimals }));
    if (from.floats !== null) into.floats = (into.floats ?? 0) + from.floats;
  }
  if (into.kind === 'extreme' && from.kind === 'extreme' && into.failure === null) {
    const extremes = new Extremes(into);
    if (from.typed !== null) extremes.addTyped(fromLiteral(from.typed));
    if (from.text !== null) extremes.addText(from.text);
    if (from.numeric !== null) extremes.addNumeric(from.numeric);
    extremes.store();
    into.allNumeric &&= from.allNumeric;
  }
}

/** The result: COUNT 0 and the others NULL where no value was seen. */
export function finish(partial: Partial): SqlValue {
  if (partial.failure !== null) return new Failure(partial.failure);
  if (partial.kind === 'count') return BigInt(partial.count);
  if (partial.count === 0) return null;
  if (partial.kind === 'sum') return finishSum(partial);
  if (partial.typed !== null) {
    const typed = fromLiteral(partial.typed);
    return partial.text === null ? typed : incomparable(typed, partial.text);
  }
  return partial.allNumeric ? partial.numeric : partial.text;
}

/** Rows or values counted elsewhere. */
export function addCount(partial: Partial, count: number): void {
  partial.count += count;
}

/** The sum of `count` integers, for SUM and AVG. */
export function addIntSum(partial: Partial, sum: bigint, count: number): void {
  if (partial.kind !== 'sum') return;
  partial.ints += sum;
  partial.count += count;
}

/**
 * Adds decimals whose exact sum is `sum`, for SUM and AVG; `magnitude` bounds the sum of their absolute values, at the same scale.
 * False where adding them one by one could round: nothing was added.
 */
export function addDecimalSum(partial: Partial, sum: Decimal, magnitude: bigint, count: number): boolean {
  if (partial.kind !== 'sum' || count === 0) return true;
  const before = partial.decimals === null ? null : (fromLiteral({ type: 'decimal', text: partial.decimals }) as Decimal);
  if (before !== null) {
    const gap = before.scale - sum.scale;
    if (Math.abs(gap) > exact_gap_max) return false;
    const size = before.mantissa < 0n ? -before.mantissa : before.mantissa;
    const total = gap >= 0 ? size + magnitude * 10n ** BigInt(gap) : size * 10n ** BigInt(-gap) + magnitude;
    if (total >= mantissa_limit) return false;
  } else if (magnitude >= mantissa_limit) return false;
  addDecimal(partial, sum);
  partial.count += count;
  return true;
}

const mantissa_limit = 10n ** 38n;
/** Scales further apart than a mantissa is long cannot be added exactly. */
const exact_gap_max = 38;

/** The running sum of the floats; null before the first. Whoever adds to it elsewhere starts here and puts it back. */
export function floatSum(partial: Partial): number | null {
  return partial.kind === 'sum' ? partial.floats : null;
}

/** Puts back a running sum to which `count` floats were added in row order. */
export function setFloatSum(partial: Partial, sum: number, count: number): void {
  if (partial.kind !== 'sum' || count === 0) return;
  partial.floats = sum;
  partial.count += count;
}

function initialPartial(aggregate: Aggregate): Partial {
  const [count, failure] = [0, null];
  switch (aggregate.function) {
    case 'COUNT':
      return { kind: 'count', count, failure };
    case 'SUM':
    case 'AVG':
      return { kind: 'sum', count, failure, average: aggregate.function === 'AVG', ints: 0n, decimals: null, floats: null };
    case 'MIN':
    case 'MAX':
      return {
        kind: 'extreme',
        count,
        failure,
        largest: aggregate.function === 'MAX',
        typed: null,
        text: null,
        numeric: null,
        allNumeric: true,
      };
  }
}

function countValues(partial: CountPartial, vector: Vector, count: number): void {
  for (let i = 0; i < count; i++) {
    const value = valueAt(vector, i);
    if (value instanceof Failure) {
      partial.failure = value.error;
      return;
    }
    if (value !== null && value !== undefined) partial.count++;
  }
}

function sumValues(partial: SumPartial, vector: Vector, count: number): void {
  let decimals: SqlValue = null;
  for (let i = 0; i < count && partial.failure === null; i++) {
    const value = valueAt(vector, i);
    if (value === null || value === undefined) continue;
    partial.count++;
    if (typeof value === 'bigint') partial.ints += value;
    else if (typeof value === 'number') partial.floats = (partial.floats ?? 0) + value;
    else if (value instanceof Decimal) decimals = decimals === null ? startOf(partial, value) : calculate('+', decimals, value);
    else partial.failure = value instanceof Failure ? value.error : notNumber(partial, value).error;
    if (decimals instanceof Failure) partial.failure = decimals.error;
  }
  if (decimals instanceof Decimal) partial.decimals = decimals.toText();
}

function startOf(partial: SumPartial, value: Decimal): SqlValue {
  return partial.decimals === null ? value : calculate('+', fromLiteral({ type: 'decimal', text: partial.decimals }), value);
}

function addDecimal(partial: SumPartial, value: SqlValue): void {
  const sum = value instanceof Decimal ? startOf(partial, value) : value;
  if (sum instanceof Decimal) partial.decimals = sum.toText();
  else if (sum instanceof Failure) partial.failure = sum.error;
}

function notNumber(partial: SumPartial, value: SqlValue): Failure {
  const reason = `${partial.average ? 'AVG' : 'SUM'} takes numbers, got ${typeNameOf(value)}`;
  return new Failure({ code: 'ExternalEvalException', params: { reason } });
}

/** Float as soon as one was seen, else decimal, else integer; AVG of integers is a decimal. */
function finishSum(partial: SumPartial): SqlValue {
  const decimals = partial.decimals === null ? null : fromLiteral({ type: 'decimal', text: partial.decimals });
  const exact = decimals === null ? Decimal.fromBigint(partial.ints) : calculate('+', decimals, partial.ints);
  if (partial.floats !== null) {
    const sum = calculate('+', partial.floats, exact);
    return partial.average ? calculate('/', sum, Number(partial.count)) : sum;
  }
  if (partial.average) return calculate('/', exact, BigInt(partial.count));
  return decimals === null ? inRange(partial.ints) : exact;
}

function findExtremes(partial: ExtremePartial, vector: Vector, count: number, untyped: boolean): void {
  const extremes = new Extremes(partial);
  for (let i = 0; i < count && partial.failure === null; i++) {
    const value = valueAt(vector, i);
    if (value === null || value === undefined) continue;
    partial.count++;
    if (typeof value === 'string' && untyped) extremes.addField(value);
    else extremes.addTyped(value);
  }
  extremes.store();
}

/** The winners of a partial as values, for as long as values are added. */
class Extremes {
  private readonly partial: ExtremePartial;
  private typed: SqlValue;
  private readNumeric: SqlValue;

  constructor(partial: ExtremePartial) {
    this.partial = partial;
    this.typed = partial.typed === null ? null : fromLiteral(partial.typed);
    this.readNumeric = partial.numeric === null ? null : readField(partial.numeric);
  }

  addTyped(value: SqlValue): void {
    if (value instanceof Failure) {
      this.partial.failure = value.error;
    } else if (this.typed === null) {
      this.typed = value;
    } else {
      const order = totalOrder(value, this.typed);
      if (order === undefined) this.partial.failure = incomparable(this.typed, value).error;
      else if (this.wins(order)) this.typed = value;
    }
  }

  addField(text: string): void {
    this.addText(text);
    if (this.partial.allNumeric) this.addNumeric(text);
  }

  addText(text: string): void {
    const { partial } = this;
    if (partial.text === null || this.wins(compareText(text, partial.text))) partial.text = text;
  }

  /** Text that is no number ends the contest by number; blank text does not take part. */
  addNumeric(text: string): void {
    const value = readField(text);
    if (value === undefined) {
      this.partial.allNumeric = false;
    } else if (value !== null && (this.readNumeric === null || this.wins(totalOrder(value, this.readNumeric) ?? 0))) {
      this.partial.numeric = text;
      this.readNumeric = value;
    }
  }

  store(): void {
    if (this.typed !== null) this.partial.typed = toLiteral(this.typed);
  }

  private wins(order: number): boolean {
    return this.partial.largest ? order > 0 : order < 0;
  }
}

/** As `orderOf`, with NaN above all numbers: the winner must not depend on where a NaN stands. */
function totalOrder(left: SqlValue, right: SqlValue): number | undefined {
  const order = orderOf(left, right);
  return Number.isNaN(order) ? Number(Number.isNaN(left)) - Number(Number.isNaN(right)) : order;
}
