/** Records and columns as CSV or JSON. A style is the block of constants that `assembly/write.ts` describes. */
import { CELL_BYTES, COLUMN_BYTES, columnForm } from './cell-kernels.ts';
import { jsonForm, type WriteResult } from './kernels.ts';
import type { Memory } from './memory.ts';
import { decimalText } from './reference-render.ts';
import { FIELD_STATES, rowState } from './value-kernels.ts';

const NO_QUOTE = 256;
const CR = 13;
const LF = 10;
const COMMA = 0x2c;
/** Two quotes, a comma, and what closes the record. */
const STRING_BYTES = 5;

/** An output style, read from its address. */
export interface CsvStyleAt {
  readonly recordDelimiter: Uint8Array;
  readonly fieldDelimiter: number;
  readonly quote: number;
  /** Stands before quotes, and before itself. */
  readonly mark: number;
  readonly always: boolean;
  /** Bytes that need quotes. */
  readonly special: ReadonlySet<number>;
}

export class ReferenceWriter {
  readonly #memory: Memory;
  result: WriteResult = { rows: 0, end: 0, blocked: false };

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  records(selection: number, count: number, style: number, out: number, end: number): void {
    const { u8, u32, layout } = this.#memory;
    const { recordDelimiter, quote } = styleAt(this.#memory, style);
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
    const { u32 } = this.#memory;
    const csv = styleAt(this.#memory, style);
    this.#each(selection, count, out, (row, at) => {
      let o = at;
      for (let column = 0; column < columns; column++) {
        const field = this.#field(u32[(list >> 2) + column]!, row);
        if (field === rowState.doubt) return 'blocked';
        if (o + roomOf(field, csv) + csv.recordDelimiter.length > end) return 'full';
        o = this.#put(csvField(field, csv, false), o);
      }
      return this.#put(csv.recordDelimiter, o - 1);
    });
  }

  cells(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    const csv = styleAt(this.#memory, style);
    this.#each(selection, count, out, (row, at) => {
      const parts: Uint8Array[] = [];
      let room = csv.recordDelimiter.length;
      for (let column = 0; column < columns; column++) {
        const { field, text } = this.#column(list + COLUMN_BYTES * column, row, csv);
        if (field === rowState.doubt) return 'blocked';
        room += field === null ? text.length : roomOf(field, csv);
        parts.push(text);
      }
      return at + room > end ? 'full' : this.#put(csv.recordDelimiter, this.#put(Buffer.concat(parts), at) - 1);
    });
  }

  /** What `writeCells` writes of a column, and the field it is of, if it is of one. */
  #column(column: number, row: number, csv: CsvStyleAt): { readonly field: Uint8Array | number | null; readonly text: Uint8Array } {
    const { u8, u32, wasm } = this.#memory;
    const [form = 0, address = 0, codes = 0] = u32.subarray(column >> 2);
    switch (form) {
      case columnForm.numbers: {
        const mantissa = new DataView(wasm.buffer).getBigInt64(address + 8 * row, true);
        return { field: null, text: Uint8Array.of(...Buffer.from(decimalText(mantissa, codes)), csv.fieldDelimiter) };
      }
      case columnForm.cells:
      case columnForm.wideCells: {
        const bytes = form === columnForm.cells ? CELL_BYTES : 2 * CELL_BYTES;
        const cell = address + bytes * u32[(codes >> 2) + row]!;
        return { field: null, text: u8.subarray(cell, cell + u8[cell + bytes - 1]!) };
      }
      default: {
        const field = this.#field(address, row);
        return { field, text: csvField(field, csv, form === columnForm.plain) };
      }
    }
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
    const { recordDelimiter } = styleAt(this.#memory, style);
    this.#each(selection, count, out, (row, at) => {
      let o = this.#put(Buffer.from('{'), at);
      for (let column = 0; column < columns; column++) {
        const form = forms === 0 ? jsonForm.text : u8[forms + column]!;
        const field = this.#field(u32[(list >> 2) + column]!, row);
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
  #field(fields: number, row: number): Uint8Array | number {
    const { u8, u32 } = this.#memory;
    const field = (fields >> 2) + 2 * row;
    const start = u32[field]!;
    const length = u32[field + 1]!;
    return length >= FIELD_STATES ? 2 ** 32 - length : u8.subarray(start, start + length);
  }

  #put(bytes: Uint8Array, at: number): number {
    this.#memory.u8.set(bytes, at);
    return at + bytes.length;
  }
}

export function styleAt({ u8, u32 }: Memory, style: number): CsvStyleAt {
  const word = (offset: number): number => u32[(style + offset) >> 2]!;
  return {
    recordDelimiter: u8.subarray(style + 4, style + 4 + word(0)),
    fieldDelimiter: word(12),
    quote: word(16),
    mark: word(20),
    always: word(24) !== 0,
    special: new Set([word(12), word(16), CR, LF, ...u8.subarray(style + 4, style + 4 + word(0))]),
  };
}

/** A field, or the state of one, as it is written, with the field delimiter behind it. */
export function csvField(field: Uint8Array | number, csv: CsvStyleAt, plain: boolean): Uint8Array {
  const { fieldDelimiter, quote, mark, always, special } = csv;
  const text = typeof field === 'number' ? EMPTY : field;
  const quoted = quote !== NO_QUOTE && (always || (!plain && text.some((byte) => special.has(byte))));
  if (!quoted) return Uint8Array.of(...text, fieldDelimiter);
  const escaped = [...text].flatMap((byte) => (byte === quote || byte === mark ? [mark, byte] : [byte]));
  return Uint8Array.of(quote, ...escaped, quote, fieldDelimiter);
}

const EMPTY = new Uint8Array();

/** For every byte escaped, two quotes and the field delimiter, as the SIMD writer asks for. */
function roomOf(field: Uint8Array | number, { quote }: CsvStyleAt): number {
  return (typeof field === 'number' ? 0 : field.length) * (quote === NO_QUOTE ? 1 : 2) + 3;
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
