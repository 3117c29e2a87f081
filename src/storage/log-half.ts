/** One of the two halves of a log of uploads (`upload-log.ts`): what it has room for, and how far what it holds has been settled. */
import { randomBytes } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { block_bytes, bootId, encodeHead, half_bytes, type LogHead, recordBytes_max, token_bytes } from './log-records.ts';
import { Settling } from './settling.ts';
import { writeFullyNow } from './write-fully.ts';

export class Half {
  readonly #fd: number;
  readonly #start: number;
  #used_bytes = block_bytes;
  #settling: Settling | undefined;
  /** Paths of what the uploads in it left in the bucket. */
  readonly files = new Set<string>();
  token: Uint8Array = new Uint8Array(token_bytes);
  epoch = 0;

  constructor(fd: number, start: number) {
    this.#fd = fd;
    this.#start = start;
  }

  get isEmpty(): boolean {
    return this.#used_bytes === block_bytes;
  }

  /** For all uploads that a thread carries out together. */
  get hasRoom(): boolean {
    return half_bytes - this.#used_bytes >= limits.writer_jobs_together_max * recordBytes_max;
  }

  /** Whether all of it has been settled in the background, and it is to be emptied. */
  get isDone(): boolean {
    return this.#settling?.isDone === true;
  }

  /** Answers a position in the file. */
  take(bytes: number): number {
    const position = this.#start + this.#used_bytes;
    this.#used_bytes += bytes;
    assert(this.#used_bytes <= half_bytes, 'there is room for all uploads that are carried out together');
    return position;
  }

  /** Raises the system's errors. */
  beginSettling(): void {
    this.#settling ??= new Settling(this.files);
  }

  /** Raises what was raised for a file. Blocks as long as it is not done. */
  endSettling(): void {
    const settling = this.#settling;
    this.#settling = undefined;
    settling?.end();
  }

  /** Raises the system's errors. */
  empty(): void {
    const next = { token: randomBytes(token_bytes), epoch: nextEpoch++ };
    this.writeHead({ ...next, isFailed: false });
    Object.assign(this, next);
    this.#used_bytes = block_bytes;
    this.files.clear();
  }

  /** Raises the system's errors. */
  writeHead({ isFailed, token = this.token, epoch = this.epoch }: Pick<LogHead, 'isFailed'> & Partial<LogHead>): void {
    const head = encodeHead({ boot: bootId ?? '', epoch, token, isFailed });
    writeFullyNow({ fd: this.#fd, position: this.#start }, [head]);
  }
}

/** Grows from log to log of this thread. */
let nextEpoch = 1;
