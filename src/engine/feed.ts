/** Where the splits of a query come from: cut from an object that workers read themselves, or pushed (see `pieces.ts`). */
import type { Split } from '../formats/format.ts';
import type { ObjectRef } from '../storage/store.ts';
import type { SplitSource } from './task.ts';

/** One piece of work: a split and where its bytes are. */
export interface SplitWork {
  readonly split: Split;
  readonly source: SplitSource;
  /** Compressed bytes read up to the end of it; null where bytes are scanned as they are stored. */
  readonly compressed_bytes: number | null;
  /** Nothing of what comes before matters to it. */
  readonly apart: boolean;
}

export interface SplitFeed {
  /** The next split in order; `wait` when it is not there yet (the feed tells when it is), `end` after the last. */
  next(): SplitWork | 'wait' | 'end';
  /** Why the feed ended early; counts after the last split's results. */
  readonly error: unknown;
  /** The work is done, and `consumed_bytes` of its pushed bytes were used. Its bytes may be overwritten from now on. */
  done(work: SplitWork, consumed_bytes: number): void;
  /** Stops, and waits for reads under way. */
  close(): Promise<void>;
}

/** Splits of an object that workers can read. */
export class ObjectFeed implements SplitFeed {
  readonly error = null;
  readonly #source: ObjectRef;
  readonly #splits: Iterator<Split>;

  constructor(source: ObjectRef, splits: Iterable<Split>) {
    this.#source = source;
    this.#splits = splits[Symbol.iterator]();
  }

  next(): SplitWork | 'end' {
    const { done, value } = this.#splits.next();
    return done === true ? 'end' : { split: value, source: this.#source, compressed_bytes: null, apart: false };
  }

  done(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
