/** What a query reads of a Parquet object: as few of its row groups and columns as the footer allows. */
import { SelectError } from '../base/errors.ts';
import type { ScanRange, Split } from '../formats/format.ts';
import { leavesRead } from '../formats/parquet/columns.ts';
import type { ColumnChunk, ParquetFooter, RowGroup } from '../formats/parquet/metadata.ts';
import { mayHold, pruningOf } from '../formats/parquet/prune.ts';
import { rowGroupsOf, splitsOfRowGroups } from '../formats/parquet/splits.ts';
import type { Plan } from '../sql/plan.ts';
import type { Partial } from './aggregate.ts';
import { partialsOfFooter } from './footer-answer.ts';

export interface RowGroupOptions {
  readonly footer: ParquetFooter;
  readonly plan: Plan;
  readonly scanRange: ScanRange | null;
  readonly boundaries: 'shared' | 'inclusive';
  readonly split_bytes: number;
  /** False: statistics are not made use of. */
  readonly prunes: boolean;
  /** Grows as the row groups are gone through. */
  readonly counts: { total: number; ruled_out: number };
}

/** Raises what is wrong with a column that the query reads and this program cannot. */
export function checkReadable({ schema, unreadable }: ParquetFooter, { columns }: Plan): void {
  for (const leaf of leavesRead(schema, columns)) {
    const error = unreadable[leaf] ?? null;
    if (error !== null) throw SelectError.fromValue(error);
  }
}

/** The aggregates, where the footer knows them; null: rows have to be read. */
export function answerOfFooter({
  footer,
  plan,
  scanRange,
  boundaries,
}: Pick<RowGroupOptions, 'footer' | 'plan' | 'scanRange' | 'boundaries'>): Partial[] | null {
  const leaves = leavesRead(footer.schema, plan.columns);
  return partialsOfFooter(footer.schema, plan, rowGroupsOf({ footer, leaves, scanRange, boundaries }));
}

/** The splits of the row groups that may hold rows of the answer. */
export function splitsOfPlan(options: RowGroupOptions): Iterable<Split> {
  return splitsOfRowGroups(withoutStatistics(neededGroups(options)), options.footer, options.split_bytes);
}

/** Workers do not use them, and to hand them over would take as long as all the rest. */
function* withoutStatistics(groups: Iterable<RowGroup>): Generator<RowGroup, void, undefined> {
  for (const group of groups) {
    // why: an array that `map` makes is of another kind once this code is compiled, and all code compiled for the first is thrown away.
    const chunks: ColumnChunk[] = [];
    for (const chunk of group.chunks) chunks.push({ ...chunk, statistics: null });
    yield { ...group, chunks };
  }
}

/** The row groups that may hold rows of the answer, with the chunks that are read of them. */
export function* neededGroups({
  footer,
  plan,
  scanRange,
  boundaries,
  prunes,
  counts,
}: Omit<RowGroupOptions, 'split_bytes'>): Generator<RowGroup, void, undefined> {
  const leaves = leavesRead(footer.schema, plan.columns);
  const pruning = pruningOf(footer.schema, plan.columns, plan.predicates);
  for (const group of rowGroupsOf({ footer, leaves, scanRange, boundaries })) {
    counts.total++;
    if (!prunes || mayHold(group, pruning)) yield group;
    else counts.ruled_out++;
  }
}
