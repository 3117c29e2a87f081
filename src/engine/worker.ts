/** Entry of a worker thread: its exports are the tasks a pool can name. A thread warms itself before it takes its first. */
import { type BlockTask, decodeBlock as decode } from '../formats/codecs/block.ts';
import { moved, movedWith, type PieceResult, type PieceTask } from './pool.ts';
import { runSplit as run } from './run-split.ts';
import type { SplitTask } from './task.ts';
import { warmUp } from './warm-up.ts';

export { describe } from './describe.ts';

export function runSplit(task: SplitTask): unknown {
  return moved(run(task));
}

/** A task whose bytes were moved here: they go back with the result. */
export function runPiece(task: PieceTask): unknown {
  const result = run(task);
  const { parts } = task.source;
  return movedWith([result.bytes, ...parts], { result, parts } satisfies PieceResult);
}

export function decodeBlock(task: BlockTask): unknown {
  const result = decode(task);
  return result.failure === null ? moved(result) : result;
}

warmUp();
