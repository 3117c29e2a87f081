/**
 * Answers that are sent together. To write to a socket wakes whoever waits at its other end, which takes longer than all else of a
 * small answer: written one after the other, many wake it once.
 */
import { limits } from '../base/limits.ts';

/** A turn of the event loop in which answers have come to be ready. */
class Turn {
  readonly over: Promise<void>;
  #end: () => void = () => {};
  #answers = 0;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    setImmediate(() => this.end());
  }

  add(): void {
    if (++this.#answers === limits.answers_together_max) this.end();
  }

  end(): void {
    if (turn === this) turn = undefined;
    this.#end();
  }
}

let turn: Turn | undefined;

/** Resolves when an answer is to be sent: once all that happened at the same time has been seen to, or enough answers wait for that. */
export function turnToSend(): Promise<void> {
  turn ??= new Turn();
  const { over } = turn;
  turn.add();
  return over;
}
