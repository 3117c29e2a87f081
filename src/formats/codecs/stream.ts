/**
 * Streams whose decoder has a state that cannot travel: one thread keeps it, from the first task of a stream to the one that
 * closes it. A task gives a bounded part of text and is answered before the next is asked, so nothing piles up.
 */
import { assert } from '../../base/assert.ts';
import type { StreamResult, StreamTask } from './stream-task.ts';
import { ZstdStream } from './zstd-stream.ts';

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
