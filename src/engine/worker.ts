/** Entry of a worker thread: its exports are the tasks a pool can name. A thread warms itself before it takes its first. */
import { type BlockTask, decodeBlock as decode } from '../formats/codecs/block.ts';
import { movedWith, type PieceResult, type PieceTask } from './pool.ts';
import { runSplit as run } from './run-split.ts';
import type { SplitTask, TaskResult } from './task.ts';
import { warmUp } from './warm-up.ts';

export { describe } from './describe.ts';

export function runSplit(task: SplitTask): unknown {
  const result = run(task);
  return movedWith(outputOf(result), result);
}

/** A task whose bytes were moved here: they go back with the result. */
export function runPiece(task: PieceTask): unknown {
  const result = run(task);
  const { parts } = task.source;
  return movedWith([...outputOf(result), ...parts], { result, parts } satisfies PieceResult);
}

function outputOf({ splits }: TaskResult): Uint8Array[] {
  return splits.map(({ bytes }) => bytes);
}

export function decodeBlock(task: BlockTask): unknown {
  const result = decode(task);
  return result.failure === null ? movedWith([result.bytes], result) : result;
}

warmUp();
