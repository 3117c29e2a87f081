/**
 * The worker threads, and the only place that knows Piscina. A pool runs one task a thread and knows nothing of queries,
 * order or fairness: that is the scheduler's. With `workers: 0` the tasks run in this thread, one an event loop turn.
 */
import { EventEmitter } from 'node:events';
import { move, Piscina, transferableSymbol, valueSymbol } from 'piscina';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { loadModule } from '../kernels/load.ts';
import { type DescribeResult, type DescribeTask, describe } from './describe.ts';
import { runSplit } from './run-split.ts';
import type { SplitTask, TaskResult } from './task.ts';

/** Runs tasks. Both kinds reject with `InternalError` only, whatever happened to the thread; `cause` says what did. */
export interface Pool {
  /** Threads; 0 when tasks run in this one. */
  readonly workers: number;
  runSplit(task: SplitTask): Promise<TaskResult>;
  describe(task: DescribeTask): Promise<DescribeResult>;
  /** Ends the threads; tasks under way reject. */
  destroy(): Promise<void>;
}

/** Threads do not keep the process alive, but for the time a task runs. */
export function createPool({ workers }: { readonly workers: number }): Pool {
  return workers === 0 ? inProcessPool() : threadPool(workers);
}

/** What a worker returns to have `bytes` moved instead of copied. */
export function transferred(result: TaskResult): unknown {
  if (result.bytes.byteLength === 0) return result;
  return move({ [transferableSymbol]: result.bytes.buffer, [valueSymbol]: result });
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
  return {
    workers: 0,
    runSplit: (task) => turn(runSplit, task),
    describe: (task) => turn(describe, task),
    destroy: () => Promise.resolve(),
  };
}

/** A task on a thread: the emitter is what Piscina watches for `abort`, which kills the thread. */
interface RunningTask {
  readonly kill: EventEmitter;
  readonly stuck_at: number;
}

function threadPool(workers: number): Pool {
  const piscina = new Piscina({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
    // A warm thread is worth more than its memory: none ever idles out.
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
    trackUnmanagedFds: false,
    workerData: { module: loadModule() },
    resourceLimits: { maxOldGenerationSizeMb: limits.worker_heap_mib_max },
  });
  // An idle thread that dies takes no task with it, and is replaced.
  piscina.on('error', () => {});
  const running = new Set<RunningTask>();
  const watchdog = setInterval(() => killStuck(running), limits.task_stuck_ms / 10).unref();

  const run = async (name: 'runSplit' | 'describe', task: unknown): Promise<unknown> => {
    const entry = { kill: new EventEmitter(), stuck_at: Date.now() + limits.task_stuck_ms };
    running.add(entry);
    try {
      return await piscina.run(task, { name, signal: entry.kill });
    } catch (cause) {
      throw new SelectError('InternalError', {}, { cause });
    } finally {
      running.delete(entry);
    }
  };
  return {
    workers,
    runSplit: (task) => run('runSplit', task) as Promise<TaskResult>,
    describe: (task) => run('describe', task) as Promise<DescribeResult>,
    destroy: () => {
      clearInterval(watchdog);
      return piscina.destroy();
    },
  };
}

function killStuck(running: ReadonlySet<RunningTask>): void {
  const now = Date.now();
  for (const { kill, stuck_at } of running) if (now > stuck_at) kill.emit('abort');
}
