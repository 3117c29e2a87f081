// Strict mode: a text of any values against the whole grammar (RFC 8259), a stretch after the other. Where a stretch ends, even
// inside a token, the state says how to go on.
//
// The state: u32 expectation, u32 depth, u32 whether the string is a key, u32 detail; then one bit for each open bracket, 1 for an
// object. Zeros: between two root values.
import { isBlank, isEscape, isHex, isScalar, scalarEnd } from './json-check';

const VALUE: u32 = 0, FIRST_ELEMENT: u32 = 1, FIRST_KEY: u32 = 2, KEY: u32 = 3, COLON: u32 = 4, AFTER: u32 = 5;
/** Inside tokens. Detail of HEX: digits to come; of NUMBER: one of the states below; of WORD: address of the letters to come. */
const STRING: u32 = 6, ESCAPE: u32 = 7, HEX: u32 = 8, NUMBER: u32 = 9, WORD: u32 = 10;
const MINUS: u32 = 1, ZERO: u32 = 2, INTEGER: u32 = 3, POINT: u32 = 4, FRACTION: u32 = 5, E: u32 = 6, SIGN: u32 = 7, EXPONENT: u32 = 8;
const BITS: usize = 16;

/** The letters behind the first of the three words, each ended by a zero. */
const WORDS = memory.data<u8>([114, 117, 101, 0, 97, 108, 115, 101, 0, 117, 108, 108, 0]);
const RUE: u32 = 0, ALSE: u32 = 4, ULL: u32 = 9;

// @ts-ignore: decorator
@inline
function isObjectAt(state: usize, depth: u32): bool {
  return ((load<u8>(state + BITS + (depth >> 3)) >> <u8>(depth & 7)) & 1) != 0;
}

/** The state of a number behind one more byte; 0 where the byte is not part of it. */
function numberState(before: u32, c: u32): u32 {
  const isDigit = c - 48 <= 9;
  if (before == MINUS) return c == 48 ? ZERO : isDigit ? INTEGER : 0;
  if (before == INTEGER && isDigit) return INTEGER;
  if (before == ZERO || before == INTEGER || before == FRACTION) {
    if ((c | 0x20) == 101) return E;
    if (before == FRACTION) return isDigit ? FRACTION : 0;
    return c == 46 ? POINT : 0;
  }
  if (before == POINT) return isDigit ? FRACTION : 0;
  if (before == E && (c == 43 || c == 45)) return SIGN;
  return isDigit ? EXPONENT : 0;
}

// @ts-ignore: decorator
@inline
function mayEnd(number: u32): bool {
  return number == ZERO || number == INTEGER || number == FRACTION || number == EXPONENT;
}

/** The first byte from `p` on that a string does not hold as it is: a quote, a backslash or a control character. */
// @ts-ignore: decorator
@inline
function plainEnd(p: usize, end: usize): usize {
  const quote = i8x16.splat(34), backslash = i8x16.splat(92), space = i8x16.splat(32);
  while (p < end) {
    const x = v128.load(p);
    const m = i8x16.bitmask(v128.or(v128.or(i8x16.eq(x, quote), i8x16.eq(x, backslash)), i8x16.lt_u(x, space)));
    if (m) return min(p + ctz<u32>(m), end);
    p += 16;
  }
  return end;
}

/** The first byte of `[from, to)` that is out of order, or -1: then the state is that behind `to`. */
export function jsonStrict(state: usize, from: usize, to: usize, depthMax: u32): i32 {
  let p = from, what = load<u32>(state), depth = load<u32>(state, 4), key = load<u32>(state, 8), detail = load<u32>(state, 12);
  let object = depth != 0 && isObjectAt(state, depth - 1);
  while (p < to) {
    let c = <u32>load<u8>(p);
    if (what == STRING) {
      p = plainEnd(p, to);
      if (p == to) break;
      c = <u32>load<u8>(p);
      if (c < 32) return <i32>p;
      what = c == 92 ? ESCAPE : key ? COLON : AFTER;
      p++;
    } else if (what == NUMBER) {
      const next = numberState(detail, c);
      if (next) {
        detail = next;
        p++;
      } else {
        if (!mayEnd(detail)) return <i32>p;
        what = AFTER;
      }
    } else if (what == ESCAPE) {
      if (c == 117) {
        what = HEX;
        detail = 4;
      } else {
        if (!isEscape(c)) return <i32>p;
        what = STRING;
      }
      p++;
    } else if (what == HEX) {
      if (!isHex(c)) return <i32>p;
      if (!--detail) what = STRING;
      p++;
    } else if (what == WORD) {
      if (c != <u32>load<u8>(WORDS + detail)) return <i32>p;
      detail++;
      p++;
      if (!load<u8>(WORDS + detail)) what = AFTER;
    } else if (what == AFTER && !depth) {
      what = VALUE;
    } else if (isBlank(c)) {
      p++;
    } else if (what == AFTER) {
      p++;
      if (c == 44) what = object ? KEY : VALUE;
      else {
        if (c != (object ? <u32>125 : <u32>93)) return <i32>p - 1;
        depth--;
        object = depth != 0 && isObjectAt(state, depth - 1);
      }
    } else if (what == COLON) {
      if (c != 58) return <i32>p;
      what = VALUE;
      p++;
    } else if ((what == FIRST_KEY && c == 125) || (what == FIRST_ELEMENT && c == 93)) {
      what = AFTER;
    } else if (c == 34) {
      key = <u32>(what == KEY || what == FIRST_KEY);
      what = STRING;
      p++;
    } else if (what == KEY || what == FIRST_KEY) {
      return <i32>p;
    } else if (c == 123 || c == 91) {
      if (depth >= depthMax) return <i32>p;
      object = c == 123;
      const at = state + BITS + (depth >> 3), bit = <u32>1 << (depth & 7);
      store<u8>(at, object ? <u32>load<u8>(at) | bit : <u32>load<u8>(at) & ~bit);
      depth++;
      what = object ? FIRST_KEY : FIRST_ELEMENT;
      p++;
    } else {
      // A scalar that is seen whole is looked at at once.
      const e = scalarEnd(p, to);
      if (e < to && isScalar(p, e)) {
        what = AFTER;
        p = e;
        continue;
      }
      p++;
      if (c == 45 || c - 48 <= 9) {
        what = NUMBER;
        detail = c == 45 ? MINUS : c == 48 ? ZERO : INTEGER;
      } else {
        if (c != 116 && c != 102 && c != 110) return <i32>p - 1;
        what = WORD;
        detail = c == 116 ? RUE : c == 102 ? ALSE : ULL;
      }
    }
  }
  // A number at the end of the text is whole where it stands between root values: nothing need follow it.
  if (what == AFTER && !depth) what = VALUE;
  store<u32>(state, what);
  store<u32>(state, depth, 4);
  store<u32>(state, key, 8);
  store<u32>(state, detail, 12);
  if (what == VALUE && !depth) {
    store<u64>(state, 0, 8);
  }
  return -1;
}
