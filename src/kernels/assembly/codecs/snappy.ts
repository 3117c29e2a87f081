// One raw Snappy block (format_description.txt), behind its length.
import { copy16, copyMatch } from './copy';

// Longer literals are left to the engine.
const LITERAL_MOVES_MAX: u32 = 256;

// Of each tag of a copy: u16 length | top bits of the offset.
const copies: usize = memory.data(512, 16);

makeCopies();

function makeCopies(): void {
  for (let tag: u32 = 0; tag < 256; tag++) {
    const one = (tag & 3) == 1;
    store<u16>(copies + (tag << 1), one ? (4 + ((tag >> 2) & 7)) | ((tag >> 5) << 8) : (tag >> 2) + 1);
  }
}

// Answers the bytes written, or -1 where the block is not valid or does not fill the output exactly.
//
// What costs is that an element can only be found behind the one before it. So one load serves a literal of up to four bytes and
// the copy behind it, as they alternate in numbers, and the two common kinds of copies are told apart without a branch. Elements
// are read up to 10 bytes past the end, which shows in where the last one ends.
export function snappyBlock(at: usize, end: usize, out: usize, outEnd: usize): i32 {
  const start = out;
  while (at < end) {
    let next = load<u64>(at), tag = <u32>next & 0xff;
    if ((tag & 3) == 0) {
      if (tag < 16) {
        const length = (tag >> 2) + 1;
        if (length > <u32>(outEnd - out)) return -1;
        store<u32>(out, <u32>(next >> 8));
        out += length;
        at += length + 1;
        next >>= <u64>((length + 1) << 3);
        tag = <u32>next & 0xff;
        if ((tag & 3) == 0 || at >= end) continue;
      } else {
        let length = (tag >> 2) + 1;
        at++;
        if (length > 60) {
          const bytes = length - 60;
          length = (<u32>(next >> 8) & (<u32>0xffffffff >> (32 - 8 * bytes))) + 1;
          at += bytes;
        }
        // why: at may be behind the end here, and a length of 2^32 wraps to nothing.
        if (at > end || length - 1 >= <u32>(end - at) || length > <u32>(outEnd - out)) return -1;
        if (length > LITERAL_MOVES_MAX) memory.copy(out, at, length);
        else copy16(out, at, length);
        at += length;
        out += length;
        continue;
      }
    }
    const kind = tag & 3;
    let length: u32, offset: u32;
    if (kind != 3) {
      const known = <u32>load<u16>(copies + (tag << 1));
      length = known & 0xff;
      offset = (known & 0x700) + (<u32>(next >> 8) & (0xffff >> ((2 - kind) << 3)));
      at += kind + 1;
    } else {
      length = (tag >> 2) + 1;
      offset = load<u32>(at, 1);
      at += 5;
    }
    if (offset - 1 >= <u32>(out - start) || length > <u32>(outEnd - out)) return -1;
    copyMatch(out, offset, length);
    out += length;
  }
  return out == outEnd && at == end ? <i32>(out - start) : -1;
}
