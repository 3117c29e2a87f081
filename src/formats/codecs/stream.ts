/**
 * Streams whose decoder has a state that cannot travel: one thread keeps it, from the first task of a stream to the one that
 * closes it. A task gives a bounded part of text and is answered before the next is asked, so nothing piles up.
 */
import { assert } from '../../base/assert.ts';
import { ZstdStream } from './zstd-stream.ts';

export interface StreamTask {
  /** Names the stream; no two that are open have the same. */
  readonly stream: number;
  readonly first: boolean;
  /** More of the compressed bytes; null to go on with those given before. */
  readonly bytes: Uint8Array | null;
  /** Nothing more is wanted of the stream. */
  readonly close: boolean;
}

export interface StreamResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** There is more text to be had of the bytes given. */
  readonly more: boolean;
  /** The bytes given end where a frame does. */
  readonly complete: boolean;
  /** The number libzstd gives what is wrong behind `bytes`; null where nothing is. */
  readonly failure: number | null;
}

/** Compressed bytes of one task at most. */
export const stream_task_bytes_max = 256 * 1024;

const open = new Map<number, ZstdStream>();

export async function decodeStream({ stream, first, bytes, close }: StreamTask): Promise<StreamResult> {
  if (first) open.set(stream, await ZstdStream.open());
  const decoder = open.get(stream);
  if (close) {
    open.delete(stream);
    decoder?.close();
    return { bytes: new Uint8Array(0), more: false, complete: false, failure: null };
  }
  assert(decoder !== undefined, 'the thread of a stream keeps it');
  return decoder.decode(bytes);
}
