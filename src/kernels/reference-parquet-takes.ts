/** Plain twins: values of a page at positions. */
import { INT96_ENDS, type ParquetBigTakes, type ParquetTakes } from './parquet-kernels.ts';

const JULIAN_EPOCH = 2_440_588n;
const ENDS = BigInt(INT96_ENDS);
const DAY_NANOS = 86_400_000_000_000n;

export function referenceTakes(view: DataView): ParquetTakes {
  const each = listed(view);
  const put128 = wide(view);

  return {
    takeInt32(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) =>
        view.setBigInt64(into + 8 * slot, BigInt(view.getInt32(values + 4 * p, true)), true),
      );
    },
    takeUint32(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) =>
        view.setBigInt64(into + 8 * slot, BigInt(view.getUint32(values + 4 * p, true)), true),
      );
    },
    takeInt64(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) => view.setBigInt64(into + 8 * slot, view.getBigInt64(values + 8 * p, true), true));
    },
    takeUint64(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) => put128(into + 16 * slot, view.getBigUint64(values + 8 * p, true)));
    },
    takeInt128(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) => {
        view.setBigInt64(into + 16 * slot, view.getBigInt64(values + 16 * p, true), true);
        view.setBigInt64(into + 16 * slot + 8, view.getBigInt64(values + 16 * p + 8, true), true);
      });
    },
    takeFloat32(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) => view.setFloat64(into + 8 * slot, view.getFloat32(values + 4 * p, true), true));
    },
    takeFloat16(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) => view.setFloat64(into + 8 * slot, half(view.getUint16(values + 2 * p, true)), true));
    },
    takeBits(values, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) =>
        view.setBigInt64(into + 8 * slot, BigInt((view.getUint8(values + (p >>> 3)) >> (p & 7)) & 1), true),
      );
    },
    takeFixed(values, width, positions, shift, rows, count, into) {
      each(positions, shift, rows, count, (p, slot) => {
        view.setUint32(into + 8 * slot, values + width * p, true);
        view.setUint32(into + 8 * slot + 4, width, true);
      });
    },
  };
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The same of numbers that are not stored as they are loaded. */
export function referenceBigTakes(view: DataView): ParquetBigTakes {
  const each = listed(view);
  const put128 = wide(view);
  const word = (address: number, index: number): number => view.getUint32(address + 4 * index, true);
  const big = (from: number, width: number): bigint => {
    let value = 0n;
    for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(view.getUint8(from + i));
    return BigInt.asIntN(8 * width, value);
  };
  const putBig64 = (o: number, value: bigint): number => {
    view.setBigInt64(o, BigInt.asIntN(64, value), true);
    return Number(BigInt.asIntN(64, value) !== value);
  };
  const putBig128 = (o: number, value: bigint): number => {
    put128(o, value);
    return Number(BigInt.asIntN(128, value) !== value);
  };

  return {
    takeInt96(values, positions, shift, rows, count, unit, into) {
      let inexact = 0;
      each(positions, shift, rows, count, (p, slot) => {
        const day = BigInt(view.getInt32(values + 12 * p + 8, true)) - JULIAN_EPOCH;
        const nanos = day * DAY_NANOS + view.getBigInt64(values + 12 * p, true);
        const counts = floorDiv(nanos, BigInt(unit));
        const fits = counts >= -(2n ** 63n) + ENDS && counts < 2n ** 63n - ENDS;
        view.setBigInt64(into + 8 * slot, fits ? counts : counts < 0n ? -(2n ** 63n) : 2n ** 63n - 1n, true);
        if (counts * BigInt(unit) !== nanos || !fits) inexact++;
      });
      return inexact;
    },
    takeBig64(values, width, positions, shift, rows, count, into) {
      let wide = 0;
      each(positions, shift, rows, count, (p, slot) => (wide += putBig64(into + 8 * slot, big(values + width * p, width))));
      return wide;
    },
    takeBig128(values, width, positions, shift, rows, count, into) {
      let wide = 0;
      each(positions, shift, rows, count, (p, slot) => (wide += putBig128(into + 16 * slot, big(values + width * p, width))));
      return wide;
    },
    fieldsBig64(fields, rows, count, into) {
      let wide = 0;
      each(0, 0, rows, count, (_, slot) => {
        wide += putBig64(into + 8 * slot, big(word(fields, 2 * slot), word(fields, 2 * slot + 1)));
      });
      return wide;
    },
    fieldsBig128(fields, rows, count, into) {
      let wide = 0;
      each(0, 0, rows, count, (_, slot) => {
        wide += putBig128(into + 16 * slot, big(word(fields, 2 * slot), word(fields, 2 * slot + 1)));
      });
      return wide;
    },
  };
}

function floorDiv(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}

type Each = (positions: number, shift: number, rows: number, count: number, give: (position: number, slot: number) => void) => void;

/** Gives each wanted position and the slot its value goes to. */
function listed(view: DataView): Each {
  const at = (list: number, j: number): number => (list === 0 ? j : view.getUint32(list + 4 * j, true));
  return (positions, shift, rows, count, give) => {
    for (let j = 0; j < count; j++) give((at(positions, j) + shift) >>> 0, at(rows, j));
  };
}

/** Stores an i128. */
function wide(view: DataView): (o: number, value: bigint) => void {
  return (o, value) => {
    view.setBigUint64(o, BigInt.asUintN(64, value), true);
    view.setBigInt64(o + 8, BigInt.asIntN(64, value >> 64n), true);
  };
}
