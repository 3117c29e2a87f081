// One raw Snappy block (format_description.txt), behind its length.
import { copy16, copyMatch, copyShort } from './copy';

// Longer literals are left to the engine.
const LITERAL_MOVES_MAX: u32 = 256;

// What a turn of `shortElements` reads of elements at most, and writes of output; and what it reads and writes beyond.
const TURN_READS_LOG2: usize = 3;
const TURN_WRITES_LOG2: usize = 7;
const SPARE: usize = 64;

// The same of `copyElements`; its turns until it is seen whether they are of use, and the turns that a literal may take of so many.
const COPIES_READS_LOG2: usize = 5;
const COPIES_TURNS: usize = 1024;
const LITERAL_IN_TURNS: usize = 4;
// An offset of two bytes leads no further back.
const FAR: usize = 65536;

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

// For `copyElements`, of each tag: u16 length | u16 top bits of the offset, in place | u16 mask of its other bits. What is no copy of up to 16
// bytes whose offset takes one or two has an offset of 0, and a length.
const moves: usize = memory.data(2048, 16);

makeMoves();

function makeMoves(): void {
  for (let tag: u32 = 0; tag < 256; tag++) {
    const known = load<u32>(copies + (tag << 2)), length = known & 0xff, move = moves + (<usize>tag << 3), is = length - 1 < 16;
    store<u16>(move, <u16>(is ? length : 255));
    store<u16>(move, <u16>(is ? known & 0x700 : 0), 2);
    store<u16>(move, <u16>(is ? known >> 16 : 0), 4);
  }
}

// Of the copy with this tag whose other bytes are at an address.
// @ts-ignore: decorator
@inline
function moveOffset(move: usize, at: usize): u32 {
  return (<u32>load<u16>(at) & <u32>load<u16>(move, 4)) | <u32>load<u16>(move, 2);
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
  let areCopies = true, literals: usize = 0, turns: usize = 0;
  while (at < end) {
    if (at < atLast && out < outLast) {
      if (areCopies && out - start >= FAR) {
        out = copyElements(at, atLast, out, outLast);
        literals += stoppedLiterals;
        turns += stoppedTurns;
        areCopies = LITERAL_IN_TURNS * literals < turns + COPIES_TURNS / 8;
      } else out = shortElements(at, atLast, out, areCopies ? min(outLast, start + FAR + (2 << TURN_WRITES_LOG2)) : outLast, start);
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

// Where `shortElements` or `copyElements` stopped.
let stoppedAt: usize = 0;
// How many turns `copyElements` took, and how many of them for a literal or what it leaves to the caller.
let stoppedTurns: usize = 0;
let stoppedLiterals: usize = 0;

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

// Decodes elements as long as they are copies and short literals, and there is room, for `COPIES_TURNS` at most; answers where the output
// ends. The output so far is longer than the offset of any copy.
//
// Text is copies by far: a turn decodes three of them out of one load. Where the next one begins is chosen between two places and not
// computed, which takes half as long; all that is rare is left to the beginning of a turn by one test, and literals, which are most of
// it, by one that is decided sooner.
function copyElements(at: usize, atLast: usize, out: usize, outLast: usize): usize {
  const turnsMax = min(COPIES_TURNS, min((atLast - at) >> COPIES_READS_LOG2, (outLast - out) >> TURN_WRITES_LOG2));
  let turns = turnsMax, literals: usize = 1;
  for (; turns; turns--) {
    const next = load<u64>(at), tag = <u32>next & 0xff, kind = tag & 3;
    if (!kind) {
      if (tag >= 64) break;
      literals++;
      v128.store(out, v128.load(at, 1));
      out += (tag >> 2) + 1;
      at += (tag >> 2) + 2;
      continue;
    }
    const move = moves + (<usize>tag << 3), offset = moveOffset(move, at + 1), length = <u32>load<u16>(move);
    if (offset < length) {
      const known = load<u32>(copies + (tag << 2)), from = offsetOf(known, next);
      if (!from) break;
      at += kind + 1;
      copyShort(out, from, known & 0xff);
      out += known & 0xff;
      continue;
    }
    v128.store(out, v128.load(out - offset));
    const out2 = out + length, second = at + 2 + kind, next2 = select<u64>(next >> 24, next >> 16, tag & 2);
    if (!(<u32>next2 & 3)) {
      at = second - 1;
      out = out2;
      continue;
    }
    const move2 = moves + (<usize>(<u32>next2 & 0xff) << 3), offset2 = moveOffset(move2, second), length2 = <u32>load<u16>(move2);
    if (offset2 < length2) {
      at = second - 1;
      out = out2;
      continue;
    }
    v128.store(out2, v128.load(out2 - offset2));
    const out3 = out2 + length2, third = second + 1 + (<u32>next2 & 3), next3 = select<u64>(next2 >> 24, next2 >> 16, <u32>next2 & 2);
    if (!(<u32>next3 & 3)) {
      at = third - 1;
      out = out3;
      continue;
    }
    const move3 = moves + (<usize>(<u32>next3 & 0xff) << 3), offset3 = moveOffset(move3, third), length3 = <u32>load<u16>(move3);
    if (offset3 < length3) {
      at = third - 1;
      out = out3;
      continue;
    }
    v128.store(out3, v128.load(out3 - offset3));
    out = out3 + length3;
    at = third + (<u32>next3 & 3);
  }
  stoppedTurns = turnsMax - turns;
  stoppedLiterals = literals;
  stoppedAt = at;
  return out;
}
