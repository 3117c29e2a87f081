// Output: whole records or columns, as CSV or JSON, straight into the output area.
//
// A style is a block of constants the caller encodes once a query:
//   +0 u32 length of the record delimiter, +4 its bytes (up to 8), +12 u32 field delimiter, +16 u32 quote (256: none),
//   +20 u32 escape, +24 u32 1 = always quote, +28 u32 1 = runs of records may be copied with their own delimiters,
//   +32 two 16-byte tables by low and high nibble: a byte needs quotes where both have a bit in common.
// Writers stop at the first row that might not fit before `end` and say how many rows they wrote. They may store up to 64
// bytes past what they wrote.
import { ROWS } from './state';

const MISSING_LENGTH: u32 = 0xffffffff;
const NULL_LENGTH: u32 = 0xfffffffe;
export const DOUBT_LENGTH: u32 = 0xfffffffd;
export const NO_QUOTE: u32 = 256;

let rowsWritten: u32 = 0;
let outEnd: usize = 0;
let blocked: bool = false;

export function writtenRows(): u32 {
  return rowsWritten;
}
export function writtenEnd(): usize {
  return outEnd;
}
/** The last writer stopped at a record that cannot be copied as it is: it holds a CR and would need quotes. */
export function writeBlocked(): bool {
  return blocked;
}

// @ts-ignore: decorator
@inline
function tailMask(length: u32): u32 {
  return length >= 16 ? 0xffff : (1 << length) - 1;
}

/** For writers in other files. */
export function setWritten(rows: u32, end: usize, isBlocked: bool): void {
  rowsWritten = rows;
  outEnd = end;
  blocked = isBlocked;
}

/** Copies and tells whether there was a CR. */
function copyRecord(from: usize, length: u32, to: usize): bool {
  const cr = i8x16.splat(13);
  let t: u32 = 0;
  let found = i64x2.splat(0);
  for (; t + 64 <= length; t += 64) {
    const a = v128.load(from + t), b = v128.load(from + t, 16), c = v128.load(from + t, 32), d = v128.load(from + t, 48);
    v128.store(to + t, a);
    v128.store(to + t, b, 16);
    v128.store(to + t, c, 32);
    v128.store(to + t, d, 48);
    found = v128.or(found, v128.or(v128.or(i8x16.eq(a, cr), i8x16.eq(b, cr)), v128.or(i8x16.eq(c, cr), i8x16.eq(d, cr))));
  }
  let rest: u32 = 0;
  for (; t < length; t += 16) {
    const a = v128.load(from + t);
    v128.store(to + t, a);
    rest |= <u32>i8x16.bitmask(i8x16.eq(a, cr)) & tailMask(length - t);
  }
  return rest != 0 || v128.any_true(found);
}

export function writeRecords(selection: usize, n: u32, style: usize, out: usize, end: usize): void {
  const delimiterLength = load<u32>(style), delimiter = load<u64>(style + 4), runs = load<u32>(style + 28) != 0;
  const refuseCr = load<u32>(style + 16) != NO_QUOTE;
  let o = out, i: u32 = 0;
  blocked = false;
  while (i < n) {
    const r = selection ? load<u32>(selection + (<usize>i << 2)) : i;
    const from = <usize>load<u32>(ROWS + (<usize>r << 3));
    let e = <usize>load<u32>(ROWS + (<usize>r << 3), 4);
    if (o + (e - from) + delimiterLength > end) break;
    let j = i + 1;
    if (runs) {
      let last = r;
      while (j < n) {
        const next = selection ? load<u32>(selection + (<usize>j << 2)) : j;
        if (next != last + 1 || <usize>load<u32>(ROWS + (<usize>next << 3)) != e + 1) break;
        const nextEnd = <usize>load<u32>(ROWS + (<usize>next << 3), 4);
        if (o + (nextEnd - from) + delimiterLength > end) break;
        e = nextEnd;
        last = next;
        j++;
      }
    }
    if (copyRecord(from, <u32>(e - from), o) && refuseCr) {
      if (j > i + 1) {
        // Find the record: copy the run one by one.
        let k = i;
        while (k < j) {
          const row = selection ? load<u32>(selection + (<usize>k << 2)) : k;
          const s = <usize>load<u32>(ROWS + (<usize>row << 3)), length = load<u32>(ROWS + (<usize>row << 3), 4) - <u32>s;
          if (copyRecord(s, length, o)) break;
          o += length;
          store<u64>(o, delimiter);
          o += delimiterLength;
          k++;
        }
        i = k;
        // The CRs were the records' delimiters.
        if (k == j) continue;
      }
      blocked = true;
      break;
    }
    o += e - from;
    store<u64>(o, delimiter);
    o += delimiterLength;
    i = j;
  }
  rowsWritten = i;
  outEnd = o;
}

/** Copies a field; true where a byte of it needs quotes. */
// @ts-ignore: decorator
@inline
export function copyField(from: usize, length: u32, to: usize, low: v128, high: v128): bool {
  const nibble = i8x16.splat(0x0f), zero = i8x16.splat(0);
  let found: u32 = 0;
  for (let t: u32 = 0; t < length; t += 16) {
    const a = v128.load(from + t);
    v128.store(to + t, a);
    const special = v128.and(i8x16.swizzle(low, v128.and(a, nibble)), i8x16.swizzle(high, i8x16.shr_u(a, 4)));
    found |= <u32>i8x16.bitmask(i8x16.ne(special, zero)) & tailMask(length - t);
  }
  return found != 0;
}

// @ts-ignore: decorator
@inline
export function copyPlain(from: usize, length: u32, to: usize): void {
  for (let t: u32 = 0; t < length; t += 16) v128.store(to + t, v128.load(from + t));
}

export function writeQuoted(from: usize, length: u32, to: usize, quote: u32, escape: u32): usize {
  let o = to;
  store<u8>(o++, quote);
  for (let t: u32 = 0; t < length; t++) {
    const c = <u32>load<u8>(from + t);
    if (c == quote || c == escape) store<u8>(o++, escape);
    store<u8>(o++, c);
  }
  store<u8>(o++, quote);
  return o;
}

// Fields up to here are copied by two moves.
const SHORT: u32 = 32;

/** The column at which `shortFields` stopped. */
let stoppedAt: usize = 0;

/** The bytes that need no quotes, as bits. */
// @ts-ignore: decorator
@inline
export function ordinary(a: v128, low: v128, high: v128): u32 {
  const special = v128.and(i8x16.swizzle(low, v128.and(a, i8x16.splat(0x0f))), i8x16.swizzle(high, i8x16.shr_u(a, 4)));
  return <u32>i8x16.bitmask(i8x16.eq(special, i8x16.splat(0)));
}

/**
 * Writes the fields of a row, each with its delimiter, up to the first that is long, is no text or needs quotes. `row8`: eight times the
 * row; `plain`: no column needs quotes. A function of its own, so that all it needs stays in registers.
 */
function shortFields(columns: usize, columnsEnd: usize, row8: usize, plain: bool, style: usize, out: usize): usize {
  const delimiter = load<u32>(style + 12);
  let c = columns, o = out;
  while (c < columnsEnd) {
    const f = load<u64>(<usize>load<u32>(c) + row8);
    const from = <usize>(f & 0xffffffff), length = <u32>(f >> 32);
    if (length > SHORT) break;
    const a = v128.load(from), b = v128.load(from, 16);
    v128.store(o, a);
    v128.store(o, b, 16);
    if (!plain) {
      const low = v128.load(style + 32), high = v128.load(style + 48);
      const found = ~(ordinary(a, low, high) | (ordinary(b, low, high) << 16));
      if (<u64>found & (((<u64>1) << <u64>length) - 1)) break;
    }
    o += length;
    store<u8>(o, delimiter);
    o++;
    c += 4;
  }
  stoppedAt = c;
  return o;
}

/** `columns`: address of u32 addresses, one for each column's fields. */
export function writeCsv(columns: usize, count: u32, selection: usize, n: u32, style: usize, out: usize, end: usize): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4), delimiter = load<u32>(style + 12);
  const quote = load<u32>(style + 16), escape = load<u32>(style + 20);
  const low = v128.load(style + 32), high = v128.load(style + 48);
  const copyOnly = quote == NO_QUOTE, always = load<u32>(style + 24) != 0 && !copyOnly;
  const columnsEnd = columns + (<usize>count << 2);
  // What all fields take where they are short, and the last might.
  const room = always ? <usize>-1 : <usize>count * (SHORT + 1) + 2 * SHORT + 3 + delimiterLength;
  let o = out, i: u32 = 0;
  blocked = false;
  for (; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const rowStart = o;
    let fits = true;
    for (let c = columns; c < columnsEnd; c += 4) {
      if (room <= end - o) {
        o = shortFields(c, columnsEnd, r << 3, copyOnly, style, o);
        c = stoppedAt;
        if (c == columnsEnd) break;
      }
      const f = load<u64>(<usize>load<u32>(c) + (r << 3));
      const from = <usize>(f & 0xffffffff);
      let length = <u32>(f >> 32);
      if (length >= DOUBT_LENGTH) {
        if (length == DOUBT_LENGTH) {
          blocked = true;
          fits = false;
          break;
        }
        length = 0;
      }
      if (o + (<usize>length << <usize>!copyOnly) + 3 + delimiterLength > end) {
        fits = false;
        break;
      }
      if (always) o = writeQuoted(from, length, o, quote, escape);
      else if (copyOnly) {
        copyPlain(from, length, o);
        o += length;
      } else if (copyField(from, length, o, low, high)) o = writeQuoted(from, length, o, quote, escape);
      else o += length;
      store<u8>(o++, delimiter);
    }
    if (!fits) {
      o = rowStart;
      break;
    }
    o--; // the delimiter after the last field
    store<u64>(o, recordDelimiter);
    o += delimiterLength;
  }
  rowsWritten = i;
  outEnd = o;
}

const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

function writeEscaped(from: usize, length: u32, to: usize): usize {
  let o = to;
  for (let t: u32 = 0; t < length; t++) {
    const c = <u32>load<u8>(from + t);
    let short: u32 = 0;
    if (c == 34 || c == 92) short = c;
    else if (c == 10) short = 110;
    else if (c == 13) short = 114;
    else if (c == 9) short = 116;
    else if (c == 8) short = 98;
    else if (c == 12) short = 102;
    if (short) {
      store<u8>(o, 92);
      store<u8>(o, short, 1);
      o += 2;
    } else if (c < 32) {
      store<u32>(o, 0x3030755c); // \u00
      store<u8>(o, load<u8>(HEX + (c >> 4)), 4);
      store<u8>(o, load<u8>(HEX + (c & 15)), 5);
      o += 6;
    } else store<u8>(o++, c);
  }
  return o;
}

const TOKEN: u32 = 1;
const SPARSE: u32 = 2;

export function writeJson(
  columns: usize, count: u32, keys: usize, forms: usize, selection: usize, n: u32, style: usize, out: usize, end: usize,
): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4);
  const quote = i8x16.splat(34), backslash = i8x16.splat(92), space = i8x16.splat(32);
  let o = out, i: u32 = 0;
  blocked = false;
  for (; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const rowStart = o;
    let fits = true;
    store<u8>(o++, 123);
    const first = o;
    for (let c: u32 = 0; c < count; c++) {
      const f = load<u64>(<usize>load<u32>(columns + (<usize>c << 2)) + (r << 3)), key = load<u64>(keys + (<usize>c << 3));
      const from = <usize>(f & 0xffffffff), length = <u32>(f >> 32), keyLength = <u32>(key >> 32);
      const form = forms ? <u32>load<u8>(forms + c) : 0;
      if (length == MISSING_LENGTH || (length == NULL_LENGTH && form & SPARSE)) continue;
      if (length == DOUBT_LENGTH) {
        blocked = true;
        fits = false;
        break;
      }
      const isNull = length == NULL_LENGTH, isToken = isNull || (form & TOKEN) != 0;
      const bytes: u32 = isNull ? 4 : isToken ? length : 6 * length;
      if (o + keyLength + bytes + 5 + delimiterLength > end) {
        fits = false;
        break;
      }
      copyPlain(<usize>(key & 0xffffffff), keyLength, o);
      o += keyLength;
      if (isToken) {
        if (isNull) store<u32>(o, 0x6c6c756e); // null
        else copyPlain(from, length, o);
        o += bytes;
        store<u8>(o++, 44);
        continue;
      }
      store<u8>(o++, 34);
      let found: u32 = 0;
      for (let t: u32 = 0; t < length; t += 16) {
        const a = v128.load(from + t);
        v128.store(o + t, a);
        const special = v128.or(i8x16.lt_u(a, space), v128.or(i8x16.eq(a, quote), i8x16.eq(a, backslash)));
        found |= <u32>i8x16.bitmask(special) & tailMask(length - t);
      }
      o = found ? writeEscaped(from, length, o) : o + length;
      store<u16>(o, 0x2c22); // ",
      o += 2;
    }
    if (!fits || o + 2 + delimiterLength > end) {
      o = rowStart;
      break;
    }
    if (o > first) o--;
    store<u8>(o++, 125);
    store<u64>(o, recordDelimiter);
    o += delimiterLength;
  }
  rowsWritten = i;
  outEnd = o;
}
