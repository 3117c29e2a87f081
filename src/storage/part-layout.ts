/** The parts that a multipart object was put together of, as plain data that stays small with ten thousand of them. */
import type { ByteRange } from '../base/bytes.ts';

export interface PartLayout {
  /** Parts of equal size in a row: how many, and the bytes of each. */
  readonly runs: readonly (readonly [count: number, bytes: number])[];
  /** Of each part in base64, all of one length, one behind the other; empty where the object has no checksum. */
  readonly checksums: string;
}

export interface Part {
  /** Counted from 1, whatever number it was uploaded under. */
  readonly number: number;
  /** Its place in the object. */
  readonly range: ByteRange;
  /** In base64, of the algorithm of the object's checksum. */
  readonly checksum: string | undefined;
}

export function layoutOf(parts: readonly { readonly size: number; readonly checksum?: string | undefined }[]): PartLayout {
  const runs: [number, number][] = [];
  for (const { size } of parts) {
    const last = runs.at(-1);
    if (last?.[1] === size) last[0]++;
    else runs.push([1, size]);
  }
  return { runs, checksums: parts.map(({ checksum = '' }) => checksum).join('') };
}

export function partCount({ runs }: PartLayout): number {
  return runs.reduce((sum, [count]) => sum + count, 0);
}

/** The parts from number `first` on, at most `count`. */
export function partsOf(layout: PartLayout, first = 1, count = Number.POSITIVE_INFINITY): Part[] {
  const width = layout.checksums.length / Math.max(partCount(layout), 1);
  const parts: Part[] = [];
  let number = 1;
  let start = 0;
  for (const [run, bytes] of layout.runs) {
    for (let i = Math.min(Math.max(first - number, 0), run); i < run && parts.length < count; i++) {
      const at = number + i;
      const checksum = width === 0 ? undefined : layout.checksums.slice((at - 1) * width, at * width);
      parts.push({ number: at, range: { start: start + i * bytes, end: start + (i + 1) * bytes }, checksum });
    }
    number += run;
    start += run * bytes;
  }
  return parts;
}
