// Values of columns as output text. Meaning of all parameters: ../../column-kernels.ts
import { digits8, moveBytes, pointed, putNumber, putSmall, ZEROS } from '../digits';
import { shortest, shortestDigits, shortestExponent } from './float';

const STATE_VALUE: u32 = 0;
/** Fields that stand for no value: lengths from here on are states, see value-kernels.ts. */
const FIELD_MISSING: u64 = 0xffffffff00000000;
const FIELD_DOUBT: u64 = 0xfffffffd00000000;
const STATE_DOUBT: u32 = 3;

// @ts-ignore: decorator
@inline
function rowAt(rows: usize, i: u32): usize {
  return rows ? <usize>load<u32>(rows + (<usize>i << 2)) : <usize>i;
}

/** Gives a row without a value its field, and answers whether it is one. */
// @ts-ignore: decorator
@inline
function isAbsent(states: usize, r: usize, json: bool, field: usize): bool {
  if (!states) return false;
  const state = <u32>load<u8>(states + r);
  if (state == STATE_VALUE) return false;
  store<u64>(field, state == STATE_DOUBT ? FIELD_DOUBT : json ? FIELD_MISSING : 0);
  return true;
}

// @ts-ignore: decorator
@inline
function putField(field: usize, from: usize, end: usize): void {
  store<u64>(field, <u64>from | (<u64>(end - from) << 32));
}

export function renderInts(values: usize, states: usize, rows: usize, count: u32, json: bool, fields: usize, at: usize): usize {
  let p = at;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i), field = fields + (r << 3);
    if (isAbsent(states, r, json, field)) continue;
    const v = load<i64>(values + (r << 3)), from = p;
    if (<u64>v < 100000000) {
      p = putSmall(p, <u32>v);
      putField(field, from, p);
      continue;
    }
    store<u8>(p, 45);
    p += <usize>(v < 0);
    p = putNumber(p, v < 0 ? <u64>-v : <u64>v);
    putField(field, from, p);
  }
  return p;
}

export function renderTruths(values: usize, states: usize, rows: usize, count: u32, json: bool, fields: usize, at: usize): usize {
  store<u64>(at, 0x6c61660065757274); // true, fal
  store<u64>(at, 0x6573, 8); // se
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i), field = fields + (r << 3);
    if (isAbsent(states, r, json, field)) continue;
    const isTrue = load<i64>(values + (r << 3)) != 0;
    putField(field, isTrue ? at : at + 5, isTrue ? at + 4 : at + 10);
  }
  return at + 16;
}

/** Digits of a decimal being written, and powers of ten. */
const DIGITS = memory.data(64, 16);
const BILLION: u64 = 1000000000;

/** Writes the digits of an i128's magnitude; answers the address behind them. */
function putWide(p: usize, low: u64, high: u64): usize {
  if (!high) return putNumber(p, low);
  // why: of at most 39 digits, in base 10^9, each step a division of 64 bits
  let a = high >> 32, b = high & 0xffffffff, c = low >> 32, d = low & 0xffffffff;
  let groups: u32 = 0;
  while (a | b | c | d) {
    let rest: u64 = a % BILLION;
    a /= BILLION;
    let x = (rest << 32) | b;
    b = x / BILLION;
    rest = x - b * BILLION;
    x = (rest << 32) | c;
    c = x / BILLION;
    rest = x - c * BILLION;
    x = (rest << 32) | d;
    d = x / BILLION;
    store<u32>(DIGITS + (<usize>groups << 2), <u32>(x - d * BILLION));
    groups++;
  }
  groups--;
  p = putNumber(p, <u64>load<u32>(DIGITS + (<usize>groups << 2)));
  while (groups > 0) {
    groups--;
    const group = load<u32>(DIGITS + (<usize>groups << 2)), first = group / 100000000;
    store<u8>(p, <u8>(48 + first));
    store<u64>(p, digits8(group - first * 100000000) | ZEROS, 1);
    p += 9;
  }
  return p;
}

const INT128: u32 = 1;
const DOUBLE: u32 = 2;

export function renderDecimals(
  values: usize, states: usize, rows: usize, count: u32, scale: u32, mantissas: u32, json: bool, fields: usize, at: usize,
): usize {
  let p = at;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i), field = fields + (r << 3);
    if (isAbsent(states, r, json, field)) continue;
    const from = p;
    let low: u64, high: u64, negative: bool;
    if (mantissas == INT128) {
      low = load<u64>(values + (r << 4));
      high = load<u64>(values + (r << 4), 8);
      negative = <i64>high < 0;
      if (negative) {
        high = ~high + <u64>(low == 0);
        low = -low;
      }
    } else {
      const v = mantissas == DOUBLE ? <i64>load<f64>(values + (r << 3)) : load<i64>(values + (r << 3));
      negative = v < 0;
      low = negative ? <u64>-v : <u64>v;
      high = 0;
    }
    store<u8>(p, 45);
    p += <usize>negative;
    if (scale == 2 && !high) {
      // why: money is the most common decimal
      // why: a division of 64 bits takes several times as long
      const isShort = low >> 32 == 0, whole = isShort ? <u64>(<u32>low / 100) : low / 100;
      const cents = <u32>low - <u32>whole * 100, tens = cents / 10;
      p = isShort ? putSmall(p, <u32>whole) : putNumber(p, whole);
      store<u32>(p, 46 | ((48 + tens) << 8) | ((48 + cents - tens * 10) << 16));
      p += 3;
    } else {
      const end = putWide(p, low, high);
      p = scale ? pointed(p, end, scale) : end;
    }
    putField(field, from, p);
  }
  return p;
}

export function renderFloats(values: usize, states: usize, rows: usize, count: u32, json: bool, fields: usize, at: usize): usize {
  let p = at;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i), field = fields + (r << 3);
    if (isAbsent(states, r, json, field)) continue;
    const from = p;
    p = putFloat(p, load<f64>(values + (r << 3)), json);
    putField(field, from, p);
  }
  return p;
}

function putFloat(p: usize, v: f64, json: bool): usize {
  const magnitude = abs(v);
  if (!(magnitude < Infinity)) return putNotFinite(p, v, json);
  store<u8>(p, 45);
  p += <usize>(reinterpret<u64>(v) >> 63);
  if (magnitude == 0) {
    store<u32>(p, 0x302e30); // 0.0
    return p + 3;
  }
  if (magnitude < 10000000) {
    // why: a decimal of at most 15 digits that reads as the double is the only one, and so the shortest
    const digits = nearest(magnitude * 100000000);
    if (magnitude >= 0.001 && digits / 100000000 == magnitude) {
      const mantissa = <u64>digits, whole = <u32>(mantissa / 100000000);
      const fraction = digits8(<u32>(mantissa - <u64>whole * 100000000));
      p = putSmall(p, whole);
      store<u8>(p, 46);
      store<u64>(p, fraction | ZEROS, 1);
      return p + 9 - <usize>min<u64>(clz<u64>(fraction) >> 3, 7);
    }
  }
  shortest(magnitude);
  const end = putNumber(p, shortestDigits), length = <i32>(end - p), exponent = length - 1 + shortestExponent;
  if (exponent >= -3 && exponent < 7) {
    // why: a fraction is left, or the number would be whole
    return pointed(p, end, <u32>-shortestExponent);
  }
  return putScientific(p, end, exponent);
}

function putNotFinite(p: usize, v: f64, json: bool): usize {
  const quote = <usize>json;
  store<u8>(p, 34);
  p += quote;
  if (isNaN(v)) {
    store<u32>(p, 0x4e614e); // NaN
    p += 3;
  } else {
    store<u8>(p, 45);
    p += <usize>(v < 0);
    store<u64>(p, 0x7974696e69666e49); // Infinity
    p += 8;
  }
  store<u8>(p, 34);
  return p + quote;
}

/** Java's form of large and small doubles: one digit, a point, at least one digit, E, the exponent. */
function putScientific(p: usize, end: usize, exponent: i32): usize {
  moveBytes(p + 2, p + 1, end - p - 1);
  store<u8>(p, 46, 1);
  if (end - p == 1) store<u8>(p, 48, 2);
  let q = max(end + 1, p + 3);
  store<u16>(q, 0x2d45); // E-
  q += exponent < 0 ? 2 : 1;
  return putSmall(q, <u32>abs(exponent));
}

const DAY_SECONDS: i64 = 86400;
/** Days from 0000-03-01, and of the years 1 to 9999 from 1970-01-01. */
const DAYS_TO_EPOCH: i64 = 719468;
const DAY_FIRST: i64 = -719162;
const DAY_LAST: i64 = 2932896;

// @ts-ignore: decorator
@inline
function putTwo(p: usize, v: u32): void {
  const tens = (v * 103) >> 10;
  store<u16>(p, <u16>(0x3030 + tens + ((v - tens * 10) << 8)));
}

/** A date of the years 1 to 9999, 10 bytes: Neri and Schneider's "Euclidean affine functions" (2023). */
function putDate(p: usize, days: i64): void {
  const n = 4 * <u32>(days + DAYS_TO_EPOCH) + 3, century = n / 146097;
  const yearProduct = <u64>2939745 * ((n - century * 146097) | 3), dayOfYear = <u32>yearProduct / 2939745 / 4;
  const monthSum = 2141 * dayOfYear + 197913, afterDecember = <u32>(dayOfYear >= 306);
  const year = 100 * century + <u32>(yearProduct >> 32) + afterDecember, hundreds = year / 100;
  putTwo(p, hundreds);
  putTwo(p + 2, year - hundreds * 100);
  store<u8>(p, 45, 4);
  putTwo(p + 5, (monthSum >> 16) - 12 * afterDecember);
  store<u8>(p, 45, 7);
  putTwo(p + 8, (monthSum & 0xffff) / 2141 + 1);
}

/** Behind the date: `T07:08:09`, 9 bytes. */
// @ts-ignore: decorator
@inline
function putTime(p: usize, seconds: u32): void {
  const minutes = seconds / 60, hour = minutes / 60;
  store<u8>(p, 84);
  putTwo(p + 1, hour);
  store<u8>(p, 58, 3);
  putTwo(p + 4, minutes - hour * 60);
  store<u8>(p, 58, 6);
  putTwo(p + 7, seconds - minutes * 60);
}

/** `v / by`, rounded down; the quotient is below 2^51. */
// @ts-ignore: decorator
@inline
function quotient(v: i64, by: i64, reciprocal: f64): i64 {
  // why: a division of 64 bits takes several times as long
  let q = <i64>floor(<f64>v * reciprocal);
  const rest = v - q * by;
  q += <i64>(rest >= by) - <i64>(rest < 0);
  return q;
}

/** Whole seconds of a count, rounded down. */
// @ts-ignore: decorator
@inline
function secondsOf(v: i64, digits: u32): i64 {
  if (digits == 6) return quotient(v, 1000000, 1e-6);
  return digits == 3 ? quotient(v, 1000, 1e-3) : quotient(v, 1000000000, 1e-9);
}

export function renderTimes(
  values: usize, states: usize, rows: usize, count: u32, digits: u32, utc: bool, json: bool, fields: usize, at: usize,
): usize {
  const quote = <usize>json;
  let p = at;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i), field = fields + (r << 3);
    if (isAbsent(states, r, json, field)) continue;
    const v = load<i64>(values + (r << 3)), from = p;
    let days = v, time: u32 = 0, fraction: u32 = 0;
    if (digits) {
      const seconds = secondsOf(v, digits);
      days = quotient(seconds, DAY_SECONDS, 1.0 / 86400.0);
      time = <u32>(seconds - days * DAY_SECONDS);
      fraction = <u32>(v - seconds * (digits == 3 ? 1000 : digits == 6 ? 1000000 : 1000000000));
    }
    if (days < DAY_FIRST || days > DAY_LAST) {
      store<u64>(field, FIELD_DOUBT);
      continue;
    }
    store<u8>(p, 34);
    p += quote;
    putDate(p, days);
    p += 10;
    if (digits) {
      putTime(p, time);
      store<u8>(p, 46, 9);
      // why: nine digits, of which the first ones are wanted
      const padded = fraction * (digits == 3 ? 1000000 : digits == 6 ? 1000 : 1), first = padded / 100000000;
      store<u8>(p, <u8>(48 + first), 10);
      store<u64>(p, digits8(padded - first * 100000000) | ZEROS, 11);
      p += 10 + digits;
      store<u64>(p, utc ? 90 : 0x30303a30302d); // Z or -00:00
      p += utc ? 1 : 6;
    }
    store<u8>(p, 34);
    p += quote;
    putField(field, from, p);
  }
  return p;
}

export function renderFields(values: usize, rows: usize, count: u32, json: bool, fields: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i), f = load<u64>(values + (r << 3));
    const isText = f < FIELD_DOUBT, isDoubt = f >> 32 == FIELD_DOUBT >> 32;
    store<u64>(fields + (r << 3), isText ? f : isDoubt ? FIELD_DOUBT : json ? FIELD_MISSING : 0);
  }
}
