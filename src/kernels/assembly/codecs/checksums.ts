// CRC-32C (Castagnoli), reflected, by eight bytes at a time; bzip2's CRC-32, most significant bit first; xxHash32.

const crc32cTable: usize = memory.data(8 * 256 * 4, 16);
const crcTable: usize = memory.data(4 * 256 * 4, 16);
let ready: bool = false;

export function makeTables(): void {
  if (ready) return;
  for (let byte: u32 = 0; byte < 256; byte++) {
    let low: u32 = byte;
    let high: u32 = byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      low = (low >>> 1) ^ (low & 1 ? 0x82f63b78 : 0);
      high = (high << 1) ^ (high >>> 31 ? 0x04c11db7 : 0);
    }
    store<u32>(crc32cTable + (byte << 2), low);
    store<u32>(crcTable + (byte << 2), high);
  }
  for (let slice: u32 = 1; slice < 8; slice++) {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const low = load<u32>(crc32cTable + ((slice - 1) << 10) + (byte << 2));
      store<u32>(crc32cTable + (slice << 10) + (byte << 2), (low >>> 8) ^ load<u32>(crc32cTable + ((low & 0xff) << 2)));
      if (slice >= 4) continue;
      const high = load<u32>(crcTable + ((slice - 1) << 10) + (byte << 2));
      store<u32>(crcTable + (slice << 10) + (byte << 2), (high << 8) ^ load<u32>(crcTable + ((high >>> 24) << 2)));
    }
  }
  ready = true;
}

// @ts-ignore: decorator
@inline
function slice32c(slice: u32, byte: u32): u32 {
  return load<u32>(crc32cTable + (slice << 10) + ((byte & 0xff) << 2));
}

export function crc32c(from: usize, to: usize): u32 {
  makeTables();
  let crc: u32 = 0xffffffff;
  for (; from + 8 <= to; from += 8) {
    const low = load<u32>(from) ^ crc;
    const high = load<u32>(from, 4);
    crc =
      slice32c(7, low) ^ slice32c(6, low >>> 8) ^ slice32c(5, low >>> 16) ^ slice32c(4, low >>> 24) ^
      slice32c(3, high) ^ slice32c(2, high >>> 8) ^ slice32c(1, high >>> 16) ^ slice32c(0, high >>> 24);
  }
  for (; from < to; from++) crc = (crc >>> 8) ^ slice32c(0, crc ^ load<u8>(from));
  return ~crc;
}

// Carries bzip2's CRC on from `crc`; it starts with all ones and ends inverted.
export function crcBzip2(crc: u32, from: usize, to: usize): u32 {
  for (; from + 4 <= to; from += 4) {
    const word = bswap<u32>(load<u32>(from)) ^ crc;
    crc =
      load<u32>(crcTable + 3072 + ((word >>> 24) << 2)) ^ load<u32>(crcTable + 2048 + (((word >>> 16) & 0xff) << 2)) ^
      load<u32>(crcTable + 1024 + (((word >>> 8) & 0xff) << 2)) ^ load<u32>(crcTable + ((word & 0xff) << 2));
  }
  for (; from < to; from++) crc = (crc << 8) ^ load<u32>(crcTable + (((crc >>> 24) ^ load<u8>(from)) << 2));
  return crc;
}

const P1: u32 = 2654435761;
const P2: u32 = 2246822519;
const P3: u32 = 3266489917;
const P4: u32 = 668265263;
const P5: u32 = 374761393;

// The state of xxHash32: four accumulators, the bytes seen (u32, as the hash takes it), whether there were 16 (u32),
// the bytes pending (u32), and up to 15 of them.
export function xxh32Start(state: usize): void {
  store<u32>(state, P1 + P2);
  store<u32>(state, P2, 4);
  store<u32>(state, 0, 8);
  store<u32>(state, 0 - P1, 12);
  store<u32>(state, 0, 16);
  store<u32>(state, 0, 20);
  store<u32>(state, 0, 24);
}

// @ts-ignore: decorator
@inline
function round(accumulator: u32, word: u32): u32 {
  return rotl<u32>(accumulator + word * P2, 13) * P1;
}

function stripes(state: usize, from: usize, to: usize): usize {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (; from + 16 <= to; from += 16) {
    a = round(a, load<u32>(from));
    b = round(b, load<u32>(from, 4));
    c = round(c, load<u32>(from, 8));
    d = round(d, load<u32>(from, 12));
  }
  store<u32>(state, a);
  store<u32>(state, b, 4);
  store<u32>(state, c, 8);
  store<u32>(state, d, 12);
  return from;
}

// Takes bytes in and answers the hash of all of them so far.
export function xxh32(state: usize, from: usize, to: usize): u32 {
  const pending = state + 28;
  store<u32>(state, load<u32>(state, 16) + <u32>(to - from), 16);
  let count: usize = load<u32>(state, 24);
  if (count > 0) {
    const part = min<usize>(16 - count, to - from);
    memory.copy(pending + count, from, part);
    from += part;
    count += part;
    if (count == 16) {
      stripes(state, pending, pending + 16);
      store<u32>(state, 1, 20);
      count = 0;
    }
  }
  if (to - from >= 16) {
    from = stripes(state, from, to);
    store<u32>(state, 1, 20);
  }
  if (from < to) {
    memory.copy(pending + count, from, to - from);
    count += to - from;
  }
  store<u32>(state, <u32>count, 24);
  return digest(state, pending, pending + count);
}

function digest(state: usize, from: usize, to: usize): u32 {
  let hash: u32 = P5;
  if (load<u32>(state, 20) != 0) {
    hash =
      rotl<u32>(load<u32>(state), 1) + rotl<u32>(load<u32>(state, 4), 7) + rotl<u32>(load<u32>(state, 8), 12) + rotl<u32>(load<u32>(state, 12), 18);
  }
  hash += load<u32>(state, 16);
  for (; from + 4 <= to; from += 4) hash = rotl<u32>(hash + load<u32>(from) * P3, 17) * P4;
  for (; from < to; from++) hash = rotl<u32>(hash + <u32>load<u8>(from) * P5, 11) * P1;
  hash = (hash ^ (hash >>> 15)) * P2;
  hash = (hash ^ (hash >>> 13)) * P3;
  return hash ^ (hash >>> 16);
}
