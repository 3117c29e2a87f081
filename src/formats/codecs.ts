/**
 * Decompression of whole objects, streamed: memory is bounded by what the reader takes. zlib works on threads of its own; what
 * the other codecs do is done where `Decoding` says.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type Decoding, decodingHere } from './codecs/block.ts';
import { bunzip2 } from './codecs/bzip2.ts';
import type { Codec, InflateStats } from './codecs/codec.ts';
import { gunzip } from './codecs/gzip.ts';
import { unlz4 } from './codecs/lz4.ts';
import { unsnappy } from './codecs/snappy.ts';
import { unzstd } from './codecs/zstd.ts';
import type { Compression } from './format.ts';

export type { InflateStats } from './codecs/codec.ts';
export { GUNZIP_TURNS } from './codecs/gzip.ts';

export interface InflateOptions {
  /** Inflated bytes per compressed byte. */
  readonly ratio_max?: number;
  /** Without it, the thread that iterates decodes. */
  readonly decoding?: Decoding;
}

/**
 * The decompressed bytes of `source`, in pieces of a few MiB at most. All members, streams or frames are read; zeros behind the
 * last of gzip and bzip2 are padding. An empty object inflates to nothing. Ending the iteration early ends `source` too. A source's own errors pass through.
 * @throws SelectError InvalidCompressionFormat (no such data, or damaged), TruncatedInput, ExternalEvalException (a bomb).
 */
export async function* inflate(
  compression: Compression,
  source: AsyncIterable<Uint8Array>,
  stats: InflateStats,
  { ratio_max = limits.decompression_ratio_max, decoding = decodingHere }: InflateOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of codecs[compression](source, stats, decoding)) {
    stats.inflated_bytes += piece.length;
    if (stats.inflated_bytes > RATIO_FREE_BYTES && stats.inflated_bytes > stats.compressed_bytes * ratio_max) {
      throw new SelectError('ExternalEvalException', { reason: `the object inflates to more than ${ratio_max} times its size` });
    }
    yield piece;
  }
}

const codecs: Readonly<Record<Compression, Codec>> = {
  none: passThrough,
  gzip: gunzip,
  bzip2: bunzip2,
  zstd: unzstd,
  lz4: unlz4,
  snappy: unsnappy,
};

/** Small objects may be as dense as they like. */
const RATIO_FREE_BYTES = 16 * 1024 * 1024;

async function* passThrough(source: AsyncIterable<Uint8Array>, stats: InflateStats): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source) {
    stats.compressed_bytes += piece.length;
    yield piece;
  }
}
