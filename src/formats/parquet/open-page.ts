/** The page of a column without lists that is open: which of its rows are NULL, and its values by position. */
import { DAMAGED } from '../../kernels/parquet-kernels.ts';
import { Room } from './arena.ts';
import type { Dictionary } from './dictionary.ts';
import type { FlatPage } from './flat-pages.ts';
import type { Leaf } from './metadata.ts';
import { areAll, damagedLevels, type Levels, layOutPage, readLevels, widthOf } from './page-levels.ts';
import { PageValues } from './page-values.ts';
import type { ScanSpace } from './scan-space.ts';
import type { ValueLoader } from './value-loader.ts';

export class OpenPage {
  readonly #space: ScanSpace;
  readonly #leaf: Leaf;
  readonly #loader: ValueLoader;
  readonly #bitmap: Room;
  readonly #ranks: Room;
  readonly #levels: Room;
  readonly values: PageValues;
  /** Where it stands in the object, for errors. */
  offset = 0;
  /** Rows `[first, end)` of the row group. */
  first = 0;
  end = 0;
  /** Some of them are NULL. */
  nulls = false;

  constructor(space: ScanSpace, leaf: Leaf, loader: ValueLoader) {
    this.#space = space;
    this.#leaf = leaf;
    this.#loader = loader;
    this.#bitmap = new Room(space.arena);
    this.#ranks = new Room(space.arena);
    this.#levels = new Room(space.arena);
    this.values = new PageValues(space, leaf, loader);
  }

  /** A bit for each row of a page with NULLs, 1 where it has a value, and the ones before each 64. */
  get bitmap(): number {
    return this.#bitmap.address;
  }

  get ranks(): number {
    return this.#ranks.address;
  }

  open(offset: number, { header, body, values: extent }: FlatPage, first: number, dictionary: Dictionary): void {
    const { errors } = this.#loader;
    const { values: rows } = header;
    this.offset = offset;
    this.first = first;
    this.end = first + rows;
    const { definition, values } = layOutPage(this.#space, this.#leaf, header, body, offset, errors);
    const stored = definition === null ? rows : this.#readBitmap(definition, rows);
    this.nulls = stored < rows;
    if (this.nulls) {
      this.#reserve(this.#ranks, 4 * (rows / 64 + 2));
      this.#space.parquet.ranks(this.bitmap, rows, this.ranks);
    }
    if (extent !== null) this.values.openStored(offset, extent, stored);
    else this.values.open(offset, header.encoding, values, stored, dictionary);
  }

  /** Position of the first value in or behind `row`. */
  positionOf(row: number): number {
    if (!this.nulls) return row - this.first;
    return row === this.end ? this.values.stored : this.#space.parquet.rankAt(this.bitmap, this.ranks, row - this.first);
  }

  /** Answers how many values are stored. */
  #readBitmap(levels: Levels, rows: number): number {
    const { parquet } = this.#space;
    const { errors } = this.#loader;
    const { from, end, packed, max } = levels;
    if (areAll(this.#space, levels, rows)) return rows;
    this.#reserve(this.#bitmap, 8 * (rows / 64 + 3));
    if (packed) {
      this.#reserve(this.#levels, rows);
      readLevels(this.#space, levels, rows, this.#levels.address, this.offset, errors);
      return parquet.bytesBitmap(this.#levels.address, rows, max, this.bitmap);
    }
    const stored = parquet.levelsBitmap(from, end, rows, widthOf(max), max, max, this.bitmap);
    if (stored === DAMAGED) throw damagedLevels(errors, this.offset);
    return stored;
  }

  #reserve(room: Room, bytes: number): void {
    if (!room.reserve(bytes)) throw this.#loader.errors.tooLarge(this.offset);
  }
}
