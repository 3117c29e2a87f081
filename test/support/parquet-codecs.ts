/**
 * Pages for tests of decompression. The fixtures are what the tools of the formats made of these sources:
 * `zstd -1 | -3 | -19 | --ultra -22` (`-C` with, `--no-check` without a checksum), and the one block of `lz4 -1 | -9`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './kernels.ts';

const WORDS =
  'the quick furiously ironic deposits sleep blithely carefully final accounts haggle above packages regular requests nag pending foxes among even theodolites bold pinto beans cajole slyly express instructions wake'.split(
    ' ',
  );

function text(bytes: number): Uint8Array {
  const random = new Random(1);
  let lines = '';
  while (lines.length < bytes) {
    const line = Array.from({ length: 3 + random.below(6) }, () => random.pick(WORDS)).join(' ');
    lines += `\u0000\u0000${line.slice(random.below(5), line.length - random.below(5))}`;
  }
  return Buffer.from(lines.slice(0, bytes));
}

/** Ascending i64 with small steps, one in eight a jump. */
function numbers(count: number): Uint8Array {
  const random = new Random(2);
  const values = new BigInt64Array(count);
  let value = 1_000_000;
  for (let i = 0; i < count; i++) {
    value += random.chance(0.125) ? random.below(100_000) : random.below(4);
    values[i] = BigInt(value);
  }
  return new Uint8Array(values.buffer);
}

function noise(bytes: number, below: number): Uint8Array {
  const random = new Random(3);
  return Uint8Array.from({ length: bytes }, () => random.below(below));
}

/** Runs of one byte, of every length and at every distance. */
function runs(bytes: number): Uint8Array {
  const random = new Random(4);
  const all = new Uint8Array(bytes);
  for (let at = 0; at < bytes; ) {
    const length = 1 + random.below(random.chance(0.1) ? 5000 : 40);
    if (at > 0 && random.chance(0.5))
      for (let i = 0, back = 1 + random.below(Math.min(at, 20)); i < length; i++) all[at + i] = all[at + i - back]!;
    else all.fill(random.below(256), at, at + length);
    at += length;
  }
  return all.subarray(0, bytes);
}

export const sources: Readonly<Record<string, Uint8Array>> = {
  empty: new Uint8Array(0),
  byte: Buffer.from('x'),
  short: Buffer.from('some short text, some short text'),
  text: text(300_000),
  numbers: numbers(20_000),
  noise: noise(5000, 256),
  digits: noise(20_000, 11),
  /** Huffman codes of about four and six bits, and of one to eleven. */
  hex: noise(30_000, 16).map((digit) => '0123456789abcdef'.charCodeAt(digit)),
  base64: noise(30_000, 64).map((digit) => 48 + digit),
  skewed: noise(30_000, 256).map((digit, i) => 97 + Math.clz32(digit * 256 + (i % 7)) - 16),
  zeros: new Uint8Array(400_000),
  runs: runs(60_000),
};

const folder = join(import.meta.dirname, '../../../test/fixtures/parquet-codecs');

export const fixture = (name: string): Uint8Array => readFileSync(join(folder, name));
