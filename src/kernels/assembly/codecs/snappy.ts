// One raw Snappy block (format_description.txt), behind its length.
import { copy16, copyMatch, copyShort } from './copy';

// Longer literals are left to the engine.
const LITERAL_MOVES_MAX: u32 = 256;

// What a turn of `shortElements` reads of elements at most, and writes of output; and what it reads and writes beyond.
const TURN_READS_LOG2: usize = 3;
const TURN_WRITES_LOG2: usize = 7;
const SPARE: usize = 64;

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

// Of the copy whose first bytes are `next`.
// @ts-ignore: decorator
@inline
function offsetOf(known: u32, next: u64): u32 {
  return (known & 0x700) + (<u32>(next >> 8) & (known >> 16));
}

// Answers the bytes written, or -1 where the block is not valid or does not fill the output exactly. Reads up to 8 bytes past the end,
// which shows in where the last element ends.
export function snappyBlock(at: usize, end: usize, out: usize, outEnd: usize): i32 {
  const start = out;
  const atLast = end - at > SPARE ? end - SPARE : at, outLast = outEnd - out > SPARE ? outEnd - SPARE : out;
  while (at < end) {
    if (at < atLast && out < outLast) {
      out = shortElements(at, atLast, out, outLast, start);
      at = stoppedAt;
    }
    // One element of any kind.
    const next = load<u64>(at), tag = <u32>next & 0xff, kind = tag & 3;
    let length = (tag >> 2) + 1, offset = <u32>(next >> 8);
    if (!kind) {
      at++;
      if (length > 60) {
        const bytes = length - 60;
        length = (offset & (<u32>0xffffffff >> (32 - 8 * bytes))) + 1;
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

// Where `shortElements` stopped.
let stoppedAt: usize = 0;

// Decodes elements as long as they are literals of up to four bytes and copies whose offset takes one or two, and there is room;
// answers where the output ends. `start`: of all output.
//
// What costs is that an element can only be found behind the one before it. So one load serves two elements where the second is a
// copy: numbers alternate between the kinds, and text is copies. The kinds of copies are told apart without a branch, room is counted
// in turns, and what needs a call or a loop is left to the caller, so that all of this stays in registers.
function shortElements(at: usize, atLast: usize, out: usize, outLast: usize, start: usize): usize {
  for (let turns = min((atLast - at) >> TURN_READS_LOG2, (outLast - out) >> TURN_WRITES_LOG2); turns; turns--) {
    let next = load<u64>(at), tag = <u32>next & 0xff;
    if (tag & 3) {
      // An offset of four bytes is 0 here.
      const known = load<u32>(copies + (tag << 2)), offset = offsetOf(known, next), length = known & 0xff;
      if (offset - 1 >= <u32>(out - start)) break;
      at += (tag & 3) + 1;
      next >>= <u64>(((tag & 3) << 3) + 8);
      copyShort(out, offset, length);
      out += length;
    } else {
      if (tag >= 16) break;
      store<u32>(out, load<u32>(at, 1));
      next >>= <u64>((tag << 1) + 16);
      out += (tag >> 2) + 1;
      at += (tag >> 2) + 2;
    }
    tag = <u32>next & 0xff;
    const known = load<u32>(copies + (tag << 2));
    if (!known) continue;
    const offset = offsetOf(known, next), length = known & 0xff;
    if (offset - 1 >= <u32>(out - start)) break;
    at += (tag & 3) + 1;
    copyShort(out, offset, length);
    out += length;
  }
  stoppedAt = at;
  return out;
}
