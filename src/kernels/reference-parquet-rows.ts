/** Plain twins: rows and positions. */
import type { ParquetRows } from './parquet-kernels.ts';
import { rowState } from './value-kernels.ts';

const FIELD_NULL = 2 ** 32 - rowState.null;

export function referenceRows(view: DataView): ParquetRows {
  const word = (address: number, index: number): number => view.getUint32(address + 4 * index, true);
  const put = (address: number, index: number, value: number): void => view.setUint32(address + 4 * index, value, true);
  const bit = (bitmap: number, at: number): number => (view.getUint8(bitmap + (at >> 3)) >> (at & 7)) & 1;

  return {
    bytesRows(at, count, wanted, base, into) {
      let kept = 0;
      for (let i = 0; i < count; i++) if (view.getUint8(at + i) === wanted) put(into, kept++, base + i);
      return kept;
    },
    ranks(bitmap, count, into) {
      let ones = 0;
      for (let i = 0; i < count; i++) {
        if (i % 64 === 0) put(into, i / 64, ones);
        ones += bit(bitmap, i);
      }
    },
    rankAt(bitmap, ranks, at) {
      let ones = word(ranks, at >> 6);
      for (let i = at & ~63; i < at; i++) ones += bit(bitmap, i);
      return ones;
    },
    present(bitmap, ranks, bits, shift, rows, count, present, positions, states, fields) {
      let kept = 0;
      for (let j = 0; j < count; j++) {
        const row = rows === 0 ? j : word(rows, j);
        const at = ((bits === 0 ? j : word(bits, j)) + shift) >>> 0;
        const is = bit(bitmap, at) === 1;
        if (states !== 0) view.setUint8(states + row, is ? rowState.value : rowState.null);
        if (is) {
          put(present, kept, row);
          put(positions, kept++, this.rankAt(bitmap, ranks, at));
        } else if (fields !== 0) {
          put(fields, 2 * row, 0);
          put(fields, 2 * row + 1, FIELD_NULL);
        }
      }
      return kept;
    },
    bitRows(bitmap, first, count, wanted, base, into) {
      let kept = 0;
      for (let i = 0; i < count; i++) if (bit(bitmap, first + i) === wanted) put(into, kept++, base + i);
      return kept;
    },
    filterBits(bitmap, rows, shift, count, wanted, into) {
      let kept = 0;
      for (let j = 0; j < count; j++) {
        const row = rows === 0 ? j : word(rows, j);
        if (bit(bitmap, (row + shift) >>> 0) === wanted) put(into, kept++, row);
      }
      return kept;
    },
    rowsAt(rows, positions, count, into) {
      for (let j = 0; j < count; j++) put(into, j, word(rows, word(positions, j)));
    },
  };
}
