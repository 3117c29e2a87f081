/** Rule: what does not depend on the row is computed once, here. */
import { calculate, concatenate, negate } from '../../vector/arithmetic.ts';
import { castValue } from '../../vector/cast.ts';
import { compareValues } from '../../vector/compare.ts';
import { listOf } from '../../vector/json-path.ts';
import { fromLiteral, toLiteral } from '../../vector/literal.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { Expression } from '../expression.ts';
import { mapOperands } from '../expression-walk.ts';
import type { Aggregate, Plan } from '../plan.ts';
import { mapProjection } from './projection.ts';

/** Folds constants everywhere in the plan; COUNT of a constant that is not NULL becomes COUNT(*). */
export function foldConstants(plan: Plan): Plan {
  const filter = plan.filter === null ? null : fold(plan.filter);
  const folded = mapProjection(plan.projection, (expression) => fold(expression));
  const projection = folded.kind === 'rows' ? folded : { ...folded, aggregates: folded.aggregates.map(countRows) };
  return { ...plan, filter, residual: filter, projection };
}

function countRows(aggregate: Aggregate): Aggregate {
  const { argument } = aggregate;
  if (aggregate.function !== 'COUNT' || argument?.op !== 'literal') return aggregate;
  const { type } = argument.value;
  return type === 'null' || type === 'missing' ? aggregate : { ...aggregate, argument: null };
}

/**
 * Folds from the leaves up. What fails is left as it is: whether its error surfaces depends on the rows. Parts that stand
 * more than once in the plan are folded once.
 */
function fold(expression: Expression, folded = new Map<Expression, Expression>()): Expression {
  const known = folded.get(expression);
  if (known !== undefined) return known;
  const result = simplify(mapOperands(expression, (operand) => fold(operand, folded)));
  folded.set(expression, result);
  return result;
}

function simplify(expression: Expression): Expression {
  switch (expression.op) {
    case 'negate':
      return constant(expression, [expression.operand], ([value]) => negate(value));
    case 'cast':
      return constant(expression, [expression.operand], ([value]) => castValue(value, expression.to));
    case 'arithmetic':
      return constant(expression, [expression.left, expression.right], ([left, right]) => calculate(expression.operator, left, right));
    case 'concat':
      return constant(expression, [expression.left, expression.right], ([left, right]) => concatenate(left, right));
    case 'compare':
      return constant(expression, [expression.left, expression.right], ([left, right]) =>
        compareValues(expression.operator, left, right, false),
      );
    case 'not':
      return constant(expression, [expression.operand], ([value]) => (typeof value === 'boolean' ? !value : notOfUnknown(value)));
    case 'list':
      return constant(expression, expression.items, listOf);
    case 'and':
    case 'or':
      return simplifyLogic(expression);
    default:
      return expression;
  }
}

function constant(
  expression: Expression,
  operands: readonly Expression[],
  compute: (values: readonly SqlValue[]) => SqlValue | undefined,
): Expression {
  const values: SqlValue[] = [];
  for (const operand of operands) {
    if (operand.op !== 'literal') return expression;
    values.push(fromLiteral(operand.value));
  }
  const result = compute(values);
  return result instanceof Failure ? expression : { op: 'literal', value: toLiteral(result) };
}

function notOfUnknown(value: SqlValue): SqlValue {
  if (value === null || value === undefined) return null;
  return new Failure({ code: 'ExternalEvalException', params: {} });
}

/** FALSE decides AND whatever the others are, even one that fails, and TRUE is left out of it; OR is the dual. */
function simplifyLogic(expression: Extract<Expression, { op: 'and' | 'or' }>): Expression {
  const { op } = expression;
  const operands = expression.operands.flatMap((operand) => (operand.op === op ? operand.operands : [operand]));
  const deciding = operands.find((operand) => isBoolean(operand, op === 'or'));
  if (deciding !== undefined) return deciding;
  const rest = operands.filter((operand) => !isBoolean(operand, op === 'and'));
  const [only] = rest;
  if (only === undefined) return operands[0] ?? expression;
  if (rest.length === 1 && isCondition(only)) return only;
  const same = rest.length === expression.operands.length && rest.every((operand, index) => operand === expression.operands[index]);
  return same ? expression : { op, operands: rest };
}

function isBoolean(expression: Expression, value: boolean): boolean {
  return expression.op === 'literal' && expression.value.type === 'bool' && expression.value.value === value;
}

/** Whether the value is TRUE, FALSE or NULL by what the expression is: then AND with TRUE is the value itself. */
function isCondition(expression: Expression): boolean {
  return ['compare', 'not', 'and', 'or', 'between', 'in', 'like', 'is'].includes(expression.op);
}
