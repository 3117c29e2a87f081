/** What the binder carries through an expression, and the refusals its parts share. */
import { assert } from '../base/assert.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { excerpt } from '../vector/text.ts';
import { Timestamp } from '../vector/timestamp.ts';
import type { Path, Position } from './ast.ts';
import type { Expression } from './expression.ts';
import { operandsOf } from './expression-walk.ts';
import type { Aggregate, ColumnRef, Plan } from './plan.ts';
import { canBeCompared, isNumeric, type Kind, kindName } from './types.ts';

/** An expression and what is known of its values. */
export interface Bound {
  readonly expression: Expression;
  readonly kind: Kind;
}

/** The columns a query may name and those it did. */
export interface Columns {
  /** Values can be lists and structs, and paths lead into them. */
  readonly nested: boolean;
  /** Types are those of the object, so values of different ones are not compared. */
  readonly strict: boolean;
  readonly refs: readonly ColumnRef[];
  /** How records are reached from each root value. */
  readonly source: Plan['source'];
  /** The value that a path names. */
  read(path: Path): Bound;
  /** Refuses the path before `.*` in the SELECT list where it is not the table itself. */
  checkTable(path: Path): void;
}

export interface BindContext {
  readonly columns: Columns;
  /** Collects the aggregates of the SELECT list; null in WHERE, where there are none. */
  readonly aggregates: Aggregate[] | null;
  /** Set while an aggregate's argument is bound. */
  insideAggregate: boolean;
  /** The first column named outside an aggregate. */
  plainColumn: Path | null;
  /** Nodes that stand more than once in the plan since a form of the language needs their value more than once. */
  duplicated: number;
}

export function createContext(columns: Columns, aggregates: Aggregate[] | null): BindContext {
  return { columns, aggregates, insideAggregate: false, plainColumn: null, duplicated: 0 };
}

/**
 * Accounts for `operand` standing `times` more in the plan. Nested forms multiply, so without a bound a short query could
 * make a plan of any size. Raises MaxOperatorsExceeded.
 */
export function duplicate(context: BindContext, operand: Expression, times: number, at: Position): void {
  context.duplicated += sizeOf(operand) * times;
  if (context.duplicated > limits.plan_nodes_max) throw new SelectError('MaxOperatorsExceeded', { max: limits.plan_nodes_max, ...at });
}

/** The place of an expression whose operands are all constant, to be put into it. */
export function placeOf(operands: readonly Expression[], at: Position): { readonly at: Position } | undefined {
  return operands.every((operand) => operand.op === 'literal' || 'at' in operand) ? { at } : undefined;
}

/** An untyped field as the number it is to be read as; anything else as it is. */
export function asNumber(bound: Bound, onText: 'keep' | 'fail'): Bound {
  if (bound.kind !== 'untyped') return bound;
  return { expression: { op: 'number', operand: bound.expression, onText }, kind: onText === 'fail' ? 'number' : 'any' };
}

/** Reads the untyped ones of several operands as numbers where any of them is one. */
export function meetNumbers<Operands extends readonly Bound[]>(operands: Operands): Operands {
  if (!operands.some(({ kind }) => isNumeric(kind))) return operands;
  return operands.map((operand) => asNumber(operand, 'keep')) as unknown as Operands;
}

/**
 * Operands of a comparison, the first with each of the others, where types are those of the object: a text constant beside a timestamp is read as
 * one, and types without a common order are refused. Raises InvalidDataType, CastFailed.
 */
export function meetTypes<Operands extends readonly Bound[]>(operands: Operands, at: Position, { columns }: BindContext): Operands {
  if (!columns.strict) return operands;
  const isTime = operands.some(({ kind }) => kind === 'timestamp');
  const met = isTime ? operands.map((operand) => asTime(operand, at)) : operands;
  const [first, ...others] = met as readonly Bound[];
  const other = others.find(({ kind }) => first !== undefined && !canBeCompared(first.kind, kind));
  if (first === undefined || other === undefined) return met as unknown as Operands;
  const type = `${kindName(first.kind)} and ${kindName(other.kind)} cannot be compared`;
  throw new SelectError('InvalidDataType', { type, hint: 'CAST one of them.', ...at });
}

function asTime(bound: Bound, at: Position): Bound {
  const { expression } = bound;
  if (expression.op !== 'literal' || expression.value.type !== 'string') return bound;
  const { text } = expression.value;
  if (Timestamp.parse(text) === null) throw new SelectError('CastFailed', { from: 'STRING', to: 'TIMESTAMP', value: excerpt(text), ...at });
  return { expression: { op: 'literal', value: { type: 'timestamp', text } }, kind: 'timestamp' };
}

/** A type that can mean nothing where it stands. */
export function wrongType(kind: Kind, where: string, at: Position, hint?: string): SelectError {
  return new SelectError('InvalidDataType', { type: `${kindName(kind)} ${where}`, ...(hint === undefined ? {} : { hint }), ...at });
}

const sizes = new WeakMap<Expression, number>();

/** Nodes of an expression written out as a tree; remembered, since shared parts would be counted again and again. */
function sizeOf(expression: Expression): number {
  const known = sizes.get(expression);
  if (known !== undefined) return known;
  const size = operandsOf(expression).reduce((sum, operand) => sum + sizeOf(operand), 1);
  assert(Number.isSafeInteger(size), 'the size of a plan is bounded while it is bound');
  sizes.set(expression, size);
  return size;
}
