/** One change at a time of what is at a key. */
import type { Place } from './publish.ts';
import { settled } from './unsettled.ts';

/** Changes keys; of each, one change at a time. */
export class Publisher {
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #publishing = new Map<string, number>();

  /** Whether an object is between its last checks and its file in the bucket. */
  isPublishingIn(bucketDirectory: string): boolean {
    return this.#publishing.has(bucketDirectory);
  }

  /** Runs `work` when no other work under this name, which may be a path, is under way. */
  async exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#queues.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(name) === turn) this.#queues.delete(name);
    }
  }

  /** Runs `work`, which changes what is at a place otherwise than by a logged upload, when nothing else does. */
  async changing<T>({ path }: Place, work: () => Promise<T>): Promise<T> {
    return this.exclusively(path, async () => {
      await settled(path);
      return work();
    });
  }

  /** Runs `work`, by which an upload becomes the object of a place, when nothing else changes it. What is logged is for `work` to ask. */
  async publishing<T>({ path, bucketDirectory }: Place, work: () => Promise<T>): Promise<T> {
    return this.exclusively(path, async () => {
      this.#publishing.set(bucketDirectory, (this.#publishing.get(bucketDirectory) ?? 0) + 1);
      try {
        return await work();
      } finally {
        const others = (this.#publishing.get(bucketDirectory) ?? 1) - 1;
        if (others > 0) this.#publishing.set(bucketDirectory, others);
        else this.#publishing.delete(bucketDirectory);
      }
    });
  }
}
