/** The plain twins of the kernels over cells. */
import type { CellKernels } from './cell-kernels.ts';
import type { Memory } from './memory.ts';
import { csvField, styleAt } from './reference-write.ts';
import { FIELD_STATES, rowState } from './value-kernels.ts';

export function referenceCells(memory: Memory): CellKernels {
  const { u8, u32 } = memory;
  const textAt = (cells: number, bytes: number, index: number): Uint8Array => {
    const cell = cells + bytes * index;
    return u8.subarray(cell, cell + u8[cell + bytes - 1]!);
  };
  return {
    makeCells(fields, count, style, bytes, cells) {
      let longest = 0;
      for (let index = 0; index < count; index++) {
        const length = u32[(fields >> 2) + 2 * index + 1]!;
        const isText = length < FIELD_STATES;
        if (isText ? length >= bytes : length === 2 ** 32 - rowState.doubt) return 0;
        const start = u32[(fields >> 2) + 2 * index]!;
        const text = csvField(isText ? u8.subarray(start, start + length) : 2 ** 32 - length, styleAt(memory, style), false);
        if (text.length >= bytes) return 0;
        putCell(memory, cells + bytes * index, bytes, text);
        longest = Math.max(longest, text.length);
      }
      return longest;
    },
    crossCells(first, firsts, first_bytes, second, seconds, second_bytes, bytes, cells) {
      let longest = 0;
      for (let index = 0; index < firsts * seconds; index++) {
        const texts = [textAt(first, first_bytes, Math.floor(index / seconds)), textAt(second, second_bytes, index % seconds)];
        const text = Buffer.concat(texts);
        putCell(memory, cells + bytes * index, bytes, text);
        longest = Math.max(longest, text.length);
      }
      return longest;
    },
    crossCodes(first, second, seconds, count) {
      for (let index = 0; index < count; index++)
        u32[(first >> 2) + index] = u32[(first >> 2) + index]! * seconds + u32[(second >> 2) + index]!;
    },
  };
}

function putCell({ u8 }: Memory, cell: number, bytes: number, text: Uint8Array): void {
  u8.set(text, cell);
  u8[cell + bytes - 1] = text.length;
}
