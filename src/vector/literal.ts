/** Values as plain data and back: what plans and partial aggregates carry across the thread boundary. */
import { assert } from '../base/assert.ts';
import { Decimal } from './decimal.ts';
import { JsonValue } from './json-value.ts';
import { Timestamp } from './timestamp.ts';
import { Failure, type Literal, type SqlValue } from './value.ts';

/** The value of a literal that a binder or `toLiteral` wrote. */
export function fromLiteral(literal: Literal): SqlValue {
  switch (literal.type) {
    case 'missing':
      return undefined;
    case 'null':
      return null;
    case 'bool':
    case 'int':
    case 'float':
      return literal.value;
    case 'string':
      return literal.text;
    case 'decimal':
      return known(Decimal.parse(literal.text));
    case 'json':
      return new JsonValue(literal.text);
    case 'timestamp':
      return known(Timestamp.parse(literal.text));
  }
}

/** A value as plain data. The value is no failure. */
export function toLiteral(value: SqlValue): Literal {
  assert(!(value instanceof Failure), 'a failure is no literal');
  if (value === undefined) return { type: 'missing' };
  if (value === null) return { type: 'null' };
  if (value instanceof Decimal) return { type: 'decimal', text: value.toText() };
  if (value instanceof JsonValue) return { type: 'json', text: value.json };
  if (value instanceof Timestamp) return { type: 'timestamp', text: value.toText() };
  switch (typeof value) {
    case 'boolean':
      return { type: 'bool', value };
    case 'bigint':
      return { type: 'int', value };
    case 'number':
      return { type: 'float', value };
    default:
      return { type: 'string', text: value };
  }
}

function known<T>(value: T | null): T {
  assert(value !== null, 'a literal is written by us');
  return value;
}
