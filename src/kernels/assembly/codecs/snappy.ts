// One raw Snappy block (format_description.txt), behind its length.
import { copy16, copyMatch, copyShort } from './copy';

// Longer literals are left to the engine.
const LITERAL_MOVES_MAX: u32 = 256;

// The most that one turn of the fast loop reads, and writes.
const TURN_READS: usize = 16;
const TURN_WRITES: usize = 132;

// Of each tag of a copy: u32 length | top bits of the offset, in place | mask of its other bits << 16. Of other tags, and of copies whose
// offset takes four bytes: 0.
const copies: usize = memory.data(1024, 16);

makeCopies();

function makeCopies(): void {
  for (let tag: u32 = 0; tag < 256; tag++) {
    const kind = tag & 3, one = (4 + ((tag >> 2) & 7)) | ((tag >> 5) << 8) | 0xff0000;
    store<u32>(copies + (tag << 2), kind == 1 ? one : kind == 2 ? ((tag >> 2) + 1) | 0xffff0000 : 0);
  }
}

// Of the tag in the lowest byte of `next`, which is that of a copy.
// @ts-ignore: decorator
@inline
function offsetOf(known: u32, next: u64): u32 {
  return (known & 0x700) + (<u32>(next >> 8) & (known >> 16));
}

// Answers the bytes written, or -1 where the block is not valid or does not fill the output exactly.
//
// What costs is that an element can only be found behind the one before it. So one load serves two elements where the first is a
// literal of up to four bytes or a copy, and the second a copy: they alternate in numbers, and text is copies. The two common kinds
// of copies are told apart without a branch, and what is left of input and output is compared once a turn.
export function snappyBlock(at: usize, end: usize, out: usize, outEnd: usize): i32 {
  const start = out;
  if (end - at <= TURN_READS || outEnd - out <= TURN_WRITES) return elements(at, end, start, out, outEnd);
  const atLast = end - TURN_READS, outLast = outEnd - TURN_WRITES;
  while (at < atLast && out < outLast) {
    let next = load<u64>(at), tag = <u32>next & 0xff;
    if (tag & 3) {
      const known = load<u32>(copies + (tag << 2));
      if (!known) {
        const offset = load<u32>(at, 1), length = (tag >> 2) + 1;
        at += 5;
        if (offset - 1 >= <u32>(out - start)) return -1;
        copyMatch(out, offset, length);
        out += length;
        continue;
      }
      const offset = offsetOf(known, next), length = known & 0xff;
      at += (tag & 3) + 1;
      next >>= <u64>(((tag & 3) << 3) + 8);
      if (offset - 1 >= <u32>(out - start)) return -1;
      copyShort(out, offset, length);
      out += length;
    } else {
      if (tag >= 16) {
        const bytes = lengthBytes(next), length = literalLength(next, bytes), from = at + 1 + bytes;
        // why: a length of 2^32 wraps to nothing.
        if (from > end || length - 1 >= <u32>(end - from) || length > <u32>(outEnd - out)) return -1;
        if (length > LITERAL_MOVES_MAX) memory.copy(out, from, length);
        else copy16(out, from, length);
        at = from + length;
        out += length;
        continue;
      }
      store<u32>(out, <u32>(next >> 8));
      next >>= <u64>((tag << 1) + 16);
      out += (tag >> 2) + 1;
      at += (tag >> 2) + 2;
    }
    tag = <u32>next & 0xff;
    const known = load<u32>(copies + (tag << 2));
    if (!known) continue;
    const offset = offsetOf(known, next), length = known & 0xff;
    at += (tag & 3) + 1;
    if (offset - 1 >= <u32>(out - start)) return -1;
    copyShort(out, offset, length);
    out += length;
  }
  return elements(at, end, start, out, outEnd);
}

// Of a literal whose first bytes are `next`: the bytes of its length behind the tag, and the length.
// @ts-ignore: decorator
@inline
function lengthBytes(next: u64): u32 {
  const short = (<u32>next & 0xff) >> 2;
  return short < 60 ? 0 : short - 59;
}

// @ts-ignore: decorator
@inline
function literalLength(next: u64, bytes: u32): u32 {
  return (bytes ? <u32>(next >> 8) & (<u32>0xffffffff >> (32 - 8 * bytes)) : (<u32>next & 0xff) >> 2) + 1;
}

// The rest, one element at a time, reading up to 8 bytes past the end, which shows in where the last element ends.
function elements(at: usize, end: usize, start: usize, out: usize, outEnd: usize): i32 {
  while (at < end) {
    const next = load<u64>(at), tag = <u32>next & 0xff, kind = tag & 3;
    if (!kind) {
      const bytes = lengthBytes(next), length = literalLength(next, bytes), from = at + 1 + bytes;
      if (from > end || length - 1 >= <u32>(end - from) || length > <u32>(outEnd - out)) return -1;
      if (length > LITERAL_MOVES_MAX) memory.copy(out, from, length);
      else copy16(out, from, length);
      at = from + length;
      out += length;
      continue;
    }
    let length = (tag >> 2) + 1, offset = <u32>(next >> 8);
    if (kind == 3) at += 5;
    else {
      const known = load<u32>(copies + (tag << 2));
      length = known & 0xff;
      offset = offsetOf(known, next);
      at += kind + 1;
    }
    if (offset - 1 >= <u32>(out - start) || length > <u32>(outEnd - out)) return -1;
    copyMatch(out, offset, length);
    out += length;
  }
  return out == outEnd && at == end ? <i32>(out - start) : -1;
}
