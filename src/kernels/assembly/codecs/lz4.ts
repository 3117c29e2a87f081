// One LZ4 block (lz4_Block_format.md). Matches may reach back to `history`, the start of what was decoded before `out`.

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
    if (length <= 16) v128.store(out, v128.load(at));
    else memory.copy(out, at, length);
    at += length;
    out += length;
    // The last sequence is literals only.
    if (at == end) return <i32>(out - start);
    if (end - at < 2) return -1;
    const offset: usize = load<u16>(at);
    at += 2;
    if (offset == 0 || offset > out - history) return -1;
    length = (token & 15) + 4;
    if ((token & 15) == 15) {
      let byte: u32 = 255;
      while (byte == 255) {
        if (at >= end) return -1;
        byte = load<u8>(at++);
        length += byte;
      }
    }
    if (length > outEnd - out) return -1;
    copyMatch(out, offset, length);
    out += length;
  }
  return -1;
}

// Copies `length` bytes from `offset` bytes back; they may overlap. Writes up to 16 bytes more than asked.
// @ts-ignore: decorator
@inline
export function copyMatch(out: usize, offset: usize, length: usize): void {
  const stop = out + length;
  if (offset >= 16) {
    do {
      v128.store(out, v128.load(out - offset));
      out += 16;
    } while (out < stop);
  } else if (offset >= 8) {
    do {
      store<u64>(out, load<u64>(out - offset));
      out += 8;
    } while (out < stop);
  } else if (offset == 1) {
    memory.fill(out, load<u8>(out - 1), length);
  } else {
    do {
      store<u8>(out, load<u8>(out - offset));
      out++;
    } while (out < stop);
  }
}
