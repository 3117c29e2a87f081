// DELTA_BINARY_PACKED: blocks of a least delta and of miniblocks, bit-packed differences to it. See ../../parquet-kernels.ts.
import { packedWide, unpack } from './unpack';

const DAMAGED: i32 = -1;
const CHUNK: u32 = 1024;
// Widths that are unpacked as u32.
const NARROW: u32 = 32;

const deltas: usize = memory.data((1024 + 16) * 4, 16);

let at: usize = 0;
let bad: bool = false;

function varint(end: usize): u64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift <= 63; shift += 7) {
    if (at >= end) break;
    const byte = <u64>load<u8>(at++);
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
  bad = true;
  return 0;
}

function zigzag(end: usize): i64 {
  const value = varint(end);
  return <i64>(value >> 1) ^ -<i64>(value & 1);
}

let miniblocks: u64 = 0;
let perMiniblock: u64 = 0;

// The head of the stream; false where it is not of `count` values.
function head(from: usize, end: usize, count: u32): bool {
  at = from;
  bad = false;
  const block = varint(end);
  miniblocks = varint(end);
  const total = varint(end);
  if (bad || total != <u64>count || !miniblocks || block > 0x7fffffff || block % miniblocks) return false;
  perMiniblock = block / miniblocks;
  return perMiniblock != 0 && (perMiniblock & 31) == 0;
}

export function deltaInt64(from: usize, end: usize, count: u32, into: usize): i32 {
  if (!head(from, end, count)) return DAMAGED;
  let value = zigzag(end), left = count, o = into;
  if (bad) return DAMAGED;
  if (!count) return <i32>at;
  store<i64>(o, value);
  o += 8;
  left--;
  while (left) {
    const least = zigzag(end), widths = at;
    if (bad || miniblocks > <u64>(end - at)) return DAMAGED;
    at += <usize>miniblocks;
    for (let k: usize = 0; left && k < <usize>miniblocks; k++) {
      const width = <u32>load<u8>(widths + k), n = <u32>min<u64>(perMiniblock, left);
      if (width > 64 || (<u64>n * width + 7) >> 3 > <u64>(end - at)) return DAMAGED;
      value = miniblock64(n, width, least, value, o);
      o += <usize>n << 3;
      left -= n;
      at += <usize>min<u64>((perMiniblock >> 3) * width, <u64>(end - at));
    }
  }
  return <i32>at;
}

function miniblock64(count: u32, width: u32, least: i64, value: i64, o: usize): i64 {
  if (width == 0) {
    for (const stop = o + (<usize>count << 3); o < stop; o += 8) store<i64>(o, (value += least));
  } else if (width <= NARROW) {
    for (let done: u32 = 0; done < count; done += CHUNK) {
      const n = min(CHUNK, count - done);
      unpack(at + <usize>(done >> 3) * width, n, width, deltas);
      const stop = deltas + (<usize>n << 2);
      for (let q = deltas; q < stop; q += 4, o += 8) store<i64>(o, (value += least + <i64>load<u32>(q)));
    }
  } else {
    for (let i: u32 = 0, bit: u64 = 0; i < count; i++, bit += width, o += 8) {
      store<i64>(o, (value += least + <i64>packedWide(at, bit, width)));
    }
  }
  return value;
}

export function deltaInt32(from: usize, end: usize, count: u32, into: usize): i32 {
  if (!head(from, end, count)) return DAMAGED;
  let value = <i32>zigzag(end), left = count, o = into;
  if (bad) return DAMAGED;
  if (!count) return <i32>at;
  store<i32>(o, value);
  o += 4;
  left--;
  while (left) {
    const least = <i32>zigzag(end), widths = at;
    if (bad || miniblocks > <u64>(end - at)) return DAMAGED;
    at += <usize>miniblocks;
    for (let k: usize = 0; left && k < <usize>miniblocks; k++) {
      const width = <u32>load<u8>(widths + k), n = <u32>min<u64>(perMiniblock, left);
      if (width > 64 || (<u64>n * width + 7) >> 3 > <u64>(end - at)) return DAMAGED;
      value = miniblock32(n, width, least, value, o);
      o += <usize>n << 2;
      left -= n;
      at += <usize>min<u64>((perMiniblock >> 3) * width, <u64>(end - at));
    }
  }
  return <i32>at;
}

function miniblock32(count: u32, width: u32, least: i32, value: i32, o: usize): i32 {
  if (width > NARROW) {
    // Writers that compute in 64 bits; what does not fit wraps.
    for (let i: u32 = 0, bit: u64 = 0; i < count; i++, bit += width, o += 4) {
      store<i32>(o, (value += least + <i32>packedWide(at, bit, width)));
    }
    return value;
  }
  const leasts = i32x4.splat(least), zero = i32x4.splat(0);
  let sum = i32x4.splat(value);
  for (let done: u32 = 0; done < count; done += CHUNK) {
    const n = min(CHUNK, count - done);
    unpack(at + <usize>(done >> 3) * width, n, width, deltas);
    for (let i: usize = 0; i < <usize>n << 2; i += 16) {
      let x = i32x4.add(v128.load(deltas + i), leasts);
      x = i32x4.add(x, i32x4.shuffle(zero, x, 0, 4, 5, 6));
      x = i32x4.add(x, i32x4.shuffle(zero, x, 0, 1, 4, 5));
      x = i32x4.add(x, sum);
      v128.store(o + i, x);
      sum = i32x4.shuffle(x, x, 3, 3, 3, 3);
    }
    o += <usize>n << 2;
  }
  return load<i32>(o - 4);
}
