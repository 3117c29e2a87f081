/** GZIP (RFC 1952) by zlib, which works on a thread of its own: it is kept busy while what it gave is used. */
import { createGunzip, type Gunzip } from 'node:zlib';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { InflateStats } from './codec.ts';

/**
 * A piece of the source is done with before as many others are asked for, so it may be overwritten then: while zlib takes it,
 * one more is read.
 */
export const GUNZIP_TURNS = 2;

/** The text, in chunks of `gunzip_piece_bytes` (the last is shorter) that have a buffer of their own each. */
export async function* gunzip(source: AsyncIterable<Uint8Array>, stats: InflateStats): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = new Inflater(source);
  try {
    for (let chunk = await inflater.next(); chunk !== null; chunk = await inflater.next()) {
      stats.compressed_bytes = chunk.compressed_bytes;
      yield chunk.bytes;
    }
    stats.compressed_bytes = inflater.compressed_bytes;
  } catch (error) {
    throw zlibError(error, stats);
  } finally {
    await inflater.close();
  }
}

/** Chunks inflated ahead of the reader. */
const AHEAD_MAX = 2;

interface Chunk {
  readonly bytes: Uint8Array;
  /** Compressed bytes read up to the end of it. */
  readonly compressed_bytes: number;
}

class Inflater {
  readonly #stream: Gunzip = createGunzip({ chunkSize: limits.gunzip_piece_bytes });
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #chunks: Chunk[] = [];
  /** What zlib gave of the chunk that it is still filling. */
  #filling: Uint8Array | null = null;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #onChange: (() => void) | null = null;
  readonly #feeding: Promise<void>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#stream.on('data', (part: Uint8Array) => this.#accept(part));
    this.#stream.on('end', () => this.#end());
    this.#stream.on('error', (error) => this.#fail(error));
    this.#feeding = this.#feed();
  }

  get compressed_bytes(): number {
    return this.#stream.bytesWritten;
  }

  /** Null after the last. Raises what ended the data early, after all that came before. */
  async next(): Promise<Chunk | null> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        if (this.#chunks.length < AHEAD_MAX && this.#stream.isPaused()) this.#stream.resume();
        return chunk;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    await this.#iterator.return?.().catch(() => {});
    await this.#feeding;
  }

  async #feed(): Promise<void> {
    try {
      for (let reading = this.#read(); ; ) {
        const { done, value } = await reading;
        if (this.#stream.destroyed) return;
        if (done === true) break;
        // While zlib takes this piece the next one is read.
        reading = this.#read();
        await this.#write(value);
      }
      this.#stream.end();
    } catch (error) {
      // What was read before is inflated first.
      if (!this.#stream.destroyed) this.#stream.write(new Uint8Array(0), () => this.#stream.destroy(error as Error));
    }
  }

  #read(): Promise<IteratorResult<Uint8Array>> {
    const reading = this.#iterator.next();
    // why: it is awaited later, and must not count as unhandled until then.
    reading.catch(() => {});
    return reading;
  }

  /** Settles when zlib has taken all of the piece or has been closed. */
  #write(piece: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.once('close', resolve);
      this.#stream.write(piece, () => {
        this.#stream.off('close', resolve);
        resolve();
      });
    });
  }

  /** zlib goes on in the buffer it gave a part of, until that is full. */
  #accept(part: Uint8Array): void {
    const before = this.#filling;
    if (before !== null && before.buffer !== part.buffer) this.#deliver();
    const start = this.#filling?.byteOffset ?? part.byteOffset;
    const end = part.byteOffset + part.length;
    this.#filling = new Uint8Array(part.buffer, start, end - start);
    if (end === part.buffer.byteLength) this.#deliver();
  }

  #deliver(): void {
    if (this.#filling === null) return;
    this.#chunks.push({ bytes: this.#filling, compressed_bytes: this.#stream.bytesWritten });
    this.#filling = null;
    if (this.#chunks.length >= AHEAD_MAX) this.#stream.pause();
    this.#change();
  }

  #end(): void {
    this.#deliver();
    this.#ended = true;
    this.#change();
  }

  #fail(error: unknown): void {
    // why: an error ends the flow before what was inflated ahead of it, and whether there is any depends on timing.
    for (let part = this.#stream.read(); part !== null; part = this.#stream.read()) this.#accept(part as Uint8Array);
    this.#deliver();
    // An empty object inflates to nothing.
    if (this.#stream.bytesWritten > 0 || !isZlibError(error, 'Z_BUF_ERROR')) this.#failure = { error };
    this.#ended = true;
    this.#change();
  }

  #change(): void {
    this.#onChange?.();
    this.#onChange = null;
  }
}

function zlibError(error: unknown, stats: InflateStats): unknown {
  if (isZlibError(error, 'Z_BUF_ERROR')) return new SelectError('TruncatedInput', { compression: 'GZIP' }, { cause: error });
  if (!isZlibError(error, 'Z_DATA_ERROR')) return error;
  const begun = stats.inflated_bytes > 0 || !error.message.includes('incorrect header check');
  const hint = begun ? { hint: 'The GZIP data is damaged.' } : {};
  return new SelectError('InvalidCompressionFormat', { compression: 'GZIP', ...hint }, { cause: error });
}

function isZlibError(error: unknown, code: string): error is Error {
  return error instanceof Error && 'code' in error && error.code === code;
}
