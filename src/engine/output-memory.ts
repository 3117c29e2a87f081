/** The memory that a block of output stands in, on the main thread: it goes round when all of that has been sent, copied or dropped. */
import type { Pool } from './pool.ts';
import type { TaskResult } from './task.ts';

export class OutputMemory {
  readonly #pool: Pool;
  readonly #memory: SharedArrayBuffer;
  #users = 0;

  private constructor(pool: Pool, memory: SharedArrayBuffer) {
    this.#pool = pool;
    this.#memory = memory;
  }

  /** That of each block of a result, to be released once for each split in it; null where it is not used again. */
  static of({ splits }: TaskResult, pool: Pool): (OutputMemory | null)[] {
    const memories: (OutputMemory | null)[] = [];
    for (const { block, bytes } of splits) {
      if (block === memories.length) memories.push(bytes.buffer instanceof SharedArrayBuffer ? new OutputMemory(pool, bytes.buffer) : null);
      const memory = memories[block]!;
      if (memory !== null) memory.#users++;
    }
    return memories;
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
