/**
 * CSV by its state machine, for delimiters, quotes, escapes and comments of any number of bytes.
 *
 * A field is quoted when it begins with the quote and its closing quote is followed by a delimiter or the record's end. If
 * something else follows, the whole field is unquoted text, quotes and all. A quote inside an unquoted field is text. A comment
 * record runs to the record delimiter whatever quotes it holds.
 */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { type CsvDialect, FIELD_MISSING, indexFlag, type RecordsResult } from './kernels.ts';
import type { Memory } from './memory.ts';

const CR = 13;
const NONE = new Uint8Array(0);

/** What `#closingQuote` answers where there is none. */
const OPEN = -1;
const DELIMITER_INSIDE = -2;
/** What `#afterQuote` answers where the field turns out to be unquoted. */
const UNQUOTED = -1;

export class ReferenceCsv {
  readonly #memory: Memory;
  #delimiter: Uint8Array = NONE;
  #record: Uint8Array = NONE;
  #quote: Uint8Array = NONE;
  /** The quote itself where it is escaped by doubling it. */
  #escape: Uint8Array = NONE;
  #comment: Uint8Array = NONE;
  #trim = false;
  #quotedRecordDelimiters = false;
  #arenaNext: number;
  /** Where the content of the last field begins and ends, and whether it holds escapes. */
  #contentStart = 0;
  #contentEnd = 0;
  #escapes = false;
  flags = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#arenaNext = memory.layout.arena;
  }

  setDialect(dialect: CsvDialect): void {
    this.#delimiter = dialect.fieldDelimiter;
    this.#record = dialect.recordDelimiter;
    this.#quote = dialect.quote;
    this.#escape = escapeOf(dialect);
    this.#comment = dialect.comment;
    this.#trim = dialect.trimCarriageReturn;
    this.#quotedRecordDelimiters = dialect.quotedRecordDelimiters;
  }

  /** See `Kernels.csvIndex`. Stops at a field the window cuts, and where the area of ends is full. */
  index(base: number, from: number, to: number, count: number, quoted: boolean): number {
    const { u32, layout } = this.#memory;
    const end = base + to;
    let ends = count;
    let at = base + from;
    let inside = quoted;
    let recordStart = !quoted;
    this.flags = this.#flagsOf(at, end);
    while (at < end && ends < limits.window_bytes) {
      const stop =
        recordStart && this.#startsWith(this.#comment, at, end) ? this.#find(this.#record, at, end) : this.#fieldEnd(at, end, inside);
      inside = false;
      if (stop >= end) break;
      recordStart = this.#startsWith(this.#record, stop, end);
      at = stop + (recordStart ? this.#record.length : this.#delimiter.length);
      if (recordStart) u32[(layout.ends >> 2) + ends++] = at - base;
    }
    return ends;
  }

  records(base: number, first: number, count: number, start: number, rows_max: number): RecordsResult {
    const { u8, u32, layout } = this.#memory;
    this.#arenaNext = layout.arena;
    let next = start;
    let ends = first;
    let rows = 0;
    let trimmed = 0;
    for (; ends < count && rows < rows_max; ends++) {
      const recordStart = next;
      next = base + u32[(layout.ends >> 2) + ends]!;
      let end = next - this.#record.length;
      if (this.#trim && end > recordStart && u8[end - 1] === CR) {
        end--;
        trimmed++;
      }
      if (end === recordStart || this.#startsWith(this.#comment, recordStart, end)) continue;
      u32[(layout.rows >> 2) + 2 * rows] = recordStart;
      u32[(layout.rows >> 2) + 2 * rows + 1] = end;
      rows++;
    }
    return { rows, ends, next, trimmed };
  }

  locate(selection: number, count: number, gaps: number, columns: number, fields: number, stride: number): void {
    const { u32 } = this.#memory;
    const skips = u32.slice(gaps >> 2, (gaps >> 2) + columns);
    for (let i = 0; i < count; i++) {
      const row = selection === 0 ? i : u32[(selection >> 2) + i]!;
      this.#locateRow(row, skips, fields, stride);
    }
  }

  /** One column of the first `rows` rows. */
  locateColumn(rows: number, column: number, fields: number): void {
    for (let row = 0; row < rows; row++) this.#locateRow(row, [column], fields, 0);
  }

  #locateRow(row: number, skips: ArrayLike<number>, fields: number, stride: number): void {
    const { u32, layout } = this.#memory;
    const end = u32[(layout.rows >> 2) + 2 * row + 1]!;
    /** Where the next field begins; past `end` when the record has no more. */
    let at = u32[(layout.rows >> 2) + 2 * row]!;
    for (let column = 0; column < skips.length; column++) {
      for (let skip = skips[column]!; skip > 0 && at <= end; skip--) at = this.#rowFieldEnd(at, end) + this.#delimiter.length;
      const field = (fields + column * stride + 8 * row) >> 2;
      if (at > end) {
        u32[field] = 0;
        u32[field + 1] = FIELD_MISSING;
        continue;
      }
      const stop = this.#rowFieldEnd(at, end);
      if (this.#escapes) this.#unescape();
      u32[field] = this.#contentStart;
      u32[field + 1] = this.#contentEnd - this.#contentStart;
      at = stop + this.#delimiter.length;
    }
  }

  /** Where the field at `at` of a record that ends at `end` stops: at a field delimiter or the end. Sets what its content is. */
  #rowFieldEnd(at: number, end: number): number {
    this.#escapes = false;
    if (this.#startsWith(this.#quote, at, end)) {
      const closing = this.#closingQuote(at + this.#quote.length, end, true);
      const after = closing + this.#quote.length;
      if (closing >= 0 && (after === end || this.#startsWith(this.#delimiter, after, end))) {
        this.#contentStart = at + this.#quote.length;
        this.#contentEnd = closing;
        return after;
      }
      this.#escapes = false;
    }
    this.#contentStart = at;
    this.#contentEnd = this.#find(this.#delimiter, at, end);
    return this.#contentEnd;
  }

  /**
   * Where the field at `at` of a window that ends at `end` stops: at a field or record delimiter. `end` where the window does not
   * tell, or the index must not go on. `inside`: `at` lies inside quotes.
   */
  #fieldEnd(at: number, end: number, inside: boolean): number {
    if (inside || this.#startsWith(this.#quote, at, end)) {
      const closing = this.#closingQuote(inside ? at : at + this.#quote.length, end, this.#quotedRecordDelimiters);
      if (closing === OPEN) this.flags |= indexFlag.endsQuoted;
      if (closing === OPEN || closing === DELIMITER_INSIDE) return end;
      const stop = this.#afterQuote(closing + this.#quote.length, end);
      if (stop !== UNQUOTED) return stop;
    }
    let stop = at;
    while (stop < end && !this.#startsWith(this.#record, stop, end) && !this.#startsWith(this.#delimiter, stop, end)) stop++;
    return stop;
  }

  /** The quote that closes a field whose content, or the rest of it, begins at `at`. */
  #closingQuote(at: number, end: number, delimitersInside: boolean): number {
    const quote = this.#quote;
    let p = at;
    while (p < end) {
      const escaped = this.#escapedLength(p, end);
      if (escaped > 0) {
        this.#escapes = true;
        this.flags |= indexFlag.doubledQuote;
        p += this.#escape.length + escaped;
      } else if (this.#startsWith(quote, p, end)) {
        return p;
      } else if (this.#startsWith(this.#record, p, end)) {
        this.flags |= indexFlag.quotedDelimiter;
        if (!delimitersInside) return DELIMITER_INSIDE;
        p += this.#record.length;
      } else p++;
    }
    return OPEN;
  }

  /** Bytes of the quote or escape behind an escape at `at`; 0 where no escape stands there, or it escapes nothing. */
  #escapedLength(at: number, end: number): number {
    if (!this.#startsWith(this.#escape, at, end)) return 0;
    const next = at + this.#escape.length;
    if (this.#startsWith(this.#quote, next, end)) return this.#quote.length;
    return this.#startsWith(this.#escape, next, end) ? this.#escape.length : 0;
  }

  /** The delimiter that must follow a closing quote, or UNQUOTED; `end` where the window is cut before that can be told. */
  #afterQuote(at: number, end: number): number {
    if (this.#startsWith(this.#delimiter, at, end) || this.#startsWith(this.#record, at, end)) return at;
    const trimmed = this.#trim && this.#memory.u8[at] === CR ? at + 1 : at;
    if (trimmed > at && this.#startsWith(this.#record, trimmed, end)) return trimmed;
    const cut =
      this.#isCut(this.#delimiter, at, end) ||
      this.#isCut(this.#record, trimmed, end) ||
      (this.#escape === this.#quote && this.#isCut(this.#quote, at, end));
    return cut ? end : UNQUOTED;
  }

  /** Whether the bytes up to `end` are less than `token` but could become it. */
  #isCut(token: Uint8Array, at: number, end: number): boolean {
    return end - at < token.length && this.#startsWith(token.subarray(0, end - at), at, end, true);
  }

  /** Whether `token` stands at `at`; an empty one stands nowhere. */
  #startsWith(token: Uint8Array, at: number, end: number, empty = false): boolean {
    const { u8 } = this.#memory;
    if (token.length === 0) return empty;
    if (u8[at] !== token[0] || at + token.length > end) return false;
    for (let i = 1; i < token.length; i++) if (u8[at + i] !== token[i]) return false;
    return true;
  }

  #find(token: Uint8Array, at: number, end: number): number {
    let p = at;
    while (p < end && !this.#startsWith(token, p, end)) p++;
    return p;
  }

  /** Copies the content of the field to the arena without its escapes. */
  #unescape(): void {
    const { u8, layout } = this.#memory;
    const into = this.#arenaNext;
    const end = this.#contentEnd;
    assert(into + end - this.#contentStart <= layout.output, 'the arena holds the text of a batch');
    let o = into;
    let p = this.#contentStart;
    while (p < end) {
      const escaped = this.#escapedLength(p, end);
      if (escaped > 0) p += this.#escape.length;
      const length = Math.max(escaped, 1);
      u8.copyWithin(o, p, p + length);
      o += length;
      p += length;
    }
    this.#arenaNext = o;
    this.#contentStart = into;
    this.#contentEnd = o;
  }

  /** What can be told of a window without reading its structure. */
  #flagsOf(start: number, end: number): number {
    const { u8 } = this.#memory;
    let flags = 0;
    for (let at = start; at < end; at++) {
      if (u8[at]! > 0x7f) flags |= indexFlag.highByte;
      if (this.#startsWith(this.#quote, at, end)) flags |= indexFlag.quote;
    }
    return flags;
  }
}

/** The escape; the quote itself where quotes are doubled. */
function escapeOf({ quote, escape: mark, fieldDelimiter, recordDelimiter }: CsvDialect): Uint8Array {
  const bytes = Buffer.from(mark);
  // why: an escape that is also in a delimiter can only be the default one, which the request did not ask for; taken as an escape it
  // would let every field of a window be read to the window's end and again as unquoted text.
  const unusable =
    bytes.length === 0 ||
    bytes.equals(quote) ||
    [fieldDelimiter, recordDelimiter].some((delimiter) => Buffer.from(delimiter).includes(bytes));
  return unusable ? quote : mark;
}
