/** How windows get their bytes: read straight behind what the window before left unfinished. */
import type { Memory } from '../kernels/memory.ts';
import type { SplitPart } from './scan.ts';

/** Read past the end of a split at first: most records end well within it. */
const PAST_END_BYTES = 4096;

/** What of an object is in the read area of the memory. */
export interface Loaded {
  /** Addresses: the next record, and the end of what is loaded. */
  readonly next: number;
  readonly have: number;
  /** Add to an address to get the offset in the object. */
  readonly delta: number;
  /** The source has no more. */
  readonly eof: boolean;
}

/** Carries what is left from `next` on to before the read area, and reads behind it. */
export function readOn(memory: Memory, part: SplitPart, { next, have, delta }: Omit<Loaded, 'eof'>): Loaded {
  const { u8, layout } = memory;
  const { source, split, window_bytes } = part;
  const carried = layout.read - (have - next);
  u8.copyWithin(carried, next, have);
  const moved = delta + next - carried;
  const offset = layout.read + moved;
  const wanted = Math.max(split.end + PAST_END_BYTES - offset, window_bytes);
  const read = source.read(u8, layout.read, Math.min(wanted, layout.read_bytes, 4 * window_bytes), offset);
  return { next: carried, have: layout.read + read, delta: moved, eof: read === 0 || offset + read >= source.size };
}
