// Columns of values into frames of typed expressions, and aggregates of them. Meaning of all parameters: ../../column-kernels.ts
const STATE_VALUE: u8 = 0;
const STATE_DOUBT: u8 = 3;
const UNCLEAN: u32 = 256;
const EXACT_MAX: i64 = 9007199254740991;

// @ts-ignore: decorator
@inline
function rowAt(rows: usize, i: u32): usize {
  return rows ? <usize>load<u32>(rows + (<usize>i << 2)) : <usize>i;
}

// @ts-ignore: decorator
@inline
function isExact(v: i64): bool {
  return v <= EXACT_MAX && v >= -EXACT_MAX;
}

export function loadInts(values: usize, states: usize, rows: usize, count: u32, wide: bool, into: usize, intoStates: usize): u32 {
  let unclean: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i);
    const v = load<i64>(values + (wide ? r << 4 : r << 3));
    const fits = isExact(v) && (!wide || load<i64>(values + (r << 4), 8) == v >> 63);
    const own = states ? load<u8>(states + r) : STATE_VALUE;
    const state = own != STATE_VALUE || fits ? own : STATE_DOUBT;
    store<f64>(into + (r << 3), <f64>v);
    store<u8>(intoStates + r, state);
    unclean |= <u32>state;
  }
  return unclean ? UNCLEAN : 0;
}

export function loadFloats(values: usize, states: usize, rows: usize, count: u32, into: usize, intoStates: usize): u32 {
  let unclean: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i);
    const state = states ? load<u8>(states + r) : STATE_VALUE;
    store<u64>(into + (r << 3), load<u64>(values + (r << 3)));
    store<u8>(intoStates + r, state);
    unclean |= <u32>state;
  }
  return unclean ? UNCLEAN : 0;
}

export function loadTruths(values: usize, states: usize, rows: usize, count: u32, intoStates: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i);
    const state = states ? load<u8>(states + r) : STATE_VALUE;
    store<u8>(intoStates + r, state != STATE_VALUE ? state : <u8>load<i64>(values + (r << 3)));
  }
}

/** `into`: i64 least, i64 greatest, i128 sum. */
export function tallyInts(values: usize, states: usize, rows: usize, count: u32, into: usize): u32 {
  // why: sums of 32-bit halves cannot overflow before 2^31 values
  let least = i64.MAX_VALUE, greatest = i64.MIN_VALUE, low: i64 = 0, high: i64 = 0, seen: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i);
    if (states && load<u8>(states + r) != STATE_VALUE) continue;
    const v = load<i64>(values + (r << 3));
    least = min(least, v);
    greatest = max(greatest, v);
    low += v & 0xffffffff;
    high += v >> 32;
    seen++;
  }
  if (!seen) return 0;
  store<i64>(into, least);
  store<i64>(into, greatest, 8);
  // high * 2^32 + low
  const carried = high + (low >> 32);
  store<u64>(into, (<u64>low & 0xffffffff) | (<u64>carried << 32), 16);
  store<i64>(into, carried >> 32, 24);
  return seen;
}

const DAY_FIRST: i64 = -719162;
const DAY_LAST: i64 = 2932896;
const DAY_MICROS: i64 = 86400000000;

export function loadTimes(values: usize, states: usize, rows: usize, count: u32, digits: u32, into: usize, intoStates: usize): u32 {
  let unclean: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const r = rowAt(rows, i);
    let v = load<i64>(values + (r << 3)), fits: bool;
    if (!digits) {
      fits = v >= DAY_FIRST && v <= DAY_LAST;
      v *= 86400;
    } else {
      fits = true;
      if (digits == 9) {
        const micros = v / 1000;
        fits = micros * 1000 == v;
        v = micros;
      } else if (digits == 3) {
        fits = v >= DAY_FIRST * 86400000 && v < (DAY_LAST + 1) * 86400000;
        v *= 1000;
      }
      fits = fits && isExact(v) && v >= DAY_FIRST * DAY_MICROS && v < (DAY_LAST + 1) * DAY_MICROS;
    }
    const own = states ? load<u8>(states + r) : STATE_VALUE;
    const state = own != STATE_VALUE || fits ? own : STATE_DOUBT;
    store<f64>(into + (r << 3), <f64>v);
    store<u8>(intoStates + r, state);
    unclean |= <u32>state;
  }
  return unclean ? UNCLEAN : 0;
}
