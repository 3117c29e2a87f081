/** Zstandard (RFC 8878): all frames of an object, skippable ones passed over, windows of up to 128 MiB. */
import type { Decoding } from './block.ts';
import { ByteQueue } from './byte-queue.ts';
import type { InflateStats } from './codec.ts';
import { damaged, notApplicable, truncated, unsupported } from './failures.ts';
import { type StreamResult, stream_task_bytes_max } from './stream-task.ts';

/** The text, in parts of up to 1 MiB. */
export async function* unzstd(
  source: AsyncIterable<Uint8Array>,
  stats: InflateStats,
  decoding: Decoding,
): AsyncGenerator<Uint8Array, void, undefined> {
  const queue = new ByteQueue(source);
  const stream = streams++;
  try {
    await queue.fill(4);
    if (queue.length === 0) return;
    checkMagic(queue.bytes);
    let result: StreamResult | null = null;
    while (result?.more === true || (await queue.fill(1))) {
      const bytes: Uint8Array | null = result?.more === true ? null : queue.take(Math.min(queue.length, stream_task_bytes_max));
      result = await decoding.stream({ stream, first: result === null, bytes, close: false });
      stats.compressed_bytes = queue.offset;
      if (result.bytes.length > 0) yield result.bytes;
      if (result.failure !== null) throw failureOf(result.failure);
    }
    if (result?.complete !== true) throw truncated(NAME);
  } finally {
    await queue.close();
    await decoding.stream({ stream, first: false, bytes: null, close: true });
  }
}

const NAME = 'ZSTD';
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
const SKIPPABLE = [0x50, 0x2a, 0x4d, 0x18] as const;
/** Error numbers of libzstd (zstd_errors.h), stable since 1.3.1. */
const PREFIX_UNKNOWN = 10;
const WINDOW_TOO_LARGE = 16;
const CHECKSUM_WRONG = 22;
const DICTIONARY_WRONG = 32;

let streams = 0;

function checkMagic(bytes: Uint8Array): void {
  const begins = (magic: readonly number[], mask: number): boolean =>
    magic.every((byte, index) => bytes[index] === undefined || (index === 0 ? (bytes[0]! & mask) === byte : bytes[index] === byte));
  if (!begins(MAGIC, 0xff) && !begins(SKIPPABLE, 0xf0)) throw notApplicable(NAME);
}

function failureOf(number: number): Error {
  if (number === PREFIX_UNKNOWN) return damaged(NAME, 'what follows a frame is not ZSTD');
  if (number === WINDOW_TOO_LARGE) return unsupported(NAME, 'Windows of more than 128 MiB are not supported');
  if (number === CHECKSUM_WRONG) return damaged(NAME, 'its checksum does not match');
  if (number === DICTIONARY_WRONG) return unsupported(NAME, 'Dictionaries are not supported');
  return damaged(NAME);
}
