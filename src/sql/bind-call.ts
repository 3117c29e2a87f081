/** Calls: aggregates, and the scalar functions of the registry. */
import { type ErrorParams, SelectError } from '../base/errors.ts';
import type { Call, Node } from './ast.ts';
import { asNumber, type BindContext, type Bound, duplicate, meetNumbers } from './bind-context.ts';
import { type FunctionEntry, findFunction, functions, type Parameter } from './functions/index.ts';
import { nearestHint } from './nearest.ts';
import type { AggregateFunction } from './plan.ts';
import { canBeText, isNumeric, isUnknown, type Kind, kindName } from './types.ts';
import { builtinFunctions } from './words.ts';

/** Binds an argument. */
export type Bind = (node: Node) => Bound;

/**
 * Binds a call. Raises UnsupportedFunction, EvaluatorInvalidArguments, IncorrectSqlFunctionArgumentType,
 * ParseUnsupportedCallWithStar, ParseNonUnaryAgregateFunctionCall, UnsupportedSqlStructure.
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

const aggregateFunctions: readonly AggregateFunction[] = ['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'];

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
  const args = node.args.map((arg, index) => {
    const parameter = entry.parameters[Math.min(index, entry.parameters.length - 1)];
    return argumentOf(entry, parameter, bind(arg), arg);
  });
  if (entry.name === 'NULLIF') return bindNullIf(args as [Bound, Bound], node, context);
  const { returns } = entry;
  return {
    expression: { op: 'call', name: entry.name, args: args.map(({ expression }) => expression) },
    kind: typeof returns === 'function' ? returns(args.map(({ kind }) => kind)) : returns,
  };
}

function argumentOf(entry: FunctionEntry, parameter: Parameter | undefined, bound: Bound, node: Node): Bound {
  const { kind } = bound;
  if (parameter === undefined || isUnknown(kind) || kind === 'any') return bound;
  switch (parameter.type) {
    case 'any':
      return bound;
    case 'text':
      if (!canBeText(kind)) throw argumentType(entry.name, `text is needed, got ${kindName(kind)}`, node);
      return bound;
    case 'number':
      if (kind !== 'untyped' && !isNumeric(kind)) throw argumentType(entry.name, `a number is needed, got ${kindName(kind)}`, node);
      return asNumber(bound, 'fail');
    case 'timestamp':
      if (kind !== 'timestamp') throw argumentType(entry.name, `a TIMESTAMP is needed, got ${kindName(kind)}`, node);
      return bound;
  }
}

/** A field that is compared with a number is compared as one, but stays the text it is. */
function bindNullIf([value, unwanted]: readonly [Bound, Bound], node: Call, context: BindContext): Bound {
  const [left, right] = meetNumbers([value, unwanted] as const);
  if (left === value) return { expression: { op: 'call', name: 'NULLIF', args: [left.expression, right.expression] }, kind: value.kind };
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

function argumentType(name: string, reason: string, node: Node): SelectError {
  const params: ErrorParams = { function: name, reason, ...node.at };
  return new SelectError('IncorrectSqlFunctionArgumentType', params);
}

function excerpt(name: string): string {
  return name.slice(0, 64);
}
