/** Objects, serializations and collecting for the engine's tests. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { limits } from '../../src/base/limits.ts';
import { encodeProgram } from '../../src/engine/program-bytes.ts';
import type { Engine, PreparedQuery, QueryObject, QueryRequest } from '../../src/engine/query.ts';
import { FrameDecoder } from '../../src/formats/event-stream.ts';
import type { CsvInput, CsvOutput } from '../../src/formats/format.ts';
import { compileQuery } from '../../src/sql/compile.ts';

export const csvInput: CsvInput = {
  format: 'csv',
  compression: 'none',
  header: 'none',
  recordDelimiter: '\n',
  fieldDelimiter: ',',
  quote: '"',
  escape: '"',
  comment: '#',
  allowQuotedRecordDelimiter: false,
};

export const csvOutput: CsvOutput = {
  format: 'csv',
  quoteFields: 'asneeded',
  recordDelimiter: '\n',
  fieldDelimiter: ',',
  quote: '"',
  escape: '"',
};

/** Lines `n,word,n * 7 % 1000` from 0 on. */
export function numberedLines(count: number): string {
  let text = '';
  for (let n = 0; n < count; n++) text += `${n},word${n % 13},${(n * 7) % 1000}\n`;
  return text;
}

let objects_made = 0;

/** An object in shared memory. */
export function memoryObject(content: string | Uint8Array): QueryObject {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const buffer = new SharedArrayBuffer(Math.max(1, bytes.length));
  new Uint8Array(buffer).set(bytes);
  objects_made++;
  return {
    ref: { kind: 'bytes', buffer, size: bytes.length },
    size: bytes.length,
    etag: `"memory-${objects_made}"`,
    stream: () => Readable.from(pieces(bytes)),
  };
}

/** An object in a file, read by descriptor; `close` when nothing reads it any more. */
export function fileObject(path: string, content: string | Uint8Array): QueryObject & { close(): void } {
  writeFileSync(path, content);
  const fd = openSync(path, 'r');
  const { size, stream } = memoryObject(content);
  objects_made++;
  return { ref: { kind: 'fd', fd, size }, size, etag: `"file-${objects_made}"`, stream, close: () => closeSync(fd) };
}

/** The same text, compressed; `members` of them in a row. */
export function gzipObject(text: string, members = 1): QueryObject {
  const bytes = Buffer.from(text);
  const step = Math.ceil(bytes.length / members);
  const parts = Array.from({ length: members }, (_, i) => gzipSync(bytes.subarray(i * step, (i + 1) * step), { level: 1 }));
  return { ...memoryObject(Buffer.concat(parts)), ref: null };
}

export type Ask = Partial<Omit<QueryRequest, 'object' | 'expression'>>;

export function prepare(engine: Engine, object: QueryObject, expression: string, ask: Ask = {}): Promise<PreparedQuery> {
  return engine.prepare({ object, expression, input: csvInput, output: csvOutput, sink: 'blocks', ...ask });
}

/** What a query returned before it ended, and the error that ended it. */
export interface Answer {
  readonly text: string;
  readonly error: unknown;
  readonly query: PreparedQuery | null;
}

/** Runs a query to its end. */
export async function ask(engine: Engine, object: QueryObject, expression: string, options: Ask = {}): Promise<Answer> {
  let query: PreparedQuery | null = null;
  const blocks: Uint8Array[] = [];
  try {
    query = await prepare(engine, object, expression, options);
    for await (const { bytes } of query.run()) blocks.push(bytes);
    return { text: Buffer.concat(blocks).toString(), error: null, query };
  } catch (error) {
    return { text: Buffer.concat(blocks).toString(), error, query };
  }
}

/** The records of a run with sink `frames`, and how many frames held them. */
export async function framesOf(query: PreparedQuery): Promise<{ text: string; payloads: Uint8Array[]; frame_bytes_max: number }> {
  const payloads: Uint8Array[] = [];
  let frame_bytes_max = 0;
  for await (const { bytes } of query.run()) {
    const decoder = new FrameDecoder();
    for (const frame of decoder.push(bytes)) {
      payloads.push(frame.payload);
      frame_bytes_max = Math.max(frame_bytes_max, frame.payload.length);
    }
    if (decoder.pending_bytes !== 0) throw new Error('a block holds whole frames');
  }
  return { text: Buffer.concat(payloads).toString(), payloads, frame_bytes_max };
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 256 * 1024) yield bytes.slice(at, at + 256 * 1024);
}

/** What a task carries out: a query of CSV without a header line, answered in CSV. */
export function csvProgram(expression: string, window_bytes: number): SharedArrayBuffer {
  const schema = { kind: 'positional', names: null } as const;
  return encodeProgram({
    plan: compileQuery(expression, schema),
    schema,
    parquet: null,
    input: csvInput,
    output: csvOutput,
    record_bytes_max: limits.record_bytes_max,
    kernels: 'simd',
    window_bytes,
  });
}
