/**
 * Finds the header record of a CSV object and where its data begins, in any dialect. Works on bytes: UTF-8 text begins only at
 * its own first bytes, so delimiters compare as byte sequences.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { PositionalSchema } from '../vector/schema.ts';
import type { CsvInput } from './format.ts';

export interface CsvDescription {
  readonly schema: PositionalSchema;
  /** Offset of the first data record: behind a byte order mark, leading blank lines and comments, and the header. */
  readonly dataStart: number;
}

/**
 * Describes an object by its first bytes; `atEnd`: they are all of it. `'more'`: the header record does not end within them.
 * With FileHeaderInfo USE and no record at all, the names are empty.
 * @throws SelectError OverMaxRecordSize, OverMaxColumn, InvalidTextEncoding, CSVEscapingRecordDelimiter, CSVUnescapedQuote (in the
 * header, with its offset).
 */
export function describeCsv(prefix: Uint8Array, atEnd: boolean, input: CsvInput, record_bytes_max: number): CsvDescription | 'more' {
  if (prefix.length < BYTE_ORDER_MARK.length && !atEnd) return 'more';
  let at = startsWith(prefix, 0, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  if (input.header === 'none') return { schema: { kind: 'positional', names: null }, dataStart: at };
  const dialect = dialectOf(input);
  while (at < prefix.length) {
    const comment = dialect.comment.length > 0 && startsWith(prefix, at, dialect.comment);
    const record =
      comment || !input.allowQuotedRecordDelimiter ? plainRecord(prefix, at, dialect) : quotedRecord(prefix, at, atEnd, dialect);
    const { contentEnd, next } = record ?? { contentEnd: prefix.length, next: prefix.length };
    if (contentEnd - at > record_bytes_max) throw new SelectError('OverMaxRecordSize', { bytes_max: record_bytes_max, offset: at });
    if (record === null && !atEnd) break;
    if (!comment && contentEnd > at) {
      const names = input.header === 'use' ? headerNames(prefix, at, contentEnd, dialect) : null;
      return { schema: { kind: 'positional', names }, dataStart: next };
    }
    at = next;
  }
  if (atEnd) return { schema: { kind: 'positional', names: input.header === 'use' ? [] : null }, dataStart: prefix.length };
  // why: a caller that reads ever more of an object full of comments would hold all of it.
  if (prefix.length > PREAMBLE_RECORDS_MAX * record_bytes_max) {
    throw new SelectError('OverMaxRecordSize', { bytes_max: record_bytes_max, hint: 'No header record follows the leading comments.' });
  }
  return 'more';
}

const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const PREAMBLE_RECORDS_MAX = 4;
const CR = 0x0d;
/** Two characters of four bytes. */
const DELIMITER_BYTES_MAX = 8;
const encoder = new TextEncoder();

interface Dialect {
  readonly recordDelimiter: Uint8Array;
  readonly fieldDelimiter: Uint8Array;
  /** Empty: no quoting. */
  readonly quote: Uint8Array;
  readonly escape: Uint8Array;
  readonly comment: Uint8Array;
  /** A CR before the record delimiter belongs to it. */
  readonly carriageReturn: boolean;
  readonly quotedRecordDelimiters: boolean;
}

/** Where the record's content ends, and where the next record begins. */
interface RecordEnd {
  readonly contentEnd: number;
  readonly next: number;
}

function dialectOf(input: CsvInput): Dialect {
  return {
    recordDelimiter: encoder.encode(input.recordDelimiter),
    fieldDelimiter: encoder.encode(input.fieldDelimiter),
    quote: encoder.encode(input.quote),
    escape: encoder.encode(input.escape),
    comment: encoder.encode(input.comment),
    carriageReturn: input.recordDelimiter === '\n',
    quotedRecordDelimiters: input.allowQuotedRecordDelimiter,
  };
}

/** A record that its first delimiter ends, quoted or not. */
function plainRecord(bytes: Uint8Array, start: number, dialect: Dialect): RecordEnd | null {
  const { recordDelimiter } = dialect;
  for (let at = start; ; at++) {
    at = bytes.indexOf(recordDelimiter[0]!, at);
    if (at < 0) return null;
    if (startsWith(bytes, at, recordDelimiter)) return recordEnd(bytes, start, at, dialect);
  }
}

/** A record that the first delimiter outside of quotes ends; null also where the bytes end before that can be told. */
function quotedRecord(bytes: Uint8Array, start: number, atEnd: boolean, dialect: Dialect): RecordEnd | null {
  let at = start;
  let fieldStart = true;
  while (at < bytes.length) {
    if (fieldStart && isAt(bytes, at, dialect.quote)) {
      const closed = closeQuote(bytes, at + dialect.quote.length, bytes.length, dialect, () => undefined);
      if (closed < 0 && atEnd) throw new SelectError('CSVUnescapedQuote', { offset: start });
      if (closed < 0) return null;
      const quoted = endsField(bytes, closed, bytes.length, dialect);
      if (!quoted && !atEnd && bytes.length - closed < DELIMITER_BYTES_MAX) return null;
      at = quoted ? closed : at + 1;
      fieldStart = false;
    } else if (startsWith(bytes, at, dialect.recordDelimiter)) {
      return recordEnd(bytes, start, at, dialect);
    } else {
      fieldStart = startsWith(bytes, at, dialect.fieldDelimiter);
      at += fieldStart ? dialect.fieldDelimiter.length : 1;
    }
  }
  return null;
}

function recordEnd(bytes: Uint8Array, start: number, at: number, dialect: Dialect): RecordEnd {
  const contentEnd = dialect.carriageReturn && at > start && bytes[at - 1] === CR ? at - 1 : at;
  return { contentEnd, next: at + dialect.recordDelimiter.length };
}

/** The fields of the record `start` to `end`: quoted where a quote begins and another ends them, else text as it stands. */
function headerNames(bytes: Uint8Array, start: number, end: number, dialect: Dialect): string[] {
  const invalid = firstInvalidByte(bytes.subarray(start, end));
  if (invalid >= 0) throw new SelectError('InvalidTextEncoding', { offset: start + invalid });
  const names: string[] = [];
  for (let at = start; ; at += dialect.fieldDelimiter.length) {
    const field: number[] = [];
    const quote = isAt(bytes, at, dialect.quote) ? dialect.quote.length : 0;
    const closed = quote > 0 ? closeQuote(bytes, at + quote, end, dialect, (byte) => field.push(byte)) : -1;
    if (quote > 0 && closed < 0 && !dialect.quotedRecordDelimiters) throw new SelectError('CSVEscapingRecordDelimiter', { offset: start });
    if (closed >= 0 && endsField(bytes, closed, end, dialect)) {
      at = closed;
    } else {
      field.length = 0;
      while (at < end && !startsWith(bytes, at, dialect.fieldDelimiter)) field.push(bytes[at++]!);
    }
    if (names.length >= limits.columns_max) throw new SelectError('OverMaxColumn', { columns_max: limits.columns_max });
    names.push(decoder.decode(Uint8Array.from(field)));
    if (at >= end) return names;
  }
}

/** Whether a field that a quote closed ends at `at`. */
function endsField(bytes: Uint8Array, at: number, end: number, dialect: Dialect): boolean {
  const { fieldDelimiter, recordDelimiter } = dialect;
  const next = dialect.carriageReturn && bytes[at] === CR ? at + 1 : at;
  return at >= end || startsWith(bytes, at, fieldDelimiter) || startsWith(bytes, next, recordDelimiter);
}

/** Passes the bytes of a quoted field on, escapes undone, from behind its opening quote; answers where its closing quote ends, or -1. */
function closeQuote(bytes: Uint8Array, from: number, end: number, dialect: Dialect, emit: (byte: number) => void): number {
  const { quote, escape: mark } = dialect;
  let at = from;
  while (at < end) {
    const escaped = isAt(bytes, at, mark) ? at + mark.length : -1;
    const kept = escaped < 0 || escaped >= end ? undefined : [quote, mark].find((text) => isAt(bytes, escaped, text));
    if (kept !== undefined) {
      for (const byte of kept) emit(byte);
      at = escaped + kept.length;
    } else if (isAt(bytes, at, quote)) {
      return at + quote.length;
    } else {
      emit(bytes[at++]!);
    }
  }
  return -1;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Offset of the first byte that is not UTF-8, or -1. */
function firstInvalidByte(bytes: Uint8Array): number {
  const text = decoder.decode(bytes);
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (!startsWith(bytes, offset, REPLACEMENT)) return offset;
    offset += REPLACEMENT.length;
    from = at + 1;
  }
  return -1;
}

const REPLACEMENT = encoder.encode('\ufffd');

const isAt = (bytes: Uint8Array, at: number, text: Uint8Array): boolean => text.length > 0 && startsWith(bytes, at, text);

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text[i]) return false;
  }
  return true;
}
