// Huffman trees of literals in Zstandard (RFC 8878, 4.2): their weights, and tables by the next eleven bits.
import { BITS, buildTable, CELL, counts, countsEnd, countsLog, countsSymbols, NEXT, readCounts, VALUE, WEIGHTS } from './zstd-tables';
import { highest, streamBits, topBits } from './zstd-bits';

const LOG_MAX: u32 = 11;
const WEIGHTS_LOG_MAX: u32 = 6;
// Look-ups, of 2048, that must give two symbols for the table of pairs to be worth it.
const PAIRS_MIN: u32 = 700;

// By the next 11 bits: u16 `symbol | bits << 8`.
export const singles: usize = memory.data(2048 * 2, 16);
// By the next 11 bits: u32 of the next symbol, the one behind it, the bits of both, and how many they are. Two where 11 bits hold two.
export const pairs: usize = memory.data(2048 * 4, 16);
const weights: usize = memory.data(256 + 16, 16);
const weightTable: usize = memory.data(64 * 8, 16);
const starts: usize = memory.data(16 * 4, 16);

let known: bool = false;
// Of the table of pairs: what is known of it.
let pairsKnown: u32 = 0;
const UNKNOWN: u32 = 0, WORTH: u32 = 1, NOT_WORTH: u32 = 2;

// What `readTree` found.
export let treeEnd: usize = 0;
// The bits of its longest code.
export let treeLog: u32 = 0;

export function forgetTree(): void {
  known = false;
}

export function hasTree(): bool {
  return known;
}

// Reads the weights of a tree and builds its table; false where they make none.
export function readTree(at: usize, end: usize): bool {
  if (at >= end) return false;
  known = false;
  const head = <u32>load<u8>(at++);
  let size: u32;
  if (head >= 128) {
    size = head - 127;
    treeEnd = at + ((size + 1) >> 1);
    if (treeEnd > end) return false;
    for (let i: u32 = 0; i < size; i++) {
      const byte = <u32>load<u8>(at + (i >> 1));
      store<u8>(weights + i, i & 1 ? byte & 15 : byte >> 4);
    }
  } else {
    treeEnd = at + head;
    if (treeEnd > end) return false;
    size = readWeights(at, treeEnd);
  }
  if (size == 0 || !buildSingles(size)) return false;
  known = true;
  pairsKnown = UNKNOWN;
  return true;
}

// Weights as two interleaved states of one table; answers how many there are, 0 where they are not valid.
function readWeights(at: usize, end: usize): u32 {
  if (!readCounts(at, end, 255, WEIGHTS_LOG_MAX)) return 0;
  buildTable(weightTable, WEIGHTS, counts, countsSymbols, countsLog);
  const from = countsEnd;
  let position = streamBits(from, end) - <i32>(2 * countsLog), size: u32 = 0;
  if (position < 0) return 0;
  let one = weightTable + highest(topBits(from, position + 2 * countsLog), countsLog) * CELL;
  let two = weightTable + highest(topBits(from, position + countsLog), countsLog) * CELL;
  while (size < 254) {
    const bits = <i32>load<u8>(one, BITS);
    store<u8>(weights + size, load<u8>(one, VALUE));
    size++;
    if (position < bits) {
      store<u8>(weights + size, load<u8>(two, VALUE));
      return size + 1;
    }
    const next = <usize>load<u32>(one, NEXT) + highest(topBits(from, position), bits) * CELL;
    position -= bits;
    one = two;
    two = next;
  }
  return 0;
}

function buildSingles(size: u32): bool {
  memory.fill(starts, 0, 64);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const weight = <u32>load<u8>(weights + i);
    if (weight > LOG_MAX) return false;
    if (weight == 0) continue;
    sum += <u32>1 << (weight - 1);
    store<u32>(starts + (<usize>weight << 2), load<u32>(starts + (<usize>weight << 2)) + 1);
  }
  if (sum == 0) return false;
  // The last weight is not told: it fills the table.
  const log: u32 = 32 - clz<u32>(sum), rest = (<u32>1 << log) - sum;
  if (log > LOG_MAX || rest & (rest - 1)) return false;
  treeLog = log;
  const last = 32 - clz<u32>(rest);
  store<u8>(weights + size, last);
  size++;
  store<u32>(starts + (<usize>last << 2), load<u32>(starts + (<usize>last << 2)) + 1);
  let at: u32 = 0;
  for (let weight: u32 = 1; weight <= log; weight++) {
    const symbols = load<u32>(starts + (<usize>weight << 2));
    store<u32>(starts + (<usize>weight << 2), at);
    at += symbols << (weight - 1);
  }
  // A table of fewer bits is spread over eleven.
  const spread = LOG_MAX - log;
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const weight = <u32>load<u8>(weights + symbol);
    if (weight == 0) continue;
    const first = load<u32>(starts + (<usize>weight << 2)), cells: u32 = 1 << (weight - 1);
    store<u32>(starts + (<usize>weight << 2), first + cells);
    fill16(singles + (<usize>(first << spread) << 1), cells << spread, symbol | ((log + 1 - weight) << 8));
  }
  return true;
}

function fill16(at: usize, count: u32, value: u32): void {
  if (count < 8) {
    for (let i: u32 = 0; i < count; i++) store<u16>(at + (<usize>i << 1), value);
    return;
  }
  const x = i16x8.splat(<i16>value);
  for (const end = at + (<usize>count << 1); at < end; at += 16) v128.store(at, x);
}

// Whether the table of pairs has been worth building for the tree.
export function hasPairs(): bool {
  if (pairsKnown == UNKNOWN) buildPairs();
  return pairsKnown == WORTH;
}

function buildPairs(): void {
  let doubles: u32 = 0;
  for (let i: u32 = 0; i < 2048; i++) {
    const one = <u32>load<u16>(singles + (<usize>i << 1)), bits = one >> 8;
    const two = <u32>load<u16>(singles + (<usize>((i << bits) & 2047) << 1)), both = bits + (two >> 8);
    const fits = both <= LOG_MAX;
    const pair = (one & 0xff) | ((two & 0xff) << 8) | (both << 16) | (2 << 24);
    store<u32>(pairs + (<usize>i << 2), select<u32>(pair, (one & 0xff) | (bits << 16) | (1 << 24), fits));
    doubles += <u32>fits;
  }
  pairsKnown = doubles >= PAIRS_MIN ? WORTH : NOT_WORTH;
}
