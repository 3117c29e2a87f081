/** Constants as bounds of a column, in the column's own type, where that says exactly what a comparison does. */
import { compareText, orderOf } from '../../vector/compare.ts';
import { Decimal } from '../../vector/decimal.ts';
import { fromLiteral } from '../../vector/literal.ts';
import type { Literal, SqlValue, TypeName } from '../../vector/value.ts';
import type { CompareOperator, StaticType } from '../expression.ts';
import { nextDown, nextUp } from './doubles.ts';

/** The types of columns that are compared with constants. */
export type ScalarType = Exclude<TypeName, 'list' | 'struct'>;

export interface Bounds {
  readonly low: Literal | null;
  readonly lowInclusive: boolean;
  readonly high: Literal | null;
  readonly highInclusive: boolean;
}

export function isScalar(type: StaticType): type is ScalarType {
  return ['bool', 'int', 'float', 'decimal', 'string', 'timestamp'].includes(type);
}

/** The range of a column's values for which `value operator literal` holds (for `<>`: does not hold); null where no range says so. */
export function boundsOf(type: ScalarType, operator: CompareOperator, literal: Literal): Bounds | null {
  const near = neighbours(type, literal);
  if (near === null) return null;
  const { below, above, exact } = near;
  switch (operator) {
    case '=':
    case '<>':
      return exact ? { low: below, lowInclusive: true, high: above, highInclusive: true } : nothing(type);
    case '<':
    case '<=':
      if (below === null) return nothing(type);
      // why: nothing lies between the constant and the value next to it
      return above === null ? all : { ...all, high: below, highInclusive: operator === '<=' || !exact };
    case '>':
    case '>=':
      if (above === null) return nothing(type);
      return below === null ? all : { ...all, low: above, lowInclusive: operator === '>=' || !exact };
  }
}

/** The members of IN as values of the column, without those that none can equal; null where they cannot be told. */
export function membersOf(type: ScalarType, literals: readonly Literal[]): readonly Literal[] | null {
  const members: Literal[] = [];
  for (const literal of literals) {
    const near = neighbours(type, literal);
    if (near === null) return null;
    if (near.exact && near.below !== null) members.push(near.below);
  }
  return members;
}

/** The values that lie in both ranges. */
export function intersection(left: Bounds, right: Bounds): Bounds {
  const low = tighter(left, right, 'low', 1);
  const high = tighter(left, right, 'high', -1);
  return { low: low.low, lowInclusive: low.lowInclusive, high: high.high, highInclusive: high.highInclusive };
}

const all: Bounds = { low: null, lowInclusive: false, high: null, highInclusive: false };

/** A range of no values. Only constants between two numbers, or beyond all of them, need one. */
function nothing(type: ScalarType): Bounds {
  const number = (value: number): Literal => {
    if (type === 'decimal') return { type, text: String(value) };
    return type === 'int' ? { type, value: BigInt(value) } : { type: 'float', value };
  };
  return { low: number(1), lowInclusive: true, high: number(0), highInclusive: true };
}

/** The range whose bound excludes more. `sign`: 1 where the greater bound does. */
function tighter(left: Bounds, right: Bounds, bound: 'low' | 'high', sign: 1 | -1): Bounds {
  const [a, b] = [left[bound], right[bound]];
  if (a === null || b === null) return a === null ? right : left;
  const order =
    sign * (a.type === 'string' && b.type === 'string' ? compareText(a.text, b.text) : (orderOf(fromLiteral(a), fromLiteral(b)) ?? 0));
  if (order !== 0) return order > 0 ? left : right;
  return left[bound === 'low' ? 'lowInclusive' : 'highInclusive'] ? right : left;
}

/** The greatest value of a column's type that is not above a constant, and the least that is not below it; null: there is none. */
interface Neighbours {
  readonly below: Literal | null;
  readonly above: Literal | null;
  /** Both are the constant itself. */
  readonly exact: boolean;
}

function neighbours(type: ScalarType, literal: Literal): Neighbours | null {
  switch (type) {
    case 'int':
      return aroundInt(fromLiteral(literal));
    case 'float':
      return aroundFloat(fromLiteral(literal));
    case 'decimal':
      if (literal.type === 'int') return itself({ type: 'decimal', text: String(literal.value) });
      // why: a float is compared with the double next to a decimal, and which decimals those are is no range of constants
      return literal.type === 'decimal' ? itself(literal) : null;
    default:
      return literal.type === type ? itself(literal) : null;
  }
}

function itself(literal: Literal): Neighbours {
  return { below: literal, above: literal, exact: true };
}

const int_min = -(2n ** 63n);
const int_max = 2n ** 63n - 1n;

function aroundInt(value: SqlValue): Neighbours | null {
  if (!(typeof value === 'bigint' || value instanceof Decimal || (typeof value === 'number' && !Number.isNaN(value)))) return null;
  const int = (bound: bigint): Literal => ({ type: 'int', value: bound });
  if ((orderOf(value, int_max) ?? 0) > 0) return { below: int(int_max), above: null, exact: false };
  if ((orderOf(value, int_min) ?? 0) < 0) return { below: null, above: int(int_min), exact: false };
  const whole = typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.floor(value)) : floorOf(value);
  const exact = orderOf(value, whole) === 0;
  return { below: int(whole), above: int(exact ? whole : whole + 1n), exact };
}

/** The value lies within 64 bits. */
function floorOf(value: Decimal): bigint {
  const truncated = value.toBigint() ?? 0n;
  return (orderOf(value, truncated) ?? 0) < 0 ? truncated - 1n : truncated;
}

function aroundFloat(value: SqlValue): Neighbours | null {
  const float = (bound: number): Literal => ({ type: 'float', value: bound });
  if (typeof value === 'number') return Number.isNaN(value) ? null : itself(float(value));
  if (value instanceof Decimal) return itself(float(value.toNumber()));
  if (typeof value !== 'bigint') return null;
  const near = Number(value);
  const order = orderOf(near, value) ?? 0;
  if (order === 0) return itself(float(near));
  return order < 0
    ? { below: float(near), above: float(nextUp(near)), exact: false }
    : { below: float(nextDown(near)), above: float(near), exact: false };
}
