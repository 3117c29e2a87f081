/** LZ4 frames (lz4_Frame_format.md), one behind the other, with skippable ones between them. */
import { limits } from '../../base/limits.ts';
import type { Decoding } from './block.ts';
import { ByteQueue } from './byte-queue.ts';
import type { InflateStats } from './codec.ts';
import { damaged, notApplicable, truncated, unsupported } from './failures.ts';

/** The text of all frames, in parts of up to 4 MiB. */
export async function* unlz4(
  source: AsyncIterable<Uint8Array>,
  stats: InflateStats,
  decoding: Decoding,
): AsyncGenerator<Uint8Array, void, undefined> {
  const queue = new ByteQueue(source);
  try {
    for (let first = true; await queue.fill(1); first = false) {
      const magic = await magicOf(queue, first);
      if (magic >>> 4 === SKIPPABLE) await skipFrame(queue);
      else yield* frame(queue, stats, decoding);
      stats.compressed_bytes = queue.offset;
    }
  } finally {
    await queue.close();
  }
}

const NAME = 'LZ4';
const MAGIC = 0x184d2204;
const LEGACY = 0x184c2102;
/** Without its last four bits. */
const SKIPPABLE = 0x184d2a5;
/** The hash of nothing. */
const EMPTY_CHECKSUM = 0x02cc5d05;

async function magicOf(queue: ByteQueue, first: boolean): Promise<number> {
  await queue.fill(4);
  const { bytes, length } = queue;
  const known = [0x04, 0x22, 0x4d, 0x18];
  const begins = known.every(
    (byte, index) =>
      index >= length || bytes[index] === byte || (index === 0 && bytes[0]! >>> 4 === 5) || (index === 1 && bytes[1] === 0x2a),
  );
  const magic = length < 4 ? 0 : wordAt(bytes, 0);
  if (length < 4 && begins) throw truncated(NAME);
  if (magic === LEGACY) throw unsupported(NAME, 'Its old format, before frames, is not supported');
  if (magic !== MAGIC && magic >>> 4 !== SKIPPABLE) throw first ? notApplicable(NAME) : damaged(NAME, 'what follows a frame is not LZ4');
  return magic;
}

async function skipFrame(queue: ByteQueue): Promise<void> {
  if (!(await queue.fill(8))) throw truncated(NAME);
  let left = wordAt(queue.bytes, 4);
  queue.skip(8);
  while (left > 0) {
    if (!(await queue.fill(1))) throw truncated(NAME);
    const part = Math.min(left, queue.length);
    queue.skip(part);
    left -= part;
  }
}

interface Frame {
  readonly descriptor: Uint8Array;
  readonly linked: boolean;
  readonly blockChecksums: boolean;
  readonly contentChecksum: boolean;
  readonly contentBytes: bigint | null;
  readonly block_bytes_max: number;
}

async function* frame(queue: ByteQueue, stats: InflateStats, decoding: Decoding): AsyncGenerator<Uint8Array, void, undefined> {
  const head = await openFrame(queue);
  let { descriptor }: { descriptor: Uint8Array | null } = head;
  let history = head.linked ? new Uint8Array(0) : null;
  let hash = head.contentChecksum ? new Uint8Array(0) : null;
  let checksum = EMPTY_CHECKSUM;
  let text_bytes = 0n;
  for (let ended = false; !ended; ) {
    const blocks = await takeBlocks(queue, head);
    ({ ended } = blocks);
    if (blocks.bytes.length > 0 || descriptor !== null) {
      const { block_bytes_max, blockChecksums } = head;
      const task = { codec: 'lz4', descriptor, bytes: blocks.bytes, block_bytes_max, blockChecksums, history, hash } as const;
      const result = await decoding.block(task);
      if (result.failure !== null) throw damaged(NAME);
      ({ history, hash, checksum } = result as {
        history: Uint8Array<ArrayBuffer> | null;
        hash: Uint8Array<ArrayBuffer> | null;
        checksum: number;
      });
      descriptor = null;
      text_bytes += BigInt(result.bytes.length);
      stats.compressed_bytes = queue.offset;
      if (result.bytes.length > 0) yield result.bytes;
    }
    if (blocks.error !== null) throw blocks.error;
  }
  await closeFrame(queue, head, checksum, text_bytes);
}

async function openFrame(queue: ByteQueue): Promise<Frame> {
  if (!(await queue.fill(6))) throw truncated(NAME);
  const flags = queue.bytes[4]!;
  const sizes = queue.bytes[5]!;
  if (flags >>> 6 !== 1 || (flags & 2) !== 0 || (sizes & 0x8f) !== 0 || sizes >>> 4 < 4) throw damaged(NAME);
  if ((flags & 1) !== 0) throw unsupported(NAME, 'Dictionaries are not supported');
  const hasSize = (flags & 8) !== 0;
  const descriptor_bytes = 2 + (hasSize ? 8 : 0) + 1;
  if (!(await queue.fill(4 + descriptor_bytes))) throw truncated(NAME);
  queue.skip(4);
  const descriptor = queue.take(descriptor_bytes);
  return {
    descriptor,
    linked: (flags & 32) === 0,
    blockChecksums: (flags & 16) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentBytes: hasSize ? new DataView(descriptor.buffer).getBigUint64(2, true) : null,
    block_bytes_max: 1 << (2 * (sizes >>> 4) + 8),
  };
}

interface Blocks {
  readonly bytes: Uint8Array;
  /** The frame's end mark came behind them. */
  readonly ended: boolean;
  /** What is wrong behind them. */
  readonly error: Error | null;
}

/** Takes as many whole blocks as one task is to decode. What is wrong behind a block counts after it. */
async function takeBlocks(queue: ByteQueue, { block_bytes_max, blockChecksums }: Frame): Promise<Blocks> {
  const blocks_max = Math.max(1, Math.floor(limits.codec_task_bytes / block_bytes_max));
  let taken = 0;
  for (let blocks = 0; blocks < blocks_max; blocks++) {
    if (!(await queue.fill(taken + 4))) return { bytes: queue.take(taken), ended: false, error: truncated(NAME) };
    const size = wordAt(queue.bytes, taken);
    if (size === 0) {
      const bytes = queue.take(taken);
      queue.skip(4);
      return { bytes, ended: true, error: null };
    }
    const data_bytes = size & 0x7fff_ffff;
    if (data_bytes > block_bytes_max) return { bytes: queue.take(taken), ended: false, error: damaged(NAME) };
    const block_bytes = 4 + data_bytes + (blockChecksums ? 4 : 0);
    if (!(await queue.fill(taken + block_bytes))) return { bytes: queue.take(taken), ended: false, error: truncated(NAME) };
    taken += block_bytes;
  }
  return { bytes: queue.take(taken), ended: false, error: null };
}

async function closeFrame(queue: ByteQueue, { contentChecksum, contentBytes }: Frame, checksum: number, text_bytes: bigint): Promise<void> {
  if (contentBytes !== null && contentBytes !== text_bytes) throw damaged(NAME, 'a frame is not as long as it says');
  if (!contentChecksum) return;
  if (!(await queue.fill(4))) throw truncated(NAME);
  if (wordAt(queue.bytes, 0) !== checksum) throw damaged(NAME, 'its checksum does not match');
  queue.skip(4);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
