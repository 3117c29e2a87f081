/**
 * SQL values as JavaScript sees them, one representation for one type:
 *
 * | SQL | JavaScript |
 * | --- | --- |
 * | MISSING | `undefined` |
 * | NULL | `null` |
 * | BOOL | `boolean` |
 * | INT (64 bit) | `bigint` |
 * | FLOAT (binary64) | `number` |
 * | DECIMAL (38 digits) | `Decimal` |
 * | STRING | `string` |
 * | TIMESTAMP | `Timestamp` |
 * | LIST, STRUCT | `JsonValue` |
 * | an evaluation that failed | `Failure` |
 *
 * A failure is a value so that three-valued logic can drop it: it surfaces only where no other conjunct of the row is FALSE.
 */
import type { ErrorValue } from '../base/errors.ts';
import type { Decimal } from './decimal.ts';
import type { JsonValue } from './json-value.ts';
import type { Timestamp } from './timestamp.ts';

export const MISSING = undefined;

export class Failure {
  readonly error: ErrorValue;

  constructor(error: ErrorValue) {
    this.error = error;
  }
}

export type SqlValue = undefined | null | boolean | bigint | number | string | Decimal | Timestamp | JsonValue | Failure;

/** A value as plain data: survives `structuredClone`, so plans hold their constants in this form. */
export type Literal =
  | { readonly type: 'missing' }
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'decimal'; readonly text: string }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'timestamp'; readonly text: string }
  /** A list or struct as its JSON text, without insignificant whitespace. */
  | { readonly type: 'json'; readonly text: string };

/** What CAST and IS can name. */
export type TypeName = 'bool' | 'int' | 'float' | 'decimal' | 'string' | 'timestamp' | 'list' | 'struct';
