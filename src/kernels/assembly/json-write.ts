// Output of JSON records: tokens are copied as they are, blanks outside strings left out. Styles are those of `write`.
import { LIMIT, closingQuote } from './json-masks';
import { isScalar, skipBlanks } from './json-check';
import { endOfValue } from './json-locate';
import { badEscape, hasBackslash, unescape } from './json-text';
import { expectNone, isCompact, isValid, isValidRecord } from './json-verify';
import { ARENA, ROWS } from './state';
import { copyField, copyPlain, writeQuoted } from './write';

const MISSING_LENGTH: u32 = 0xffffffff;
const NO_QUOTE: u32 = 256;

let rowsWritten: u32 = 0;
let outEnd: usize = 0;
let blocked: bool = false;

export function jsonWrittenRows(): u32 {
  return rowsWritten;
}
export function jsonWrittenEnd(): usize {
  return outEnd;
}
/** The last writer stopped at a row whose token is none, or whose record is no object in order. */
export function jsonBlocked(): bool {
  return blocked;
}

/** Copies `[from, end)`, which is in order, without the blanks outside its strings. Answers where the copy ends. */
function copyCompact(p: usize, end: usize, o: usize): usize {
  if (isCompact) {
    copyPlain(p, <u32>(end - p), o);
    return o + (end - p);
  }
  const quote = i8x16.splat(34), blank = i8x16.splat(0x21);
  while (p < end) {
    const x = v128.load(p);
    const m = <u32>i8x16.bitmask(v128.or(i8x16.eq(x, quote), i8x16.lt_u(x, blank)));
    const run = min(m ? <usize>ctz<u32>(m) : 16, end - p);
    v128.store(o, x);
    o += run;
    p += run;
    if (!m || p >= end) continue;
    if (load<u8>(p) != 34) p++;
    else {
      const length = closingQuote(p + 1) + 1 - p;
      copyPlain(p, <u32>length, o);
      o += length;
      p += length;
    }
  }
  return o;
}

/** Copies a token. Answers its end, or 0 where it is none. */
// @ts-ignore: decorator
@inline
function copyToken(p: usize, length: u32, to: usize): usize {
  const c = <u32>load<u8>(p);
  if ((c | 0x20) == 0x7b) return isValid(p, p + length) ? copyCompact(p, p + length, to) : 0;
  if (c != 34 && !isScalar(p, p + length)) return 0;
  copyPlain(p, length, to);
  return to + length;
}

/** One JSON object a row; `keys` are fields holding `"name":`. MISSING omits the key. */
export function jsonWriteColumns(
  columns: usize, count: u32, keys: usize, selection: usize, n: u32, style: usize, out: usize, end: usize,
): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4);
  let o = out, i: u32 = 0;
  blocked = false;
  for (; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const rowStart = o;
    let fits = o + 2 + delimiterLength <= end;
    store<u8>(o++, 123);
    const first = o;
    for (let c: u32 = 0; c < count && fits; c++) {
      const f = load<u64>(<usize>load<u32>(columns + (<usize>c << 2)) + (r << 3)), key = load<u64>(keys + (<usize>c << 3));
      const p = <usize>(f & 0xffffffff), length = <u32>(f >> 32), keyLength = <u32>(key >> 32);
      if (length == MISSING_LENGTH) continue;
      if (o + keyLength + length + 3 + delimiterLength > end) {
        fits = false;
        break;
      }
      copyPlain(<usize>(key & 0xffffffff), keyLength, o);
      const token = copyToken(p, length, o + keyLength);
      if (!token) {
        blocked = true;
        fits = false;
        break;
      }
      o = token;
      store<u8>(o++, 44);
    }
    if (!fits) {
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

/** Whole records: objects as they are, anything else as the only member `_1`, MISSING as an empty object. */
export function jsonWriteRecords(selection: usize, n: u32, style: usize, out: usize, end: usize): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4);
  let o = out, i: u32 = 0;
  blocked = false;
  expectNone();
  for (; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const p = <usize>load<u32>(ROWS + (r << 3)), e = <usize>load<u32>(ROWS + (r << 3), 4);
    if (o + (e - p) + 8 + delimiterLength > end) break;
    if (e == p) {
      store<u16>(o, 0x7d7b);
      o += 2;
    } else if (load<u8>(p) == 123) {
      const next = i + 1 < n ? ROWS + (<usize>(selection ? load<u32>(selection + (<usize>(i + 1) << 2)) : i + 1) << 3) : 0;
      const nextStart = next ? <usize>load<u32>(next) : 0, nextEnd = next ? <usize>load<u32>(next, 4) : 0;
      if (!isValidRecord(p, e, nextStart, nextEnd)) {
        blocked = true;
        break;
      }
      o = copyCompact(p, e, o);
    } else {
      store<u64>(o, 0x003a22315f227b); // {"_1":
      const token = copyToken(p, <u32>(e - p), o + 6);
      if (!token) {
        blocked = true;
        break;
      }
      o = token;
      store<u8>(o++, 125);
    }
    store<u64>(o, recordDelimiter);
    o += delimiterLength;
  }
  rowsWritten = i;
  outEnd = o;
}

/** Writes a token as a CSV field: strings as their text, null as nothing, what is nested as its JSON. 0 where it is no token. */
function csvField(p: usize, length: u32, o: usize, style: usize): usize {
  const quote = load<u32>(style + 16), escape = load<u32>(style + 20), always = load<u32>(style + 24) != 0;
  const c = length == MISSING_LENGTH ? <u32>110 : <u32>load<u8>(p);
  if (c == 110) {
    if (length != MISSING_LENGTH && !isScalar(p, p + length)) return 0;
    length = 0;
  } else if (c == 34) {
    p++;
    length -= 2;
    if (hasBackslash(p, p + length)) {
      const e = unescape(p, p + length, ARENA);
      if (badEscape) return 0;
      length = <u32>(e - ARENA);
      p = ARENA;
    }
  } else if ((c | 0x20) == 0x7b) {
    if (!isValid(p, p + length)) return 0;
    length = <u32>(copyCompact(p, p + length, ARENA) - ARENA);
    p = ARENA;
  } else if (!isScalar(p, p + length)) return 0;
  if (quote == NO_QUOTE) {
    copyPlain(p, length, o);
    return o + length;
  }
  if (always) return writeQuoted(p, length, o, quote, escape);
  return copyField(p, length, o, v128.load(style + 32), v128.load(style + 48)) ? writeQuoted(p, length, o, quote, escape) : o + length;
}

export function jsonWriteCsv(columns: usize, count: u32, selection: usize, n: u32, style: usize, out: usize, end: usize): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4), delimiter = load<u32>(style + 12);
  let o = out, i: u32 = 0;
  blocked = false;
  for (; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const rowStart = o;
    let fits = true;
    for (let c: u32 = 0; c < count; c++) {
      const f = load<u64>(<usize>load<u32>(columns + (<usize>c << 2)) + (r << 3));
      const length = <u32>(f >> 32);
      if (o + (length == MISSING_LENGTH ? 0 : <usize>length << 1) + 3 + delimiterLength > end) {
        fits = false;
        break;
      }
      const e = csvField(<usize>(f & 0xffffffff), length, o, style);
      if (!e) {
        blocked = true;
        fits = false;
        break;
      }
      o = e;
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

/** Whole records as CSV: the values of an object's members, anything else as the only field. */
export function jsonWriteCsvRecords(selection: usize, n: u32, style: usize, out: usize, end: usize): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4);
  let o = out, i: u32 = 0;
  blocked = false;
  for (; i < n; i++) {
    const r = selection ? <usize>load<u32>(selection + (<usize>i << 2)) : <usize>i;
    const p = <usize>load<u32>(ROWS + (r << 3)), e = <usize>load<u32>(ROWS + (r << 3), 4);
    // An empty text and a comma make three bytes in quotes and a delimiter: the longest a record can grow.
    if (o + 4 * (e - p) + 3 + delimiterLength > end) break;
    const to = p == e ? o : load<u8>(p) == 123 ? (isValid(p, e) ? csvMembers(p, o, style) : 0) : csvField(p, <u32>(e - p), o, style);
    if (!to) {
      blocked = true;
      break;
    }
    o = to;
    store<u64>(o, recordDelimiter);
    o += delimiterLength;
  }
  rowsWritten = i;
  outEnd = o;
}

/** The end of the fields, or 0 where the object is not in order. */
function csvMembers(p: usize, o: usize, style: usize): usize {
  const delimiter = load<u32>(style + 12);
  p = skipBlanks(p + 1, LIMIT);
  if (load<u8>(p) == 125) return o;
  while (true) {
    if (load<u8>(p) != 34) return 0;
    p = skipBlanks(closingQuote(p + 1) + 1, LIMIT);
    if (load<u8>(p) != 58) return 0;
    p = skipBlanks(p + 1, LIMIT);
    const e = endOfValue(p);
    if (e <= p) return 0;
    o = csvField(p, <u32>(e - p), o, style);
    if (!o) return 0;
    p = skipBlanks(e, LIMIT);
    if (load<u8>(p) == 125) return o;
    if (load<u8>(p) != 44) return 0;
    p = skipBlanks(p + 1, LIMIT);
    store<u8>(o++, delimiter);
  }
}
