/**
 * Bzip2, its blocks decoded in parallel. Where blocks begin is nowhere written: their 48-bit magic is looked for at every bit,
 * and what seems to be a block is decoded ahead. The magic may also occur inside of a block by chance or by design. So each
 * block is believed only when the one before ends where it begins; one that was cut short by a false magic is decoded again.
 */
import { limits } from '../../base/limits.ts';
import type { Decoding } from './block.ts';
import { ByteQueue } from './byte-queue.ts';
import type { Bzip2Result } from './bzip2-block.ts';
import { type Marker, markerAt, scanMarkers } from './bzip2-markers.ts';
import type { InflateStats } from './codec.ts';
import { damaged, notApplicable, truncated } from './failures.ts';

/** The text of all streams of a bzip2 object, in parts of at most 2 MiB. Zeros behind the last stream are padding. */
export async function* bunzip2(
  source: AsyncIterable<Uint8Array>,
  stats: InflateStats,
  decoding: Decoding,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new Bzip2Reader(new ByteQueue(source), decoding);
  try {
    for (;;) {
      const part = await reader.next();
      stats.compressed_bytes = reader.compressed_bytes;
      if (part === null) return;
      yield part;
    }
  } finally {
    await reader.close();
  }
}

const NAME = 'BZIP2';
const STREAM_HEADER_BYTES = 4;
/** A marker, its 32-bit checksum, and up to seven bits before them. */
const MARKER_BYTES = 11;

class Bzip2Reader {
  readonly #queue: ByteQueue;
  readonly #decoding: Decoding;
  /** Absolute bit of what comes next; null where a stream begins or the object ends. */
  #at: number | null = null;
  /** All markers found from there on. */
  readonly #markers: Marker[] = [];
  /** Absolute byte from which on markers are still to be found. */
  #scanned = 0;
  /** Decoding under way, by the absolute bit where the block seems to begin. */
  readonly #ahead = new Map<number, Promise<Bzip2Result>>();
  #streams = 0;
  #crc = 0;
  /** Text given so far of a block that has more. */
  #given_bytes = 0;

  constructor(queue: ByteQueue, decoding: Decoding) {
    this.#queue = queue;
    this.#decoding = decoding;
  }

  get compressed_bytes(): number {
    return this.#at === null ? this.#queue.offset : Math.floor(this.#at / 8);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  /** The next part of the text, null at the end. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#at === null && !(await this.#openStream())) return null;
      const at = this.#at!;
      this.#queue.skip(Math.floor(at / 8) - this.#queue.offset);
      const complete = await this.#queue.fill(MARKER_BYTES);
      const marker = markerAt(this.#queue.bytes, at % 8);
      if (marker === 'block') return this.#block(at);
      if (marker === 'end') this.#endStream(at);
      else throw complete || marker === null ? damaged(NAME) : truncated(NAME);
    }
  }

  async #openStream(): Promise<boolean> {
    const first = this.#streams === 0;
    await this.#queue.fill(STREAM_HEADER_BYTES);
    const head = this.#queue.bytes.subarray(0, STREAM_HEADER_BYTES);
    if (head.length === 0) return false;
    if (!first && head[0] === 0) return this.#padding();
    if (!isStreamHeader(head)) throw first ? notApplicable(NAME) : damaged(NAME, 'what follows its end is not bzip2');
    if (head.length < STREAM_HEADER_BYTES) throw truncated(NAME);
    this.#queue.skip(STREAM_HEADER_BYTES);
    this.#streams++;
    this.#crc = 0;
    this.#at = 8 * this.#queue.offset;
    this.#scanned = Math.max(this.#scanned, this.#queue.offset);
    return true;
  }

  async #padding(): Promise<boolean> {
    while (await this.#queue.fill(1)) {
      if (this.#queue.bytes.some((byte) => byte !== 0)) throw damaged(NAME, 'what follows its end is not bzip2');
      this.#queue.skip(this.#queue.length);
    }
    return false;
  }

  #endStream(at: number): void {
    const bytes = Math.ceil(((at % 8) + 48 + 32) / 8);
    if (this.#queue.length < bytes) throw truncated(NAME);
    if (wordAt(this.#queue.bytes, (at % 8) + 48) !== this.#crc) throw damaged(NAME, 'its checksum does not match');
    this.#queue.skip(bytes);
    this.#forget(8 * this.#queue.offset);
    this.#at = null;
  }

  async #block(at: number): Promise<Uint8Array> {
    let result = await this.#decodeAhead(at);
    if (result.failure === 'short') {
      await this.#queue.fill(limits.bzip2_block_compressed_bytes_max);
      result = await this.#decode(at, at + 8 * limits.bzip2_block_compressed_bytes_max);
    }
    if (result.failure !== null) throw result.failure === 'short' && this.#queue.ended ? truncated(NAME) : damaged(NAME);
    if (result.more) {
      this.#given_bytes += result.bytes.length;
      this.#ahead.delete(at);
      return result.bytes;
    }
    this.#given_bytes = 0;
    this.#crc = (((this.#crc << 1) | (this.#crc >>> 31)) ^ result.crc) >>> 0;
    const end = at + result.bits;
    this.#at = end;
    this.#forget(end);
    return result.bytes;
  }

  /** The result of the block at `at`; while it is waited for, blocks behind it are found and begun. */
  async #decodeAhead(at: number): Promise<Bzip2Result> {
    while (!this.#begin(at)) await this.#queue.read();
    const head = this.#ahead.get(at)!;
    const settled = (): boolean => true;
    const done = head.then(settled, settled);
    const held_bytes_max = limits.bzip2_block_compressed_bytes_max + this.#decoding.ahead * limits.bzip2_block_bytes_max;
    for (;;) {
      for (const { bit, kind } of this.#markers) {
        if (bit > at && kind === 'block' && this.#ahead.size < this.#decoding.ahead) this.#begin(bit);
      }
      if (this.#ahead.size >= this.#decoding.ahead || this.#queue.ended || this.#queue.length > held_bytes_max) return head;
      // why: what cannot be read counts when its turn comes, not while there are blocks before it.
      const read = this.#queue.read().then(
        () => false,
        () => true,
      );
      if (await Promise.race([done, read])) return head;
    }
  }

  /** Begins to decode what seems a block, unless it is begun; false while its end is not known. */
  #begin(at: number): boolean {
    if (this.#ahead.has(at)) return true;
    const { bytes, offset, ended, length } = this.#queue;
    this.#scanned = scanMarkers(bytes, offset, this.#scanned, this.#markers);
    const end = this.#markers.find(({ bit }) => bit > at)?.bit ?? at + 8 * limits.bzip2_block_compressed_bytes_max;
    if (end > 8 * (offset + length) && !ended) return false;
    const decoded = this.#decode(at, end);
    decoded.catch(() => {});
    this.#ahead.set(at, decoded);
    return true;
  }

  /** Decodes the block at bit `at` from the bytes held up to bit `end`. */
  #decode(at: number, end: number): Promise<Bzip2Result> {
    const { bytes, offset } = this.#queue;
    const slice = bytes.slice(Math.floor(at / 8) - offset, Math.ceil(end / 8) - offset);
    const head = at === this.#at;
    return this.#decoding.block({ codec: 'bzip2', bytes: slice, bit: at % 8, skip_bytes: head ? this.#given_bytes : 0 });
  }

  /** Drops what was found and begun before bit `at`: it is delivered, or was no block. */
  #forget(at: number): void {
    const first = this.#markers.findIndex(({ bit }) => bit >= at);
    this.#markers.splice(0, first < 0 ? this.#markers.length : first);
    for (const begun of this.#ahead.keys()) if (begun < at) this.#ahead.delete(begun);
  }
}

function isStreamHeader(head: Uint8Array): boolean {
  const [b = 0x42, z = 0x5a, h = 0x68, level = 0x39] = head;
  return b === 0x42 && z === 0x5a && h === 0x68 && level >= 0x31 && level <= 0x39;
}

/** The 32 bits from `bit` on. */
function wordAt(bytes: Uint8Array, bit: number): number {
  let word = 0;
  for (let index = bit; index < bit + 32; index++) word = (word << 1) | ((bytes[index >> 3]! >> (7 - (index & 7))) & 1);
  return word >>> 0;
}
