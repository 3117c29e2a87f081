/** Plain twins: levels and their bitmaps. */
import { DAMAGED, type ParquetLevels } from './parquet-kernels.ts';
import { damage, damaged, hybridValues } from './reference-parquet-streams.ts';

const WIDTH_MAX = 16;
const LEVEL_MAX = 255;

export function referenceLevels(view: DataView): ParquetLevels {
  const clear = (bitmap: number, count: number): void => {
    for (let i = 0; i < ((count + 127) >> 6) << 3; i++) view.setUint8(bitmap + i, 0);
  };
  const set = (bitmap: number, at: number): void => view.setUint8(bitmap + (at >> 3), view.getUint8(bitmap + (at >> 3)) | (1 << (at & 7)));

  /** Each level; damage where one is above `max`. */
  const levels = (from: number, end: number, count: number, width: number, max: number, each: (level: number, i: number) => void): void => {
    if (width > WIDTH_MAX) damage();
    const values = hybridValues(view, from, end, width);
    for (let i = 0; i < count; i++) {
      const level = values.next().value as number;
      if (level > max) damage();
      each(level, i);
    }
  };

  return {
    levelsBitmap(from, end, count, width, max, wanted, bitmap) {
      return damaged(() => {
        clear(bitmap, count);
        let ones = 0;
        levels(from, end, count, width, max, (level, i) => {
          if (level !== wanted) return;
          set(bitmap, i);
          ones++;
        });
        return ones;
      });
    },
    levelsBytes(from, end, count, width, max, into) {
      if (max > LEVEL_MAX) return DAMAGED;
      return damaged(() => {
        levels(from, end, count, width, max, (level, i) => view.setUint8(into + i, level));
        return 0;
      });
    },
    levelsBytesPacked(from, end, count, width, max, into) {
      if (width > WIDTH_MAX || max > LEVEL_MAX || from > end || count * width > 8 * (end - from)) return DAMAGED;
      for (let i = 0; i < count; i++) {
        let level = 0;
        for (let b = i * width; b < (i + 1) * width; b++) level = 2 * level + ((view.getUint8(from + (b >> 3)) >> (7 - (b & 7))) & 1);
        if (level > max) return DAMAGED;
        view.setUint8(into + i, level);
      }
      return 0;
    },
    bytesBitmap(at, count, wanted, bitmap) {
      clear(bitmap, count);
      let ones = 0;
      for (let i = 0; i < count; i++) {
        if (view.getUint8(at + i) !== wanted) continue;
        set(bitmap, i);
        ones++;
      }
      return ones;
    },
  };
}
