// Record ends of CSV: one pass over the window. Quote state is a prefix xor over quote bits, computed only from the first block on
// that has quotes. The regular form is checked on the way: a quote opens only after a delimiter or a quote it doubles, and closes
// only before one. A window that breaks it is flagged and read by the reference kernels instead, so parity is never trusted where
// it may lie.
import { any, bits, bitsAt, either, equal, prefixXor } from './masks';
import { BITMAP, COMMENT_MASK, COMMENT_VALUE, CRLF, DELIMITER, DOUBLES, ENDS, FOREIGN_ESCAPE, QUOTE, RECORD, TRIM_CR } from './state';

export const QUOTED: u32 = 1, DOUBLED: u32 = 32;
const IRREGULAR: u32 = 2, QUOTED_DELIMITER: u32 = 4, HIGH: u32 = 8, ENDS_QUOTED: u32 = 64;
const NO_QUOTE: u32 = 256;

let seen: u32 = 0;
/**
 * Address whose bit is the first of the bitmap of delimiters outside quotes; 0 without one. A window whose quotes begin in its
 * first block has one: the index has computed these bits anyway, and locate reads them faster than the text.
 */
export let mapped: usize = 0;

export function flags(): u32 {
  return seen;
}

/** What looked irregular for want of CRs: a CR closes a field only as part of the record's end, where the newline may follow this block. */
function withoutCrlf(p: usize, suspect: u64, newline: u64): u64 {
  if (!TRIM_CR && !CRLF) return suspect;
  const cr = bitsAt(p, i8x16.splat(13));
  return suspect & ~(cr & ((newline >> 1) | (<u64>(load<u8>(p, 64) == <u8>RECORD) << 63)));
}

/** The newlines that end records. Where those end at CR LF, one behind a CR; a window begins at a record, so none before its first byte. */
// @ts-ignore: decorator
@inline
function recordEnds(p: usize, i: u32, newline: u64, crlf: bool): u64 {
  return crlf && newline ? newline & ((bitsAt(p, i8x16.splat(13)) << 1) | <u64>(i != 0 && load<u8>(p - 1) == 13)) : newline;
}

/** The last, partial block is read from here, padded with zeros; before it stand the two bytes before the block. */
const scratch = memory.data(64 + 64 + 64, 16);

/** Copies the `size` bytes at `p`, and the two before, into a zeroed block. */
function partialBlock(p: usize, size: u32): usize {
  memory.fill(scratch, 0, 192);
  memory.copy(scratch + 62, p - 2, <usize>size + 2);
  return scratch + 64;
}

/** Writes the ends of one block's record delimiters. Two stores always: most blocks have no more, and a branch costs more than a store. */
// @ts-ignore: decorator
@inline
function storeEnds(m: u64, at: u32, o: usize): usize {
  const k = <u32>popcnt<u64>(m);
  store<u32>(o, at + <u32>ctz<u64>(m));
  m &= m - 1;
  store<u32>(o, at + <u32>ctz<u64>(m), 4);
  if (k > 2) {
    m &= m - 1;
    let t = o + 8;
    for (let j: u32 = 2; j < k; j++) {
      store<u32>(t, at + <u32>ctz<u64>(m));
      m &= m - 1;
      t += 4;
    }
  }
  return o + (<usize>k << 2);
}

export function csvIndex(base: usize, from: u32, to: u32, count: u32, quoted: bool): u32 {
  const newlines = i8x16.splat(<i8>RECORD), quotes = i8x16.splat(QUOTE == NO_QUOTE ? 0 : <i8>QUOTE);
  const quoting = QUOTE != NO_QUOTE, crlf = CRLF;
  const first = ENDS + (<usize>count << 2);
  let high = i64x2.splat(0), o = first, i = from;
  seen = 0;
  if (from == 0 || mapped != base) mapped = 0;
  // Whole blocks, two at a time, until the first quote; then the window is read with quote state to its end.
  if (!quoted) {
    for (; i + 128 <= to; i += 128) {
      const p = base + i;
      const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
      const e = v128.load(p, 64), f = v128.load(p, 80), g = v128.load(p, 96), h = v128.load(p, 112);
      if (quoting && v128.any_true(v128.or(equal(quotes, a, b, c, d), equal(quotes, e, f, g, h)))) break;
      high = v128.or(high, v128.or(either(a, b, c, d), either(e, f, g, h)));
      o = storeEnds(recordEnds(p, i, bits(newlines, a, b, c, d), crlf), i + 1, o);
      o = storeEnds(recordEnds(p + 64, i + 64, bits(newlines, e, f, g, h), crlf), i + 65, o);
    }
    for (; i + 64 <= to; i += 64) {
      const p = base + i;
      const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
      if (quoting && any(quotes, a, b, c, d)) break;
      high = v128.or(high, either(a, b, c, d));
      o = storeEnds(recordEnds(p, i, bits(newlines, a, b, c, d), crlf), i + 1, o);
    }
  }
  // Blocks without quotes have no bits in the bitmap.
  if (i != from) mapped = 0;
  if (i < to) {
    o = quoting ? indexQuoted(base, from, i, to, quoted, o) : indexBare(base, i, to, o);
    high = v128.or(high, blocksHigh);
  } else if (quoted) seen |= ENDS_QUOTED; // nothing to read
  if (v128.any_true(v128.and(high, i8x16.splat(<i8>0x80)))) seen |= HIGH;
  const ends = <u32>((o - ENDS) >> 2);
  if (seen & (QUOTED_DELIMITER | ENDS_QUOTED) && hasComment(base, base + to, count, ends)) seen |= IRREGULAR;
  return ends;
}

let blocksHigh: v128 = i64x2.splat(0);

/** The last block of a window where there is no quoting. */
function indexBare(base: usize, i: u32, to: u32, o: usize): usize {
  const p = partialBlock(base + i, to - i);
  const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
  blocksHigh = either(a, b, c, d);
  return storeEnds(recordEnds(p, i, bits(i8x16.splat(<i8>RECORD), a, b, c, d) & ((<u64>1 << <u64>(to - i)) - 1), CRLF), i + 1, o);
}

/** Quote state between two blocks. `inside`: all ones inside quotes. The others have one bit: the last byte closed; the next byte, if it is a quote, opens a field. */
let inside: u64 = 0, justClosed: u64 = 0, opens: u64 = 0;
/** Any bit: a quote, a record delimiter inside quotes, what breaks the regular form. */
let anyQuote: u64 = 0, anyQuotedNewline: u64 = 0, anySuspect: u64 = 0;

/**
 * Indexes the blocks from `i` to `to` of the window at `base`, and writes their bits into the bitmaps. `valid`: the bytes of a block that count.
 * why: what is rare is kept out of the loop's registers; they are what bounds it.
 */
// @ts-ignore: decorator
@inline
function quotedBlocks(base: usize, i: u32, to: u32, valid: u64, crlf: bool, o: usize): usize {
  const newlines = i8x16.splat(<i8>RECORD), quotes = i8x16.splat(<i8>QUOTE), delimiters = i8x16.splat(<i8>DELIMITER);
  let inq = inside, closed = justClosed, mayOpen = opens, quotedNewline: u64 = 0;
  let high = blocksHigh;
  let bitmap = BITMAP + (<usize>i >> 3), doubles = DOUBLES + (<usize>i >> 3);
  for (; i < to; i += 64) {
    const p = base + i;
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    high = v128.or(high, either(a, b, c, d));
    const q = bits(quotes, a, b, c, d) & valid;
    inq = prefixXor(q) ^ inq;
    const newline = recordEnds(p, i, bits(newlines, a, b, c, d) & valid, crlf);
    const delimiter = bits(delimiters, a, b, c, d), separators = delimiter | newline;
    const opening = q & inq, closing = q ^ opening;
    const afterClosing = ((closing << 1) | closed) & valid;
    const before = separators | closing;
    const suspect = (opening & ~((before << 1) | mayOpen)) | (afterClosing & ~(separators | opening));
    if (suspect) anySuspect |= withoutCrlf(p, suspect, newline);
    store<u64>(doubles, afterClosing & opening);
    store<u64>(bitmap, delimiter & ~inq);
    doubles += 8;
    bitmap += 8;
    quotedNewline |= newline & inq;
    closed = closing >> 63;
    mayOpen = before >> 63;
    o = storeEnds(newline & ~inq, i + 1, o);
    inq = <u64>(<i64>inq >> 63);
  }
  inside = inq;
  justClosed = closed;
  opens = mayOpen;
  blocksHigh = high;
  anyQuotedNewline |= quotedNewline;
  return o;
}

// One function a variant: inlined into one, they would share registers badly.

function wholeBlocks(base: usize, i: u32, to: u32, o: usize): usize {
  return quotedBlocks(base, i, to, -1, false, o);
}

function wholeBlocksCrlf(base: usize, i: u32, to: u32, o: usize): usize {
  return quotedBlocks(base, i, to, -1, true, o);
}

function lastBlock(base: usize, i: u32, to: u32, o: usize): usize {
  const p = partialBlock(base + i, to - i), valid = (<u64>1 << <u64>(to - i)) - 1;
  anyQuote |= bitsAt(p, i8x16.splat(<i8>QUOTE)) & valid;
  return quotedBlocks(p - i, i, i + 1, valid, CRLF, o);
}

/** Whether there is a quote in whole blocks. */
function hasQuote(p: usize, end: usize): bool {
  const quote = i8x16.splat(<i8>QUOTE);
  for (; p < end; p += 16) if (v128.any_true(i8x16.eq(v128.load(p), quote))) return true;
  return false;
}

/** Whether a bit of doubled quotes has been written for the blocks from `start` to `to`. */
function anyDoubled(start: u32, to: u32): bool {
  let found: u64 = 0, p = DOUBLES + (<usize>start >> 3);
  for (let i = start; i < to; i += 64, p += 8) found |= load<u64>(p);
  return found != 0;
}

function indexQuoted(base: usize, from: u32, start: u32, to: u32, quoted: bool, o: usize): usize {
  const previous = <u32>load<u8>(base + start - 1);
  if (start == 0) mapped = base;
  else if (start != from || (start & 7)) mapped = 0;
  inside = quoted ? -1 : 0;
  // Before a later part of a window the last byte closed if it is a quote and we are outside.
  justClosed = <u64>(start == from && from != 0 && !quoted && previous == QUOTE);
  opens = justClosed | <u64>(start == 0 || previous == DELIMITER || (previous == RECORD && (!CRLF || (start > 1 && load<u8>(base + start - 2) == 13))));
  blocksHigh = i64x2.splat(0);
  anyQuotedNewline = anySuspect = 0;
  const whole = start + ((to - start) & ~63);
  // What is read with quote state and is no last block has a quote in its first, or begins inside quotes.
  anyQuote = <u64>(whole > start && (!quoted || hasQuote(base + start, base + whole)));
  o = CRLF ? wholeBlocksCrlf(base, start, whole, o) : wholeBlocks(base, start, whole, o);
  if (whole < to) o = lastBlock(base, whole, to, o);
  seen |= (anyQuote ? QUOTED : 0) | (anySuspect || (anyQuote && FOREIGN_ESCAPE) ? IRREGULAR : 0) | (anyQuotedNewline ? QUOTED_DELIMITER : 0)
    | (anyDoubled(start, to) ? DOUBLED : 0) | (inside ? ENDS_QUOTED : 0);
  return o;
}

/** A comment runs to the record delimiter whatever quotes it holds: parity does not see that. */
function hasComment(base: usize, end: usize, first: u32, count: u32): bool {
  let s = first ? base + <usize>load<u32>(ENDS + (<usize>(first - 1) << 2)) : base;
  for (let i = first; s < end; i++) {
    if ((load<u32>(s) & COMMENT_MASK) == COMMENT_VALUE) return true;
    if (i >= count) break;
    s = base + <usize>load<u32>(ENDS + (<usize>i << 2));
  }
  return false;
}
