// JSON, first pass: where strings are, and the brackets outside them, as four u64 a block of 64 bytes. Blocks are counted from the
// window's base. All other JSON kernels work on these masks, so that quotes and escapes are looked at once. A block is plain where
// it has no bracket, backslash, control character or byte beyond ASCII: of it only the quotes are told.
//
// On the way the pass finds the ends of records that are objects or lists (the brackets that bring the depth back to 0), and what
// is out of order: control characters in strings, newlines inside records, nesting beyond the limit.
import { any, bits, prefixXor } from './masks';
import { ENDS } from './state';
import { utf8Error } from './utf8';

const HIGH: u32 = 8, ENDS_QUOTED: u32 = 64, ENDS_ESCAPED: u32 = 128, BACKSLASH: u32 = 256, NEWLINE_INSIDE: u32 = 512, DEEP: u32 = 1024;
/** A depth no window can close: there are no records to find the ends of. */
const NO_RECORDS: i32 = 0x40000000;

/** Bytes of masks for one block. */
export const MASK_BYTES: usize = 32;
export let MASKS: usize = 0;
export let BASE: usize = 0;
export let LIMIT: usize = 0;
let endsMax: u32 = 0;
let depthMax: i32 = 0;
export let endsCount: u32 = 0;
export let seen: u32 = 0;
let controlAt: i32 = -1;

export function jsonAreas(masks: usize, ends_max: u32, depth_max: i32): void {
  MASKS = masks;
  endsMax = ends_max;
  depthMax = depth_max;
}

/** Address of the first control character inside a string, or -1. */
export function jsonControlAt(): i32 {
  return controlAt;
}

/** Masks of the block that holds `p`. */
// @ts-ignore: decorator
@inline
export function masksOf(p: usize): usize {
  return MASKS + (((p - BASE) >> 6) << 5);
}

// @ts-ignore: decorator
@inline
export function quotesAt(m: usize): u64 {
  return load<u64>(m);
}

/** Bytes in strings: from the opening quote on, the closing quote not included. */
// @ts-ignore: decorator
@inline
export function insideAt(m: usize): u64 {
  return load<u64>(m, 8);
}

// @ts-ignore: decorator
@inline
export function openingAt(m: usize): u64 {
  return load<u64>(m, 16);
}

// @ts-ignore: decorator
@inline
export function closingAt(m: usize): u64 {
  return load<u64>(m, 24);
}

const EVEN: u64 = 0x5555555555555555;
let escapeCarry: u64 = 0;

/** Bytes that a backslash escapes: those behind a run of odd length. The carry is that of the block before. */
// @ts-ignore: decorator
@inline
function escapedBy(backslashes: u64): u64 {
  const b = backslashes & ~escapeCarry;
  const follows = (b << 1) | escapeCarry;
  const oddStarts = b & ~EVEN & ~follows;
  const sequences = oddStarts + b;
  escapeCarry = <u64>(sequences < oddStarts);
  return (EVEN ^ (sequences << 1)) & follows;
}

/** Walks the brackets of a block in which the depth may come to 0, and notes the ends of records. Answers the depth behind it. */
function noteEnds(opening: u64, closing: u64, depth: i32, offset: u32): i32 {
  for (let m = opening | closing; m; m &= m - 1) {
    if (opening & (m & (0 - m))) depth++;
    else if (--depth == 0) noteEnd(offset + <u32>ctz<u64>(m) + 1);
  }
  return depth;
}

// @ts-ignore: decorator
@inline
function noteEnd(offset: u32): void {
  if (endsCount >= endsMax) return;
  store<u32>(ENDS + (<usize>endsCount << 2), offset);
  endsCount++;
}

/** All ones in some byte where a byte of four vectors is a bracket, a backslash or a bar: folded, they lie 0 to 2 above 0x7b. */
// @ts-ignore: decorator
@inline
function bracketed(a: v128, b: v128, c: v128, d: v128, fold: v128, opener: v128, two: v128): v128 {
  const w = i8x16.sub(v128.or(a, fold), opener), x = i8x16.sub(v128.or(b, fold), opener);
  const y = i8x16.sub(v128.or(c, fold), opener), z = i8x16.sub(v128.or(d, fold), opener);
  // why: `le_u` is two instructions on x86, `lt_u` four
  return i8x16.le_u(i8x16.min_u(i8x16.min_u(w, x), i8x16.min_u(y, z)), two);
}

/** All ones in some byte where a byte of four vectors is a control character or beyond ASCII. */
// @ts-ignore: decorator
@inline
function isOdd(a: v128, b: v128, c: v128, d: v128, space: v128): v128 {
  // why: signed, so that one comparison tells both
  return i8x16.lt_s(i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d)), space);
}

let newlineInside: u32 = 0;
/** Blocks with bytes beyond ASCII that stand behind one another: where they begin, or -1, and end. */
let highFrom: i32 = -1;
let highTo: u32 = 0;
let encodingAt: i32 = -1;

/** Address of the first byte of the window that is not UTF-8, or -1. */
export function jsonEncodingAt(): i32 {
  return encodingAt;
}

/** Checks the blocks behind one another: the byte before them and that behind are ASCII, so no character reaches out of them. */
function checkEncoding(size: u32): void {
  if (encodingAt < 0) encodingAt = utf8Error(BASE + highFrom, BASE + min(highTo, size));
  highFrom = -1;
}

/** Looks at a block with control characters or bytes beyond ASCII, whose masks are at `m` and which begins at `depth`. */
function lookAtOdd(p: usize, offset: u32, size: u32, m: usize, depth: i32, lines: bool): void {
  const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
  if (i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d)))) {
    seen |= HIGH;
    if (highFrom >= 0 && highTo != offset) checkEncoding(size);
    if (highFrom < 0) highFrom = offset;
    highTo = offset + 64;
  }
  if (controlAt < 0) {
    const bad = (controls(a) | (controls(b) << 16) | (controls(c) << 32) | (controls(d) << 48)) & insideAt(m);
    if (bad) controlAt = <i32>(BASE + offset + <u32>ctz<u64>(bad));
  }
  if (!lines) return;
  // Newlines at another depth than 0, which a record on one line does not have.
  for (let newlines = bits(i8x16.splat(10), a, b, c, d); newlines; newlines &= newlines - 1) {
    const below = (newlines & (0 - newlines)) - 1;
    newlineInside |= <u32>(depth + <i32>popcnt<u64>(openingAt(m) & below) - <i32>popcnt<u64>(closingAt(m) & below));
  }
}

const scratch = memory.data(128, 16);

/**
 * Indexes `[base, base + size)`. `quoted`, `escaped`: how the byte at base is met. `records`: base is where a record may begin.
 * `lines`: newlines inside records are noted.
 */
export function jsonIndex(base: usize, size: u32, quoted: bool, escaped: bool, records: bool, lines: bool): u32 {
  const quote = i8x16.splat(34), fold = i8x16.splat(0x20), opener = i8x16.splat(0x7b), two = i8x16.splat(2), space = i8x16.splat(32);
  const closer = i8x16.splat(0x7d), backslash = i8x16.splat(92);
  BASE = base;
  LIMIT = base + size;
  endsCount = 0;
  controlAt = -1;
  escapeCarry = <u64>escaped;
  highFrom = encodingAt = -1;
  newlineInside = 0;
  seen = 0;
  let carry: u64 = quoted ? -1 : 0, depth: i32 = records ? 0 : NO_RECORDS, deepest: i32 = 0;
  let m = MASKS;
  for (let i: u32 = 0; i < size; i += 64, m += MASK_BYTES) {
    let p = base + i;
    if (i + 64 > size) {
      memory.fill(scratch, 0x20, 64);
      memory.copy(scratch, p, size - i);
      p = scratch;
    }
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    let quotes = bits(quote, a, b, c, d);
    const before = depth;
    if (v128.any_true(bracketed(a, b, c, d, fold, opener, two)) || escapeCarry) {
      if (any(backslash, a, b, c, d) || escapeCarry) {
        seen |= BACKSLASH;
        quotes &= ~escapedBy(bits(backslash, a, b, c, d));
      }
      const inside = prefixXor(quotes) ^ carry;
      carry = <u64>(<i64>inside >> 63);
      const e = v128.or(a, fold), f = v128.or(b, fold), g = v128.or(c, fold), h = v128.or(d, fold);
      const opening = bits(opener, e, f, g, h) & ~inside, closing = bits(closer, e, f, g, h) & ~inside;
      store<u64>(m, quotes);
      store<u64>(m, inside, 8);
      store<u64>(m, opening, 16);
      store<u64>(m, closing, 24);
      const opened = <i32>popcnt<u64>(opening), closed = <i32>popcnt<u64>(closing);
      deepest = max(deepest, depth + opened);
      if (depth > closed || !closed) depth += opened - closed;
      else if (closed == 1) {
        if (depth + <i32>popcnt<u64>(opening & (closing - 1)) == 1) noteEnd(i + <u32>ctz<u64>(closing) + 1);
        depth += opened - 1;
      } else depth = noteEnds(opening, closing, depth, i);
    } else {
      const inside = prefixXor(quotes) ^ carry;
      carry = <u64>(<i64>inside >> 63);
      store<u64>(m, quotes);
      store<u64>(m, inside, 8);
      v128.store(m, i64x2.splat(0), 16);
    }
    if (v128.any_true(isOdd(a, b, c, d, space))) lookAtOdd(p, i, size, m, before, lines);
  }
  if (newlineInside) seen |= NEWLINE_INSIDE;
  if (records && deepest > depthMax) seen |= DEEP;
  if (highFrom >= 0) checkEncoding(size);
  if (carry) seen |= ENDS_QUOTED | <u32>(endsEscaped(base, size, escaped) ? ENDS_ESCAPED : 0);
  return seen;
}

// @ts-ignore: decorator
@inline
function controls(x: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.le_u(x, i8x16.splat(31))));
}

/** The byte behind the window is escaped. */
function endsEscaped(base: usize, size: u32, escaped: bool): bool {
  let run: u32 = 0;
  while (run < size && load<u8>(base + size - 1 - run) == 92) run++;
  return ((run + <u32>(run == size && escaped)) & 1) != 0;
}

/** Address of the quote that closes the string whose opening quote is before `p`, or 0 where the window ends first. */
export function closingQuote(p: usize): usize {
  if (p >= LIMIT) return 0;
  let block = (p - BASE) & ~63;
  let m = MASKS + (block >> 1);
  let q = quotesAt(m) & (<u64>-1 << <u64>((p - BASE) & 63));
  while (!q) {
    block += 64;
    m += MASK_BYTES;
    if (BASE + block >= LIMIT) return 0;
    q = quotesAt(m);
  }
  return BASE + block + <usize>ctz<u64>(q);
}

/** Depth at the window's end where `closeFrom` found no end. */
export let openDepth: i32 = 0;

/** One past the bracket that brings `depth` to 0, from `p` on; 0 where the window ends first. */
export function closeFrom(p: usize, depth: i32): usize {
  let from = (p - BASE) & 63, block = (p - BASE) & ~63;
  let m = MASKS + (block >> 1);
  let mask = <u64>-1 << <u64>from;
  while (BASE + block < LIMIT) {
    let o = openingAt(m) & mask, c = closingAt(m) & mask;
    mask = -1;
    if (depth <= <i32>popcnt<u64>(c)) {
      while (c) {
        const lowest = c & (0 - c);
        const before = <i32>popcnt<u64>(o & (lowest - 1));
        depth += before - 1;
        if (depth == 0) return BASE + block + <usize>ctz<u64>(c) + 1;
        o &= ~(lowest - 1);
        c &= c - 1;
      }
      depth += <i32>popcnt<u64>(o);
    } else depth += <i32>popcnt<u64>(o) - <i32>popcnt<u64>(c);
    block += 64;
    m += MASK_BYTES;
  }
  openDepth = depth;
  return 0;
}
