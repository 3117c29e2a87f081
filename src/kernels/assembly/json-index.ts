// JSON, first pass: quotes that begin or end strings, whether a block of 64 bytes begins inside one, and the brackets outside of
// strings, as four u64 a block. Blocks are counted from the window's base. All other JSON kernels work on these masks, so that
// quotes and escapes are looked at once. A block is plain where it has no bracket, backslash, control character or byte beyond
// ASCII: of it only the quotes are looked at.
//
// On the way the pass finds the ends of records that are objects or lists (the brackets that bring the depth back to 0), and what
// is out of order: control characters in strings, newlines inside records, nesting beyond the limit.
import {
  BASE, LIMIT, MASKS, MASK_BYTES, backslashesAt, closingAt, masksOf, openingAt, placeMasks, plane, quotesAt, setWindow,
} from './json-masks';
import { any, bits, bitsAt, equal, prefixXor } from './masks';
import { ENDS } from './state';
import { hasUtf8Error, utf8Error } from './utf8';

const HIGH: u32 = 8, ENDS_QUOTED: u32 = 64, ENDS_ESCAPED: u32 = 128, NEWLINE_INSIDE: u32 = 512, DEEP: u32 = 1024;
/** A depth no window can close: there are no records to find the ends of. */
const NO_RECORDS: i32 = 0x40000000;

let endsMax: u32 = 0;
let depthMax: i32 = 0;
export let endsCount: u32 = 0;
export let seen: u32 = 0;
/** In `seen`: the window has backslashes. */
export const BACKSLASH: u32 = 256;
let controlAt: i32 = -1;

export function jsonAreas(masks: usize, plane_bytes: u32, ends_max: u32, depth_max: i32): void {
  placeMasks(masks, plane_bytes);
  endsMax = ends_max;
  depthMax = depth_max;
}

/** Address of the first control character inside a string, or -1. */
export function jsonControlAt(): i32 {
  return controlAt;
}

const EVEN: u64 = 0x5555555555555555;
let escapeCarry: u64 = 0;

/** Bytes that a backslash escapes: those behind a run of odd length. The carry is that of the block before. */
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

/** Behind the blocks indexed so far. */
let depth: i32 = 0;
/** Opening brackets of all blocks. */
let openings: i32 = 0;
/** Records of the window that end in it hold no lists and objects. */
export let isFlat: bool = false;
let deepest: i32 = 0;
let newlineInside: i32 = 0;
/** Blocks with bytes beyond ASCII that stand behind one another, the first of them not in order for certain: where they begin, or -1, and end. */
let highFrom: i32 = -1;
let highTo: u32 = 0;
let encodingAt: i32 = -1;

/** Address of the first byte of the window that is not UTF-8, or -1. */
export function jsonEncodingAt(): i32 {
  return encodingAt;
}

/** Checks the blocks behind one another: no character reaches out of them, since what is before them is in order and what is behind is ASCII. */
function checkEncoding(): void {
  if (encodingAt < 0) encodingAt = utf8Error(BASE + highFrom, min(BASE + highTo, LIMIT));
  highFrom = -1;
}

const scratch = memory.data(128, 16);

/**
 * Indexes `[base, base + size)`. `quoted`, `escaped`: how the byte at base is met. `records`: base is where a record may begin.
 * `lines`: newlines inside records are noted.
 */
export function jsonIndex(base: usize, size: u32, quoted: bool, escaped: bool, records: bool, lines: bool): u32 {
  setWindow(base, size);
  endsCount = 0;
  controlAt = -1;
  escapeCarry = <u64>escaped;
  highFrom = encodingAt = -1;
  newlineInside = 0;
  seen = 0;
  depth = records ? 0 : NO_RECORDS;
  deepest = openings = 0;
  carry = quoted ? -1 : 0;
  const rest = size & 63, full = LIMIT - rest;
  const masks = (size + 63) >> 6 << 3;
  memory.fill(MASKS + 2 * plane, 0, masks);
  memory.fill(MASKS + 3 * plane, 0, masks);
  memory.fill(backslashesAt(MASKS), 0, masks >> 3);
  for (let p = base; p < full; p += CHUNK) indexChunk(p, min(p + CHUNK, full), lines);
  if (rest) {
    memory.fill(scratch, 0x20, 64);
    memory.copy(scratch, full, rest);
    const m = masksOf(full);
    store<u64>(m, bitsAt(scratch, i8x16.splat(34)));
    store<u64>(m + plane, carry);
    highEnd = highs;
    indexBlock(scratch, size - rest, m, lines);
    noteHighs();
    carry = carry ^ (0 - (popcnt<u64>(quotesAt(m)) & 1));
  }
  // Each record that ends has opened one bracket, and so has one that is open.
  isFlat = records && openings == <i32>endsCount + <i32>(depth > 0);
  if (newlineInside) seen |= NEWLINE_INSIDE;
  if (records && deepest > depthMax) seen |= DEEP;
  if (highFrom >= 0) checkEncoding();
  if (carry) seen |= ENDS_QUOTED | <u32>(endsEscaped(base, size, escaped) ? ENDS_ESCAPED : 0);
  return seen;
}

/** So many bytes stay in the first cache between the two looks at them. */
const CHUNK: usize = 8192;
/** Blocks of a chunk that are not plain. */
const special = memory.data(512, 8);
/** Blocks of a chunk with bytes beyond ASCII, some of them twice, and where their list ends. */
const highs = memory.data(1024, 8);
let highEnd: usize = 0;
const LAST: u64 = 0x8000000000000000;
/** All ones where what is behind the blocks indexed so far is in a string. */
let carry: u64 = 0;

/** Indexes whole blocks: first their quotes, as if none was escaped, then one by one those that are not plain. */
function indexChunk(start: usize, end: usize, lines: bool): void {
  const first = masksOf(start), last = first + ((end - start) >> 3);
  const listEnd = findQuotes(start, end, first);
  highEnd = highs;
  let p = escapeCarry ? start : 0;
  for (let o = special; ; ) {
    if (!p) {
      o = indexRun(o, listEnd, lines);
      if (o == listEnd) break;
      p = load<u32>(o);
    }
    if (o < listEnd && <usize>load<u32>(o) == p) o += 4;
    const m = masksOf(p);
    if (indexBlock(p, <u32>(p - BASE), m, lines)) flip(m + MASK_BYTES, last);
    // why: what a backslash escapes may begin the next block, which may be plain
    p = escapeCarry && p + 64 < end ? p + 64 : 0;
  }
  noteHighs();
}

function noteHighs(): void {
  for (let h = highs, last: u32 = -1; h < highEnd; h += 4) {
    const offset = load<u32>(h);
    if (offset != last) noteHigh(offset);
    last = offset;
  }
}

/** What is known of strings from `m` on is the wrong way round. */
function flip(m: usize, last: usize): void {
  carry = ~carry;
  for (; m + MASK_BYTES < last; m += 2 * MASK_BYTES) v128.store(m + plane, v128.not(v128.load(m + plane)));
  if (m < last) store<u64>(m + plane, ~load<u64>(m + plane));
}

// why: constants would be made anew in each turn of a loop, what is loaded stays in registers
const QUOTES = memory.data<u64>([0x2222222222222222, 0x2222222222222222], 16);
const TWOS = memory.data<u64>([0x0202020202020202, 0x0202020202020202], 16);
const SPACES = memory.data<u64>([0x2020202020202020, 0x2020202020202020], 16);
const OPENERS = memory.data<u64>([0x7b7b7b7b7b7b7b7b, 0x7b7b7b7b7b7b7b7b], 16);
const CLOSERS = memory.data<u64>([0x7d7d7d7d7d7d7d7d, 0x7d7d7d7d7d7d7d7d], 16);
const BACKSLASHES = memory.data<u64>([0x5c5c5c5c5c5c5c5c, 0x5c5c5c5c5c5c5c5c], 16);

/** Writes the masks of quotes, and the blocks that are not plain to `special`; answers where their list ends. */
function findQuotes(start: usize, end: usize, m: usize): usize {
  const quote = v128.load(QUOTES), space = v128.load(SPACES), opener = v128.load(OPENERS), two = v128.load(TWOS);
  let inString = carry, o = special;
  const planeBytes = plane;
  for (let p = start; p < end; p += 64, m += MASK_BYTES) {
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    // Folded, brackets, backslashes and bars lie 0 to 2 above 0x7b. Below a space, signed, are control characters and what is beyond ASCII.
    const w = i8x16.sub(v128.or(a, space), opener), x = i8x16.sub(v128.or(b, space), opener);
    const y = i8x16.sub(v128.or(c, space), opener), z = i8x16.sub(v128.or(d, space), opener);
    // why: `le_u` is two instructions on x86, `lt_u` four
    const bracketed = i8x16.le_u(i8x16.min_u(i8x16.min_u(w, x), i8x16.min_u(y, z)), two);
    const odd = i8x16.lt_s(i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d)), space);
    // why: a branch would be foreseen wrongly at most of them
    store<u32>(o, <u32>p);
    o += <usize>((0 - <u32>i8x16.bitmask(v128.or(bracketed, odd))) >> 31 << 2);
    const quotes = bits(quote, a, b, c, d);
    store<u64>(m, quotes);
    store<u64>(m + planeBytes, inString);
    inString ^= 0 - (popcnt<u64>(quotes) & 1);
  }
  carry = inString;
  return o;
}

/**
 * Indexes the listed blocks from `o` on that are as most are: with backslashes that stand alone and escape no odd number of quotes,
 * no control characters but for one newline behind a record, and one end of a record at most. Answers where one is not. As
 * `indexBlock`, without calls.
 */
function indexRun(o: usize, listEnd: usize, lines: bool): usize {
  const space = v128.load(SPACES), opener = v128.load(OPENERS), closer = v128.load(CLOSERS), backslash = v128.load(BACKSLASHES);
  let level = depth, most = deepest, all = openings, inRecord = 0, h = highEnd;
  for (; o < listEnd; o += 4) {
    const p = <usize>load<u32>(o), m = masksOf(p);
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    let quotes = load<u64>(m);
    if (i8x16.bitmask(equal(backslash, a, b, c, d))) {
      const backslashes = bits(backslash, a, b, c, d), escaped = quotes & (backslashes << 1);
      if (backslashes & ((backslashes << 1) | LAST) || popcnt<u64>(escaped) & 1) break;
      seen |= BACKSLASH;
      store<u8>(backslashesAt(m), 1);
      quotes ^= escaped;
      store<u64>(m, quotes);
    }
    const inside = prefixXor(quotes) ^ load<u64>(m + plane);
    const e = v128.or(a, space), f = v128.or(b, space), g = v128.or(c, space), i = v128.or(d, space);
    const opening = bits(opener, e, f, g, i) & ~inside, closing = bits(closer, e, f, g, i) & ~inside;
    // why: stored here, they are computed once; V8 would do it again in each branch that needs them
    store<u64>(m + 2 * plane, opening);
    store<u64>(m + 3 * plane, closing);
    const opened = <i32>popcnt<u64>(opening), closed = <i32>popcnt<u64>(closing);
    const least = i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d));
    if (i8x16.bitmask(i8x16.lt_s(least, space))) {
      let odd = bitmask(i8x16.lt_s(a, space), i8x16.lt_s(b, space), i8x16.lt_s(c, space), i8x16.lt_s(d, space));
      if (i8x16.bitmask(least)) {
        store<u32>(h, <u32>(p - BASE));
        h += 4;
        odd &= ~bitmask(a, b, c, d);
      }
      if (odd) {
        const below = odd - 1;
        if (odd & (below | inside) || load<u8>(p + <usize>ctz<u64>(odd)) != 10) break;
        inRecord |= level + <i32>popcnt<u64>(opening & below) - <i32>popcnt<u64>(closing & below);
      }
    }
    if (level <= closed && closed) {
      if (closed > 1) break;
      if (level + <i32>popcnt<u64>(opening & (closing - 1)) == 1) noteEnd(<u32>(p - BASE) + <u32>ctz<u64>(closing) + 1);
    }
    all += opened;
    most = max(most, level + opened);
    level += opened - closed;
  }
  depth = level;
  deepest = most;
  openings = all;
  highEnd = h;
  if (lines) newlineInside |= inRecord;
  return o;
}

/**
 * Indexes a block that is not plain, whose bytes are at `p`, and whose quotes are known but for escapes. Answers whether an odd
 * number of them is escaped, so that what is known of strings behind it is the wrong way round.
 */
// @ts-ignore: decorator
@inline
function indexBlock(p: usize, offset: u32, m: usize, lines: bool): bool {
  const fold = i8x16.splat(0x20), opener = i8x16.splat(0x7b), closer = i8x16.splat(0x7d), backslash = i8x16.splat(92);
  const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
  const raw = load<u64>(m);
  let quotes = raw;
  if (escapeCarry || any(backslash, a, b, c, d)) {
    seen |= BACKSLASH;
    store<u8>(backslashesAt(m), 1);
    const backslashes = bits(backslash, a, b, c, d);
    // Mostly they stand alone.
    if (escapeCarry || backslashes & (backslashes << 1)) quotes &= ~escapedBy(backslashes);
    else {
      quotes &= ~(backslashes << 1);
      escapeCarry = backslashes >> 63;
    }
    store<u64>(m, quotes);
  }
  const inside = prefixXor(quotes) ^ load<u64>(m + plane);
  const e = v128.or(a, fold), f = v128.or(b, fold), g = v128.or(c, fold), h = v128.or(d, fold);
  const opening = bits(opener, e, f, g, h) & ~inside, closing = bits(closer, e, f, g, h) & ~inside;
  store<u64>(m + 2 * plane, opening);
  store<u64>(m + 3 * plane, closing);
  const before = depth;
  noteBrackets(opening, closing, offset);
  // why: signed, so that one comparison tells control characters and what is beyond ASCII
  const odd = bitmask(i8x16.lt_s(a, fold), i8x16.lt_s(b, fold), i8x16.lt_s(c, fold), i8x16.lt_s(d, fold));
  if (odd) {
    // Mostly that is one newline behind a record.
    const below = odd - 1, then = before + <i32>popcnt<u64>(opening & below) - <i32>popcnt<u64>(closing & below);
    if (odd & (below | inside) || load<u8>(p + <usize>ctz<u64>(odd)) != 10) noteOdd(p, offset, m, before, inside, lines);
    else newlineInside |= lines ? then : 0;
  }
  return (popcnt<u64>(raw ^ quotes) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function bitmask(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16), high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

/** Notes bytes beyond ASCII, control characters in strings, and newlines at another depth than 0, which no record on one line has. */
function noteOdd(p: usize, offset: u32, m: usize, before: i32, inside: u64, lines: bool): void {
  const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
  const control = (controls(a) | (controls(b) << 16) | (controls(c) << 32) | (controls(d) << 48)) & inside;
  if (control && controlAt < 0) controlAt = <i32>(BASE + offset + <u32>ctz<u64>(control));
  const high = bitmask(a, b, c, d);
  if (high) {
    store<u32>(highEnd, offset);
    highEnd += 4;
  }
  if (!lines) return;
  for (let newlines = bits(i8x16.splat(10), a, b, c, d); newlines; newlines &= newlines - 1) {
    const below = (newlines & (0 - newlines)) - 1;
    newlineInside |= before + <i32>popcnt<u64>(openingAt(m) & below) - <i32>popcnt<u64>(closingAt(m) & below);
  }
}

// @ts-ignore: decorator
@inline
function noteBrackets(opening: u64, closing: u64, offset: u32): void {
  const before = depth, opened = <i32>popcnt<u64>(opening), closed = <i32>popcnt<u64>(closing);
  deepest = max(deepest, before + opened);
  openings += opened;
  depth = before + opened - closed;
  if (before > closed || !closed) return;
  if (closed > 1) depth = noteEnds(opening, closing, before, offset);
  else if (before + <i32>popcnt<u64>(opening & (closing - 1)) == 1) noteEnd(offset + <u32>ctz<u64>(closing) + 1);
}

/** A block with bytes beyond ASCII. */
function noteHigh(offset: u32): void {
  seen |= HIGH;
  const follows = highFrom >= 0 && highTo == offset;
  // Characters cut off by its end show in the bytes behind it.
  if (!follows && offset && BASE + offset + 128 <= LIMIT && !hasUtf8Error(BASE + offset, 80)) return;
  if (highFrom >= 0 && !follows) checkEncoding();
  if (highFrom < 0) highFrom = offset - cutBefore(offset);
  highTo = offset + 64;
}

/** Bytes of a character before `offset` that goes on there, where those before are in order. */
function cutBefore(offset: u32): u32 {
  let back: u32 = 0;
  while (back < 3 && back < offset && (load<u8>(BASE + offset - back) & 0xc0) == 0x80) back++;
  return back;
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
