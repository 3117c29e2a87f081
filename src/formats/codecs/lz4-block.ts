/** The part of LZ4 that any thread can do: a run of blocks of a frame. */
import { codecLayout, codecThread, xxh32_state_bytes } from '../../kernels/codecs.ts';

export interface Lz4Task {
  readonly codec: 'lz4';
  /** The frame's descriptor, with its checksum, in the frame's first task. */
  readonly descriptor: Uint8Array | null;
  /** Whole blocks as they stand in the frame: length, data, and a checksum if they have one. */
  readonly bytes: Uint8Array;
  readonly block_bytes_max: number;
  readonly blockChecksums: boolean;
  /** Text before, as far as matches may reach back to it; null where blocks stand alone. */
  readonly history: Uint8Array | null;
  /** State of the checksum of the frame's text; empty at its start, null where there is none. */
  readonly hash: Uint8Array | null;
}

export type Lz4Result =
  | { readonly failure: 'damaged' }
  | {
      readonly failure: null;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly history: Uint8Array | null;
      readonly hash: Uint8Array | null;
      /** The checksum of the frame's text so far. */
      readonly checksum: number;
    };

export function decodeLz4(task: Lz4Task): Lz4Result {
  const { decoders, bytes: memory, view } = codecThread();
  const { input, output, hash, history_bytes } = codecLayout;
  if (task.descriptor !== null && !isIntact(task.descriptor)) return { failure: 'damaged' };
  memory.set(task.bytes, input);
  const history = task.history ?? new Uint8Array(0);
  memory.set(history, output - history.length);
  let out = output;
  for (let at = input; at < input + task.bytes.length; ) {
    const size = view.getUint32(at, true);
    const data = at + 4;
    const end = data + (size & 0x7fff_ffff);
    const outEnd = out + task.block_bytes_max;
    let length: number;
    if (size >= 0x8000_0000) {
      memory.copyWithin(out, data, end);
      length = end - data;
    } else {
      length = decoders.lz4Block(data, end, task.history === null ? out : output - history.length, out, outEnd);
    }
    if (length < 0) return { failure: 'damaged' };
    if (task.blockChecksums && checksumOf(data, end) !== view.getUint32(end, true)) return { failure: 'damaged' };
    out += length;
    at = end + (task.blockChecksums ? 4 : 0);
  }
  const checksum = task.hash === null ? 0 : carryOn(task.hash, out);
  return {
    failure: null,
    bytes: memory.slice(output, out),
    history: task.history === null ? null : memory.slice(Math.max(output - history.length, out - history_bytes), out),
    hash: task.hash === null ? null : memory.slice(hash, hash + xxh32_state_bytes),
    checksum,
  };
}

/** The second byte of the descriptor's hash is its last byte. */
function isIntact(descriptor: Uint8Array): boolean {
  const { bytes: memory } = codecThread();
  const { input } = codecLayout;
  memory.set(descriptor, input);
  const length = descriptor.length - 1;
  return ((checksumOf(input, input + length) >>> 8) & 0xff) === descriptor[length];
}

function checksumOf(from: number, to: number): number {
  const { decoders } = codecThread();
  decoders.xxh32Start(codecLayout.hash);
  return decoders.xxh32(codecLayout.hash, from, to) >>> 0;
}

function carryOn(state: Uint8Array, to: number): number {
  const { decoders, bytes: memory } = codecThread();
  const { hash, output } = codecLayout;
  if (state.length === 0) decoders.xxh32Start(hash);
  else memory.set(state, hash);
  return decoders.xxh32(hash, output, to) >>> 0;
}
