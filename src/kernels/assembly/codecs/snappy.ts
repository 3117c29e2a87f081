// One raw Snappy block (format_description.txt), behind its length.
import { copyMatch } from './lz4';

// Answers the bytes written, or -1 where the block is not valid or does not fill the output exactly.
export function snappyBlock(at: usize, end: usize, out: usize, outEnd: usize): i32 {
  const start = out;
  while (at < end) {
    const tag: u32 = load<u8>(at++);
    let length: usize;
    let offset: usize;
    if ((tag & 3) == 0) {
      length = (tag >>> 2) + 1;
      if (length > 60) {
        const bytes: usize = length - 60;
        if (bytes > end - at) return -1;
        length = <usize>(load<u32>(at) & (<u32>0xffffffff >>> (32 - 8 * <u32>bytes))) + 1;
        // why: a length of 2^32 wraps to nothing.
        if (length == 0) return -1;
        at += bytes;
      }
      if (length > end - at || length > outEnd - out) return -1;
      if (length <= 16) v128.store(out, v128.load(at));
      else memory.copy(out, at, length);
      at += length;
      out += length;
      continue;
    }
    if ((tag & 3) == 1) {
      if (at >= end) return -1;
      length = ((tag >>> 2) & 7) + 4;
      offset = ((tag >>> 5) << 8) | <u32>load<u8>(at++);
    } else {
      const bytes: usize = (tag & 3) == 2 ? 2 : 4;
      if (bytes > end - at) return -1;
      length = (tag >>> 2) + 1;
      offset = bytes == 2 ? <usize>load<u16>(at) : <usize>load<u32>(at);
      at += bytes;
    }
    if (offset == 0 || offset > out - start || length > outEnd - out) return -1;
    copyMatch(out, offset, length);
    out += length;
  }
  return out == outEnd ? <i32>(out - start) : -1;
}
