/** What is known of an object's columns before the query is bound. */
import type { TypeName } from './value.ts';

/** CSV: fields are known by position; `names` are the header's, or null without one. All fields are untyped text. */
export interface PositionalSchema {
  readonly kind: 'positional';
  readonly names: readonly string[] | null;
}

/** JSON: values are reached by paths, and which there are is known only record by record. */
export interface OpenSchema {
  readonly kind: 'open';
}

/** Parquet: the top-level columns, their names and types known before the first row. */
export interface TypedSchema {
  readonly kind: 'typed';
  readonly columns: readonly TypedColumn[];
}

export interface TypedColumn {
  readonly name: string;
  /** `list` for repeated groups; `struct` for groups and maps. Bytes that are no text are `string` too. */
  readonly type: TypeName;
  /** The members of a group, in order; empty for anything else, maps among them, whose members only the rows know. */
  readonly fields: readonly TypedColumn[];
}

export type InputSchema = PositionalSchema | OpenSchema | TypedSchema;

/** The names of a header; null where there is none. */
export function headerOf(schema: InputSchema): readonly string[] | null {
  return schema.kind === 'positional' ? schema.names : null;
}
