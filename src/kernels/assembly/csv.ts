// Record ends, records and columns of CSV.
//
// Index: one pass over the window. Quote state is a prefix xor over quote bits, computed only for blocks that have quotes. The
// regular form is checked on the way: a quote opens only after a delimiter or a quote it doubles, and closes only before one.
// A window that breaks it is flagged and read by the reference kernels instead, so parity is never trusted where it may lie.
//
// Locate: rows are independent, so the processor overlaps them; only the prefix up to the last wanted column is touched.
import { any, bits, bitsAt, either, equal, prefixXor } from './masks';
import {
  BITMAP, COMMENT_MASK, COMMENT_VALUE, CRLF, DELIMITER, DOUBLES, ENDS, FOREIGN_ESCAPE, QUOTE, RECORD, ROWS, TRIM_CR, resetArena, takeArena,
} from './state';

const QUOTED: u32 = 1, IRREGULAR: u32 = 2, QUOTED_DELIMITER: u32 = 4, HIGH: u32 = 8, DOUBLED: u32 = 32, ENDS_QUOTED: u32 = 64;
const MISSING: u64 = 0xffffffff00000000;
const NO_QUOTE: u32 = 256;

let seen: u32 = 0;
/**
 * Address whose bit is the first of the bitmap of delimiters outside quotes; 0 without one. A window whose quotes begin in its
 * first block has one: the index has computed these bits anyway, and locate reads them faster than the text.
 */
let mapped: usize = 0;

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

function indexQuoted(base: usize, from: u32, start: u32, to: u32, quoted: bool, o: usize): usize {
  const newlines = i8x16.splat(<i8>RECORD), quotes = i8x16.splat(<i8>QUOTE), delimiters = i8x16.splat(<i8>DELIMITER);
  const previous = <u32>load<u8>(base + start - 1), crlf = CRLF;
  if (start == 0) mapped = base;
  else if (start != from || (start & 7)) mapped = 0;
  let inside: u64 = quoted ? -1 : 0; // all ones while inside quotes
  // Bit 0: the last byte was a closing quote. Before a later part of a window it was if it is a quote and we are outside.
  let justClosed = <u64>(start == from && from != 0 && !quoted && previous == QUOTE);
  // Bit 0: a quote as the next byte opens a field.
  let opens = justClosed | <u64>(start == 0 || previous == DELIMITER || (previous == RECORD && (!CRLF || (start > 1 && load<u8>(base + start - 2) == 13))));
  let high = i64x2.splat(0);
  let anyQuote: u64 = 0, anySuspect: u64 = 0, anyQuotedNewline: u64 = 0, anyDoubled: u64 = 0;
  for (let i = start; i < to; i += 64) {
    let p = base + i, valid: u64 = -1;
    if (i + 64 > to) {
      p = partialBlock(p, to - i);
      valid = (<u64>1 << <u64>(to - i)) - 1;
    }
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    high = v128.or(high, either(a, b, c, d));
    const q = bits(quotes, a, b, c, d) & valid;
    const newline = recordEnds(p, i, bits(newlines, a, b, c, d) & valid, crlf);
    const delimiter = bits(delimiters, a, b, c, d), separators = delimiter | newline;
    const inq = prefixXor(q) ^ inside;
    const opening = q & inq, closing = q ^ opening;
    const afterClosing = ((closing << 1) | justClosed) & valid;
    const before = separators | closing;
    let suspect = (opening & ~((before << 1) | opens)) | (afterClosing & ~(separators | opening));
    if (suspect) suspect = withoutCrlf(p, suspect, newline);
    anyQuote |= q;
    anySuspect |= suspect;
    const double = afterClosing & opening;
    anyDoubled |= double;
    store<u64>(DOUBLES + (<usize>i >> 3), double);
    anyQuotedNewline |= newline & inq;
    inside = <u64>(<i64>inq >> 63);
    justClosed = closing >> 63;
    opens = before >> 63;
    store<u64>(BITMAP + (<usize>i >> 3), delimiter & ~inq);
    o = storeEnds(newline & ~inq, i + 1, o);
  }
  blocksHigh = high;
  seen |= (anyQuote ? QUOTED : 0) | (anySuspect || (anyQuote && FOREIGN_ESCAPE) ? IRREGULAR : 0) | (anyQuotedNewline ? QUOTED_DELIMITER : 0)
    | (anyDoubled ? DOUBLED : 0) | (inside ? ENDS_QUOTED : 0);
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

let endsUsed: u32 = 0;
let nextStart: usize = 0;
let trimmed: u32 = 0;

export function recordsEnds(): u32 {
  return endsUsed;
}
export function recordsNext(): usize {
  return nextStart;
}
export function recordsTrimmed(): u32 {
  return trimmed;
}

export function csvRecords(base: usize, first: u32, count: u32, start: usize, rowsMax: u32): u32 {
  resetArena();
  const limit = ROWS + (<usize>rowsMax << 3), ends = ENDS, crlf = CRLF, trim = TRIM_CR, mask = COMMENT_MASK, value = COMMENT_VALUE;
  let o = ROWS, s = start, i = first, cut: u32 = 0;
  for (; i < count && o < limit; i++) {
    const next = base + <usize>load<u32>(ends + (<usize>i << 2));
    let e = next - 1;
    if (crlf) e--;
    else if (trim && e > s && load<u8>(e - 1) == 13) {
      e--;
      cut++;
    }
    store<u32>(o, <u32>s);
    store<u32>(o, <u32>e, 4);
    o += <usize>(<u32>(e > s) & <u32>((load<u32>(s) & mask) != value)) << 3;
    s = next;
  }
  endsUsed = i;
  nextStart = s;
  trimmed = cut;
  return <u32>((o - ROWS) >> 3);
}

/** Whether a quoted field has quotes inside. */
// @ts-ignore: decorator
@inline
function holdsQuote(s: usize, length: u32): bool {
  const quote = i8x16.splat(<i8>QUOTE);
  let found: u32 = 0;
  for (let t: u32 = 0; t < length; t += 16) {
    const valid: u32 = length - t >= 16 ? 0xffff : (1 << (length - t)) - 1;
    found |= <u32>i8x16.bitmask(i8x16.eq(v128.load(s + t), quote)) & valid;
  }
  return found != 0;
}

/** The same of a field in a window with bitmaps, for short fields out of that of doubled quotes. */
// @ts-ignore: decorator
@inline
function holdsDouble(s: usize, length: u32, origin: usize): bool {
  if (length > 56) return holdsQuote(s, length);
  const at = s - origin;
  return ((load<u64>(DOUBLES + (at >> 3)) >> <u64>(at & 7)) & ((<u64>1 << length) - 1)) != 0;
}

/** A copy of a quoted field in the arena, its doubled quotes single. */
function unquote(s: usize, length: u32): u64 {
  const into = takeArena(length), end = s + length;
  let o = into;
  for (let p = s; p < end; p++) {
    const c = load<u8>(p);
    store<u8>(o++, c);
    if (c == <u8>QUOTE) p++;
  }
  return <u64>into | (<u64>(o - into) << 32);
}

/** How locate finds delimiters: in text without quotes, by quote parity since the record's start, in the bitmap. */
const BARE: u32 = 0, PARITY: u32 = 1, MAPPED: u32 = 2;
/** Quote state before the block that `delimitersAt` reads next. */
let carry: u64 = 0;

/** How to locate in a window with these flags. */
function locateMode(seen: u32): u32 {
  return !(seen & QUOTED) ? BARE : mapped ? MAPPED : PARITY;
}

/** Begins a row. The bitmap is read at whole bytes: answers how many bytes before the row its first word begins. */
// @ts-ignore: decorator
@inline
function startRow(start: usize, origin: usize, mode: u32): usize {
  if (mode == PARITY) carry = 0;
  return mode == MAPPED ? (start - origin) & 7 : 0;
}

/** The delimiters outside quotes among the 64 bytes at `p`. */
// @ts-ignore: decorator
@inline
function delimitersAt(p: usize, delimiter: v128, quote: v128, origin: usize, mode: u32): u64 {
  if (mode == MAPPED) return load<u64>(BITMAP + ((p - origin) >> 3));
  const m = bitsAt(p, delimiter);
  if (mode == BARE) return m;
  const inq = prefixXor(bitsAt(p, quote)) ^ carry;
  carry = <u64>(<i64>inq >> 63);
  return m & ~inq;
}

// @ts-ignore: decorator
@inline
function locate(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize, mode: u32, doubled: bool): void {
  const gapsEnd = gaps + (<usize>columns << 2);
  // why: V8 does not hoist splats and globals out of loops.
  const delimiter = i8x16.splat(<i8>DELIMITER), quote = i8x16.splat(<i8>QUOTE), quoteByte = <u8>QUOTE, origin = mapped;
  for (let i: u32 = 0; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const start = <usize>load<u32>(ROWS + (r << 3)), e = <usize>load<u32>(ROWS + (r << 3), 4);
    const early = startRow(start, origin, mode);
    let at = start - early, m = delimitersAt(at, delimiter, quote, origin, mode) & (<u64>-1 << <u64>early);
    let s = start, o = fields + (r << 3), g = gaps;
    for (; g < gapsEnd; g += 4) {
      let k = load<u32>(g);
      if (k) {
        let c = <u32>popcnt<u64>(m);
        while (c < k) {
          k -= c;
          at += 64;
          if (at > e) break;
          m = delimitersAt(at, delimiter, quote, origin, mode);
          c = <u32>popcnt<u64>(m);
        }
        if (at > e) break;
        for (let j: u32 = 1; j < k; j++) m &= m - 1;
        s = at + <usize>ctz<u64>(m) + 1;
        m &= m - 1;
        if (s > e) break;
      }
      while (!m) {
        at += 64;
        if (at > e) break;
        m = delimitersAt(at, delimiter, quote, origin, mode);
      }
      let fe = e;
      if (m) {
        const t = at + <usize>ctz<u64>(m);
        if (t < e) {
          fe = t;
          m &= m - 1;
        }
      }
      if (mode != BARE && load<u8>(s) == quoteByte && fe > s + 1) {
        const length = <u32>(fe - s - 2);
        store<u64>(o, doubled && (mode == MAPPED ? holdsDouble(s + 1, length, origin) : holdsQuote(s + 1, length)) ? unquote(s + 1, length) : <u64>(s + 1) | (<u64>length << 32));
      } else store<u64>(o, <u64>s | (<u64>(fe - s) << 32));
      o += stride;
      s = fe + 1;
      if (fe == e && g + 4 < gapsEnd) {
        g += 4;
        break;
      }
    }
    for (; g < gapsEnd; g += 4) {
      store<u64>(o, MISSING);
      o += stride;
    }
  }
}

// One function a variant: inlined into one, they would share registers badly.

function locateBare(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize): void {
  locate(selection, n, gaps, columns, fields, stride, BARE, false);
}

function locateParity(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize): void {
  locate(selection, n, gaps, columns, fields, stride, PARITY, true);
}

function locateMapped(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize): void {
  locate(selection, n, gaps, columns, fields, stride, MAPPED, false);
}

function locateDoubled(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize): void {
  locate(selection, n, gaps, columns, fields, stride, MAPPED, true);
}

/** `seen` are the flags of the window: what it does not have need not be looked for. */
export function csvLocate(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize, seen: u32): void {
  const mode = locateMode(seen);
  if (mode == BARE) locateBare(selection, n, gaps, columns, fields, stride);
  else if (mode == PARITY) locateParity(selection, n, gaps, columns, fields, stride);
  else if (seen & DOUBLED) locateDoubled(selection, n, gaps, columns, fields, stride);
  else locateMapped(selection, n, gaps, columns, fields, stride);
}
