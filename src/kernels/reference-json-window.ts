/** A window of JSON, indexed one byte at a time: which bytes are in strings, where brackets close. */
import { limits } from '../base/limits.ts';
import { jsonFlag } from './json-kernels.ts';
import { indexFlag } from './kernels.ts';
import type { Memory } from './memory.ts';
import { isCloser, isOpener, scalarEnd, unescape } from './reference-json-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

export class JsonWindow {
  readonly memory: Memory;
  base = 0;
  limit = 0;
  /** Address of the first control character in a string, or -1. */
  controlAt = -1;
  endsInString = false;
  endsEscaped = false;
  flags = 0;
  /** By byte: in a string, from its opening quote up to the closing one, that not included. */
  #inside = new Uint8Array(0);

  constructor(memory: Memory) {
    this.memory = memory;
  }

  index(base: number, size: number, inString: boolean, escaped: boolean, records: boolean, lines: boolean): number {
    const { u8 } = this.memory;
    this.base = base;
    this.limit = base + size;
    this.controlAt = -1;
    this.#inside = new Uint8Array(size);
    let inside = inString;
    let isEscaped = escaped;
    let depth = 0;
    let flags = 0;
    for (let i = 0; i < size; i++) {
      const byte = u8[base + i]!;
      if (byte >= 0x80) flags |= indexFlag.highByte;
      if (byte === BACKSLASH) flags |= jsonFlag.backslash;
      if (byte === QUOTE && !isEscaped) inside = !inside;
      this.#inside[i] = Number(inside);
      isEscaped = byte === BACKSLASH && !isEscaped;
      if (lines && (depth !== 0 || !records) && byte === NEWLINE) flags |= jsonFlag.newlineInside;
      if (inside) {
        if (byte < 0x20 && this.controlAt < 0) this.controlAt = base + i;
        continue;
      }
      if (isOpener(byte)) depth++;
      if (isCloser(byte)) depth--;
      if (records && depth > limits.json_depth_max) flags |= jsonFlag.deep;
    }
    this.endsInString = inside;
    this.endsEscaped = inside && isEscaped;
    this.flags = flags;
    return flags;
  }

  /** Address of the quote that closes a string of which `from` is the first byte, or 0. */
  closingQuote(from: number): number {
    for (let at = from; at < this.limit; at++) if (this.#inside[at - this.base] === 0) return at;
    return 0;
  }

  /** One past the bracket that brings `depth` to 0; where the window ends first 0, and the depth there. */
  closeFrom(from: number, depth: number): { readonly end: number; readonly depth: number } {
    for (let at = from; at < this.limit; at++) {
      if (this.#inside[at - this.base] !== 0) continue;
      const byte = this.memory.u8[at]!;
      if (isOpener(byte)) depth++;
      if (isCloser(byte) && --depth === 0) return { end: at + 1, depth };
    }
    return { end: 0, depth };
  }

  isInside(at: number): boolean {
    return this.#inside[at - this.base] !== 0;
  }

  /** One past the value at `at`, which the window holds whole. */
  endOfValue(at: number): number {
    const byte = this.memory.u8[at]!;
    if (byte === QUOTE) return this.closingQuote(at + 1) + 1;
    return isOpener(byte) ? this.closeFrom(at, 0).end : scalarEnd(this.memory.u8, at, this.limit);
  }

  /** Whether a key, as written between its quotes, has a name of a program. */
  isName(start: number, end: number, name: number, length: number): boolean {
    const { bytes, u8 } = this.memory;
    const key = unescape(bytes.subarray(start, end));
    if (key === null || key.length !== length) return false;
    const folds = name + ((length + 15) & ~15);
    return key.every((byte, index) => (byte | u8[folds + index]!) === u8[name + index]);
  }
}
