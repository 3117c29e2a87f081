// Numbers from text: correctly rounded for up to 15 significant digits (mantissa and power of ten are both exact doubles).
// What is longer, signed with +, in exponent form, blank or no number at all is NaN: the caller decides it by the exact path.

// @ts-ignore: decorator
@inline
export function eightDigits(x: u64): u64 {
  x = x * 10 + (x >> 8);
  return (((x & 0x000000ff000000ff) * 0x000f424000000064) + (((x >> 16) & 0x000000ff000000ff) * 0x0000271000000001)) >> 32;
}

const POWERS = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]);
const INT: u32 = 1;

/** Digits with at most one point, of any length up to what 15 digits allow. */
function longNumber(s: usize, length: u32, reading: u32): f64 {
  if (length == 0 || length > 24) return NaN;
  const end = s + length;
  let mantissa: u64 = 0, scale = -1, digits = 0;
  for (; s < end; s++) {
    const c = <u32>load<u8>(s);
    if (c == 46) {
      if (scale >= 0 || reading == INT) return NaN;
      scale = 0;
      continue;
    }
    if (c - 48 > 9) return NaN;
    mantissa = mantissa * 10 + (c - 48);
    if (++digits > 15) return NaN;
    if (scale >= 0) scale++;
  }
  if (!digits) return NaN;
  const v = <f64>(<i64>mantissa);
  return scale > 0 ? v / load<f64>(POWERS + (<usize>scale << 3)) : v;
}

/** 9 to 16 characters: two loads, the first of which reaches back before the field; a point in the second half only. */
function sixteen(s: usize, length: u32, reading: u32): f64 {
  let low = load<u64>(s + length - 8) ^ 0x3030303030303030;
  const high = (load<u64>(s + length - 16) ^ 0x3030303030303030) & (<u64>-1 << <u64>(128 - 8 * length));
  const other = ((low + 0x7676767676767676) | low) & 0x8080808080808080;
  if (((high + 0x7676767676767676) | high) & 0x8080808080808080) return longNumber(s, length, reading);
  if (!other) return length == 16 ? NaN : <f64>(<i64>(eightDigits(high) * 100000000 + eightDigits(low)));
  const at = ctz<u64>(other) - 7;
  if (((low >> at) & 0xff) != 0x1e || (other & (other - 1)) || reading == INT) return longNumber(s, length, reading);
  const below = (<u64>1 << at) - 1;
  low = ((low & below) << 8) | (low & ~((below << 8) | 0xff));
  return <f64>(<i64>(eightDigits(high) * 10000000 + eightDigits(low))) / load<f64>(POWERS + (<usize>(56 - at) >> 3 << 3));
}

/** The number at `s`, or NaN where it is not decided here. One load that ends at the field's end reads up to 8 characters. */
// @ts-ignore: decorator
@inline
export function number(s: usize, length: u32, reading: u32): f64 {
  let r: f64;
  if (length - 1 > 7) {
    r = otherNumber(s, length, reading);
  } else {
    let x = (load<u64>(s + length - 8) ^ 0x3030303030303030) & (<u64>-1 << <u64>(64 - 8 * length));
    const other = ((x + 0x7676767676767676) | x) & 0x8080808080808080;
    if (!other) {
      r = <f64>(<i64>eightDigits(x));
    } else {
      const at = ctz<u64>(other) - 7;
      // One point, beside at least one digit, is squeezed out; anything else takes the long way. One branch for all of it.
      const odd = (((x >> at) & 0xff) ^ 0x1e) | (other & (other - 1)) | <u64>(<u32>(length == 1) | <u32>(reading == INT));
      if (odd) {
        r = otherNumber(s, length, reading);
      } else {
        const below = (<u64>1 << at) - 1;
        x = ((x & below) << 8) | (x & ~((below << 8) | 0xff));
        r = <f64>(<i64>eightDigits(x)) / load<f64>(POWERS + (<usize>(56 - at) >> 3 << 3));
      }
    }
  }
  return r;
}

/** Numbers with a minus, of more than 8 characters, or odd in another way. */
function otherNumber(s: usize, length: u32, reading: u32): f64 {
  const negative = <u32>(length != 0 && load<u8>(s) == 45);
  s += negative;
  length -= negative;
  const r = length - 9 < 8 ? sixteen(s, length, reading) : longNumber(s, length, reading);
  return negative ? -r : r;
}
