// Tables of finite state entropy (RFC 8878, 4.1): of literal lengths, match lengths and offsets, and of Huffman weights.

// A cell is what a state stands for: u32 address of the cells that may come next, u16 mask of the bits that say which (times the
// bytes of a cell), u8 how many bits those are, u8 the value. A value with extra bits of its own is told as its symbol, from `CODED`
// on; offsets are told as the number of their extra bits, weights as they are.
export const CELL: u32 = 8;
export const NEXT: usize = 0, MASK: usize = 4, BITS: usize = 6, VALUE: usize = 7;
export const CODED: u32 = 128;

export const LITERALS: u32 = 0, MATCHES: u32 = 1, OFFSETS: u32 = 2, WEIGHTS: u32 = 3;
// Symbols below are values without extra bits.
const LITERALS_PLAIN: u32 = 16, MATCHES_PLAIN: u32 = 32;
export const LITERALS_MAX: u32 = 35, MATCHES_MAX: u32 = 52, OFFSETS_MAX: u32 = 31;

export const literalBases = memory.data<u32>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
  32768, 65536,
]);
export const literalBits = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
export const matchBases = memory.data<u32>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 39, 41, 43,
  47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
]);
export const matchBits = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10,
  11, 12, 13, 14, 15, 16,
]);

// Counts of symbols: -1 for "less than one".
export const counts: usize = memory.data(256 * 2, 16);
const symbols: usize = memory.data(512 + 16, 16);
const nexts: usize = memory.data(256 * 2, 16);

// What `readCounts` found.
export let countsEnd: usize = 0;
export let countsLog: u32 = 0;
export let countsSymbols: u32 = 0;

// Reads the counts of a table; false where they are not of symbols up to `symbol_max`, or too fine.
export function readCounts(at: usize, end: usize, symbol_max: u32, log_max: u32): bool {
  if (at >= end) return false;
  const bits = <u32>(end - at) << 3;
  countsLog = (<u32>load<u8>(at) & 15) + 5;
  if (countsLog > log_max) return false;
  let bit: u32 = 4, left: i32 = (1 << countsLog) + 1, symbol: u32 = 0;
  while (left > 1 && symbol <= symbol_max) {
    if (bit > bits) return false;
    // Values of 0 to `left`: the smaller ones have a bit less.
    const width = 32 - clz<u32>(<u32>left), low = (<u32>1 << (width - 1)) - 1, short = (<u32>1 << width) - 1 - <u32>left;
    let value = <u32>(load<u64>(at + (bit >> 3)) >> <u64>(bit & 7)) & ((<u32>1 << width) - 1);
    if ((value & low) < short) {
      value &= low;
      bit += width - 1;
    } else {
      if (value > low) value -= short;
      bit += width;
    }
    const count = <i32>value - 1;
    store<i16>(counts + (<usize>symbol << 1), <i16>count);
    symbol++;
    left -= count < 0 ? 1 : count;
    if (count) continue;
    let zeros: u32 = 3;
    while (zeros == 3) {
      if (bit > bits) return false;
      zeros = (<u32>load<u16>(at + (bit >> 3)) >> (bit & 7)) & 3;
      bit += 2;
      for (let i: u32 = 0; i < zeros && symbol <= symbol_max; i++, symbol++) store<i16>(counts + (<usize>symbol << 1), 0);
    }
  }
  countsSymbols = symbol;
  countsEnd = at + ((bit + 7) >> 3);
  return left == 1 && bit <= bits;
}

// Builds the table of 1 << log cells for the counts of so many symbols.
export function buildTable(table: usize, kind: u32, countsAt: usize, size: u32, log: u32): void {
  const cells: u32 = 1 << log, mask = cells - 1, step = (cells >> 1) + (cells >> 3) + 3;
  let high = mask;
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const count = <i32>load<i16>(countsAt + (<usize>symbol << 1));
    if (count < 0) store<u8>(symbols + high--, symbol);
    store<u16>(nexts + (<usize>symbol << 1), count < 0 ? 1 : count);
  }
  let at: u32 = 0;
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    for (let i = <i32>load<i16>(countsAt + (<usize>symbol << 1)); i > 0; i--) {
      store<u8>(symbols + at, symbol);
      do at = (at + step) & mask; while (at > high);
    }
  }
  for (let cell: u32 = 0; cell < cells; cell++) {
    const symbol = <u32>load<u8>(symbols + cell), next = <u32>load<u16>(nexts + (<usize>symbol << 1));
    store<u16>(nexts + (<usize>symbol << 1), next + 1);
    const bits = log - (31 - clz<u32>(next));
    putCell(table + cell * CELL, kind, symbol, table + ((next << bits) - cells) * CELL, bits);
  }
}

// @ts-ignore: decorator
@inline
export function putCell(cell: usize, kind: u32, symbol: u32, next: usize, bits: u32): void {
  let value = symbol;
  if (kind == LITERALS) value = symbol < LITERALS_PLAIN ? symbol : symbol | CODED;
  else if (kind == MATCHES) value = symbol < MATCHES_PLAIN ? symbol + 3 : symbol | CODED;
  store<u32>(cell, <u32>next, NEXT);
  store<u16>(cell, ((<u32>1 << bits) - 1) * CELL, MASK);
  store<u8>(cell, bits, BITS);
  store<u8>(cell, value, VALUE);
}
