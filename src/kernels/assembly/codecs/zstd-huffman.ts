// Literals of Zstandard in Huffman codes (RFC 8878, 4.2), in one stream or in four that are decoded side by side.
import { buildTable, CELL, counts, countsEnd, countsLog, countsSymbols, readCounts, WEIGHTS } from './zstd-tables';
import { highest, streamBits, topBits } from './zstd-bits';

const LOG_MAX: u32 = 11;
const WEIGHTS_LOG_MAX: u32 = 6;

// By the next 11 bits: u16 `symbol | bits << 8`.
const singles: usize = memory.data(2048 * 2, 16);
// By the next 11 bits: u32 of the next symbol, the one behind it, the bits of both, and how many they are. Two where 11 bits hold two.
const pairs: usize = memory.data(2048 * 4, 16);
const weights: usize = memory.data(256 + 16, 16);
const weightTable: usize = memory.data(64 * 8, 16);
const starts: usize = memory.data(16 * 4, 16);

let known: bool = false;
let pairsKnown: bool = false;

// What `readTree` found.
export let treeEnd: usize = 0;

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
  pairsKnown = false;
  return true;
}

// Weights as two interleaved states of one table; answers how many there are, 0 where they are not valid.
function readWeights(at: usize, end: usize): u32 {
  if (!readCounts(at, end, 255, WEIGHTS_LOG_MAX)) return 0;
  buildTable(weightTable, WEIGHTS, counts, countsSymbols, countsLog);
  const from = countsEnd;
  let position = streamBits(from, end) - <i32>(2 * countsLog), size: u32 = 0;
  if (position < 0) return 0;
  let one = <usize>highest(topBits(from, position + 2 * countsLog), countsLog) * CELL;
  let two = <usize>highest(topBits(from, position + countsLog), countsLog) * CELL;
  while (size < 254) {
    const cell = load<u64>(weightTable + one), bits = <i32>(cell >> 56);
    store<u8>(weights + size, <u8>cell);
    size++;
    if (position < bits) {
      store<u8>(weights + size, <u8>load<u64>(weightTable + two));
      return size + 1;
    }
    const next = (<usize>(cell >> 32) & 0xffff) + <usize>highest(topBits(from, position), bits) * CELL;
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

function buildPairs(): void {
  for (let i: u32 = 0; i < 2048; i++) {
    const one = <u32>load<u16>(singles + (<usize>i << 1)), bits = one >> 8;
    const two = <u32>load<u16>(singles + (<usize>((i << bits) & 2047) << 1)), both = bits + (two >> 8);
    const pair = (one & 0xff) | ((two & 0xff) << 8) | (both << 16) | (2 << 24);
    store<u32>(pairs + (<usize>i << 2), select<u32>(pair, (one & 0xff) | (bits << 16) | (1 << 24), both <= LOG_MAX));
  }
  pairsKnown = true;
}

// Decodes the rest of one stream: `position` bits to exactly [out, outEnd).
function decodeRest(from: usize, position: i32, out: usize, outEnd: usize): bool {
  while (out < outEnd) {
    if (position < 0) return false;
    const single = <u32>load<u16>(singles + (<usize>(topBits(from, position) >> 53) << 1));
    store<u8>(out++, single);
    position -= single >> 8;
  }
  return position == 0;
}

export function decodeOne(from: usize, end: usize, out: usize, outEnd: usize): bool {
  const position = streamBits(from, end);
  return position >= 0 && decodeRest(from, position, out, outEnd);
}

// Shorter streams are not worth the table of pairs.
const PAIRS_BYTES_MIN: usize = 1024;

// Bits of a stream as the loop below holds them: the eight bytes at `at`, shifted by what is used up of them; a 1 below tells by how much.
// @ts-ignore: decorator
@inline
function refill(at: usize, used: u64): u64 {
  return (load<u64>(at) | 1) << (used & 7);
}

// @ts-ignore: decorator
@inline
function pairOf(bits: u64): u32 {
  return load<u32>(pairs + (<usize>(bits >> 51) & 0x1ffc));
}

export function decodeFour(from: usize, end: usize, out: usize, outEnd: usize): bool {
  if (end - from < 10) return false;
  const a = from + 6, b = a + load<u16>(from), c = b + load<u16>(from, 2), d = c + load<u16>(from, 4);
  const quarter = (outEnd - out + 3) >> 2;
  const outB = out + quarter, outC = outB + quarter, outD = outC + quarter;
  if (d >= end || outD > outEnd) return false;
  let left1 = streamBits(a, b), left2 = streamBits(b, c), left3 = streamBits(c, d), left4 = streamBits(d, end);
  if ((left1 | left2 | left3 | left4) < 0) return false;
  let o1 = out, o2 = outB, o3 = outC, o4 = outD;
  if (quarter >= PAIRS_BYTES_MIN) {
    if (!pairsKnown) buildPairs();
    let p1 = b - 8, p2 = c - 8, p3 = d - 8, p4 = end - 8;
    let bits1 = firstBits(p1, a, left1), bits2 = firstBits(p2, b, left2), bits3 = firstBits(p3, c, left3), bits4 = firstBits(p4, d, left4);
    for (;;) {
      // Rounds that none of the streams can overstep: 5 look-ups use up at most 7 bytes, and write at most 10.
      const input = min(min(<i32>(p1 - a), <i32>(p2 - b)), min(<i32>(p3 - c), <i32>(p4 - d))) / 7;
      const room = min(min(<i32>(outB - o1), <i32>(outC - o2)), min(<i32>(outD - o3), <i32>(outEnd - o4))) / 10;
      let rounds = min(input, room);
      if (rounds <= 0) break;
      do {
        for (let i = 0; i < 5; i++) {
          const e1 = pairOf(bits1), e2 = pairOf(bits2), e3 = pairOf(bits3), e4 = pairOf(bits4);
          store<u16>(o1, e1);
          store<u16>(o2, e2);
          store<u16>(o3, e3);
          store<u16>(o4, e4);
          bits1 <<= <u64>(e1 >> 16);
          bits2 <<= <u64>(e2 >> 16);
          bits3 <<= <u64>(e3 >> 16);
          bits4 <<= <u64>(e4 >> 16);
          o1 += e1 >> 24;
          o2 += e2 >> 24;
          o3 += e3 >> 24;
          o4 += e4 >> 24;
        }
        const used1 = ctz<u64>(bits1), used2 = ctz<u64>(bits2), used3 = ctz<u64>(bits3), used4 = ctz<u64>(bits4);
        p1 -= <usize>(used1 >> 3);
        p2 -= <usize>(used2 >> 3);
        p3 -= <usize>(used3 >> 3);
        p4 -= <usize>(used4 >> 3);
        bits1 = refill(p1, used1);
        bits2 = refill(p2, used2);
        bits3 = refill(p3, used3);
        bits4 = refill(p4, used4);
      } while (--rounds);
    }
    left1 = bitsLeft(a, p1, bits1);
    left2 = bitsLeft(b, p2, bits2);
    left3 = bitsLeft(c, p3, bits3);
    left4 = bitsLeft(d, p4, bits4);
  }
  return decodeRest(a, left1, o1, outB) && decodeRest(b, left2, o2, outC) && decodeRest(c, left3, o3, outD) && decodeRest(d, left4, o4, outEnd);
}

// @ts-ignore: decorator
@inline
function firstBits(at: usize, from: usize, left: i32): u64 {
  return (load<u64>(at) | 1) << (<u64>(<u32>(at + 8 - from) << 3) - left);
}

// @ts-ignore: decorator
@inline
function bitsLeft(from: usize, at: usize, bits: u64): i32 {
  return <i32>((at + 8 - from) << 3) - <i32>ctz<u64>(bits);
}
