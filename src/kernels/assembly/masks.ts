// 64 bytes to one u64 of bits, lowest byte first: the form every scanner here works on.

// @ts-ignore: decorator
@inline
export function bits(s: v128, a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(i8x16.eq(a, s)) | (<u32>i8x16.bitmask(i8x16.eq(b, s)) << 16);
  const high = <u32>i8x16.bitmask(i8x16.eq(c, s)) | (<u32>i8x16.bitmask(i8x16.eq(d, s)) << 16);
  return <u64>low | (<u64>high << 32);
}

/** All ones in the bytes that are `s` in any of four vectors. */
// @ts-ignore: decorator
@inline
export function equal(s: v128, a: v128, b: v128, c: v128, d: v128): v128 {
  return either(i8x16.eq(a, s), i8x16.eq(b, s), i8x16.eq(c, s), i8x16.eq(d, s));
}

/** Whether any byte of four vectors is `s`. */
// @ts-ignore: decorator
@inline
export function any(s: v128, a: v128, b: v128, c: v128, d: v128): bool {
  return v128.any_true(equal(s, a, b, c, d));
}

// @ts-ignore: decorator
@inline
export function either(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.or(v128.or(a, b), v128.or(c, d));
}

/** Prefix xor: turns quote bits into "inside quotes" bits. WebAssembly has no carry-less multiplication. */
// @ts-ignore: decorator
@inline
export function prefixXor(m: u64): u64 {
  m ^= m << 1;
  m ^= m << 2;
  m ^= m << 4;
  m ^= m << 8;
  m ^= m << 16;
  m ^= m << 32;
  return m;
}

/** Bits of one byte value in the 64 bytes at `p`. */
// @ts-ignore: decorator
@inline
export function bitsAt(p: usize, s: v128): u64 {
  return bits(s, v128.load(p), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
}
