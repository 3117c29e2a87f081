/**
 * Text that cannot be cut where it is stored (compressed, or a stream): it is read in order here and handed to workers in
 * pieces. Pieces end after a record delimiter, so they are scanned in parallel; where a delimiter need not end a record they
 * are chained: each begins with what the one before left over. Where pieces end depends on the text alone, never on timing.
 */
import { assert } from '../base/assert.ts';
import type { InputFormat } from '../formats/format.ts';
import { lastBoundary } from '../formats/json-boundary.ts';
import type { SplitFeed, SplitWork } from './feed.ts';

/** Bytes read in order from an asynchronous source, a bounded number ahead. */
export class TextStream {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #compressed: () => number;
  #chunks: Uint8Array[] = [];
  #buffered_bytes = 0;
  #ended = false;

  /** `compressed` tells the compressed bytes consumed so far. */
  constructor(source: AsyncIterable<Uint8Array>, compressed: () => number) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#compressed = compressed;
  }

  get compressed_bytes(): number {
    return this.#compressed();
  }

  get buffered_bytes(): number {
    return this.#buffered_bytes;
  }

  /** All of the source is in the buffer. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Reads until `bytes` are buffered or the source ends. Raises what the source raises. */
  async fill(bytes: number): Promise<void> {
    while (this.#buffered_bytes < bytes && !this.#ended) {
      const { done, value } = await this.#iterator.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) {
        this.#chunks.push(value);
        this.#buffered_bytes += value.length;
      }
    }
  }

  /** Copies the first buffered bytes, as many as fit. */
  peek(into: Uint8Array): number {
    let at = 0;
    for (const chunk of this.#chunks) {
      if (at === into.length) break;
      const part = chunk.length <= into.length - at ? chunk : chunk.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
    }
    return at;
  }

  /** Drops the first `bytes` buffered bytes. */
  skip(bytes: number): void {
    assert(bytes <= this.#buffered_bytes, 'only buffered bytes are skipped');
    this.#buffered_bytes -= bytes;
    let left = bytes;
    let whole = 0;
    for (const chunk of this.#chunks) {
      if (chunk.length > left) break;
      left -= chunk.length;
      whole++;
    }
    this.#chunks.splice(0, whole);
    if (left > 0) this.#chunks[0] = this.#chunks[0]!.subarray(left);
  }

  /** Puts bytes back in front. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.#buffered_bytes += bytes.length;
  }

  async close(): Promise<void> {
    this.#chunks = [];
    await this.#iterator.return?.();
  }
}

export interface PieceOptions {
  readonly input: InputFormat;
  /** Where the records begin. */
  readonly dataStart: number;
  readonly piece_bytes: number;
  readonly record_bytes_max: number;
  /** Pieces cut before they are asked for. */
  readonly ahead: number;
  /** Called when `next` has more to say than `wait`. */
  readonly onReady: () => void;
}

type Pushed = Extract<SplitWork['source'], { kind: 'pushed' }>;

export class PieceFeed implements SplitFeed {
  error: unknown = null;
  readonly #text: TextStream;
  readonly #options: PieceOptions;
  readonly #cutter: TextCutter;
  readonly #pieces: SplitWork[] = [];
  /** Buffers of pieces that are done. Shared memory: a piece may have to be scanned twice, so it is never moved. */
  readonly #buffers: SharedArrayBuffer[] = [];
  readonly #producing: Promise<void>;
  #offset = 0;
  #index = 0;
  #ended = false;
  #closed = false;
  #wake: (() => void) | null = null;
  /** The piece whose worker must say where its last record ends before the next one is cut. */
  #awaited: SplitWork | null = null;
  /** The piece before was cut inside a record. */
  #open = false;
  /** What the piece before left over, in front of the buffered text. */
  #rest_bytes = 0;

  constructor(text: TextStream, options: PieceOptions) {
    this.#text = text;
    this.#options = options;
    this.#cutter = textCutter(options.input);
    this.#producing = this.#produce();
  }

  next(): SplitWork | 'wait' | 'end' {
    const piece = this.#pieces.shift();
    if (piece === undefined) return this.#ended ? 'end' : 'wait';
    this.#resume();
    return piece;
  }

  done(piece: SplitWork, consumed_bytes: number): void {
    const { bytes } = piece.source as Pushed;
    if (this.#awaited === piece) {
      this.#rest_bytes = bytes.length - consumed_bytes;
      this.#text.unread(bytes.slice(consumed_bytes));
      this.#offset -= this.#rest_bytes;
      this.#awaited = null;
    }
    const buffer = bytes.buffer as SharedArrayBuffer;
    if (buffer.byteLength === this.#options.piece_bytes) this.#buffers.push(buffer);
    this.#resume();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#resume();
    await this.#text.close().catch(() => {});
    await this.#producing;
  }

  async #produce(): Promise<void> {
    try {
      await this.#text.fill(this.#options.dataStart);
      this.#text.skip(Math.min(this.#options.dataStart, this.#text.buffered_bytes));
      this.#offset = this.#options.dataStart;
      while (!this.#closed) {
        // Reading goes on while a worker finds out where the piece's last record ends.
        if (this.#awaited !== null) await this.#text.fill(this.#options.piece_bytes + 1);
        if (this.#awaited !== null || this.#pieces.length >= this.#options.ahead) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        const piece = await this.#cut();
        if (piece === null) break;
        if (this.#open) this.#awaited = piece;
        this.#pieces.push(piece);
        this.#options.onReady();
      }
    } catch (error) {
      this.error = error;
    }
    this.#ended = true;
    if (!this.#closed) this.#options.onReady();
  }

  #resume(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** The next piece, or null after the last. */
  async #cut(): Promise<SplitWork | null> {
    const { piece_bytes, record_bytes_max } = this.#options;
    // Long enough that its worker sees a record over the limit, whatever the delimiter.
    const longest_bytes = Math.max(piece_bytes, record_bytes_max + this.#cutter.spare_bytes);
    // Beyond an unfinished record, so that every piece goes further than the one before.
    const first_bytes = Math.max(piece_bytes, Math.min(2 * this.#rest_bytes, longest_bytes));
    for (let wanted = first_bytes; ; wanted = Math.min(2 * wanted, longest_bytes)) {
      // One more, to know whether this is the end.
      await this.#text.fill(wanted + 1);
      const last = this.#text.ended && this.#text.buffered_bytes <= wanted;
      if (last && this.#text.buffered_bytes === 0) return null;
      const bytes = this.#buffer(Math.min(wanted, this.#text.buffered_bytes));
      this.#text.peek(bytes);
      const end = last ? bytes.length : (this.#cutter.lastRecordEnd?.(bytes) ?? 0);
      if (end > 0 || this.#cutter.lastRecordEnd === null || wanted === longest_bytes) {
        return this.#piece(end > 0 ? bytes.subarray(0, end) : bytes, last, end === 0);
      }
    }
  }

  #piece(bytes: Uint8Array, last: boolean, open: boolean): SplitWork {
    const offset = this.#offset;
    const end = offset + bytes.length;
    this.#text.skip(bytes.length);
    this.#offset = end;
    const split = { index: this.#index++, start: offset, end, first: true };
    const apart = !this.#open;
    this.#open = open;
    return { split, source: { kind: 'pushed', bytes, offset, last }, compressed_bytes: this.#text.compressed_bytes, apart };
  }

  #buffer(bytes: number): Uint8Array {
    const { piece_bytes } = this.#options;
    if (bytes > piece_bytes) return new Uint8Array(new SharedArrayBuffer(bytes));
    return new Uint8Array(this.#buffers.pop() ?? new SharedArrayBuffer(piece_bytes), 0, bytes);
  }
}

/** How a format's text is cut. */
interface TextCutter {
  /** Offset behind the last record that ends for certain, 0 for none. Null: only a worker knows where records end. */
  readonly lastRecordEnd: ((bytes: Uint8Array) => number) | null;
  /** Beyond the longest record, so that a worker sees one that is too long. */
  readonly spare_bytes: number;
}

function textCutter(input: InputFormat): TextCutter {
  if (input.format === 'json') {
    return { lastRecordEnd: input.type === 'document' ? null : (bytes) => Math.max(0, lastBoundary(bytes, bytes.length)), spare_bytes: 4096 };
  }
  const { recordDelimiter, allowQuotedRecordDelimiter } = input;
  const delimiter = Buffer.from(recordDelimiter);
  // why: in a run of a delimiter that can overlap itself the last match need not be a match of the reader's.
  const overlaps = recordDelimiter.length > 1 && recordDelimiter.startsWith(recordDelimiter.slice(-1));
  const lastRecordEnd = (bytes: Uint8Array): number => {
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(delimiter);
    return at < 0 ? 0 : at + delimiter.length;
  };
  return { lastRecordEnd: allowQuotedRecordDelimiter || overlaps ? null : lastRecordEnd, spare_bytes: 2 * delimiter.length + 2 };
}
