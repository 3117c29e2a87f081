/** The bytes of a column chunk in the memory of the thread: read when they are asked for, and some of those behind them with it. */

import { Room } from './arena.ts';
import type { Extent } from './metadata.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';

/** What nobody wants is read along with its neighbours when it is no longer than this: a read of its own costs as much. */
export const GAP_BYTES = 16 * 1024;

export class ChunkBytes {
  readonly #space: ScanSpace;
  readonly #errors: ChunkErrors;
  readonly #room: Room;
  readonly #window_bytes: number;
  readonly end: number;
  /** The window: where it begins in the object, and how much of it is loaded. */
  #start = 0;
  #loaded = 0;
  /** How often what was in the window was replaced. */
  moves = 0;

  /** `window_bytes`: read at once, and kept, at most. */
  constructor(space: ScanSpace, { offset, bytes }: Extent, window_bytes: number, errors: ChunkErrors) {
    this.#space = space;
    this.#errors = errors;
    this.#room = new Room(space.arena);
    this.#window_bytes = Math.min(window_bytes, bytes);
    this.end = offset + bytes;
    this.#start = offset;
  }

  /** Whether so many bytes are kept in the window when they are asked for. */
  fits(length: number): boolean {
    return length <= this.#window_bytes;
  }

  /**
   * Address of `length` bytes, which fit, of the object from `offset` on. They stay until the next call. Where they have to be read,
   * reads on to `until` as far as the window goes.
   */
  at(offset: number, length: number, until: number): number {
    const skip = offset - this.#start;
    if (skip >= 0 && skip + length <= this.#loaded) return this.#room.address + skip;
    if (!this.#room.reserve(this.#window_bytes)) throw this.#errors.tooLarge(offset);
    const wanted = Math.max(length, Math.min(this.#window_bytes, until - offset));
    this.moves++;
    this.copy(offset, wanted, this.#room.address);
    this.#start = offset;
    this.#loaded = wanted;
    return this.#room.address;
  }

  /** Copies `length` bytes of the object from `offset` on to `into`, which may be the window's own address. */
  copy(offset: number, length: number, into: number): void {
    const { memory, source, traffic } = this.#space;
    const skip = offset - this.#start;
    const kept = skip >= 0 && skip < this.#loaded ? Math.min(length, this.#loaded - skip) : 0;
    if (kept > 0) memory.u8.copyWithin(into, this.#room.address + skip, this.#room.address + skip + kept);
    const rest = length - kept;
    if (rest === 0) return;
    const read = source.read(memory.u8, into + kept, rest, offset + kept);
    traffic.read_bytes += read;
    if (read < rest) throw this.#errors.damaged(offset + kept + read, 'the object ends in the middle of a page');
  }
}
