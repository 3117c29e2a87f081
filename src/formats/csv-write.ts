/** Writes result records as CSV, from SQL values of any type: the general path beside the kernels that copy fields as bytes. */
import { csvText } from '../vector/text.ts';
import type { SqlValue } from '../vector/value.ts';
import type { CsvOutput } from './format.ts';

export interface RecordWriter {
  /**
   * Writes one record and its delimiter into `into` from `at` on. Answers where it ends, or -1 when it does not fit before
   * `end` (bytes in between are then undefined). `names` are the output columns, `values` theirs in the same order and no
   * failures: those are raised before anything is written.
   */
  write(names: readonly string[], values: readonly SqlValue[], into: Uint8Array, at: number, end: number): number;
}

/**
 * ASNEEDED quotes fields with a character of a delimiter, CR, LF or the quote. NULL and MISSING are empty fields. Within
 * quotes the escape character precedes quotes and, being another character, itself: else a reader could not undo it.
 */
export function csvWriter(output: CsvOutput): RecordWriter {
  const fieldDelimiter = encoder.encode(output.fieldDelimiter);
  const recordDelimiter = encoder.encode(output.recordDelimiter);
  const always = output.quoteFields === 'always' && output.quote !== '';
  const needsQuotes = output.quote === '' ? () => false : quoteTrigger(output);
  const putField = (value: SqlValue, into: Uint8Array, at: number, end: number): number => {
    const text = csvText(value);
    return putText(always || needsQuotes(text) ? quoted(text, output) : text, into, at, end);
  };
  return {
    write(_names, values, into, at, end) {
      let to = at;
      for (let i = 0; i < values.length && to >= 0; i++) {
        if (i > 0) to = putBytes(fieldDelimiter, into, to, end);
        if (to >= 0) to = putField(values[i], into, to, end);
      }
      return to < 0 ? -1 : putBytes(recordDelimiter, into, to, end);
    },
  };
}

const encoder = new TextEncoder();

/** Puts `bytes` at `at`; answers the position behind them, or -1 when they do not fit before `end`. */
export function putBytes(bytes: Uint8Array, into: Uint8Array, at: number, end: number): number {
  if (bytes.length > end - at) return -1;
  for (let i = 0; i < bytes.length; i++) into[at + i] = bytes[i]!;
  return at + bytes.length;
}

/** Puts `text` as UTF-8 at `at`; answers the position behind it, or -1 when it does not fit before `end`. */
export function putText(text: string, into: Uint8Array, at: number, end: number): number {
  const { length } = text;
  if (length > end - at) return -1;
  // why: below some 64 characters a loop is quicker than the call into the encoder and its view.
  for (let i = 0; length <= 64; i++) {
    if (i === length) return at + length;
    const code = text.charCodeAt(i);
    if (code >= 0x80) break;
    into[at + i] = code;
  }
  const { read, written } = encoder.encodeInto(text, into.subarray(at, end));
  return read === length ? at + written : -1;
}

/** Whether a text has a character that must be quoted. One of a two-character delimiter alone could complete with its neighbour. */
function quoteTrigger({ fieldDelimiter, recordDelimiter, quote }: CsvOutput): (text: string) => boolean {
  const ascii = new Uint8Array(128);
  const others: string[] = [];
  for (const character of new Set(['\r', '\n', ...fieldDelimiter, ...recordDelimiter, quote])) {
    if (character < '\x80') ascii[character.charCodeAt(0)] = 1;
    else others.push(character);
  }
  return (text) => {
    for (let i = 0; i < text.length; i++) {
      if (ascii[text.charCodeAt(i)] === 1) return true;
    }
    return others.some((character) => text.includes(character));
  };
}

function quoted(text: string, { quote, escape: mark }: CsvOutput): string {
  const escaped = mark === quote ? text : text.replaceAll(mark, () => mark + mark);
  return quote + escaped.replaceAll(quote, () => mark + quote) + quote;
}
