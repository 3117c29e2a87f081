/** Finite state entropy of Zstandard (RFC 8878, 4.1): counts, the tables made of them, and bits that are read backwards. */
import { damage } from './reference-parquet-streams.ts';

interface Cell {
  readonly symbol: number;
  /** Bits that are added to `next`. */
  readonly bits: number;
  readonly next: number;
}

export interface Cells {
  readonly log: number;
  readonly cells: readonly Cell[];
}

/** Reads counts, -1 for "less than one"; `at`: where they end. */
export function readCounts(
  bytes: Uint8Array,
  from: number,
  end: number,
  symbol_max: number,
  log_max: number,
): { readonly counts: readonly number[]; readonly log: number; readonly at: number } {
  let bit = 0;
  const take = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, bit++) value += ((byteAt(bytes, from + (bit >> 3), end) >> (bit & 7)) & 1) << i;
    return value;
  };
  const log = take(4) + 5;
  if (from >= end || log > log_max) damage();
  const counts: number[] = [];
  let left = 1 << log;
  while (left > 0 && counts.length <= symbol_max) {
    // Values of 0 to left + 1; the smaller ones have a bit less.
    const width = 32 - Math.clz32(left + 1);
    const short = 2 ** width - 2 - left;
    let value = take(width - 1);
    if (value >= short) {
      value += take(1) << (width - 1);
      if (value >= 2 ** (width - 1)) value -= short;
    }
    counts.push(value - 1);
    left -= Math.abs(value - 1);
    if (value !== 1) continue;
    for (let zeros = 3; zeros === 3; ) {
      zeros = take(2);
      for (let i = 0; i < zeros && counts.length <= symbol_max; i++) counts.push(0);
    }
  }
  if (left !== 0 || bit > 8 * (end - from)) damage();
  return { counts, log, at: from + ((bit + 7) >> 3) };
}

/** Bits behind the end count as 0, until it shows that they were used. */
function byteAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? bytes[at]! : 0;
}

export function cellsOf(counts: readonly number[], log: number): Cells {
  const size = 1 << log;
  const symbols = new Array<number>(size);
  let high = size - 1;
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[high--] = symbol;
  });
  let at = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + (size >> 1) + (size >> 3) + 3) % size;
      while (at > high);
    }
  });
  const states = counts.map((count) => Math.abs(count));
  const cells = symbols.map((symbol): Cell => {
    const state = states[symbol]!++;
    const bits = log - (31 - Math.clz32(state));
    return { symbol, bits, next: (state << bits) - size };
  });
  return { log, cells };
}

/** Bits from the end of a stream to its start, behind the 1 that ends it. */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #from: number;
  left: number;

  constructor(bytes: Uint8Array, from: number, end: number) {
    this.#bytes = bytes;
    this.#from = from;
    const last = end > from ? bytes[end - 1]! : 0;
    if (last === 0) damage();
    this.left = 8 * (end - from) - 1 - (Math.clz32(last) - 24);
  }

  /** The next bits as a number, without using them up; 0 where there are none. */
  peek(count: number): number {
    let value = 0;
    for (let i = 1; i <= count; i++) {
      const bit = this.left - i;
      value = 2 * value + (bit < 0 ? 0 : (this.#bytes[this.#from + (bit >> 3)]! >> (bit & 7)) & 1);
    }
    return value;
  }

  take(count: number): number {
    if (count > this.left) damage();
    const value = this.peek(count);
    this.left -= count;
    return value;
  }
}
