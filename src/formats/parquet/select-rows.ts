/** Which rows of a row group are worth reading, by the indexes that the file has besides its footer. */
import { filterMayHold } from './bloom.ts';
import type { ColumnChunk, ParquetSchema, RowGroup } from './metadata.ts';
import { type ReadExtent, readColumnIndex, readOffsetIndex, rowsEnd } from './page-index.ts';
import type { Pruning } from './prune.ts';

/** Rows `start` to `end` (exclusive), counted from the start of the row group. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The rows that may satisfy all predicates, as ranges in order that do not touch. Reads bloom filters and, unless they rule out
 * the row group, page indexes of the columns that have predicates.
 * @throws {SelectError} ParquetParsingError: an index contradicts itself or the file
 */
export function selectRows(read: ReadExtent, group: RowGroup, { leaves }: ParquetSchema, prunings: readonly Pruning[]): RowRange[] {
  const chunkOf = (pruning: Pruning): ColumnChunk | undefined => group.chunks.find(({ leaf }) => leaf === pruning.leaf);
  for (const pruning of prunings) {
    const chunk = chunkOf(pruning);
    if (chunk !== undefined && !filterMayHold(read, chunk, leaves[pruning.leaf]!, pruning.predicate)) return [];
  }
  let selected: RowRange[] = group.rows === 0 ? [] : [{ start: 0, end: group.rows }];
  for (const pruning of prunings) {
    const chunk = chunkOf(pruning);
    const leaf = leaves[pruning.leaf]!;
    if (selected.length === 0) break;
    if (chunk === undefined || chunk.columnIndex === null || chunk.offsetIndex === null || chunk.offsetIndex.bytes <= ONE_PAGE_BYTES)
      continue;
    const pages = readOffsetIndex(read, chunk, leaf, group.rows)!;
    const bounds = readColumnIndex(read, chunk, leaf, pages, group.rows)!;
    const kept = pages.flatMap(({ first_row }, index) =>
      pruning.mayHold(bounds[index]!) ? [{ start: first_row, end: rowsEnd(pages, index, group.rows) }] : [],
    );
    selected = intersection(selected, kept);
  }
  return selected;
}

/** No index of two pages is as short: the statistics of the row group say as much as that of one. */
const ONE_PAGE_BYTES = 15;

/** Of two lists of ranges in order. Ranges that touch become one. */
function intersection(left: readonly RowRange[], right: readonly RowRange[]): RowRange[] {
  const both: { start: number; end: number }[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const start = Math.max(left[i]!.start, right[j]!.start);
    const end = Math.min(left[i]!.end, right[j]!.end);
    const last = both.at(-1);
    if (start < end && last?.end === start) last.end = end;
    else if (start < end) both.push({ start, end });
    if (left[i]!.end < right[j]!.end) i++;
    else j++;
  }
  return both;
}
