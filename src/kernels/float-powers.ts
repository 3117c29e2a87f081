/** The table of `assembly/parquet/float.ts`. */
import type { Memory } from './memory.ts';

const FIRST = -292;
const LAST = 324;

/** Fills it, 617 entries of 16 bytes: the first 128 bits of each power of ten, rounded up. */
export function fillFloatPowers({ wasm }: Memory, address: number): void {
  const words = new BigUint64Array(wasm.buffer, address, 2 * (LAST - FIRST + 1));
  for (let exponent = FIRST; exponent <= LAST; exponent++) {
    const power = leadingBits(exponent);
    words[2 * (exponent - FIRST)] = power >> 64n;
    words[2 * (exponent - FIRST) + 1] = BigInt.asUintN(64, power);
  }
}

function leadingBits(exponent: number): bigint {
  if (exponent >= 0) {
    const power = 10n ** BigInt(exponent);
    return roundedUp(power, power.toString(2).length - 128);
  }
  const divisor = 10n ** BigInt(-exponent);
  // why: the quotient of a power of two this much larger has 128 bits
  const dividend = 1n << BigInt(divisor.toString(2).length + 127);
  return (dividend + divisor - 1n) / divisor;
}

/** A value shifted right, or left where `bits` is negative. */
function roundedUp(value: bigint, bits: number): bigint {
  if (bits <= 0) return value << BigInt(-bits);
  const unit = 1n << BigInt(bits);
  return (value + unit - 1n) >> BigInt(bits);
}
