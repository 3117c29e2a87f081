/** JSON text as it is written into the memory of a thread. What does not fit is not written, and the buffer is full from then on. */
import type { Memory } from '../../kernels/memory.ts';

export class JsonBuffer {
  readonly #memory: Memory;
  readonly #end: number;
  /** Where the next byte goes. */
  at: number;
  full = false;

  constructor(memory: Memory, start: number, bytes: number) {
    this.#memory = memory;
    this.at = start;
    this.#end = start + bytes;
  }

  byte(value: number): void {
    if (this.#has(1)) this.#memory.u8[this.at++] = value;
  }

  bytes(value: Uint8Array): void {
    if (!this.#has(value.length)) return;
    this.#memory.u8.set(value, this.at);
    this.at += value.length;
  }

  /** Copies bytes that are in the memory. */
  copy(from: number, length: number): void {
    if (!this.#has(length)) return;
    this.#memory.u8.copyWithin(this.at, from, from + length);
    this.at += length;
  }

  /** Writes UTF-8 in the memory as a string. */
  string(from: number, length: number): void {
    const { u8 } = this.#memory;
    if (!this.#has(ESCAPE_BYTES_MAX * length + 2)) return;
    let at = this.at;
    u8[at++] = QUOTE;
    for (let source = from; source < from + length; source++) {
      const byte = u8[source]!;
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) u8[at++] = byte;
      else at = this.#escape(byte, at);
    }
    u8[at++] = QUOTE;
    this.at = at;
  }

  /** Makes what was written since `from` the text of a string. */
  quote(from: number): void {
    const text = JSON.stringify(this.#memory.bytes.toString('utf8', from, this.at));
    this.at = from;
    this.bytes(Buffer.from(text));
  }

  #escape(byte: number, at: number): number {
    return at + this.#memory.bytes.write(JSON.stringify(String.fromCharCode(byte)).slice(1, -1), at, 'latin1');
  }

  #has(bytes: number): boolean {
    if (bytes > this.#end - this.at) this.full = true;
    return !this.full;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `\u001f` */
const ESCAPE_BYTES_MAX = 6;
