// Numbers and timestamps read into columns by row number: a value, a code that says what it is, a state. See ../value-kernels.ts.
import { eightDigits, number } from './number';

export const STATES: u32 = 0xfffffffd;
const DOUBT: u32 = 3, NULL: u32 = 2;
const INT: i32 = -1, FLOAT: i32 = -2, MIXED: i32 = 127;
const UNCLEAN: u32 = 256;
const READ_FLOAT: u32 = 0, READ_INT: u32 = 1, READ_UNTYPED: u32 = 3;
const DIGITS_MAX: u32 = 15;

/** Of the number just read: digits after the point, INT where it has none. */
let scale: i32 = 0;

function longExact(s: usize, length: u32): f64 {
  if (length == 0 || length > DIGITS_MAX + 1) return NaN;
  const end = s + length;
  let mantissa: u64 = 0, digits: u32 = 0;
  scale = INT;
  for (; s < end; s++) {
    const c = <u32>load<u8>(s);
    if (c == 46 && scale == INT) {
      scale = 0;
      continue;
    }
    if (c - 48 > 9 || ++digits > DIGITS_MAX) return NaN;
    mantissa = mantissa * 10 + (c - 48);
    if (scale != INT) scale++;
  }
  return digits ? <f64>(<i64>mantissa) : NaN;
}

/** 9 to 16 characters, as `number` reads them: a point in the second half only. */
function sixteenExact(s: usize, length: u32): f64 {
  let low = load<u64>(s + length - 8) ^ 0x3030303030303030;
  const high = (load<u64>(s + length - 16) ^ 0x3030303030303030) & (<u64>-1 << <u64>(128 - 8 * length));
  const other = ((low + 0x7676767676767676) | low) & 0x8080808080808080;
  if (((high + 0x7676767676767676) | high) & 0x8080808080808080) return longExact(s, length);
  if (!other) {
    scale = INT;
    return length == 16 ? NaN : <f64>(<i64>(eightDigits(high) * 100000000 + eightDigits(low)));
  }
  const at = ctz<u64>(other) - 7;
  if (((low >> at) & 0xff) != 0x1e || (other & (other - 1))) return longExact(s, length);
  const below = (<u64>1 << at) - 1;
  low = ((low & below) << 8) | (low & ~((below << 8) | 0xff));
  scale = <i32>(56 - at) >> 3;
  return <f64>(<i64>(eightDigits(high) * 10000000 + eightDigits(low)));
}

/** The digits of a number as an integer, its `scale` beside it; NaN where it is not decided here. */
// @ts-ignore: decorator
@inline
function exact(s: usize, length: u32): f64 {
  const negative = <u32>(load<u8>(s) == 45) & <u32>(length != 0);
  s += negative;
  length -= negative;
  let r: f64;
  if (length - 1 > 7) {
    r = length - 9 < 8 ? sixteenExact(s, length) : longExact(s, length);
  } else {
    let x = (load<u64>(s + length - 8) ^ 0x3030303030303030) & (<u64>-1 << <u64>(64 - 8 * length));
    const other = ((x + 0x7676767676767676) | x) & 0x8080808080808080;
    if (!other) {
      scale = INT;
      r = <f64>(<i64>eightDigits(x));
    } else {
      const at = ctz<u64>(other) - 7;
      if (((x >> at) & 0xff) != 0x1e || (other & (other - 1)) || length == 1) {
        r = longExact(s, length);
      } else {
        const below = (<u64>1 << at) - 1;
        x = ((x & below) << 8) | (x & ~((below << 8) | 0xff));
        scale = <i32>(56 - at) >> 3;
        r = <f64>(<i64>eightDigits(x));
      }
    }
  }
  return negative ? -r : r;
}

export function readValues(
  fields: usize, step: u32, rows: usize, n: u32, reading: u32, values: usize, codes: usize, states: usize,
): u32 {
  const floats = reading == READ_FLOAT, ints = reading == READ_INT, untyped = reading == READ_UNTYPED;
  let first: i32 = MIXED, same: u32 = 1, unclean: u32 = 0;
  scale = floats ? FLOAT : INT;
  for (let i: u32 = 0; i < n; i++) {
    const r = <usize>load<u32>(rows + (<usize>i << 2));
    const f = load<u64>(fields + r * step);
    const length = <u32>(f >> 32);
    let v: f64, state: u32 = 0;
    if (length >= STATES) {
      v = 0;
      state = -length;
    } else {
      if (floats) v = number(<usize>(f & 0xffffffff), length, 0);
      else if (ints) v = number(<usize>(f & 0xffffffff), length, 1);
      else {
        v = exact(<usize>(f & 0xffffffff), length);
        if (!untyped && scale == INT) scale = 0;
      }
      if (v != v) state = untyped && length == 0 ? NULL : DOUBT;
      else if (first == MIXED) first = scale;
      else same &= <u32>(first == scale);
    }
    unclean |= state;
    store<f64>(values + (r << 3), state ? 0 : v);
    store<u8>(codes + r, <u8>scale);
    store<u8>(states + r, <u8>state);
  }
  return (<u32>(same ? (first == MIXED ? (floats ? FLOAT : INT) : first) : MIXED) & 0xff) | (unclean ? UNCLEAN : 0);
}

// @ts-ignore: decorator
@inline
function twoDigits(s: usize): u32 {
  const tens = <u32>load<u8>(s) - 48, ones = <u32>load<u8>(s, 1) - 48;
  return tens > 9 || ones > 9 ? 99 : tens * 10 + ones;
}

const DAYS_TO_EPOCH: i32 = 719468;
const DAYS_IN_MONTH = memory.data<u8>([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);

// @ts-ignore: decorator
@inline
function isLeap(year: u32): bool {
  return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; i32.MIN_VALUE for other text. Years count from March: the leap day is their last. */
// @ts-ignore: decorator
@inline
function daysOf(s: usize): i32 {
  const x = load<u64>(s) ^ 0x2d30302d30303030;
  const day = twoDigits(s + 8);
  if (((x + 0x7f76767f76767676) | x) & 0x8080808080808080) return i32.MIN_VALUE;
  const year = <u32>((x & 0xff) * 1000 + ((x >> 8) & 0xff) * 100 + ((x >> 16) & 0xff) * 10 + ((x >> 24) & 0xff));
  const month = <u32>(((x >> 40) & 0xff) * 10 + ((x >> 48) & 0xff));
  if (year == 0 || month - 1 > 11 || day == 0) return i32.MIN_VALUE;
  if (day > <u32>load<u8>(DAYS_IN_MONTH + month) + <u32>(month == 2 && isLeap(year))) return i32.MIN_VALUE;
  const march = month > 2 ? year : year - 1;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return <i32>(march * 365 + march / 4 - march / 100 + march / 400 + dayOfYear) - DAYS_TO_EPOCH;
}

const DAY: i32 = 2, MINUTE: i32 = 3, SECOND: i32 = 4;
const LETTER_T: u32 = 84, LETTER_Z: u32 = 90, COLON: u32 = 58;

/** Seconds since the epoch and, in `scale`, the precision; NaN where it is not decided here. */
function time(s: usize, length: u32): f64 {
  if (length != 10 && length != 11 && length != 17 && length != 20) return NaN;
  const days = daysOf(s);
  if (days == i32.MIN_VALUE || (length > 10 && load<u8>(s, 10) != LETTER_T)) return NaN;
  scale = DAY;
  if (length < 17) return <f64>days * 86400;
  const hour = twoDigits(s + 11), minute = twoDigits(s + 14);
  if (hour > 23 || minute > 59 || load<u8>(s, 13) != COLON || load<u8>(s + length - 1) != LETTER_Z) return NaN;
  const upToMinute = <f64>days * 86400 + <f64>(hour * 3600 + minute * 60);
  scale = MINUTE;
  if (length == 17) return upToMinute;
  const second = twoDigits(s + 17);
  if (second > 59 || load<u8>(s, 16) != COLON) return NaN;
  scale = SECOND;
  return upToMinute + <f64>second;
}

export function readTimes(fields: usize, step: u32, rows: usize, n: u32, values: usize, codes: usize, states: usize): u32 {
  let first: i32 = MIXED, same: u32 = 1, unclean: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const r = <usize>load<u32>(rows + (<usize>i << 2));
    const f = load<u64>(fields + r * step);
    const length = <u32>(f >> 32);
    let v: f64 = 0, state: u32 = 0;
    if (length >= STATES) state = -length;
    else {
      v = time(<usize>(f & 0xffffffff), length);
      if (v != v) state = DOUBT;
      else if (first == MIXED) first = scale;
      else same &= <u32>(first == scale);
    }
    unclean |= state;
    store<f64>(values + (r << 3), state ? 0 : v);
    store<u8>(codes + r, <u8>scale);
    store<u8>(states + r, <u8>state);
  }
  return (<u32>(same ? (first == MIXED ? DAY : first) : MIXED) & 0xff) | (unclean ? UNCLEAN : 0);
}

/** Bits of `wanted`: less, equal, greater, and 8 for where a NaN takes part. Without branches: the outcome is data. */
export function compareNumbers(left: usize, right: usize, rows: usize, n: u32, wanted: u32, clean: u32, states: usize): void {
  const less = wanted & 1, equal = (wanted >> 1) & 1, greater = (wanted >> 2) & 1, unordered = (wanted >> 3) & 1;
  for (let i: u32 = 0; i < n; i++) {
    const r = <usize>load<u32>(rows + (<usize>i << 2));
    const x = load<f64>(left + (r << 3)), y = load<f64>(right + (r << 3));
    const below = <u32>(x < y), same = <u32>(x == y), above = <u32>(x > y);
    const truth = (below & less) | (same & equal) | (above & greater) | (unordered & (1 ^ (below | same | above)));
    const state = clean ? 0 : <u32>load<u8>(states + r);
    store<u8>(states + r, select<u32>(state, truth, state != 0));
  }
}
