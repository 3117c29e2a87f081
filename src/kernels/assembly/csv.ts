// Record ends, records and columns of CSV.
//
// Index: one pass over the window. Quote state is a prefix xor over quote bits, computed only for blocks that have quotes. The
// regular form is checked on the way: a quote opens only after a delimiter or a quote it doubles, and closes only before one.
// A window that breaks it is flagged and read by the reference kernels instead, so parity is never trusted where it may lie.
//
// Locate: rows are independent, so the processor overlaps them; only the prefix up to the last wanted column is touched.
import { any, bits, bitsAt, prefixXor } from './masks';
import {
  COMMENT_MASK, COMMENT_VALUE, CRLF, DELIMITER, ENDS, FOREIGN_ESCAPE, QUOTE, RECORD, ROWS, TRIM_CR, resetArena, takeArena,
} from './state';

const QUOTED: u32 = 1, IRREGULAR: u32 = 2, QUOTED_DELIMITER: u32 = 4, HIGH: u32 = 8, DOUBLED: u32 = 32, ENDS_QUOTED: u32 = 64;
const MISSING: u64 = 0xffffffff00000000;
const NO_QUOTE: u32 = 256;

let seen: u32 = 0;
let inside: u64 = 0; // all ones while inside quotes
let justClosed: u64 = 0; // bit 0: the last byte was a closing quote
let high: v128 = i64x2.splat(0);

export function flags(): u32 {
  return seen;
}

/** The quote-aware part of a block: returns the bits inside quotes. `mayOpen`: a quote as first byte opens a field. */
function quotes(p: usize, newline: u64, valid: u64, mayOpen: bool): u64 {
  const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
  const q = bits(i8x16.splat(<i8>QUOTE), a, b, c, d) & valid;
  const delimiter = bits(i8x16.splat(<i8>DELIMITER), a, b, c, d);
  const cr = bits(i8x16.splat(13), a, b, c, d);
  const inq = prefixXor(q) ^ inside;
  const opening = q & inq, closing = q & ~inq;
  const afterClosing = ((closing << 1) | justClosed) & valid;
  // A CR closes a field only as part of the record's end; the newline may be the first byte after this block.
  const crNewline = cr & ((newline >> 1) | (<u64>(load<u8>(p, 64) == <u8>RECORD) << 63));
  const before = ((delimiter | newline | closing) << 1) | justClosed | <u64>mayOpen;
  const irregular = (opening & ~before) | (afterClosing & ~(delimiter | newline | crNewline | opening));
  seen |= (q ? QUOTED : 0) | (irregular || FOREIGN_ESCAPE ? IRREGULAR : 0) | (newline & inq ? QUOTED_DELIMITER : 0) | (afterClosing & opening ? DOUBLED : 0);
  inside = <u64>(<i64>inq >> 63);
  justClosed = closing >> 63;
  return inq;
}

/** Writes the ends of one block; `at` is its offset from the window's base. Returns the next place to write. */
// @ts-ignore: decorator
@inline
function block(p: usize, at: u32, o: usize, valid: u64): usize {
  const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
  high = v128.or(high, v128.or(v128.or(a, b), v128.or(c, d)));
  let m = bits(i8x16.splat(<i8>RECORD), a, b, c, d) & valid;
  if (QUOTE != NO_QUOTE && (any(i8x16.splat(<i8>QUOTE), a, b, c, d) || (inside | justClosed))) {
    const previous = <u32>load<u8>(p - 1);
    m &= ~quotes(p, m, valid, at == 0 || previous == DELIMITER || previous == RECORD);
  }
  const k = <u32>popcnt<u64>(m);
  store<u32>(o, at + 1 + <u32>ctz<u64>(m));
  m &= m - 1;
  store<u32>(o, at + 1 + <u32>ctz<u64>(m), 4);
  if (k > 2) {
    m &= m - 1;
    let t = o + 8;
    for (let j: u32 = 2; j < k; j++) {
      store<u32>(t, at + 1 + <u32>ctz<u64>(m));
      m &= m - 1;
      t += 4;
    }
  }
  return o + (k << 2);
}

/** The last, partial block is read from here, padded with zeros; one byte before it stands the byte before the block. */
const scratch = memory.data(64 + 64 + 64, 16);

export function csvIndex(base: usize, from: u32, to: u32, count: u32, quoted: bool): u32 {
  seen = 0;
  inside = quoted ? -1 : 0;
  // The byte before a later part of a window was a closing quote if it is a quote and we are outside.
  justClosed = <u64>(from != 0 && !quoted && <u32>load<u8>(base + from - 1) == QUOTE);
  high = i64x2.splat(0);
  let o = ENDS + (<usize>count << 2);
  let i = from;
  for (; i + 64 <= to; i += 64) o = block(base + i, i, o, -1);
  if (i < to) {
    memory.fill(scratch, 0, 192);
    memory.copy(scratch + 63, base + i - 1, <usize>(to - i) + 1);
    o = block(scratch + 64, i, o, (<u64>1 << <u64>(to - i)) - 1);
  }
  if (v128.any_true(v128.and(high, i8x16.splat(<i8>0x80)))) seen |= HIGH;
  if (inside) seen |= ENDS_QUOTED;
  return <u32>((o - ENDS) >> 2);
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
  const limit = ROWS + (<usize>rowsMax << 3);
  let o = ROWS, s = start, i = first, cut: u32 = 0;
  for (; i < count && o < limit; i++) {
    const next = base + <usize>load<u32>(ENDS + (<usize>i << 2));
    let e = next - 1;
    if (CRLF) {
      if (e == s || load<u8>(e - 1) != 13) continue;
      e--;
    } else if (TRIM_CR && e > s && load<u8>(e - 1) == 13) {
      e--;
      cut++;
    }
    store<u32>(o, <u32>s);
    store<u32>(o, <u32>e, 4);
    o += <usize>(<u32>(e > s) & <u32>((load<u32>(s) & COMMENT_MASK) != COMMENT_VALUE)) << 3;
    s = next;
  }
  endsUsed = i;
  nextStart = s;
  trimmed = cut;
  return <u32>((o - ROWS) >> 3);
}

/** A quoted field without its quotes; where quotes are doubled inside, a copy in the arena without them. */
function unquote(s: usize, length: u32): u64 {
  const end = s + length;
  let p = s;
  while (p < end && load<u8>(p) != <u8>QUOTE) p++;
  if (p >= end) return <u64>s | (<u64>length << 32);
  const into = takeArena(length);
  let o = into;
  for (p = s; p < end; p++) {
    const c = load<u8>(p);
    store<u8>(o++, c);
    if (c == <u8>QUOTE) p++;
  }
  return <u64>into | (<u64>(o - into) << 32);
}

// @ts-ignore: decorator
@inline
function locate(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize, Q: bool, D: bool): void {
  const gapsEnd = gaps + (<usize>columns << 2);
  const delimiter = i8x16.splat(<i8>DELIMITER), quote = i8x16.splat(<i8>QUOTE);
  for (let i: u32 = 0; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const start = <usize>load<u32>(ROWS + (r << 3)), e = <usize>load<u32>(ROWS + (r << 3), 4);
    let at = start, carry: u64 = 0, m = bitsAt(at, delimiter);
    if (Q) {
      const inq = prefixXor(bitsAt(at, quote));
      carry = <u64>(<i64>inq >> 63);
      m &= ~inq;
    }
    let s = start, o = fields + (r << 3), g = gaps;
    for (; g < gapsEnd; g += 4) {
      let k = load<u32>(g);
      if (k) {
        let c = <u32>popcnt<u64>(m);
        while (c < k) {
          k -= c;
          at += 64;
          if (at > e) break;
          m = bitsAt(at, delimiter);
          if (Q) {
            const inq = prefixXor(bitsAt(at, quote)) ^ carry;
            carry = <u64>(<i64>inq >> 63);
            m &= ~inq;
          }
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
        m = bitsAt(at, delimiter);
        if (Q) {
          const inq = prefixXor(bitsAt(at, quote)) ^ carry;
          carry = <u64>(<i64>inq >> 63);
          m &= ~inq;
        }
      }
      let fe = e;
      if (m) {
        const t = at + <usize>ctz<u64>(m);
        if (t < e) {
          fe = t;
          m &= m - 1;
        }
      }
      if (Q && load<u8>(s) == <u8>QUOTE && fe > s + 1) {
        store<u64>(o, D ? unquote(s + 1, <u32>(fe - s - 2)) : <u64>(s + 1) | (<u64>(fe - s - 2) << 32));
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

/** `seen` are the flags of the window: what it does not have need not be looked for. */
export function csvLocate(selection: usize, n: u32, gaps: usize, columns: u32, fields: usize, stride: usize, seen: u32): void {
  if (!(seen & QUOTED)) locate(selection, n, gaps, columns, fields, stride, false, false);
  else if (!(seen & DOUBLED)) locate(selection, n, gaps, columns, fields, stride, true, false);
  else locate(selection, n, gaps, columns, fields, stride, true, true);
}
