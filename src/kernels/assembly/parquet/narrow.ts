// Filters on codes of up to four bits: the table is one vector, and sixteen codes are looked up at once.
import { emit16 } from './emit';

const NOT_A_CODE: i8 = 2;

// The table as a vector: 1 passes, 2 is no code.
const lookup: usize = memory.data(16, 16);

export function setLookup(table: usize, size: u32): void {
  for (let code: u32 = 0; code < 16; code++) store<u8>(lookup + code, code < size ? <u32>(load<u8>(table + code) != 0) : NOT_A_CODE);
}

// Keeps the codes, of `count` from the k-th of a packed run on, that pass; answers the address behind their rows, or 0 where one is
// no code.
export function keepNarrow(runAt: usize, k: u32, count: u32, width: u32, row: u32, o: usize): usize {
  if (width == 4) return keepNibbles(runAt, k, count, row, o);
  const before = k & 7, total = before + count, first = row - before;
  const table = v128.load(lookup), one = i8x16.splat(1), two = i8x16.splat(NOT_A_CODE);
  const half = i64x2.splat(((<i64>1) << <i64>(4 * width)) - 1), halfShift: i32 = 4 * width;
  const quarter = i32x4.splat((<u32>1 << (2 * width)) - 1), quarterShift: i32 = 2 * width;
  const single = i16x8.splat(<i16>((<u32>1 << width) - 1));
  let from = runAt + <usize>(k >> 3) * width;
  for (let i: u32 = 0; i < total; i += 16) {
    let x = v128.load_lane<u64>(from + width, v128.load_zero<u64>(from), 1);
    from += width << 1;
    // Eight codes in the low bits of each half are spread to bytes: four to each u32, two to each u16, one to each byte.
    x = v128.or(v128.and(x, half), i64x2.shl(v128.and(i64x2.shr_u(x, halfShift), half), 32));
    x = v128.or(v128.and(x, quarter), i32x4.shl(v128.and(i32x4.shr_u(x, quarterShift), quarter), 16));
    x = v128.or(v128.and(x, single), i16x8.shl(v128.and(i16x8.shr_u(x, width), single), 8));
    const found = i8x16.swizzle(table, x);
    let wanted: u32 = 0xffff;
    if (i == 0) wanted <<= before;
    if (total - i < 16) wanted &= ((<u32>1) << (total - i)) - 1;
    if (i8x16.bitmask(i8x16.eq(found, two)) & wanted) return 0;
    const kept = i8x16.bitmask(i8x16.eq(found, one)) & wanted;
    if (kept) o = emit16(o, kept, first + i);
  }
  return o;
}

// The same of codes of four bits: those of sixteen bytes are 32.
function keepNibbles(runAt: usize, k: u32, count: u32, row: u32, o: usize): usize {
  const before = k & 7, total = before + count, first = row - before;
  const table = v128.load(lookup), low = i8x16.splat(15), one = i8x16.splat(1), two = i8x16.splat(NOT_A_CODE);
  let from = runAt + (<usize>(k >> 3) << 2);
  for (let i: u32 = 0; i < total; i += 32, from += 16) {
    const x = v128.load(from);
    const even = i8x16.swizzle(table, v128.and(x, low)), odd = i8x16.swizzle(table, i8x16.shr_u(x, 4));
    const a = i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const b = i8x16.shuffle(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    let wanted: u32 = 0xffffffff;
    if (i == 0) wanted <<= before;
    if (total - i < 32) wanted &= ((<u32>1) << (total - i)) - 1;
    if (v128.any_true(v128.or(i8x16.eq(a, two), i8x16.eq(b, two)))) {
      if ((<u32>i8x16.bitmask(i8x16.eq(a, two)) | (<u32>i8x16.bitmask(i8x16.eq(b, two)) << 16)) & wanted) return 0;
    }
    const kept = (<u32>i8x16.bitmask(i8x16.eq(a, one)) | (<u32>i8x16.bitmask(i8x16.eq(b, one)) << 16)) & wanted;
    if (kept) o = emit16(emit16(o, kept & 0xffff, first + i), kept >> 16, first + i + 16);
  }
  return o;
}
