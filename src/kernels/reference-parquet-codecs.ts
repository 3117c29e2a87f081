/** Plain twins: Snappy, LZ4 and its framing in Hadoop. Zstandard: `reference-parquet-zstd.ts`. */
import { DAMAGED, type ParquetCodecs } from './parquet-kernels.ts';
import { damage, damaged } from './reference-parquet-streams.ts';
import { zstd } from './reference-parquet-zstd.ts';

/** Bytes being read in order. */
class Input {
  readonly #bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, from: number, end: number) {
    this.#bytes = bytes;
    this.at = from;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    if (this.at >= this.end) damage();
    return this.#bytes[this.at++]!;
  }

  /** A little-endian number of `count` bytes. */
  number(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value += this.byte() * 256 ** i;
    return value;
  }

  take(count: number): Uint8Array {
    if (count > this.left) damage();
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }
}

/** Bytes being written in order, up to a bound. */
class Output {
  readonly #bytes: Uint8Array;
  readonly #from: number;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, from: number, end: number) {
    this.#bytes = bytes;
    this.#from = from;
    this.#end = end;
    this.at = from;
  }

  get written(): number {
    return this.at - this.#from;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length > this.#end - this.at) damage();
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  repeat(offset: number, length: number): void {
    if (offset === 0 || offset > this.written || length > this.#end - this.at) damage();
    for (let i = 0; i < length; i++) this.#bytes[this.at] = this.#bytes[this.at++ - offset]!;
  }
}

export function referenceCodecs(bytes: Uint8Array): ParquetCodecs {
  return {
    snappy: (from, end, into, intoEnd) =>
      damaged(() => {
        const input = new Input(bytes, from, end);
        let length = 0;
        for (let shift = 0, byte = 128; byte >= 128; shift += 7) {
          if (shift > 28) damage();
          byte = input.byte();
          length += (byte & 127) * 2 ** shift;
        }
        if (length > intoEnd - into) damage();
        const output = new Output(bytes, into, into + length);
        while (input.left > 0) snappyElement(input, output);
        return output.written === length ? length : DAMAGED;
      }),
    lz4: (from, end, into, intoEnd) =>
      damaged(() => {
        const output = new Output(bytes, into, intoEnd);
        lz4Block(new Input(bytes, from, end), output);
        return output.written;
      }),
    lz4Hadoop: (from, end, into, intoEnd) =>
      damaged(() => {
        const view = new DataView(bytes.buffer);
        let out = into;
        for (let at = from; at < end; ) {
          if (end - at < 4) damage();
          const stop = out + view.getUint32(at);
          at += 4;
          if (stop > intoEnd) damage();
          while (out < stop) {
            if (end - at < 4) damage();
            const size = view.getUint32(at);
            at += 4;
            if (size > end - at) damage();
            const output = new Output(bytes, out, stop);
            lz4Block(new Input(bytes, at, at + size), output);
            at += size;
            out = output.at;
          }
        }
        return out - into;
      }),
    zstd: (from, end, into, intoEnd) => damaged(() => zstd(bytes, from, end, into, intoEnd)),
  };
}

function snappyElement(input: Input, output: Output): void {
  const tag = input.byte();
  switch (tag & 3) {
    case 0: {
      const short = tag >> 2;
      output.append(input.take(1 + (short < 60 ? short : input.number(short - 59))));
      return;
    }
    case 1:
      output.repeat(((tag >> 5) << 8) + input.byte(), 4 + ((tag >> 2) & 7));
      return;
    case 2:
      output.repeat(input.number(2), 1 + (tag >> 2));
      return;
    default:
      output.repeat(input.number(4), 1 + (tag >> 2));
  }
}

/** Copies reach back to the start of the output. */
function lz4Block(input: Input, output: Output): void {
  const length = (short: number): number => {
    let sum = short;
    for (let byte = short === 15 ? 255 : 0; byte === 255; sum += byte) byte = input.byte();
    return sum;
  };
  for (;;) {
    const token = input.byte();
    output.append(input.take(length(token >> 4)));
    if (input.left === 0) return;
    const offset = input.number(2);
    output.repeat(offset, 4 + length(token & 15));
    if (input.left === 0) damage();
  }
}
