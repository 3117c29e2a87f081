/** The pieces a compiled expression is put together from. */
import type { SqlValue } from '../vector/value.ts';
import { type Columns, type Selection, type Vector, valueAt } from '../vector/vector.ts';

export type Run = (columns: Columns, rows: Selection) => Vector;

/** A constant does not depend on the row. */
export type Node =
  | { readonly constant: true; readonly value: SqlValue; readonly run: Run }
  | { readonly constant: false; readonly run: Run };

export function constant(value: SqlValue): Node {
  const vector: Vector = { kind: 'constant', value };
  return { constant: true, value, run: () => vector };
}

/** A node over `inputs`; where all of them are constant it is computed now and never again. */
export function nodeOver(inputs: readonly Node[], run: Run): Node {
  return inputs.every((input) => input.constant) ? constant(valueAt(run(noColumns, oneRow), 0)) : { constant: false, run };
}

export function map1(operand: Node, apply: (value: SqlValue) => SqlValue): Node {
  return nodeOver([operand], (columns, rows) => {
    const vector = operand.run(columns, rows);
    if (vector.kind === 'constant') return { kind: 'constant', value: apply(vector.value) };
    const values = new Array<SqlValue>(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = apply(vector.values[i]);
    return { kind: 'values', values };
  });
}

export function map2(left: Node, right: Node, apply: (left: SqlValue, right: SqlValue) => SqlValue): Node {
  return nodeOver([left, right], (columns, rows) => {
    const lefts = left.run(columns, rows);
    const rights = right.run(columns, rows);
    if (lefts.kind === 'constant' && rights.kind === 'constant') return { kind: 'constant', value: apply(lefts.value, rights.value) };
    const values = new Array<SqlValue>(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = apply(valueAt(lefts, i), valueAt(rights, i));
    return { kind: 'values', values };
  });
}

/** `apply` may keep what it is given: the arguments of each row are an array of their own. */
export function mapAll(operands: readonly Node[], apply: (values: SqlValue[]) => SqlValue): Node {
  return nodeOver(operands, (columns, rows) => {
    const vectors = operands.map((operand) => operand.run(columns, rows));
    const values = new Array<SqlValue>(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = apply(vectors.map((vector) => valueAt(vector, i)));
    return { kind: 'values', values };
  });
}

/** What a constant is computed over: it reads no column. */
const noColumns: Columns = {
  read: () => ({ kind: 'constant', value: undefined }),
  offsetOf: () => 0,
};
const oneRow: Selection = Uint32Array.of(0);
