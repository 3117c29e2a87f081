// BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and so on. See ../../parquet-kernels.ts.

const DAMAGED: i32 = -1;

export function splitStreams(from: usize, end: usize, count: u32, width: u32, into: usize): i32 {
  if (from > end || <u64>count * width > <u64>(end - from)) return DAMAGED;
  const done = width == 8 ? split8(from, count, into) : width == 4 ? split4(from, count, into) : 0;
  for (let k: u32 = 0; k < width; k++) {
    const stream = from + <usize>k * count;
    let o = into + <usize>done * width + k;
    for (let i = done; i < count; i++, o += width) store<u8>(o, load<u8>(stream + i));
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function low8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: decorator
@inline
function high8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// @ts-ignore: decorator
@inline
function low16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function high16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// Sixteen values at a time; answers how many were done.
function split4(from: usize, count: u32, into: usize): u32 {
  const n = <usize>count;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16, into += 64) {
    const p = from + i;
    const a = v128.load(p), b = v128.load(p + n), c = v128.load(p + 2 * n), d = v128.load(p + 3 * n);
    const ab = low8(a, b), cd = low8(c, d), ab2 = high8(a, b), cd2 = high8(c, d);
    v128.store(into, low16(ab, cd));
    v128.store(into, high16(ab, cd), 16);
    v128.store(into, low16(ab2, cd2), 32);
    v128.store(into, high16(ab2, cd2), 48);
  }
  return i;
}

function split8(from: usize, count: u32, into: usize): u32 {
  const n = <usize>count;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16, into += 128) {
    const p = from + i;
    const a = v128.load(p), b = v128.load(p + n), c = v128.load(p + 2 * n), d = v128.load(p + 3 * n);
    const e = v128.load(p + 4 * n), f = v128.load(p + 5 * n), g = v128.load(p + 6 * n), h = v128.load(p + 7 * n);
    eight(low8(a, b), low8(c, d), low8(e, f), low8(g, h), into);
    eight(high8(a, b), high8(c, d), high8(e, f), high8(g, h), into + 64);
  }
  return i;
}

// Eight values out of their bytes in pairs.
// @ts-ignore: decorator
@inline
function eight(ab: v128, cd: v128, ef: v128, gh: v128, o: usize): void {
  const x = low16(ab, cd), x2 = high16(ab, cd), y = low16(ef, gh), y2 = high16(ef, gh);
  v128.store(o, i32x4.shuffle(x, y, 0, 4, 1, 5));
  v128.store(o, i32x4.shuffle(x, y, 2, 6, 3, 7), 16);
  v128.store(o, i32x4.shuffle(x2, y2, 0, 4, 1, 5), 32);
  v128.store(o, i32x4.shuffle(x2, y2, 2, 6, 3, 7), 48);
}
