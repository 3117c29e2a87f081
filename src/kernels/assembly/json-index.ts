// JSON, first pass: where strings are, and the brackets outside them, as four u64 a block of 64 bytes. Blocks are counted from the
// window's base. All other JSON kernels work on these masks, so that quotes and escapes are looked at once.
//
// On the way the pass finds the ends of records that are objects or lists (the brackets that bring the depth back to 0), and what
// is out of order: control characters in strings, newlines inside records, nesting beyond the limit.
import { any, bits, bitsAt, prefixXor } from './masks';
import { ENDS } from './state';

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

export function jsonFlags(): u32 {
  return seen;
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
let newlineInside: u32 = 0;

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

/** Newlines at another depth than 0, which a record on one line does not have. */
function checkNewlines(newlines: u64, opening: u64, closing: u64, depth: i32): void {
  while (newlines) {
    const below = (<u64>1 << ctz<u64>(newlines)) - 1;
    newlines &= newlines - 1;
    newlineInside |= <u32>(depth + <i32>popcnt<u64>(opening & below) - <i32>popcnt<u64>(closing & below));
  }
}

/** Walks the brackets of a block in which the depth may come to 0, and notes the ends of records. */
// @ts-ignore: decorator
@inline
function noteEnds(opening: u64, closing: u64, depth: i32, offset: u32): i32 {
  let m = opening | closing;
  while (m) {
    const lowest = m & (0 - m);
    if (opening & lowest) depth++;
    else {
      depth--;
      if (depth == 0 && endsCount < endsMax) {
        store<u32>(ENDS + (<usize>endsCount << 2), offset + <u32>ctz<u64>(m) + 1);
        endsCount++;
      }
    }
    m &= m - 1;
  }
  return depth;
}

const scratch = memory.data(128, 16);

/**
 * Indexes `[base, base + size)`. `inString`, `escaped`: how the byte at base is met. `records`: base is where a record may begin.
 * `lines`: newlines inside records are noted.
 */
export function jsonIndex(base: usize, size: u32, inString: bool, escaped: bool, records: bool, lines: bool): u32 {
  const quote = i8x16.splat(34), backslash = i8x16.splat(92), space = i8x16.splat(32), fold = i8x16.splat(0x20);
  const opener = i8x16.splat(0x7b), closer = i8x16.splat(0x7d), newline = i8x16.splat(10);
  BASE = base;
  LIMIT = base + size;
  endsCount = 0;
  controlAt = -1;
  newlineInside = 0;
  escapeCarry = <u64>escaped;
  let carry: u64 = inString ? -1 : 0, depth: i32 = records ? 0 : NO_RECORDS, deepest: i32 = 0;
  let high = i64x2.splat(0), sawBackslash: u32 = 0;
  let m = MASKS;
  for (let i: u32 = 0; i < size; i += 64, m += MASK_BYTES) {
    let p = base + i;
    if (i + 64 > size) {
      memory.fill(scratch, 0x20, 64);
      memory.copy(scratch, p, size - i);
      p = scratch;
    }
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    high = v128.or(high, v128.or(v128.or(a, b), v128.or(c, d)));
    let quotes = bits(quote, a, b, c, d);
    if (any(backslash, a, b, c, d) || escapeCarry) {
      sawBackslash = BACKSLASH;
      quotes &= ~escapedBy(bits(backslash, a, b, c, d));
    }
    const inside = prefixXor(quotes) ^ carry;
    carry = <u64>(<i64>inside >> 63);
    const e = v128.or(a, fold), f = v128.or(b, fold), g = v128.or(c, fold), h = v128.or(d, fold);
    let opening: u64 = 0, closing: u64 = 0;
    if (any(opener, e, f, g, h)) opening = bits(opener, e, f, g, h) & ~inside;
    if (any(closer, e, f, g, h)) closing = bits(closer, e, f, g, h) & ~inside;
    store<u64>(m, quotes);
    store<u64>(m, inside, 8);
    store<u64>(m, opening, 16);
    store<u64>(m, closing, 24);
    if (v128.any_true(i8x16.lt_u(i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d)), space))) {
      if (controlAt < 0) {
        const bad = (below32(a) | (below32(b) << 16) | (below32(c) << 32) | (below32(d) << 48)) & inside;
        if (bad) controlAt = <i32>(base + i + <u32>ctz<u64>(bad));
      }
      if (lines) checkNewlines(bits(newline, a, b, c, d), opening, closing, depth);
    }
    if (opening | closing) {
      const opened = <i32>popcnt<u64>(opening), closed = <i32>popcnt<u64>(closing);
      deepest = max(deepest, depth + opened);
      if (depth <= closed) depth = noteEnds(opening, closing, depth, i);
      else depth += opened - closed;
    }
  }
  seen = sawBackslash;
  if (newlineInside) seen |= NEWLINE_INSIDE;
  if (records && deepest > depthMax) seen |= DEEP;
  if (i8x16.bitmask(high)) seen |= HIGH;
  if (endsInString(size)) seen |= ENDS_QUOTED | <u32>(endsEscaped(base, size, escaped) ? ENDS_ESCAPED : 0);
  return seen;
}

// @ts-ignore: decorator
@inline
function below32(x: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.lt_u(x, i8x16.splat(32))));
}

function endsInString(size: u32): bool {
  return size != 0 && ((insideAt(MASKS + (<usize>((size - 1) >> 6) << 5)) >> <u64>((size - 1) & 63)) & 1) != 0;
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
