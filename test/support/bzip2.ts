/**
 * Writes bzip2 streams from their innards: a block is given as the symbols of its Huffman code, and what text they mean is
 * worked out here in the plainest way. So blocks can hold what no compressor would write, such as the magic of a block.
 */

/** The block's symbols, RUNA and RUNB as 0 and 1, places in the list of recent bytes from 2 on; without the end. Codes of 8 bits, from 254 on of 9. */
export interface CraftedBlock {
  readonly symbols: readonly number[];
  readonly origin: number;
}

/** A stream of such blocks, level 9, and its text. */
export function craftBzip2(blocks: readonly CraftedBlock[]): { readonly object: Uint8Array; readonly text: Buffer } {
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push(Math.floor(value / 2 ** bit) % 2);
  };
  for (const byte of Buffer.from('BZh9')) put(byte, 8);
  const texts: Buffer[] = [];
  let combined = 0;
  for (const block of blocks) {
    const text = textOf(block);
    const crc = crcOf(text);
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
    texts.push(text);
    put(0x314159265359, 48);
    put(crc, 32);
    put(0, 1);
    put(block.origin, 24);
    for (let map = 0; map < 17; map++) put(0xffff, 16);
    put(2, 3);
    const groups = Math.ceil((block.symbols.length + 1) / 50);
    put(groups, 15);
    for (let group = 0; group < groups; group++) put(0, 1);
    for (let code = 0; code < 2; code++) {
      put(8, 5);
      for (let symbol = 0; symbol < 258; symbol++) put(symbol === 254 ? 0b100 : 0, symbol === 254 ? 3 : 1);
    }
    for (const symbol of block.symbols) put(symbol < 254 ? symbol : symbol + 254, symbol < 254 ? 8 : 9);
    put(END_CODE, 9);
  }
  put(0x177245385090, 48);
  put(combined, 32);
  while (bits.length % 8 !== 0) bits.push(0);
  const object = new Uint8Array(bits.length / 8);
  for (const [index, bit] of bits.entries()) object[index >> 3]! |= bit << (7 - (index & 7));
  return { object, text: Buffer.concat(texts) };
}

/** Of the last of 258 symbols. The first 254 are their own codes. */
const END_CODE = 511;

function textOf({ symbols, origin }: CraftedBlock): Buffer {
  const column: number[] = [];
  const recent = Array.from({ length: 256 }, (_, byte) => byte);
  let run = 0;
  let weight = 1;
  const endRun = (): void => {
    for (; run > 0; run--) column.push(recent[0]!);
    weight = 1;
  };
  for (const symbol of symbols) {
    if (symbol <= 1) {
      run += weight * (symbol + 1);
      weight *= 2;
      continue;
    }
    endRun();
    const [byte] = recent.splice(symbol - 1, 1);
    recent.unshift(byte!);
    column.push(byte!);
  }
  endRun();
  return unrun(invert(column, origin));
}

/** The Burrows-Wheeler transform, backwards. */
function invert(column: readonly number[], origin: number): number[] {
  const sorted = column.map((byte, index) => ({ byte, index })).sort((a, b) => a.byte - b.byte || a.index - b.index);
  const bytes: number[] = [];
  for (let at = origin; bytes.length < column.length; ) {
    const { byte, index } = sorted[at]!;
    bytes.push(byte);
    at = index;
  }
  return bytes;
}

/** Four equal bytes are followed by how many more there are. */
function unrun(bytes: readonly number[]): Buffer {
  const text: number[] = [];
  let equal = 0;
  let before = -1;
  for (const byte of bytes) {
    if (equal === 4) {
      for (let count = byte; count > 0; count--) text.push(before);
      equal = 0;
      before = -1;
      continue;
    }
    equal = byte === before ? equal + 1 : 1;
    before = byte;
    text.push(byte);
  }
  return Buffer.from(text);
}

function crcOf(text: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of text) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 || crc >= 0x80000000 ? ((crc << 1) ^ 0x04c11db7) | 0 : (crc << 1) | 0;
  }
  return ~crc >>> 0;
}
