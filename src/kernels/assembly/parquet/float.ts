// The fewest digits that read back as a double: Raffaele Giulietti's "The Schubfach way to render doubles" (2020), as Java and
// Drachennest have it. The table of powers of ten is filled once by the caller (`../../float-powers.ts`).

/** u64 pairs, high and low, of 10^k from k = POWER_FIRST on: the first 126 bits, rounded up. */
const POWER_FIRST: i32 = -292;
const POWERS = memory.data(617 * 16, 16);

/** Where the table goes. */
export function floatPowers(): usize {
  return POWERS;
}

/** The result of `shortest`: digits * 10^exponent, without zeros at the end. */
export let shortestDigits: u64 = 0;
export let shortestExponent: i32 = 0;

let high64: u64 = 0;

/** The low half of a product; the high half is in `high64`. */
// @ts-ignore: decorator
@inline
function multiply(x: u64, y: u64): u64 {
  const x0 = x & 0xffffffff, x1 = x >> 32, y0 = y & 0xffffffff, y1 = y >> 32;
  const p00 = x0 * y0, p01 = x0 * y1, p10 = x1 * y0;
  const middle = (p00 >> 32) + (p01 & 0xffffffff) + (p10 & 0xffffffff);
  high64 = x1 * y1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
  return (p00 & 0xffffffff) | (middle << 32);
}

/** The product of a power and a number, its low bits folded into the last one. */
// @ts-ignore: decorator
@inline
function roundToOdd(high: u64, low: u64, x: u64): u64 {
  multiply(low, x);
  const carried = high64;
  const middle = multiply(high, x) + carried;
  const top = high64 + <u64>(middle < carried);
  return top | <u64>(middle > 1);
}

/** Leaves the digits of a double that is finite and greater than 0. */
export function shortest(v: f64): void {
  const bits = reinterpret<u64>(v), significand = bits & 0xfffffffffffff, exponent = <i32>(bits >> 52);
  let c = significand, q: i32 = -1074;
  if (exponent) {
    c |= 0x10000000000000;
    q = exponent - 1075;
    if (q <= 0 && q > -53 && (c & ((<u64>1 << <u64>-q) - 1)) == 0) {
      settle(c >> <u64>-q, 0);
      return;
    }
  }
  const odd = c & 1, lowerIsCloser = significand == 0 && exponent > 1;
  const k = (q * 1262611 - (lowerIsCloser ? 524031 : 0)) >> 22;
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1);
  const power = POWERS + (<usize>(-k - POWER_FIRST) << 4), high = load<u64>(power), low = load<u64>(power, 8);
  const lower = roundToOdd(high, low, (4 * c - 2 + <u64>lowerIsCloser) << h) + odd;
  const value = roundToOdd(high, low, (4 * c) << h);
  const upper = roundToOdd(high, low, (4 * c + 2) << h) - odd;
  const s = value >> 2;
  if (s >= 10) {
    const tens = s / 10, below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
    if (below != above) {
      settle(tens + <u64>above, k + 1);
      return;
    }
  }
  const below = lower <= 4 * s, above = 4 * s + 4 <= upper;
  if (below != above) {
    settle(s + <u64>above, k);
    return;
  }
  const middle = 4 * s + 2;
  settle(s + <u64>(value > middle || (value == middle && (s & 1) != 0)), k);
}

/** Takes zeros off the end. */
function settle(digits: u64, exponent: i32): void {
  let d = digits, e = exponent;
  while (true) {
    const hundredth = d / 100;
    if (hundredth * 100 != d) break;
    d = hundredth;
    e += 2;
  }
  const tenth = d / 10;
  if (tenth * 10 == d) {
    d = tenth;
    e++;
  }
  shortestDigits = d;
  shortestExponent = e;
}
