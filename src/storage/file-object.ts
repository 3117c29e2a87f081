/** An open file as an object. Owns the descriptor; must not know buckets or sidecars. */

import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { assert } from '../base/assert.ts';
import type { ByteRange, RangeReader } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { isSameFile } from './file-version.ts';
import { closeFreeingAside } from './freeing.ts';
import { foreignEtag } from './metadata.ts';
import type { ObjectInfo } from './object.ts';
import { describe } from './object.ts';
import type { ObjectRef, OpenObject, StreamOptions } from './store.ts';

/** Takes over `fd`, whose `fstat` gave `stats`. */
export function openFileObject(fd: number, stats: BigIntStats, info: ObjectInfo): OpenObject {
  return new FileObject(fd, stats, info);
}

/**
 * Opens a file outside any store, following symbolic links: for the command line and the library.
 * Raises the system's error, or `InvalidArgument` for what is no regular file.
 */
export async function openFile(path: string): Promise<OpenObject> {
  // why: O_NONBLOCK, or opening a FIFO waits for its writer.
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const stats = fs.fstatSync(fd, { bigint: true });
  if (!stats.isFile()) {
    fs.closeSync(fd);
    throw new SelectError('InvalidArgument', { reason: 'not a regular file' });
  }
  const base = { key: path, size: Number(stats.size), etag: foreignEtag(stats), lastModified: stats.mtime };
  return new FileObject(fd, stats, { ...base, ...describe({}), checksum: undefined, parts: undefined });
}

const pieceBytes = 256 * 1024;
/** Up to here one call that blocks takes microseconds, less than a trip to the thread pool. */
const blockingReadBytes = 64 * 1024;

class FileObject implements OpenObject {
  readonly info: ObjectInfo;
  readonly ref: ObjectRef;
  readonly reader: RangeReader;
  readonly #fd: number;
  readonly #stats: BigIntStats;
  #readsUnderWay = 0;
  #closed = false;
  #onDrained: (() => void)[] = [];

  constructor(fd: number, stats: BigIntStats, info: ObjectInfo) {
    this.#fd = fd;
    this.#stats = stats;
    this.info = info;
    this.ref = { kind: 'fd', fd, size: info.size };
    this.reader = { size: info.size, etag: info.etag, read: (range, into) => this.#read(range, into) };
  }

  async *stream(
    range: ByteRange = { start: 0, end: this.info.size },
    signal?: AbortSignal,
    { piece_bytes = pieceBytes, turns = Number.POSITIVE_INFINITY }: StreamOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const end = Math.min(range.end, this.info.size);
    const given: Uint8Array[] = [];
    for (let start = range.start; start < end; start += piece_bytes) {
      signal?.throwIfAborted();
      const length = Math.min(piece_bytes, end - start);
      const piece = (given.length === turns ? given.shift() : undefined)?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
      if (turns < Number.POSITIVE_INFINITY) given.push(piece);
      const got = await this.#read({ start, end: start + piece.length }, piece);
      signal?.throwIfAborted();
      if (got < piece.length) throw new SelectError('OperationAborted');
      yield piece;
    }
  }

  isUnchanged(): boolean {
    assert(!this.#closed, 'an object is not asked after it is closed');
    return isSameFile(fs.fstatSync(this.#fd, { bigint: true }), this.#stats);
  }

  async close(): Promise<void> {
    if (this.#readsUnderWay > 0)
      await new Promise<void>((resolve) => {
        this.#closed = true;
        this.#onDrained.push(resolve);
      });
    else if (!this.#closed) closeFreeingAside(this.#fd, this.info.size);
    this.#closed = true;
  }

  async #read(range: ByteRange, into: Uint8Array): Promise<number> {
    assert(!this.#closed, 'an object is not read after it is closed');
    const length = Math.min(range.end, this.info.size) - range.start;
    if (length <= 0) return 0;
    assert(length <= into.length, 'the range fits the buffer');
    this.#readsUnderWay++;
    try {
      return await readFully(this.#fd, into, length, range.start);
    } finally {
      // why: a descriptor closed under a read may by then be another file.
      if (--this.#readsUnderWay === 0 && this.#closed) this.#drain();
    }
  }

  #drain(): void {
    closeFreeingAside(this.#fd, this.info.size);
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

async function readFully(fd: number, into: Uint8Array, length: number, position: number): Promise<number> {
  let done = 0;
  while (done < length) {
    const blocking = length - done <= blockingReadBytes;
    const got = blocking
      ? fs.readSync(fd, into, done, length - done, position + done)
      : await readSome(fd, into, done, length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

function readSome(fd: number, into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, offset, length, position, (error, got) => (error ? reject(error) : resolve(got)));
  });
}
