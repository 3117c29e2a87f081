/**
 * The last step of a query: results of tasks, in order, become blocks for the client. Sealed frames pass through; the
 * unsealed tails between them are joined, so that a sparse result is few frames and a small one exactly one.
 */
import { limits } from '../base/limits.ts';
import { framePayloadMax, recordsFrame } from '../formats/event-stream.ts';

/** Whole frames (sink `frames`) or whole records (sink `blocks`). */
export interface OutputBlock {
  readonly bytes: Uint8Array;
  /** The memory of `bytes` where it is used again: they hold until the next block is asked for. Only `flush_bytes` and more are. */
  readonly reused: ArrayBuffer | null;
}

export class TailJoiner {
  readonly #frames: boolean;
  readonly #reuses: boolean;
  readonly #blocks: OutputBlock[] = [];
  #tails: Uint8Array[] = [];
  #tail_bytes = 0;
  #due_ms: number | null = null;

  constructor(sink: 'frames' | 'blocks', reuses: boolean) {
    this.#frames = sink === 'frames';
    this.#reuses = reuses;
  }

  /** Output of one task: `sealed_bytes` of finished frames, then whole records. */
  accept(bytes: Uint8Array<ArrayBuffer>, sealed_bytes: number): void {
    const whole_bytes = !this.#frames && bytes.length >= limits.flush_bytes ? bytes.length : sealed_bytes;
    const isReused = this.#reuses && whole_bytes >= limits.flush_bytes;
    if (whole_bytes > 0) {
      this.flush();
      this.#blocks.push({ bytes: bytes.subarray(0, whole_bytes), reused: isReused ? bytes.buffer : null });
    }
    if (whole_bytes === bytes.length) return;
    // why: what waits must not lie in memory that is used again before it leaves.
    const tail = isReused ? bytes.slice(whole_bytes) : bytes.subarray(whole_bytes);
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
    if (this.#frames) for (const part of frameParts(records)) this.#blocks.push({ bytes: recordsFrame(part), reused: null });
    else this.#blocks.push({ bytes: records, reused: null });
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
