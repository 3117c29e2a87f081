/** Plain twins: questions about the bytes of fields. */
import type { Memory } from './memory.ts';
import { DAMAGED, type ParquetSearch } from './parquet-kernels.ts';
import { utf8Error } from './reference-utf8.ts';

export function referenceSearch({ u8, u32, bytes }: Memory): ParquetSearch {
  const word = (address: number, index: number): number => u32[(address >> 2) + index]!;
  const field = (fields: number, row: number): readonly [number, number] => [word(fields, 2 * row), word(fields, 2 * row + 1)];
  const find = (from: number, end: number, needle: number, length: number): number => {
    const index = bytes.subarray(from, end).indexOf(bytes.subarray(needle, needle + length));
    return index < 0 ? DAMAGED : from + index;
  };

  return {
    fieldsAre(fields, count, length) {
      for (let j = 0; j < count; j++) if (field(fields, j)[1] !== length) return 0;
      return 1;
    },
    fieldsUtf8(fields, rows, count) {
      for (let j = 0; j < count; j++) {
        const [start, length] = field(fields, rows === 0 ? j : word(rows, j));
        if (utf8Error(u8, start, start + length) >= 0) return j;
      }
      return DAMAGED;
    },
    findBytes: find,
    fieldsContaining(fields, count, needle, length, base, into) {
      let kept = 0;
      for (let j = 0; j < count; j++) {
        const [start, size] = field(fields, j);
        if (find(start, start + size, needle, length) >= 0) u32[(into >> 2) + kept++] = base + j;
      }
      return kept;
    },
  };
}
