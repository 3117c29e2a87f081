/** Files and standard input, queried in this process. A pipe is not stored: it is scanned as it comes. */
import { createReadStream, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { Socket } from 'node:net';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { limits } from '../base/limits.ts';
import { select } from '../index.ts';
import { openFile } from '../storage/file-object.ts';
import { PlainError, reasonOf } from './failure.ts';
import type { Answer, InputRequest, Prefix, QueryInput } from './query-input.ts';

/** A file by its path, or standard input for `-`. Raises `PlainError` for what cannot be read. */
export function localInput(target: string, workers: number | undefined): QueryInput {
  if (target === '-') {
    if (process.stdin.isTTY) throw new PlainError('standard input is a terminal: pipe something into it');
    // Redirected from a file, it can be read at any place and from every thread.
    if (process.platform !== 'win32' && fstatSync(0).isFile()) return new FileInput('/dev/fd/0', fstatSync(0).size, workers);
    return new StreamInput(process.stdin, workers);
  }
  const stats = statOf(target);
  if (stats.isDirectory()) throw new PlainError(`cannot read ${target}: is a directory`);
  return stats.isFile() ? new FileInput(target, stats.size, workers) : new StreamInput(openStream(target, stats), workers);
}

/** The bytes of a local file in order, for as long as they are asked for. */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openFile(path);
  try {
    yield* file.stream();
  } finally {
    await file.close();
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new PlainError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

function openStream(path: string, stats: Stats): Readable {
  // why: a socket's reads hold no thread, and a thread that waits for a silent pipe would keep the process from exiting.
  return stats.isFIFO() ? new Socket({ fd: openSync(path, 'r'), readable: true, writable: false }) : createReadStream(path);
}

class FileInput implements QueryInput {
  readonly #path: string;
  readonly #size: number;
  readonly #workers: number | undefined;

  constructor(path: string, size: number, workers: number | undefined) {
    this.#path = path;
    this.#size = size;
    // A file of one split keeps one thread busy, and starting others takes longer than scanning it.
    this.#workers = workers ?? (size <= limits.split_bytes ? 0 : undefined);
  }

  total_bytes(): number {
    return this.#size;
  }

  async prefix(bytes_max: number): Promise<Prefix> {
    const file = await this.#readable(openFile(this.#path));
    try {
      const bytes = new Uint8Array(Math.min(bytes_max, file.info.size));
      const read = await file.reader.read({ start: 0, end: bytes.length }, bytes);
      return { bytes: bytes.subarray(0, read), atEnd: read === file.info.size };
    } finally {
      await file.close();
    }
  }

  run(request: InputRequest): Promise<Answer> {
    return this.#readable(answer(this.#path, request, this.#workers));
  }

  async #readable<T>(opened: Promise<T>): Promise<T> {
    try {
      return await opened;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== 'open') throw error;
      throw new PlainError(`cannot read ${this.#path}: ${reasonOf(error)}`);
    }
  }
}

class StreamInput implements QueryInput {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #workers: number | undefined;
  #read: Uint8Array[] = [];

  constructor(stream: Readable, workers: number | undefined) {
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#workers = workers;
  }

  total_bytes(): null {
    return null;
  }

  async prefix(bytes_max: number): Promise<Prefix> {
    let read_bytes = this.#read.reduce((sum, { length }) => sum + length, 0);
    while (read_bytes < bytes_max) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return { bytes: Buffer.concat(this.#read), atEnd: true };
      this.#read.push(value);
      read_bytes += value.length;
    }
    return { bytes: Buffer.concat(this.#read), atEnd: false };
  }

  run(request: InputRequest): Promise<Answer> {
    return answer(this.#bytes(), request, this.#workers);
  }

  async *#bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    const read = this.#read;
    this.#read = [];
    yield* read;
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return;
      yield value;
    }
  }
}

async function answer(source: string | AsyncIterable<Uint8Array>, request: InputRequest, workers: number | undefined): Promise<Answer> {
  const result = await select({ source, ...request, workers, reuseBlocks: true });
  return { columns: result.columns, stats: result.stats, blocks: result };
}
