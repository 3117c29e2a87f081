/** Plain twins: ranges and members of values of a fixed width. */
import { openBound, type ParquetFilters } from './parquet-kernels.ts';

export function referenceFilters(view: DataView): ParquetFilters {
  const int64 = (at: number): bigint => view.getBigInt64(at, true);
  const int128 = (at: number): bigint => (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true);
  const float32 = (at: number): number => view.getFloat32(at, true);
  const float64 = (at: number): number => view.getFloat64(at, true);

  /** Keeps the items that are inside (negated: outside). */
  const keep = <Value>(
    read: (at: number) => Value,
    [values, size]: readonly [number, number],
    [rows, count, base, into]: readonly [number, number, number, number],
    negated: number,
    inside: (value: Value) => boolean,
  ): number => {
    let kept = 0;
    for (let j = 0; j < count; j++) {
      const row = rows === 0 ? j : view.getUint32(rows + 4 * j, true);
      if (inside(read(values + size * row)) === (negated !== 0)) continue;
      view.setUint32(into + 4 * kept++, rows === 0 ? base + j : row, true);
    }
    return kept;
  };

  const within =
    (low: number, high: number, open: number) =>
    (value: number): boolean =>
      (open & openBound.low ? value > low : value >= low) && (open & openBound.high ? value < high : value <= high);

  const set = <Value>(read: (at: number) => Value, at: number, bytes: number, size: number): Set<Value> =>
    new Set(Array.from({ length: size }, (_, i) => read(at + bytes * i)));

  return {
    filterInt32(values, rows, count, low, high, negated, base, into) {
      const span = (high - low) >>> 0;
      return keep(
        (at) => view.getInt32(at, true),
        [values, 4],
        [rows, count, base, into],
        negated,
        (value) => (value - low) >>> 0 <= span,
      );
    },
    filterInt64(values, rows, count, low, high, negated, base, into) {
      const span = BigInt.asUintN(64, high - low);
      return keep(int64, [values, 8], [rows, count, base, into], negated, (value) => BigInt.asUintN(64, value - low) <= span);
    },
    filterInt128(values, rows, count, bounds, negated, base, into) {
      const low = int128(bounds);
      const high = int128(bounds + 16);
      return keep(int128, [values, 16], [rows, count, base, into], negated, (value) => value >= low && value <= high);
    },
    filterFloat32(values, rows, count, low, high, open, negated, base, into) {
      return keep(float32, [values, 4], [rows, count, base, into], negated, within(low, high, open));
    },
    filterFloat64(values, rows, count, low, high, open, negated, base, into) {
      return keep(float64, [values, 8], [rows, count, base, into], negated, within(low, high, open));
    },
    memberInt64(values, rows, count, at, size, negated, base, into) {
      const members = set(int64, at, 8, size);
      return keep(int64, [values, 8], [rows, count, base, into], negated, (value) => members.has(value));
    },
    memberInt128(values, rows, count, at, size, negated, base, into) {
      const members = set(int128, at, 16, size);
      return keep(int128, [values, 16], [rows, count, base, into], negated, (value) => members.has(value));
    },
    memberFloat64(values, rows, count, at, size, negated, base, into) {
      const members = set(float64, at, 8, size);
      // why: a Set finds NaN and tells no -0 from 0.
      return keep(float64, [values, 8], [rows, count, base, into], negated, (value) => members.has(value) && !Number.isNaN(value));
    },
  };
}
