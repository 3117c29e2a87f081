// UTF-8 validation, 16 bytes at a time, by three table look-ups: J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
// Instruction Per Byte", 2021. Only windows with a byte above 0x7f come here; the exact position is found by the plain walk.

const HIGH_1 = i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 33, 1, 21, 73);
const LOW_1 = i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53);
const HIGH_2 = i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1);

/** The first byte of the first ill-formed sequence in `[p, end)`, or -1. A sequence cut by `end` is ill-formed. */
function walk(p: usize, end: usize): i32 {
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c < 0x80) {
      p++;
      continue;
    }
    let low: u32 = 0x80, high: u32 = 0xbf, more: u32;
    if (c >= 0xc2 && c <= 0xdf) more = 1;
    else if (c >= 0xe0 && c <= 0xef) {
      more = 2;
      if (c == 0xe0) low = 0xa0;
      else if (c == 0xed) high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3;
      if (c == 0xf0) low = 0x90;
      else if (c == 0xf4) high = 0x8f;
    } else return <i32>p;
    if (p + more >= end) return <i32>p;
    for (let i: u32 = 1; i <= more; i++) {
      const d = <u32>load<u8>(p + i);
      if (d < low || d > high) return <i32>p;
      low = 0x80;
      high = 0xbf;
    }
    p += more + 1;
  }
  return -1;
}

/** What is wrong with 16 bytes; `one`, `two`, `three`: the bytes so far before each. */
// @ts-ignore: decorator
@inline
function errors(x: v128, one: v128, two: v128, three: v128): v128 {
  const nibble = i8x16.splat(0x0f), third = i8x16.splat(0x60), fourth = i8x16.splat(0x70), top = i8x16.splat(<i8>0x80);
  const special = v128.and(
    v128.and(i8x16.swizzle(HIGH_1, i8x16.shr_u(one, 4)), i8x16.swizzle(LOW_1, v128.and(one, nibble))),
    i8x16.swizzle(HIGH_2, i8x16.shr_u(x, 4)),
  );
  return v128.xor(v128.and(v128.or(i8x16.sub_sat_u(two, third), i8x16.sub_sat_u(three, fourth)), top), special);
}

/** Whether `size` bytes at `p`, a multiple of 16, are ill-formed behind the three before them. A sequence that their end cuts off is not told. */
export function hasUtf8Error(p: usize, size: usize): bool {
  let error = i64x2.splat(0);
  for (const end = p + size; p < end; p += 16) {
    error = v128.or(error, errors(v128.load(p), v128.load(p - 1), v128.load(p - 2), v128.load(p - 3)));
  }
  return v128.any_true(error);
}

export function utf8Error(start: usize, end: usize): i32 {
  let error = i64x2.splat(0), previous = i64x2.splat(0);
  let p = start;
  for (; p + 16 <= end; p += 16) {
    const x = v128.load(p);
    const one = i8x16.shuffle(previous, x, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    const two = i8x16.shuffle(previous, x, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const three = i8x16.shuffle(previous, x, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
    error = v128.or(error, errors(x, one, two, three));
    previous = x;
  }
  if (v128.any_true(error)) return walk(start, end);
  // The rest, with up to three bytes of a sequence that began before it.
  let rest = p;
  for (let back: u32 = 1; back <= 3 && rest - back >= start; back++) {
    const c = <u32>load<u8>(p - back);
    if (c >= 0xc0) {
      rest = p - back;
      break;
    }
    if (c < 0x80) break;
  }
  return walk(rest, end);
}
