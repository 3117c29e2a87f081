/** Entry of a worker thread: its exports are the tasks a pool can name. A thread warms itself before it takes its first. */
import { type BlockTask, decodeBlock as decode } from '../formats/codecs/block.ts';
import { transferred } from './pool.ts';
import { runSplit as run, warmUp } from './run-split.ts';
import type { SplitTask } from './task.ts';

export { describe } from './describe.ts';

export function runSplit(task: SplitTask): unknown {
  return transferred(run(task));
}

export function decodeBlock(task: BlockTask): unknown {
  const result = decode(task);
  return result.failure === null ? transferred(result) : result;
}

warmUp();
