// Predicates: each reads a selection and writes the rows that may satisfy it. Written branch-free where the outcome is data.
import { bitsAt } from './masks';
import { number } from './number';
import { ROWS, UNDECIDED } from './state';
import { csvLocate } from './csv';

const MISSING_LENGTH: u32 = 0xffffffff;
const UNTYPED: u32 = 2;

// @ts-ignore: decorator
@inline
function rowAt(selection: usize, i: u32): u32 {
  return selection ? load<u32>(selection + (<usize>i << 2)) : i;
}

export function selectNumber(fields: usize, selection: usize, n: u32, low: f64, high: f64, reading: u32, negated: u32, into: usize): u32 {
  let o = into;
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(selection, i);
    const f = load<u64>(fields + (<usize>r << 3));
    const length = <u32>(f >> 32);
    const v = number(<usize>(f & 0xffffffff), length, reading);
    let keep = (<u32>(v >= low) & <u32>(v <= high)) ^ negated;
    if (v != v) {
      // MISSING is never kept; an untyped empty text is NULL; the rest is for the exact path.
      keep = <u32>(length != MISSING_LENGTH && !(reading == UNTYPED && length == 0));
      if (keep) store<u8>(UNDECIDED + r, 1);
    }
    store<u32>(o, r);
    o += <usize>keep << 2;
  }
  return <u32>((o - into) >> 2);
}

// @ts-ignore: decorator
@inline
function firstEight(p: usize, length: u32): u64 {
  const x = bswap<u64>(load<u64>(p));
  return length >= 8 ? x : length ? x & (<u64>-1 << <u64>(64 - 8 * length)) : 0;
}

/** Byte order of two texts: negative, 0 or positive. */
export function compare(a: usize, la: u32, b: usize, lb: u32): i32 {
  const n = min(la, lb);
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) {
    const x = load<u64>(a + i), y = load<u64>(b + i);
    if (x != y) return bswap<u64>(x) < bswap<u64>(y) ? -1 : 1;
  }
  for (; i < n; i++) {
    const d = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (d) return d;
  }
  return la < lb ? -1 : la > lb ? 1 : 0;
}

/** A bound of `selectText`: 0 = none, 1 = exclusive, 2 = inclusive. */
const INCLUSIVE: u32 = 2;

/** Whether a text lies between two bounds, whatever its first bytes. */
function isBetween(p: usize, length: u32, low: usize, lowLength: u32, lowBound: u32, high: usize, highLength: u32, highBound: u32): u32 {
  if (lowBound && compare(p, length, low, lowLength) < (lowBound == INCLUSIVE ? 0 : 1)) return 0;
  return <u32>(!highBound || compare(p, length, high, highLength) <= (highBound == INCLUSIVE ? 0 : -1));
}

export function selectText(
  fields: usize, selection: usize, n: u32, low: usize, lowLength: u32, lowBound: u32, high: usize, highLength: u32, highBound: u32, negated: u32, into: usize,
): u32 {
  const lowHead = lowBound ? firstEight(low, lowLength) : 0, highHead = highBound ? firstEight(high, highLength) : <u64>-1;
  let o = into;
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(selection, i);
    const f = load<u64>(fields + (<usize>r << 3));
    const p = <usize>(f & 0xffffffff), length = <u32>(f >> 32);
    let keep: u32 = 0;
    if (length != MISSING_LENGTH) {
      const x = firstEight(p, length);
      // why: heads that differ decide, and where that is most often the case there is nothing left to predict.
      keep = <u32>(x > lowHead) & <u32>(x < highHead);
      if (x == lowHead || x == highHead) keep = isBetween(p, length, low, lowLength, lowBound, high, highLength, highBound);
      keep ^= negated;
    }
    store<u32>(o, r);
    o += <usize>keep << 2;
  }
  return <u32>((o - into) >> 2);
}

/** Of the bytes of a text, four at a time; `Constants.textSet` computes the same. */
// @ts-ignore: decorator
@inline
function hash(p: usize, length: u32): u32 {
  let h = length, t: u32 = 0;
  for (; t + 4 <= length; t += 4) {
    h = (h ^ load<u32>(p + t)) * 0x9e3779b1;
    h ^= h >> 15;
  }
  if (t < length) {
    h = (h ^ (load<u32>(p + t) & ((1 << ((length - t) << 3)) - 1))) * 0x9e3779b1;
    h ^= h >> 15;
  }
  return h;
}

/** Whether a text is in a set: `size` fields, then u32 mask and a table of u32 field numbers, counted from 1, by their hash. */
export function findInSet(p: usize, length: u32, set: usize, size: u32): bool {
  const table = set + (<usize>size << 3), mask = load<u32>(table);
  let at = hash(p, length) & mask;
  while (true) {
    const entry = load<u32>(table + (<usize>at << 2), 4);
    if (!entry) return false;
    const f = load<u64>(set + (<usize>(entry - 1) << 3));
    if (<u32>(f >> 32) == length && compare(p, length, <usize>(f & 0xffffffff), length) == 0) return true;
    at = (at + 1) & mask;
  }
  return false;
}

export function selectIn(fields: usize, selection: usize, n: u32, set: usize, size: u32, negated: u32, into: usize): u32 {
  let o = into;
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(selection, i);
    const f = load<u64>(fields + (<usize>r << 3));
    const length = <u32>(f >> 32);
    const keep = length == MISSING_LENGTH ? 0 : <u32>findInSet(<usize>(f & 0xffffffff), length, set, size);
    store<u32>(o, r);
    o += <usize>(keep ^ negated) << 2;
  }
  return <u32>((o - into) >> 2);
}

export function selectPresent(fields: usize, selection: usize, n: u32, negated: u32, into: usize): u32 {
  let o = into;
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(selection, i);
    store<u32>(o, r);
    o += <usize>(<u32>(load<u32>(fields + (<usize>r << 3), 4) != MISSING_LENGTH) ^ negated) << 2;
  }
  return <u32>((o - into) >> 2);
}

// A LIKE program: u32 count of bytes, then per piece u32 kind (0 text, 1 any one character, 2 any run), u32 length, and for text
// its bytes padded to 4. What follows a run is text: `%_` is written `_%`. Matched with one retry point, so the time is bounded by
// text times pattern, never exponential.
const TEXT: u32 = 0, ONE: u32 = 1;

// @ts-ignore: decorator
@inline
function nextCharacter(p: usize, end: usize): usize {
  p++;
  while (p < end && (load<u8>(p) & 0xc0) == 0x80) p++;
  return p;
}

// @ts-ignore: decorator
@inline
function equal(a: usize, b: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Where a text of at least one byte first stands in `[p, end)`, 0 for nowhere: its first and last byte are looked for at their distance. */
function find(p: usize, end: usize, text: usize, size: u32): usize {
  const first = i8x16.splat(load<i8>(text)), last = i8x16.splat(load<i8>(text + size - 1));
  for (; p + size <= end; p += 16) {
    let m = <u32>i8x16.bitmask(v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + size - 1), last)));
    while (m) {
      const hit = p + <usize>ctz<u32>(m);
      if (hit + size > end) return 0;
      if (size < 3 || equal(hit, text, size)) return hit;
      m &= m - 1;
    }
  }
  return 0;
}

export function like(p: usize, length: u32, program: usize): bool {
  const end = p + length, last = program + 4 + load<u32>(program);
  let piece = program + 4;
  let run: usize = 0, from = p;
  while (true) {
    let matched = true;
    while (piece < last) {
      const kind = load<u32>(piece), size = load<u32>(piece, 4);
      if (kind == TEXT) {
        if (<u32>(end - p) < size || !equal(p, piece + 8, size)) {
          matched = false;
          break;
        }
        p += size;
        piece += 8 + ((size + 3) & ~3);
      } else if (kind == ONE) {
        if (p >= end) return false;
        p = nextCharacter(p, end);
        piece += 8;
      } else {
        piece += 8;
        if (piece >= last) return true;
        run = piece;
        from = p;
        matched = false;
        break;
      }
    }
    if (matched && p == end) return true;
    if (!run) return false;
    const size = load<u32>(run, 4);
    p = find(from, end, run + 8, size);
    if (!p) return false;
    from = p + 1;
    p += size;
    piece = run + 8 + ((size + 3) & ~3);
  }
  return false;
}

export function selectLike(fields: usize, selection: usize, n: u32, program: usize, negated: u32, into: usize): u32 {
  let o = into;
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(selection, i);
    const f = load<u64>(fields + (<usize>r << 3));
    const length = <u32>(f >> 32);
    const keep = length == MISSING_LENGTH ? 0 : <u32>like(<usize>(f & 0xffffffff), length, program) ^ negated;
    store<u32>(o, r);
    o += <usize>keep << 2;
  }
  return <u32>((o - into) >> 2);
}

// @ts-ignore: decorator
@inline
function pairs(p: usize, first: v128, q: usize, second: v128): u64 {
  const a = v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(q), second));
  const b = v128.and(i8x16.eq(v128.load(p, 16), first), i8x16.eq(v128.load(q, 16), second));
  const c = v128.and(i8x16.eq(v128.load(p, 32), first), i8x16.eq(v128.load(q, 32), second));
  const d = v128.and(i8x16.eq(v128.load(p, 48), first), i8x16.eq(v128.load(q, 48), second));
  if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return 0;
  return <u64>(<u32>i8x16.bitmask(a)) | (<u64>(<u32>i8x16.bitmask(b)) << 16) | (<u64>(<u32>i8x16.bitmask(c)) << 32) | (<u64>(<u32>i8x16.bitmask(d)) << 48);
}

const gap = memory.data(4, 4);
const oneRow = memory.data(4, 4);

/**
 * Rows whose column contains the needle. The raw bytes of the whole batch are searched first (first and last byte of the needle
 * compared at their distance); the column is located only for rows with a hit. Sound because the needle holds no quote character.
 */
export function selectContaining(rows: u32, column: u32, needle: usize, length: u32, fields: usize, seen: u32, into: usize): u32 {
  if (!rows) return 0;
  const first = i8x16.splat(load<i8>(needle)), second = i8x16.splat(load<i8>(needle + length - 1));
  const start = <usize>load<u32>(ROWS), end = <usize>load<u32>(ROWS + (<usize>(rows - 1) << 3), 4);
  store<u32>(gap, column);
  let o = into, r: u32 = 0;
  let p = start;
  while (p < end) {
    let m = pairs(p, first, p + length - 1, second);
    while (m) {
      const hit = p + <usize>ctz<u64>(m);
      m &= m - 1;
      if (!equal(hit, needle, length)) continue;
      while (r < rows && <usize>load<u32>(ROWS + (<usize>r << 3), 4) <= hit) r++;
      if (r >= rows) return <u32>((o - into) >> 2);
      if (hit < <usize>load<u32>(ROWS + (<usize>r << 3))) continue;
      store<u32>(oneRow, r);
      csvLocate(oneRow, 1, gap, 1, fields, 0, seen);
      const f = load<u64>(fields + (<usize>r << 3));
      if (contains(f, needle, length)) {
        store<u32>(o, r);
        o += 4;
      }
      r++; // decided, one way or the other
    }
    p += 64;
  }
  return <u32>((o - into) >> 2);
}

function contains(field: u64, needle: usize, length: u32): bool {
  const size = <u32>(field >> 32);
  if (size == MISSING_LENGTH || size < length) return false;
  const p = <usize>(field & 0xffffffff), last = p + size - length;
  for (let q = p; q <= last; q++) if (load<u8>(q) == load<u8>(needle) && equal(q, needle, length)) return true;
  return false;
}
