// Whether a value of the window is JSON by all of the grammar, at the speed of its tokens: where strings end is known from the index.
import { BASE, LIMIT, masksOf, quotesAt, seen } from './json-index';
import { isScalar, scalarEnd, skipBlanks, stringEnd } from './json-check';

const BACKSLASH: u32 = 256;
/** One bit for each open bracket: 1 for an object. */
const kinds = memory.data(8192, 8);
const DEPTH_MAX: u32 = 65536;

// @ts-ignore: decorator
@inline
function toToken(p: usize): usize {
  return load<u8>(p) <= 32 ? skipBlanks(p, LIMIT) : p;
}

/** The value `[p, end)` begins with a bracket, and the depth comes to 0 at its end. */
export function isValid(p: usize, end: usize): bool {
  const escapes = (seen & BACKSLASH) != 0;
  toBlock(p);
  let depth: u32 = 0, object = false;
  // A value is expected at `p`, or one bracket may close what has just been opened.
  let opened = false;
  while (true) {
    p = toToken(p);
    if (p >= end) return false;
    let c = <u32>load<u8>(p);
    if (opened && c == (object ? <u32>125 : <u32>93)) {
      // falls through to the closing brackets
    } else {
      if (object && depth) {
        if (c != 34) return false;
        p = endOfString(p, escapes);
        if (!p) return false;
        p = toToken(p);
        if (load<u8>(p) != 58) return false;
        p = toToken(p + 1);
        c = <u32>load<u8>(p);
      }
      if (c == 123 || c == 91) {
        if (depth >= DEPTH_MAX) return false;
        object = c == 123;
        const at = kinds + (depth >> 3), bit = <u32>1 << (depth & 7);
        store<u8>(at, object ? <u32>load<u8>(at) | bit : <u32>load<u8>(at) & ~bit);
        depth++;
        opened = true;
        p++;
        continue;
      }
      if (c == 34) {
        p = endOfString(p, escapes);
        if (!p) return false;
      } else {
        const e = scalarEnd(p, end);
        if (!isScalar(p, e)) return false;
        p = e;
      }
    }
    opened = false;
    // Behind a value: closing brackets, then a comma or the end.
    while (true) {
      p = toToken(p);
      if (p >= end) return false;
      c = <u32>load<u8>(p++);
      if (c == 44) break;
      if (c != (object ? <u32>125 : <u32>93)) return false;
      depth--;
      if (depth == 0) return p == end;
      object = ((load<u8>(kinds + ((depth - 1) >> 3)) >> <u8>((depth - 1) & 7)) & 1) != 0;
    }
  }
}

/** One past the string at `p`, 0 where an escape in it is none. */
// @ts-ignore: decorator
@inline
function endOfString(p: usize, escapes: bool): usize {
  if (escapes) {
    const e = stringEnd(p, LIMIT);
    return e > 0 ? <usize>e : 0;
  }
  p++;
  if (p - block >= 64) toBlock(p);
  let q = quotes & (<u64>-1 << <u64>((p - BASE) & 63));
  while (!q) {
    block += 64;
    if (block >= LIMIT) return 0;
    q = quotes = quotesAt(masksOf(block));
  }
  return block + <usize>ctz<u64>(q) + 1;
}

/** The block whose quotes are at hand. */
let block: usize = 0;
let quotes: u64 = 0;

function toBlock(p: usize): void {
  block = BASE + ((p - BASE) & ~63);
  quotes = quotesAt(masksOf(block));
}
