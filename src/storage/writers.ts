/** The threads that write uploads: few, of the whole process, made when they are needed. */
import { Worker } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { threadOptions } from '../base/thread-options.ts';
import type { Job, JobResults } from './writer-job.ts';
import type { Reply, ThrownValue } from './writer-thread.ts';

/** A thread that does one job after the other. */
export interface WriterThread {
  /**
   * `moved`: memory that is given away with the job.
   * Raises what the job raises, and an error of none of its kinds where the thread has ended.
   */
  run<J extends Job>(job: J, moved?: readonly ArrayBuffer[]): Promise<JobResults[J['kind']]>;
}

/** The thread for one job. Those made first are preferred, whose code and memory are warm: others are for disks that keep one waiting. */
export function writerThread(): WriterThread {
  for (const thread of threads) if (thread.load < jobsInARow) return thread;
  return leastOf(({ load }) => load, jobsInARow);
}

/** The thread for all jobs of an upload; `release` once it is over. */
export function writerThreadForUpload(): { readonly thread: WriterThread; release(): void } {
  const thread = leastOf(({ uploads }) => uploads, 1);
  thread.uploads++;
  return {
    thread,
    release: () => {
      thread.uploads--;
    },
  };
}

/** Jobs that may wait for one thread before there is another. */
const jobsInARow = 2;

/** The thread with the least of something; a new one, where all have as much as `enough` and there may be more. */
function leastOf(measure: (thread: Thread) => number, enough: number): Thread {
  let [least] = threads;
  for (const thread of threads) if (least === undefined || measure(thread) < measure(least)) least = thread;
  if (least !== undefined && (measure(least) < enough || threads.size >= limits.writer_threads_max)) return least;
  const thread = new Thread();
  threads.add(thread);
  return thread;
}

const threads = new Set<Thread>();

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

class Thread implements WriterThread {
  readonly #worker = new Worker(new URL('./writer-thread.js', import.meta.url), threadOptions());
  readonly #waiting = new Map<number, Waiting>();
  #ended: Error | undefined;
  #next = 0;
  /** Uploads whose jobs are all for this thread. */
  uploads = 0;

  constructor() {
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`a writer thread has ended (${code})`)));
    // Only jobs keep the process alive.
    this.#worker.unref();
  }

  get load(): number {
    return this.#waiting.size;
  }

  run<J extends Job>(job: J, moved: readonly ArrayBuffer[] = []): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      const id = this.#next++;
      this.#worker.postMessage({ id, job }, moved);
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('thrown' in reply) waiting?.reject(errorOf(reply.thrown));
    else waiting?.resolve(reply.result);
  }

  #end(error: Error): void {
    threads.delete(this);
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function errorOf(thrown: ThrownValue): Error {
  if ('catalogued' in thrown) return SelectError.fromValue(thrown.catalogued);
  const { message, ...rest } = thrown;
  return Object.assign(new Error(message), rest);
}
