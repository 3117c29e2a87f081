// Bits that are read from the end of a stream to its start: `position` bits of [from, …) are left, the next is the highest.

// The next bits, from the top down, of which at least 57 are valid. Reads up to 8 bytes before the stream.
// @ts-ignore: decorator
@inline
export function topBits(from: usize, position: i32): u64 {
  return load<u64>(from + <usize>((position + 7) >> 3) - 8) << <u64>((8 - (position & 7)) & 7);
}

// The highest `count` of them, 0 to 63.
// @ts-ignore: decorator
@inline
export function highest(bits: u64, count: u32): u32 {
  return <u32>((bits >> 1) >> (63 - <u64>count));
}

// How many bits stand before the 1 that ends a stream; -1 where there is none.
// @ts-ignore: decorator
@inline
export function streamBits(from: usize, end: usize): i32 {
  if (end <= from) return -1;
  const last = <u32>load<u8>(end - 1);
  return last ? <i32>((<u32>(end - from) << 3) - 1 - clz<u32>(last << 24)) : -1;
}
