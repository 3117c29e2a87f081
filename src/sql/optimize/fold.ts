/** Rule: what does not depend on the row is computed once, here. */
import { calculate, concatenate, negate } from '../../vector/arithmetic.ts';
import { castValue } from '../../vector/cast.ts';
import { compareValues } from '../../vector/compare.ts';
import { listOf } from '../../vector/json-path.ts';
import { fromLiteral, toLiteral } from '../../vector/literal.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { Expression } from '../expression.ts';
import { isLenient, isUntyped, mapOperands } from '../expression-walk.ts';
import type { Aggregate, Plan } from '../plan.ts';
import { foldCall } from './fold-call.ts';
import { mapProjection } from './projection.ts';

/** Folds constants everywhere in the plan; COUNT of a constant that is not NULL becomes COUNT(*). */
export function foldConstants(plan: Plan): Plan {
  const filter = plan.filter === null ? null : fold(plan.filter);
  const projection = mapProjection(plan.projection, (expression) => fold(expression));
  if (projection.kind === 'rows' || plan.projection.kind === 'rows') return { ...plan, filter, residual: filter, projection };
  const written = plan.projection.aggregates;
  const aggregates = projection.aggregates.map((aggregate, index) => countRows(readAlike(written[index] ?? aggregate, aggregate)));
  return { ...plan, filter, residual: filter, projection: { ...projection, aggregates } };
}

/** The folded aggregate, unless the parts it leaves out are why MIN and MAX read text as numbers. */
function readAlike(aggregate: Aggregate, folded: Aggregate): Aggregate {
  if (aggregate.argument === null || folded.argument === null || folded.argument.op === 'literal') return folded;
  return isUntyped(aggregate.argument) && !isUntyped(folded.argument) ? aggregate : folded;
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
    case 'number':
      return isUnknown(expression.operand) ? expression.operand : expression;
    case 'case':
      return asLenient(expression, simplifyCase(expression));
    case 'call':
      return expression.name === 'COALESCE' ? asLenient(expression, simplifyCoalesce(expression)) : foldCall(expression);
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

/** Branches that are never taken are left out, and all that stand behind one that always is. */
function simplifyCase(expression: Extract<Expression, { op: 'case' }>): Expression {
  const branches: (typeof expression.branches)[number][] = [];
  let { otherwise } = expression;
  for (const branch of expression.branches) {
    if (isUnknown(branch.when) || isBoolean(branch.when, false)) continue;
    if (isBoolean(branch.when, true)) {
      otherwise = branch.then;
      break;
    }
    branches.push(branch);
  }
  if (branches.length === 0) return otherwise;
  return branches.length === expression.branches.length ? expression : { ...expression, branches, otherwise };
}

/** NULL is passed over, and nothing behind a constant is reached. */
function simplifyCoalesce(expression: Extract<Expression, { op: 'call' }>): Expression {
  const known = expression.args.filter((arg) => !isUnknown(arg));
  const constantAt = known.findIndex(({ op }) => op === 'literal');
  const args = constantAt === -1 ? known : known.slice(0, constantAt + 1);
  const [first] = args;
  if (first === undefined) return { op: 'literal', value: { type: 'null' } };
  if (first.op === 'literal') return first;
  return args.length === expression.args.length ? expression : { ...expression, args };
}

/** The simpler form, unless what it leaves out is why a comparison with the value is forgiving. */
function asLenient(expression: Expression, simpler: Expression): Expression {
  return isLenient(expression) && !isLenient(simpler) ? expression : simpler;
}

function isUnknown(expression: Expression): boolean {
  return expression.op === 'literal' && (expression.value.type === 'null' || expression.value.type === 'missing');
}

function isBoolean(expression: Expression, value: boolean): boolean {
  return expression.op === 'literal' && expression.value.type === 'bool' && expression.value.value === value;
}

/** Whether the value is TRUE, FALSE or NULL by what the expression is: then AND with TRUE is the value itself. */
function isCondition(expression: Expression): boolean {
  return ['compare', 'not', 'and', 'or', 'between', 'in', 'like', 'is'].includes(expression.op);
}
