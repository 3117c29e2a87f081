/** What every codec is: a function from compressed bytes to text. */
import type { Decoding } from './block.ts';

/** Counted while the stream is read: compressed bytes that went into the pieces handed out, and the bytes of those pieces. */
export interface InflateStats {
  compressed_bytes: number;
  inflated_bytes: number;
}

/** Counts the compressed bytes only. Ending the iteration ends the source too. */
export type Codec = (
  source: AsyncIterable<Uint8Array>,
  stats: InflateStats,
  decoding: Decoding,
) => AsyncGenerator<Uint8Array, void, undefined>;
