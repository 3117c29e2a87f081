/**
 * CRC-32, CRC-32C and CRC-64/NVME: running values, and the value of bytes put together of parts whose values are known.
 * All three are reflected, start from all ones and end inverted.
 */
import type { IHasher } from 'hash-wasm';
import { createCRC32, createCRC64 } from 'hash-wasm';
import { type CrcStep, crc32, crc32c } from '../base/native-crc.ts';

export interface Crc {
  readonly bits: 32 | 64;
  /** Reflected: the highest bit is the coefficient of x^0. */
  readonly polynomial: bigint;
  /** Continues `state`, undefined at the beginning; answers the next state. */
  update(bytes: Uint8Array, state: CrcState | undefined): CrcState;
  /** In big-endian order, as S3 writes it. */
  digest(state: CrcState | undefined): Buffer;
}

export type CrcState = number | Uint8Array;

export const crcs = {
  crc32: numeric(0xedb88320n, crc32),
  crc32c: crc32c === undefined ? saved(32, 0x82f63b78n, await createCRC32(0x82f63b78)) : numeric(0x82f63b78n, crc32c),
  crc64nvme: saved(64, 0x9a6c9329ac4bc9b5n, await createCRC64('9a6c9329ac4bc9b5')),
} as const satisfies Record<string, Crc>;

/** The value of the bytes of all parts in a row. */
export function combineCrcs({ bits, polynomial }: Crc, parts: readonly { readonly digest: Uint8Array; readonly size: number }[]): Buffer {
  const ring = new Polynomials(BigInt(bits), polynomial);
  const shifts = new Map<number, bigint>();
  let value = 0n;
  for (const { digest, size } of parts) {
    // why: parts are of one size but for the last, and the power costs much more than the product.
    const shift = shifts.get(size) ?? ring.shiftBy(size);
    shifts.set(size, shift);
    value = ring.multiply(shift, value) ^ BigInt(`0x${Buffer.from(digest).toString('hex') || '0'}`);
  }
  return Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
}

/** A function of the bytes and the value before them. */
function numeric(polynomial: bigint, step: CrcStep): Crc {
  return {
    bits: 32,
    polynomial,
    update: (bytes, state) => step(bytes, state === undefined ? 0 : (state as number)),
    digest(state) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE((state as number | undefined) ?? 0);
      return bytes;
    },
  };
}

/** One WebAssembly instance for all bodies under way: each call loads its state and saves it again. */
function saved(bits: 32 | 64, polynomial: bigint, hasher: IHasher): Crc {
  const start = hasher.init().save();
  return {
    bits,
    polynomial,
    update: (bytes, state = start) =>
      hasher
        .load(state as Uint8Array)
        .update(bytes)
        .save(),
    digest: (state = start) => Buffer.from(hasher.load(state as Uint8Array).digest('binary')),
  };
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
