/** Entry of the thread that keeps the streams of codecs whose state cannot travel. */
import { decodeStream as decode } from '../formats/codecs/stream.ts';
import type { StreamTask } from '../formats/codecs/stream-task.ts';
import { moved } from './pool.ts';

export async function decodeStream(task: StreamTask): Promise<unknown> {
  return moved(await decode(task));
}
