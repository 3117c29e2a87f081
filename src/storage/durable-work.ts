/** Work that waits for the disk again and again, several at once: what each wants to be durable next is made so together. */
import type { OpenDirectory } from './directory.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { syncFiles } from './sync-threads.ts';
import { appendTogether, LoggedUpload } from './upload-log.ts';

/** Files, by their descriptors, the entries of a directory, or an upload in a log. */
export type Durable = readonly number[] | OpenDirectory | LoggedUpload;

/** Hands out what is to be made durable before it goes on, and is told whether that was done. */
export type DurableWork<T> = Generator<Durable, T, boolean>;

/** Carries works out side by side; their outcomes are in the same order. `tell`: is told each as soon as it is known. Blocks. */
export function carryOutTogether<T>(works: readonly DurableWork<T>[], tell?: (outcome: Outcome<T>, n: number) => void): Outcome<T>[] {
  const outcomes: Outcome<T>[] = [];
  const end = (n: number, outcome: Outcome<T>): void => {
    outcomes[n] = outcome;
    tell?.(outcome, n);
  };
  let going = works.map((work, n) => ({ n, work, goOn: () => work.next() }));
  while (going.length > 0) {
    const waiting: Waiting<T>[] = [];
    for (const { n, work, goOn } of going) {
      const step = outcomeOf(goOn);
      if ('error' in step) end(n, step);
      else if (step.value.done === true) end(n, { value: step.value.value });
      else waiting.push({ n, work, what: step.value.value });
    }
    // why: only now, when all have written what they wait for: the first to wait may have done so for others.
    const errors = syncAll(waiting.map(({ what }) => what));
    going = waiting.map(({ n, work }, index) => ({ n, work, goOn: () => (errors[index] ? work.throw(errors[index]) : work.next(true)) }));
  }
  return outcomes;
}

/** Carries a work out whose durability is seen to otherwise: what it hands out is left as it is. */
export function carryOutUnsynced<T>(work: DurableWork<T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next(false);
  return step.value;
}

interface Waiting<T> {
  /** The place of the work among all. */
  readonly n: number;
  readonly work: DurableWork<T>;
  readonly what: Durable;
}

/** Makes files durable side by side, then logs and directories, each once; answers what was raised for each in turn. */
function syncAll(wanted: readonly Durable[]): unknown[] {
  const outcomes = [...syncFiles(wanted.flatMap((what) => (isFiles(what) ? what : [])))];
  const logged = appendTogether(wanted.filter((what) => what instanceof LoggedUpload));
  const synced = new Set<string>();
  return wanted.map((what) => {
    if (what instanceof LoggedUpload) return logged.get(what);
    if (isFiles(what)) return outcomes.splice(0, what.length).find((error) => error !== undefined);
    const outcome = outcomeOf(() => {
      const directory = what.identity();
      if (!synced.has(directory)) what.syncNow();
      synced.add(directory);
    });
    return 'error' in outcome ? outcome.error : undefined;
  });
}

function isFiles(what: Durable): what is readonly number[] {
  return Array.isArray(what);
}
