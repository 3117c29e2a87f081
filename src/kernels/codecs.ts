/**
 * The block decoders of a thread (`assembly/codecs`), made when the thread first decodes something. Their memory is their
 * own: it is divided once, never grown, and holds nothing between two tasks.
 */
import { readFileSync } from 'node:fs';
import { limits } from '../base/limits.ts';

/** The decoders; addresses are of `bytes`. */
export interface BlockDecoders {
  /** 0: opened; 1: the input ends inside the block; 2: the block is damaged. */
  bzip2Open(from: number, to: number, bit: number, block_bytes_max: number, work: number): number;
  /** The bit behind the opened block. */
  bzip2End(): number;
  /** Writes the next bytes of the opened block; fewer than fit only at its end. */
  bzip2Output(from: number, to: number): number;
  /** The checksum the block carries. */
  bzip2Crc(): number;
  /** Whether what was written, once it is all, has that checksum. */
  bzip2Intact(): number;
  /** Bytes written, or -1: no valid block, or more than fits. Matches reach back to `history`. */
  lz4Block(from: number, to: number, history: number, out: number, outEnd: number): number;
  /** Bytes written, or -1: no valid block, or not as long as the room for it. */
  snappyBlock(from: number, to: number, out: number, outEnd: number): number;
  crc32c(from: number, to: number): number;
  xxh32Start(state: number): void;
  /** Takes bytes in; the hash of all of them so far. */
  xxh32(state: number, from: number, to: number): number;
}

export interface CodecThread {
  readonly decoders: BlockDecoders;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

/** Addresses in the memory of the decoders. */
export const codecLayout = layOut();

/** Bytes of the state of an xxHash32. */
export const xxh32_state_bytes = 44;

let thread: CodecThread | undefined;

export function codecThread(): CodecThread {
  thread ??= instantiate();
  return thread;
}

function layOut() {
  /** Decoders may read or write so far past what they are given. */
  const guard = 256;
  /** Bytes below are the module's own data. */
  const input = 128 * 1024;
  const hash = input + limits.codec_input_bytes_max + guard;
  const history = hash + 64;
  const history_bytes = 64 * 1024;
  const output = history + history_bytes;
  const work = output + limits.codec_output_bytes_max + guard;
  const work_bytes = 4 * limits.bzip2_block_bytes_max + guard;
  return { input, hash, history, history_bytes, output, work, pages: Math.ceil((work + work_bytes) / 65_536) };
}

function instantiate(): CodecThread {
  const module = new WebAssembly.Module(readFileSync(new URL('./codecs.wasm', import.meta.url)));
  const memory = new WebAssembly.Memory({ initial: codecLayout.pages, maximum: codecLayout.pages });
  const decoders = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as BlockDecoders;
  return { decoders, bytes: new Uint8Array(memory.buffer), view: new DataView(memory.buffer) };
}
