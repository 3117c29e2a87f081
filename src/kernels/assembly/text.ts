// Text of expressions, by row number: compared, matched, or made. See ../value-kernels.ts.
import { compare, findInSet, like } from './select';
import { STATES } from './values';

const MISSING: u32 = 1, NULL: u32 = 2, DOUBT: u32 = 3;
const UNCLEAN: u32 = 256;

// @ts-ignore: decorator
@inline
function rowAt(rows: usize, i: u32): usize {
  return <usize>load<u32>(rows + (<usize>i << 2));
}

/** What an operation answers that takes no unknown: NULL for MISSING too. */
// @ts-ignore: decorator
@inline
function unknown(length: u32): u32 {
  const state = -length;
  return state == MISSING ? NULL : state;
}

// @ts-ignore: decorator
@inline
function stateField(state: u32): u64 {
  return <u64>(-state) << 32;
}

// @ts-ignore: decorator
@inline
function tailMask(length: u32): u32 {
  return length >= 16 ? 0xffff : (1 << length) - 1;
}

export function compareTexts(
  left: usize, leftStep: u32, right: usize, rightStep: u32, rows: usize, n: u32, wanted: u32, truth: usize,
): void {
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const a = load<u64>(left + r * leftStep), b = load<u64>(right + r * rightStep);
    const la = <u32>(a >> 32), lb = <u32>(b >> 32);
    let result: u32;
    if (la >= STATES || lb >= STATES) {
      result = max<u32>(la >= STATES ? unknown(la) : 0, lb >= STATES ? unknown(lb) : 0);
    } else {
      const order = compare(<usize>(a & 0xffffffff), la, <usize>(b & 0xffffffff), lb);
      result = (wanted >> (order < 0 ? 0 : order == 0 ? 1 : 2)) & 1;
    }
    store<u8>(truth + r, <u8>result);
  }
}

export function likeTexts(fields: usize, step: u32, rows: usize, n: u32, program: usize, negated: u32, truth: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const f = load<u64>(fields + r * step);
    const length = <u32>(f >> 32);
    store<u8>(truth + r, <u8>(length >= STATES ? unknown(length) : <u32>like(<usize>(f & 0xffffffff), length, program) ^ negated));
  }
}

export function inTexts(fields: usize, step: u32, rows: usize, n: u32, set: usize, size: u32, negated: u32, truth: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const f = load<u64>(fields + r * step);
    const length = <u32>(f >> 32);
    let result: u32;
    if (length >= STATES) result = -length == DOUBT ? DOUBT : negated;
    else result = <u32>findInSet(<usize>(f & 0xffffffff), length, set, size) ^ negated;
    store<u8>(truth + r, <u8>result);
  }
}

export function textLengths(fields: usize, step: u32, rows: usize, n: u32, values: usize, states: usize): u32 {
  const mask = i8x16.splat(<i8>0xc0), continuation = i8x16.splat(<i8>0x80);
  let unclean: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const f = load<u64>(fields + r * step);
    const p = <usize>(f & 0xffffffff), length = <u32>(f >> 32);
    let count = length, state: u32 = 0;
    if (length >= STATES) state = unknown(length);
    else {
      for (let t: u32 = 0; t < length; t += 16) {
        const inner = <u32>i8x16.bitmask(i8x16.eq(v128.and(v128.load(p + t), mask), continuation)) & tailMask(length - t);
        count -= <u32>popcnt<u32>(inner);
      }
    }
    unclean |= state;
    store<f64>(values + (r << 3), <f64>count);
    store<u8>(states + r, <u8>state);
  }
  return unclean ? UNCLEAN : 0;
}

export function caseTexts(fields: usize, step: u32, rows: usize, n: u32, upper: u32, into: usize, at: usize, end: usize): usize {
  const first = i8x16.splat(upper ? 97 : 65), letters = i8x16.splat(26), bit = i8x16.splat(32);
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const f = load<u64>(fields + r * step);
    const p = <usize>(f & 0xffffffff), length = <u32>(f >> 32);
    let result: u64;
    if (length >= STATES) result = stateField(unknown(length));
    else if (at + length > end) result = stateField(DOUBT);
    else {
      let high: u32 = 0;
      for (let t: u32 = 0; t < length; t += 16) {
        const a = v128.load(p + t);
        high |= <u32>i8x16.bitmask(a) & tailMask(length - t);
        const other = i8x16.lt_u(i8x16.sub(a, first), letters);
        v128.store(at + t, v128.xor(a, v128.and(other, bit)));
      }
      if (high) result = stateField(DOUBT);
      else {
        result = <u64>at | (<u64>length << 32);
        at += length;
      }
    }
    store<u64>(into + (r << 3), result);
  }
  return at;
}

/** Bytes of the first `count` characters; all of them where there are fewer. */
// @ts-ignore: decorator
@inline
function bytesOf(p: usize, length: u32, count: u32): u32 {
  if (count >= length) return length;
  let t: u32 = 0;
  for (; t < count; t += 16) if (<u32>i8x16.bitmask(v128.load(p + t)) & tailMask(count - t)) break;
  if (t >= count) return count;
  let passed = t;
  while (t < length) {
    if ((load<u8>(p + t) & 0xc0) != 0x80 && passed++ == count) break;
    t++;
  }
  return t;
}

export function substringTexts(fields: usize, step: u32, rows: usize, n: u32, skip: u32, take: u32, into: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const f = load<u64>(fields + r * step);
    const length = <u32>(f >> 32);
    let result: u64;
    if (length >= STATES) result = stateField(unknown(length));
    else {
      const p = <usize>(f & 0xffffffff);
      const from = bytesOf(p, length, skip);
      result = <u64>(p + from) | (<u64>bytesOf(p + from, length - from, take) << 32);
    }
    store<u64>(into + (r << 3), result);
  }
}

// @ts-ignore: decorator
@inline
function isMember(set: usize, c: u32): bool {
  return c < 128 && load<u8>(set + c) != 0;
}

export function trimTexts(fields: usize, step: u32, rows: usize, n: u32, set: usize, sides: u32, into: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const f = load<u64>(fields + r * step);
    const length = <u32>(f >> 32);
    let result: u64;
    if (length >= STATES) result = stateField(unknown(length));
    else {
      let p = <usize>(f & 0xffffffff), end = p + length;
      if (sides & 1) while (p < end && isMember(set, load<u8>(p))) p++;
      if (sides & 2) while (p < end && isMember(set, load<u8>(end - 1))) end--;
      result = <u64>p | (<u64>(end - p) << 32);
    }
    store<u64>(into + (r << 3), result);
  }
}

// @ts-ignore: decorator
@inline
function copy(from: usize, length: u32, to: usize): void {
  for (let t: u32 = 0; t < length; t += 16) v128.store(to + t, v128.load(from + t));
}

export function concatTexts(
  left: usize, leftStep: u32, right: usize, rightStep: u32, rows: usize, n: u32, into: usize, at: usize, end: usize,
): usize {
  for (let i: u32 = 0; i < n; i++) {
    const r = rowAt(rows, i);
    const a = load<u64>(left + r * leftStep), b = load<u64>(right + r * rightStep);
    const la = <u32>(a >> 32), lb = <u32>(b >> 32);
    let result: u64;
    if (la >= STATES || lb >= STATES) {
      result = stateField(max<u32>(la >= STATES ? unknown(la) : 0, lb >= STATES ? unknown(lb) : 0));
    } else if (<u64>at + la + lb > <u64>end) result = stateField(DOUBT);
    else {
      copy(<usize>(a & 0xffffffff), la, at);
      copy(<usize>(b & 0xffffffff), lb, at + la);
      result = <u64>at | (<u64>(la + lb) << 32);
      at += la + lb;
    }
    store<u64>(into + (r << 3), result);
  }
  return at;
}
