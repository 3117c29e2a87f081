/**
 * Text that cannot be cut where it is stored (compressed, or a stream): it is read in order here and handed to workers in
 * pieces. Pieces end after a record delimiter, so they are scanned in parallel; where a delimiter need not end a record they
 * are chained: each begins with what the one before left over. Where pieces end depends on the text alone, never on timing.
 */
import { assert } from '../base/assert.ts';
import { freeMemory } from '../base/free-memory.ts';
import type { InputFormat } from '../formats/format.ts';
import { lastBoundary } from '../formats/json-boundary.ts';
import type { SplitFeed, SplitWork } from './feed.ts';
import type { PushedSource } from './task.ts';
import { copyOf, type TextStream } from './text-stream.ts';

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

export class PieceFeed implements SplitFeed {
  error: unknown = null;
  readonly #text: TextStream;
  readonly #options: PieceOptions;
  readonly #cutter: TextCutter;
  readonly #pieces: SplitWork[] = [];
  readonly #producing: Promise<void>;
  #offset = 0;
  /**
   * Where the next piece is cut at most: a multiple of the pieces' length, and so of the chunks' that zlib gives, which then move as
   * they are.
   */
  #reach = 0;
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
    const { parts } = piece.source as PushedSource;
    if (this.#awaited === piece) {
      this.#rest_bytes = piece.split.end - piece.split.start - consumed_bytes;
      this.#text.unread(copyOf(parts, consumed_bytes));
      this.#offset -= this.#rest_bytes;
      this.#awaited = null;
    }
    freeMemory(parts);
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
      const { dataStart, piece_bytes } = this.#options;
      await this.#text.fill(dataStart);
      this.#text.skip(Math.min(dataStart, this.#text.buffered_bytes));
      this.#offset = dataStart;
      this.#reach = piece_bytes * (1 + Math.floor(dataStart / piece_bytes));
      while (!this.#closed) {
        // Reading goes on while a worker finds out where the piece's last record ends.
        if (this.#awaited !== null) await this.#text.fill(piece_bytes + 1);
        // why: nobody wakes a feed that was closed while it read.
        if (this.#closed) break;
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

  /** The next piece, or null after the last. Raises what ended the text early, once all that came before has been cut. */
  async #cut(): Promise<SplitWork | null> {
    const { piece_bytes, record_bytes_max } = this.#options;
    const { lastRecordEnd, spare_bytes } = this.#cutter;
    // Long enough that its worker sees a record over the limit, whatever the delimiter.
    const longest_bytes = Math.max(piece_bytes, record_bytes_max + spare_bytes);
    // Beyond an unfinished record, so that every piece goes further than the one before.
    const first_bytes = Math.max(this.#reach - this.#offset, Math.min(2 * this.#rest_bytes, longest_bytes));
    for (let wanted = first_bytes; ; wanted = Math.min(2 * wanted, longest_bytes)) {
      // One more, to know whether this is the end.
      await this.#text.fill(wanted + 1);
      const bytes = Math.min(wanted, this.#text.buffered_bytes);
      const all = this.#text.ended && this.#text.buffered_bytes <= wanted;
      const last = all && this.#text.failure === null;
      if (all && bytes <= (last ? 0 : this.#rest_bytes)) return this.#nothingMore();
      // Before damage, a worker says where the last record ends.
      const end = last ? bytes : all || lastRecordEnd === null ? 0 : this.#text.lastEnd(bytes, lastRecordEnd);
      if (end > 0 || all || lastRecordEnd === null || wanted >= longest_bytes) {
        while (this.#reach <= this.#offset + wanted) this.#reach += piece_bytes;
        return this.#piece(end > 0 ? end : bytes, last, end === 0);
      }
    }
  }

  #nothingMore(): null {
    this.#text.check();
    return null;
  }

  #piece(bytes: number, last: boolean, open: boolean): SplitWork {
    const offset = this.#offset;
    const end = offset + bytes;
    this.#offset = end;
    this.#rest_bytes = 0;
    const split = { index: this.#index++, start: offset, end, first: true };
    const apart = !this.#open;
    this.#open = open;
    const source: PushedSource = { kind: 'pushed', parts: this.#text.take(bytes), offset, last };
    return { split, source, compressed_bytes: this.#text.compressed_bytes, apart };
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
    return {
      lastRecordEnd: input.type === 'document' ? null : (bytes) => Math.max(0, lastBoundary(bytes, bytes.length)),
      spare_bytes: 4096,
    };
  }
  assert(input.format === 'csv', 'Parquet is not read in order');
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
