/**
 * The plan of a query: plain data, made on the main thread, run in workers. It names no format, store or thread.
 *
 * Scan, then filter, then rows or aggregates, then limit. `predicates` are conjuncts of `filter` in a form that a scan may
 * answer itself; the scan says per batch which rows it could not decide, and `filter` decides those, so pushing a
 * predicate is an optimisation and never a promise.
 */
import type { PathStep } from '../vector/path.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import type { Expression } from './expression.ts';

/**
 * A column the query reads: by `position` (0-based) in formats that count their fields, by `path` in JSON; the other is null. Of
 * typed formats by the position of the top-level column, and the path from there into its groups, if any.
 */
export interface ColumnRef {
  readonly name: string;
  readonly position: number | null;
  /** In JSON from the row variable; no steps: the record itself. */
  readonly path: readonly PathStep[] | null;
}

export type { ScanPredicate } from '../vector/predicate.ts';

export type AggregateFunction = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX';

export interface Aggregate {
  readonly function: AggregateFunction;
  /** null is `COUNT(*)`. */
  readonly argument: Expression | null;
}

export type ProjectionItem =
  /**
   * `*` or `alias.*`: every field of the record in source order. Of JSON: the members of the record, and a record that is no
   * object is one member `_1`.
   */
  { readonly kind: 'record' } | { readonly kind: 'expression'; readonly name: string; readonly expression: Expression };

export type Projection =
  | { readonly kind: 'rows'; readonly items: readonly ProjectionItem[] }
  /** One output row; `items` hold `aggregate` expressions and constants. */
  | {
      readonly kind: 'aggregation';
      readonly aggregates: readonly Aggregate[];
      readonly items: readonly { readonly name: string; readonly expression: Expression }[];
    };

export interface Plan {
  /** How records are reached from each root value: the steps of FROM behind `S3Object[*]`. Empty: the root values themselves. */
  readonly source: readonly PathStep[];
  readonly columns: readonly ColumnRef[];
  /** The whole WHERE condition, conjuncts in the order they are evaluated. */
  readonly filter: Expression | null;
  /** Conjuncts of `filter` that the scan may answer, in the order it should try them. */
  readonly predicates: readonly ScanPredicate[];
  /** What is left of `filter` when the scan has decided all `predicates`. */
  readonly residual: Expression | null;
  readonly projection: Projection;
  /** Output rows, after WHERE; null without LIMIT. */
  readonly limit: number | null;
  /** The filter is FALSE or NULL whatever the row: nothing is read. */
  readonly empty: boolean;
}
