/** Neighbours of an IEEE double, bit by bit. */

const bits = new BigInt64Array(1);
const doubles = new Float64Array(bits.buffer);

/** The least double greater than `value`. Infinity stays; the value is no NaN. */
export function nextUp(value: number): number {
  if (value === Infinity) return value;
  if (value === 0) return Number.MIN_VALUE;
  return neighbour(value, value > 0 ? 1n : -1n);
}

/** The greatest double less than `value`. -Infinity stays; the value is no NaN. */
export function nextDown(value: number): number {
  return -nextUp(-value);
}

/** Doubles of one sign are ordered as their bits are. */
function neighbour(value: number, step: bigint): number {
  doubles[0] = value;
  bits[0] = (bits[0] ?? 0n) + step;
  return doubles[0];
}
