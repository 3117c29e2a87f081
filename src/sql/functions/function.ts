/** What the registry knows of a scalar function: the binder, the evaluator, the documents and the tests read it. */
import type { SqlValue } from '../../vector/value.ts';
import type { Kind } from '../types.ts';

/** What an argument must be: `text` takes STRING and untyped fields, `number` reads an untyped field as a number. */
export type ParameterType = 'text' | 'number' | 'timestamp' | 'any';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly optional?: boolean;
  /** May be repeated; only the last parameter. */
  readonly variadic?: boolean;
}

export interface FunctionEntry {
  /** Upper case. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly returns: Kind | ((args: readonly Kind[]) => Kind);
  /** `propagate`: NULL or MISSING in any argument gives NULL without a call. `see-all`: the kernel gets them. */
  readonly nulls: 'propagate' | 'see-all';
  /** Never throws on a value: what fails is a `Failure`. */
  readonly kernel: (args: readonly SqlValue[]) => SqlValue;
  /** One sentence for the documents. */
  readonly doc: string;
  /** Each is run by a test; `result` is the CSV text, empty for NULL. */
  readonly examples: readonly { readonly sql: string; readonly result: string }[];
}
