/** What is known of an object's columns before the query is bound. */

/** CSV: fields are known by position; `names` are the header's, or null without one. All fields are untyped text. */
export interface PositionalSchema {
  readonly kind: 'positional';
  readonly names: readonly string[] | null;
}

/** JSON: values are reached by paths, and which there are is known only record by record. */
export interface OpenSchema {
  readonly kind: 'open';
}

export type InputSchema = PositionalSchema | OpenSchema;

/** The names of a header; null where there is none. */
export function headerOf(schema: InputSchema): readonly string[] | null {
  return schema.kind === 'positional' ? schema.names : null;
}
