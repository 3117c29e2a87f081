/**
 * The library: `select` runs a query over a file, bytes in memory, or whatever reads like an object, in this process and its
 * worker threads. The command line's `s3lect query` is a caller of it.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteRange, RangeReader } from './base/bytes.ts';
import { SelectError } from './base/errors.ts';
import { Engine, type PreparedQuery, type QueryObject, type QueryStats } from './engine/query.ts';
import {
  type InputSerialization,
  type OutputSerialization,
  resolveInput,
  resolveOutput,
  resolveScanRange,
  type ScanRangeMember,
} from './formats/serialization.ts';
import { openFile } from './storage/file-object.ts';
import { openBytes } from './storage/memory.ts';
import type { OpenObject } from './storage/store.ts';

export type { ByteRange, RangeReader } from './base/bytes.ts';
export { type ErrorCode, type ErrorParams, SelectError } from './base/errors.ts';
export type { QueryStats } from './engine/query.ts';
export type { InputSerialization, OutputSerialization, ScanRangeMember as ScanRange } from './formats/serialization.ts';

export interface SelectOptions {
  /**
   * The path of a file; bytes; anything that reads ranges; or a stream of bytes. A reader or stream is read once, from its
   * beginning, as the query goes, and a stream takes no `scanRange`. Parquet is not read in order: of a reader or stream of it,
   * and of a reader with a `scanRange`, a temporary copy is queried. A file must not be changed while it is queried.
   */
  readonly source: string | Uint8Array | RangeReader | AsyncIterable<Uint8Array>;
  /** The SQL. */
  readonly expression: string;
  /** As in the AWS SDK's `SelectObjectContentCommand`. */
  readonly input: InputSerialization;
  /** As in the AWS SDK's `SelectObjectContentCommand`. */
  readonly output: OutputSerialization;
  readonly scanRange?: ScanRangeMember | undefined;
  /** All of a JSON text is held to the grammar, not only what the query reads or writes of it. */
  readonly strictJson?: boolean | undefined;
  /**
   * A block holds only until the next one is asked for: its memory, which may be a SharedArrayBuffer, is then used again. For who
   * writes or copies each block before the next, large results come faster; who keeps blocks leaves it off.
   */
  readonly reuseBlocks?: boolean | undefined;
  /** Aborting it makes the iteration throw the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Worker threads, shared by all queries that ask for as many. 0 uses none: the query runs in this thread, in turns of about 25 ms.
   * Absent: one for each core this process may use, and none where that is one, since a second thread could only wait for it.
   */
  readonly workers?: number | undefined;
}

/** A query ready to run. It holds its source open until it is iterated to an end or cancelled. */
export interface SelectResult extends AsyncIterable<Uint8Array> {
  /** Names of the output columns; null where each record has its own. */
  readonly columns: readonly string[] | null;
  /** Grows while the result is iterated. */
  readonly stats: Readonly<QueryStats>;
  /** The output, once, in blocks of whole records. Raises `SelectError`. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void, undefined>;
  /** Ends the query, iterated or not. */
  cancel(): Promise<void>;
}

/** Prepares a query: raises a `SelectError` for all that is wrong with it before its first byte of output. */
export async function select(options: SelectOptions): Promise<SelectResult> {
  const { expression, signal, workers = workersDefault() } = options;
  const input = resolveInput(options.input, options.strictJson);
  const output = resolveOutput(options.output);
  const scanRange = resolveScanRange(options.scanRange, input);
  if (!Number.isInteger(workers) || workers < 0) throw new RangeError('workers is the number of threads, 0 or more');
  signal?.throwIfAborted();
  const { object, close } = await openSource(options, scanRange !== null, input.format === 'parquet');
  try {
    const request = { object, expression, input, output, scanRange, sink: 'blocks' as const, reuses: options.reuseBlocks === true };
    const prepared = await engineOf(workers).prepare(signal === undefined ? request : { ...request, signal });
    return resultOf(prepared, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function workersDefault(): number {
  const cores = availableParallelism();
  return cores === 1 ? 0 : cores;
}

const engines = new Map<number, Engine>();

/** Made when it is first asked for; its idle threads do not keep the process alive. */
function engineOf(workers: number): Engine {
  const engine = engines.get(workers) ?? new Engine({ workers });
  engines.set(workers, engine);
  return engine;
}

function resultOf(prepared: PreparedQuery, close: () => Promise<void>): SelectResult {
  const iterate = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const { bytes } of prepared.run()) yield bytes;
    } finally {
      await close();
    }
  };
  return {
    columns: prepared.columns,
    stats: prepared.stats,
    [Symbol.asyncIterator]: iterate,
    cancel: async () => {
      await prepared.cancel();
      await close();
    },
  };
}

interface Source {
  readonly object: QueryObject;
  close(): Promise<void>;
}

/** `ranged`: a part of it is read; `scattered`: its parts are not read in order. */
function openSource({ source, signal }: SelectOptions, ranged: boolean, scattered: boolean): Source | Promise<Source> {
  if (typeof source === 'string') return openPath(source);
  if (source instanceof Uint8Array) return sourceOf(openBytes(source));
  if (!('read' in source && 'size' in source)) return scattered ? openSpooled(stoppable(source, signal)) : openStream(source);
  // why: the engine's workers cannot call a reader of this thread; parts of it are read fastest from where they can.
  return ranged || scattered ? openSpooled(readerPieces(source, undefined, signal)) : openReader(source);
}

async function openPath(path: string): Promise<Source> {
  return sourceOf(await openFile(path));
}

function sourceOf(object: OpenObject): Source {
  const { ref, info } = object;
  return { object: { ref, size: info.size, etag: info.etag, stream: object.stream.bind(object) }, close: () => object.close() };
}

function openReader(reader: RangeReader): Source {
  const { size, etag } = reader;
  const object = { ref: null, size, etag, stream: (range?: ByteRange, signal?: AbortSignal) => readerPieces(reader, range, signal) };
  return { object, close: () => Promise.resolve() };
}

async function* readerPieces(
  reader: RangeReader,
  { start, end }: ByteRange = { start: 0, end: reader.size },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; ) {
    signal?.throwIfAborted();
    const piece = new Uint8Array(Math.min(piece_bytes, end - at));
    const got = await reader.read({ start: at, end: at + piece.length }, piece);
    if (got === 0) throw new SelectError('InternalError', {}, { cause: new Error(`the reader ended at byte ${at} of ${reader.size}`) });
    yield piece.subarray(0, got);
    at += got;
  }
}

/** A copy of a source, in a temporary file that has no name any more. */
async function openSpooled(pieces: AsyncIterable<Uint8Array>): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 's3lect-'));
  try {
    const path = join(folder, 'object');
    await pipeline(Readable.from(pieces), createWriteStream(path, { mode: 0o600 }));
    return await openPath(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function openStream(source: AsyncIterable<Uint8Array>): Source {
  const object: QueryObject = { ref: null, size: 0, etag: '', stream: (_, signal) => stoppable(source, signal) };
  return { object, close: () => Promise.resolve() };
}

/** Ends when the signal is aborted, even while the source has nothing to say: a pipe may be silent for ever. */
async function* stoppable(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let stop: (reason: unknown) => void = () => {};
  signal?.addEventListener('abort', () => stop(signal.reason), { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, reject);
      });
      if (done === true) return;
      yield value;
    }
  } finally {
    // why: not awaited, for a generator ends only after the read it is in.
    iterator.return?.().catch(() => {});
  }
}

const piece_bytes = 1024 * 1024;
