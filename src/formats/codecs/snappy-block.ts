/** The part of Snappy that any thread can do: a run of chunks, or one raw block. */
import { limits } from '../../base/limits.ts';
import { codecLayout, codecThread } from '../../kernels/codecs.ts';

export interface SnappyTask {
  readonly codec: 'snappy';
  /** `framed`: data chunks as they stand in the stream. `raw`: one block behind its length. */
  readonly form: 'framed' | 'raw';
  readonly bytes: Uint8Array;
}

export type SnappyResult = { readonly failure: 'damaged' } | { readonly failure: null; readonly bytes: Uint8Array<ArrayBuffer> };

/** Text of a chunk at most. */
export const snappy_chunk_bytes_max = 65_536;

export function decodeSnappy({ form, bytes }: SnappyTask): SnappyResult {
  const { bytes: memory } = codecThread();
  const { input, output } = codecLayout;
  memory.set(bytes, input);
  const end = input + bytes.length;
  const out = form === 'raw' ? decodeRaw(input, end, output, limits.codec_output_bytes_max) : decodeChunks(input, end);
  return out < 0 ? { failure: 'damaged' } : { failure: null, bytes: memory.slice(output, out) };
}

/** The length a raw block says it has, and how many bytes say it; null where they say nothing. */
export function rawLength(bytes: Uint8Array, at: number): { readonly length: number; readonly bytes: number } | null {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { length, bytes: index + 1 };
  }
  return null;
}

/** Answers where the text ends, -1 where it is damaged. */
function decodeRaw(from: number, to: number, out: number, bytes_max: number): number {
  const { decoders, bytes: memory } = codecThread();
  const head = rawLength(memory, from);
  if (head === null || from + head.bytes > to || head.length > bytes_max) return -1;
  return decoders.snappyBlock(from + head.bytes, to, out, out + head.length) < 0 ? -1 : out + head.length;
}

function decodeChunks(from: number, to: number): number {
  const { decoders, bytes: memory, view } = codecThread();
  let out: number = codecLayout.output;
  for (let at = from; at < to; ) {
    const compressed = memory[at] === 0;
    const end = at + 4 + (view.getUint32(at, true) >>> 8);
    const checksum = view.getUint32(at + 4, true);
    const data = at + 8;
    let outEnd: number;
    if (compressed) outEnd = decodeRaw(data, end, out, snappy_chunk_bytes_max);
    else {
      memory.copyWithin(out, data, end);
      outEnd = out + end - data;
    }
    if (outEnd < 0 || masked(decoders.crc32c(out, outEnd)) !== checksum) return -1;
    out = outEnd;
    at = end;
  }
  return out;
}

/** Checksums are stored so that the checksum of data with checksums in them is not degenerate. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
