/** `select` as a program uses it: its sources, its results, and how a query ends. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { InputSerialization as SdkInput, OutputSerialization as SdkOutput } from '@aws-sdk/client-s3';
import t from 'tap';
import { type RangeReader, SelectError, type SelectOptions, select } from '../src/index.ts';

const airports = join(import.meta.dirname, '../../samples/airports.csv');
const bytes = readFileSync(airports);
const records = bytes.toString().trim().split('\n').length - 1;
// The SDK's own types are what `select` takes.
const input: SdkInput = { CSV: { FileHeaderInfo: 'USE' }, CompressionType: 'NONE' };
const output: SdkOutput = { CSV: {} };
const base = { expression: 'SELECT COUNT(*) AS n FROM S3Object', input, output, workers: 1 };

async function textOf(options: SelectOptions): Promise<string> {
  let text = '';
  for await (const block of await select(options)) text += Buffer.from(block).toString();
  return text;
}

function readerOf(data: Uint8Array): RangeReader {
  return {
    size: data.length,
    etag: '',
    read: async ({ start, end }, into) => {
      const part = data.subarray(start, Math.min(end, start + 10_000));
      into.set(part);
      return part.length;
    },
  };
}

async function* streamOf(data: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += 7001) yield data.subarray(at, at + 7001);
}

t.test('sources', async (t) => {
  const expected = `${records}\n`;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const zipped = gzipSync(bytes);
  const gzip = { ...input, CompressionType: 'GZIP' };
  t.equal(await textOf({ ...base, source: airports }), expected, 'a path');
  t.equal(await textOf({ ...base, source: bytes }), expected, 'a Buffer');
  t.equal(await textOf({ ...base, source: shared }), expected, 'shared memory');
  t.equal(await textOf({ ...base, source: readerOf(bytes) }), expected, 'a RangeReader');
  t.equal(await textOf({ ...base, source: streamOf(bytes) }), expected, 'a stream');
  t.equal(await textOf({ ...base, source: zipped, input: gzip }), expected, 'compressed bytes');
  t.equal(await textOf({ ...base, source: readerOf(zipped), input: gzip }), expected, 'a compressed RangeReader');
  t.equal(await textOf({ ...base, source: bytes, workers: 0 }), expected, 'without threads');
  t.equal(await textOf({ ...base, source: new Uint8Array(0) }), '0\n', 'nothing');
});

t.test('blocks whose memory is used again', async (t) => {
  const data = Buffer.from(Array.from({ length: 1_200_000 }, (_, row) => `${row},text ${row % 7}\n`).join(''));
  const plain: SdkInput = { CSV: { FileHeaderInfo: 'NONE' } };
  for (const workers of [0, 1]) {
    const query = { expression: 'SELECT * FROM S3Object', input: plain, output, workers, source: data };
    const copies: Buffer[] = [];
    const memories: ArrayBufferLike[] = [];
    for await (const block of await select({ ...query, reuseBlocks: true })) {
      copies.push(Buffer.from(block));
      memories.push(block.buffer);
    }
    t.ok(Buffer.concat(copies).equals(data), `${workers} workers: each block holds until the next`);
    if (workers === 0) t.ok(new Set(memories).size < memories.length, 'and its memory comes again');
    const kept: Uint8Array[] = [];
    for await (const block of await select(query)) kept.push(block);
    t.ok(Buffer.concat(kept).equals(data), `${workers} workers: blocks are the caller's without it`);
  }
});

t.test('scan ranges', async (t) => {
  const middle = Math.floor(bytes.length / 2);
  for (const source of [airports, bytes, readerOf(bytes)]) {
    const first = Number(await textOf({ ...base, source, scanRange: { Start: 0, End: middle } }));
    const second = Number(await textOf({ ...base, source, scanRange: { Start: middle } }));
    t.ok(first > 0 && second > 0);
    t.equal(first + second, records);
  }
  await t.rejects(select({ ...base, source: streamOf(bytes), scanRange: { Start: 1 } }), { code: 'UnsupportedScanRangeInput' });
});

t.test('columns and statistics', async (t) => {
  const result = await select({ ...base, source: airports, expression: 'SELECT s.iata, s.name AS "full name" FROM S3Object s' });
  t.same(result.columns, ['iata', 'full name']);
  for await (const block of result) t.equal(block.at(-1), 0x0a, 'a block is whole records');
  t.match(result.stats, { scanned_bytes: bytes.length, processed_bytes: bytes.length, rows: records });
});

t.test('errors', async (t) => {
  const failed = async (options: Partial<SelectOptions>, code: string): Promise<void> => {
    const error = await textOf({ ...base, source: bytes, ...options }).catch((raised: unknown) => raised);
    t.ok(error instanceof SelectError, code);
    t.equal((error as SelectError).code, code);
  };
  await failed({ expression: 'SELECT' }, 'ParseEmptySelect');
  await failed({ expression: 'SELECT CAST(s.name AS INT) FROM S3Object s' }, 'CastFailed');
  await failed({ input: { JSON: { Type: 'LINES' } } }, 'JSONParsingError');
  await failed({ input: { Parquet: {} } }, 'ParquetParsingError');
  await failed({ input: {} }, 'InvalidDataSource');
  await failed({ scanRange: { Start: 5, End: 1 } }, 'InvalidScanRange');
  await t.rejects(select({ ...base, source: '/nowhere/x.csv' }), { code: 'ENOENT' });
  await t.rejects(select({ ...base, source: bytes, workers: 0.5 }), RangeError);
  const broken: RangeReader = { size: 10, etag: '', read: () => Promise.reject(new Error('the disk is gone')) };
  await t.rejects(textOf({ ...base, source: broken }), /the disk is gone/);
});

t.test('ends early', async (t) => {
  const all = { ...base, expression: 'SELECT * FROM S3Object', source: bytes };
  for await (const block of await select(all)) {
    t.ok(block.length > 0);
    break;
  }
  const cancelled = await select(all);
  await cancelled.cancel();

  const controller = new AbortController();
  const reason = new Error('enough');
  const aborted = await select({ ...all, signal: controller.signal });
  controller.abort(reason);
  await t.rejects(async () => {
    for await (const _ of aborted);
  }, reason);
  await t.rejects(select({ ...all, signal: controller.signal }), reason, 'aborted before it began');

  const silent = async function* (): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < 100; piece++) yield bytes;
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  };
  const limited = { ...all, expression: 'SELECT s.iata FROM S3Object s LIMIT 1', source: silent() };
  t.match(await textOf(limited), /^\w+\n$/, 'LIMIT does not wait for a source that is silent');
  t.equal(await textOf({ ...base, source: bytes }), `${records}\n`, 'and the engine goes on');
});

t.test('a program that has its answer can exit', async (t) => {
  const index = join(import.meta.dirname, '../src/index.js');
  const program = `
    import { select } from ${JSON.stringify(index)};
    const result = await select({ source: ${JSON.stringify(airports)}, expression: 'SELECT COUNT(*) FROM S3Object',
      input: { CSV: { FileHeaderInfo: 'USE' } }, output: { CSV: {} } });
    for await (const block of result) process.stdout.write(block);`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 30_000 });
  t.same([status, stdout], [0, `${records}\n`]);
});
