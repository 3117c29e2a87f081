// Ranges over values of a fixed width, as they lie in a PLAIN page or were loaded. See ../../parquet-kernels.ts.
//
// A value is in [low, high] when its distance from low is at most that of high, both unsigned: one comparison for signed and
// unsigned numbers alike. Without rows, eight or sixteen values make a mask, whose rows are then written.
import { emit16, emit8 } from './emit';

// @ts-ignore: decorator
@inline
function keepRow(o: usize, rows: usize, base: u32, j: u32, keeps: bool): usize {
  store<u32>(o, rows ? load<u32>(rows + (<usize>j << 2)) : base + j);
  return o + (<usize>keeps << 2);
}

// @ts-ignore: decorator
@inline
function slot(rows: usize, j: u32): usize {
  return rows ? <usize>load<u32>(rows + (<usize>j << 2)) : <usize>j;
}

// Lanes of comparison of eight 64-bit values, to bits.
// @ts-ignore: decorator
@inline
function mask8(a: v128, b: v128, c: v128, d: v128): u32 {
  const low = i32x4.shuffle(a, b, 0, 2, 4, 6), high = i32x4.shuffle(c, d, 0, 2, 4, 6);
  return <u32>i16x8.bitmask(i16x8.narrow_i32x4_s(low, high));
}

// Of sixteen 32-bit values.
// @ts-ignore: decorator
@inline
function mask16(a: v128, b: v128, c: v128, d: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

export function filterInt32(values: usize, rows: usize, count: u32, low: u32, high: u32, negated: u32, base: u32, into: usize): u32 {
  let o = into, j: u32 = 0;
  const span = high - low, flip: u32 = negated ? 0xffff : 0;
  if (!rows) {
    const lows = i32x4.splat(low), spans = i32x4.splat(span);
    for (; j + 16 <= count; j += 16) {
      const p = values + (<usize>j << 2);
      const kept = flip ^ mask16(
        i32x4.le_u(i32x4.sub(v128.load(p), lows), spans),
        i32x4.le_u(i32x4.sub(v128.load(p, 16), lows), spans),
        i32x4.le_u(i32x4.sub(v128.load(p, 32), lows), spans),
        i32x4.le_u(i32x4.sub(v128.load(p, 48), lows), spans),
      );
      if (kept) o = emit16(o, kept, base + j);
    }
  }
  for (; j < count; j++) {
    const is = <u32>(load<u32>(values + (slot(rows, j) << 2)) - low <= span);
    o = keepRow(o, rows, base, j, <bool>(is ^ negated));
  }
  return <u32>((o - into) >> 2);
}

// Whether values are further from low than high is. There is no unsigned comparison of 64-bit lanes, so `lows` and `spans` have their
// highest bit flipped, which for what is subtracted is the same as flipping that of the difference.
// @ts-ignore: decorator
@inline
function outside64(values: v128, lows: v128, spans: v128): v128 {
  return i64x2.gt_s(i64x2.sub(values, lows), spans);
}

// Those of four values, one after the other, that both pairs have outside.
// @ts-ignore: decorator
@inline
function outsideBoth(p: usize, lows: v128, spans: v128): v128 {
  return v128.and(outside64(v128.load(p), lows, spans), outside64(v128.load(p, 16), lows, spans));
}

// The bits of eight values that are outside.
// @ts-ignore: decorator
@inline
function outside8(p: usize, lows: v128, spans: v128): u32 {
  return mask8(
    outside64(v128.load(p), lows, spans),
    outside64(v128.load(p, 16), lows, spans),
    outside64(v128.load(p, 32), lows, spans),
    outside64(v128.load(p, 48), lows, spans),
  );
}

// Keeps values of a whole number of eights; answers the address behind the last row. `flip`: 0xff keeps those inside, 0 those outside.
function keepMany64(p: usize, count: u32, lows: v128, spans: v128, flip: u32, row: u32, into: usize): usize {
  let o = into;
  for (const end = p + (<usize>count << 3); p < end; p += 64, row += 8) {
    const kept = flip ^ outside8(p, lows, spans);
    if (kept) o = emit8(o, kept, row);
  }
  return o;
}

// The same of a whole number of sixteens that are thought to have few values inside, which are kept.
function keepFew64(p: usize, count: u32, lows: v128, spans: v128, row: u32, into: usize): usize {
  let o = into;
  for (const end = p + (<usize>count << 3); p < end; p += 128, row += 16) {
    const low = v128.and(outsideBoth(p, lows, spans), outsideBoth(p + 32, lows, spans));
    const high = v128.and(outsideBoth(p + 64, lows, spans), outsideBoth(p + 96, lows, spans));
    if (i64x2.bitmask(v128.and(low, high)) == 3) continue;
    o = emit8(o, 0xff ^ outside8(p, lows, spans), row);
    o = emit8(o, 0xff ^ outside8(p + 64, lows, spans), row + 8);
  }
  return o;
}

// Values are filtered so many at a time, by what came of those before.
const STEP: u32 = 4096;
// Fewer than so many kept of a step are few.
const FEW: u32 = 192;

export function filterInt64(values: usize, rows: usize, count: u32, low: u64, high: u64, negated: u32, base: u32, into: usize): u32 {
  let o = into, j: u32 = 0;
  const span = high - low;
  if (!rows) {
    const lows = i64x2.splat(low ^ i64.MIN_VALUE), spans = i64x2.splat(span ^ i64.MIN_VALUE), flip: u32 = negated ? 0 : 0xff;
    for (let few = !negated; j + 16 <= count; ) {
      const size = min<u32>(STEP, (count - j) & ~15), p = values + (<usize>j << 3), before = o;
      o = few ? keepFew64(p, size, lows, spans, base + j, o) : keepMany64(p, size, lows, spans, flip, base + j, o);
      few = !negated && <u32>(o - before) < 4 * FEW;
      j += size;
    }
  }
  for (; j < count; j++) {
    const is = <u32>(load<u64>(values + (slot(rows, j) << 3)) - low <= span);
    o = keepRow(o, rows, base, j, <bool>(is ^ negated));
  }
  return <u32>((o - into) >> 2);
}

// Whether one i128 is below another.
// @ts-ignore: decorator
@inline
function below128(highA: i64, lowA: u64, highB: i64, lowB: u64): bool {
  return highA < highB || (highA == highB && lowA < lowB);
}

export function filterInt128(values: usize, rows: usize, count: u32, bounds: usize, negated: u32, base: u32, into: usize): u32 {
  const low = load<u64>(bounds), lowTop = load<i64>(bounds, 8), high = load<u64>(bounds, 16), highTop = load<i64>(bounds, 24);
  let o = into;
  for (let j: u32 = 0; j < count; j++) {
    const p = values + (slot(rows, j) << 4), x = load<u64>(p), top = load<i64>(p, 8);
    const out = <u32>(below128(top, x, lowTop, low) || below128(highTop, high, top, x));
    o = keepRow(o, rows, base, j, <bool>(out ^ negated ^ 1));
  }
  return <u32>((o - into) >> 2);
}

const OPEN_LOW: u32 = 1, OPEN_HIGH: u32 = 2;

// The next double above (below); of the last one NaN, which nothing compares to.
function above64(x: f64): f64 {
  if (x == 0) return reinterpret<f64>(<u64>1);
  const bits = reinterpret<i64>(x);
  return reinterpret<f64>(bits + (bits >= 0 ? 1 : -1));
}

function above32(x: f32): f32 {
  if (x == 0) return reinterpret<f32>(<u32>1);
  const bits = reinterpret<i32>(x);
  return reinterpret<f32>(bits + (bits >= 0 ? 1 : -1));
}

// The least f32 that is at least (open: above) a double.
function least32(x: f64, open: bool): f32 {
  const nearest = <f32>x;
  return <f64>nearest < x || (open && <f64>nearest == x) ? above32(nearest) : nearest;
}

export function filterFloat32(
  values: usize, rows: usize, count: u32, low: f64, high: f64, open: u32, negated: u32, base: u32, into: usize,
): u32 {
  const least = least32(low, (open & OPEN_LOW) != 0), most = -least32(-high, (open & OPEN_HIGH) != 0);
  let o = into, j: u32 = 0;
  if (!rows) {
    const a = f32x4.splat(least), b = f32x4.splat(most), flip: u32 = negated ? 0xffff : 0;
    for (; j + 16 <= count; j += 16) {
      const p = values + (<usize>j << 2), x = v128.load(p), y = v128.load(p, 16), z = v128.load(p, 32), w = v128.load(p, 48);
      const kept = flip ^ mask16(
        v128.and(f32x4.ge(x, a), f32x4.le(x, b)), v128.and(f32x4.ge(y, a), f32x4.le(y, b)),
        v128.and(f32x4.ge(z, a), f32x4.le(z, b)), v128.and(f32x4.ge(w, a), f32x4.le(w, b)),
      );
      if (kept) o = emit16(o, kept, base + j);
    }
  }
  for (; j < count; j++) {
    const x = load<f32>(values + (slot(rows, j) << 2));
    o = keepRow(o, rows, base, j, <bool>(<u32>(x >= least && x <= most) ^ negated));
  }
  return <u32>((o - into) >> 2);
}

export function filterFloat64(
  values: usize, rows: usize, count: u32, low: f64, high: f64, open: u32, negated: u32, base: u32, into: usize,
): u32 {
  const least = open & OPEN_LOW ? above64(low) : low, most = open & OPEN_HIGH ? -above64(-high) : high;
  let o = into, j: u32 = 0;
  if (!rows) {
    const a = f64x2.splat(least), b = f64x2.splat(most), flip: u32 = negated ? 0xff : 0;
    for (; j + 8 <= count; j += 8) {
      const p = values + (<usize>j << 3), x = v128.load(p), y = v128.load(p, 16), z = v128.load(p, 32), w = v128.load(p, 48);
      const kept = flip ^ mask8(
        v128.and(f64x2.ge(x, a), f64x2.le(x, b)), v128.and(f64x2.ge(y, a), f64x2.le(y, b)),
        v128.and(f64x2.ge(z, a), f64x2.le(z, b)), v128.and(f64x2.ge(w, a), f64x2.le(w, b)),
      );
      if (kept) o = emit8(o, kept, base + j);
    }
  }
  for (; j < count; j++) {
    const x = load<f64>(values + (slot(rows, j) << 3));
    o = keepRow(o, rows, base, j, <bool>(<u32>(x >= least && x <= most) ^ negated));
  }
  return <u32>((o - into) >> 2);
}

export function memberInt64(values: usize, rows: usize, count: u32, set: usize, size: u32, negated: u32, base: u32, into: usize): u32 {
  let o = into;
  for (let j: u32 = 0; j < count; j++) {
    const x = load<i64>(values + (slot(rows, j) << 3));
    let from: u32 = 0, to = size;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (load<i64>(set + (<usize>middle << 3)) < x) from = middle + 1;
      else to = middle;
    }
    const is = <u32>(from < size && load<i64>(set + (<usize>from << 3)) == x);
    o = keepRow(o, rows, base, j, <bool>(is ^ negated));
  }
  return <u32>((o - into) >> 2);
}

export function memberInt128(values: usize, rows: usize, count: u32, set: usize, size: u32, negated: u32, base: u32, into: usize): u32 {
  let o = into;
  for (let j: u32 = 0; j < count; j++) {
    const p = values + (slot(rows, j) << 4), x = load<u64>(p), top = load<i64>(p, 8);
    let from: u32 = 0, to = size;
    while (from < to) {
      const middle = (from + to) >> 1, q = set + (<usize>middle << 4);
      if (below128(load<i64>(q, 8), load<u64>(q), top, x)) from = middle + 1;
      else to = middle;
    }
    const q = set + (<usize>from << 4);
    const is = <u32>(from < size && load<u64>(q) == x && load<i64>(q, 8) == top);
    o = keepRow(o, rows, base, j, <bool>(is ^ negated));
  }
  return <u32>((o - into) >> 2);
}

export function memberFloat64(values: usize, rows: usize, count: u32, set: usize, size: u32, negated: u32, base: u32, into: usize): u32 {
  let o = into;
  for (let j: u32 = 0; j < count; j++) {
    const x = load<f64>(values + (slot(rows, j) << 3));
    let from: u32 = 0, to = size;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (load<f64>(set + (<usize>middle << 3)) < x) from = middle + 1;
      else to = middle;
    }
    const is = <u32>(from < size && load<f64>(set + (<usize>from << 3)) == x);
    o = keepRow(o, rows, base, j, <bool>(is ^ negated));
  }
  return <u32>((o - into) >> 2);
}
