// Row numbers of the bits of a mask, eight rows at a time and without a branch: a table tells which.

// Of each mask of eight bits: the numbers of its bits as bytes, from the lowest.
const BITS: usize = memory.data(256 * 8, 16);

makeBits();

function makeBits(): void {
  for (let mask: u32 = 0; mask < 256; mask++) {
    let o = BITS + (<usize>mask << 3);
    for (let bit: u32 = 0; bit < 8; bit++) if ((mask >> bit) & 1) store<u8>(o++, bit);
  }
}

// Writes `row + i` for each bit i of a mask of eight; answers the address behind the last. Writes 32 bytes.
// @ts-ignore: decorator
@inline
export function emit8(o: usize, mask: u32, row: u32): usize {
  const bits = v128.load_zero<u64>(BITS + (<usize>mask << 3));
  const words = i16x8.extend_low_i8x16_u(bits), rows = i32x4.splat(row);
  v128.store(o, i32x4.add(i32x4.extend_low_i16x8_u(words), rows));
  v128.store(o, i32x4.add(i32x4.extend_high_i16x8_u(words), rows), 16);
  return o + (<usize>popcnt<u32>(mask) << 2);
}

// The same of a mask of sixteen.
// @ts-ignore: decorator
@inline
export function emit16(o: usize, mask: u32, row: u32): usize {
  return emit8(emit8(o, mask & 0xff, row), mask >> 8, row + 8);
}

// Writes `count` row numbers from `row` on. Writes up to 12 bytes more.
export function emitAll(o: usize, row: u32, count: u32): usize {
  let rows = i32x4.add(i32x4.splat(row), i32x4(0, 1, 2, 3));
  const end = o + (<usize>count << 2), four = i32x4.splat(4);
  for (; o < end; o += 16) {
    v128.store(o, rows);
    rows = i32x4.add(rows, four);
  }
  return end;
}
