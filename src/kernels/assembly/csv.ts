// Records and columns of CSV, of a window that is indexed. Rows are independent, so the processor overlaps them; only the prefix up to
// the last wanted column is touched.
import { DOUBLED, QUOTED, mapped } from './csv-index';
import { bitsAt, prefixXor } from './masks';
import { BITMAP, COMMENT_MASK, COMMENT_VALUE, CRLF, DELIMITER, DOUBLES, ENDS, QUOTE, ROWS, TRIM_CR, resetArena, takeArena } from './state';

const MISSING: u64 = 0xffffffff00000000;

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
        for (; k > 4; k -= 4) {
          m &= m - 1;
          m &= m - 1;
          m &= m - 1;
          m &= m - 1;
        }
        for (; k > 1; k--) m &= m - 1;
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
