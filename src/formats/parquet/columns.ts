/** The columns of a query in a Parquet schema. */
import type { PathStep } from '../../vector/path.ts';
import type { ColumnPlace } from '../scan.ts';
import type { ParquetNode, ParquetSchema } from './metadata.ts';
import { leavesOf } from './schema.ts';

/** The leaves that must be read for `columns`, each once and in order. */
export function leavesRead(schema: ParquetSchema, columns: readonly ColumnPlace[]): number[] {
  const leaves = new Set(columns.flatMap((column) => leavesOf(nodeOf(schema, column).node)));
  return [...leaves].sort((left, right) => left - right);
}

/** The leaf that holds a column's values, one for each row; null where a column is a list, a group or a part of a list. */
export function leafOf(schema: ParquetSchema, column: ColumnPlace): number | null {
  const { node, rest } = nodeOf(schema, column);
  return node.kind === 'leaf' && rest.length === 0 ? node.leaf : null;
}

/** Where the path of a column leads in the schema, and what of it only the values know: a step into a list or map. */
export function nodeOf(
  schema: ParquetSchema,
  { position, path }: ColumnPlace,
): { readonly node: ParquetNode; readonly rest: readonly PathStep[] } {
  let node = schema.roots[position ?? -1];
  if (node === undefined) throw new RangeError(`column ${position} of ${schema.roots.length}`);
  const steps = path ?? [];
  for (const [index, step] of steps.entries()) {
    const member: ParquetNode | undefined = node.kind === 'struct' && step.kind === 'member' ? memberOf(node.children, step) : undefined;
    if (member === undefined) return { node, rest: steps.slice(index) };
    node = member;
  }
  return { node, rest: [] };
}

/** Undefined too where a name without case is that of several members. */
function memberOf(children: readonly ParquetNode[], { name, exact }: Extract<PathStep, { kind: 'member' }>): ParquetNode | undefined {
  if (exact) return children.find((child) => child.name === name);
  const folded = name.toLowerCase();
  const found = children.filter((child) => child.name.toLowerCase() === folded);
  return found.length === 1 ? found[0] : undefined;
}
