/** Checksums formed bit by bit, or by node:crypto, to compare with. */
import { createHash } from 'node:crypto';
import type { ChecksumAlgorithm } from '../../src/auth/checksum.ts';

const crc = (bytes: Uint8Array, polynomial: bigint, bits: bigint): Buffer => {
  const ones = (1n << bits) - 1n;
  let value = ones;
  for (const byte of bytes) {
    value ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
  }
  return Buffer.from((value ^ ones).toString(16).padStart(Number(bits) / 4, '0'), 'hex');
};

export const oracles: Record<ChecksumAlgorithm, (bytes: Uint8Array) => Buffer> = {
  crc32: (bytes) => crc(bytes, 0xedb88320n, 32n),
  crc32c: (bytes) => crc(bytes, 0x82f63b78n, 32n),
  crc64nvme: (bytes) => crc(bytes, 0x9a6c9329ac4bc9b5n, 64n),
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  sha512: (bytes) => createHash('sha512').update(bytes).digest(),
  md5: (bytes) => createHash('md5').update(bytes).digest(),
};

export const algorithms = Object.keys(oracles) as ChecksumAlgorithm[];
