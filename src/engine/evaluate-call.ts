/** Calls: LIKE's matcher and the functions of the registry. */
import { assert } from '../base/assert.ts';
import { type ErrorValue, SelectError } from '../base/errors.ts';
import { type CallContext, type FunctionEntry, findFunction, type Kernel, type ParameterType } from '../sql/functions/index.ts';
import { castFailed } from '../vector/cast.ts';
import { Decimal } from '../vector/decimal.ts';
import { compileLike, parseLikePattern } from '../vector/like.ts';
import { typeNameOf } from '../vector/text.ts';
import { Timestamp } from '../vector/timestamp.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import { valueAt } from '../vector/vector.ts';
import { coalesce } from './evaluate-logic.ts';
import { constant, map1, mapAll, type Node, nodeOver } from './evaluate-node.ts';

/** NULL where an operand is; LikeInvalidInputs where one is no text. A pattern that stays the same is read once. */
export function like(operand: Node, pattern: Node, escapeCharacter: Node | null): Node {
  if (pattern.constant && typeof pattern.value === 'string' && escapeCharacter === null) {
    const matches = compileMatcher(pattern.value, null);
    return map1(operand, (text) => (typeof text === 'string' ? matches(text) : likeOther(text)));
  }
  let last: { readonly pattern: string; readonly escapeCharacter: string | null; readonly matches: Matcher } | null = null;
  const matcherOf = (text: string, escapeText: string | null): Matcher => {
    if (last?.pattern !== text || last.escapeCharacter !== escapeText) {
      last = { pattern: text, escapeCharacter: escapeText, matches: compileMatcher(text, escapeText) };
    }
    return last.matches;
  };
  return mapAll(escapeCharacter === null ? [operand, pattern] : [operand, pattern, escapeCharacter], (values) => {
    const unusual = firstUnusual(values);
    if (unusual !== undefined) return unusual;
    for (const value of values) if (typeof value !== 'string') return likeOther(value);
    const [text, patternText, escapeText] = values as string[];
    return matcherOf(patternText!, escapeText ?? null)(text!);
  });
}

/** A function by its canonical name. The binder has checked that it exists and takes these arguments. */
export function call(name: string, args: readonly Node[], utcnow_ms: number): Node {
  if (name === 'COALESCE') return coalesce(args);
  const entry = findFunction(name);
  assert(entry, `function ${name} is in the registry`);
  const readers = args.map((_, index) => readerOf(entry, entry.parameters[Math.min(index, entry.parameters.length - 1)]?.type ?? 'any'));
  const given = args.map((arg, index) => (arg.constant ? constant(readers[index]!(arg.value)) : arg));
  const constants = given.map((arg) => (arg.constant ? arg.value : undefined));
  const kernel = kernelOf(entry, constants, { utcnow_ms });
  const sparesNulls = entry.nulls === 'propagate';
  return nodeOver(given, (columns, rows) => {
    const vectors = given.map((arg) => arg.run(columns, rows));
    const values = new Array<SqlValue>(rows.length);
    const row = new Array<SqlValue>(vectors.length);
    for (let i = 0; i < rows.length; i++) {
      let unusual: Failure | null | undefined;
      for (let j = 0; j < vectors.length; j++) {
        const value = valueAt(vectors[j]!, i);
        const read = given[j]!.constant ? value : readers[j]!(value);
        row[j] = read;
        if (typeof read === 'object' && read instanceof Failure) {
          unusual = read;
          break;
        }
        if (sparesNulls && (read === null || read === undefined)) unusual = null;
      }
      values[i] = unusual === undefined ? kernel(row) : unusual;
    }
    return { kind: 'values', values };
  });
}

/** The kernel of an entry; a constant that it cannot use is an error of every row that needs the call. */
function kernelOf(entry: FunctionEntry, constants: readonly SqlValue[], context: CallContext): Kernel {
  assert(entry.kernel, `${entry.name} has a kernel`);
  try {
    return entry.kernel(constants, context);
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    const failure = new Failure(error.toValue());
    return () => failure;
  }
}

/** What makes a value one of a parameter's type; what cannot be one is a failure. */
function readerOf({ name }: FunctionEntry, type: ParameterType): (value: SqlValue) => SqlValue {
  const other = (value: SqlValue, needed: string): SqlValue => {
    if (value === null || value === undefined || value instanceof Failure) return value;
    const reason = `${needed} is needed, got ${typeNameOf(value)}`;
    return new Failure({ code: 'IncorrectSqlFunctionArgumentType', params: { function: name, reason } });
  };
  switch (type) {
    case 'any':
      return (value) => value;
    case 'text':
      return (value) => (typeof value === 'string' ? value : other(value, 'text'));
    case 'integer':
      return (value) => {
        if (typeof value === 'bigint') return value;
        return typeof value === 'number' || value instanceof Decimal ? castFailed(value, 'INT') : other(value, 'an INT');
      };
    case 'timestamp':
      return (value) => {
        if (value instanceof Timestamp) return value;
        return typeof value === 'string' ? readTimestampField(value) : other(value, 'a TIMESTAMP');
      };
  }
}

/** An untyped field where a timestamp is needed: blanks around it do not count and nothing else is NULL, as with numbers. */
function readTimestampField(text: string): SqlValue {
  const read = Timestamp.parse(text);
  if (read !== null) return read;
  const bare = text.trim();
  return bare === '' ? null : (Timestamp.parse(bare) ?? castFailed(text, 'TIMESTAMP'));
}

type Matcher = (text: string) => SqlValue;

function compileMatcher(pattern: string, escapeCharacter: string | null): Matcher {
  try {
    return compileLike(parseLikePattern(pattern, escapeCharacter));
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    const value: ErrorValue = error.toValue();
    return () => new Failure(value);
  }
}

/** LIKE over what is no text. */
function likeOther(value: SqlValue): SqlValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Failure) return value;
  return new Failure({ code: 'LikeInvalidInputs', params: { type: typeNameOf(value) } });
}

/** The first failure; without one NULL where a value is unknown; else undefined. */
function firstUnusual(values: readonly SqlValue[]): Failure | null | undefined {
  let unknown: null | undefined;
  for (const value of values) {
    if (value instanceof Failure) return value;
    if (value === null || value === undefined) unknown = null;
  }
  return unknown;
}
