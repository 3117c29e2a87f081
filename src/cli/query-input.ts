/** What a query reads on the command line, whatever it is: first bytes to guess from, and an answer in blocks. */

import type { QueryStats } from '../engine/query.ts';
import type { Compression } from '../formats/format.ts';
import { type Guess, guess, guess_bytes, guess_bytes_max } from '../formats/guess.ts';
import type { InputSerialization, OutputSerialization, ScanRangeMember } from '../formats/serialization.ts';
import { UsageError } from './option-values.ts';

/** The first bytes of an input; `atEnd`: they are all of it. */
export interface Prefix {
  readonly bytes: Uint8Array;
  readonly atEnd: boolean;
}

export interface InputRequest {
  readonly expression: string;
  readonly input: InputSerialization;
  readonly output: OutputSerialization;
  readonly scanRange: ScanRangeMember | undefined;
  /** Of inputs of this process: a server decides it for all its clients. */
  readonly strictJson: boolean;
  readonly signal: AbortSignal;
}

export interface Answer {
  /** Names of the output columns; null where they are not known. */
  readonly columns: readonly string[] | null;
  /** Grows while the blocks are read. `rows` is null where nobody counts them. */
  readonly stats: Readonly<Omit<QueryStats, 'rows'>> & { readonly rows: number | null };
  readonly blocks: AsyncIterable<Uint8Array>;
}

export interface QueryInput {
  /** `bytes` of them, or all there are. Asking again for more is allowed. */
  prefix(bytes: number): Promise<Prefix>;
  /** Of the whole input; null when it is not known. May be known only after `prefix`. */
  total_bytes(): number | null;
  run(request: InputRequest): Promise<Answer>;
}

/** What the options say of an input. */
export interface InputOptions {
  readonly input: 'csv' | 'jsonl' | 'json' | 'parquet' | undefined;
  readonly header: 'use' | 'ignore' | 'none' | undefined;
  readonly delimiter: string | undefined;
  readonly compression: Compression | undefined;
  readonly noQuotedNewlines: boolean;
  readonly scanRange?: string | undefined;
}

/** The serialization of an input: what the options say, and for the rest what its first bytes look like. */
export async function inputSerialization(options: InputOptions, prefix: QueryInput['prefix']): Promise<InputSerialization> {
  const { input, header, delimiter, compression } = options;
  const known = input !== undefined && compression !== undefined && (input !== 'csv' || (header !== undefined && delimiter !== undefined));
  const guessed: Guess = known ? { format: input, compression: 'none', fieldDelimiter: ',', header: false } : await guessOf(prefix);
  const CompressionType = (compression ?? guessed.compression).toUpperCase();
  const format = input ?? guessed.format;
  if (format === 'jsonl') return { JSON: { Type: 'LINES' }, CompressionType };
  if (format === 'json') return { JSON: { Type: 'DOCUMENT' }, CompressionType };
  if (format === 'parquet') return { Parquet: {}, CompressionType };
  return {
    CSV: {
      FileHeaderInfo: (header ?? (guessed.header ? 'use' : 'none')).toUpperCase(),
      FieldDelimiter: delimiter === undefined ? guessed.fieldDelimiter : delimiter.replaceAll('\\t', '\t'),
      // Most files that quote at all may quote a line end; where a range is asked for, S3 Select rules it out.
      ...(options.noQuotedNewlines || options.scanRange !== undefined ? {} : { AllowQuotedRecordDelimiter: true }),
    },
    CompressionType,
  };
}

/** `START-END`, `START-`, `-LAST`. Raises `UsageError`. */
export function scanRangeOf(text: string | undefined): ScanRangeMember | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d*)-(\d*)$/.exec(text);
  if (match === null || text === '-') throw new UsageError(`--scan-range: ${JSON.stringify(text)} is not START-END, START- or -N`);
  const [, start = '', end = ''] = match;
  return { ...(start === '' ? {} : { Start: Number(start) }), ...(end === '' ? {} : { End: Number(end) }) };
}

async function guessOf(prefix: QueryInput['prefix']): Promise<Guess> {
  for (const wanted of [guess_bytes, guess_bytes_max]) {
    const { bytes, atEnd } = await prefix(wanted);
    const guessed = await guess(bytes, atEnd);
    if (guessed !== null) return guessed;
  }
  return { format: 'csv', compression: 'none', fieldDelimiter: ',', header: false };
}
