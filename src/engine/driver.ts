/**
 * One query under way: which of its tasks may run, what their results mean together, and in which order they leave.
 * Splits run ahead of each other within a small window; results leave in split order, whatever order they come in.
 */
import { assert } from '../base/assert.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { initialPartials, merge, type Partial } from './aggregate.ts';
import { type OutputBlock, TailJoiner } from './deliver.ts';
import type { DriverOptions } from './driver-options.ts';
import type { SplitFeed } from './feed.ts';
import { finalRow } from './final-row.ts';
import { acceptResult, type HeldResult, heldResults, heldRows, type OpenSplit, restart } from './open-split.ts';
import { OutputDemand, type OutputRoom } from './output-demand.ts';
import { OutputMemory } from './output-memory.ts';
import { emptyStats, type QueryStats } from './query-stats.ts';
import type { Runnable, Scheduler } from './scheduler.ts';
import { SplitWindow } from './split-window.ts';
import type { Resume, SplitTask, TaskResult } from './task.ts';

let queries_made = 0;

/** Opened while a thread waits: enough for its task to go on with. */
const SHARED_MIN = 4;

/** Of a task whose output is not counted. */
const NO_ROOM: OutputRoom = { output_bytes_max: limits.task_output_bytes_first, blocks_max: 1, reserved_bytes: 0 };

export class QueryDriver implements Runnable {
  readonly #id = ++queries_made;
  scheduled = false;
  held_bytes = 0;
  readonly stats: QueryStats = emptyStats();
  readonly #scheduler: Scheduler;
  readonly #options: DriverOptions;
  readonly #aggregates: boolean;
  /** Output rows at most; null without LIMIT, and for aggregates, whose only row is counted at the end. */
  readonly #limit: number | null;
  readonly #joiner: TailJoiner;
  readonly #demand: OutputDemand;
  readonly #cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #window: SplitWindow;
  readonly #running = new Map<SplitTask, { readonly open: OpenSplit; readonly room: OutputRoom }>();
  /** Tasks take splits by themselves. Else each is given the one it works on: LIMIT must not read ahead. */
  readonly #shares: boolean;
  #feed: SplitFeed | null = null;
  #feedEnded = false;
  /** Splits opened at once; LIMIT starts with one and doubles it with every split that was not enough. */
  #window_max: number;
  readonly #partials: readonly Partial[];
  /** Since when the client has had output and not come back for more. */
  stalledSince_ms: number | null = null;
  /** It holds some of the shared budget meanwhile. */
  #sending = false;
  /** Bytes of the shared budget that this output holds. */
  #sending_bytes = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;
  #drained: (() => void) | null = null;

  constructor(scheduler: Scheduler, options: DriverOptions) {
    const { plan } = options.planned;
    this.#scheduler = scheduler;
    this.#options = options;
    this.#aggregates = plan.projection.kind === 'aggregation';
    this.#limit = this.#aggregates ? null : plan.limit;
    this.#partials = plan.projection.kind === 'aggregation' ? initialPartials(plan.projection.aggregates) : [];
    this.#joiner = new TailJoiner(options.sink);
    // Without threads there is nothing to wait for; with LIMIT, the first block may be enough.
    this.#demand = new OutputDemand(scheduler, this, scheduler.pool.workers > 0 && this.#limit === null);
    this.#shares = options.queues && this.#limit === null && options.starts !== 'chained';
    this.#window = new SplitWindow(options.starts, this.#shares, scheduler.pool.workers === 0);
    this.#window_max = this.#shares ? limits.splits_open_max : this.#limit === null ? scheduler.pool.workers + 2 : 1;
  }

  /** Blocks in order. Throws what ended the query early. `feed`: null when nothing is to be read. */
  async *run(feed: SplitFeed | null): AsyncGenerator<OutputBlock, void, undefined> {
    this.#feed = feed;
    this.#feedEnded = feed === null;
    this.#scheduler.ready(this);
    for (;;) {
      const block = this.#take();
      if (block !== null) {
        this.stalledSince_ms = performance.now();
        yield block;
        this.stalledSince_ms = null;
        block.memory?.release();
      }
      this.#sent();
      if (block !== null) continue;
      if (this.#ended) return;
      await this.#change();
    }
  }

  /** Ends the query with an error at once, whatever its results are. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#joiner.clear();
    this.#stop();
    this.#wake?.();
  }

  /** Bytes that are no records, read to describe the object. */
  scannedBefore(bytes: number): void {
    this.stats.scanned_bytes = bytes;
    this.stats.processed_bytes = bytes;
  }

  /** Aggregates that are known without reading rows. */
  known(partials: readonly Partial[]): void {
    for (const [index, partial] of partials.entries()) merge(this.#partials[index]!, partial);
  }

  /** Ends the query quietly. */
  cancel(): void {
    this.#joiner.clear();
    this.#stop();
    this.#wake?.();
  }

  /** The feed has more to say. */
  feedReady(): void {
    this.#scheduler.ready(this);
    this.#wake?.();
  }

  /** Stops everything; resolves when no task of the query runs and nothing of its object is read. */
  async close(): Promise<void> {
    this.#stop();
    this.#sent();
    if (this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    if (this.#feed !== null) await this.#feed.close();
  }

  // What the scheduler asks

  next(): SplitTask | null {
    if (this.#ended || this.#feed === null) return null;
    if ((this.#options.parks || this.#shares) && this.#running.size >= Math.max(1, this.#scheduler.pool.workers)) {
      // Now that all threads work, none of them waits for it.
      if (this.#shares) this.#openMore(limits.splits_open_max);
      return null;
    }
    let wanted = this.#limit === null ? null : this.#limit - this.stats.rows;
    for (const open of this.#window) {
      // Rows of a split that may have to run again do not count.
      if (wanted !== null && open.startState !== 'unknown') wanted -= heldRows(open);
      if (wanted !== null && wanted <= 0) return null;
      if (open.phase === 'ready') return this.#mayStart(open) ? this.#task(open, wanted) : null;
      if (open.error !== null) return null;
    }
    if (this.#shares) this.#openMore(SHARED_MIN);
    const open = this.#shares ? this.#window.take() : this.#open();
    this.#checkStarts();
    return open === null || !this.#mayStart(open) ? null : this.#task(open, wanted);
  }

  #openMore(count: number): void {
    for (let opened = 0; opened < count && this.#open() !== null; opened++);
  }

  settled(task: SplitTask, outcome: TaskResult | SelectError): void {
    const running = this.#running.get(task);
    assert(running !== undefined, 'a task settles once');
    this.#running.delete(task);
    const { open, room } = running;
    if (this.#ended) {
      this.#scheduler.release(this, room.reserved_bytes);
      if (!(outcome instanceof SelectError)) for (const memory of OutputMemory.of(outcome, this.#scheduler.pool)) memory?.dropAll();
      if (this.#running.size === 0) this.#drained?.();
      return;
    }
    if (outcome instanceof SelectError) {
      // What else the task took comes later, and is not missed.
      open.phase = 'done';
      open.stale = false;
      open.error = outcome;
      this.#scheduler.release(this, room.reserved_bytes);
    } else {
      this.#accept(open, task, outcome, room);
    }
    this.#checkStarts();
    this.#scheduler.ready(this);
    this.#wake?.();
  }

  #open(): OpenSplit | null {
    if (this.#feedEnded || this.#feed === null || this.#window.length >= this.#window_max) return null;
    const work = this.#feed.next();
    if (work === 'end') {
      this.#feedEnded = true;
      this.#wake?.();
    }
    if (work === 'end' || work === 'wait') return null;
    const open = this.#window.add(work);
    this.#checkStarts();
    return open;
  }

  #mayStart({ startState }: OpenSplit): boolean {
    return this.#options.starts !== 'chained' || startState !== 'unknown';
  }

  /** The task that carries `open` on, or null when there is no memory for its output now. */
  #task(open: OpenSplit, limit: number | null): SplitTask | null {
    const { planned, sink, utcnow_ms, reuses } = this.#options;
    const first = open === this.#window.first;
    let room = this.#aggregates ? NO_ROOM : this.#demand.hold(!first);
    if (room === null) {
      // The one whose turn it is always gets on, once what it produced before has been sent.
      if (!first || open.held.length > 0 || this.#sending) return null;
      room = { ...NO_ROOM, output_bytes_max: this.#scheduler.guaranteed_bytes };
    }
    const task: SplitTask = {
      planId: planned.planId,
      queryId: this.#id,
      program: planned.program,
      source: open.work.source,
      split: open.queued ?? open.work.split,
      startState: open.startState,
      resume: open.resume,
      ...this.#window.more,
      limit,
      output_bytes_max: room.output_bytes_max,
      blocks_max: room.blocks_max,
      time_ms: limits.task_time_ms,
      cancel: this.#cancel,
      sink,
      utcnow_ms,
      reuses,
    };
    open.phase = 'running';
    this.#running.set(task, { open, room });
    return task;
  }

  #accept(own: OpenSplit, task: SplitTask, result: TaskResult, room: OutputRoom): void {
    this.#demand.grow(result, room);
    const results = heldResults(result, task, room, OutputMemory.of(result, this.#scheduler.pool));
    // The reservation was for the most; what is kept is what came. A guaranteed result was never reserved.
    const kept_bytes = results.reduce((sum, { held_bytes }) => sum + held_bytes, 0);
    this.#scheduler.release(this, room.reserved_bytes - kept_bytes);
    const { record_bytes_max } = this.#options;
    for (const [at, held] of results.entries()) {
      const { index, rows } = held.result;
      const isOwn = index === task.split.index;
      const open = isOwn ? own : this.#window.find(index);
      assert(open !== undefined, 'a task takes splits of its query');
      const limit = isOwn ? task.limit : null;
      assert(limit === null || rows <= limit, 'a task keeps to its limit');
      const goesOn = results[at + 1]?.result.index === index;
      this.#scheduler.release(this, acceptResult(open, held, { limit, goesOn, record_bytes_max }));
    }
  }

  #checkStarts(): void {
    this.#window.checkStarts((open) => this.#rerun(open, null));
  }

  /** Runs `open` again from `resume`, dropping what it produced since. */
  #rerun(open: OpenSplit, resume: Resume | null): void {
    this.#scheduler.release(this, restart(open, resume));
    this.#scheduler.ready(this);
  }

  // What the client asks

  /** The next block, or null when there is none now. */
  #take(): OutputBlock | null {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      const block = this.#joiner.shift();
      if (block !== null || this.#ended) return block;
      const open = this.#window.first;
      if (open === undefined) {
        if (this.#feedEnded) this.#finish();
        else if (this.#open() === null && !this.#feedEnded) return this.#flushDue();
        continue;
      }
      const held = open.held.shift();
      if (held !== undefined) this.#deliver(open, held);
      else if (open.phase !== 'done') return this.#flushDue();
      else this.#leave(open);
    }
  }

  /** What waits for more is not kept for longer than a quarter of a second. */
  #flushDue(): OutputBlock | null {
    const wait_ms = this.#joiner.wait_ms();
    if (wait_ms !== null && wait_ms <= 0) this.#joiner.flush();
    return this.#joiner.shift();
  }

  #deliver(open: OpenSplit, held: HeldResult): void {
    const { result } = held;
    if (this.#limit !== null && this.stats.rows + result.rows > this.#limit) {
      open.held.unshift(held);
      this.#rerun(open, held.resume);
      return;
    }
    this.#sending = true;
    this.#sending_bytes += held.held_bytes;
    this.stats.rows += result.rows;
    this.stats.returned_bytes += result.payload_bytes + result.bytes.length - result.sealed_bytes;
    if (open.work.compressed_bytes === null) {
      this.stats.scanned_bytes += result.scanned_bytes;
      this.stats.processed_bytes += result.processed_bytes;
    }
    this.#joiner.accept(result.bytes, result.sealed_bytes, held.memory);
    if (this.#limit !== null && this.stats.rows === this.#limit) this.#end();
  }

  /** The first split of the window is delivered to its end. */
  #leave(open: OpenSplit): void {
    if (open.error !== null) {
      this.#failAtItsTurn(open.error);
      return;
    }
    for (const [index, partial] of this.#partials.entries()) merge(partial, open.partials![index]!);
    const { source } = open.work;
    if (open.work.compressed_bytes !== null && source.kind === 'pushed') {
      this.stats.scanned_bytes = open.work.compressed_bytes;
      this.stats.processed_bytes = source.offset + open.consumed_bytes;
    }
    this.#window.shift();
    if (!this.#shares) this.#window_max = Math.min(2 * this.#window_max, this.#scheduler.pool.workers + 2);
    this.#feed?.done(open.work, open.consumed_bytes);
    this.#scheduler.ready(this);
  }

  #finish(): void {
    if (this.#feed !== null && this.#feed.error !== null) {
      this.#failAtItsTurn(this.#feed.error);
      return;
    }
    const { planned, output } = this.#options;
    const { projection, limit } = planned.plan;
    if (projection.kind === 'aggregation' && limit !== 0) {
      const row = finalRow(projection, this.#partials, output, this.#options);
      this.stats.rows += 1;
      this.stats.returned_bytes += row.length;
      this.#joiner.accept(row, 0, null);
    }
    this.#end();
  }

  /** Rows before the error are sent first. */
  #failAtItsTurn(error: unknown): void {
    this.#joiner.flush();
    if (this.#joiner.empty) throw error;
  }

  #end(): void {
    this.#joiner.flush();
    this.#stop();
  }

  /** The client has taken all blocks it was given. */
  #sent(): void {
    if (!this.#sending) return;
    const bytes = this.#sending_bytes;
    this.#sending = false;
    this.#sending_bytes = 0;
    this.#scheduler.release(this, bytes);
    if (!this.#ended) this.#scheduler.ready(this);
  }

  #change(): Promise<void> {
    const wait_ms = this.#joiner.wait_ms();
    return new Promise((resolve) => {
      const timer = wait_ms === null ? null : setTimeout(resolve, wait_ms);
      this.#wake = () => {
        this.#wake = null;
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Nothing runs from here on but the tasks under way, which are told to end early. */
  #stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#running.size > 0) Atomics.store(new Int32Array(this.#cancel), 0, 1);
    this.#scheduler.forget(this);
    this.#scheduler.release(this, this.#window.clear());
  }
}
