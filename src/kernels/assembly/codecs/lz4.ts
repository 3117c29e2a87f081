// One LZ4 block (lz4_Block_format.md). Matches may reach back to `history`, the start of what was decoded before `out`.
import { copy16, copyMatch } from './copy';

// Longer literals are left to the engine.
const LITERAL_MOVES_MAX: usize = 256;

// Answers the bytes written, or -1 where the block is not valid or longer than fits.
export function lz4Block(at: usize, end: usize, history: usize, out: usize, outEnd: usize): i32 {
  const start = out;
  while (at < end) {
    const token: u32 = load<u8>(at++);
    let length: usize = token >>> 4;
    if (length == 15) {
      let byte: u32 = 255;
      while (byte == 255) {
        if (at >= end) return -1;
        byte = load<u8>(at++);
        length += byte;
      }
    }
    if (length > end - at || length > outEnd - out) return -1;
    if (length > LITERAL_MOVES_MAX) memory.copy(out, at, length);
    else copy16(out, at, length);
    at += length;
    out += length;
    // The last sequence is literals only.
    if (at == end) return <i32>(out - start);
    if (end - at < 2) return -1;
    const offset: usize = load<u16>(at);
    at += 2;
    length = (token & 15) + 4;
    if (length == 19) {
      let byte: u32 = 255;
      while (byte == 255) {
        if (at >= end) return -1;
        byte = load<u8>(at++);
        length += byte;
      }
    }
    if (offset - 1 >= out - history || length > outEnd - out) return -1;
    copyMatch(out, offset, length);
    out += length;
  }
  return -1;
}
