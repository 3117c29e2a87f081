/** Aggregates over whole Parquet objects that their footers know: COUNT, and MIN and MAX where bounds are values. */
import { wholeValue } from '../formats/parquet/bounds.ts';
import { leafOf } from '../formats/parquet/columns.ts';
import type { ColumnChunk, Leaf, ParquetSchema, RowGroup } from '../formats/parquet/metadata.ts';
import type { Aggregate, Plan } from '../sql/plan.ts';
import { accumulate, addCount, initialPartials, type Partial } from './aggregate.ts';

/** Null: the rows have to be read. `groups`: those the query is about, with the chunks it would read. */
export function partialsOfFooter(
  schema: ParquetSchema,
  { filter, projection, columns }: Plan,
  groups: Iterable<RowGroup>,
): Partial[] | null {
  if (filter !== null || projection.kind !== 'aggregation') return null;
  const leaves = projection.aggregates.map(({ argument }) => (argument?.op === 'column' ? leafOf(schema, columns[argument.slot]!) : null));
  if (!projection.aggregates.every((aggregate, index) => canAnswer(aggregate, leaves[index] ?? null, schema))) return null;
  const partials = initialPartials(projection.aggregates);
  for (const group of groups) {
    for (const [index, aggregate] of projection.aggregates.entries()) {
      const leaf = leaves[index] ?? null;
      const chunk = group.chunks.find((other) => other.leaf === leaf);
      const answered = addGroup(partials[index]!, aggregate, group, chunk === undefined ? null : { chunk, leaf: schema.leaves[leaf!]! });
      if (!answered) return null;
    }
  }
  return partials;
}

function canAnswer({ function: name, argument }: Aggregate, leaf: number | null, { leaves }: ParquetSchema): boolean {
  if (argument === null) return true;
  const values = leaf === null ? undefined : leaves[leaf];
  if (values === undefined || values.repetition_max > 0) return false;
  return name === 'COUNT' || ((name === 'MIN' || name === 'MAX') && hasExactBounds(values));
}

/** Bounds of floats say nothing of NaN and the sign of a zero; bytes need not be text. */
function hasExactBounds({ physical, logical }: Leaf): boolean {
  return physical !== 'FLOAT' && physical !== 'DOUBLE' && logical.kind !== 'float16' && logical.kind !== 'bytes';
}

function addGroup(
  partial: Partial,
  aggregate: Aggregate,
  { rows }: RowGroup,
  column: { readonly chunk: ColumnChunk; readonly leaf: Leaf } | null,
): boolean {
  if (column === null) {
    addCount(partial, rows);
    return true;
  }
  const { chunk, leaf } = column;
  const nulls = leaf.definition_max === 0 ? 0 : (chunk.statistics?.nulls ?? null);
  if (nulls === null || nulls > rows) return false;
  if (aggregate.function === 'COUNT') {
    addCount(partial, rows - nulls);
    return true;
  }
  if (nulls === rows) return true;
  const { exact = false, min = null, max = null } = chunk.statistics ?? {};
  const bound = aggregate.function === 'MIN' ? min : max;
  const value = exact && bound !== null ? wholeValue(bound, leaf) : undefined;
  if (value === undefined) return false;
  accumulate(partial, aggregate, { kind: 'constant', value }, 1);
  return true;
}
