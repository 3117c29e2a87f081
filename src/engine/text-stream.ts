/** Bytes that come in order from an asynchronous source, buffered a bounded number ahead and taken in parts that can be moved. */
import { assert } from '../base/assert.ts';

export interface TextStreamOptions {
  /** Tells the compressed bytes consumed so far. */
  readonly compressed: () => number;
  /** Nobody else uses a chunk that fills its buffer. */
  readonly owned: boolean;
}

interface Chunk {
  readonly bytes: Uint8Array;
  /** Nobody else uses any byte of its buffer. */
  readonly owned: boolean;
}

export class TextStream {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #options: TextStreamOptions;
  #chunks: Chunk[] = [];
  #buffered_bytes = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(source: AsyncIterable<Uint8Array>, options: TextStreamOptions) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#options = options;
  }

  get compressed_bytes(): number {
    return this.#options.compressed();
  }

  get buffered_bytes(): number {
    return this.#buffered_bytes;
  }

  /** All of the source that can be had is in the buffer. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What ended the source before its end. What came before it is as good as any. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Raises what the source raised. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Reads until `bytes` are buffered or the source ends. */
  async fill(bytes: number): Promise<void> {
    while (this.#buffered_bytes < bytes && !this.#ended) {
      try {
        const { done, value } = await this.#iterator.next();
        if (done === true) this.#ended = true;
        else if (value.length > 0) this.#push(value);
      } catch (error) {
        this.#failure = { error };
        this.#ended = true;
      }
    }
  }

  /** A copy of the first `bytes`, or of all that are buffered. */
  peek(bytes: number): Uint8Array {
    return copyOf(this.#views(bytes));
  }

  /** The last of the ends that `find` knows of in the first `bytes`, 0 for none. `find` sees whole ends only, so a part may do. */
  lastEnd(bytes: number, find: (bytes: Uint8Array) => number): number {
    const views = this.#views(bytes);
    const last = views.at(-1);
    if (last === undefined) return 0;
    const end = find(last);
    if (end > 0) return bytes - last.length + end;
    return views.length === 1 ? 0 : find(copyOf(views));
  }

  /** Drops the first `bytes`. */
  skip(bytes: number): void {
    assert(bytes <= this.#buffered_bytes, 'only buffered bytes are skipped');
    for (let left = bytes; left > 0; ) {
      const { bytes: chunk, owned } = this.#chunks[0]!;
      if (chunk.length <= left) this.#chunks.shift();
      else this.#chunks[0] = { bytes: chunk.subarray(left), owned };
      left -= Math.min(left, chunk.length);
    }
    this.#buffered_bytes -= bytes;
  }

  /**
   * Takes the first `bytes`, in parts that have a buffer of their own each, so that they can be moved. Of a chunk that is cut the
   * shorter side is copied.
   */
  take(bytes: number): Uint8Array[] {
    assert(bytes <= this.#buffered_bytes, 'only buffered bytes are taken');
    const parts: Uint8Array[] = [];
    for (let left = bytes; left > 0; left -= parts.at(-1)!.length) {
      const foreign_bytes = this.#foreign_bytes(left);
      const { bytes: chunk } = this.#chunks[0]!;
      if (foreign_bytes > 0 || chunk.length > 2 * left) {
        const copy = this.peek(foreign_bytes || left);
        this.skip(copy.length);
        parts.push(copy);
        continue;
      }
      const part = chunk.subarray(0, left);
      const rest = chunk.subarray(part.length);
      this.#buffered_bytes -= chunk.length;
      this.#chunks.shift();
      this.unread(copyOf([rest]));
      parts.push(part);
    }
    return parts;
  }

  /** Puts bytes back in front. They are not to be used by anybody else. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift({ bytes, owned: true });
    this.#buffered_bytes += bytes.length;
  }

  async close(): Promise<void> {
    this.#chunks = [];
    this.#buffered_bytes = 0;
    await this.#iterator.return?.();
  }

  #push(bytes: Uint8Array): void {
    const { buffer } = bytes;
    const owned = this.#options.owned && bytes.length === buffer.byteLength && buffer instanceof ArrayBuffer;
    this.#chunks.push({ bytes, owned });
    this.#buffered_bytes += bytes.length;
  }

  /** The first `bytes`, where they are. */
  #views(bytes: number): Uint8Array[] {
    const views: Uint8Array[] = [];
    let left = bytes;
    for (const { bytes: chunk } of this.#chunks) {
      if (left === 0) break;
      const view = chunk.subarray(0, left);
      views.push(view);
      left -= view.length;
    }
    return views;
  }

  /** Of the first `bytes`, those before the first that may be moved. */
  #foreign_bytes(bytes: number): number {
    let foreign_bytes = 0;
    for (const { bytes: chunk, owned } of this.#chunks) {
      if (owned || foreign_bytes >= bytes) break;
      foreign_bytes += chunk.length;
    }
    return Math.min(foreign_bytes, bytes);
  }
}

/** A copy of `parts` from `start` on, in a buffer of its own. */
export function copyOf(parts: readonly Uint8Array[], start = 0): Uint8Array {
  let length = -start;
  for (const part of parts) length += part.length;
  const bytes = Buffer.allocUnsafeSlow(length);
  let skipped = start;
  let at = 0;
  for (const part of parts) {
    const copied = part.subarray(skipped);
    bytes.set(copied, at);
    at += copied.length;
    skipped -= part.length - copied.length;
  }
  return bytes;
}
