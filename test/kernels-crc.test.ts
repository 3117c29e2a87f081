/** CRCs by tables give what the definition gives, bit by bit. */
import fc from 'fast-check';
import t from 'tap';
import { crcOf } from '../src/kernels/crc.ts';

const crcs = [
  { name: 'CRC-32C', polynomial: 0x82f63b78n, bits: 32, check: 0xe3069283n },
  { name: 'CRC-64/NVME', polynomial: 0x9a6c9329ac4bc9b5n, bits: 64, check: 0xae8b14860a799888n },
] as const;

/** The twin. */
function bitByBit(polynomial: bigint, bits: number, bytes: Uint8Array): bigint {
  const ones = (1n << BigInt(bits)) - 1n;
  let state = ones;
  for (const byte of bytes) {
    state ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) state = (state >> 1n) ^ (polynomial * (state & 1n));
  }
  return state ^ ones;
}

for (const { name, polynomial, bits, check } of crcs) {
  t.test(name, async (t) => {
    // Source: the catalogue of parametrised CRC algorithms, whose check value is that of these nine digits.
    t.equal(crcOf(polynomial, bits, Buffer.from('123456789'), 0n), check);
    t.equal(crcOf(polynomial, bits, new Uint8Array(0), check), check, 'nothing more');

    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 });
    const property = fc.property(pieces, fc.nat(15), (list, start) => {
      let value = 0n;
      for (const bytes of list) {
        const memory = new Uint8Array(start + bytes.length);
        memory.set(bytes, start);
        value = crcOf(polynomial, bits, memory.subarray(start), value);
      }
      t.equal(value, bitByBit(polynomial, bits, Buffer.concat(list)));
    });
    fc.assert(property, { numRuns: 300 });

    const long = Uint8Array.from({ length: 150_001 }, (_, n) => (n * 167 + (n >> 8) * 13) & 255);
    t.equal(crcOf(polynomial, bits, long, 0n), bitByBit(polynomial, bits, long), 'longer than is taken in at once');
  });
}
