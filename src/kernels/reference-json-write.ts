/** JSON tokens and records as JSON or CSV. A style is the block of constants that `assembly/write.ts` describes. */
import { FIELD_MISSING } from './kernels.ts';
import { isBlank, isOpener, isScalar, jsonError, skipBlanks, unescape } from './reference-json-text.ts';
import type { JsonWindow } from './reference-json-window.ts';

const NO_QUOTE = 256;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;
const QUOTE = 0x22;
const NULL = 0x6e;

interface Style {
  readonly recordDelimiter: Buffer;
  readonly fieldDelimiter: number;
  readonly quote: number;
  readonly mark: number;
  readonly always: boolean;
}

export class ReferenceJsonWriter {
  readonly #window: JsonWindow;
  #rows = 0;
  #end = 0;
  #blocked = false;

  constructor(window: JsonWindow) {
    this.#window = window;
  }

  jsonWrittenRows(): number {
    return this.#rows;
  }

  jsonWrittenEnd(): number {
    return this.#end;
  }

  jsonBlocked(): number {
    return Number(this.#blocked);
  }

  jsonWriteColumns(
    list: number,
    columns: number,
    keys: number,
    selection: number,
    count: number,
    style: number,
    out: number,
    end: number,
  ): void {
    const { bytes, u32 } = this.#window.memory;
    this.#each(selection, count, style, out, end, (row) => {
      const members: Buffer[] = [];
      for (let column = 0; column < columns; column++) {
        const { start, length } = this.#field(list, column, row);
        if (length === FIELD_MISSING) continue;
        const token = this.#token(start, length);
        if (token === null) return null;
        const key = u32[(keys >> 2) + 2 * column]!;
        members.push(Buffer.concat([bytes.subarray(key, key + u32[(keys >> 2) + 2 * column + 1]!), token]));
      }
      return inBraces(members);
    });
  }

  jsonWriteRecords(selection: number, count: number, style: number, out: number, end: number): void {
    const { bytes } = this.#window.memory;
    this.#each(selection, count, style, out, end, (row) => {
      const { start, length } = this.#record(row);
      if (length === 0) return inBraces([]);
      const token = this.#token(start, length);
      if (token === null || bytes[start] === OPEN_BRACE) return token;
      return inBraces([Buffer.concat([Buffer.from('"_1":'), token])]);
    });
  }

  jsonWriteCsv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    const { fieldDelimiter } = this.#style(style);
    this.#each(selection, count, style, out, end, (row) => {
      const fields: Buffer[] = [];
      for (let column = 0; column < columns; column++) {
        const { start, length } = this.#field(list, column, row);
        const field = this.#csvField(start, length, style);
        if (field === null) return null;
        fields.push(field);
      }
      return joined(fields, fieldDelimiter);
    });
  }

  jsonWriteCsvRecords(selection: number, count: number, style: number, out: number, end: number): void {
    const { bytes } = this.#window.memory;
    const { fieldDelimiter } = this.#style(style);
    this.#each(selection, count, style, out, end, (row) => {
      const { start, length } = this.#record(row);
      if (length === 0) return Buffer.alloc(0);
      if (bytes[start] !== OPEN_BRACE) return this.#csvField(start, length, style);
      if (this.#token(start, length) === null) return null;
      const fields = this.#members(start)?.map((member) => this.#csvField(member.start, member.length, style));
      return fields === undefined || fields.includes(null) ? null : joined(fields as Buffer[], fieldDelimiter);
    });
  }

  #members(start: number): { start: number; length: number }[] | undefined {
    const { memory, limit } = this.#window;
    const { u8 } = memory;
    const members: { start: number; length: number }[] = [];
    let at = skipBlanks(u8, start + 1, limit);
    if (u8[at] === CLOSE_BRACE) return members;
    for (;;) {
      if (u8[at] !== QUOTE) return undefined;
      at = skipBlanks(u8, this.#window.closingQuote(at + 1) + 1, limit);
      if (u8[at] !== COLON) return undefined;
      at = skipBlanks(u8, at + 1, limit);
      const end = this.#window.endOfValue(at);
      if (end <= at) return undefined;
      members.push({ start: at, length: end - at });
      at = skipBlanks(u8, end, limit);
      if (u8[at] === CLOSE_BRACE) return members;
      if (u8[at] !== COMMA) return undefined;
      at = skipBlanks(u8, at + 1, limit);
    }
  }

  /** Writes rows as long as they fit. */
  #each(selection: number, count: number, style: number, out: number, end: number, write: (row: number) => Buffer | null): void {
    const { u8, u32 } = this.#window.memory;
    const { recordDelimiter } = this.#style(style);
    this.#end = out;
    this.#blocked = false;
    for (this.#rows = 0; this.#rows < count; this.#rows++) {
      const bytes = write(selection === 0 ? this.#rows : u32[(selection >> 2) + this.#rows]!);
      this.#blocked = bytes === null;
      if (bytes === null || this.#end + bytes.length + recordDelimiter.length > end) break;
      u8.set(bytes, this.#end);
      u8.set(recordDelimiter, this.#end + bytes.length);
      this.#end += bytes.length + recordDelimiter.length;
    }
  }

  /** A token without the blanks outside its strings; null where it is none. */
  #token(start: number, length: number): Buffer | null {
    const { memory } = this.#window;
    const text = memory.bytes.subarray(start, start + length);
    if (isOpener(text[0]!) && jsonError(memory.u8, start, start + length, Number.POSITIVE_INFINITY) >= 0) return null;
    if (isOpener(text[0]!))
      return Buffer.from(text.filter((byte, index) => this.#window.isInside(start + index) || !(isBlank(byte) || byte < 0x20)));
    return text[0] === QUOTE || isScalar(memory.u8, start, start + length) ? Buffer.from(text) : null;
  }

  #csvField(start: number, length: number, style: number): Buffer | null {
    const { memory } = this.#window;
    const { quote, mark, always, fieldDelimiter, recordDelimiter } = this.#style(style);
    let text: Buffer | null = Buffer.alloc(0);
    if (length !== FIELD_MISSING) {
      text = memory.u8[start] === QUOTE ? unescape(memory.bytes.subarray(start + 1, start + length - 1)) : this.#token(start, length);
      if (text === null) return null;
      if (memory.u8[start] === NULL) text = Buffer.alloc(0);
    }
    if (quote === NO_QUOTE) return text;
    const special = new Set([fieldDelimiter, quote, 13, 10, ...recordDelimiter]);
    if (!always && !text.some((byte) => special.has(byte))) return text;
    const escaped = [...text].flatMap((byte) => (byte === quote || byte === mark ? [mark, byte] : [byte]));
    return Buffer.from([quote, ...escaped, quote]);
  }

  #record(row: number): { start: number; length: number } {
    const { u32, layout } = this.#window.memory;
    const start = u32[(layout.rows >> 2) + 2 * row]!;
    return { start, length: u32[(layout.rows >> 2) + 2 * row + 1]! - start };
  }

  #field(list: number, column: number, row: number): { start: number; length: number } {
    const { u32 } = this.#window.memory;
    const word = (u32[(list >> 2) + column]! >> 2) + 2 * row;
    return { start: u32[word]!, length: u32[word + 1]! };
  }

  #style(style: number): Style {
    const { u32, bytes } = this.#window.memory;
    const word = (offset: number): number => u32[(style + offset) >> 2]!;
    return {
      recordDelimiter: bytes.subarray(style + 4, style + 4 + word(0)),
      fieldDelimiter: word(12),
      quote: word(16),
      mark: word(20),
      always: word(24) !== 0,
    };
  }
}

function inBraces(members: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('{'), joined(members, COMMA), Buffer.from('}')]);
}

function joined(parts: readonly Buffer[], delimiter: number): Buffer {
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from([delimiter]), part])));
}
