/** Room for texts that are made of values, one behind the other; forgotten together. */
export class TextArea {
  readonly #start: number;
  readonly end: number;
  /** Where the next text goes. */
  at: number;

  constructor(start: number, bytes: number) {
    this.#start = start;
    this.end = start + bytes;
    this.at = start;
  }

  /** Forgets all texts. */
  clear(): void {
    this.at = this.#start;
  }

  /** Address of `bytes` more; -1 when there is no room. */
  take(bytes: number): number {
    if (bytes > this.end - this.at) return -1;
    const { at } = this;
    this.at += bytes;
    return at;
  }
}

/** No room at all. */
export const NO_TEXTS = new TextArea(0, 0);
