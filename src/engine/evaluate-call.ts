/** Calls: LIKE's matcher and the functions of the registry. */
import { assert } from '../base/assert.ts';
import { type ErrorValue, SelectError } from '../base/errors.ts';
import { findFunction } from '../sql/functions/index.ts';
import { compileLike, parseLikePattern } from '../vector/like.ts';
import { typeNameOf } from '../vector/text.ts';
import { Timestamp } from '../vector/timestamp.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import { coalesce } from './evaluate-logic.ts';
import { constant, map1, mapAll, type Node } from './evaluate-node.ts';

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
  // why: these two need what a kernel cannot see: which rows reach an argument, and the time of the query.
  if (name === 'COALESCE') return coalesce(args);
  if (name === 'UTCNOW') return constant(timeOfQuery(utcnow_ms));
  const entry = findFunction(name);
  assert(entry, `function ${name} is in the registry`);
  const { kernel } = entry;
  const sparesNulls = entry.nulls === 'propagate';
  return mapAll(args, (values) => {
    const unusual = firstUnusual(values);
    if (unusual instanceof Failure || (unusual === null && sparesNulls)) return unusual;
    return kernel(values);
  });
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

function timeOfQuery(utcnow_ms: number): Timestamp {
  const seconds = Math.floor(utcnow_ms / 1000);
  const now = Timestamp.fromEpoch(seconds, 'second', String(utcnow_ms - seconds * 1000).padStart(3, '0'), 0);
  assert(now !== null, 'the clock is between the years 1 and 9999');
  return now;
}
