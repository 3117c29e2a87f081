/** Literals of Zstandard in Huffman codes (RFC 8878, 4.2). */
import { damage } from './reference-parquet-streams.ts';
import { BackwardBits, cellsOf, readCounts } from './reference-parquet-zstd-tables.ts';

const LOG_MAX = 11;
const SYMBOLS_MAX = 256;

/** Reads the weights of a tree; `at`: where they end. */
export function readTree(bytes: Uint8Array, from: number, end: number): { readonly tree: LiteralTree; readonly at: number } {
  if (from >= end) damage();
  const head = bytes[from]!;
  const size = head >= 128 ? (head - 126) >> 1 : head;
  const at = from + 1 + size;
  if (at > end) damage();
  const weights =
    head >= 128
      ? Array.from({ length: head - 127 }, (_, i) => (i % 2 === 0 ? bytes[from + 1 + (i >> 1)]! >> 4 : bytes[from + 1 + (i >> 1)]! & 15))
      : codedWeights(bytes, from + 1, at);
  return { tree: new LiteralTree(weights), at };
}

/** Weights as two interleaved states of one table. */
function codedWeights(bytes: Uint8Array, from: number, end: number): number[] {
  const { counts, log, at } = readCounts(bytes, from, end, SYMBOLS_MAX - 1, 6);
  const { cells } = cellsOf(counts, log);
  const bits = new BackwardBits(bytes, at, end);
  const states = [bits.take(log), bits.take(log)];
  const weights: number[] = [];
  while (weights.length < SYMBOLS_MAX - 2) {
    const which = weights.length % 2;
    const cell = cells[states[which]!]!;
    weights.push(cell.symbol);
    if (cell.bits > bits.left) return [...weights, cells[states[1 - which]!]!.symbol];
    states[which] = cell.next + bits.take(cell.bits);
  }
  return damage();
}

export class LiteralTree {
  readonly #log: number;
  /** By the next `log` bits. */
  readonly #cells: { readonly symbol: number; readonly bits: number }[] = [];

  constructor(weights: readonly number[]) {
    const cellsOf = (weight: number): number => (weight === 0 ? 0 : 2 ** (weight - 1));
    const sum = weights.reduce((all, weight) => all + cellsOf(weight), 0);
    const log = 32 - Math.clz32(sum);
    // The last weight is not told: it fills the table.
    const last = Math.log2(2 ** log - sum) + 1;
    if (sum === 0 || weights.some((weight) => weight > LOG_MAX) || log > LOG_MAX || !Number.isInteger(last)) damage();
    const all = [...weights, last];
    this.#log = log;
    for (let weight = 1; weight <= log; weight++) {
      all.forEach((of, symbol) => {
        for (let i = 0; of === weight && i < cellsOf(weight); i++) this.#cells.push({ symbol, bits: log + 1 - weight });
      });
    }
  }

  /** Decodes one stream of `size` bytes. */
  one(bytes: Uint8Array, from: number, end: number, size: number): Uint8Array {
    const bits = new BackwardBits(bytes, from, end);
    const literals = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      const cell = this.#cells[bits.peek(this.#log)]!;
      literals[i] = cell.symbol;
      bits.take(cell.bits);
    }
    return bits.left === 0 ? literals : damage();
  }

  /** Decodes four streams of a quarter each, the last of the rest. */
  four(bytes: Uint8Array, from: number, end: number, size: number): Uint8Array {
    if (end - from < 10) damage();
    const length = (index: number): number => bytes[from + 2 * index]! + 256 * bytes[from + 2 * index + 1]!;
    const quarter = (size + 3) >> 2;
    const last = size - 3 * quarter;
    const starts = [from + 6];
    for (let i = 0; i < 3; i++) starts.push(starts[i]! + length(i));
    if (last < 0 || starts[3]! >= end) damage();
    return Buffer.concat(starts.map((start, i) => this.one(bytes, start, starts[i + 1] ?? end, i < 3 ? quarter : last)));
  }
}
