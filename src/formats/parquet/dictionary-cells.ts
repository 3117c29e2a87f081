/** The entries of a dictionary as cells of CSV: made once, when enough of its codes are written. */
import { CELL_BYTES } from '../../kernels/cell-kernels.ts';
import { Room } from './arena.ts';
import type { Dictionary } from './dictionary.ts';
import type { ScanSpace } from './scan-space.ts';

/** Cells and how many they are. */
export interface Cells {
  readonly address: number;
  readonly count: number;
  /** Of each. */
  readonly bytes: number;
  readonly longest: number;
}

/** Of cells for texts of that length. */
export function cellBytes(longest: number): number {
  return longest < CELL_BYTES ? CELL_BYTES : 2 * CELL_BYTES;
}

export class DictionaryCells {
  readonly #space: ScanSpace;
  readonly #room: Room;
  #made: Cells | null = null;
  #style = 0;
  #written = 0;

  constructor(space: ScanSpace) {
    this.#space = space;
    this.#room = new Room(space.arena);
  }

  /** For `count` more values to write; null: it does not pay to make them, they have no room, or some entry is too long. `fieldsOf`: of the entries. */
  entries({ size }: Dictionary, style: number, count: number, fieldsOf: () => number): Cells | null {
    if (this.#made !== null && this.#style === style) return this.#made.longest === 0 ? null : this.#made;
    this.#written += count;
    if (this.#written < size / 2) return null;
    this.#style = style;
    this.#made = { address: 0, count: size, bytes: 0, longest: 0 };
    const fields = fieldsOf();
    if (fields === 0) return null;
    for (const bytes of [CELL_BYTES, 2 * CELL_BYTES]) {
      if (!this.#room.reserveSpare(bytes * size)) return null;
      const longest = this.#space.kernels.cells.makeCells(fields, size, style, bytes, this.#room.address);
      if (longest === 0) continue;
      this.#made = { address: this.#room.address, count: size, bytes, longest };
      return this.#made;
    }
    return null;
  }
}
