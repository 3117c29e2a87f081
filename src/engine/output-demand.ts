/** How much output a query asks of one task: little until the query has shown that it fills it, so that most queries hold little memory. */
import { limits } from '../base/limits.ts';
import type { Runnable, Scheduler } from './scheduler.ts';
import type { SplitTask, TaskResult } from './task.ts';

/** What a task may fill, and what is held of the shared budget for it. */
export interface OutputRoom extends Pick<SplitTask, 'output_bytes_max' | 'blocks_max'> {
  readonly reserved_bytes: number;
}

export class OutputDemand {
  readonly #scheduler: Scheduler;
  readonly #query: Runnable;
  readonly #blocks_limit: number;
  #output_bytes_max: number = limits.task_output_bytes_first;
  #blocks_max = 1;

  /** `several`: a task may fill more than one block. */
  constructor(scheduler: Scheduler, query: Runnable, several: boolean) {
    this.#scheduler = scheduler;
    this.#query = query;
    this.#blocks_limit = several ? limits.task_blocks_max : 1;
  }

  /**
   * Holds room for a task, as many blocks as there is memory for now; null when there is none for one. A split ahead of its turn
   * leaves room for the one whose turn it is.
   */
  hold(isAhead: boolean): OutputRoom | null {
    const output_bytes_max = this.#output_bytes_max;
    for (let blocks_max = this.#blocks_max; blocks_max >= 1; blocks_max = Math.floor(blocks_max / 2)) {
      const reserved_bytes = blocks_max * output_bytes_max;
      if (this.#scheduler.hold(this.#query, reserved_bytes, isAhead ? output_bytes_max : 0)) {
        return { output_bytes_max, blocks_max, reserved_bytes };
      }
    }
    return null;
  }

  /** Asks for more after a task that filled most of what it had. */
  grow({ splits }: TaskResult, { output_bytes_max, blocks_max }: OutputRoom): void {
    const bytes = splits.reduce((sum, split) => sum + split.bytes.length, 0);
    if (2 * bytes <= output_bytes_max * blocks_max) return;
    if (this.#output_bytes_max < limits.task_output_bytes_max)
      this.#output_bytes_max = Math.min(2 * this.#output_bytes_max, limits.task_output_bytes_max);
    else this.#blocks_max = Math.min(2 * this.#blocks_max, this.#blocks_limit);
  }
}
