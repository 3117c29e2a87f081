/** Calls of the registry's functions whose arguments are all constant. */
import { SelectError } from '../../base/errors.ts';
import { fromLiteral, toLiteral } from '../../vector/literal.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { Expression } from '../expression.ts';
import { type FunctionEntry, findFunction, type ParameterType } from '../functions/index.ts';

type Call = Extract<Expression, { op: 'call' }>;

/** The value of a call as a constant; the call itself where an argument is none, or where it fails. */
export function foldCall(call: Call): Expression {
  // why: a function without arguments is one of the query's own circumstances, its time
  if (call.args.length === 0) return call;
  const values: SqlValue[] = [];
  for (const arg of call.args) {
    if (arg.op !== 'literal') return call;
    values.push(fromLiteral(arg.value));
  }
  const entry = findFunction(call.name);
  const result = entry === undefined ? undefined : resultOf(entry, values);
  return result === undefined || result instanceof Failure ? call : { op: 'literal', value: toLiteral(result) };
}

/** undefined where the function is not computed here: the evaluator says what is wrong with its arguments. */
function resultOf(entry: FunctionEntry, values: readonly SqlValue[]): SqlValue {
  const { kernel, parameters } = entry;
  if (kernel === null) return undefined;
  for (const [index, value] of values.entries()) {
    if (value === null || value === undefined) {
      if (entry.nulls === 'propagate') return null;
    } else if (!isOfType(value, parameters[Math.min(index, parameters.length - 1)]?.type)) {
      return undefined;
    }
  }
  try {
    return kernel(values, { utcnow_ms: 0 })(values);
  } catch (error) {
    if (error instanceof SelectError) return undefined;
    throw error;
  }
}

function isOfType(value: SqlValue, type: ParameterType | undefined): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'text':
      return typeof value === 'string';
    case 'integer':
      return typeof value === 'bigint';
    case 'timestamp':
      return value instanceof Timestamp;
    case undefined:
      return false;
  }
}
