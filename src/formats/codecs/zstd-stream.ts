/** A Zstandard stream in memory of its own: libzstd as WebAssembly, out of the package `zstddec`. */
import { ZSTDDecoder } from 'zstddec/stream';
import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { type StreamResult, stream_task_bytes_max } from './stream-task.ts';

/** Of libzstd's exports those that are used. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): void;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

interface Instance {
  readonly exports: Exports;
  readonly input: number;
  readonly output: number;
  /** Two structs of pointer, size and position: of the output, then of the input. */
  readonly buffers: number;
}

const TEXT_BYTES = limits.codec_task_bytes;
const BUFFER_BYTES = 12;
/** Errors are the highest numbers, as negative ones. */
const ERROR_MAX = 120;
/** A memory that grew for a large window is not kept. */
const IDLE_MEMORY_BYTES_MAX = 32 * 1024 * 1024;
const IDLE_MAX = 2;

const idle: Instance[] = [];
let module: Promise<WebAssembly.Module> | undefined;

export class ZstdStream {
  readonly #instance: Instance;
  readonly #context: number;
  #length = 0;
  #at = 0;
  #complete = true;

  private constructor(instance: Instance) {
    this.#instance = instance;
    this.#context = instance.exports.ZSTD_createDCtx();
    assert(this.#context !== 0, 'a context fits a new memory');
  }

  static async open(): Promise<ZstdStream> {
    module ??= loadModule();
    const loaded = await module;
    return new ZstdStream(idle.pop() ?? instantiate(loaded));
  }

  /** Decodes on, with more compressed bytes or with what is left of those before. */
  decode(bytes: Uint8Array | null): StreamResult {
    const { exports, input, output, buffers } = this.#instance;
    if (bytes !== null) {
      assert(this.#at === this.#length && bytes.length <= stream_task_bytes_max, 'bytes are given when those before are used up');
      new Uint8Array(exports.memory.buffer).set(bytes, input);
      this.#at = 0;
      this.#length = bytes.length;
    }
    const words = [output, TEXT_BYTES, 0, input, this.#length, this.#at];
    new Uint32Array(exports.memory.buffer, buffers, words.length).set(words);
    let left: number;
    let text_bytes = 0;
    do {
      const before = [this.#at, text_bytes];
      left = exports.ZSTD_decompressStream(this.#context, buffers, buffers + BUFFER_BYTES);
      const after = new Uint32Array(exports.memory.buffer, buffers, words.length);
      text_bytes = after[2]!;
      this.#at = after[5]!;
      if (left < 0 && left >= -ERROR_MAX) return this.#result(text_bytes, false, -left);
      assert(this.#at > before[0]! || text_bytes > before[1]! || this.#at === this.#length, 'decoding gets on');
    } while (this.#at < this.#length && text_bytes < TEXT_BYTES);
    this.#complete = left === 0;
    // why: text that did not fit may be left inside of the decoder when all bytes are taken.
    return this.#result(text_bytes, this.#at < this.#length || text_bytes === TEXT_BYTES, null);
  }

  close(): void {
    const { exports } = this.#instance;
    exports.ZSTD_freeDCtx(this.#context);
    if (idle.length < IDLE_MAX && exports.memory.buffer.byteLength <= IDLE_MEMORY_BYTES_MAX) idle.push(this.#instance);
  }

  #result(text_bytes: number, more: boolean, failure: number | null): StreamResult {
    const { exports, output } = this.#instance;
    const bytes = new Uint8Array(exports.memory.buffer).slice(output, output + text_bytes);
    return { bytes, more, complete: this.#complete, failure };
  }
}

function instantiate(loaded: WebAssembly.Module): Instance {
  const imports = { env: { emscripten_notify_memory_growth() {} } };
  const exports = new WebAssembly.Instance(loaded, imports).exports as unknown as Exports;
  const [input, output, buffers] = [stream_task_bytes_max, TEXT_BYTES, 2 * BUFFER_BYTES].map((bytes) => exports.malloc(bytes));
  return { exports, input: input!, output: output!, buffers: buffers! };
}

/**
 * The module of the package. Its own wrapper is not used: it answers damaged data with an endless loop, keeps one memory for
 * all streams and never gives back that of a stream that is not read to its end.
 */
function loadModule(): Promise<WebAssembly.Module> {
  return new Promise((resolve, reject) => {
    class Loader extends ZSTDDecoder {
      override _init(result: { readonly module: WebAssembly.Module }): void {
        resolve(result.module);
      }
    }
    new Loader().init().catch(reject);
  });
}
