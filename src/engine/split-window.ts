/**
 * The splits of a query that are opened and not yet delivered, in order: which state each begins in, and, where tasks share them,
 * which are still to be taken.
 */

import type { SplitWork } from './feed.ts';
import { drop, type OpenSplit, openSplit } from './open-split.ts';
import { SplitQueue } from './split-queue.ts';
import type { SplitTask, StartState } from './task.ts';

/**
 * How a task knows the state its split begins in: it is always the same (`known`), the task assumes one and may have to run
 * again (`guessed`), or the split before must end first (`chained`).
 */
export type Starts = 'known' | 'guessed' | 'chained';

export class SplitWindow {
  readonly #starts: Starts;
  readonly #queue: SplitQueue | null;
  readonly #splits: OpenSplit[] = [];
  #lastEnd: StartState = 'outside';

  /** `shares`: splits are queued, for any task to take; `isLocal`: tasks run in this thread. */
  constructor(starts: Starts, shares: boolean, isLocal: boolean) {
    this.#starts = starts;
    this.#queue = shares ? new SplitQueue(isLocal) : null;
  }

  get length(): number {
    return this.#splits.length;
  }

  get first(): OpenSplit | undefined {
    return this.#splits[0];
  }

  [Symbol.iterator](): Iterator<OpenSplit> {
    return this.#splits.values();
  }

  /** The one of that index. */
  find(index: number): OpenSplit | undefined {
    return this.#splits.find(({ work }) => work.split.index === index);
  }

  /** What a task is told of the splits it may take. */
  get more(): Pick<SplitTask, 'more' | 'moreStartState'> {
    return { more: this.#queue?.front ?? null, moreStartState: this.#starts === 'known' ? 'outside' : 'unknown' };
  }

  add(work: SplitWork): OpenSplit {
    const followsOn = this.#starts !== 'known' && (this.#splits.length > 0 || this.#queue !== null);
    const open = openSplit(work, followsOn ? 'unknown' : work.apart ? 'outside' : this.#lastEnd);
    this.#splits.push(open);
    if (this.#queue === null) return open;
    open.phase = 'queued';
    open.queued = this.#queue.push(work.split);
    return open;
  }

  /** The next queued split, which no task will take from now on; null when there is none. */
  take(): OpenSplit | null {
    const split = this.#queue?.take() ?? null;
    const open = split === null ? undefined : this.find(split.index);
    if (open === undefined) return null;
    open.phase = 'ready';
    return open;
  }

  /** The first one is delivered to its end. */
  shift(): void {
    this.#lastEnd = this.#splits.shift()!.endState;
  }

  /** Splits whose task assumed another start state than the split before ends in must run again from there. */
  checkStarts(rerun: (open: OpenSplit) => void): void {
    if (this.#starts === 'known') return;
    let start = this.#lastEnd;
    for (const open of this.#splits) {
      // A task that was told `unknown` has not said yet what it assumed.
      const guessing = (open.phase === 'running' || open.phase === 'queued') && open.assumed === null;
      if (open.startState === 'unknown' && !guessing) {
        open.startState = start;
        if (open.assumed !== null && open.assumed !== 'certain' && open.assumed !== start) rerun(open);
      }
      if (open.startState === 'unknown' || open.phase !== 'done' || open.error !== null) return;
      start = open.endState;
    }
  }

  /** Drops everything; answers what it held of the shared budget. */
  clear(): number {
    const held_bytes = this.#splits.reduce((sum, open) => sum + drop(open), 0);
    this.#splits.length = 0;
    return held_bytes;
  }
}
