/**
 * Blocks that can be decoded on any thread: a task holds all that it takes, and its result all that comes of it. Tasks are
 * plain data. Who runs them is the caller's to say, so that nothing here knows of threads.
 */
import { type Bzip2Result, type Bzip2Task, decodeBzip2 } from './bzip2-block.ts';
import { decodeLz4, type Lz4Result, type Lz4Task } from './lz4-block.ts';
import { decodeSnappy, type SnappyResult, type SnappyTask } from './snappy-block.ts';
import { decodeStream } from './stream.ts';
import type { StreamResult, StreamTask } from './stream-task.ts';

export type BlockTask = Bzip2Task | Lz4Task | SnappyTask;
export type BlockResult = Bzip2Result | Lz4Result | SnappyResult;
export type ResultOf<Task extends BlockTask> = Task extends Bzip2Task ? Bzip2Result : Task extends Lz4Task ? Lz4Result : SnappyResult;

/** Where decoding is done. */
export interface Decoding {
  /** Blocks of one object that are worth decoding at a time. */
  readonly ahead: number;
  block<Task extends BlockTask>(task: Task): Promise<ResultOf<Task>>;
  /** Tasks of one stream are run one after the other, by one thread. */
  stream(task: StreamTask): Promise<StreamResult>;
}

export function decodeBlock(task: BlockTask): BlockResult {
  switch (task.codec) {
    case 'bzip2':
      return decodeBzip2(task);
    case 'lz4':
      return decodeLz4(task);
    case 'snappy':
      return decodeSnappy(task);
  }
}

/** Decodes on the thread that asks. */
export const decodingHere: Decoding = {
  ahead: 1,
  block: async <Task extends BlockTask>(task: Task) => decodeBlock(task) as ResultOf<Task>,
  stream: decodeStream,
};
