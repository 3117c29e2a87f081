/**
 * Conjuncts that a scan of typed columns can decide. Their constants become values of the column's own type, so that the scan
 * compares without a cast: an INT column below 5.5 is one that is at most 5.
 */
import type { ScanPredicate } from '../../vector/predicate.ts';
import type { Literal } from '../../vector/value.ts';
import type { CompareOperator, Expression } from '../expression.ts';
import { likeShape } from './like-shape.ts';
import { type Bounds, boundsOf, intersection, isScalar, membersOf, type ScalarType } from './typed-bounds.ts';

/** The operator with its sides exchanged. */
export const mirrored: Readonly<Record<CompareOperator, CompareOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The predicate that is TRUE for exactly the rows for which the condition is; null where there is none. */
export function typedPredicateOf(condition: Expression): ScanPredicate | null {
  switch (condition.op) {
    case 'column':
      return ofTruth(condition, true);
    case 'compare':
      return ofComparison(condition.operator, condition.left, condition.right);
    case 'between':
      return ofBetween(condition);
    case 'in':
      return ofIn(condition);
    case 'like':
      return ofLike(condition);
    case 'is':
      return ofTest(condition);
    case 'not': {
      const { operand } = condition;
      // why: of the conditions that are never NULL, those with predicates of their own let NULL satisfy the negated one; a range does not
      const inner = operand.op === 'is' && operand.what !== 'null' ? null : typedPredicateOf(operand);
      return inner === null ? null : { ...inner, negated: !inner.negated };
    }
    default:
      return null;
  }
}

interface Column {
  readonly slot: number;
  readonly type: ScalarType;
}

/** A typed column; a CAST to its own type changes nothing about it. */
function columnOf(expression: Expression): Column | null {
  if (expression.op === 'cast') {
    const column = columnOf(expression.operand);
    return column?.type === expression.to ? column : null;
  }
  return expression.op === 'column' && isScalar(expression.type) ? { slot: expression.slot, type: expression.type } : null;
}

function rangeOf({ slot }: Column, bounds: Bounds, negated: boolean): ScanPredicate {
  return { kind: 'range', slot, ...bounds, negated };
}

function ofTruth(operand: Expression, value: boolean): ScanPredicate | null {
  const column = columnOf(operand);
  const bounds = column?.type === 'bool' ? boundsOf('bool', '=', { type: 'bool', value }) : null;
  return column === null || bounds === null ? null : rangeOf(column, bounds, false);
}

function ofComparison(operator: CompareOperator, left: Expression, right: Expression): ScanPredicate | null {
  if (right.op === 'literal') return ofColumn(operator, left, right.value);
  return left.op === 'literal' ? ofColumn(mirrored[operator], right, left.value) : null;
}

function ofColumn(operator: CompareOperator, operand: Expression, literal: Literal): ScanPredicate | null {
  const column = columnOf(operand);
  const bounds = column === null ? null : boundsOf(column.type, operator, literal);
  return column === null || bounds === null ? null : rangeOf(column, bounds, operator === '<>');
}

function ofBetween({ operand, low, high, negated }: Extract<Expression, { op: 'between' }>): ScanPredicate | null {
  const column = columnOf(operand);
  if (column === null || low.op !== 'literal' || high.op !== 'literal') return null;
  const above = boundsOf(column.type, '>=', low.value);
  const below = boundsOf(column.type, '<=', high.value);
  return above === null || below === null ? null : rangeOf(column, intersection(above, below), negated);
}

function ofIn({ operand, list, negated }: Extract<Expression, { op: 'in' }>): ScanPredicate | null {
  const column = columnOf(operand);
  if (column === null) return null;
  const literals = list.map((item) => (item.op === 'literal' ? item.value : null));
  // why: NULL is equal to NULL here, and no member of a predicate
  if (literals.some((literal) => literal === null || literal.type === 'null' || literal.type === 'missing')) return null;
  const values = membersOf(column.type, literals as Literal[]);
  return values === null ? null : { kind: 'member', slot: column.slot, values, negated };
}

function ofLike(condition: Extract<Expression, { op: 'like' }>): ScanPredicate | null {
  const column = columnOf(condition.operand);
  const shape = column?.type === 'string' ? likeShape(condition) : null;
  if (column === null || shape === null) return null;
  if ('pattern' in shape) return { kind: 'like', slot: column.slot, ...shape, negated: condition.negated };
  const { low, high, highInclusive } = shape;
  const bounds: Bounds = {
    low: { type: 'string', text: low },
    lowInclusive: true,
    high: high === null ? null : { type: 'string', text: high },
    highInclusive,
  };
  return rangeOf(column, bounds, condition.negated);
}

function ofTest({ operand, what, negated }: Extract<Expression, { op: 'is' }>): ScanPredicate | null {
  if (what === 'null') {
    const slot = operand.op === 'column' && operand.type !== 'untyped' && operand.type !== 'any' ? operand.slot : null;
    return slot === null ? null : { kind: 'null', slot, negated };
  }
  // why: what is not TRUE may be NULL, which satisfies no range
  return (what === 'true' || what === 'false') && !negated ? ofTruth(operand, what === 'true') : null;
}
