/** The part of bzip2 that any thread can do: one block. */
import { limits } from '../../base/limits.ts';
import { codecLayout, codecThread } from '../../kernels/codecs.ts';

export interface Bzip2Task {
  readonly codec: 'bzip2';
  /** The block begins at `bit` of the first byte. */
  readonly bytes: Uint8Array;
  readonly bit: number;
  /** Bytes of text that an earlier task of the same block gave. */
  readonly skip_bytes: number;
}

/** `short`: the bytes end inside the block. */
export type Bzip2Result =
  | { readonly failure: 'short' | 'damaged' }
  | {
      readonly failure: null;
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** There is more text in the block. */
      readonly more: boolean;
      /** Bits of the block. */
      readonly bits: number;
      /** Its checksum, once its text is complete. */
      readonly crc: number;
    };

/** Runs of equal bytes can make a block's text fifty times as long as the block, so it comes in parts. */
export function decodeBzip2({ bytes, bit, skip_bytes }: Bzip2Task): Bzip2Result {
  const { decoders, bytes: memory } = codecThread();
  const { input, output, work } = codecLayout;
  memory.set(bytes, input);
  const opened = decoders.bzip2Open(input, input + bytes.length, bit, limits.bzip2_block_bytes_max, work);
  if (opened !== 0) return { failure: opened === 1 ? 'short' : 'damaged' };
  for (let skipped = 0; skipped < skip_bytes; ) {
    skipped += decoders.bzip2Output(output, output + Math.min(limits.bzip2_part_bytes_max, skip_bytes - skipped));
  }
  const length = decoders.bzip2Output(output, output + limits.bzip2_part_bytes_max);
  const more = length === limits.bzip2_part_bytes_max;
  const bits = decoders.bzip2End() - bit;
  const text = memory.slice(output, output + length);
  if (more) return { failure: null, bytes: text, more, bits, crc: 0 };
  if (decoders.bzip2Intact() === 0) return { failure: 'damaged' };
  return { failure: null, bytes: text, more, bits, crc: decoders.bzip2Crc() };
}
