/** How many requests may be under way at once, of all clients and of one. What is over it is refused at once, with `SlowDown`. */
import { SelectError } from '../base/errors.ts';

export interface LoadLimitsOptions {
  readonly requests_active_max: number;
  /** Of one access key. */
  readonly requests_per_key_max: number;
}

export class LoadLimits {
  readonly #limits: LoadLimitsOptions;
  readonly #perKey = new Map<string, number>();
  #active = 0;

  constructor(limits: LoadLimitsOptions) {
    this.#limits = limits;
  }

  get requests_active(): number {
    return this.#active;
  }

  /**
   * Lets a request in. Answers what to call when it is over.
   * @throws SelectError SlowDown
   */
  enter(): () => void {
    if (this.#active >= this.#limits.requests_active_max) throw new SelectError('SlowDown');
    this.#active++;
    return () => {
      this.#active--;
    };
  }

  /**
   * Lets a request of this access key in, once its signature is known to be good.
   * @throws SelectError SlowDown
   */
  enterKey(accessKey: string): () => void {
    const active = this.#perKey.get(accessKey) ?? 0;
    if (active >= this.#limits.requests_per_key_max) throw new SelectError('SlowDown');
    this.#perKey.set(accessKey, active + 1);
    return () => {
      const others = (this.#perKey.get(accessKey) ?? 0) - 1;
      if (others > 0) this.#perKey.set(accessKey, others);
      else this.#perKey.delete(accessKey);
    };
  }
}
