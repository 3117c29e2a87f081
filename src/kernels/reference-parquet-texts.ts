/** Plain twins: BYTE_ARRAY as fields over the page. */
import type { Memory } from './memory.ts';
import { DAMAGED, type ParquetTexts } from './parquet-kernels.ts';

/** Words of a chain. */
const FROM = 0;
const END = 4;
const STORED = 8;

export function referenceTexts({ wasm, u8 }: Memory): ParquetTexts {
  const view = new DataView(wasm.buffer);
  const word = (address: number, index: number): number => view.getUint32(address + 4 * index, true);
  const putField = (fields: number, row: number, start: number, length: number): void => {
    view.setUint32(fields + 8 * row, start, true);
    view.setUint32(fields + 8 * row + 4, length, true);
  };

  return {
    chainOpen(chain, from, end, stored) {
      view.setUint32(chain + FROM, from, true);
      view.setUint32(chain + END, end, true);
      view.setUint32(chain + STORED, stored, true);
    },
    chainTake(chain, positions, shift, rows, count, into) {
      const end = view.getUint32(chain + END, true);
      const stored = view.getUint32(chain + STORED, true);
      let at = view.getUint32(chain + FROM, true);
      let position = 0;
      for (let j = 0; j < count; j++) {
        const wanted = ((positions === 0 ? j : word(positions, j)) + shift) >>> 0;
        if (wanted >= stored) return DAMAGED;
        for (; position < wanted; position++) {
          const length = lengthAt(view, at, end);
          if (length < 0) return DAMAGED;
          at += 4 + length;
        }
        const length = lengthAt(view, at, end);
        if (length < 0) return DAMAGED;
        putField(into, rows === 0 ? j : word(rows, j), at + 4, length);
      }
      return count;
    },
    chainFields(from, end, count, fields) {
      let at = from;
      for (let j = 0; j < count; j++) {
        const length = lengthAt(view, at, end);
        if (length < 0) return DAMAGED;
        putField(fields, j, at + 4, length);
        at += 4 + length;
      }
      return at;
    },
    lengthFields(lengths, count, from, end, fields) {
      let at = from;
      for (let j = 0; j < count; j++) {
        const length = word(lengths, j);
        if (length > end - at) return DAMAGED;
        putField(fields, j, at, length);
        at += length;
      }
      return at;
    },
    prefixBytes(prefixes, suffixes, count) {
      let total = 0;
      let before = 0;
      for (let j = 0; j < count; j++) {
        const prefix = view.getInt32(prefixes + 4 * j, true);
        const suffix = view.getInt32(suffixes + 4 * j, true);
        if (prefix < 0 || suffix < 0 || prefix > before) return DAMAGED;
        before = prefix + suffix;
        total += before;
      }
      return total;
    },
    prefixFields(prefixes, suffixes, count, from, end, into, intoEnd, fields) {
      let at = from;
      let o = into;
      let before: Uint8Array = new Uint8Array(0);
      for (let j = 0; j < count; j++) {
        const prefix = word(prefixes, j);
        const suffix = word(suffixes, j);
        if (prefix > before.length || suffix > end - at || prefix + suffix > intoEnd - o) return DAMAGED;
        before = Buffer.concat([before.subarray(0, prefix), u8.subarray(at, at + suffix)]);
        u8.set(before, o);
        putField(fields, j, o, before.length);
        at += suffix;
        o += before.length;
      }
      return o;
    },
  };
}

/** The length that stands at an address, -1 where it or the text behind it does not fit. */
function lengthAt(view: DataView, at: number, end: number): number {
  if (end - at < 4) return DAMAGED;
  const length = view.getUint32(at, true);
  return length > end - at - 4 ? DAMAGED : length;
}
