/** Decides the predicates of a scan, a stretch of rows at a time: what passes all of them, as rows of the row group. */
import type { ColumnTest } from './column-test.ts';
import type { FlatColumn } from './flat-column.ts';
import { type ScanSpace, STRETCH_ROWS } from './scan-space.ts';

export interface Decision {
  readonly test: ColumnTest;
  readonly column: FlatColumn;
  /** The column is loaded too: its pages had better be opened once. */
  readonly loaded: boolean;
}

/** How many rows a test was asked about and kept: what keeps least comes first. */
interface Counted extends Decision {
  asked: number;
  kept: number;
}

export class Survivors {
  readonly #decisions: Counted[] = [];
  readonly #u32: Uint32Array;
  /** u32 rows that passed. */
  readonly rows: number;
  count = 0;
  /** The stretch. */
  start: number;
  end: number;

  constructor({ arena, memory }: ScanSpace, decisions: readonly Decision[], start: number) {
    for (const { test, column, loaded } of decisions) this.#decisions.push({ test, column, loaded, asked: 0, kept: 0 });
    this.#decisions.sort((a, b) => a.test.cost - b.test.cost);
    this.#u32 = memory.u32;
    this.rows = arena.take(4 * (STRETCH_ROWS + 1));
    this.start = start;
    this.end = start;
  }

  /** Forgets the stretch; the next one begins at `row`. */
  restart(row: number): void {
    this.start = row;
    this.end = row;
    this.count = 0;
  }

  /** Decides the next rows, up to `limit`; without predicates `rows_max` of them. */
  decide(limit: number, rows_max: number): void {
    const row = this.end;
    this.start = row;
    if (this.#decisions.length === 0) {
      this.end = Math.min(limit, row + rows_max);
      this.count = this.end - row;
      for (let i = 0; i < this.count; i++) this.#u32[(this.rows >> 2) + i] = row + i;
      return;
    }
    this.end = Math.min(limit, row + STRETCH_ROWS);
    for (const { column, loaded } of this.#decisions) if (loaded) this.end = Math.min(this.end, column.pageEnd(row));
    let count = this.end - row;
    for (const [index, decision] of this.#decisions.entries()) {
      const { test, column } = decision;
      decision.asked += count;
      count = index === 0 ? column.filter(test, row, this.end, limit, this.rows) : column.refine(test, this.rows, count);
      decision.kept += count;
      if (count === 0) break;
    }
    this.count = count;
    this.#decisions.sort((a, b) => a.test.cost - b.test.cost || shareKept(a) - shareKept(b));
  }

  /** Index of the first survivor at or behind `row`. */
  indexOf(row: number): number {
    const first = this.rows >> 2;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#u32[first + middle]! < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function shareKept({ asked, kept }: Counted): number {
  return asked === 0 ? 0 : kept / asked;
}
