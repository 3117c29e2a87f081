/**
 * The last step of a query: results of tasks, in order, become blocks for the client. Sealed frames pass through; the
 * unsealed tails between them are joined, so that a sparse result is few frames and a small one exactly one.
 */
import { limits } from '../base/limits.ts';
import { framePayloadMax, recordsFrame } from '../formats/event-stream.ts';
import type { OutputMemory } from './output-memory.ts';

/** Whole frames (sink `frames`) or whole records (sink `blocks`). */
export interface OutputBlock {
  readonly bytes: Uint8Array;
  /** Of `bytes` where it is used again: they hold until the next block is asked for. Only `flush_bytes` and more are. */
  readonly memory: OutputMemory | null;
}

export class TailJoiner {
  readonly #frames: boolean;
  readonly #blocks: OutputBlock[] = [];
  #tails: Uint8Array[] = [];
  #tail_bytes = 0;
  #due_ms: number | null = null;

  constructor(sink: 'frames' | 'blocks') {
    this.#frames = sink === 'frames';
  }

  /** Output of a split: `sealed_bytes` of finished frames, then whole records. Its memory is released when it is not needed any more. */
  accept(bytes: Uint8Array, sealed_bytes: number, memory: OutputMemory | null): void {
    const whole_bytes = !this.#frames && bytes.length >= limits.flush_bytes ? bytes.length : sealed_bytes;
    // why: what waits must not lie in memory that is used again before it leaves.
    const part = (start: number, end: number): Uint8Array => (memory === null ? bytes.subarray(start, end) : bytes.slice(start, end));
    const isLent = memory !== null && whole_bytes >= limits.flush_bytes;
    if (whole_bytes > 0) {
      this.flush();
      this.#blocks.push(isLent ? { bytes: bytes.subarray(0, whole_bytes), memory } : { bytes: part(0, whole_bytes), memory: null });
    }
    if (whole_bytes < bytes.length) this.#addTail(part(whole_bytes, bytes.length));
    if (!isLent) memory?.release();
  }

  #addTail(tail: Uint8Array): void {
    if (this.#tail_bytes + tail.length > framePayloadMax) this.flush();
    this.#due_ms ??= performance.now() + limits.flush_ms;
    this.#tails.push(tail);
    this.#tail_bytes += tail.length;
    if (this.#tail_bytes >= limits.flush_bytes) this.flush();
  }

  /** Milliseconds until the oldest tail must leave (0 and less: now); null when there is none. */
  wait_ms(): number | null {
    return this.#due_ms === null ? null : this.#due_ms - performance.now();
  }

  /** Seals the tails. */
  flush(): void {
    const [first] = this.#tails;
    if (first === undefined) return;
    const records = this.#tails.length === 1 ? first : Buffer.concat(this.#tails, this.#tail_bytes);
    if (this.#frames) for (const part of frameParts(records)) this.#blocks.push({ bytes: recordsFrame(part), memory: null });
    else this.#blocks.push({ bytes: records, memory: null });
    this.#tails = [];
    this.#tail_bytes = 0;
    this.#due_ms = null;
  }

  /** Nothing is left to send, but for tails not yet sealed. */
  get empty(): boolean {
    return this.#blocks.length === 0;
  }

  /** Drops everything. */
  clear(): void {
    for (const { memory } of this.#blocks) memory?.release();
    this.#blocks.length = 0;
    this.#tails = [];
    this.#tail_bytes = 0;
    this.#due_ms = null;
  }

  /** The next block to send, or null. */
  shift(): OutputBlock | null {
    return this.#blocks.shift() ?? null;
  }
}

/** Records as payloads that fit a frame each: only a record longer than a frame is cut, and never within a character. */
function* frameParts(records: Uint8Array): Generator<Uint8Array, void, undefined> {
  let at = 0;
  while (records.length - at > framePayloadMax) {
    let end = at + framePayloadMax;
    while ((records[end]! & 0xc0) === 0x80) end--;
    yield records.subarray(at, end);
    at = end;
  }
  yield records.subarray(at);
}
