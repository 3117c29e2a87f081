/**
 * The values of a page that is not compressed, all of one width: they need not be read as a whole. Stretches of them are, where they
 * are asked for; what nobody asks for between two of them stays where it is.
 */
import { Room } from './arena.ts';
import { GAP_BYTES } from './chunk-bytes.ts';
import type { ColumnChunk, Extent } from './metadata.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';
import type { Items, ValueForm } from './value-form.ts';

/** Whether the pages of a chunk are thought to be such, before any of them is seen. */
export function isInStretches({ codec, encodings }: ColumnChunk, { kind, stored_bytes }: ValueForm): boolean {
  // why: a loaded text is a view of its page, which has to stay.
  return (
    codec === 'UNCOMPRESSED' && stored_bytes > 0 && kind !== 'string' && !encodings.some((encoding) => encoding.endsWith('DICTIONARY'))
  );
}

/** Where the values are, and what copies bytes of the object to an address. */
export interface StoredExtent extends Extent {
  readonly read: (offset: number, length: number, into: number) => void;
}

export class StoredValues {
  readonly #space: ScanSpace;
  readonly #errors: ChunkErrors;
  readonly #width: number;
  readonly #room: Room;
  #extent: StoredExtent = { offset: 0, bytes: 0, read: () => {} };
  /** Of each piece a byte: 1 where it was read. */
  readonly #marks: Room;
  /** Values of a stretch, at most. */
  readonly count_max: number;

  /** `width`: of a value. */
  constructor(space: ScanSpace, width: number, errors: ChunkErrors) {
    this.#space = space;
    this.#errors = errors;
    this.#width = width;
    this.#room = new Room(space.arena);
    this.#marks = new Room(space.arena);
    this.count_max = Math.max(1, Math.floor(STRETCH_BYTES / Math.max(1, width)));
  }

  /** Opens a page: answers the address of its first value, which like the others is there only once it was asked for. */
  open(extent: StoredExtent): number {
    const pieces = Math.ceil(extent.bytes / PIECE_BYTES);
    if (!this.#room.reserve(extent.bytes) || !this.#marks.reserve(pieces)) throw this.#errors.tooLarge(extent.offset);
    this.#extent = extent;
    this.#space.memory.u8.fill(0, this.#marks.address, this.#marks.address + pieces);
    return this.#room.address;
  }

  /** Reads `count` values from the `first` on, unless they are there. */
  need(first: number, count: number): void {
    const { u8 } = this.#space.memory;
    const marks = this.#marks.address;
    const { offset, bytes, read } = this.#extent;
    const end = Math.ceil(((first + count) * this.#width) / PIECE_BYTES);
    for (let piece = Math.floor((first * this.#width) / PIECE_BYTES); piece < end; piece++) {
      if (u8[marks + piece] === 1) continue;
      const start = piece;
      while (piece < end && u8[marks + piece] === 0) u8[marks + piece++] = 1;
      const from = start * PIECE_BYTES;
      read(offset + from, Math.min(piece * PIECE_BYTES, bytes) - from, this.#room.address + from);
    }
  }

  /** Reads the values of items, whose positions ascend. */
  needItems({ positions, shift, count }: Items): void {
    if (positions === 0) {
      this.need(shift, count);
      return;
    }
    const { u32 } = this.#space.memory;
    const list = positions >> 2;
    for (let j = 0; j < count; ) {
      const size = this.#together(list + j, count - j);
      const first = u32[list + j]!;
      this.need(first + shift, u32[list + j + size - 1]! - first + 1);
      j += size;
    }
  }

  /** How many of the positions in a list, of `count`, are read at once. */
  #together(list: number, count: number): number {
    const { u32 } = this.#space.memory;
    // why: between many there are hardly gaps to speak of, and to look for them takes longer than to read them.
    if (count * GAP_BYTES > GAPS_IN_ONE * this.#width * (u32[list + count - 1]! - u32[list]!)) return count;
    const gap = Math.max(1, Math.floor(GAP_BYTES / this.#width));
    for (let j = 1; j < count; j++) if (u32[list + j]! - u32[list + j - 1]! > gap) return j;
    return count;
  }
}

/** Where all are looked at: what is read at once, and looked at while it is in the second-level cache. */
const STRETCH_BYTES = 512 * 1024;
/** Values are read by pieces of a page. */
const PIECE_BYTES = 4 * 1024;
/** Values that are apart by less than this part of a gap on average: then few gaps are one that is passed over, and hardly pay. */
const GAPS_IN_ONE = 4;
