/** What the registry knows of a scalar function: the binder, the evaluator, the documents and the tests read it. */
import type { SqlValue } from '../../vector/value.ts';
import type { Kind } from '../types.ts';

/**
 * What an argument must be. `text` takes STRING and untyped fields. An untyped field is read as a number where an `integer`
 * is needed and as a timestamp where a `timestamp` is; blank, it is NULL there.
 */
export type ParameterType = 'text' | 'integer' | 'timestamp' | 'any';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly optional?: boolean;
  /** May be repeated; only the last parameter. */
  readonly variadic?: boolean;
}

/** What is the same for all rows of a query. */
export interface CallContext {
  /** UTCNOW of the query, ms since the epoch. */
  readonly utcnow_ms: number;
}

/**
 * Computes one row. Its arguments are of their parameters' types (`string`, `bigint`, `Timestamp`) and never failures; their
 * array is used again for the next row. It never throws: what fails is a `Failure`.
 */
export type Kernel = (args: readonly SqlValue[]) => SqlValue;

/** An expression and what it gives as CSV text, empty for NULL. A test runs each, and the documents show it. */
export interface Example {
  readonly sql: string;
  readonly result: string;
}

export interface FunctionEntry {
  /** Upper case. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly returns: Kind | 'the common type of the arguments' | 'the type of the first argument';
  /** `propagate`: NULL or MISSING in any argument gives NULL without a call. `see-all`: the kernel gets them. */
  readonly nulls: 'propagate' | 'see-all';
  /**
   * Makes the kernel, once for a query. `constants` holds the arguments that are the same for every row and undefined for
   * the others. Raises SelectError for a constant that no row could use: the binder calls it for that alone. Null: the
   * evaluator computes the function itself, since which rows reach an argument depends on the others.
   */
  readonly kernel: ((constants: readonly SqlValue[], context: CallContext) => Kernel) | null;
  /** For the documents. */
  readonly doc: string;
  readonly examples: readonly Example[];
}
