/** What is known of an object's columns before the query is bound. */

/**
 * CSV: fields are known by position; `names` are the header's, or null without one. All fields are untyped text.
 * (JSON and Parquet add their kinds here.)
 */
export interface InputSchema {
  readonly kind: 'positional';
  readonly names: readonly string[] | null;
}
