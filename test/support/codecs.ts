/** Compressed objects for tests: fixtures made by the tools of each format (`bzip2`, `zstd`, `lz4`, the Rust `snap`), and ways to read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SelectError } from '../../src/base/errors.ts';
import { type InflateOptions, type InflateStats, inflate } from '../../src/formats/codecs.ts';
import type { Compression } from '../../src/formats/format.ts';

export const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../../test/fixtures/codecs', name));

export const text = fixture('text.csv');

/** What the `blocks.csv.*` hold: more than one block of every codec. */
export const blocksText = Buffer.from(
  Array.from({ length: 24_000 }, (_, i) => `${i % 50},${(i % 50) * 7919},${'abcdefgh'.slice(i % 7)}\n`).join(''),
);

export const newStats = (): InflateStats => ({ compressed_bytes: 0, inflated_bytes: 0 });

export async function* inPieces(bytes: Uint8Array, piece_bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += piece_bytes) yield bytes.subarray(at, at + piece_bytes);
}

/** What an object inflates to, and the code of the error behind it; the message too where it matters. */
export interface Outcome {
  readonly text: Buffer;
  readonly code: string | null;
  readonly message: string;
  readonly stats: InflateStats;
}

export async function outcome(
  compression: Compression,
  object: Uint8Array,
  { piece_bytes = 1000, ...options }: InflateOptions & { readonly piece_bytes?: number } = {},
): Promise<Outcome> {
  const stats = newStats();
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of inflate(compression, inPieces(object, piece_bytes), stats, options)) pieces.push(piece);
    return { text: Buffer.concat(pieces), code: null, message: '', stats };
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    return { text: Buffer.concat(pieces), code: error.code, message: error.message, stats };
  }
}
