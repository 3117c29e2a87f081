// Bit-packed integers, lowest bit first, to u32. Lanes of WebAssembly have no shift of their own: each is multiplied to the top of
// its 32 bits, and one shift brings all down.

// Of each width up to 25: for values 0 to 3 and 4 to 7, which bytes go to each lane, and what multiplies it.
const LANES: usize = memory.data(26 * 64, 16);

const WIDTH_SIMD: u32 = 25;
// Up to here, eight values lie in one load.
const WIDTH_ONE_LOAD: u32 = 16;

makeLanes();

function makeLanes(): void {
  for (let width: u32 = 1; width <= WIDTH_SIMD; width++) {
    for (let half: u32 = 0; half < 2; half++) {
      const at = LANES + (width << 6) + (half << 5);
      // The second half of wide values is loaded from its own byte on.
      const skipped: u32 = width > WIDTH_ONE_LOAD && half ? (4 * width) >> 3 : 0;
      for (let lane: u32 = 0; lane < 4; lane++) {
        const bit = (half * 4 + lane) * width, byte = (bit >> 3) - skipped;
        for (let k: u32 = 0; k < 4; k++) store<u8>(at + (lane << 2) + k, byte + k > 15 ? 255 : byte + k);
        store<u32>(at + 16 + (lane << 2), <u32>1 << (32 - width - (bit & 7)));
      }
    }
  }
}

// Unpacks `count` values of 0 to 32 bits and answers the largest (as u32). Writes whole groups of eight; reads up to 48 bytes past
// the last value.
export function unpack(from: usize, count: u32, width: u32, into: usize): u32 {
  const whole = count & ~7;
  let largest = unpackGroups(from, whole, width, into);
  if (whole == count) return largest;
  // What pads the last group may be anything.
  const rest = into + (<usize>whole << 2);
  unpackGroups(from + <usize>(whole >> 3) * width, 8, width, rest);
  for (let j: u32 = 0; j < count - whole; j++) largest = max(largest, load<u32>(rest + (<usize>j << 2)));
  return largest;
}

function unpackGroups(from: usize, count: u32, width: u32, into: usize): u32 {
  if (width > WIDTH_SIMD) return unpackWide(from, count, width, into);
  const end = into + (<usize>count << 2);
  let o = into;
  if (width == 0) {
    for (; o < end; o += 16) v128.store(o, i32x4.splat(0));
    return 0;
  }
  const lanes = LANES + (width << 6), shift: i32 = 32 - width;
  const bytes1 = v128.load(lanes), factors1 = v128.load(lanes, 16), bytes2 = v128.load(lanes, 32), factors2 = v128.load(lanes, 48);
  let p = from, largest = i32x4.splat(0);
  if (width <= WIDTH_ONE_LOAD) {
    for (; o < end; o += 32) {
      const x = v128.load(p);
      const a = i32x4.shr_u(i32x4.mul(i8x16.swizzle(x, bytes1), factors1), shift);
      const b = i32x4.shr_u(i32x4.mul(i8x16.swizzle(x, bytes2), factors2), shift);
      v128.store(o, a);
      v128.store(o, b, 16);
      largest = i32x4.max_u(largest, i32x4.max_u(a, b));
      p += width;
    }
  } else {
    const second: usize = (4 * width) >> 3;
    for (; o < end; o += 32) {
      const a = i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(p), bytes1), factors1), shift);
      const b = i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(p + second), bytes2), factors2), shift);
      v128.store(o, a);
      v128.store(o, b, 16);
      largest = i32x4.max_u(largest, i32x4.max_u(a, b));
      p += width;
    }
  }
  largest = i32x4.max_u(largest, i32x4.shuffle(largest, largest, 2, 3, 0, 1));
  largest = i32x4.max_u(largest, i32x4.shuffle(largest, largest, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(largest, 0);
}

function unpackWide(from: usize, count: u32, width: u32, into: usize): u32 {
  let largest: u32 = 0;
  for (let i: u32 = 0, bit: u64 = 0; i < count; i++, bit += width) {
    const value = packed(from, bit, width);
    store<u32>(into + (<usize>i << 2), value);
    largest = max(largest, value);
  }
  return largest;
}

// The value of up to 32 bits that begins at a bit.
// @ts-ignore: decorator
@inline
export function packed(from: usize, bit: u64, width: u32): u32 {
  return <u32>((load<u64>(from + <usize>(bit >> 3)) >> (bit & 7)) & (((<u64>1 << (width & 31)) - 1) | (width == 32 ? 0xffffffff : 0)));
}

// The same of up to 64 bits.
// @ts-ignore: decorator
@inline
export function packedWide(from: usize, bit: u64, width: u32): u64 {
  const p = from + <usize>(bit >> 3), shift = bit & 7;
  let value = load<u64>(p) >> shift;
  if (shift != 0) value |= <u64>load<u8>(p, 8) << (64 - shift);
  return width == 64 ? value : value & ((<u64>1 << <u64>width) - 1);
}
