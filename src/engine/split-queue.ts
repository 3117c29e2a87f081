/**
 * Splits that the tasks of a query share: a worker whose budget is not used up takes the next one by itself, so that small splits
 * do not each wait for a turn of the main thread, and workers end together. Splits are taken in order, each once.
 */
import { deserialize, serialize } from 'node:v8';
import { limits } from '../base/limits.ts';
import type { Split } from '../formats/format.ts';

/** A stretch of the queue, in memory that threads share. */
export interface SharedSplits {
  /** Int32: how many are taken, how many there are, then where each ends in `bytes`. */
  readonly marks: SharedArrayBuffer;
  /** Each split, serialized (`node:v8`). */
  readonly bytes: SharedArrayBuffer;
  /** The splits themselves, where all tasks run in the thread that fills the queue: nothing is serialized then. */
  readonly local: Split[] | null;
}

/** A split by its place, for tasks that go on with it: it is serialized once, and read where its scan has been closed. */
export interface QueuedSplit {
  /** That of the split. */
  readonly index: number;
  readonly stretch: SharedSplits;
  readonly place: number;
}

const TAKEN = 0;
const COUNT = 1;
const ENDS = 2;

/** The next split of the stretch, or null when all are taken. Any thread may call it. */
export function takeSplit(stretch: SharedSplits): Split | null {
  const words = new Int32Array(stretch.marks);
  for (;;) {
    const taken = Atomics.load(words, TAKEN);
    if (taken >= Atomics.load(words, COUNT)) return null;
    if (Atomics.compareExchange(words, TAKEN, taken, taken + 1) === taken) return splitAt(stretch, taken);
  }
}

/** The split at a place that is filled. */
export function splitAt({ marks, bytes, local }: SharedSplits, place: number): Split {
  if (local !== null) return local[place]!;
  const words = new Int32Array(marks);
  const start = place === 0 ? 0 : words[ENDS + place - 1]!;
  return deserialize(new Uint8Array(bytes, start, words[ENDS + place]! - start)) as Split;
}

/** The queue as the main thread fills it. What is pushed while tasks run is seen by them as long as it fits their stretch. */
export class SplitQueue {
  readonly #stretches: SharedSplits[] = [];
  readonly #isLocal: boolean;

  /** `isLocal`: no other thread takes splits. */
  constructor(isLocal: boolean) {
    this.#isLocal = isLocal;
  }

  push(split: Split): QueuedSplit {
    const entry = this.#isLocal ? NO_BYTES : serialize(split);
    const { index } = split;
    const last = this.#stretches.at(-1);
    if (last !== undefined && append(last, split, entry)) return { index, stretch: last, place: countOf(last) - 1 };
    const marks = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * (ENDS + limits.splits_open_max));
    const bytes = new SharedArrayBuffer(this.#isLocal ? 0 : Math.max(limits.splits_shared_bytes, entry.length));
    const stretch = { marks, bytes, local: this.#isLocal ? [] : null };
    append(stretch, split, entry);
    this.#stretches.push(stretch);
    return { index, stretch, place: 0 };
  }

  /** The stretch that the next split is taken from; null when all are taken. */
  get front(): SharedSplits | null {
    for (;;) {
      const [first] = this.#stretches;
      if (first === undefined || left(first) > 0) return first ?? null;
      // The last one goes on being filled.
      if (this.#stretches.length === 1) return null;
      this.#stretches.shift();
    }
  }

  take(): Split | null {
    for (let front = this.front; front !== null; front = this.front) {
      const taken = takeSplit(front);
      if (taken !== null) return taken;
    }
    return null;
  }
}

const NO_BYTES = new Uint8Array(0);

function left({ marks }: SharedSplits): number {
  const words = new Int32Array(marks);
  return words[COUNT]! - Atomics.load(words, TAKEN);
}

function countOf({ marks }: SharedSplits): number {
  return new Int32Array(marks)[COUNT]!;
}

/** False: there is no room for it. */
function append({ marks, bytes, local }: SharedSplits, split: Split, entry: Uint8Array): boolean {
  const words = new Int32Array(marks);
  const count = words[COUNT]!;
  const start = count === 0 ? 0 : words[ENDS + count - 1]!;
  if (count === words.length - ENDS || start + entry.length > bytes.byteLength) return false;
  local?.push(split);
  new Uint8Array(bytes).set(entry, start);
  words[ENDS + count] = start + entry.length;
  // From here on it can be taken.
  Atomics.store(words, COUNT, count + 1);
  return true;
}
