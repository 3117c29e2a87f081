// Decompression of whole pages. See ../../parquet-kernels.ts.
import { lz4Block } from '../codecs/lz4';
import { snappyBlock } from '../codecs/snappy';
import { zstdFrames } from '../codecs/zstd';

const DAMAGED: i32 = -1;

export function snappy(from: usize, end: usize, into: usize, intoEnd: usize): i32 {
  let length: u64 = 0, at = from;
  for (let shift: u64 = 0; ; shift += 7) {
    if (at >= end || shift > 28) return DAMAGED;
    const byte = <u64>load<u8>(at++);
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return length > <u64>(intoEnd - into) ? DAMAGED : snappyBlock(at, end, into, into + <usize>length);
}

export function lz4(from: usize, end: usize, into: usize, intoEnd: usize): i32 {
  return lz4Block(from, end, into, into, intoEnd);
}

export function lz4Hadoop(from: usize, end: usize, into: usize, intoEnd: usize): i32 {
  let at = from, out = into;
  while (at < end) {
    if (end - at < 4) return DAMAGED;
    const uncompressed = bswap<u32>(load<u32>(at));
    at += 4;
    if (uncompressed > <u32>(intoEnd - out)) return DAMAGED;
    // A large piece may be several blocks.
    const stop = out + uncompressed;
    while (out < stop) {
      if (end - at < 4) return DAMAGED;
      const compressed = bswap<u32>(load<u32>(at));
      at += 4;
      if (compressed > <u32>(end - at)) return DAMAGED;
      const written = lz4Block(at, at + compressed, out, out, stop);
      if (written < 0) return DAMAGED;
      at += compressed;
      out += written;
    }
  }
  return <i32>(out - into);
}

export function zstd(from: usize, end: usize, into: usize, intoEnd: usize): i32 {
  return zstdFrames(from, end, into, intoEnd);
}
