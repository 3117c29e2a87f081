// Values of a page at positions, as columns are loaded. See ../../parquet-kernels.ts.

// The j-th of a list of u32, or j itself where there is no list.
// @ts-ignore: decorator
@inline
function at(list: usize, j: u32): usize {
  return list ? <usize>load<u32>(list + (<usize>j << 2)) : <usize>j;
}

// @ts-ignore: decorator
@inline
function position(positions: usize, shift: u32, j: u32): usize {
  return <usize>(<u32>at(positions, j) + shift);
}

export function takeInt32(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  if (positions && rows) {
    // why: what the other loop asks of each value costs as much as to take it.
    const from = values + (<usize>shift << 2);
    for (let j: usize = 0; j < <usize>count << 2; j += 4) {
      store<i64>(into + (<usize>load<u32>(rows + j) << 3), <i64>load<i32>(from + (<usize>load<u32>(positions + j) << 2)));
    }
    return;
  }
  for (let j: u32 = 0; j < count; j++) {
    store<i64>(into + (at(rows, j) << 3), <i64>load<i32>(values + (position(positions, shift, j) << 2)));
  }
}

export function takeUint32(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    store<u64>(into + (at(rows, j) << 3), <u64>load<u32>(values + (position(positions, shift, j) << 2)));
  }
}

export function takeInt64(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  if (!positions && !rows) {
    memory.copy(into, values + (<usize>shift << 3), <usize>count << 3);
    return;
  }
  if (positions && rows) {
    const from = values + (<usize>shift << 3);
    for (let j: usize = 0; j < <usize>count << 2; j += 4) {
      store<u64>(into + (<usize>load<u32>(rows + j) << 3), load<u64>(from + (<usize>load<u32>(positions + j) << 3)));
    }
    return;
  }
  if (positions) {
    const from = values + (<usize>shift << 3);
    for (let j: usize = 0; j < <usize>count << 2; j += 4) {
      store<u64>(into + (j << 1), load<u64>(from + (<usize>load<u32>(positions + j) << 3)));
    }
    return;
  }
  for (let j: u32 = 0; j < count; j++) {
    store<u64>(into + (at(rows, j) << 3), load<u64>(values + (position(positions, shift, j) << 3)));
  }
}

export function takeUint64(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    const o = into + (at(rows, j) << 4);
    store<u64>(o, load<u64>(values + (position(positions, shift, j) << 3)));
    store<u64>(o, 0, 8);
  }
}

export function takeInt128(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    v128.store(into + (at(rows, j) << 4), v128.load(values + (position(positions, shift, j) << 4)));
  }
}

export function takeFloat32(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    store<f64>(into + (at(rows, j) << 3), <f64>load<f32>(values + (position(positions, shift, j) << 2)));
  }
}

export function takeFloat16(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    store<f64>(into + (at(rows, j) << 3), half(<u32>load<u16>(values + (position(positions, shift, j) << 1))));
  }
}

function half(bits: u32): f64 {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023, sign = <u64>(bits >> 15) << 63;
  let x: u64;
  // Subnormal: fraction * 2 ** -24.
  if (exponent == 0) x = reinterpret<u64>(<f64>fraction * 5.9604644775390625e-8);
  else if (exponent == 31) x = ((<u64>0x7ff) << 52) | (<u64>fraction << 42);
  else x = (<u64>(exponent + 1008) << 52) | (<u64>fraction << 42);
  return reinterpret<f64>(x | sign);
}

export function takeBits(values: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    const bit = position(positions, shift, j);
    store<u64>(into + (at(rows, j) << 3), (<u64>load<u8>(values + (bit >> 3)) >> <u64>(bit & 7)) & 1);
  }
}

const JULIAN_EPOCH: i64 = 2440588;
// So many counts at either end of i64 are free for whoever has a use for them.
const INT96_ENDS: i64 = 131072;
const DAY_NANOS: i64 = 86400000000000;

// A timestamp of Impala and Spark: nanoseconds of a day, and the Julian day.
export function takeInt96(values: usize, positions: usize, shift: u32, rows: usize, count: u32, unitNanos: u32, into: usize): u32 {
  const unit = <i64>unitNanos, perDay = DAY_NANOS / unit, days_max = i64.MAX_VALUE / perDay;
  const first = i64.MIN_VALUE + INT96_ENDS, last = i64.MAX_VALUE - INT96_ENDS;
  let inexact: u32 = 0;
  for (let j: u32 = 0; j < count; j++) {
    const p = values + position(positions, shift, j) * 12;
    const nanos = load<i64>(p), day = <i64>load<i32>(p, 8) - JULIAN_EPOCH;
    let part = nanos / unit;
    if (part * unit > nanos) part--;
    const whole = day * perDay, sum = whole + part;
    const exact = day <= days_max && day >= -days_max && ((whole ^ sum) & (part ^ sum)) >= 0;
    const fits = exact && sum >= first && sum <= last;
    inexact += <u32>(!fits || part * unit != nanos);
    store<i64>(into + (at(rows, j) << 3), fits ? sum : (exact ? sum : day) < 0 ? i64.MIN_VALUE : i64.MAX_VALUE);
  }
  return inexact;
}

// The last 8 bytes of a big-endian number of `width` bytes, signed.
// @ts-ignore: decorator
@inline
function low64(p: usize, width: u32): i64 {
  if (width >= 8) return bswap<i64>(load<i64>(p + width - 8));
  return width ? bswap<i64>(load<i64>(p)) >> <i64>(64 - 8 * width) : 0;
}

// The 8 bytes before them, signed.
// @ts-ignore: decorator
@inline
function high64(p: usize, width: u32, low: i64): i64 {
  return width > 8 ? low64(p, width - 8) : low >> 63;
}

// Whether all but the last `kept` bytes only repeat a sign.
function extends_(p: usize, width: u32, kept: u32, sign: i64): bool {
  for (let i: u32 = 0; i + kept < width; i++) if (load<u8>(p + i) != <u8>sign) return false;
  return true;
}

// @ts-ignore: decorator
@inline
function storeBig64(o: usize, p: usize, width: u32): u32 {
  const low = low64(p, width);
  store<i64>(o, low);
  return width > 8 && !extends_(p, width, 8, low >> 63) ? 1 : 0;
}

// @ts-ignore: decorator
@inline
function storeBig128(o: usize, p: usize, width: u32): u32 {
  const low = low64(p, width), high = high64(p, width, low);
  store<i64>(o, low);
  store<i64>(o, high, 8);
  return width > 16 && !extends_(p, width, 16, high >> 63) ? 1 : 0;
}

export function takeBig64(values: usize, width: u32, positions: usize, shift: u32, rows: usize, count: u32, into: usize): u32 {
  let wide: u32 = 0;
  for (let j: u32 = 0; j < count; j++) {
    wide += storeBig64(into + (at(rows, j) << 3), values + position(positions, shift, j) * width, width);
  }
  return wide;
}

export function takeBig128(values: usize, width: u32, positions: usize, shift: u32, rows: usize, count: u32, into: usize): u32 {
  let wide: u32 = 0;
  for (let j: u32 = 0; j < count; j++) {
    wide += storeBig128(into + (at(rows, j) << 4), values + position(positions, shift, j) * width, width);
  }
  return wide;
}

export function fieldsBig64(fields: usize, rows: usize, count: u32, into: usize): u32 {
  let wide: u32 = 0;
  for (let j: u32 = 0; j < count; j++) {
    const slot = at(rows, j), field = fields + (slot << 3);
    wide += storeBig64(into + (slot << 3), <usize>load<u32>(field), load<u32>(field, 4));
  }
  return wide;
}

export function fieldsBig128(fields: usize, rows: usize, count: u32, into: usize): u32 {
  let wide: u32 = 0;
  for (let j: u32 = 0; j < count; j++) {
    const slot = at(rows, j), field = fields + (slot << 3);
    wide += storeBig128(into + (slot << 4), <usize>load<u32>(field), load<u32>(field, 4));
  }
  return wide;
}

export function takeFixed(values: usize, width: u32, positions: usize, shift: u32, rows: usize, count: u32, into: usize): void {
  for (let j: u32 = 0; j < count; j++) {
    store<u64>(into + (at(rows, j) << 3), <u64>(values + position(positions, shift, j) * width) | (<u64>width << 32));
  }
}
