// The JSON grammar (RFC 8259), exactly and one byte at a time: for what the fast passes find out of order, and for scalars.

// @ts-ignore: decorator
@inline
export function isBlank(c: u32): bool {
  return c == 32 || c == 10 || c == 13 || c == 9;
}

// @ts-ignore: decorator
@inline
export function skipBlanks(p: usize, end: usize): usize {
  while (p < end && isBlank(<u32>load<u8>(p))) p++;
  return p;
}

/** What ends a scalar: blanks, separators, brackets, and the bytes no scalar has. */
// @ts-ignore: decorator
@inline
export function scalarEnd(p: usize, end: usize): usize {
  const comma = i8x16.splat(44), closer = i8x16.splat(0x7d), fold = i8x16.splat(0x20), blank = i8x16.splat(0x21);
  while (p < end) {
    const x = v128.load(p);
    const m = i8x16.bitmask(v128.or(v128.or(i8x16.eq(x, comma), i8x16.eq(v128.or(x, fold), closer)), i8x16.lt_u(x, blank)));
    if (m) return min(p + ctz<u32>(m), end);
    p += 16;
  }
  return end;
}

function digits(p: usize, end: usize): usize {
  while (p < end && <u32>load<u8>(p) - 48 <= 9) p++;
  return p;
}

/** Whether `[p, end)` is one number, `true`, `false` or `null`: short digits with at most one point are seen at once. */
// @ts-ignore: decorator
@inline
export function isScalar(p: usize, end: usize): bool {
  const length = <u32>(end - p);
  if (length - 1 < 16) {
    const digits = i8x16.lt_u(i8x16.sub(v128.load(p), i8x16.splat(48)), i8x16.splat(10));
    const others = ~<u32>i8x16.bitmask(digits) & (<u32>0xffff >> (16 - length)), isPoint = load<u8>(p + ctz<u32>(others)) == 46;
    const single = others > 1 && !(others & (others - 1)) && !(others >> (length - 1));
    if (!others && (length == 1 || load<u8>(p) != 48)) return true;
    // A point that is neither first nor last; a zero before it only alone.
    if (single && isPoint && (others == 2 || load<u8>(p) != 48)) return true;
  }
  return isScalarExactly(p, end);
}

function isScalarExactly(p: usize, end: usize): bool {
  const length = end - p;
  if (length == 4 && (load<u32>(p) == 0x65757274 || load<u32>(p) == 0x6c6c756e)) return true;
  if (length == 5 && load<u32>(p) == 0x736c6166 && load<u8>(p, 4) == 101) return true;
  if (p < end && load<u8>(p) == 45) p++;
  if (p >= end) return false;
  if (load<u8>(p) == 48) p++;
  else {
    const q = digits(p, end);
    if (q == p) return false;
    p = q;
  }
  if (p < end && load<u8>(p) == 46) {
    const q = digits(p + 1, end);
    if (q == p + 1) return false;
    p = q;
  }
  if (p < end && (load<u8>(p) | 0x20) == 101) {
    p++;
    if (p < end && (load<u8>(p) == 43 || load<u8>(p) == 45)) p++;
    const q = digits(p, end);
    if (q == p) return false;
    p = q;
  }
  return p == end;
}

// @ts-ignore: decorator
@inline
export function isHex(c: u32): bool {
  return c - 48 <= 9 || (c | 0x20) - 97 <= 5;
}

/** Whether it escapes as one character, behind a backslash. */
// @ts-ignore: decorator
@inline
export function isEscape(c: u32): bool {
  return c == 34 || c == 92 || c == 47 || c == 98 || c == 102 || c == 110 || c == 114 || c == 116;
}

/** The bytes of the escape at the backslash `p`; 0 where it is none, -1 where the text ends first. */
export function escapeBytes(p: usize, end: usize): isize {
  if (p + 1 >= end) return -1;
  const e = <u32>load<u8>(p + 1);
  if (e != 117) return isEscape(e) ? 2 : 0;
  for (let i: usize = 2; i < 6; i++) {
    if (p + i >= end) return -1;
    if (!isHex(<u32>load<u8>(p + i))) return 0;
  }
  return 6;
}

/** One past the string that begins at `p`; where it is none, minus the address of the error. */
export function stringEnd(p: usize, end: usize): isize {
  p++;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == 34) return <isize>p + 1;
    if (c < 32) return -(<isize>p);
    if (c != 92) {
      p++;
      continue;
    }
    const bytes = escapeBytes(p, end);
    if (bytes < 0) break;
    if (bytes == 0) return -(<isize>p);
    p += <usize>bytes;
  }
  return -(<isize>end);
}

/** One bit for each open bracket: 1 for an object. */
const kinds = memory.data(8192, 8);
const DEPTH_MAX: u32 = 65536;

const VALUE: u32 = 0, FIRST_ELEMENT: u32 = 1, FIRST_KEY: u32 = 2, KEY: u32 = 3, AFTER: u32 = 4;

/**
 * The first byte of `[start, end)` that is not as one JSON value would have it, or -1. Where the text ends too early it is `end`.
 * Blanks may surround the value. `depthMax`: brackets open at once.
 */
export function jsonError(start: usize, end: usize, depthMax: u32): i32 {
  let p = start, depth: u32 = 0, expect = VALUE, object = false;
  const most = min(depthMax, DEPTH_MAX);
  while (true) {
    p = skipBlanks(p, end);
    if (p >= end) return expect == AFTER && depth == 0 ? -1 : <i32>end;
    const c = <u32>load<u8>(p);
    if (expect == AFTER) {
      if (depth == 0) return <i32>p;
      if (c == 44) expect = object ? KEY : VALUE;
      else if (c != (object ? <u32>125 : <u32>93)) return <i32>p;
      else {
        depth--;
        object = depth != 0 && ((load<u8>(kinds + ((depth - 1) >> 3)) >> <u8>((depth - 1) & 7)) & 1) != 0;
      }
      p++;
      continue;
    }
    if ((expect == FIRST_KEY && c == 125) || (expect == FIRST_ELEMENT && c == 93)) {
      expect = AFTER;
      continue;
    }
    if (c == 34) {
      const s = stringEnd(p, end);
      if (s < 0) return <i32>(-s);
      p = <usize>s;
      if (expect == KEY || expect == FIRST_KEY) {
        p = skipBlanks(p, end);
        if (p >= end) return <i32>end;
        if (load<u8>(p) != 58) return <i32>p;
        p++;
        expect = VALUE;
      } else expect = AFTER;
      continue;
    }
    if (expect == KEY || expect == FIRST_KEY) return <i32>p;
    if (c == 123 || c == 91) {
      if (depth >= most) return <i32>p;
      object = c == 123;
      const at = kinds + (depth >> 3), bit = <u32>1 << (depth & 7);
      store<u8>(at, object ? <u32>load<u8>(at) | bit : <u32>load<u8>(at) & ~bit);
      depth++;
      expect = object ? FIRST_KEY : FIRST_ELEMENT;
      p++;
      continue;
    }
    const e = scalarEnd(p, end);
    if (e == p || !isScalar(p, e)) return e == end && mayContinue(p, e) ? <i32>end : <i32>p;
    p = e;
    expect = AFTER;
  }
}

/** Whether a scalar cut off at the end of the text could have gone on to be one. */
function mayContinue(p: usize, end: usize): bool {
  const c = <u32>load<u8>(p);
  if (c == 116) return begins(p, end, 0x65757274);
  if (c == 110) return begins(p, end, 0x6c6c756e);
  if (c == 102) return begins(p, end, 0x736c6166);
  // A number can go on if a digit more makes it one.
  const behind = load<u8>(end);
  store<u8>(end, 48);
  const isNumber = end > p && isScalarExactly(p, end + 1);
  store<u8>(end, behind);
  return isNumber;
}

function begins(p: usize, end: usize, word: u32): bool {
  for (let i: u32 = 0; i < 4 && p + i < end; i++) if (<u32>load<u8>(p + i) != ((word >> (8 * i)) & 0xff)) return false;
  return end - p < 5;
}
