/**
 * Which query runs next: one fair scheduler for the whole server. Queries take turns task by task (a task is about 25 ms),
 * at most `workers + 1` tasks are with the pool, and bytes of results that nobody has taken yet are counted, so that
 * a slow client holds memory up to its share and no thread.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from './pool.ts';
import type { SplitTask, TaskResult } from './task.ts';

/** A query, as the scheduler sees it. */
export interface Runnable {
  /** Whether it waits for its turn; the scheduler's own mark. */
  scheduled: boolean;
  /** Bytes it holds of the shared budget; the scheduler's own account. */
  held_bytes: number;
  /** The next task, or null when none may run now: the query says `ready` again when that changes. */
  next(): SplitTask | null;
  /** The task of an earlier `next` has ended. */
  settled(task: SplitTask, outcome: TaskResult | SelectError): void;
  /** A bug of ours broke one of the above; the query ends with it, and the others go on. */
  fail(error: unknown): void;
}

export interface SchedulerLimits {
  readonly queries_active_max: number;
  readonly queries_queued_max: number;
  readonly query_stall_ms: number;
}

interface Waiting {
  admit(): void;
}

/** A query in its place, as those see it who wait for one. */
export interface Occupant {
  /** Since when its client has not come back for more output, as by `performance.now()`; null while it is not the client's turn. */
  readonly stalledSince_ms: number | null;
  /** Ends the query, and with it its stay. */
  evict(): void;
}

export class Scheduler {
  readonly pool: Pool;
  /**
   * Output every query may always ask of one task, whoever holds the rest: what makes waiting for bytes free of deadlock.
   * A third of the memory for results is set aside for it.
   */
  readonly guaranteed_bytes: number;
  readonly #queries_active_max: number;
  readonly #queries_queued_max: number;
  readonly #query_stall_ms: number;
  readonly #tasks_max: number;
  readonly #held_per_query_bytes_max: number;
  #free_bytes: number;
  #active = 0;
  readonly #waiting = new Set<Waiting>();
  readonly #occupants = new Set<Occupant>();
  #evictions: NodeJS.Timeout | null = null;
  #turns: Runnable[] = [];
  readonly #starved = new Set<Runnable>();
  #submitted = 0;
  #pumping = false;

  constructor(pool: Pool, { queries_active_max, queries_queued_max, query_stall_ms }: SchedulerLimits) {
    this.pool = pool;
    this.#queries_active_max = queries_active_max;
    this.#queries_queued_max = queries_queued_max;
    this.#query_stall_ms = query_stall_ms;
    this.#tasks_max = pool.workers + 1;
    const aside_bytes = limits.results_in_flight_bytes_max / 3;
    this.guaranteed_bytes = Math.floor(aside_bytes / queries_active_max);
    // A server with many workers needs room for what they all produce, and a query alone in it for keeping them busy.
    const busy_bytes = 2 * this.#tasks_max * limits.task_output_bytes_max;
    this.#free_bytes = Math.max(limits.results_in_flight_bytes_max - aside_bytes, 2 * busy_bytes);
    this.#held_per_query_bytes_max = Math.max(limits.results_per_query_bytes_max, busy_bytes);
  }

  /** Queries that run and that wait for a place, and tasks with the pool. */
  get load(): { readonly active: number; readonly queued: number; readonly tasks: number } {
    return { active: this.#active, queued: this.#waiting.size, tasks: this.#submitted };
  }

  /**
   * Lets a query in: at once (null), or when it is its turn. Every admitted query must `leave`. Raises `SlowDown` when the
   * queue is full too, and the signal's reason when it is aborted while waiting.
   */
  admit(signal?: AbortSignal): Promise<void> | null {
    signal?.throwIfAborted();
    if (this.#active < this.#queries_active_max) {
      this.#active++;
      return null;
    }
    if (this.#waiting.size >= this.#queries_queued_max) throw new SelectError('SlowDown');
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(waiting);
        reject(signal?.reason);
      };
      const waiting = {
        admit: (): void => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiting);
      this.#evictions ??= setInterval(() => this.#evictStalled(), this.#query_stall_ms / 16).unref();
    });
  }

  /** Says who an admitted query is, so that its place can be had back while its client does not take what it asked for. */
  occupy(occupant: Occupant): void {
    this.#occupants.add(occupant);
  }

  /** Ends an admission; the place goes to the query that waits longest. */
  leave(occupant?: Occupant): void {
    if (occupant !== undefined) this.#occupants.delete(occupant);
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#active--;
      return;
    }
    this.#waiting.delete(first);
    first.admit();
  }

  /** Clients that stand still keep their places only for as long as nobody waits for one. */
  #evictStalled(): void {
    const began_ms = performance.now() - this.#query_stall_ms;
    const stalled = [...this.#occupants].filter(({ stalledSince_ms }) => stalledSince_ms !== null && stalledSince_ms <= began_ms);
    stalled.sort((a, b) => (a.stalledSince_ms ?? 0) - (b.stalledSince_ms ?? 0));
    for (const occupant of stalled.slice(0, this.#waiting.size)) occupant.evict();
    if (this.#waiting.size > 0 || this.#evictions === null) return;
    clearInterval(this.#evictions);
    this.#evictions = null;
  }

  /** Gives `query` a place in the round. */
  ready(query: Runnable): void {
    if (!query.scheduled) {
      query.scheduled = true;
      this.#turns.push(query);
    }
    this.#pump();
  }

  /**
   * Takes bytes of the shared budget for a result, with `spare_bytes` of the query's own share left over; false when there are
   * none now: the query is then told by another `next`. No query may hold more than twice of what is left for the others, so any
   * number of slow clients leaves room for one more (dynamic thresholds, as switches share their buffers).
   */
  hold(query: Runnable, bytes: number, spare_bytes: number): boolean {
    const held_bytes = query.held_bytes + bytes;
    if (held_bytes + spare_bytes <= this.#held_per_query_bytes_max && held_bytes <= 2 * (this.#free_bytes - bytes)) {
      query.held_bytes = held_bytes;
      this.#free_bytes -= bytes;
      return true;
    }
    this.#starved.add(query);
    return false;
  }

  /** Gives bytes back. */
  release(query: Runnable, bytes: number): void {
    if (bytes === 0) return;
    query.held_bytes -= bytes;
    this.#free_bytes += bytes;
    if (this.#starved.size === 0) return;
    const starved = [...this.#starved];
    this.#starved.clear();
    for (const waiting of starved) this.ready(waiting);
  }

  /** The query asks for nothing more. */
  forget(query: Runnable): void {
    this.#starved.delete(query);
    if (!query.scheduled) return;
    query.scheduled = false;
    this.#turns = this.#turns.filter((other) => other !== query);
  }

  #pump(): void {
    // A query may become ready while it is asked for its next task.
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#submitted < this.#tasks_max) {
      const query = this.#turns.shift();
      if (query === undefined) break;
      query.scheduled = false;
      const task = nextOf(query);
      if (task === null) continue;
      if (!query.scheduled) {
        query.scheduled = true;
        this.#turns.push(query);
      }
      this.#submit(query, task);
    }
    this.#pumping = false;
  }

  #submit(query: Runnable, task: SplitTask): void {
    this.#submitted++;
    const settled = (outcome: TaskResult | SelectError): void => {
      this.#submitted--;
      try {
        query.settled(task, outcome);
      } catch (error) {
        query.fail(error);
      }
      this.#pump();
    };
    this.pool.runSplit(task).then(settled, settled);
  }
}

function nextOf(query: Runnable): SplitTask | null {
  try {
    return query.next();
  } catch (error) {
    query.fail(error);
    return null;
  }
}
