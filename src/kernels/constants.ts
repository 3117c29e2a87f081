/**
 * What kernels read besides data: needles, bounds, sets, LIKE programs, output styles, column lists. Encoded into the constants
 * area once a query; an address stays valid until the next `reset`.
 */
import { SelectError } from '../base/errors.ts';
import type { CsvStyle } from './kernels.ts';
import type { Memory } from './memory.ts';

type LikePiece = { readonly text: string } | 'any-one' | 'any-run';

const NO_QUOTE = 256;
const CR = 13;
const LF = 10;
/** Kernels may load 8 bytes before a constant and 64 after it. */
const SPACING = 64;

export class Constants {
  readonly #memory: Memory;
  #next: number;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#next = memory.layout.constants;
  }

  /** Forgets all constants: a new query begins. */
  reset(): void {
    this.#next = this.#memory.layout.constants;
  }

  /** Bytes left, before alignment. */
  get room(): number {
    return this.#memory.layout.constants + this.#memory.layout.constants_bytes - this.#next;
  }

  /** Reserves zeroed room, aligned to 16. Throws MaxOperatorsExceeded when the query's constants exceed the area. */
  take(bytes: number): number {
    const { layout, u8 } = this.#memory;
    const address = this.#next;
    this.#next = (address + bytes + SPACING + 15) & ~15;
    if (this.#next > layout.constants + layout.constants_bytes)
      throw new SelectError('MaxOperatorsExceeded', { max: layout.constants_bytes });
    u8.fill(0, address, this.#next);
    return address;
  }

  bytes(value: Uint8Array): number {
    const address = this.take(value.length);
    this.#memory.u8.set(value, address);
    return address;
  }

  u32s(values: ArrayLike<number>): number {
    const address = this.take(4 * values.length);
    this.#memory.u32.set(values, address >> 2);
    return address;
  }

  /** Fields over texts, in the given order. */
  fields(texts: readonly Uint8Array[]): number {
    const total = texts.reduce((sum, text) => sum + text.length, 0);
    let at = this.take(total);
    const fields = this.take(8 * texts.length);
    texts.forEach((text, index) => {
      this.#memory.u8.set(text, at);
      this.#memory.u32[(fields >> 2) + 2 * index] = at;
      this.#memory.u32[(fields >> 2) + 2 * index + 1] = text.length;
      at += text.length;
    });
    return fields;
  }

  /** A set of distinct texts: their fields, then u32 mask and a table of their numbers, see `findInSet` in `assembly/select.ts`. */
  textSet(texts: readonly Uint8Array[]): number {
    const slots = 2 ** Math.ceil(Math.log2(2 * texts.length + 2));
    const total = texts.reduce((sum, text) => sum + text.length, 0);
    let at = this.take(total);
    const set = this.take(8 * texts.length + 4 + 4 * slots);
    const { u8, u32 } = this.#memory;
    const table = (set >> 2) + 2 * texts.length + 1;
    u32[table - 1] = slots - 1;
    texts.forEach((text, index) => {
      u8.set(text, at);
      u32[(set >> 2) + 2 * index] = at;
      u32[(set >> 2) + 2 * index + 1] = text.length;
      at += text.length;
      let slot = hash(text) & (slots - 1);
      while (u32[table + slot] !== 0) slot = (slot + 1) & (slots - 1);
      u32[table + slot] = index + 1;
    });
    return set;
  }

  /** A LIKE program: see `assembly/select.ts`. */
  likeProgram(pattern: readonly LikePiece[]): number {
    const words: number[] = [0];
    let run = false;
    const endRun = (): void => {
      if (run) words.push(2, 0);
      run = false;
    };
    for (const piece of pattern) {
      if (piece === 'any-run') run = true;
      else if (piece === 'any-one') words.push(1, 0);
      else {
        endRun();
        const text = Buffer.from(piece.text);
        const padded = Buffer.alloc((text.length + 3) & ~3);
        text.copy(padded);
        words.push(0, text.length);
        for (let at = 0; at < padded.length; at += 4) words.push(padded.readUInt32LE(at));
      }
    }
    endRun();
    words[0] = 4 * (words.length - 1);
    return this.u32s(words);
  }

  /** The style of JSON output: only how records end. */
  recordDelimiter(recordDelimiter: Uint8Array): number {
    const block = Buffer.alloc(64);
    block.writeUInt32LE(recordDelimiter.length, 0);
    block.set(recordDelimiter, 4);
    return this.bytes(block);
  }

  /** An output style: see `assembly/write.ts`. `runs`: records may be copied with the delimiters they have. */
  style(style: CsvStyle, runs: boolean): number {
    const { fieldDelimiter, recordDelimiter, quote, escape, always } = style;
    const block = Buffer.alloc(64);
    block.writeUInt32LE(recordDelimiter.length, 0);
    block.set(recordDelimiter, 4);
    block.writeUInt32LE(fieldDelimiter[0] ?? 0, 12);
    block.writeUInt32LE(quote[0] ?? NO_QUOTE, 16);
    block.writeUInt32LE(escape[0] ?? quote[0] ?? NO_QUOTE, 20);
    block.writeUInt32LE(Number(always), 24);
    block.writeUInt32LE(Number(runs), 28);
    const special = new Set([...fieldDelimiter, ...recordDelimiter, ...quote, CR, LF]);
    let bit = 0;
    for (const byte of special) {
      block[32 + (byte & 15)]! |= 1 << bit;
      block[48 + (byte >> 4)]! |= 1 << bit;
      bit++;
    }
    return this.bytes(block);
  }
}

/** Whether the writing kernels can write such CSV: single ASCII bytes, a short record delimiter. */
export function canWrite({ fieldDelimiter, recordDelimiter, quote, escape }: CsvStyle): boolean {
  const ascii = (bytes: Uint8Array, most: number): boolean => bytes.length <= most && bytes.every((byte) => byte < 0x80);
  return (
    fieldDelimiter.length === 1 &&
    recordDelimiter.length >= 1 &&
    ascii(fieldDelimiter, 1) &&
    ascii(recordDelimiter, 2) &&
    ascii(quote, 1) &&
    ascii(escape, 1)
  );
}

/** As `hash` in `assembly/select.ts`. */
function hash(text: Uint8Array): number {
  let h = text.length;
  for (let at = 0; at < text.length; at += 4) {
    const word = text[at]! | ((text[at + 1] ?? 0) << 8) | ((text[at + 2] ?? 0) << 16) | ((text[at + 3] ?? 0) << 24);
    h = Math.imul(h ^ word, 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h >>> 0;
}
