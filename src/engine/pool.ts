/**
 * The worker threads, and the only place that knows Piscina. A pool runs one task a thread and knows nothing of queries,
 * order or fairness: that is the scheduler's. With `workers: 0` the tasks run in this thread, one an event loop turn.
 */
import { EventEmitter } from 'node:events';
import { move, Piscina, type PiscinaTask, queueOptionsSymbol, transferableSymbol, valueSymbol } from 'piscina';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { threadOptions } from '../base/thread-options.ts';
import { type BlockTask, type Decoding, decodeBlock, type ResultOf } from '../formats/codecs/block.ts';
import { decodeStream } from '../formats/codecs/stream.ts';
import type { StreamResult } from '../formats/codecs/stream-task.ts';
import { loadModules } from '../kernels/load.ts';
import { type DescribeResult, type DescribeTask, describe } from './describe.ts';
import { runSplit } from './run-split.ts';
import type { PushedSource, SplitTask, TaskResult } from './task.ts';

type PiscinaWorker = Parameters<PiscinaLoadBalancer>[1][number];
type PiscinaLoadBalancer = NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>['loadBalancer']>;

/** Runs tasks. All kinds reject with `InternalError` only, whatever happened to the thread; `cause` says what did. */
export interface Pool {
  /** Threads; 0 when tasks run in this one. */
  readonly workers: number;
  runSplit(task: SplitTask): Promise<TaskResult>;
  /** Takes back memory of output, for that of tasks to come. */
  reuse(memory: SharedArrayBuffer): void;
  describe(task: DescribeTask): Promise<DescribeResult>;
  readonly decoding: Decoding;
  /** Ends the threads; tasks under way reject. */
  destroy(): Promise<void>;
}

/** Threads do not keep the process alive, but for the time a task runs. */
export function createPool({ workers }: { readonly workers: number }): Pool {
  return workers === 0 ? inProcessPool() : threadPool(workers);
}

/** A task whose bytes move to the thread that runs it, and back with its result. */
export type PieceTask = SplitTask & { readonly source: PushedSource };

export interface PieceResult {
  readonly result: TaskResult;
  readonly parts: readonly Uint8Array[];
}

/** What a worker returns to have `parts` of its result moved instead of copied. */
export function movedWith(parts: readonly Uint8Array[], result: unknown): unknown {
  const buffers = buffersOf(parts);
  return buffers.length === 0 ? result : move({ [transferableSymbol]: buffers, [valueSymbol]: result as object });
}

function buffersOf(parts: readonly Uint8Array[]): ArrayBuffer[] {
  const buffers = parts.flatMap(({ buffer, length }) => (length > 0 && buffer instanceof ArrayBuffer ? [buffer] : []));
  return [...new Set(buffers)];
}

function inProcessPool(): Pool {
  const turn = <Task, Result>(run: (task: Task) => Result, task: Task): Promise<Result> =>
    new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(run(task));
        } catch (cause) {
          reject(new SelectError('InternalError', {}, { cause }));
        }
      });
    });
  const spares = new Spares(SPARES_IN_PROCESS);
  return {
    workers: 0,
    runSplit: (task) => turn(runSplit, { ...task, spares: spares.take(task) }),
    reuse: (memory) => spares.give(memory),
    describe: (task) => turn(describe, task),
    decoding: {
      ahead: 1,
      block: <Task extends BlockTask>(task: Task) => turn(decodeBlock, task) as Promise<ResultOf<Task>>,
      stream: async (task) => await turn(decodeStream, task),
    },
    destroy: () => Promise.resolve(),
  };
}

/** A task on a thread: the emitter is what Piscina watches for `abort`, which kills the thread. */
interface RunningTask {
  readonly kill: EventEmitter;
  readonly stuck_at: number;
}

function threadPool(workers: number): Pool {
  const piscina = threads(new URL('./worker-entry.cjs', import.meta.url), workers, { modules: loadModules() });
  // Streams of codecs whose state cannot travel stay on one thread, made for the first of them.
  let streams: Piscina | undefined;
  const running = new Set<RunningTask>();
  const watchdog = setInterval(() => killStuck(running), limits.task_stuck_ms / 10).unref();

  const run = async (name: string, task: unknown, on = piscina, transferList: ArrayBuffer[] = []): Promise<unknown> => {
    const entry = { kill: new EventEmitter(), stuck_at: Date.now() + limits.task_stuck_ms };
    running.add(entry);
    try {
      return await on.run(task, { name, signal: entry.kill, transferList });
    } catch (cause) {
      throw new SelectError('InternalError', {}, { cause });
    } finally {
      running.delete(entry);
    }
  };
  const spares = new Spares(Math.max(2 * (workers + 1), Math.floor(limits.results_in_flight_bytes_max / limits.output_memory_bytes)));
  // Blocks share the threads with splits: half of what waits for a thread is theirs at most.
  const turns = new Turns(workers);
  return {
    workers,
    runSplit: async (task) => {
      const { source } = task;
      const taken = spares.take(task);
      if (source.kind !== 'pushed') {
        const onThread = { [queueOptionsSymbol]: { thread: task.resume?.thread } };
        return spares.came((await run('runSplit', { ...task, spares: taken, ...onThread })) as TaskResult, taken);
      }
      const { result, parts } = (await run('runPiece', { ...task, spares: taken }, piscina, buffersOf(source.parts))) as PieceResult;
      source.parts = parts;
      return spares.came(result, taken);
    },
    reuse: (memory) => spares.give(memory),
    describe: (task) => run('describe', task) as Promise<DescribeResult>,
    decoding: {
      ahead: Math.min(workers + 1, limits.codec_ahead_max),
      block: <Task extends BlockTask>(task: Task) =>
        turns.take(() => run('decodeBlock', task, piscina, [task.bytes.buffer as ArrayBuffer])) as Promise<ResultOf<Task>>,
      stream: (task) => {
        streams ??= threads(new URL('./decode-worker-entry.cjs', import.meta.url), 1, null);
        return run('decodeStream', task, streams, task.bytes === null ? [] : [task.bytes.buffer as ArrayBuffer]) as Promise<StreamResult>;
      },
    },
    destroy: async () => {
      clearInterval(watchdog);
      await Promise.all([piscina.destroy(), streams?.destroy()]);
    },
  };
}

function threads(entry: URL, count: number, workerData: unknown): Piscina {
  const piscina = new Piscina({
    filename: entry.href,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: 1,
    loadBalancer: idleThread,
    // A warm thread is worth more than its memory: none ever idles out.
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
    trackUnmanagedFds: false,
    ...threadOptions(),
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: limits.worker_heap_mib_max },
  });
  // An idle thread that dies takes no task with it, and is replaced.
  piscina.on('error', () => {});
  return piscina;
}

/** The thread that keeps the task's scan open where it is idle, else any that is. */
function idleThread(task: PiscinaTask, threads: PiscinaWorker[]): PiscinaWorker | null {
  const { thread } = (task[queueOptionsSymbol] ?? {}) as { readonly thread?: number | null };
  const idle = threads.filter(({ currentUsage }) => currentUsage === 0);
  return idle.find(({ id }) => id === thread) ?? idle[0] ?? null;
}

/** Of an engine without threads: one is sent while another is filled. */
const SPARES_IN_PROCESS = 2;

/**
 * Memory for output, which goes round between the threads. It is shared and not moved: memory that comes to a thread counts there as
 * newly made, and is answered with a collection of garbage every few dozen times. What was made is kept: dropped shared memory is
 * collected late. Output for which there is none has memory of its own.
 */
class Spares {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #made_max: number;
  /** Made and not yet collected. What gets lost (a client hangs up, a thread dies) is found by the collector some time. */
  #made = 0;
  readonly #lost = new FinalizationRegistry(() => this.#made--);

  constructor(made_max: number) {
    this.#made_max = made_max;
  }

  give(memory: SharedArrayBuffer): void {
    this.#free.push(memory);
  }

  /** For each block of a task, as far as there is; for a query that has shown that it fills its output: others would keep memory they do not need. */
  take({ reuses, output_bytes_max, blocks_max }: SplitTask): SharedArrayBuffer[] {
    const taken: SharedArrayBuffer[] = [];
    if (!reuses || output_bytes_max <= limits.task_output_bytes_first) return taken;
    while (taken.length < blocks_max) {
      const spare = this.#free.pop() ?? this.#make();
      if (spare === null) break;
      taken.push(spare);
    }
    return taken;
  }

  /**
   * Takes back of `taken` what a task has not used. The rest is put into its result in place of what came from the thread, which is
   * the same memory as another object.
   */
  came(result: TaskResult, taken: readonly SharedArrayBuffer[]): TaskResult {
    const unused = new Set(taken);
    for (const split of result.splits) {
      const { buffer, byteOffset, length } = split.bytes;
      if (!(buffer instanceof SharedArrayBuffer)) continue;
      const memory = taken[split.block]!;
      unused.delete(memory);
      split.bytes = new Uint8Array(memory, byteOffset, length);
    }
    for (const memory of unused) this.give(memory);
    return result;
  }

  #make(): SharedArrayBuffer | null {
    if (this.#made >= this.#made_max) return null;
    const memory = new SharedArrayBuffer(limits.output_memory_bytes);
    this.#made++;
    this.#lost.register(memory, undefined);
    return memory;
  }
}

/** Runs so much at a time, in the order asked. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

function killStuck(running: ReadonlySet<RunningTask>): void {
  const now = Date.now();
  for (const { kill, stuck_at } of running) if (now > stuck_at) kill.emit('abort');
}
