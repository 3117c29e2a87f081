/** Entry of the thread that keeps the streams of codecs whose state cannot travel. */
import { decodeStream as decode } from '../formats/codecs/stream.ts';
import type { StreamTask } from '../formats/codecs/stream-task.ts';
import { movedWith } from './pool.ts';

export async function decodeStream(task: StreamTask): Promise<unknown> {
  const result = await decode(task);
  return movedWith([result.bytes], result);
}
