/** What need not be read: bounds that leave a predicate no row. */
import { orderOf } from '../../vector/compare.ts';
import { fromLiteral } from '../../vector/literal.ts';
import type { ScanPredicate } from '../../vector/predicate.ts';
import type { Literal, SqlValue } from '../../vector/value.ts';
import type { ColumnPlace } from '../scan.ts';
import { boundValue } from './bounds.ts';
import { leafOf } from './columns.ts';
import { type IntegerRange, integerRange } from './integer-range.ts';
import type { Leaf, ParquetSchema, RowGroup } from './metadata.ts';
import { type ValueForm, valueForm } from './value-form.ts';

/** What is known of the values of a column in a row group or a page. */
export interface Bounds {
  /** PLAIN values, no value is below or above them; null: not known. */
  readonly min: Uint8Array | null;
  readonly max: Uint8Array | null;
  readonly nulls: number | null;
  readonly rows: number;
}

/** A predicate that bounds can decide. */
export interface Pruning {
  /** Index into the schema's leaves. */
  readonly leaf: number;
  readonly predicate: ScanPredicate;
  /** False: no row within the bounds satisfies it. */
  mayHold(bounds: Bounds): boolean;
}

/** The predicates on columns with bounds. */
export function pruningOf(schema: ParquetSchema, columns: readonly ColumnPlace[], predicates: readonly ScanPredicate[]): Pruning[] {
  return predicates.flatMap((predicate) => {
    const index = leafOf(schema, columns[predicate.slot]!);
    const leaf = index === null ? undefined : schema.leaves[index];
    if (index === null || leaf === undefined || leaf.repetition_max > 0) return [];
    const test = testOf(predicate, leaf);
    return test === null ? [] : [{ leaf: index, predicate, mayHold: test }];
  });
}

/** Whether a row group may have rows that satisfy all predicates, by its statistics. */
export function mayHold({ rows, chunks }: RowGroup, prunings: readonly Pruning[]): boolean {
  return prunings.every((pruning) => {
    const statistics = chunks.find(({ leaf }) => leaf === pruning.leaf)?.statistics ?? null;
    if (statistics === null) return true;
    const { min, max, nulls } = statistics;
    return pruning.mayHold({ min, max, nulls, rows });
  });
}

type Test = (bounds: Bounds) => boolean;

function testOf(predicate: ScanPredicate, leaf: Leaf): Test | null {
  const { negated } = predicate;
  switch (predicate.kind) {
    case 'null':
      return negated ? (bounds) => !isAllNull(bounds) : ({ nulls }) => nulls !== 0;
    case 'range':
      return rangeTest(predicate, leaf);
    case 'member':
      return negated ? excludedTest(predicate.values, leaf) : memberTest(predicate.values, leaf);
    case 'like': {
      const [first] = predicate.pattern;
      return !negated && typeof first === 'object' && isText(leaf) ? prefixTest(Buffer.from(first.text)) : null;
    }
    default:
      return null;
  }
}

function isAllNull({ nulls, rows }: Bounds): boolean {
  return nulls === rows;
}

function rangeTest(range: Extract<ScanPredicate, { kind: 'range' }>, leaf: Leaf): Test | null {
  const low = range.low === null ? null : keyOf(range.low, leaf);
  const high = range.high === null ? null : keyOf(range.high, leaf);
  if (low === undefined || high === undefined) return null;
  const { lowInclusive, highInclusive } = range;
  // Comparisons with NaN, and with bounds that are not known, are false.
  const above = (bound: Uint8Array | null, key: Key): number => (bound === null ? Number.NaN : key.order(bound));
  if (!range.negated) {
    const integers = integerTest(range, leaf);
    return (bounds) => {
      if (isAllNull(bounds)) return false;
      const told = integers?.(bounds) ?? null;
      if (told !== null) return told;
      const below = low === null ? Number.NaN : above(bounds.max, low);
      const beyond = high === null ? Number.NaN : above(bounds.min, high);
      return !(below < 0 || (below === 0 && !lowInclusive) || beyond > 0 || (beyond === 0 && !highInclusive));
    };
  }
  return (bounds) => {
    if (isAllNull(bounds)) return false;
    // why: a NaN is in no range, and bounds say nothing of it.
    if (isFloat(leaf)) return true;
    const start = low === null ? 1 : above(bounds.min, low);
    const end = high === null ? -1 : above(bounds.max, high);
    return !((start > 0 || (start === 0 && lowInclusive)) && (end < 0 || (end === 0 && highInclusive)));
  };
}

/**
 * A range of the integers that a column stores, of which SQL has a value for each: row groups are many, and values take long to make. It answers
 * null for bounds that are not known or have no value, and is null for other columns and constants.
 */
function integerTest(range: Extract<ScanPredicate, { kind: 'range' }>, leaf: Leaf): ((bounds: Bounds) => boolean | null) | null {
  const { physical, logical } = leaf;
  const form = valueForm(leaf);
  if ((physical !== 'INT32' && physical !== 'INT64') || (logical.kind === 'int' && !logical.signed)) return null;
  const all = form.kind === 'timestamp' ? instants(form.unit) : INT64;
  const wanted = integerRange(form, range, INT64);
  if (wanted === null) return null;
  return ({ min, max }) => {
    const least = min === null ? null : storedInteger(min);
    const most = max === null ? null : storedInteger(max);
    if (least === null || most === null || least < all.low || most > all.high) return null;
    return most >= wanted.low && least <= wanted.high;
  };
}

const INT64: IntegerRange = { low: -(2n ** 63n), high: 2n ** 63n - 1n };

/** The first and the last instant of the years 1 to 9999. */
function instants(unit: ValueForm['unit']): IntegerRange {
  const perDay = unit === 'days' ? 1n : 86_400n * 10n ** BigInt(FRACTION_DIGITS[unit]);
  return { low: -719_162n * perDay, high: 2_932_897n * perDay - 1n };
}

const FRACTION_DIGITS = { millis: 3, micros: 6, nanos: 9 } as const;

function storedInteger(bytes: Uint8Array): bigint | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return BigInt(view.getInt32(0, true));
  return bytes.length === 8 ? view.getBigInt64(0, true) : null;
}

function memberTest(values: readonly Literal[], leaf: Leaf): Test | null {
  const keys = values.filter(({ type }) => type !== 'null' && type !== 'missing').map((value) => keyOf(value, leaf));
  if (values.length !== keys.length || keys.includes(undefined)) return null;
  return (bounds) => {
    const { min, max } = bounds;
    if (isAllNull(bounds)) return false;
    return keys.some((key) => !((min !== null && key!.order(min) > 0) || (max !== null && key!.order(max) < 0)));
  };
}

/** NOT IN: satisfied by NULL, and by all values but one where that is the only one. */
function excludedTest(values: readonly Literal[], leaf: Leaf): Test | null {
  const keys = values.flatMap((value) => keyOf(value, leaf) ?? []);
  if (isFloat(leaf)) return null;
  return ({ min, max, nulls }) =>
    nulls !== 0 || min === null || max === null || !keys.some((key) => key.order(min) === 0 && key.order(max) === 0);
}

function prefixTest(prefix: Buffer): Test {
  return (bounds) => {
    const { min, max } = bounds;
    if (isAllNull(bounds)) return false;
    const below = max !== null && prefix.compare(max) > 0;
    return !below && !(min !== null && Buffer.compare(min.subarray(0, prefix.length), prefix) > 0);
  };
}

/** A constant of the query, in the order of a column's bounds. */
interface Key {
  /** Negative: the bound is below it; NaN: it cannot be told. */
  order(bound: Uint8Array): number;
}

function keyOf(literal: Literal, leaf: Leaf): Key | undefined {
  if (isText(leaf)) {
    if (literal.type !== 'string') return undefined;
    const bytes = Buffer.from(literal.text);
    return { order: (bound) => Buffer.compare(bound, bytes) };
  }
  const value = fromLiteral(literal);
  if (value === null || value === undefined) return undefined;
  return { order: (bound) => orderOfBound(boundValue(bound, leaf), value) };
}

function orderOfBound(bound: SqlValue, value: SqlValue): number {
  return bound === undefined ? Number.NaN : (orderOf(bound, value) ?? Number.NaN);
}

/** The SQL text of its values is the bytes. */
function isText({ logical }: Leaf): boolean {
  return logical.kind === 'text' || logical.kind === 'bytes';
}

function isFloat({ physical, logical }: Leaf): boolean {
  return physical === 'FLOAT' || physical === 'DOUBLE' || logical.kind === 'float16';
}
