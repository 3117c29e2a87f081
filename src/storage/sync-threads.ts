/**
 * Files that are made durable side by side, by this thread and others that do nothing else: the disk, and the journal of its file
 * system, take several at a time, and each call waits for one.
 *
 * The threads share an array of words. `asked` and `taken` count files; who moves `taken` on has taken the next that was asked for. All
 * counts go round.
 */
import fs from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { threadOptions } from '../base/thread-options.ts';

/** Files asked for at once. A power of two, as counts go round. */
const places = 2048;

const asked = 0;
const taken = 1;
/** Of those, by helpers. */
const helped = 2;
/** Descriptors, then negative error numbers, 0 or `pending`, of the last files. */
const descriptors = 16;
const outcomes = descriptors + places;

const pending = 1;

/** The words of this thread and of its helpers. */
let ours: Int32Array | undefined;

/** Files that were asked for and not waited for. */
let begun: Sync | undefined;

/** Files that are being made durable. */
export class Sync {
  readonly #words: Int32Array;
  readonly #count: number;
  /** Of the files asked for, the first. */
  readonly first: number;
  #outcomes: (Error | undefined)[] | undefined;

  constructor(words: Int32Array, fds: readonly number[]) {
    assert(fds.length <= places, 'there is a place for each file');
    this.#words = words;
    this.#count = fds.length;
    this.first = Atomics.load(words, asked);
    for (const [n, fd] of fds.entries()) {
      words[descriptors + placeOf(this.first + n)] = fd;
      Atomics.store(words, this.#outcomeAt(n), pending);
    }
    Atomics.store(words, asked, (this.first + fds.length) | 0);
  }

  get isDone(): boolean {
    if (this.#outcomes !== undefined) return true;
    for (let n = 0; n < this.#count; n++) if (Atomics.load(this.#words, this.#outcomeAt(n)) === pending) return false;
    return true;
  }

  /** For each file in turn the system's error, where one was raised. Blocks as long as they are not done. */
  outcomes(): readonly (Error | undefined)[] {
    this.#outcomes ??= this.#wait();
    return this.#outcomes;
  }

  #wait(): (Error | undefined)[] {
    syncAsked(this.#words);
    return Array.from({ length: this.#count }, (_, n) => {
      const at = this.#outcomeAt(n);
      // It returns at once where the word is another.
      Atomics.wait(this.#words, at, pending);
      return errorOf(Atomics.load(this.#words, at));
    });
  }

  #outcomeAt(n: number): number {
    return outcomes + placeOf(this.first + n);
  }
}

/**
 * Makes files durable, given by their descriptors; answers for each in turn the system's error, where one was raised. Blocks.
 * `words`: what `startHelpers` answered; without it, this thread's own.
 */
export function syncFiles(fds: readonly number[], words = helpers()): readonly (Error | undefined)[] {
  // why: their outcomes go before others take the places.
  if (begun !== undefined && ((Atomics.load(words, asked) + fds.length - begun.first) | 0) > places) endBegun();
  const sync = new Sync(words, fds);
  if (fds.length > 1) Atomics.notify(words, asked);
  return sync.outcomes();
}

/**
 * Leaves files to the helpers, and what they have not taken by then to who asks for the outcomes. Waits for those it was called with
 * before.
 */
export function beginSync(fds: readonly number[]): Sync {
  endBegun();
  const words = helpers();
  begun = new Sync(words, fds);
  Atomics.notify(words, asked);
  return begun;
}

function endBegun(): void {
  begun?.outcomes();
  begun = undefined;
}

/** What a helper does, as long as its thread lives. */
export function helpToSync(words: Int32Array): never {
  for (;;) {
    const seen = Atomics.load(words, asked);
    Atomics.add(words, helped, syncAsked(words));
    Atomics.wait(words, asked, seen);
  }
}

/** How many files helpers have made durable. */
export function helpedCount(words: Int32Array): number {
  return Atomics.load(words, helped);
}

/** Makes files durable that nobody has taken yet; answers how many. */
function syncAsked(words: Int32Array): number {
  let count = 0;
  for (let next = Atomics.load(words, taken); next !== Atomics.load(words, asked); next = Atomics.load(words, taken)) {
    if (Atomics.compareExchange(words, taken, next, (next + 1) | 0) !== next) continue;
    const place = placeOf(next);
    const outcome = outcomes + place;
    Atomics.store(words, outcome, errnoOfSync(words[descriptors + place] as number));
    count++;
    Atomics.notify(words, outcome);
  }
  return count;
}

function errnoOfSync(fd: number): number {
  try {
    fs.fsyncSync(fd);
    return 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? -constants.errno.EIO;
  }
}

function placeOf(count: number): number {
  return count & (places - 1);
}

function errorOf(errno: number): Error | undefined {
  if (errno === 0) return undefined;
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${code}: fsync`), { errno, code, syscall: 'fsync' });
}

function helpers(): Int32Array {
  ours ??= startHelpers();
  return ours;
}

/** Starts the threads that help one thread. `count`: how many files are said to have been made durable already. */
export function startHelpers(count = 0): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * (outcomes + places)));
  words.fill(count, asked, taken + 1);
  for (let n = 0; n < limits.sync_helpers; n++) {
    const helper = new Worker(new URL('./sync-thread.js', import.meta.url), { ...threadOptions(), workerData: words });
    // why: where none can be made, the files are made durable by this thread, one after the other.
    helper.on('error', () => {});
    helper.unref();
  }
  return words;
}
