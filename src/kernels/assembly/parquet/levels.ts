// Definition and repetition levels, and the bitmaps made of them. See ../../parquet-kernels.ts.
import { nextRun, runAt, runCount, runEnd, runRepeats, runValue } from './hybrid';
import { unpack } from './unpack';

const DAMAGED: i32 = -1;
const BLOCK: u32 = 1024;
const WIDTH_MAX: u32 = 16;

const block: usize = memory.data((1024 + 16) * 4, 16);

export function levelsBitmap(from: usize, end: usize, count: u32, width: u32, most: u32, wanted: u32, bitmap: usize): i32 {
  if (width > WIDTH_MAX) return DAMAGED;
  memory.fill(bitmap, 0, bitmapBytes(count));
  let at = from, i: u32 = 0, ones: u32 = 0;
  while (i < count) {
    if (!nextRun(at, end, width)) return DAMAGED;
    at = runEnd;
    const n = min(runCount, count - i);
    if (runRepeats) {
      if (runValue > most) return DAMAGED;
      if (runValue == wanted) {
        setBits(bitmap, i, n);
        ones += n;
      }
    } else if (width == 1 && most == 1) {
      ones += copyBits(runAt, n, wanted ? 0 : -1, bitmap, i);
    } else {
      for (let done: u32 = 0; done < n; done += BLOCK) {
        const m = min(BLOCK, n - done);
        if (unpack(runAt + <usize>(done >> 3) * width, m, width, block) > most) return DAMAGED;
        ones += compareBits(block, m, wanted, bitmap, i + done);
      }
    }
    i += n;
  }
  return <i32>ones;
}

// Whole words, and one more that unaligned bits may be written into.
function bitmapBytes(count: u32): usize {
  return ((<usize>count + 127) >> 6) << 3;
}

function setBits(bitmap: usize, at: u32, count: u32): void {
  const end = at + count;
  while (at < end) {
    const n = min<u32>(64 - (at & 63), end - at), word = bitmap + (<usize>(at >> 6) << 3);
    store<u64>(word, load<u64>(word) | ((<u64>-1 >> <u64>(64 - n)) << <u64>(at & 63)));
    at += n;
  }
}

// Ors `count` bits (flipped by `flip`) in at bit `at`; answers how many are 1.
function copyBits(from: usize, count: u32, flip: u64, bitmap: usize, at: u32): u32 {
  let ones: u32 = 0;
  // 56 bits at any bit of a byte fit one word.
  for (let i: u32 = 0; i < count; i += 56) {
    const n = min<u32>(56, count - i);
    ones += orBits(bitmap, at + i, (load<u64>(from + (i >> 3)) ^ flip) & (((<u64>1) << <u64>n) - 1));
  }
  return ones;
}

// @ts-ignore: decorator
@inline
function orBits(bitmap: usize, at: u32, bits: u64): u32 {
  const word = bitmap + (at >> 3);
  store<u64>(word, load<u64>(word) | (bits << <u64>(at & 7)));
  return <u32>popcnt<u64>(bits);
}

// The same of u32 levels that are `wanted`.
function compareBits(levels: usize, count: u32, wanted: u32, bitmap: usize, at: u32): u32 {
  const x = i32x4.splat(wanted);
  let ones: u32 = 0;
  for (let i: u32 = 0; i < count; i += 16) {
    const p = levels + (<usize>i << 2);
    const a = i16x8.narrow_i32x4_s(i32x4.eq(v128.load(p), x), i32x4.eq(v128.load(p, 16), x));
    const b = i16x8.narrow_i32x4_s(i32x4.eq(v128.load(p, 32), x), i32x4.eq(v128.load(p, 48), x));
    let bits = <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(a, b));
    if (count - i < 16) bits &= ((<u32>1) << (count - i)) - 1;
    ones += orBits(bitmap, at + i, bits);
  }
  return ones;
}

export function levelsBytes(from: usize, end: usize, count: u32, width: u32, most: u32, into: usize): i32 {
  if (width > WIDTH_MAX || most > 255) return DAMAGED;
  let at = from, i: u32 = 0;
  while (i < count) {
    if (!nextRun(at, end, width)) return DAMAGED;
    at = runEnd;
    const n = min(runCount, count - i);
    if (runRepeats) {
      if (runValue > most) return DAMAGED;
      memory.fill(into + i, <u8>runValue, n);
    } else {
      for (let done: u32 = 0; done < n; done += BLOCK) {
        const m = min(BLOCK, n - done);
        if (unpack(runAt + <usize>(done >> 3) * width, m, width, block) > most) return DAMAGED;
        narrow(block, m, into + i + done);
      }
    }
    i += n;
  }
  return 0;
}

// u32 below 256 to bytes. Writes up to 15 more.
function narrow(from: usize, count: u32, into: usize): void {
  for (let i: u32 = 0; i < count; i += 16) {
    const p = from + (<usize>i << 2);
    const a = i16x8.narrow_i32x4_s(v128.load(p), v128.load(p, 16)), b = i16x8.narrow_i32x4_s(v128.load(p, 32), v128.load(p, 48));
    v128.store(into + i, i8x16.narrow_i16x8_u(a, b));
  }
}

export function levelsBytesPacked(from: usize, end: usize, count: u32, width: u32, most: u32, into: usize): i32 {
  if (width > WIDTH_MAX || most > 255 || from > end || <u64>count * width > <u64>(end - from) << 3) return DAMAGED;
  for (let i: u32 = 0, bit: u64 = 0; i < count; i++, bit += width) {
    const bits = bswap<u32>(load<u32>(from + <usize>(bit >> 3))) << (<u32>bit & 7);
    const level = (bits >> 1) >> (31 - width);
    if (level > most) return DAMAGED;
    store<u8>(into + i, level);
  }
  return 0;
}

export function bytesBitmap(levels: usize, count: u32, wanted: u32, bitmap: usize): i32 {
  memory.fill(bitmap, 0, bitmapBytes(count));
  const x = i8x16.splat(<i8>wanted);
  let ones: u32 = 0;
  for (let i: u32 = 0; i < count; i += 16) {
    let bits = <u32>i8x16.bitmask(i8x16.eq(v128.load(levels + i), x));
    if (count - i < 16) bits &= ((<u32>1) << (count - i)) - 1;
    ones += popcnt<u32>(bits);
    store<u16>(bitmap + (i >> 3), bits);
  }
  return <i32>ones;
}
