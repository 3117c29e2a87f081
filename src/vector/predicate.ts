/** Conditions on one column that a scan may decide on the raw bytes, before any value is made. Plain data. */
import type { LikePattern } from './like.ts';
import type { Literal } from './value.ts';

/** Scans of text are asked text predicates (and LIKE), scans of typed columns typed ones (and LIKE). */
export type ScanPredicate = TextPredicate | TypedPredicate;

/**
 * MISSING never satisfies a predicate, negated or not, but for `present` and a negated `in` (IN is never NULL). Text that cannot be read in the given way is
 * undecided, never FALSE: the scan keeps the row and marks it. So is a JSON value of another type than the predicate's: `number`
 * decides number tokens, `text`, `like` and `in` string tokens, by what they mean and not by their escapes.
 */
export type TextPredicate =
  /**
   * `low <= x <= high` in IEEE double. `reading` says what the text must be for a kernel to decide: `int` digits only,
   * `float` and `decimal` a decimal number, `untyped` the same and empty text is NULL.
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
  /** IS NOT MISSING, and IS NOT NULL of a text column; negated: IS MISSING. A JSON null is present. */
  | { readonly kind: 'present'; readonly slot: number; readonly negated: boolean };

/**
 * Conditions on typed columns. The literals are of the column's own type: INT bounds of an INT column, whatever the query wrote. A
 * NULL satisfies none, negated or not, but for `null` and a negated `member`: IN is never NULL.
 */
type TypedPredicate =
  /**
   * Numbers by value (floats in IEEE double: a NaN is outside every range), timestamps by instant, strings in UTF-8 byte order,
   * FALSE before TRUE; null = unbounded. Equality is `low = high`, both inclusive. No value lies in a range whose low is above its high.
   */
  | {
      readonly kind: 'range';
      readonly slot: number;
      readonly low: Literal | null;
      readonly lowInclusive: boolean;
      readonly high: Literal | null;
      readonly highInclusive: boolean;
      readonly negated: boolean;
    }
  /** IN: NULL is no member. */
  | { readonly kind: 'member'; readonly slot: number; readonly values: readonly Literal[]; readonly negated: boolean }
  /** IS NULL. */
  | { readonly kind: 'null'; readonly slot: number; readonly negated: boolean };
