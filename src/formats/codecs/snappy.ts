/**
 * Snappy in the three forms in which objects come: the framing format (framing_format.txt), Hadoop's blocks (as Spark and Hive
 * write text), and, for small objects, one raw block.
 */
import { limits } from '../../base/limits.ts';
import type { Decoding } from './block.ts';
import { ByteQueue } from './byte-queue.ts';
import type { InflateStats } from './codec.ts';
import { damaged, notApplicable, truncated, unsupported } from './failures.ts';
import { inOrder } from './in-order.ts';
import { rawLength, type SnappyTask, snappy_chunk_bytes_max } from './snappy-block.ts';

/** The text, in parts of up to 8 MiB. */
export async function* unsnappy(
  source: AsyncIterable<Uint8Array>,
  stats: InflateStats,
  decoding: Decoding,
): AsyncGenerator<Uint8Array, void, undefined> {
  const queue = new ByteQueue(source);
  const run = async ({ task, offset, failure }: Part): Promise<Decoded> => {
    const result = await decoding.block(task);
    if (result.failure !== null) throw failure;
    return { bytes: result.bytes, offset };
  };
  try {
    for await (const { bytes, offset } of inOrder(parts(queue), run, decoding.ahead)) {
      stats.compressed_bytes = offset;
      if (bytes.length > 0) yield bytes;
    }
    stats.compressed_bytes = queue.offset;
  } finally {
    await queue.close();
  }
}

const NAME = 'SNAPPY';
const STREAM_IDENTIFIER = Buffer.from('\xff\x06\0\0sNaPpY', 'latin1');
const CHUNK = { compressed: 0x00, uncompressed: 0x01, skippable: 0x80, identifier: 0xff } as const;
/** Of a block that did not get shorter: its length, and a tag for every 60 bytes or so. */
const raw_bytes_max = (text_bytes: number): number => 32 + text_bytes + Math.floor(text_bytes / 6);
/** Hadoop's own is 256 KiB. */
const HADOOP_BLOCK_BYTES_MAX = 64 * 1024 * 1024;

interface Part {
  readonly task: SnappyTask;
  /** Where in the object it ends. */
  readonly offset: number;
  /** What it means when it cannot be decoded. */
  readonly failure: Error;
}

interface Decoded {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

async function* parts(queue: ByteQueue): AsyncGenerator<Part, void, undefined> {
  await queue.fill(20);
  const { bytes, length } = queue;
  if (length === 0) return;
  const known = Math.min(length, STREAM_IDENTIFIER.length);
  if (STREAM_IDENTIFIER.compare(bytes, 0, known, 0, known) === 0) yield* chunks(queue);
  else if (isHadoop(bytes)) yield* hadoopBlocks(queue);
  else yield* rawBlock(queue);
}

async function* chunks(queue: ByteQueue): AsyncGenerator<Part, void, undefined> {
  const data_bytes_max = limits.codec_task_bytes / snappy_chunk_bytes_max;
  for (let taken = 0, count = 0; ; ) {
    const whole = await chunkBehind(queue, taken);
    const data = whole.kind === 'data';
    if (data) {
      taken += whole.bytes;
      count++;
    }
    if (count > 0 && (!data || count === data_bytes_max)) {
      yield { task: { codec: 'snappy', form: 'framed', bytes: queue.take(taken) }, offset: queue.offset, failure: damaged(NAME) };
      taken = 0;
      count = 0;
    }
    if (whole.kind === 'end') return;
    if (whole.kind === 'wrong') throw whole.error;
    if (whole.kind === 'skip') await skipChunk(queue);
  }
}

type Chunk =
  | { readonly kind: 'data'; readonly bytes: number }
  | { readonly kind: 'skip' | 'end' }
  | { readonly kind: 'wrong'; readonly error: Error };

/** The chunk behind the first `taken` bytes; data are there as a whole. */
async function chunkBehind(queue: ByteQueue, taken: number): Promise<Chunk> {
  if (!(await queue.fill(taken + 4))) return queue.length === taken ? { kind: 'end' } : { kind: 'wrong', error: truncated(NAME) };
  const type = queue.bytes[taken]!;
  const length = queue.bytes[taken + 1]! | (queue.bytes[taken + 2]! << 8) | (queue.bytes[taken + 3]! << 16);
  if (type === CHUNK.identifier) {
    const whole = await queue.fill(taken + STREAM_IDENTIFIER.length);
    if (!whole) return { kind: 'wrong', error: truncated(NAME) };
    const same = STREAM_IDENTIFIER.compare(queue.bytes, taken, taken + STREAM_IDENTIFIER.length) === 0;
    return same ? { kind: 'skip' } : { kind: 'wrong', error: damaged(NAME) };
  }
  if (type >= CHUNK.skippable) return { kind: 'skip' };
  const compressed = type === CHUNK.compressed;
  if (!compressed && type !== CHUNK.uncompressed) return { kind: 'wrong', error: damaged(NAME, `chunks of type ${type} are not known`) };
  const length_max = 4 + (compressed ? raw_bytes_max(snappy_chunk_bytes_max) : snappy_chunk_bytes_max);
  if (length < 4 || length > length_max) return { kind: 'wrong', error: damaged(NAME) };
  return (await queue.fill(taken + 4 + length)) ? { kind: 'data', bytes: 4 + length } : { kind: 'wrong', error: truncated(NAME) };
}

async function skipChunk(queue: ByteQueue): Promise<void> {
  let left = 4 + (queue.bytes[1]! | (queue.bytes[2]! << 8) | (queue.bytes[3]! << 16));
  while (left > 0) {
    if (!(await queue.fill(1))) throw truncated(NAME);
    const part = Math.min(left, queue.length);
    queue.skip(part);
    left -= part;
  }
}

/** Lengths of the text and of the first block, most significant byte first, then a raw block that is no longer. */
function isHadoop(bytes: Uint8Array): boolean {
  if (bytes.length < 9) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const text_bytes = view.getUint32(0);
  const block_bytes = view.getUint32(4);
  if (text_bytes === 0 || text_bytes > HADOOP_BLOCK_BYTES_MAX || block_bytes === 0 || block_bytes > raw_bytes_max(text_bytes)) return false;
  const head = rawLength(bytes, 8);
  return head !== null && head.length > 0 && head.length <= text_bytes;
}

async function* hadoopBlocks(queue: ByteQueue): AsyncGenerator<Part, void, undefined> {
  const word = async (): Promise<number> => {
    if (!(await queue.fill(4))) throw truncated(NAME);
    const { bytes } = queue;
    const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    queue.skip(4);
    return value;
  };
  while (await queue.fill(1)) {
    for (let left = await word(); left > 0; ) {
      const block_bytes = await word();
      if (block_bytes > limits.codec_input_bytes_max) throw damaged(NAME);
      if (!(await queue.fill(block_bytes))) throw truncated(NAME);
      const head = rawLength(queue.bytes.subarray(0, block_bytes), 0);
      if (head === null || head.length === 0 || head.length > left) throw damaged(NAME);
      if (head.length > limits.codec_output_bytes_max) throw unsupported(NAME, 'A block is longer than is decoded here');
      left -= head.length;
      yield { task: { codec: 'snappy', form: 'raw', bytes: queue.take(block_bytes) }, offset: queue.offset, failure: damaged(NAME) };
    }
  }
}

/** One block is decoded as a whole, so its length is bounded. */
async function* rawBlock(queue: ByteQueue): AsyncGenerator<Part, void, undefined> {
  const head = rawLength(queue.bytes, 0);
  if (head === null) throw notApplicable(NAME);
  if (head.length > limits.codec_output_bytes_max) {
    throw notApplicable(NAME, 'Objects without frames may be 8 MiB long; larger ones need the framing format.');
  }
  const object_bytes_max = Math.min(raw_bytes_max(head.length), limits.codec_input_bytes_max);
  if (await queue.fill(object_bytes_max + 1)) throw notApplicable(NAME);
  yield { task: { codec: 'snappy', form: 'raw', bytes: queue.take(queue.length) }, offset: queue.offset, failure: notApplicable(NAME) };
}
