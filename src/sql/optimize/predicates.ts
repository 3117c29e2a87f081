/**
 * Rule: conjuncts that a scan can decide on the raw text of one column. Only where that is exact: a kernel compares
 * numbers as doubles, and doubles order decimals of at most 15 digits as the decimals themselves are ordered.
 */
import { Decimal } from '../../vector/decimal.ts';
import type { ScanPredicate } from '../../vector/predicate.ts';
import type { Literal } from '../../vector/value.ts';
import type { CompareOperator, Expression } from '../expression.ts';
import { nextDown, nextUp } from './doubles.ts';
import { likeShape } from './like-shape.ts';
import { mirrored, typedPredicateOf } from './typed-predicates.ts';

const exact_digits_max = 15;

/** The predicate that is TRUE for exactly the rows for which the condition is; null where there is none. */
export function predicateOf(condition: Expression): ScanPredicate | null {
  return textPredicateOf(condition) ?? typedPredicateOf(condition);
}

function textPredicateOf(condition: Expression): ScanPredicate | null {
  switch (condition.op) {
    case 'compare':
      return ofComparison(condition.operator, condition.left, condition.right);
    case 'between':
      return ofBetween(condition);
    case 'in':
      return ofIn(condition);
    case 'like':
      return ofLike(condition);
    case 'is': {
      const slot = columnSlot(condition.operand);
      // why: of JSON, a null is NULL and still present
      const absent = condition.what === 'missing' || (condition.what === 'null' && isUntyped(condition.operand));
      if (slot === null || !absent) return null;
      return { kind: 'present', slot, negated: !condition.negated };
    }
    case 'not': {
      // why: the rows that a predicate neither keeps nor decides are the same for its negation: NULL and MISSING. IN alone
      // is never NULL, so its negation keeps rows without the column, which no predicate does.
      const inner = condition.operand.op === 'in' ? null : textPredicateOf(condition.operand);
      return inner === null ? null : { ...inner, negated: !inner.negated };
    }
    default:
      return null;
  }
}

function ofComparison(operator: CompareOperator, left: Expression, right: Expression): ScanPredicate | null {
  if (right.op === 'literal') return ofColumn(operator, left, right.value);
  return left.op === 'literal' ? ofColumn(mirrored[operator], right, left.value) : null;
}

function ofColumn(operator: CompareOperator, operand: Expression, literal: Literal): ScanPredicate | null {
  const negated = operator === '<>';
  if (literal.type === 'string') {
    const slot = textSlot(operand);
    if (slot === null) return null;
    const above = operator === '>' || operator === '>=';
    const below = operator === '<' || operator === '<=';
    return {
      kind: 'text',
      slot,
      low: below ? null : literal.text,
      lowInclusive: operator !== '>',
      high: above ? null : literal.text,
      highInclusive: operator !== '<',
      negated,
    };
  }
  const column = numberColumn(operand);
  const value = column === null ? null : exactDouble(literal, column.reading);
  if (column === null || value === null) return null;
  return { kind: 'number', ...column, ...boundsOf(operator, value), negated };
}

function boundsOf(operator: CompareOperator, value: number): { readonly low: number; readonly high: number } {
  switch (operator) {
    case '=':
    case '<>':
      return { low: value, high: value };
    case '<':
      return { low: -Infinity, high: nextDown(value) };
    case '<=':
      return { low: -Infinity, high: value };
    case '>':
      return { low: nextUp(value), high: Infinity };
    case '>=':
      return { low: value, high: Infinity };
  }
}

function ofBetween({ operand, low, high, negated }: Extract<Expression, { op: 'between' }>): ScanPredicate | null {
  if (low.op !== 'literal' || high.op !== 'literal') return null;
  if (low.value.type === 'string' && high.value.type === 'string') {
    const slot = textSlot(operand);
    if (slot === null) return null;
    return { kind: 'text', slot, low: low.value.text, lowInclusive: true, high: high.value.text, highInclusive: true, negated };
  }
  const column = numberColumn(operand);
  if (column === null) return null;
  const least = exactDouble(low.value, column.reading);
  const most = exactDouble(high.value, column.reading);
  return least === null || most === null ? null : { kind: 'number', ...column, low: least, high: most, negated };
}

function ofIn({ operand, list, negated }: Extract<Expression, { op: 'in' }>): ScanPredicate | null {
  if (negated) return null;
  const [only] = list;
  if (only !== undefined && list.length === 1) return ofComparison('=', operand, only);
  const slot = textSlot(operand);
  if (slot === null) return null;
  const values = new Set<string>();
  for (const item of list) {
    if (item.op !== 'literal' || item.value.type !== 'string') return null;
    values.add(item.value.text);
  }
  return { kind: 'in', slot, values: [...values], negated };
}

function ofLike(condition: Extract<Expression, { op: 'like' }>): ScanPredicate | null {
  const slot = textSlot(condition.operand);
  const shape = slot === null ? null : likeShape(condition);
  if (slot === null || shape === null) return null;
  const { negated } = condition;
  return 'pattern' in shape ? { kind: 'like', slot, ...shape, negated } : { kind: 'text', slot, lowInclusive: true, ...shape, negated };
}

function columnSlot(expression: Expression): number | null {
  return expression.op === 'column' && (expression.type === 'untyped' || expression.type === 'any') ? expression.slot : null;
}

function isUntyped(expression: Expression): boolean {
  return expression.op === 'column' && expression.type === 'untyped';
}

/** A column read as text; CAST AS STRING changes nothing about it. */
function textSlot(expression: Expression): number | null {
  if (expression.op === 'cast' && expression.to === 'string') return textSlot(expression.operand);
  return columnSlot(expression);
}

type NumberColumn = Pick<Extract<ScanPredicate, { kind: 'number' }>, 'slot' | 'reading'>;

/** A value of JSON is a number where it is written as one; a scan leaves all others to the filter. */
function numberColumn(expression: Expression): NumberColumn | null {
  if (expression.op === 'column' && expression.type === 'any') return { slot: expression.slot, reading: 'decimal' };
  if (expression.op === 'number') {
    const slot = expression.onText === 'keep' ? columnSlot(expression.operand) : null;
    return slot === null ? null : { slot, reading: 'untyped' };
  }
  if (expression.op !== 'cast') return null;
  const { to } = expression;
  const slot = textSlot(expression.operand);
  return slot !== null && (to === 'int' || to === 'float' || to === 'decimal') ? { slot, reading: to } : null;
}

/** The double that stands for a literal in comparisons with what is read; null where the comparison would not be exact. */
function exactDouble(literal: Literal, reading: NumberColumn['reading']): number | null {
  switch (literal.type) {
    case 'float':
      return Number.isNaN(literal.value) ? null : literal.value;
    case 'int': {
      const value = Number(literal.value);
      const exact = reading === 'float' ? BigInt(value) === literal.value : Math.abs(value) < 10 ** exact_digits_max;
      return exact ? value : null;
    }
    case 'decimal': {
      const value = Number(literal.text);
      if (reading === 'float') return Number.isFinite(value) ? value : null;
      return hasFewDigits(literal.text) && isNormal(value) ? value : null;
    }
    default:
      return null;
  }
}

function hasFewDigits(text: string): boolean {
  const mantissa = Decimal.parse(text)?.mantissa;
  return mantissa !== undefined && String(mantissa).replace('-', '').replace(/0+$/, '').length <= exact_digits_max;
}

/** Beyond these, doubles are further apart than decimals of 15 digits. */
function isNormal(value: number): boolean {
  const magnitude = Math.abs(value);
  return value === 0 || (magnitude > 1e-300 && magnitude < 1e300);
}
