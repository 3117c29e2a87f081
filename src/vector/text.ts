/** Values as output text. */
import { assert } from '../base/assert.ts';
import { Decimal } from './decimal.ts';
import { JsonValue } from './json-value.ts';
import { floatText } from './number.ts';
import { Timestamp } from './timestamp.ts';
import { Failure, type SqlValue } from './value.ts';

/** The text of a value in CSV, before quoting; NULL and MISSING are empty, lists and structs their JSON. The value is no failure. */
export function csvText(value: SqlValue): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
      return value.toString();
    case 'number':
      return floatText(value);
    case 'undefined':
      return '';
    default:
      break;
  }
  if (value === null) return '';
  assert(!(value instanceof Failure), 'a failure is not written');
  if (value instanceof JsonValue) return value.json;
  return value.toText();
}

/**
 * The JSON text of a value; `undefined` for MISSING: its key is left out. JSON has no NaN and no infinities: they are
 * written as strings. The value is no failure.
 */
export function jsonText(value: SqlValue): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'null';
  if (typeof value === 'string' || value instanceof Timestamp || (typeof value === 'number' && !Number.isFinite(value))) {
    return JSON.stringify(csvText(value));
  }
  return csvText(value);
}

/** The type of a value as error messages name it. */
export function typeNameOf(value: SqlValue): string {
  if (value === undefined) return 'MISSING';
  if (value === null) return 'NULL';
  if (value instanceof Decimal) return 'DECIMAL';
  if (value instanceof Timestamp) return 'TIMESTAMP';
  if (value instanceof JsonValue) return value.isList ? 'LIST' : 'STRUCT';
  switch (typeof value) {
    case 'boolean':
      return 'BOOL';
    case 'bigint':
      return 'INT';
    case 'number':
      return 'FLOAT';
    default:
      return 'STRING';
  }
}

/** The start of a text, for error messages: a field may be a megabyte long. */
export function excerpt(text: string): string {
  return text.length <= excerpt_units_max ? text : `${[...text.slice(0, excerpt_units_max)].slice(0, -1).join('')}...`;
}

const excerpt_units_max = 100;
