// Rows and positions: what bitmaps of levels are for. See ../../parquet-kernels.ts.
import { emit16, emit8, emitAll } from './emit';

const NULL_STATE: u32 = 2;
const NULL_FIELD: u64 = 0xfffffffe00000000;

export function bytesRows(levels: usize, count: u32, wanted: u32, base: u32, into: usize): u32 {
  const x = i8x16.splat(<i8>wanted);
  let o = into;
  for (let i: u32 = 0; i < count; i += 16) {
    let bits = <u32>i8x16.bitmask(i8x16.eq(v128.load(levels + i), x));
    if (count - i < 16) bits &= ((<u32>1) << (count - i)) - 1;
    if (bits) o = emit16(o, bits, base + i);
  }
  return <u32>((o - into) >> 2);
}

export function ranks(bitmap: usize, count: u32, into: usize): void {
  const end = bitmap + (((<usize>count + 63) >> 6) << 3);
  let ones: u32 = 0;
  for (let p = bitmap; p < end; p += 8, into += 4) {
    store<u32>(into, ones);
    ones += <u32>popcnt<u64>(load<u64>(p));
  }
}

export function rankAt(bitmap: usize, ranksAt: usize, at: u32): u32 {
  const word = load<u64>(bitmap + (<usize>(at >> 6) << 3));
  return load<u32>(ranksAt + (<usize>(at >> 6) << 2)) + <u32>popcnt<u64>(word & (((<u64>1) << <u64>(at & 63)) - 1));
}

export function present(
  bitmap: usize, ranksAt: usize, bits: usize, shift: u32, rows: usize, count: u32, presentAt: usize, positions: usize, states: usize,
  fields: usize,
): u32 {
  if (!bits && !rows) return presentOfAll(bitmap, ranksAt, shift, count, presentAt, positions, states, fields);
  let k: usize = 0;
  for (let j: u32 = 0; j < count; j++) {
    const row = rows ? load<u32>(rows + (<usize>j << 2)) : j;
    const at = (bits ? load<u32>(bits + (<usize>j << 2)) : j) + shift;
    const word = load<u64>(bitmap + (<usize>(at >> 6) << 3)), bit = <u64>(at & 63);
    const is = <u32>(word >> bit) & 1;
    store<u32>(presentAt + k, row);
    store<u32>(positions + k, load<u32>(ranksAt + (<usize>(at >> 6) << 2)) + <u32>popcnt<u64>(word & (((<u64>1) << bit) - 1)));
    k += is << 2;
    if (states) store<u8>(states + row, (is ^ 1) * NULL_STATE);
    if (fields && !is) store<u64>(fields + (<usize>row << 3), NULL_FIELD);
  }
  return <u32>(k >> 2);
}

function presentOfAll(
  bitmap: usize, ranksAt: usize, shift: u32, count: u32, presentAt: usize, positions: usize, states: usize, fields: usize,
): u32 {
  const kept = bitRows(bitmap, shift, count, 1, 0, presentAt);
  if (kept) emitAll(positions, rankAt(bitmap, ranksAt, shift), kept);
  if (states) {
    const bytes = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), lanes = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const none = i8x16.splat(0), state = i8x16.splat(<i8>NULL_STATE);
    for (let j: u32 = 0; j < count; j += 16) {
      const at = j + shift, sixteen = i16x8.splat(<i16>(load<u32>(bitmap + (at >> 3)) >> (at & 7)));
      const is = v128.and(i8x16.swizzle(sixteen, bytes), lanes);
      v128.store(states + j, v128.and(i8x16.eq(is, none), state));
    }
  }
  if (fields) {
    for (let j: u32 = 0; j < count; j++) {
      const at = j + shift;
      if (!((<u32>load<u8>(bitmap + (at >> 3)) >> (at & 7)) & 1)) store<u64>(fields + (<usize>j << 3), NULL_FIELD);
    }
  }
  return kept;
}

export function bitRows(bitmap: usize, first: u32, count: u32, wanted: u32, base: u32, into: usize): u32 {
  const flip: u32 = wanted ? 0 : 0xff, end = first + count;
  let o = into, i = first;
  base -= first;
  for (; i < end && i & 7; i++) {
    store<u32>(o, base + i);
    o += <usize>(((<u32>load<u8>(bitmap + (i >> 3)) ^ flip) >> (i & 7)) & 1) << 2;
  }
  const all: u64 = wanted ? -1 : 0;
  for (; i + 64 <= end; i += 64) {
    const word = load<u64>(bitmap + (i >> 3));
    if (word == all) o = emitAll(o, base + i, 64);
    else if (word != ~all) for (let k: u32 = 0; k < 64; k += 8) o = emit8(o, (<u32>(word >> <u64>k) ^ flip) & 0xff, base + i + k);
  }
  for (; i < end; i += 8) {
    let bits = (<u32>load<u8>(bitmap + (i >> 3)) ^ flip) & 0xff;
    if (end - i < 8) bits &= ((<u32>1) << (end - i)) - 1;
    o = emit8(o, bits, base + i);
  }
  return <u32>((o - into) >> 2);
}

export function filterBits(bitmap: usize, rows: usize, shift: u32, count: u32, wanted: u32, into: usize): u32 {
  let o = into;
  for (let j: u32 = 0; j < count; j++) {
    const row = rows ? load<u32>(rows + (<usize>j << 2)) : j, at = row + shift;
    store<u32>(o, row);
    o += <usize>(((<u32>load<u8>(bitmap + (at >> 3)) >> (at & 7)) & 1) == wanted) << 2;
  }
  return <u32>((o - into) >> 2);
}

export function rowsAt(rows: usize, positions: usize, count: u32, into: usize): void {
  for (let j: usize = 0; j < <usize>count << 2; j += 4) store<u32>(into + j, load<u32>(rows + (<usize>load<u32>(positions + j) << 2)));
}
