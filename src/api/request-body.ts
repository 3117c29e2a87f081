/** The body of a request: read as it is asked for, and no more waited for when it comes slower than anybody has a use for. */
import type { IncomingMessage } from 'node:http';
import { SelectError } from '../base/errors.ts';
import type { Pieces, TakePiece } from '../base/pieces.ts';

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
 * To be taken once. Only the time that is spent waiting for the client counts.
 * @throws SelectError RequestTimeout, IncompleteBody
 */
export class RequestBody implements AsyncIterableIterator<Uint8Array>, Pieces {
  readonly #req: IncomingMessage;
  readonly #options: RequestBodyOptions;
  #state: 'new' | 'open' | 'over' = 'new';
  /** Somebody has waited for a piece: most small bodies are there before they are asked for. */
  #isListening = false;
  #bytes = 0;
  readonly #wait: Wait;
  #cut: { readonly cause: unknown } | undefined;
  /** Wakes the one who waits for a piece. */
  #wake = (): void => {};

  constructor(req: IncomingMessage, options: RequestBodyOptions) {
    this.#req = req;
    this.#options = options;
    this.#wait = new Wait(options.pace, () => this.#bytes);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state === 'new') this.#start();
    for (;;) {
      if (this.#state === 'over') return { done: true, value: undefined };
      const piece: Uint8Array | null = this.#req.read();
      if (piece !== null) return { done: false, value: this.#given(piece) };
      if (this.#isWhole()) return this.return();
      if (!this.#isListening) this.#listen();
      if (this.#cut !== undefined) return this.#fail(new SelectError('IncompleteBody', {}, this.#cut));
      if (!(await this.#more())) return this.#fail(new SelectError('RequestTimeout'));
    }
  }

  async deliver(take: TakePiece): Promise<void> {
    if (this.#state === 'new') this.#start();
    const piece: Uint8Array | null = this.#req.read();
    if (piece !== null) await take(this.#given(piece));
    if (!this.#isWhole()) await this.#flow(take);
    this.#state = 'over';
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

  /** Takes pieces as the request hands them out by itself: those it keeps until somebody reads them cost several times as much. */
  #flow(take: TakePiece): Promise<void> {
    const req = this.#req;
    const wait = this.#wait;
    let isBusy = false;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        for (const [event, listener] of listeners) req.off(event, listener);
        wait.end();
        settle();
      };
      const fail = (error: unknown): void => {
        this.#state = 'over';
        req.pause();
        end(() => reject(error));
      };
      const goOn = (): void => {
        isBusy = false;
        if (this.#state === 'over') return;
        if (this.#isWhole()) {
          end(resolve);
        } else {
          wait.begin(onTooLong);
          req.resume();
        }
      };
      const onData = (piece: Uint8Array): void => {
        wait.suspend();
        try {
          const taken = take(this.#given(piece));
          if (taken === undefined) {
            goOn();
          } else {
            isBusy = true;
            req.pause();
            taken.then(goOn, fail);
          }
        } catch (error) {
          fail(error);
        }
      };
      const onTooLong = (): void => fail(new SelectError('RequestTimeout'));
      const onCut = (cause: unknown): void => {
        if (!this.#isWhole()) fail(new SelectError('IncompleteBody', {}, { cause }));
        else if (!isBusy) end(resolve);
      };
      const listeners = [
        ['data', onData],
        ['end', () => end(resolve)],
        ['error', onCut],
        ['close', onCut],
      ] as const;
      for (const [event, listener] of listeners) req.on(event, listener);
      wait.begin(onTooLong);
      if (req.destroyed) onCut(req.errored);
    });
  }

  #listen(): void {
    this.#isListening = true;
    for (const event of wakingEvents) this.#req.on(event, this.#onEvent);
    this.#req.on('error', this.#onCut);
    this.#req.on('close', this.#onCut);
    // What came before anybody listened.
    if (this.#req.destroyed) this.#onCut(this.#req.errored);
  }

  #given(piece: Uint8Array): Uint8Array {
    this.#bytes += piece.length;
    this.#options.onPiece(piece.length);
    return piece;
  }

  async #fail(error: SelectError): Promise<never> {
    await this.return();
    throw error;
  }

  /** Resolves when there may be something new: false where that took too long. */
  #more(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wait.suspend();
        this.#wait.end();
        resolve(true);
      };
      this.#wait.begin(() => resolve(false));
    });
  }

  readonly #onEvent = (): void => this.#wake();

  readonly #onCut = (cause: unknown): void => {
    this.#cut ??= { cause };
    this.#wake();
  };
}

/** The time that the client is waited for, in all and since the last piece. */
class Wait {
  readonly #pace: BodyPace;
  readonly #bytes: () => number;
  #waited_ms = 0;
  /** While it is waited for. */
  #began_ms: number | undefined;
  #onTooLong = (): void => {};
  #timer: NodeJS.Timeout | undefined;

  /** `bytes`: those that have come. */
  constructor(pace: BodyPace, bytes: () => number) {
    this.#pace = pace;
    this.#bytes = bytes;
  }

  begin(onTooLong: () => void): void {
    this.#onTooLong = onTooLong;
    this.#began_ms = performance.now();
    // why: a timer that runs ends no later than this wait may: a new one for each piece would cost more.
    if (this.#timer === undefined) this.#look();
  }

  suspend(): void {
    if (this.#began_ms !== undefined) this.#waited_ms += performance.now() - this.#began_ms;
    this.#began_ms = undefined;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#began_ms === undefined) return;
    const { grace_ms, bytes_per_s_min, idle_ms_max } = this.#pace;
    const silent_ms = performance.now() - this.#began_ms;
    const left_ms = Math.min(grace_ms + (1000 * this.#bytes()) / bytes_per_s_min - this.#waited_ms, idle_ms_max) - silent_ms;
    if (left_ms <= 0) this.#onTooLong();
    else this.#timer = setTimeout(() => this.#look(), wholeSeconds(left_ms));
  }
}

const wakingEvents = ['readable', 'end'] as const;

/** Timers of one length are cheap; of a long one nobody needs to know the milliseconds. */
function wholeSeconds(ms: number): number {
  return ms > 10_000 ? Math.ceil(ms / 1000) * 1000 : ms;
}
