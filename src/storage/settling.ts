/** Files that are made durable where they are, with their names, while this thread does other things. */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { cannotSync } from './directory.ts';
import { errnoOf, isUnreadable } from './fs-errors.ts';
import { readingFlags } from './small-file.ts';
import { beginSync, type Sync } from './sync-threads.ts';

export class Settling {
  readonly #fds: number[] = [];
  readonly #sync: Sync;

  /** Begins. Those that are gone are left out. Raises the system's errors. */
  constructor(paths: Iterable<string>) {
    const files = [...paths];
    // A directory that is new has been made durable in the one above; its own entries are to follow.
    const directories = new Set(files.map((path) => dirname(path)));
    try {
      for (const path of files) this.#open(path);
      for (const path of directories) this.#open(path);
      this.#sync = beginSync(this.#fds);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  get isDone(): boolean {
    return this.#sync.isDone;
  }

  /** To be called once. Raises what was raised for a file. Blocks as long as it is not done. */
  end(): void {
    try {
      const error = this.#sync.outcomes().find((one) => one !== undefined && !cannotSync(one));
      if (error !== undefined) throw error;
    } finally {
      this.#close();
    }
  }

  #open(path: string): void {
    try {
      this.#fds.push(fs.openSync(path, readingFlags));
    } catch (error) {
      // why: it may be somebody else's by now, who closed it to us.
      if (!isUnreadable(error) && errnoOf(error) !== 'EPERM') throw error;
    }
  }

  #close(): void {
    for (const fd of this.#fds) fs.closeSync(fd);
  }
}

/** Makes files durable, with their names. Those that are gone are left out. Raises the system's errors. Blocks. */
export function settleNow(paths: readonly string[]): void {
  for (let n = 0; n < paths.length; n += files_together_max) new Settling(paths.slice(n, n + files_together_max)).end();
}

/** Of the descriptors a process may have. */
const files_together_max = 256;
