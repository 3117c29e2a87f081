// One bzip2 block, from its magic to the bytes of text: Huffman codes, move to front, the inverse of the Burrows-Wheeler
// transform, and run lengths. A block is opened, then its text is asked for in parts.
import { crcBzip2, makeTables } from './checksums';

// Results of opening a block.
const OK: i32 = 0;
// The input ends inside the block.
const SHORT: i32 = 1;
const DAMAGED: i32 = 2;

const GROUPS_MAX: u32 = 6;
const GROUP_SYMBOLS: u32 = 50;
const SELECTORS_MAX: u32 = 18002;
const LENGTH_MAX: u32 = 20;
const SYMBOLS_MAX: u32 = 258;
// Codes of up to so many bits are read by one look into a table.
const FAST_BITS: u32 = 10;

// Of each group: u16 `symbol << 5 | length` by the next bits (0 where the code is longer).
const fast: usize = memory.data(6 << 11, 16);
// Of each group: u32 limits of the codes of each length, left-aligned in 20 bits; i32 offsets into `ranked`.
const codeLimits: usize = memory.data(6 * 32 * 4, 16);
const codeOffsets: usize = memory.data(6 * 32 * 4, 16);
// Of each group: u16 symbols in the order of their codes.
const ranked: usize = memory.data(6 * 258 * 2, 16);
const lengths: usize = memory.data(258, 16);
const selectors: usize = memory.data(18002, 16);
const front: usize = memory.data(256 + 16, 16);
const counts: usize = memory.data(256 * 4, 16);

let input: usize = 0;
let inputBits: u64 = 0;
let position: u64 = 0;

let table: usize = 0;
let left: u32 = 0;
let next: u32 = 0;
let run: u32 = 0;
let last: u32 = 0;
let repeats: u32 = 0;
let wantedCrc: u32 = 0;
let crc: u32 = 0;

// @ts-ignore: decorator
@inline
function window(): u64 {
  return bswap<u64>(load<u64>(input + <usize>(position >>> 3))) << (position & 7);
}

// Reads up to 32 bits.
// @ts-ignore: decorator
@inline
function bits(count: u32): u32 {
  const value = <u32>(window() >>> (64 - <u64>count));
  position += count;
  return value;
}

// Opens the block whose magic begins at bit `bit` of the input. `block_max` is the most it may hold; `work` has room for as many u32.
export function bzip2Open(from: usize, to: usize, bit: u32, block_max: u32, work: usize): i32 {
  makeTables();
  input = from;
  inputBits = <u64>(to - from) << 3;
  position = bit;
  left = 0;
  // The magic, the CRC, one bit, the origin, and the map of maps.
  if (position + 48 + 32 + 1 + 24 + 16 > inputBits) return SHORT;
  if (bits(24) != 0x314159 || bits(24) != 0x265359) return DAMAGED;
  wantedCrc = bits(32);
  // Randomised blocks: no compressor has written them since 1997.
  if (bits(1) != 0) return DAMAGED;
  const origin = bits(24);
  const symbols = readSymbols();
  const groups = bits(3);
  const count = bits(15);
  if (position > inputBits) return SHORT;
  if (symbols == 0 || groups < 2 || groups > GROUPS_MAX || count == 0) return DAMAGED;
  let status = readSelectors(groups, count);
  if (status != OK) return status;
  for (let group: u32 = 0; group < groups; group++) {
    status = readCode(group, symbols + 2);
    if (status != OK) return status;
  }
  table = work;
  status = readBlock(symbols + 1, min<u32>(count, SELECTORS_MAX), block_max);
  if (status != OK) return status;
  if (origin >= left) return DAMAGED;
  invert(origin);
  return OK;
}

// The bit behind the block.
export function bzip2End(): u32 {
  return <u32>position;
}

// The CRC the block carries.
export function bzip2Crc(): u32 {
  return wantedCrc;
}

// Whether the text written, which must be all of it, has that CRC.
export function bzip2Intact(): bool {
  return ~crc == wantedCrc;
}

function readSymbols(): u32 {
  const maps = bits(16);
  let symbols: u32 = 0;
  for (let map: u32 = 0; map < 16; map++) {
    if (!(maps & (0x8000 >>> map))) continue;
    if (position + 16 > inputBits) {
      position = inputBits + 1;
      return 0;
    }
    const members = bits(16);
    for (let member: u32 = 0; member < 16; member++) {
      if (members & (0x8000 >>> member)) store<u8>(front + symbols++, <u8>((map << 4) | member));
    }
  }
  return symbols;
}

function readSelectors(groups: u32, count: u32): i32 {
  // Move to front over at most six groups: a nibble each.
  let order: u32 = 0x543210;
  for (let index: u32 = 0; index < count; index++) {
    let rank: u32 = 0;
    while (bits(1) != 0) {
      rank++;
      if (rank >= groups) return position > inputBits ? SHORT : DAMAGED;
    }
    if (position > inputBits) return SHORT;
    const shift = rank << 2;
    const group = (order >>> shift) & 15;
    const before = order & ((1 << shift) - 1);
    order = (order & ~((16 << shift) - 1)) | (before << 4) | group;
    // More selectors than a block can use are read and dropped, as bzip2 does.
    if (index < SELECTORS_MAX) store<u8>(selectors + index, <u8>group);
  }
  return OK;
}

function readCode(group: u32, symbols: u32): i32 {
  let length = bits(5);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (position > inputBits) return SHORT;
      if (length < 1 || length > LENGTH_MAX) return DAMAGED;
      if (bits(1) == 0) break;
      length += bits(1) == 0 ? 1 : -1;
    }
    if (position > inputBits) return SHORT;
    store<u8>(lengths + symbol, <u8>length);
  }
  makeCode(group, symbols);
  return OK;
}

function makeCode(group: u32, symbols: u32): void {
  const limits = codeLimits + (group << 7);
  const offsets = codeOffsets + (group << 7);
  const order = ranked + group * SYMBOLS_MAX * 2;
  const looks = fast + (group << 11);
  memory.fill(looks, 0, 1 << (FAST_BITS + 1));
  let code: u32 = 0;
  let rank: u32 = 0;
  for (let length: u32 = 1; length <= LENGTH_MAX; length++) {
    store<i32>(offsets + (length << 2), <i32>rank - <i32>code);
    for (let symbol: u32 = 0; symbol < symbols; symbol++) {
      if (<u32>load<u8>(lengths + symbol) != length) continue;
      store<u16>(order + (rank++ << 1), <u16>symbol);
      if (length <= FAST_BITS) {
        const first = code << (FAST_BITS - length);
        const behind = min<u32>(first + (1 << (FAST_BITS - length)), 1 << FAST_BITS);
        for (let look = first; look < behind; look++) store<u16>(looks + (look << 1), <u16>((symbol << 5) | length));
      }
      code++;
    }
    // An over-subscribed code goes past what its bits can say: such codes are never read, and nothing else is written.
    store<u32>(limits + (length << 2), min<u32>(code << (LENGTH_MAX - length), 1 << LENGTH_MAX));
    code <<= 1;
    if (code > 1 << 24) code = 1 << 24;
  }
}

// Reads a code longer than FAST_BITS; answers `symbol << 5 | length`, 0 where there is no such code.
function slowCode(group: u32, word: u64): u32 {
  const limits = codeLimits + (group << 7);
  const look = <u32>(word >>> (64 - LENGTH_MAX));
  for (let length: u32 = FAST_BITS + 1; length <= LENGTH_MAX; length++) {
    if (look >= load<u32>(limits + (length << 2))) continue;
    const rank = <i32>(look >>> (LENGTH_MAX - length)) + load<i32>(codeOffsets + (group << 7) + (length << 2));
    if (<u32>rank >= SYMBOLS_MAX) return 0;
    return (<u32>load<u16>(ranked + group * SYMBOLS_MAX * 2 + (<u32>rank << 1)) << 5) | length;
  }
  return 0;
}

// Fills the table with the bytes of the block and counts them.
function readBlock(end: u32, groups: u32, block_max: u32): i32 {
  memory.fill(counts, 0, 256 * 4);
  let at = table;
  const atMax = table + (<usize>block_max << 2);
  let runLength: u32 = 0;
  let runWeight: u32 = 1;
  for (let index: u32 = 0; index < groups; index++) {
    if (position > inputBits) return SHORT;
    const group: u32 = load<u8>(selectors + index);
    const looks = fast + (group << 11);
    for (let symbol: u32 = 0; symbol < GROUP_SYMBOLS; symbol++) {
      const word = window();
      let entry: u32 = load<u16>(looks + <usize>((word >>> (64 - FAST_BITS)) << 1));
      if (entry == 0) {
        entry = slowCode(group, word);
        if (entry == 0) return position + LENGTH_MAX > inputBits ? SHORT : DAMAGED;
      }
      position += entry & 31;
      const value = entry >>> 5;
      if (value <= 1) {
        // Digits of a run's length, 1 and 2, the lowest first.
        if (runWeight > block_max) return position > inputBits ? SHORT : DAMAGED;
        runLength += runWeight << value;
        runWeight <<= 1;
        continue;
      }
      if (runLength > 0) {
        if (runLength > <u32>((atMax - at) >>> 2)) return position > inputBits ? SHORT : DAMAGED;
        at = fillRun(at, runLength);
        runLength = 0;
        runWeight = 1;
      }
      if (value == end) {
        left = <u32>((at - table) >>> 2);
        return position > inputBits ? SHORT : OK;
      }
      if (value > end || at >= atMax) return position > inputBits ? SHORT : DAMAGED;
      const byte = toFront(value - 1);
      store<u32>(at, byte);
      at += 4;
      const count = counts + (byte << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  return position > inputBits ? SHORT : DAMAGED;
}

function fillRun(at: usize, length: u32): usize {
  const byte: u32 = load<u8>(front);
  const count = counts + (byte << 2);
  store<u32>(count, load<u32>(count) + length);
  const stop = at + (<usize>length << 2);
  for (; at < stop; at += 4) store<u32>(at, byte);
  return at;
}

// @ts-ignore: decorator
@inline
function toFront(rank: u32): u32 {
  const byte: u32 = load<u8>(front + rank);
  if (rank > 16) memory.copy(front + 1, front, rank);
  else for (let at = front + rank; at > front; at--) store<u8>(at, load<u8>(at - 1));
  store<u8>(front, <u8>byte);
  return byte;
}

// Links each byte of the table to the one behind it in the text.
function invert(origin: u32): void {
  let sum: u32 = 0;
  for (let byte: u32 = 0; byte < 256; byte++) {
    const count = counts + (byte << 2);
    const bytes = load<u32>(count);
    store<u32>(count, sum);
    sum += bytes;
  }
  for (let index: u32 = 0; index < left; index++) {
    const byte = load<u8>(table + (index << 2));
    const count = counts + (<u32>byte << 2);
    const rank = load<u32>(count);
    store<u32>(count, rank + 1);
    const linked = table + (rank << 2);
    store<u32>(linked, load<u32>(linked) | (index << 8));
  }
  next = load<u32>(table + (origin << 2)) >>> 8;
  run = 0;
  last = 256;
  repeats = 0;
  crc = 0xffffffff;
}

// Writes the next bytes of text; fewer than fit only where the text ends.
export function bzip2Output(out: usize, outEnd: usize): u32 {
  const start = out;
  for (;;) {
    if (repeats > 0) {
      const part = min<u32>(repeats, <u32>(outEnd - out));
      memory.fill(out, <u8>last, part);
      out += part;
      repeats -= part;
      if (repeats > 0) break;
      run = 0;
      last = 256;
    }
    out = copyText(out, outEnd);
    if (repeats == 0) break;
  }
  crc = crcBzip2(crc, start, out);
  return <u32>(out - start);
}

// Walks the links until the text or the room for it ends, or four equal bytes announce a count of repeats.
function copyText(out: usize, outEnd: usize): usize {
  let link = next;
  let count = left;
  let equal = run;
  let before = last;
  while (count > 0 && (out < outEnd || equal == 4)) {
    const entry = load<u32>(table + (link << 2));
    const byte = entry & 0xff;
    link = entry >>> 8;
    count--;
    if (equal == 4) {
      equal = 0;
      if (byte > 0) {
        repeats = byte;
        break;
      }
      before = 256;
      continue;
    }
    store<u8>(out++, <u8>byte);
    equal = byte == before ? equal + 1 : 1;
    before = byte;
  }
  next = link;
  left = count;
  run = equal;
  last = before;
  return out;
}
