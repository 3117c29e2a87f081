/**
 * `InputSerialization`, `OutputSerialization` and `ScanRange` as the AWS SDKs name them, and their resolution into the plain
 * data the engine works with. Every rule and code of the serializations stands here, for HTTP, library and CLI alike.
 */
import { type ErrorCode, SelectError } from '../base/errors.ts';
import { excerpt } from '../vector/text.ts';
import { isCuttable } from './csv-dialect.ts';
import type { Compression, CsvInput, CsvOutput, InputFormat, JsonOutput, OutputFormat, ScanRange } from './format.ts';

export interface CsvInputMember {
  FileHeaderInfo?: string | undefined;
  Comments?: string | undefined;
  QuoteEscapeCharacter?: string | undefined;
  RecordDelimiter?: string | undefined;
  FieldDelimiter?: string | undefined;
  QuoteCharacter?: string | undefined;
  AllowQuotedRecordDelimiter?: boolean | undefined;
}

export interface JsonInputMember {
  Type?: string | undefined;
}

export interface InputSerialization {
  CSV?: CsvInputMember | undefined;
  JSON?: JsonInputMember | undefined;
  Parquet?: object | undefined;
  CompressionType?: string | undefined;
}

export interface CsvOutputMember {
  QuoteFields?: string | undefined;
  QuoteEscapeCharacter?: string | undefined;
  RecordDelimiter?: string | undefined;
  FieldDelimiter?: string | undefined;
  QuoteCharacter?: string | undefined;
}

export interface JsonOutputMember {
  RecordDelimiter?: string | undefined;
}

export interface OutputSerialization {
  CSV?: CsvOutputMember | undefined;
  JSON?: JsonOutputMember | undefined;
}

export interface ScanRangeMember {
  Start?: number | undefined;
  End?: number | undefined;
}

/**
 * Fills in the defaults of an input serialization and checks it. `strictJson`, which no request can say: all of a JSON text is
 * validated.
 * @throws SelectError ObjectSerializationConflict, InvalidDataSource, InvalidCompressionFormat, InvalidFileHeaderInfo,
 * InvalidJsonType, MissingRequiredParameter, InvalidRequestParameter.
 */
export function resolveInput(member: InputSerialization, strictJson = false): InputFormat {
  const formats = [member.CSV, member.JSON, member.Parquet].filter((format) => format !== undefined).length;
  if (formats > 1) throw new SelectError('ObjectSerializationConflict', { parameter: 'InputSerialization' });
  if (formats === 0) throw new SelectError('InvalidDataSource');
  const compression = resolveCompression(member.CompressionType);
  if (member.CSV !== undefined) return resolveCsvInput(member.CSV, compression);
  if (member.Parquet !== undefined) {
    if (compression === 'none') return { format: 'parquet', compression };
    throw new SelectError('InvalidCompressionFormat', {
      compression: excerpt(member.CompressionType ?? ''),
      hint: 'CompressionType is NONE for Parquet, whose columns are compressed inside the file.',
    });
  }
  const type = resolveEnumeration(jsonTypes, member.JSON?.Type ?? '', 'LINES', 'InvalidJsonType');
  return { format: 'json', compression, type, strict: strictJson };
}

/**
 * Fills in the defaults of an output serialization and checks it.
 * @throws SelectError ObjectSerializationConflict, InvalidQuoteFields, MissingRequiredParameter, InvalidRequestParameter.
 */
export function resolveOutput(member: OutputSerialization): OutputFormat {
  const csv = member.CSV;
  const json = member.JSON;
  if (csv !== undefined && json !== undefined) throw new SelectError('ObjectSerializationConflict', { parameter: 'OutputSerialization' });
  if (csv !== undefined) return resolveCsvOutput(csv);
  if (json !== undefined) return resolveJsonOutput(json);
  throw new SelectError('MissingRequiredParameter', { parameter: 'OutputSerialization: CSV or JSON' });
}

/**
 * Checks a scan range against the input it is to cut; null without one. Ends beyond the object are no error.
 * @throws SelectError InvalidScanRange, UnsupportedScanRangeInput.
 */
export function resolveScanRange(member: ScanRangeMember | undefined, input: InputFormat): ScanRange | null {
  if (member === undefined) return null;
  const start = resolveOffset('Start', member.Start);
  const end = resolveOffset('End', member.End);
  if (start === null && end === null) throw new SelectError('InvalidScanRange', { reason: 'Start or End is required' });
  if (start !== null && end !== null && start > end) throw new SelectError('InvalidScanRange', { reason: 'Start is greater than End' });
  const reason = whyUncut(input);
  if (reason !== null) throw new SelectError('UnsupportedScanRangeInput', { reason });
  return { start, end };
}

/** Why an object cannot be read from its middle, for the message; null where it can. */
export function whyUncut(input: InputFormat): string | null {
  if (input.compression !== 'none') return 'the object is compressed';
  if (input.format === 'json') return input.type === 'document' ? 'the JSON type is DOCUMENT' : null;
  if (input.format === 'parquet') return null;
  if (input.allowQuotedRecordDelimiter) return 'AllowQuotedRecordDelimiter is TRUE';
  return isCuttable(input) ? null : 'the record delimiter can overlap itself';
}

const jsonTypes = { LINES: 'lines', DOCUMENT: 'document' } as const;
const headers = { USE: 'use', IGNORE: 'ignore', NONE: 'none' } as const;
const quotings = { ASNEEDED: 'asneeded', ALWAYS: 'always' } as const;
/** The last three are beyond Amazon's. */
const compressions: Readonly<Record<string, Compression>> = {
  NONE: 'none',
  GZIP: 'gzip',
  BZIP2: 'bzip2',
  ZSTD: 'zstd',
  LZ4: 'lz4',
  SNAPPY: 'snappy',
};

function resolveCompression(value: string | undefined): Compression {
  const name = (value ?? 'NONE').toUpperCase();
  const compression = Object.hasOwn(compressions, name) ? compressions[name] : undefined;
  if (compression !== undefined) return compression;
  throw new SelectError('InvalidCompressionFormat', {
    compression: excerpt(value ?? ''),
    hint: 'CompressionType is NONE, GZIP, BZIP2, ZSTD, LZ4 or SNAPPY.',
  });
}

function resolveCsvInput(member: CsvInputMember, compression: Compression): CsvInput {
  const csv: CsvInput = {
    format: 'csv',
    compression,
    header: resolveEnumeration(headers, member.FileHeaderInfo, 'NONE', 'InvalidFileHeaderInfo'),
    recordDelimiter: resolveRecordDelimiter(member.RecordDelimiter),
    fieldDelimiter: resolveFieldDelimiter(member.FieldDelimiter),
    quote: resolveCharacter('QuoteCharacter', member.QuoteCharacter, '"', ''),
    escape: resolveCharacter('QuoteEscapeCharacter', member.QuoteEscapeCharacter, '"', '"'),
    // why: as with an empty FieldDelimiter, an absent character is U+0000, which no text starts with.
    comment: resolveCharacter('Comments', member.Comments, '#', '\0'),
    allowQuotedRecordDelimiter: member.AllowQuotedRecordDelimiter ?? false,
  };
  checkDialect(csv, member.QuoteEscapeCharacter !== undefined);
  return csv;
}

function resolveCsvOutput(member: CsvOutputMember): CsvOutput {
  const csv: CsvOutput = {
    format: 'csv',
    quoteFields: resolveEnumeration(quotings, member.QuoteFields, 'ASNEEDED', 'InvalidQuoteFields'),
    recordDelimiter: resolveRecordDelimiter(member.RecordDelimiter),
    fieldDelimiter: resolveFieldDelimiter(member.FieldDelimiter),
    quote: resolveCharacter('QuoteCharacter', member.QuoteCharacter, '"', ''),
    escape: resolveCharacter('QuoteEscapeCharacter', member.QuoteEscapeCharacter, '"', '"'),
  };
  checkDialect(csv, member.QuoteEscapeCharacter !== undefined);
  return csv;
}

function resolveJsonOutput(member: JsonOutputMember): JsonOutput {
  return { format: 'json', recordDelimiter: resolveRecordDelimiter(member.RecordDelimiter) };
}

function resolveEnumeration<Values extends Readonly<Record<string, string>>>(
  values: Values,
  value: string | undefined,
  fallback: keyof Values & string,
  code: ErrorCode,
): Values[keyof Values] {
  const name = (value ?? fallback).toUpperCase();
  if (!Object.hasOwn(values, name)) throw new SelectError(code);
  return values[name as keyof Values];
}

function resolveRecordDelimiter(value: string | undefined): string {
  if (value === '') throw new SelectError('MissingRequiredParameter', { parameter: 'RecordDelimiter' });
  return checkCharacters('RecordDelimiter', value ?? '\n', 2);
}

function resolveFieldDelimiter(value: string | undefined): string {
  return value === '' ? '\0' : checkCharacters('FieldDelimiter', value ?? ',', 2);
}

function resolveCharacter(parameter: string, value: string | undefined, absent: string, empty: string): string {
  if (value === undefined) return absent;
  return value === '' ? empty : checkCharacters(parameter, value, 1);
}

function checkCharacters(parameter: string, value: string, characters_max: number): string {
  // why: `[...value]` of a text of any length would cost its length; two characters are at most four code units.
  if (value.length > 2 * characters_max || [...value].length > characters_max) {
    throw invalid(parameter, characters_max === 1 ? 'one character is allowed' : 'one or two characters are allowed');
  }
  if (/\p{Surrogate}/u.test(value)) throw invalid(parameter, 'it is not valid Unicode');
  return value;
}

/** What no reader could tell apart, and no writer could write so that one could. */
function checkDialect(csv: CsvInput | CsvOutput, escapeGiven: boolean): void {
  const { recordDelimiter, fieldDelimiter, quote } = csv;
  if (recordDelimiter.includes(fieldDelimiter) || fieldDelimiter.includes(recordDelimiter)) {
    throw invalid('FieldDelimiter', 'it overlaps the RecordDelimiter');
  }
  if (quote === '') return;
  for (const [name, delimiter] of [
    ['RecordDelimiter', recordDelimiter],
    ['FieldDelimiter', fieldDelimiter],
  ] as const) {
    if (delimiter.includes(quote)) throw invalid('QuoteCharacter', `it is also in the ${name}`);
    if (escapeGiven && delimiter.includes(csv.escape)) throw invalid('QuoteEscapeCharacter', `it is also in the ${name}`);
  }
}

function resolveOffset(name: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  if (!Number.isInteger(value) || value < 0) throw new SelectError('InvalidScanRange', { reason: `${name} is not a byte offset` });
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

const invalid = (parameter: string, reason: string): SelectError => new SelectError('InvalidRequestParameter', { parameter, reason });
