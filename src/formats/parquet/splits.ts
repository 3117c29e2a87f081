/** Cuts a Parquet object, or a ScanRange of it, into splits: row groups that may hold what is asked for, or runs of their rows. */
import type { ScanRange, Split } from '../format.ts';
import { ownedBytes } from '../split.ts';
import { readRowGroup } from './footer.ts';
import { largestChunk, type ParquetFooter, type RowGroup } from './metadata.ts';

export interface RowGroupRequest {
  readonly footer: ParquetFooter;
  /** What the query reads. */
  readonly leaves: readonly number[];
  readonly scanRange: ScanRange | null;
  readonly boundaries?: 'shared' | 'inclusive' | undefined;
}

/** The row groups of an object, or those that a ScanRange owns: whose first byte it holds, as records of text. */
export function* rowGroupsOf({ footer, leaves, scanRange, boundaries }: RowGroupRequest): Generator<RowGroup, void, undefined> {
  const owned = ownedBytes({ size: footer.size, scanRange, boundaries });
  if (owned === null) return;
  for (const [index, { offset, rows }] of footer.groups.entries()) {
    if (rows > 0 && offset > owned.after && offset <= owned.end) yield readRowGroup(footer, index, leaves);
  }
}

/**
 * The splits of row groups. Where an object has few of them they are cut, so that they keep several threads busy: into runs of
 * rows of about `split_bytes`, and of several pages. Where the cuts are depends on the file and on what is read of it alone; who
 * scans one moves them to where pages begin, if the file tells (`PageIndexes.part`).
 */
export function* splitsOfRowGroups(
  groups: Iterable<RowGroup>,
  { groups: all }: ParquetFooter,
  split_bytes: number,
): Generator<Split, void, undefined> {
  let index = 0;
  for (const rowGroup of groups) {
    const { first_row, rows } = rowGroup;
    const parts = Math.max(1, Math.min(rows, partsOf(rowGroup, all.length, split_bytes)));
    const step = Math.ceil(rows / parts);
    for (let row = 0; row < rows; row += step) {
      const start = first_row + row;
      yield { index: index++, start, end: first_row + Math.min(row + step, rows), first: start === 0, rowGroup };
    }
  }
}

function partsOf({ rows, chunks }: RowGroup, groups: number, split_bytes: number): number {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.uncompressed_bytes, 0);
  const pages = largestChunk(chunks)?.data_pages ?? null;
  // why: a page that is cut is decoded for both parts.
  const whole = pages === null ? PARTS_UNKNOWN : Math.ceil(pages / PART_PAGES_MIN);
  return Math.min(
    whole,
    Math.ceil((pages === null ? PARTS_UNKNOWN : SPLITS_WANTED) / groups),
    Math.round(Math.min(bytes, rows * ROW_BYTES_MAX) / split_bytes),
  );
}

/** More splits than threads are a waste. */
const SPLITS_WANTED = 8;
const PART_PAGES_MIN = 4;
/** Of an object of one row group, where the file does not say how many pages it has: maybe one. */
const PARTS_UNKNOWN = 2;
/** Sizes are the file's word, and a split of few rows costs more than it is worth. */
const ROW_BYTES_MAX = 128;
