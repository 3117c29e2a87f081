/**
 * The output of a task, written in place in the thread's memory: bare records, or event-stream frames whose payload is written
 * where the frame will stand, so that sealing copies nothing.
 */
import { limits } from '../base/limits.ts';
import { framePayloadMax, RECORDS_PREFIX_BYTES, sealRecordsFrame } from '../formats/event-stream.ts';
import type { Memory } from '../kernels/memory.ts';

const CRC_BYTES = 4;
/** A record delimiter is two characters at most; it does not count to the record's length. */
const DELIMITER_BYTES_MAX = 8;

/** What one split gave. */
export interface SplitOutput {
  /** Sealed frames, then a tail of whole records. */
  readonly bytes: Uint8Array;
  readonly sealed_bytes: number;
  /** Records bytes in the frames. */
  readonly payload_bytes: number;
}

/** Where it stands: the frames, then the tail. */
interface Stretch {
  readonly start: number;
  readonly sealedEnd: number;
  readonly tail: number;
  readonly end: number;
  readonly payload_bytes: number;
}

export class Output {
  readonly #memory: Memory;
  readonly #frames: boolean;
  readonly #bytes_max: number;
  readonly #record_bytes_max: number;
  /** Where the open frame (or block) begins. */
  #start: number;
  /** Where the output of the split under way begins, and that of those before it. */
  #splitStart: number;
  readonly #stretches: Stretch[] = [];
  /** Where the next record goes, and where its room ends. */
  at: number;
  end: number;
  /** Records bytes in sealed frames of the split under way. */
  #payload_bytes = 0;

  constructor(memory: Memory, sink: 'frames' | 'blocks', output_bytes_max: number, record_bytes_max: number) {
    this.#memory = memory;
    this.#frames = sink === 'frames';
    this.#bytes_max = Math.min(output_bytes_max, limits.task_output_bytes_max);
    this.#record_bytes_max = record_bytes_max;
    this.#start = memory.layout.output;
    this.#splitStart = this.#start;
    this.at = 0;
    this.end = 0;
    this.#open();
  }

  /** Nothing more may be written: the task returns. */
  get full(): boolean {
    return (this.#frames ? this.#start : this.at) - this.#memory.layout.output >= this.#bytes_max;
  }

  /** Where the room of the next record ends: no result record may be longer than the longest record read. */
  get recordEnd(): number {
    return Math.min(this.end, this.at + this.#record_bytes_max + DELIMITER_BYTES_MAX);
  }

  /** Nothing has been written since the last frame was sealed. */
  get isEmpty(): boolean {
    return this.at === this.#payloadStart();
  }

  /** Makes room for a record that did not fit: seals the frame. False when the output is full. */
  makeRoom(): boolean {
    if (!this.#frames) return false;
    this.#seal();
    if (this.full) return false;
    this.#open();
    return true;
  }

  /**
   * Writes a record that no empty frame can hold: into scratch, then cut into frames at characters. `write` writes it between two
   * addresses and answers its end, or -1. False when it is longer than a result record may be.
   */
  writeLong(write: (at: number, end: number) => number): boolean {
    const { layout, u8 } = this.#memory;
    const room = this.#record_bytes_max + DELIMITER_BYTES_MAX;
    const scratch = layout.output + layout.output_bytes - room;
    const end = write(scratch, scratch + room);
    if (end < 0) return false;
    if (!this.isEmpty && this.#frames) this.#seal();
    for (let from = scratch; from < end; ) {
      let to = Math.min(end, from + (this.#frames ? framePayloadMax : end - from));
      while (to < end && (u8[to]! & 0xc0) === 0x80) to--;
      this.#open();
      u8.copyWithin(this.at, from, to);
      this.at += to - from;
      if (this.#frames && to < end) this.#seal();
      from = to;
    }
    return true;
  }

  /** Ends the output of a split; that of the next one comes behind it. A tail worth a frame of its own is sealed here, in the worker. */
  endSplit(): void {
    if (this.#frames && this.at - this.#payloadStart() >= limits.flush_bytes) {
      this.#seal();
      this.#open();
    }
    const tail = this.#payloadStart();
    const stretch = { start: this.#splitStart, sealedEnd: this.#start, tail, end: this.at, payload_bytes: this.#payload_bytes };
    this.#stretches.push(stretch);
    if (this.at > tail) this.#start = this.at;
    this.#splitStart = this.#start;
    this.#payload_bytes = 0;
    if (!this.full) this.#open();
  }

  /** What each split gave, copied out of the memory, into `spare` where it is large enough. */
  finish(spare: SharedArrayBuffer | undefined): SplitOutput[] {
    const { u8 } = this.#memory;
    const lengths = this.#stretches.map(({ start, sealedEnd, tail, end }) => sealedEnd - start + end - tail);
    const length = lengths.reduce((sum, one) => sum + one, 0);
    const buffer = spare !== undefined && spare.byteLength >= length ? spare : new ArrayBuffer(length);
    let next = 0;
    return this.#stretches.map(({ start, sealedEnd, tail, end, payload_bytes }, index) => {
      const bytes = new Uint8Array(buffer, next, lengths[index]!);
      const sealed_bytes = sealedEnd - start;
      copyTo(buffer, next, u8.subarray(start, sealedEnd));
      copyTo(buffer, next + sealed_bytes, u8.subarray(tail, end));
      next += bytes.length;
      return { bytes, sealed_bytes, payload_bytes };
    });
  }

  #payloadStart(): number {
    return this.#frames ? this.#start + RECORDS_PREFIX_BYTES : this.#start;
  }

  #open(): void {
    const { layout } = this.#memory;
    if (this.#frames) {
      this.at = this.#payloadStart();
      this.end = this.#start + limits.frame_bytes_max - CRC_BYTES;
    } else if (this.at === 0) {
      this.at = this.#start;
      this.end = layout.output + this.#bytes_max + this.#record_bytes_max + DELIMITER_BYTES_MAX;
    }
  }

  #seal(): void {
    const length = this.at - this.#payloadStart();
    if (length === 0) return;
    this.#payload_bytes += length;
    this.#start = sealRecordsFrame(this.#memory.u8, this.#start, length);
    this.at = this.#payloadStart();
  }
}

/** Copies bytes: `set` goes to shared memory word by word, and byte by byte where words do not meet. */
function copyTo(buffer: ArrayBuffer | SharedArrayBuffer, at: number, bytes: Uint8Array): void {
  if (bytes.length > 0) Buffer.from(buffer, at, bytes.length).fill(bytes);
}
