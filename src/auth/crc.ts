/** CRC-32C and CRC-64/NVME, eight bytes a step ("slicing by 8"). Both are reflected, start from all ones and end inverted. */

/** Continues a CRC-32C (Castagnoli); begin with 0. The result is unsigned. */
export function crc32c(bytes: Uint8Array, value = 0): number {
  const tables = tables32c;
  const end = bytes.length - (bytes.length % 8);
  let crc = ~value;
  let at = 0;
  for (; at < end; at += 8) {
    crc ^= byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    crc =
      word(tables, 1792 + (crc & 255)) ^
      word(tables, 1536 + ((crc >>> 8) & 255)) ^
      word(tables, 1280 + ((crc >>> 16) & 255)) ^
      word(tables, 1024 + (crc >>> 24)) ^
      word(tables, 768 + byteAt(bytes, at + 4)) ^
      word(tables, 512 + byteAt(bytes, at + 5)) ^
      word(tables, 256 + byteAt(bytes, at + 6)) ^
      word(tables, byteAt(bytes, at + 7));
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ word(tables, (crc ^ byteAt(bytes, at)) & 255);
  return ~crc >>> 0;
}

/** A CRC-64/NVME as two unsigned halves. */
export interface Crc64 {
  readonly high: number;
  readonly low: number;
}

/** Continues a CRC-64/NVME; begin with zeros. */
export function crc64nvme(bytes: Uint8Array, value: Crc64 = { high: 0, low: 0 }): Crc64 {
  const { highs, lows } = tables64nvme;
  const end = bytes.length - (bytes.length % 8);
  let high = ~value.high;
  let low = ~value.low;
  let at = 0;
  for (; at < end; at += 8) {
    low ^= byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    high ^= byteAt(bytes, at + 4) | (byteAt(bytes, at + 5) << 8) | (byteAt(bytes, at + 6) << 16) | (byteAt(bytes, at + 7) << 24);
    const i0 = 1792 + (low & 255);
    const i1 = 1536 + ((low >>> 8) & 255);
    const i2 = 1280 + ((low >>> 16) & 255);
    const i3 = 1024 + (low >>> 24);
    const i4 = 768 + (high & 255);
    const i5 = 512 + ((high >>> 8) & 255);
    const i6 = 256 + ((high >>> 16) & 255);
    const i7 = high >>> 24;
    low =
      word(lows, i0) ^ word(lows, i1) ^ word(lows, i2) ^ word(lows, i3) ^ word(lows, i4) ^ word(lows, i5) ^ word(lows, i6) ^ word(lows, i7);
    high =
      word(highs, i0) ^
      word(highs, i1) ^
      word(highs, i2) ^
      word(highs, i3) ^
      word(highs, i4) ^
      word(highs, i5) ^
      word(highs, i6) ^
      word(highs, i7);
  }
  for (; at < bytes.length; at++) {
    const index = (low ^ byteAt(bytes, at)) & 255;
    low = ((low >>> 8) | (high << 24)) ^ word(lows, index);
    high = (high >>> 8) ^ word(highs, index);
  }
  return { high: ~high >>> 0, low: ~low >>> 0 };
}

/** Indexed reads that the callers keep within bounds. */
const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] as number;
const word = (table: Int32Array, index: number): number => table[index] as number;

/** Eight tables of 256 in a row; table n continues a byte over n more bytes of zero. */
const tables32c = makeTables(0n, 0x82f63b78n).lows;
const tables64nvme = makeTables(0x9a6c9329n, 0xac4bc9b5n);

/** `polynomialHigh` and `polynomialLow`: the halves of the reflected polynomial. */
function makeTables(polynomialHigh: bigint, polynomialLow: bigint): { highs: Int32Array; lows: Int32Array } {
  const polynomial = (polynomialHigh << 32n) | polynomialLow;
  const highs = new Int32Array(8 * 256);
  const lows = new Int32Array(8 * 256);
  const first: bigint[] = [];
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    first.push(crc);
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = first[byte] ?? 0n;
    for (let table = 0; table < 8; table++) {
      lows[table * 256 + byte] = Number(crc & 0xffffffffn);
      highs[table * 256 + byte] = Number(crc >> 32n);
      crc = (crc >> 8n) ^ (first[Number(crc & 255n)] ?? 0n);
    }
  }
  return { highs, lows };
}
