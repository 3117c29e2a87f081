// Whole numbers and decimals as text. Writers may store up to 64 bytes past what they wrote.

/** Of each number below 1000 its three digits as bytes, the first in the lowest. */
const THREE: usize = memory.data(4 * 1000, 16);

makeThree();

function makeThree(): void {
  for (let v: u32 = 0; v < 1000; v++) store<u32>(THREE + (<usize>v << 2), v / 100 | (v / 10 % 10 << 8) | (v % 10 << 16));
}

/** 8 decimal digits as bytes, the first in the lowest. */
// @ts-ignore: decorator
@inline
export function digits8(v: u32): u64 {
  // why: products of 64 bits, since the high half of one of 32 takes fixed registers
  const thousands = <u32>((<u64>v * 274877907) >> 38), millions = <u32>((<u64>thousands * 274877907) >> 38);
  const first = load<u32>(THREE + (<usize>millions << 2)), second = load<u32>(THREE + (<usize>(thousands - millions * 1000) << 2));
  return <u64>(first >> 8) | (<u64>second << 16) | (<u64>load<u32>(THREE + (<usize>(v - thousands * 1000) << 2)) << 40);
}

export const ZEROS: u64 = 0x3030303030303030;

// @ts-ignore: decorator
@inline
export function putSmall(p: usize, v: u32): usize {
  const d = digits8(v), zeros = min<u64>(ctz<u64>(d) >> 3, 7);
  store<u64>(p, (d | ZEROS) >> (zeros << 3));
  return p + 8 - <usize>zeros;
}

/** Writes a number without leading zeros; answers the address behind it. */
export function putNumber(p: usize, v: u64): usize {
  if (v < 100000000) return putSmall(p, <u32>v);
  if (v < 10000000000000000) {
    const high = v / 100000000;
    p = putSmall(p, <u32>high);
    store<u64>(p, digits8(<u32>(v - high * 100000000)) | ZEROS);
    return p + 8;
  }
  const high = v / 10000000000000000, rest = v - high * 10000000000000000, middle = rest / 100000000;
  p = putSmall(p, <u32>high);
  store<u64>(p, digits8(<u32>middle) | ZEROS);
  store<u64>(p, digits8(<u32>(rest - middle * 100000000)) | ZEROS, 8);
  return p + 16;
}

// @ts-ignore: decorator
@inline
export function moveBytes(to: usize, from: usize, bytes: usize): void {
  // why: text moves by a few bytes within itself
  const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32);
  v128.store(to, a);
  if (bytes > 16) v128.store(to, b, 16);
  if (bytes > 32) v128.store(to, c, 32);
}

/** Turns `[p, end)`, digits of a mantissa, into a decimal of that scale. */
export function pointed(p: usize, end: usize, scale: u32): usize {
  const length = <i32>(end - p), exponent = length - 1 - <i32>scale;
  if (exponent < -6) {
    if (length > 1) {
      moveBytes(p + 2, p + 1, length - 1);
      store<u8>(p, 46, 1);
      end++;
    }
    store<u16>(end, 0x2d45); // E-
    return putSmall(end + 2, <u32>-exponent);
  }
  if (exponent < 0) {
    const zeros = <usize>-exponent, to = p + 1 + zeros;
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32);
    store<u64>(p, 0x3030303030302e30); // 0.000000
    v128.store(to, a);
    if (length > 16) v128.store(to, b, 16);
    if (length > 32) v128.store(to, c, 32);
    return end + 1 + zeros;
  }
  const point = end - scale;
  moveBytes(point + 1, point, scale);
  store<u8>(point, 46);
  return end + 1;
}
