/** The body of a request: read as it is asked for, and no more waited for when it comes slower than anybody has a use for. */
import type { IncomingMessage } from 'node:http';
import { SelectError } from '../base/errors.ts';

/** A slow body holds a connection, memory and a temporary file. */
export interface BodyPace {
  /** The longest silence. */
  readonly idle_ms_max: number;
  /** Waiting that is allowed beside what `bytes_per_s_min` takes. */
  readonly grace_ms: number;
  readonly bytes_per_s_min: number;
}

export interface RequestBodyOptions {
  readonly pace: BodyPace;
  /** The body is asked for. */
  onStart(): void;
  onPiece(bytes: number): void;
}

/**
 * To be iterated once. Only the time that is spent waiting for the client counts.
 * @throws SelectError RequestTimeout, IncompleteBody
 */
export class RequestBody implements AsyncIterableIterator<Uint8Array> {
  readonly #req: IncomingMessage;
  readonly #options: RequestBodyOptions;
  #state: 'new' | 'open' | 'over' = 'new';
  /** Somebody has waited for a piece: most small bodies are there before they are asked for. */
  #isListening = false;
  #waited_ms = 0;
  #bytes = 0;
  #cut: { readonly cause: unknown } | undefined;
  /** Wakes the one who waits for a piece. */
  #wake = (): void => {};

  constructor(req: IncomingMessage, options: RequestBodyOptions) {
    this.#req = req;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state === 'new') this.#start();
    for (;;) {
      if (this.#state === 'over') return { done: true, value: undefined };
      const piece: Uint8Array | null = this.#req.read();
      if (piece !== null) return this.#given(piece);
      if (this.#isWhole()) return this.return();
      if (!this.#isListening) this.#listen();
      if (this.#cut !== undefined) return this.#fail(new SelectError('IncompleteBody', {}, this.#cut));
      if (!(await this.#more())) return this.#fail(new SelectError('RequestTimeout'));
    }
  }

  /** Leaves the rest unread: to destroy the request would take the connection with it, and an error must still be answered. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    if (this.#isListening) {
      for (const event of wakingEvents) this.#req.off(event, this.#onEvent);
      this.#req.off('error', this.#onCut);
      this.#req.off('close', this.#onCut);
    }
    this.#state = 'over';
    this.#wake();
    return { done: true, value: undefined };
  }

  /** why: that a body is over is said by an event of a later turn, if it has not been said by its length. */
  #isWhole(): boolean {
    const { readableEnded, complete, readableLength, headers } = this.#req;
    if (readableEnded || (complete && readableLength === 0)) return true;
    return headers['transfer-encoding'] === undefined && Number(headers['content-length']) === this.#bytes;
  }

  #start(): void {
    this.#state = 'open';
    this.#options.onStart();
  }

  #listen(): void {
    this.#isListening = true;
    for (const event of wakingEvents) this.#req.on(event, this.#onEvent);
    this.#req.on('error', this.#onCut);
    this.#req.on('close', this.#onCut);
    // What came before anybody listened.
    if (this.#req.destroyed) this.#onCut(this.#req.errored);
  }

  #given(piece: Uint8Array): IteratorYieldResult<Uint8Array> {
    this.#bytes += piece.length;
    this.#options.onPiece(piece.length);
    return { done: false, value: piece };
  }

  async #fail(error: SelectError): Promise<never> {
    await this.return();
    throw error;
  }

  /** Resolves when there may be something new: false where that took too long. */
  async #more(): Promise<boolean> {
    const { grace_ms, bytes_per_s_min, idle_ms_max } = this.#options.pace;
    const left_ms = grace_ms + (1000 * this.#bytes) / bytes_per_s_min - this.#waited_ms;
    const began_ms = performance.now();
    const isInTime = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, wholeSeconds(Math.min(left_ms, idle_ms_max)), false);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.#waited_ms += performance.now() - began_ms;
    return isInTime;
  }

  readonly #onEvent = (): void => this.#wake();

  readonly #onCut = (cause: unknown): void => {
    this.#cut ??= { cause };
    this.#wake();
  };
}

const wakingEvents = ['readable', 'end'] as const;

/** Timers of one length are cheap; of a long one nobody needs to know the milliseconds. */
function wholeSeconds(ms: number): number {
  return ms > 10_000 ? Math.ceil(ms / 1000) * 1000 : ms;
}
