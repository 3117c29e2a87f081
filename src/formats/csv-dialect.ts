/** The bytes of a CSV dialect, from the characters of a request. */
import type { CsvDialect, CsvStyle } from '../kernels/kernels.ts';
import type { CsvInput, CsvOutput } from './format.ts';

export function dialectOf(input: CsvInput): CsvDialect {
  return {
    fieldDelimiter: Buffer.from(input.fieldDelimiter),
    quote: Buffer.from(input.quote),
    escape: Buffer.from(input.escape),
    recordDelimiter: Buffer.from(input.recordDelimiter),
    trimCarriageReturn: input.recordDelimiter === '\n',
    comment: Buffer.from(input.comment),
    quotedRecordDelimiters: input.allowQuotedRecordDelimiter,
  };
}

export function styleOf(output: CsvOutput): CsvStyle {
  return {
    fieldDelimiter: Buffer.from(output.fieldDelimiter),
    recordDelimiter: Buffer.from(output.recordDelimiter),
    quote: Buffer.from(output.quote),
    escape: Buffer.from(output.escape === '' ? output.quote : output.escape),
    always: output.quoteFields === 'always' && output.quote !== '',
  };
}

/**
 * Whether splits may begin at any byte of such an object. Not where a record delimiter can overlap itself, and with quoted record
 * delimiters only in the dialects whose quote state is one bit: no escape of its own, no character of more than a byte.
 */
export function isCuttable(input: CsvInput): boolean {
  const [first, second] = input.recordDelimiter;
  if (first === second) return false;
  if (!input.allowQuotedRecordDelimiter || input.quote === '') return true;
  return input.escape === input.quote && Buffer.byteLength(input.quote) === 1 && Buffer.byteLength(input.fieldDelimiter) === 1;
}

/**
 * Guesses whether the first of `bytes` lies inside quotes: walks the quotes under both hypotheses until one of them would need a
 * quote where the regular form has none. A wrong guess costs time, never correctness.
 */
export function guessQuoted(bytes: Uint8Array, dialect: CsvDialect): boolean {
  const quote = dialect.quote[0];
  if (quote === undefined) return false;
  const delimiter = dialect.fieldDelimiter[0]!;
  const record = dialect.recordDelimiter[dialect.recordDelimiter.length - 1]!;
  const mayOpen = (before: number | undefined): boolean =>
    before === undefined || before === delimiter || before === record || before === quote;
  const mayClose = (after: number | undefined): boolean =>
    after === undefined || after === delimiter || after === record || after === quote || after === 13;
  let opens = true; // under the hypothesis "outside", the next quote opens
  for (let at = bytes.indexOf(quote); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    const open = mayOpen(at === 0 ? undefined : bytes[at - 1]);
    const close = mayClose(bytes[at + 1]);
    const outside = opens ? open : close;
    const inside = opens ? close : open;
    if (outside !== inside) return inside;
    opens = !opens;
  }
  return false;
}
