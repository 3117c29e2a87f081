/**
 * Columns of a scan as `writeCells` takes them: those of dictionary codes as codes of cells, which are made once of each entry, and
 * neighbours of few entries as one column of all pairs; numbers as they are; all others as fields.
 */
import { CELL_BYTES, COLUMN_BYTES, columnForm } from '../../kernels/cell-kernels.ts';
import type { CsvColumn, LoadedColumn } from '../scan.ts';
import { Room } from './arena.ts';
import { type Cells, cellBytes } from './dictionary-cells.ts';
import type { BatchRows } from './flat-column.ts';
import type { ScanColumn } from './scan-column.ts';
import type { ScanSpace } from './scan-space.ts';

/** A column of the scan, and room for codes of a batch. */
export interface CellSource {
  readonly column: ScanColumn;
  readonly codes: number;
  /** Values of the batch. */
  load(): LoadedColumn;
  /** Fields over the text of the values. */
  texts(): number;
}

/** A column of codes that was described last. */
interface Described {
  readonly slots: string;
  readonly cells: Cells;
  readonly codes: number;
}

export class CellColumns {
  readonly #space: ScanSpace;
  /** Rows of the scan. */
  readonly #rows: number;
  /** By the slots of neighbours. */
  readonly #crossed = new Map<string, Cells | null>();

  constructor(space: ScanSpace, rows: number) {
    this.#space = space;
    this.#rows = rows;
  }

  /** Writes descriptions of neighbouring columns from `list` on; answers how many there are. */
  describe(columns: readonly CsvColumn[], source: (slot: number) => CellSource, rows: BatchRows, style: number, list: number): number {
    const { u32 } = this.#space.memory;
    let described = 0;
    let last: Described | null = null;
    const put = (form: number, address: number, codes: number): void => {
      u32.set([form, address, codes, 0], (list + COLUMN_BYTES * described) >> 2);
      described++;
    };
    for (const { slot, isField, isPlain } of columns) {
      const from = source(slot);
      const cells = from.column.writeCodes?.(rows, style, from.codes) ?? null;
      if (cells !== null) {
        const crossed: Described | null = last === null ? null : this.#cross(last, slot, cells, from.codes, rows);
        if (crossed !== null) described--;
        last = crossed ?? { slots: String(slot), cells, codes: from.codes };
        put(formOf(last.cells), last.cells.address, last.codes);
        continue;
      }
      last = null;
      const numbers = isPlain ? numbersOf(from) : null;
      if (numbers !== null) put(columnForm.numbers, numbers.values, numbers.kind === 'int' ? 0 : numbers.scale);
      else if (isField) put(columnForm.fields, from.load().values, 0);
      else put(isPlain ? columnForm.plain : columnForm.fields, from.texts(), 0);
    }
    return described;
  }

  /** A column of the last codes and those behind it as one, in place of the last; null where that does not pay. */
  #cross(last: Described, slot: number, cells: Cells, codes: number, rows: BatchRows): Described | null {
    const slots = `${last.slots} ${slot}`;
    let crossed = this.#crossed.get(slots);
    if (crossed === undefined) {
      crossed = this.#crossCells(last.cells, cells);
      this.#crossed.set(slots, crossed);
    }
    if (crossed === null) return null;
    const first = 4 * this.#space.memory.u32[rows.slots >> 2]!;
    this.#space.kernels.cells.crossCodes(last.codes + first, codes + first, cells.count, rows.count);
    return { slots, cells: crossed, codes: last.codes };
  }

  #crossCells(first: Cells, second: Cells): Cells | null {
    const count = first.count * second.count;
    const longest = first.longest + second.longest;
    if (count > Math.min(CROSSED_MAX, this.#rows / CROSSED_ROWS) || longest >= 2 * CELL_BYTES) return null;
    const bytes = cellBytes(longest);
    const room = new Room(this.#space.arena);
    if (!room.reserveSpare(bytes * count)) return null;
    const { cells } = this.#space.kernels;
    cells.crossCells(first.address, first.count, first.bytes, second.address, second.count, second.bytes, bytes, room.address);
    return { address: room.address, count, bytes, longest };
  }
}

/** Numbers that are written as they are loaded; null: the column has others, or NULLs. */
function numbersOf({ column, load }: CellSource): LoadedColumn | null {
  const { kind, wide } = column.form;
  if ((kind !== 'int' && kind !== 'decimal') || wide) return null;
  const loaded = load();
  return loaded.states === 0 ? loaded : null;
}

function formOf({ bytes }: Cells): number {
  return bytes === CELL_BYTES ? columnForm.cells : columnForm.wideCells;
}

/** Pairs of entries that are worth a cell: they stay in the first cache, and a scan has so many rows for each. */
const CROSSED_MAX = 1024;
const CROSSED_ROWS = 8;
