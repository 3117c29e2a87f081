/** Work that waits for the disk again and again, several at once: what each wants to be durable next is made so together. */
import fs from 'node:fs';
import { OpenDirectory } from './directory.ts';

/** Hands out what is to be made durable before it goes on: a file, by its descriptor, or the entries of a directory. */
export type DurableWork<T> = Generator<number | OpenDirectory, T, void>;

export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

export interface TogetherOutcome<T> {
  /** In the order of the works. */
  readonly outcomes: readonly Outcome<T>[];
  /** How long all have waited for the disk at a time, on the average; undefined where none had to. */
  readonly wait_ms: number | undefined;
}

/** Carries works out side by side. Blocks. */
export function carryOutTogether<T>(works: readonly DurableWork<T>[]): TogetherOutcome<T> {
  let [waits, waited_ms] = [0, 0];
  const outcomes: Outcome<T>[] = [];
  let going = works.map((work, n) => ({ n, work, goOn: () => work.next() }));
  while (going.length > 0) {
    const waiting: { readonly n: number; readonly work: DurableWork<T>; readonly what: number | OpenDirectory }[] = [];
    for (const { n, work, goOn } of going) {
      const step = outcomeOf(goOn);
      if ('error' in step) outcomes[n] = step;
      else if (step.value.done === true) outcomes[n] = { value: step.value.value };
      else waiting.push({ n, work, what: step.value.value });
    }
    // why: only now, when all have written what they wait for: the first to wait may have done so for others.
    const sync = syncOnce();
    const began_ms = performance.now();
    going = waiting.map(({ n, work, what }) => {
      const synced = outcomeOf(() => sync(what));
      return { n, work, goOn: () => ('error' in synced ? work.throw(synced.error) : work.next()) };
    });
    if (waiting.length > 0) waits++;
    waited_ms += performance.now() - began_ms;
  }
  return { outcomes, wait_ms: waits === 0 ? undefined : waited_ms / waits };
}

export function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/** Syncs a directory that several want once. */
function syncOnce(): (what: number | OpenDirectory) => void {
  const synced = new Set<string>();
  return (what) => {
    if (!(what instanceof OpenDirectory)) return fs.fsyncSync(what);
    const directory = what.identity();
    if (synced.has(directory)) return;
    what.syncNow();
    synced.add(directory);
  };
}
