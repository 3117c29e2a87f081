/** The memory that output of a task stands in, on the main thread: it goes round when all of that has been sent, copied or dropped. */
import type { Pool } from './pool.ts';
import type { TaskResult } from './task.ts';

export class OutputMemory {
  readonly #pool: Pool;
  readonly #memory: SharedArrayBuffer;
  #users: number;

  private constructor(pool: Pool, memory: SharedArrayBuffer, users: number) {
    this.#pool = pool;
    this.#memory = memory;
    this.#users = users;
  }

  /** That of a result, to be released once for each of its splits; null where it is not used again. */
  static of({ splits }: TaskResult, pool: Pool): OutputMemory | null {
    const memory = splits[0]!.bytes.buffer;
    return memory instanceof SharedArrayBuffer ? new OutputMemory(pool, memory, splits.length) : null;
  }

  /** Releases it for all splits. */
  dropAll(): void {
    this.#users = 1;
    this.release();
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#pool.reuse(this.#memory);
  }
}
