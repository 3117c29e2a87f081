/** Compressed bytes in the order they come, seen as one array: a bounded number of them is held until they are dropped. */
import { assert } from '../../base/assert.ts';

export class ByteQueue {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #buffer = new Uint8Array(256 * 1024);
  #from = 0;
  #to = 0;
  #ended = false;
  #reading: Promise<void> | null = null;
  /** What the source raised: it is raised again by whoever reads on. */
  #failure: { readonly error: unknown } | null = null;
  /** Where in the object the first byte held lies. */
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Bytes held. */
  get length(): number {
    return this.#to - this.#from;
  }

  /** The source has no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The bytes held, until the next call of anything. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Reads until `bytes` are held or the source ends; answers whether they are. Raises what the source raises. */
  async fill(bytes: number): Promise<boolean> {
    while (this.length < bytes && !this.#ended) await this.read();
    return this.length >= bytes;
  }

  /** Reads some more, once for all who ask at a time. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Drops the first bytes held. */
  skip(bytes: number): void {
    assert(bytes <= this.length, 'only bytes that are held are dropped');
    this.#from += bytes;
    this.offset += bytes;
  }

  /** Takes the first bytes held, as a copy. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(this.#from, this.#from + bytes);
    this.skip(bytes);
    return taken;
  }

  /** Ends the source too. */
  async close(): Promise<void> {
    this.#reading?.catch(() => {});
    await this.#iterator.return?.();
  }

  async #read(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    const { done, value } = await this.#iterator.next().catch((error: unknown) => {
      this.#failure = { error };
      throw error;
    });
    if (done === true) {
      this.#ended = true;
      return;
    }
    this.#makeRoom(value.length);
    this.#buffer.set(value, this.#to);
    this.#to += value.length;
  }

  #makeRoom(bytes: number): void {
    if (this.#to + bytes <= this.#buffer.length) return;
    const { length } = this;
    const held = this.#buffer.subarray(this.#from, this.#to);
    // why: with a quarter of the buffer free after each move, moving costs a constant for each byte.
    if (4 * (length + bytes) > 3 * this.#buffer.length) this.#buffer = new Uint8Array(2 * (length + bytes));
    this.#buffer.set(held, 0);
    this.#from = 0;
    this.#to = length;
  }
}
