/**
 * CRC-32, CRC-32C and CRC-64/NVME: running values, and the value of bytes put together of parts whose values are known.
 * All three are reflected, start from all ones and end inverted.
 */
import { type CrcStep, crc32, crc32c } from '../base/native-crc.ts';
import { crcOf } from '../kernels/crc.ts';

export interface Crc {
  readonly bits: 32 | 64;
  /** Reflected: the highest bit is the coefficient of x^0. */
  readonly polynomial: bigint;
  /** The value of bytes that go on with `bytes`, where `value` is that of those before: 0 or 0n of none. */
  update(bytes: Uint8Array, value: CrcValue): CrcValue;
}

/** As a number where it comes from a package that has it so. */
export type CrcValue = number | bigint;

export const crcs = {
  crc32: native(0xedb88320n, crc32),
  crc32c: crc32c === undefined ? byTables(32, 0x82f63b78n) : native(0x82f63b78n, crc32c),
  crc64nvme: byTables(64, 0x9a6c9329ac4bc9b5n),
} as const satisfies Record<string, Crc>;

/** In big-endian order, as S3 writes it. */
export function crcBytes({ bits }: Crc, value: CrcValue): Buffer {
  return Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
}

/** The value of the bytes of all parts in a row. */
export function combineCrcs(crc: Crc, parts: readonly { readonly digest: Uint8Array; readonly size: number }[]): Buffer {
  const ring = new Polynomials(BigInt(crc.bits), crc.polynomial);
  const shifts = new Map<number, bigint>();
  let value = 0n;
  for (const { digest, size } of parts) {
    // why: parts are of one size but for the last, and the power costs much more than the product.
    const shift = shifts.get(size) ?? ring.shiftBy(size);
    shifts.set(size, shift);
    value = ring.multiply(shift, value) ^ BigInt(`0x${Buffer.from(digest).toString('hex') || '0'}`);
  }
  return crcBytes(crc, value);
}

function native(polynomial: bigint, step: CrcStep): Crc {
  return { bits: 32, polynomial, update: (bytes, value) => step(bytes, Number(value)) };
}

function byTables(bits: 32 | 64, polynomial: bigint): Crc {
  return { bits, polynomial, update: (bytes, value) => crcOf(polynomial, bits, bytes, BigInt(value)) };
}

/** Polynomials over GF(2) modulo the CRC's, in its reflected form. */
class Polynomials {
  readonly #one: bigint;
  readonly #modulus: bigint;
  /** x to the power of 2^k, from k = 3 on: a byte is eight powers. */
  readonly #powers: bigint[] = [];

  constructor(bits: bigint, modulus: bigint) {
    this.#one = 1n << (bits - 1n);
    this.#modulus = modulus;
    let power = this.#one >> 1n;
    for (let k = 0; k < 3; k++) power = this.multiply(power, power);
    this.#powers.push(power);
  }

  multiply(a: bigint, b: bigint): bigint {
    let product = 0n;
    for (let bit = this.#one; bit > 0n && a !== 0n; bit >>= 1n) {
      if ((a & bit) !== 0n) {
        product ^= b;
        a ^= bit;
      }
      b = (b & 1n) === 0n ? b >> 1n : (b >> 1n) ^ this.#modulus;
    }
    return product;
  }

  /** What a value is multiplied with when `bytes` zero bytes follow. */
  shiftBy(bytes: number): bigint {
    let shift = this.#one;
    for (let k = 0, rest = BigInt(bytes); rest > 0n; k++, rest >>= 1n) {
      const power = this.#powers[k] ?? this.multiply(this.#powers[k - 1] ?? 0n, this.#powers[k - 1] ?? 0n);
      this.#powers[k] = power;
      if ((rest & 1n) === 1n) shift = this.multiply(power, shift);
    }
    return shift;
  }
}
