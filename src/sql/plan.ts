/**
 * The plan of a query: plain data, made on the main thread, run in workers. It names no format, store or thread.
 *
 * Scan, then filter, then rows or aggregates, then limit. `predicates` are conjuncts of `filter` in a form that a scan may
 * answer itself; the scan says per batch which rows it could not decide, and `filter` decides those, so pushing a
 * predicate is an optimisation and never a promise.
 */
import type { Expression } from './expression.ts';

/** A column the query reads. `position` (0-based) for formats that count their fields, else null. */
export interface ColumnRef {
  readonly name: string;
  readonly position: number | null;
}

/**
 * A condition on one column that a kernel can decide on the raw text. MISSING never satisfies one (`present` aside),
 * negated or not. Text that the kernel cannot read in the given way is undecided, never FALSE.
 */
export type ScanPredicate =
  /**
   * `low <= x <= high` in IEEE double. `reading` says what the text must be for the kernel to decide: `int` digits only,
   * `float` and `decimal` a decimal number, `untyped` the same and blank text is NULL.
   */
  | {
      readonly kind: 'number';
      readonly slot: number;
      readonly reading: 'int' | 'float' | 'decimal' | 'untyped';
      readonly low: number;
      readonly high: number;
      readonly negated: boolean;
    }
  /** UTF-8 byte order; null = unbounded. Equality is `low = high`, both inclusive. */
  | {
      readonly kind: 'text';
      readonly slot: number;
      readonly low: string | null;
      readonly lowInclusive: boolean;
      readonly high: string | null;
      readonly highInclusive: boolean;
      readonly negated: boolean;
    }
  | { readonly kind: 'like'; readonly slot: number; readonly pattern: LikePattern; readonly negated: boolean }
  | { readonly kind: 'in'; readonly slot: number; readonly values: readonly string[]; readonly negated: boolean }
  /** IS NOT NULL / IS NOT MISSING of a text column; negated: IS NULL / IS MISSING. */
  | { readonly kind: 'present'; readonly slot: number; readonly negated: boolean };

/** A LIKE pattern after escapes: literal text, `_` as `any-one`, `%` as `any-run`. */
export type LikePiece = { readonly text: string } | 'any-one' | 'any-run';
export type LikePattern = readonly LikePiece[];

export type AggregateFunction = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX';

export interface Aggregate {
  readonly function: AggregateFunction;
  /** null is `COUNT(*)`. */
  readonly argument: Expression | null;
}

export type ProjectionItem =
  /** `*` or `alias.*`: every field of the record in source order. */
  | { readonly kind: 'record' }
  | { readonly kind: 'expression'; readonly name: string; readonly expression: Expression };

export type Projection =
  | { readonly kind: 'rows'; readonly items: readonly ProjectionItem[] }
  /** One output row; `items` hold `aggregate` expressions and constants. */
  | { readonly kind: 'aggregation'; readonly aggregates: readonly Aggregate[]; readonly items: readonly { readonly name: string; readonly expression: Expression }[] };

export interface Plan {
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
