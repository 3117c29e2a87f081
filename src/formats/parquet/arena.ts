/**
 * Room for decoded columns in the memory of a thread: blocks of any size, given back and used again. A scan has all of it, and
 * begins with an empty one; a block can be an arena in turn.
 */
/** Kernels read and write up to 64 bytes behind a block, and read 8 before it. */
const SPACING = 64;
/** Larger pages are few. */
const GROWTH_BYTES_MAX = 512 * 1024;

export class Arena {
  /** Free stretches by address: neighbours never touch. */
  readonly #free: { start: number; end: number }[];
  readonly #ends = new Map<number, number>();
  readonly bytes: number;
  /** How much may be taken for what is only faster: the rest is for what has to have room. */
  spare_bytes = Number.POSITIVE_INFINITY;

  constructor(address: number, bytes: number) {
    this.bytes = bytes;
    this.#free = [{ start: (address + 63) & ~63, end: address + bytes }];
  }

  /** Address of a block of at least `bytes`, aligned to 64; -1 when there is no room. What it holds is left over from others. */
  take(bytes: number): number {
    if (bytes > this.bytes) return -1;
    const size = SPACING + ((bytes + SPACING + 63) & ~63);
    const index = this.#free.findIndex(({ start, end }) => end - start >= size);
    const stretch = this.#free[index];
    if (stretch === undefined) return -1;
    const start = stretch.start;
    stretch.start += size;
    if (stretch.start === stretch.end) this.#free.splice(index, 1);
    this.#ends.set(start + SPACING, start + size);
    return start + SPACING;
  }

  /** Gives a block back. */
  release(address: number): void {
    const end = this.#ends.get(address);
    if (end === undefined) return;
    this.#ends.delete(address);
    const start = address - SPACING;
    let index = this.#free.findIndex((stretch) => stretch.start >= end);
    if (index === -1) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    if (before?.end === start && after?.start === end) {
      before.end = after.end;
      this.#free.splice(index, 1);
    } else if (before?.end === start) before.end = end;
    else if (after?.start === end) after.start = start;
    else this.#free.splice(index, 0, { start, end });
  }
}

/** A block that grows with what is asked of it; what it held is then lost. */
export class Room {
  readonly #arena: Arena;
  #bytes = -1;
  #spare_bytes = 0;
  address = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Makes room for `bytes`; false when there is none. */
  reserve(bytes: number): boolean {
    if (bytes <= this.#bytes) return true;
    this.release();
    if (bytes > this.#arena.bytes) return false;
    // why: the next page is often a little larger than this one.
    const wanted = bytes + Math.min(bytes >> 3, GROWTH_BYTES_MAX);
    this.#bytes = wanted;
    this.address = this.#arena.take(wanted);
    if (this.address === -1) {
      this.#bytes = bytes;
      this.address = this.#arena.take(bytes);
    }
    if (this.address !== -1) return true;
    this.#bytes = -1;
    this.address = 0;
    return false;
  }

  /** The same for what the scan can do without; false also when the room is wanted for other things. */
  reserveSpare(bytes: number): boolean {
    if (bytes <= this.#bytes) return true;
    this.release();
    const before = this.#arena.spare_bytes;
    if (bytes + Math.min(bytes >> 3, GROWTH_BYTES_MAX) > before || !this.reserve(bytes)) return false;
    this.#spare_bytes = this.#bytes;
    this.#arena.spare_bytes = before - this.#bytes;
    return true;
  }

  /** Gives the block back. */
  release(): void {
    if (this.#bytes >= 0) this.#arena.release(this.address);
    this.#arena.spare_bytes += this.#spare_bytes;
    this.#spare_bytes = 0;
    this.#bytes = -1;
    this.address = 0;
  }
}
