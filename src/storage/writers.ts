/** The threads that write uploads: few, of the whole process, made when they are needed. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { keepFreedMemory } from '../base/free-memory.ts';
import { limits } from '../base/limits.ts';
import { threadOptions } from '../base/thread-options.ts';
import type { Job, JobResults } from './writer-job.ts';
import type { Order, Reply, ThrownValue } from './writer-thread.ts';

/** A thread that does one job after the other. */
export interface WriterThread {
  /** As `threadId` in it. */
  readonly id: number;
  readonly hasEnded: boolean;
  /**
   * `moved`: memory that is given away with the job.
   * Raises what the job raises, and an error of none of its kinds where the thread has ended.
   */
  run<J extends Job>(job: J, moved?: readonly ArrayBuffer[]): Promise<JobResults[J['kind']]>;
}

/**
 * The thread for one job. Those made first are preferred, whose code and memory are warm, and what waits there is made durable together;
 * but those that take in uploads are not kept from that by the disk.
 */
export function writerThread(): WriterThread {
  for (const thread of threads) if (thread.uploads === 0 && thread.load < limits.writer_jobs_together_max) return thread;
  return leastOf([...threads], ({ load, uploads }) => load + uploads, 0, limits.writer_threads_max);
}

/** The thread that takes in an upload. */
export interface UploadThread {
  readonly thread: WriterThread;
  /** It takes in no other whose digests could be formed with those of this one. */
  readonly isAlone: boolean;
  /** To be called once the upload is taken in. */
  release(): void;
}

/** `uploads`: those under way, with this one. */
export function writerThreadForUpload(uploads: number): UploadThread {
  // why: digests take a processor each. Where the main thread needs one too, those of one thread are formed together, in a fraction of the time.
  const areFew = uploads <= processors;
  const threads_max = Math.min(limits.writer_threads_max, areFew ? processors : Math.max(1, processors - 1));
  const thread = leastOf([...threads].slice(0, threads_max), (one) => one.uploads, 1, threads_max);
  const isAlone = areFew && thread.uploads === 0;
  thread.uploads++;
  return {
    thread,
    isAlone,
    release: () => {
      thread.uploads--;
    },
  };
}

const processors = availableParallelism();

/** The thread with the least of something; a new one, where all have as much as `enough` and there may be more. */
function leastOf(among: readonly Thread[], measure: (thread: Thread) => number, enough: number, threads_max: number): Thread {
  let [least] = among;
  for (const thread of among) if (least === undefined || measure(thread) < measure(least)) least = thread;
  if (least !== undefined && (measure(least) < enough || among.length >= threads_max)) return least;
  if (threads.size === 0) keepFreedMemory(limits.upload_memory_kept_bytes);
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
  // Files go from thread to thread, and are not for the one that opened them to close.
  readonly #worker = new Worker(new URL('./writer-thread.js', import.meta.url), { ...threadOptions(), trackUnmanagedFds: false });
  readonly id = this.#worker.threadId;
  readonly #waiting = new Map<number, Waiting>();
  #ended: Error | undefined;
  #next = 0;
  /** Uploads that this thread takes in. */
  uploads = 0;

  constructor() {
    this.#worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) this.#settle(reply);
    });
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`a writer thread has ended (${code})`)));
    // Only jobs keep the process alive.
    this.#worker.unref();
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  get load(): number {
    return this.#waiting.size;
  }

  run<J extends Job>(job: J, moved: readonly ArrayBuffer[] = []): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      const id = this.#next++;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      try {
        // why: at once, as a turn of the event loop may read for as long as the thread takes to digest it.
        this.#worker.postMessage({ id, job } satisfies Order, moved);
      } catch (error) {
        this.#answered(id)?.reject(error);
      }
    });
  }

  #answered(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    return waiting;
  }

  #settle(reply: Reply): void {
    const waiting = this.#answered(reply.id);
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
