/** The 48-bit magics of bzip2 at any bit of a sequence of bytes: of a block (pi) and of the end of a stream (its square root). */

export interface Marker {
  /** Absolute. */
  readonly bit: number;
  readonly kind: 'block' | 'end';
}

const BLOCK = [0x314159, 0x265359] as const;
const END = [0x177245, 0x385090] as const;
const MARKER_BYTES = 7;

/** By the second byte a marker lies in: the bits of the first where it may begin, bit 0 being the highest. */
const beginnings = makeBeginnings();

/** What begins at bit `bit` of the first byte; `short` where the bytes end before that is known. */
export function markerAt(bytes: Uint8Array, bit: number): 'block' | 'end' | 'short' | null {
  return bytes.length < MARKER_BYTES ? 'short' : kindAt(bytes, 0, bit);
}

/**
 * Appends to `markers` those that begin in bytes of the object from `from` on. `bytes` lie at `offset`.
 * Answers where to go on when there are more.
 */
export function scanMarkers(bytes: Uint8Array, offset: number, from: number, markers: Marker[]): number {
  const end = bytes.length - MARKER_BYTES + 1;
  for (let at = Math.max(0, from - offset); at < end; at++) {
    let possible = beginnings[bytes[at + 1]!]!;
    for (let bit = 0; possible !== 0; bit++, possible >>= 1) {
      if ((possible & 1) === 0) continue;
      const kind = kindAt(bytes, at, bit);
      if (kind !== null) markers.push({ bit: 8 * (offset + at) + bit, kind });
    }
  }
  return Math.max(from, offset + Math.max(0, end));
}

function kindAt(bytes: Uint8Array, at: number, bit: number): Marker['kind'] | null {
  const byte = (index: number): number => bytes[at + index]!;
  const high = (((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) << bit) >>> 8;
  if (high !== BLOCK[0] && high !== END[0]) return null;
  const low = (((byte(3) << 24) | (byte(4) << 16) | (byte(5) << 8) | byte(6)) << bit) >>> 8;
  if (high === BLOCK[0]) return low === BLOCK[1] ? 'block' : null;
  return low === END[1] ? 'end' : null;
}

function makeBeginnings(): Uint8Array {
  const table = new Uint8Array(256);
  for (const [high] of [BLOCK, END]) {
    for (let bit = 0; bit < 8; bit++) {
      // Behind the 8 - bit bits in the first byte come eight more of the highest 24.
      const second = (high >>> (8 + bit)) & 0xff;
      table[second]! |= 1 << bit;
    }
  }
  return table;
}
