/** Records and columns as CSV or JSON. A style is the block of constants that `assembly/write.ts` describes. */
import { jsonForm, NO_QUOTES, type WriteResult } from './kernels.ts';
import type { Memory } from './memory.ts';
import { FIELD_STATES, rowState } from './value-kernels.ts';

const NO_QUOTE = 256;
const CR = 13;
const LF = 10;
const COMMA = 0x2c;
/** Two quotes, a comma, and what closes the record. */
const STRING_BYTES = 5;

interface Style {
  readonly recordDelimiter: Uint8Array;
  readonly fieldDelimiter: number;
  readonly quote: number;
  /** Stands before quotes, and before itself. */
  readonly mark: number;
  readonly always: boolean;
}

export class ReferenceWriter {
  readonly #memory: Memory;
  result: WriteResult = { rows: 0, end: 0, blocked: false };

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  records(selection: number, count: number, style: number, out: number, end: number): void {
    const { u8, u32, layout } = this.#memory;
    const { recordDelimiter, quote } = this.#styleAt(style);
    let o = out;
    let blocked = false;
    let i = 0;
    for (; i < count; i++) {
      const row = this.#row(selection, i);
      const from = u32[(layout.rows >> 2) + 2 * row]!;
      const to = u32[(layout.rows >> 2) + 2 * row + 1]!;
      if (o + (to - from) + recordDelimiter.length > end) break;
      blocked = quote !== NO_QUOTE && u8.subarray(from, to).includes(CR);
      if (blocked) break;
      u8.copyWithin(o, from, to);
      o = this.#put(recordDelimiter, o + to - from);
    }
    this.result = { rows: i, end: o, blocked };
  }

  csv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    const { u8, u32 } = this.#memory;
    const { recordDelimiter, fieldDelimiter, quote, mark, always } = this.#styleAt(style);
    const special = new Set([fieldDelimiter, quote, CR, LF, ...recordDelimiter]);
    const copyOnly = quote === NO_QUOTE;
    this.#each(selection, count, out, (row, at) => {
      let o = at;
      for (let column = 0; column < columns; column++) {
        if (column > 0) u8[o++] = fieldDelimiter;
        const field = this.#field(list, column, row);
        if (field === rowState.doubt) return 'blocked';
        const text = typeof field === 'number' ? u8.subarray(0, 0) : field;
        // why: room for every byte escaped, two quotes and the field delimiter, as the SIMD writer asks for.
        if (o + text.length * (copyOnly ? 1 : 2) + 3 + recordDelimiter.length > end) return 'full';
        const plain = (u32[(list >> 2) + column]! & NO_QUOTES) !== 0;
        const quoted = !copyOnly && (always || (!plain && text.some((byte) => special.has(byte))));
        if (quoted) u8[o++] = quote;
        for (const byte of text) {
          if (quoted && (byte === quote || byte === mark)) u8[o++] = mark;
          u8[o++] = byte;
        }
        if (quoted) u8[o++] = quote;
      }
      return this.#put(recordDelimiter, o);
    });
  }

  json(
    list: number,
    columns: number,
    keys: number,
    forms: number,
    selection: number,
    count: number,
    style: number,
    out: number,
    end: number,
  ): void {
    const { u8, u32 } = this.#memory;
    const { recordDelimiter } = this.#styleAt(style);
    this.#each(selection, count, out, (row, at) => {
      let o = this.#put(Buffer.from('{'), at);
      for (let column = 0; column < columns; column++) {
        const form = forms === 0 ? jsonForm.text : u8[forms + column]!;
        const field = this.#field(list, column, row);
        if (field === rowState.missing || (field === rowState.null && form & jsonForm.sparse)) continue;
        if (field === rowState.doubt) return 'blocked';
        const isToken = field === rowState.null || (form & jsonForm.token) !== 0;
        const text = typeof field === 'number' ? Buffer.from('null') : field;
        const key = u32[(keys >> 2) + 2 * column]!;
        const keyLength = u32[(keys >> 2) + 2 * column + 1]!;
        if (o + keyLength + (isToken ? 1 : 6) * text.length + STRING_BYTES + recordDelimiter.length > end) return 'full';
        o = this.#put(u8.subarray(key, key + keyLength), o);
        o = this.#put(isToken ? text : jsonString(text), o);
        u8[o++] = COMMA;
      }
      if (o + 2 + recordDelimiter.length > end) return 'full';
      if (u8[o - 1] === COMMA) o--;
      return this.#put(recordDelimiter, this.#put(Buffer.from('}'), o));
    });
  }

  /** Writes row by row: `write` answers the new end, `full` if the row might not fit. */
  #each(selection: number, count: number, out: number, write: (row: number, at: number) => number | 'full' | 'blocked'): void {
    let o = out;
    let i = 0;
    let blocked = false;
    for (; i < count; i++) {
      const next = write(this.#row(selection, i), o);
      blocked = next === 'blocked';
      if (typeof next === 'string') break;
      o = next;
    }
    this.result = { rows: i, end: o, blocked };
  }

  #row(selection: number, index: number): number {
    return selection === 0 ? index : this.#memory.u32[(selection >> 2) + index]!;
  }

  /** The text of a field, or its state. */
  #field(list: number, column: number, row: number): Uint8Array | number {
    const { u8, u32 } = this.#memory;
    const field = (u32[(list >> 2) + column]! >> 2) + 2 * row;
    const start = u32[field]!;
    const length = u32[field + 1]!;
    return length >= FIELD_STATES ? 2 ** 32 - length : u8.subarray(start, start + length);
  }

  #put(bytes: Uint8Array, at: number): number {
    this.#memory.u8.set(bytes, at);
    return at + bytes.length;
  }

  #styleAt(style: number): Style {
    const { u8, u32 } = this.#memory;
    const word = (offset: number): number => u32[(style + offset) >> 2]!;
    return {
      recordDelimiter: u8.subarray(style + 4, style + 4 + word(0)),
      fieldDelimiter: word(12),
      quote: word(16),
      mark: word(20),
      always: word(24) !== 0,
    };
  }
}

const SHORT_ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [LF, '\\n'],
  [CR, '\\r'],
  [0x09, '\\t'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
]);

function jsonString(text: Uint8Array): Buffer {
  const parts: string[] = ['"'];
  for (const byte of text) {
    const control = byte < 0x20 ? `\\u00${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte);
    parts.push(SHORT_ESCAPES.get(byte) ?? control);
  }
  parts.push('"');
  return Buffer.from(parts.join(''), 'latin1');
}
