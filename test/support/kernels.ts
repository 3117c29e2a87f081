/** Both implementations of the kernels over one memory, and what tests of them share. */
import type { CsvDialect, Kernels } from '../../src/kernels/kernels.ts';
import { threadKernels } from '../../src/kernels/load.ts';

export const { memory, constants, simd, reference } = threadKernels(65_536);
export const { layout, u8, u32, f64, bytes } = memory;
export const twins: readonly Kernels[] = [simd, reference];

/** Another seed runs other cases; the default keeps runs comparable. */
export const seed = Number(process.env['S3LECT_SEED'] ?? 20_240_601);

/** A small seeded generator (mulberry32): uniform numbers in [0, 1). */
function randomNumbers(from: number): () => number {
  let state = from | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Random {
  readonly next: () => number;

  constructor(from: number) {
    this.next = randomNumbers(from);
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Up to `most` texts out of `alphabet`, joined. */
  text(alphabet: readonly string[], most: number): string {
    let text = '';
    for (let left = this.below(most + 1); left > 0; left--) text += this.pick(alphabet);
    return text;
  }

  /** `count` ascending numbers below `below`, each with the given probability. */
  subset(below: number, probability: number): number[] {
    return Array.from({ length: below }, (_, i) => i).filter(() => this.chance(probability));
  }
}

/** What may lie around the bytes a kernel was given: it must make no difference. */
const GARBAGE = Buffer.from('\xff"\',;\n\r#-.0a\t|', 'latin1');

/** Puts a text into the read area at an alignment, with garbage on both sides; answers its address. */
export function place(text: Uint8Array, alignment: number, random: Random): number {
  const base = layout.read + 128 + alignment;
  for (let at = base - 72; at < base; at++) u8[at] = random.pick([...GARBAGE]);
  u8.set(text, base);
  for (let at = base + text.length; at < base + text.length + 200; at++) u8[at] = random.pick([...GARBAGE]);
  return base;
}

/** Writes fields over texts (null: MISSING) at the areas' usual place, each text at any alignment among garbage. */
export function placeFields(texts: readonly (Uint8Array | null)[], fields: number, random: Random): void {
  let at = layout.read + 128;
  texts.forEach((text, row) => {
    const gap = 16 + random.below(64);
    for (let i = 0; i < gap; i++) u8[at++] = random.pick([...GARBAGE]);
    u32[(fields >> 2) + 2 * row] = text === null ? 0 : at;
    u32[(fields >> 2) + 2 * row + 1] = text === null ? 0xffffffff : text.length;
    if (text !== null) u8.set(text, at);
    at += text?.length ?? 0;
  });
  for (let i = 0; i < 128; i++) u8[at++] = random.pick([...GARBAGE]);
}

/** The texts of fields, null for MISSING. */
export function fieldTexts(fields: number, rows: readonly number[]): (string | null)[] {
  return rows.map((row) => {
    const start = u32[(fields >> 2) + 2 * row]!;
    const length = u32[(fields >> 2) + 2 * row + 1]!;
    return length === 0xffffffff ? (start === 0 ? null : 'MISSING with an address') : bytes.toString('latin1', start, start + length);
  });
}

export function selectionAt(address: number, count: number): number[] {
  return [...u32.subarray(address >> 2, (address >> 2) + count)];
}

export function dialect(
  options: Partial<Record<'delimiter' | 'record' | 'quote' | 'escape' | 'comment', string>> & { quotedRecords?: boolean } = {},
): CsvDialect {
  const { delimiter = ',', record = '\n', quote = '"', escape: mark = quote, comment = '#', quotedRecords = true } = options;
  return {
    fieldDelimiter: Buffer.from(delimiter),
    quote: Buffer.from(quote),
    escape: Buffer.from(mark),
    recordDelimiter: Buffer.from(record),
    trimCarriageReturn: record === '\n',
    comment: Buffer.from(comment),
    quotedRecordDelimiters: quotedRecords,
  };
}
