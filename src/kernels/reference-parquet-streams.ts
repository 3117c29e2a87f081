/** Plain twins: the RLE/bit-packed hybrid, filters by a table over codes, DELTA_BINARY_PACKED, BYTE_STREAM_SPLIT. */
import { DAMAGED, type ParquetStreams } from './parquet-kernels.ts';

/** Words of a stream. */
const FROM = 0;
const END = 4;
const WIDTH = 8;
const SIZE = 12;

/** Something that `damaged` turns into the answer. */
class Damage extends Error {}

/** Answers `DAMAGED` where the work throws `Damage`. */
export function damaged(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof Damage) return DAMAGED;
    throw error;
  }
}

export function damage(): never {
  throw new Damage();
}

/** Values of a hybrid one by one, as long as there are any; those that the end cuts off are none. */
export function* hybridValues(view: DataView, from: number, end: number, width: number): Generator<number> {
  const bytes = (width + 7) >> 3;
  for (let at = from; at < end; ) {
    let header = 0;
    let last = 128;
    for (let shift = 0; last >= 128; shift += 7) {
      if (at >= end || shift > 28) damage();
      last = view.getUint8(at++);
      header += (last & 127) * 2 ** shift;
    }
    const count = Math.floor(header / 2);
    if (count === 0) damage();
    if (header % 2 === 0) {
      if (bytes > end - at) damage();
      let value = 0;
      for (let i = 0; i < bytes; i++) value += view.getUint8(at + i) * 256 ** i;
      for (let i = 0; i < count; i++) yield value;
      at += bytes;
    } else {
      const values = Math.min(8 * count, width === 0 ? Number.POSITIVE_INFINITY : Math.floor((8 * (end - at)) / width));
      if (values === 0) damage();
      for (let i = 0; i < values; i++) yield fewBits(view, at, i * width, width);
      at += Math.min(count * width, end - at);
    }
  }
  damage();
}

/** Up to 32 bits from a bit on, lowest first. */
function fewBits(view: DataView, at: number, bit: number, width: number): number {
  let value = 0;
  for (let i = Math.ceil((bit + width) / 8) - 1; i >= Math.floor(bit / 8); i--) value = 256 * value + view.getUint8(at + i);
  return Math.floor(value / 2 ** (bit % 8)) % 2 ** width;
}

/** The same of up to 64. */
function bits(view: DataView, at: number, bit: number, width: number): bigint {
  let value = 0n;
  const first = Math.floor(bit / 8);
  const last = Math.ceil((bit + width) / 8);
  for (let i = last - 1; i >= first; i--) value = (value << 8n) | BigInt(view.getUint8(at + i));
  return BigInt.asUintN(width, value >> BigInt(bit % 8));
}

export function referenceStreams(view: DataView): ParquetStreams {
  const word = (address: number, index: number): number => view.getUint32(address + 4 * index, true);
  const put = (address: number, index: number, value: number): void => view.setUint32(address + 4 * index, value, true);

  /** Codes of a stream at ascending positions. */
  const codes = (stream: number, positions: Iterable<number>, each: (code: number, position: number) => void): void => {
    const [from, end, width, size] = [FROM, END, WIDTH, SIZE].map((offset) => view.getUint32(stream + offset, true));
    const values = hybridValues(view, from!, end!, width!);
    let next = 0;
    let code = 0;
    for (const position of positions) {
      for (; next <= position; next++) code = values.next().value as number;
      if (code >= size!) damage();
      each(code, position);
    }
  };

  const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

  return {
    hybridOpen(stream, from, end, width, size) {
      if (width > 32 || from > end) return DAMAGED;
      for (const [offset, value] of [
        [FROM, from],
        [END, end],
        [WIDTH, width],
        [SIZE, size],
      ] as const) {
        view.setUint32(stream + offset, value, true);
      }
      return 0;
    },
    hybridUnpack(stream, first, count, into) {
      return damaged(() => {
        codes(stream, range(first, count), (code, position) => put(into, position - first, code));
        return count;
      });
    },
    hybridFilter(stream, first, count, table, _hint, base, into) {
      return damaged(() => {
        let kept = 0;
        codes(stream, range(first, count), (code, position) => {
          if (view.getUint8(table + code) !== 0) put(into, kept++, base + position - first);
        });
        return kept;
      });
    },
    hybridTake(stream, positions, shift, count, into) {
      return damaged(() => {
        const wanted = range(0, count).map((j) => ((positions === 0 ? j : word(positions, j)) + shift) >>> 0);
        let j = 0;
        codes(stream, wanted, (code) => put(into, j++, code));
        return count;
      });
    },
    hybridRefine(stream, positions, shift, rows, count, table, into) {
      return damaged(() => {
        const wanted = range(0, count).map((j) => (word(positions, j) + shift) >>> 0);
        let [j, kept] = [0, 0];
        codes(stream, wanted, (code) => {
          const row = word(rows, j++);
          if (view.getUint8(table + code) !== 0) put(into, kept++, row);
        });
        return kept;
      });
    },
    markTable(entries, count, base, table) {
      for (let j = 0; j < count; j++) view.setUint8(table + base + word(entries, j), 1);
    },
    deltaInt32(from, end, count, into) {
      return damaged(() =>
        deltas(view, from, end, count, (j, value) => view.setInt32(into + 4 * j, Number(BigInt.asIntN(32, value)), true)),
      );
    },
    deltaInt64(from, end, count, into) {
      return damaged(() => deltas(view, from, end, count, (j, value) => view.setBigInt64(into + 8 * j, BigInt.asIntN(64, value), true)));
    },
    splitStreams(from, end, count, width, into) {
      if (from > end || count * width > end - from) return DAMAGED;
      const values = new Uint8Array(view.buffer, from, count * width).slice();
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < width; k++) view.setUint8(into + i * width + k, values[k * count + i]!);
      }
      return 0;
    },
  };
}

/** Gives each value of a DELTA_BINARY_PACKED stream, not wrapped yet; answers the address behind the stream. */
function deltas(view: DataView, from: number, end: number, count: number, each: (j: number, value: bigint) => void): number {
  let at = from;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift <= 63n; shift += 7n) {
      if (at >= end) damage();
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return damage();
  };
  const zigzag = (): bigint => {
    const value = varint();
    return value & 1n ? -(value >> 1n) - 1n : value >> 1n;
  };
  const block = varint();
  const miniblocks = varint();
  if (varint() !== BigInt(count) || miniblocks === 0n || block > 0x7fffffffn || block % miniblocks !== 0n) damage();
  const per = Number(block / miniblocks);
  if (per === 0 || per % 32 !== 0) damage();
  let value = zigzag();
  if (count === 0) return at;
  each(0, value);
  for (let j = 1; j < count; ) {
    const least = zigzag();
    const widths = at;
    if (miniblocks > BigInt(end - at)) damage();
    at += Number(miniblocks);
    for (let k = 0; k < Number(miniblocks) && j < count; k++) {
      const width = view.getUint8(widths + k);
      const n = Math.min(per, count - j);
      if (width > 64 || Math.ceil((n * width) / 8) > end - at) damage();
      for (let i = 0; i < n; i++) {
        value += least + bits(view, at, i * width, width);
        each(j++, value);
      }
      at += Math.min((per / 8) * width, end - at);
    }
  }
  return at;
}
