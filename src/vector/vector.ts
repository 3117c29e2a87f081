/**
 * Columns of values during evaluation. A vector is dense: entry `i` belongs to the `i`-th row of the selection it was
 * computed for. Constants stay constants.
 */
import type { SqlValue } from './value.ts';

export type Vector =
  | { readonly kind: 'constant'; readonly value: SqlValue }
  | { readonly kind: 'values'; readonly values: readonly SqlValue[] };

/** Row numbers of one batch, ascending. Filters select, they do not copy. */
export type Selection = Uint32Array;

/** What expressions read: the columns of one batch. */
export interface Columns {
  /** The values of column `slot` for `rows`, dense in their order. */
  read(slot: number, rows: Selection): Vector;
  /** The byte offset of `row` in the object, for error messages. */
  offsetOf(row: number): number;
}

export function valueAt(vector: Vector, index: number): SqlValue {
  return vector.kind === 'constant' ? vector.value : vector.values[index];
}
