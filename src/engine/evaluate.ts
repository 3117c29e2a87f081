/**
 * Compiles bound expressions to functions over columns: one closure a node, whole vectors at a time, constants computed
 * once. It owns the order and the narrowing of evaluation; what single values mean is `vector`'s.
 */
import { assert } from '../base/assert.ts';
import { catalogue, type ErrorValue } from '../base/errors.ts';
import type { Expression } from '../sql/expression.ts';
import { isLenient } from '../sql/expression-walk.ts';
import { calculate, concatenate, negate } from '../vector/arithmetic.ts';
import { castFailed, castValue } from '../vector/cast.ts';
import { compareValues } from '../vector/compare.ts';
import { followPath, listOf } from '../vector/json-path.ts';
import { fromLiteral } from '../vector/literal.ts';
import { readField } from '../vector/number.ts';
import { typeNameOf } from '../vector/text.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import { type Columns, type Selection, type Vector, valueAt } from '../vector/vector.ts';
import { call, like } from './evaluate-call.ts';
import { between, caseWhen, conjunction, invert, isElement, logic, membership, notBoolean } from './evaluate-logic.ts';
import { constant, map1, map2, mapAll, type Node, type Run } from './evaluate-node.ts';

/** The values of one expression for `rows`, dense in their order. */
export type Compiled = Run;

export interface EvaluationContext {
  /** UTCNOW of the query, ms since the epoch. */
  readonly utcnow_ms: number;
  /** What `aggregate` expressions stand for; only an aggregation's items have them. */
  readonly aggregates?: readonly SqlValue[];
}

/** Failures caused by data name the byte offset of their row. */
export function compileExpression(expression: Expression, context: EvaluationContext): Compiled {
  const node = compile(expression, context);
  if (node.constant || expression.op === 'column') return node.run;
  return (columns, rows) => located(node.run(columns, rows), columns, rows);
}

/** A condition of WHERE, for `filterRows`: an error in a conjunct counts only where all others are TRUE or fail too. */
export function compileCondition(condition: Expression, context: EvaluationContext): Compiled {
  if (condition.op !== 'and') return compileExpression(condition, context);
  const node = conjunction(condition.operands.map((operand) => compile(operand, context)));
  return node.constant ? node.run : (columns, rows) => located(node.run(columns, rows), columns, rows);
}

export interface Filtered {
  /** The rows where the condition is TRUE, up to the failing one. */
  readonly selection: Selection;
  /** The first row whose condition failed or is no boolean. */
  readonly failure: { readonly row: number; readonly error: ErrorValue } | null;
}

/** Applies a condition. NULL and MISSING drop the row. */
export function filterRows(condition: Compiled, columns: Columns, rows: Selection): Filtered {
  const vector = condition(columns, rows);
  const selection = new Uint32Array(rows.length);
  let kept = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = valueAt(vector, i);
    const row = rows[i]!;
    if (value === true) {
      selection[kept++] = row;
    } else if (value !== false && value !== null && value !== undefined) {
      const failure = locate(value instanceof Failure ? value : notBoolean(value), columns, row);
      return { selection: selection.subarray(0, kept), failure: { row, error: failure.error } };
    }
  }
  return { selection: kept === rows.length ? rows : selection.subarray(0, kept), failure: null };
}

/** What fails whatever the row lies in the query: it is told where. */
function compile(expression: Expression, context: EvaluationContext): Node {
  const node = compileOperation(expression, context);
  if (!node.constant || !(node.value instanceof Failure) || !('at' in expression)) return node;
  const { code, params } = node.value.error;
  return constant(new Failure({ code, params: { ...expression.at, ...params } }));
}

function compileOperation(expression: Expression, context: EvaluationContext): Node {
  const inner = (operand: Expression): Node => compile(operand, context);
  switch (expression.op) {
    case 'literal':
      return constant(fromLiteral(expression.value));
    case 'column': {
      const { slot } = expression;
      return { constant: false, run: (columns, rows) => columns.read(slot, rows) };
    }
    case 'number':
      return map1(inner(expression.operand), expression.onText === 'keep' ? numberOrText : numberOrFailure);
    case 'negate':
      return map1(inner(expression.operand), negate);
    case 'arithmetic': {
      const { operator } = expression;
      return map2(inner(expression.left), inner(expression.right), (left, right) => calculate(operator, left, right));
    }
    case 'concat':
      return map2(inner(expression.left), inner(expression.right), concatenate);
    case 'compare': {
      const { operator } = expression;
      const lenient = isLenient(expression.left) || isLenient(expression.right);
      return map2(inner(expression.left), inner(expression.right), (left, right) => compareValues(operator, left, right, lenient));
    }
    case 'not':
      return map1(inner(expression.operand), invert);
    case 'and':
    case 'or':
      return logic(expression.op, expression.operands.map(inner));
    case 'between': {
      const { operand, low, high } = expression;
      const lenient = isLenient(operand);
      const result = between([inner(operand), inner(low), inner(high)], lenient || isLenient(low), lenient || isLenient(high));
      return negatedIf(expression.negated, result);
    }
    case 'in':
      return negatedIf(expression.negated, membership(inner(expression.operand), expression.list.map(inner)));
    case 'element':
      return negatedIf(expression.negated, map2(inner(expression.operand), inner(expression.list), isElement));
    case 'path': {
      const { steps } = expression;
      return map1(inner(expression.operand), (value) => followPath(value, steps));
    }
    case 'list':
      return mapAll(expression.items.map(inner), listOf);
    case 'like':
      return negatedIf(
        expression.negated,
        like(inner(expression.operand), inner(expression.pattern), expression.escape && inner(expression.escape)),
      );
    case 'is':
      return negatedIf(expression.negated, map1(inner(expression.operand), isTest(expression.what)));
    case 'cast': {
      const { to } = expression;
      return map1(inner(expression.operand), (value) => castValue(value, to));
    }
    case 'case': {
      const branches = expression.branches.map(({ when, then }) => ({ condition: inner(when), result: inner(then) }));
      return caseWhen(branches, inner(expression.otherwise));
    }
    case 'call':
      return call(expression.name, expression.args.map(inner), context.utcnow_ms);
    case 'aggregate': {
      assert(context.aggregates !== undefined, 'aggregates are evaluated once they are known');
      return constant(context.aggregates[expression.index]);
    }
  }
}

function negatedIf(negated: boolean, node: Node): Node {
  return negated ? map1(node, invert) : node;
}

function numberOrText(value: SqlValue): SqlValue {
  if (typeof value !== 'string') return value;
  const read = readField(value);
  return read === undefined ? value : read;
}

function numberOrFailure(value: SqlValue): SqlValue {
  if (typeof value !== 'string') return value;
  const read = readField(value);
  return read === undefined ? castFailed(value, 'NUMERIC') : read;
}

function isTest(what: Extract<Expression, { op: 'is' }>['what']): (value: SqlValue) => SqlValue {
  const test = ((): ((value: SqlValue) => boolean) => {
    switch (what) {
      case 'null':
        return (value) => value === null || value === undefined;
      case 'missing':
        return (value) => value === undefined;
      case 'true':
        return (value) => value === true;
      case 'false':
        return (value) => value === false;
      default: {
        const name = what.toUpperCase();
        return (value) => typeNameOf(value) === name;
      }
    }
  })();
  return (value) => (value instanceof Failure ? value : test(value));
}

/** The failures of a vector with the byte offset of their rows. */
function located(vector: Vector, columns: Columns, rows: Selection): Vector {
  if (vector.kind === 'constant' || !vector.values.some((value) => value instanceof Failure)) return vector;
  return { kind: 'values', values: vector.values.map((value, i) => (value instanceof Failure ? locate(value, columns, rows[i]!) : value)) };
}

/** Only an error in the data lies at a byte of it, not one that has its place in the query. */
function locate(failure: Failure, columns: Columns, row: number): Failure {
  const { code, params } = failure.error;
  if (params['offset'] !== undefined || params['line'] !== undefined || catalogue[code].fault !== 'data') return failure;
  return new Failure({ code, params: { ...params, offset: columns.offsetOf(row) } });
}
