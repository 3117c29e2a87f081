/** What tests of the Parquet kernels share: buffers with canaries round them, encoded streams, and the comparison of the twins. */
import { createHash } from 'node:crypto';
import type { ParquetKernels } from '../../src/kernels/parquet-kernels.ts';
import { layout, Random, reference, simd, u8, u32 } from './kernels.ts';

/** Kernels may write so far past what they are given to write, and read as far. */
const SPARE_BYTES = 64;
const CANARY_BYTES = 256;
const CANARY = 0xa5;

/** Buffers in the decode area: inputs amid garbage, outputs amid canaries. */
export class Arena {
  readonly #random: Random;
  readonly #garbage: () => number;
  #next = layout.decode + 4096;
  readonly #outputs: { readonly start: number; readonly end: number }[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#garbage = () => random.below(256);
  }

  /** Places bytes at any alignment (or a multiple of `align`); answers where they begin and end. */
  input(bytes: Uint8Array, align = 1): { readonly from: number; readonly end: number } {
    const from = Math.ceil((this.#next + 64 + this.#random.below(32)) / align) * align;
    const end = from + bytes.length;
    for (let at = from - 64; at < from; at++) u8[at] = this.#garbage();
    u8.set(bytes, from);
    for (let at = end; at < end + SPARE_BYTES; at++) u8[at] = this.#garbage();
    this.#next = end + SPARE_BYTES + 64;
    return { from, end };
  }

  /** u32 words as an input. */
  words(values: readonly number[]): number {
    return this.input(new Uint8Array(Uint32Array.from(values).buffer), 4).from;
  }

  /** Room for `bytes`, a multiple of `align`. */
  output(bytes: number, align = 8): number {
    const start = Math.ceil((this.#next + CANARY_BYTES + (align === 1 ? this.#random.below(32) : 0)) / align) * align;
    const end = start + bytes + SPARE_BYTES;
    u8.fill(CANARY, start - CANARY_BYTES, end + CANARY_BYTES);
    this.#outputs.push({ start, end });
    this.#next = end + CANARY_BYTES;
    return start;
  }

  /** Whether a kernel wrote where it must not. */
  get intact(): boolean {
    return this.#outputs.every(({ start, end }) => isCanary(start - CANARY_BYTES, start) && isCanary(end, end + CANARY_BYTES));
  }
}

function isCanary(from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (u8[at] !== CANARY) return false;
  return true;
}

/**
 * Runs a case on both twins, each with buffers of its own filled by the same random numbers, and answers what they told as text;
 * `what` is null where they agree, kept to their buffers and did not throw.
 */
function compare(
  seed: number,
  run: (kernels: ParquetKernels, arena: Arena, random: Random) => unknown,
): { what: string | null; told: string } {
  const [fast, plain] = [simd, reference].map(({ parquet }) => {
    const random = new Random(seed);
    const arena = new Arena(random);
    let told: unknown;
    try {
      told = run(parquet, arena, random);
    } catch (error) {
      told = `threw ${String(error)}`;
    }
    const text = JSON.stringify(told, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    return arena.intact ? text : `wrote outside its buffers; ${text}`;
  });
  const wrong = fast !== plain || /^"?(threw|wrote)/.test(fast!);
  return { what: wrong ? `seed ${seed}: ${cut(fast!)} instead of ${cut(plain!)}` : null, told: plain! };
}

const cut = (text: string): string => (text.length > 600 ? `${text.slice(0, 600)}…` : text);

/** Runs a case for many seeds; answers what went wrong, and how many of the plain twin's answers had damage in them. */
export function compareMany(
  from: number,
  runs: number,
  run: (kernels: ParquetKernels, arena: Arena, random: Random) => unknown,
): { readonly wrong: readonly string[]; readonly damaged: number } {
  const wrong: string[] = [];
  let damaged = 0;
  for (let index = 0; index < runs && wrong.length < 3; index++) {
    const { what, told } = compare(from + index, run);
    if (what !== null) wrong.push(what);
    if (told.includes('-1')) damaged++;
  }
  return { wrong, damaged };
}

export function words(address: number, count: number): number[] {
  return count < 0 ? [] : [...u32.subarray(address >> 2, (address >> 2) + count)];
}

/** A digest of many bytes. */
export function digest(address: number, count: number): string {
  return count < 0
    ? ''
    : createHash('md5')
        .update(u8.subarray(address, address + count))
        .digest('hex');
}

export function bytesAt(address: number, count: number): string {
  return count < 0 ? '' : Buffer.from(u8.subarray(address, address + count)).toString('hex');
}

export function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

export function zigzag(value: bigint): number[] {
  return varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
}

/** Packs values of `width` bits, lowest bit first, to whole bytes. */
export function pack(values: readonly (number | bigint)[], width: number): number[] {
  const bytes = new Array<number>(Math.ceil((values.length * width) / 8)).fill(0);
  values.forEach((value, index) => {
    for (let bit = 0; bit < width; bit++) {
      const at = index * width + bit;
      if ((BigInt(value) >> BigInt(bit)) & 1n) bytes[at >> 3]! |= 1 << (at & 7);
    }
  });
  return bytes;
}

/** Encodes values as runs cut at random; the padding of the last group is random, and where `short` the group is cut off. */
export function hybrid(random: Random, values: readonly number[], width: number, short = false): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < values.length; ) {
    let same = 1;
    while (at + same < values.length && values[at + same] === values[at]) same++;
    if (random.chance(same >= 8 ? 0.7 : 0.1)) {
      const count = 1 + random.below(same);
      bytes.push(...varint(2 * count), ...pack([values[at]!], 8 * ((width + 7) >> 3)));
      at += count;
      continue;
    }
    const groups = 1 + random.below(random.chance(0.2) ? 300 : 20);
    const run = values.slice(at, at + 8 * groups);
    at += run.length;
    if (run.length < 8 * groups && !short) while (run.length % 8 !== 0) run.push(random.below(2 ** width));
    bytes.push(...varint(2 * Math.ceil(run.length / 8) + 1), ...pack(run, width));
  }
  return Uint8Array.from(bytes);
}

/** Changes some bytes, or cuts the end off. */
export function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes.subarray(0, random.chance(0.3) ? random.below(bytes.length + 1) : bytes.length));
  for (let left = random.below(4); left > 0 && changed.length > 0; left--) {
    const at = random.below(random.chance(0.5) ? Math.min(16, changed.length) : changed.length);
    changed[at] = random.chance(0.3) ? random.pick([0, 1, 2, 3, 127, 128, 254, 255]) : random.below(256);
  }
  return changed;
}
