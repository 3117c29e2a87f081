/** Calls: aggregates, and the scalar functions of the registry. */
import { type ErrorParams, SelectError } from '../base/errors.ts';
import { fromLiteral } from '../vector/literal.ts';
import type { Call, Node } from './ast.ts';
import { asNumber, type BindContext, type Bound, duplicate, meetNumbers, meetTypes, placeOf } from './bind-context.ts';
import { aggregates as aggregateEntries, type FunctionEntry, findFunction, functions } from './functions/index.ts';
import { nearestHint } from './nearest.ts';
import type { AggregateFunction } from './plan.ts';
import { canBeText, commonKind, isNumeric, isUnknown, type Kind, kindName } from './types.ts';
import { builtinFunctions } from './words.ts';

/** Binds an argument. */
export type Bind = (node: Node) => Bound;

/**
 * Binds a call. Raises UnsupportedFunction, EvaluatorInvalidArguments, IncorrectSqlFunctionArgumentType,
 * ParseUnsupportedCallWithStar, ParseNonUnaryAgregateFunctionCall, UnsupportedSqlStructure, and what a function says of its
 * constants.
 */
export function bindCall(node: Call, context: BindContext, bind: Bind): Bound {
  const name = node.name.toUpperCase();
  const aggregate = aggregateFunctions.find((known) => known === name);
  if (node.star && aggregate !== 'COUNT') throw new SelectError('ParseUnsupportedCallWithStar', { function: excerpt(name), ...node.at });
  if (aggregate !== undefined) return bindAggregate(aggregate, node, context, bind);
  const entry = findFunction(name);
  if (entry === undefined) throw unknownFunction(name, node);
  return bindScalar(entry, node, context, bind);
}

const aggregateFunctions: readonly AggregateFunction[] = aggregateEntries.map(({ name }) => name);

function bindAggregate(name: AggregateFunction, node: Call, context: BindContext, bind: Bind): Bound {
  const { aggregates } = context;
  const misplaced = (reason: string): SelectError => new SelectError('UnsupportedSqlStructure', { reason, ...node.at });
  if (aggregates === null) throw misplaced(`${name} outside the SELECT list`);
  if (context.insideAggregate) throw misplaced(`${name} inside an aggregate`);
  if (!node.star && node.args.length !== 1) throw new SelectError('ParseNonUnaryAgregateFunctionCall', { function: name, ...node.at });
  const [argument] = node.args;
  if (argument === undefined) return aggregateAt(aggregates.push({ function: name, argument: null }) - 1, 'int');
  context.insideAggregate = true;
  const bound = bind(argument);
  context.insideAggregate = false;
  const summed = name === 'SUM' || name === 'AVG' ? summand(name, bound, argument) : bound;
  return aggregateAt(aggregates.push({ function: name, argument: summed.expression }) - 1, aggregateKind(name, summed.kind));
}

function aggregateAt(index: number, kind: Kind): Bound {
  return { expression: { op: 'aggregate', index }, kind };
}

function summand(name: string, bound: Bound, node: Node): Bound {
  const { kind } = bound;
  if (kind === 'untyped') return asNumber(bound, 'fail');
  if (isNumeric(kind) || isUnknown(kind) || kind === 'any') return bound;
  throw argumentType(name, `a number is needed, got ${kindName(kind)}`, node);
}

function aggregateKind(name: AggregateFunction, argument: Kind): Kind {
  if (name === 'COUNT') return 'int';
  if (name === 'MIN' || name === 'MAX') return argument;
  if (isUnknown(argument)) return 'null';
  if (name === 'AVG') return argument === 'int' ? 'decimal' : isNumeric(argument) ? argument : 'number';
  return isNumeric(argument) ? argument : 'number';
}

function bindScalar(entry: FunctionEntry, node: Call, context: BindContext, bind: Bind): Bound {
  refuseArity(entry, node);
  const args = node.args.map((arg, index) => argumentOf(entry, index, bind(arg), arg));
  if (entry.name === 'NULLIF') return bindNullIf(args as [Bound, Bound], node, context);
  refuseConstants(entry, args, node);
  const expressions = args.map(({ expression }) => expression);
  return {
    expression: { op: 'call', name: entry.name, args: expressions, ...placeOf(expressions, node.at) },
    kind: returned(
      entry,
      args.map(({ kind }) => kind),
    ),
  };
}

function returned({ returns }: FunctionEntry, args: readonly Kind[]): Kind {
  switch (returns) {
    case 'the common type of the arguments':
      return commonKind(args);
    case 'the type of the first argument':
      return args[0] ?? 'any';
    default:
      return returns;
  }
}

function argumentOf(entry: FunctionEntry, index: number, bound: Bound, node: Node): Bound {
  const { kind } = bound;
  const parameter = entry.parameters[Math.min(index, entry.parameters.length - 1)];
  if (parameter === undefined || isUnknown(kind) || kind === 'any') return bound;
  switch (parameter.type) {
    case 'any':
      return bound;
    case 'text':
      if (!canBeText(kind)) throw argumentType(entry.name, `text is needed, got ${kindName(kind)}`, node);
      return bound;
    case 'integer':
      if (kind !== 'untyped' && kind !== 'int' && kind !== 'number') {
        throw argumentType(entry.name, `an INT is needed, got ${kindName(kind)}`, node);
      }
      return asNumber(bound, 'fail');
    case 'timestamp':
      if (kind !== 'untyped' && kind !== 'timestamp') {
        const hint = kind === 'string' ? 'CAST it AS TIMESTAMP, or use TO_TIMESTAMP.' : undefined;
        throw argumentType(entry.name, `a TIMESTAMP is needed, got ${kindName(kind)}`, node, hint);
      }
      return bound;
  }
}

/** The error that a constant argument gives for every row, such as a bad pattern, before a byte is read and with its place. */
function refuseConstants(entry: FunctionEntry, args: readonly Bound[], node: Call): void {
  for (const [index, { expression }] of args.entries()) {
    if (expression.op !== 'literal') continue;
    const constants = args.map((_, other) => (other === index ? fromLiteral(expression.value) : undefined));
    try {
      entry.kernel?.(constants, { utcnow_ms: 0 });
    } catch (error) {
      throw error instanceof SelectError ? new SelectError(error.code, { ...error.params, ...node.args[index]?.at }) : error;
    }
  }
}

/** A field that is compared with a number is compared as one, but stays the text it is. */
function bindNullIf([value, unwanted]: readonly [Bound, Bound], node: Call, context: BindContext): Bound {
  const [left, right] = meetNumbers(meetTypes([value, unwanted] as const, node.at, context));
  // why: where types are those of the object, no field is to stay the text it is
  if (left === value || context.columns.strict)
    return { expression: { op: 'call', name: 'NULLIF', args: [left.expression, right.expression] }, kind: value.kind };
  duplicate(context, value.expression, 1, node.at);
  return {
    expression: {
      op: 'case',
      branches: [
        {
          when: { op: 'compare', operator: '=', left: left.expression, right: right.expression },
          then: { op: 'literal', value: { type: 'null' } },
        },
      ],
      otherwise: { op: 'call', name: 'COALESCE', args: [value.expression] },
    },
    kind: value.kind,
  };
}

function refuseArity(entry: FunctionEntry, node: Call): void {
  const { parameters } = entry;
  const least = parameters.filter(({ optional }) => optional !== true).length;
  const most = parameters.at(-1)?.variadic === true ? Infinity : parameters.length;
  const count = node.args.length;
  if (count >= least && count <= most) return;
  const expected = most === Infinity ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`;
  throw new SelectError('EvaluatorInvalidArguments', { function: entry.name, expected, count, ...node.at });
}

function unknownFunction(name: string, node: Call): SelectError {
  const names = [...aggregateFunctions, ...functions.flatMap((entry) => [entry.name, ...entry.aliases])];
  const hint = builtinFunctions.has(name.toLowerCase()) ? {} : nearestHint(name, names);
  return new SelectError('UnsupportedFunction', { function: excerpt(name), ...hint, ...node.at });
}

function argumentType(name: string, reason: string, node: Node, hint?: string): SelectError {
  const params: ErrorParams = { function: name, reason, ...(hint === undefined ? {} : { hint }), ...node.at };
  return new SelectError('IncorrectSqlFunctionArgumentType', params);
}

function excerpt(name: string): string {
  return name.slice(0, 64);
}
