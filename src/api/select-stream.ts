/**
 * The answer of a running query as the pieces of an HTTP body, each of whole frames:
 * `[Cont | Progress]* Records* Stats End`, or an error frame in place of the last two, after which the iteration throws.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { OutputBlock, PreparedQuery } from '../engine/query.ts';
import type { ScanStats } from '../formats/event-stream.ts';
import { contFrame, endFrame, errorFrame, progressFrame, statsFrame } from '../formats/event-stream.ts';
import type { OpenObject } from '../storage/store.ts';
import { asSelectError } from './error-answer.ts';

export interface SelectStreamOptions {
  /** Progress frames were asked for. */
  readonly progress: boolean;
  /** Cont frames may be sent while there is nothing else to send. */
  readonly keepAlive: boolean;
  /** Told the code of an error that comes as a frame. */
  onError(code: string): void;
}

type Outcome = IteratorResult<OutputBlock, unknown>;

const noBytes = new Uint8Array(0);
const cont = contFrame();
const end = endFrame();

export class SelectStream implements AsyncIterableIterator<Uint8Array> {
  readonly #query: PreparedQuery;
  readonly #object: OpenObject;
  readonly #progress: boolean;
  readonly #keepAlive: boolean;
  readonly #onError: (code: string) => void;
  readonly #blocks: AsyncIterator<OutputBlock>;
  /** Asked of the query and not yet answered. */
  #pending: Promise<Outcome> | null = null;
  /** Answered by the query and not yet passed on. */
  #ready: Outcome | null = null;
  #failure: { readonly error: unknown } | null = null;
  #ended = false;
  #began_ms = 0;
  /** When the next Cont or Progress frame is due, as by `performance.now()`. */
  #due_ms = 0;
  #idle_ms: number = limits.cont_ms_min;
  #signs = 0;

  /** Takes over both: the object is closed when nothing of the query reads it any more. */
  constructor(query: PreparedQuery, object: OpenObject, { progress, keepAlive, onError }: SelectStreamOptions) {
    this.#query = query;
    this.#object = object;
    this.#progress = progress;
    this.#keepAlive = keepAlive;
    this.#onError = onError;
    this.#blocks = query.run()[Symbol.asyncIterator]();
  }

  /**
   * Waits for the first output, but not for longer than `first_byte_ms`. A small first block is often all there is, or all that
   * comes before an error, so what follows it is waited for too, a little. Raises the query's error while no output has left.
   */
  async start(): Promise<void> {
    this.#began_ms = performance.now();
    try {
      const first = await this.#wait(limits.first_byte_ms);
      if (first !== null) {
        this.#ready = first;
        this.#due_ms = performance.now() + limits.cont_ms_min;
        if (first.done !== true && first.value.bytes.length < limits.flush_bytes) await within(this.#ask(), limits.early_error_ms);
      }
    } catch (error) {
      await this.#object.close();
      throw error;
    }
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#ended) return { done: true, value: undefined };
    try {
      return { done: false, value: await this.#nextPiece() };
    } catch (error) {
      this.#failure = { error };
      await this.#object.close();
      const { code, message } = asSelectError(error);
      this.#onError(code);
      return { done: false, value: errorFrame(code, message) };
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#ended = true;
    await this.#query.cancel();
    await this.#object.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #nextPiece(): Promise<Uint8Array> {
    const wait_ms = this.#due_ms - performance.now();
    if (this.#progress && wait_ms <= 0) return this.#sign();
    const outcome = this.#takeReady() ?? (await this.#wait(wait_ms));
    if (outcome === null) return this.#sign();
    if (outcome.done === true) return this.#finish();
    if (!this.#progress) this.#due_ms = performance.now() + this.#idle_ms;
    return outcome.value.bytes;
  }

  #ask(): Promise<Outcome> {
    this.#pending ??= this.#blocks.next();
    return this.#pending;
  }

  async #wait(wait_ms: number): Promise<Outcome | null> {
    const outcome = await within(this.#ask(), wait_ms);
    if (outcome !== null) this.#pending = null;
    return outcome;
  }

  #takeReady(): Outcome | null {
    const outcome = this.#ready;
    this.#ready = null;
    return outcome;
  }

  /** A sign of life, rarer and rarer: some clients overflow their stack on long runs of frames without records. */
  #sign(): Uint8Array {
    const now_ms = performance.now();
    // Sixty in the first minute, then as many again each time the query has run e times as long.
    const progress_ms = Math.max(limits.progress_ms_min, (now_ms - this.#began_ms) / 60);
    this.#due_ms = now_ms + (this.#progress ? progress_ms : this.#idle_ms);
    this.#idle_ms = Math.min(2 * this.#idle_ms, limits.cont_ms_max);
    if (this.#signs >= limits.signs_of_life_max || !(this.#progress || this.#keepAlive)) return noBytes;
    this.#signs++;
    return this.#progress ? progressFrame(this.#stats()) : cont;
  }

  async #finish(): Promise<Uint8Array> {
    const isUnchanged = this.#object.isUnchanged();
    await this.#object.close();
    if (!isUnchanged) throw new SelectError('OperationAborted');
    this.#ended = true;
    return Buffer.concat([statsFrame(this.#stats()), end]);
  }

  #stats(): ScanStats {
    const { scanned_bytes, processed_bytes, returned_bytes } = this.#query.stats;
    return { bytesScanned: scanned_bytes, bytesProcessed: processed_bytes, bytesReturned: returned_bytes };
  }
}

/** What the promise settles to, or null when that takes longer. */
function within<T>(promise: Promise<T>, wait_ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.max(0, wait_ms), null);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
