/** The serializations of a request, resolved: defaults filled in, enumerations closed, characters checked. Plain data. */

import type { RowGroup } from './parquet/metadata.ts';

export type Compression = 'none' | 'gzip' | 'bzip2' | 'zstd' | 'lz4' | 'snappy';

/** Delimiters, quote and comment are Unicode text, not bytes: clients send U+FDD0 to mean "no comments". */
export interface CsvInput {
  readonly format: 'csv';
  readonly compression: Compression;
  readonly header: 'use' | 'ignore' | 'none';
  /** One or two characters. `\n` also ends records at CR LF. */
  readonly recordDelimiter: string;
  readonly fieldDelimiter: string;
  /** Empty: no quoting. */
  readonly quote: string;
  readonly escape: string;
  /** A record whose first character it is, is dropped. */
  readonly comment: string;
  readonly allowQuotedRecordDelimiter: boolean;
}

export interface JsonInput {
  readonly format: 'json';
  readonly compression: Compression;
  /** `lines`: values usually end with their line, so the object can be cut. `document`: one value or several, read in order. */
  readonly type: 'lines' | 'document';
  /** All of the text is validated, whether a query touches it or not. */
  readonly strict: boolean;
}

/** Codecs stand inside the file, for each column chunk. */
export interface ParquetInput {
  readonly format: 'parquet';
  readonly compression: 'none';
}

export type InputFormat = CsvInput | JsonInput | ParquetInput;

export interface CsvOutput {
  readonly format: 'csv';
  readonly quoteFields: 'asneeded' | 'always';
  readonly recordDelimiter: string;
  readonly fieldDelimiter: string;
  readonly quote: string;
  readonly escape: string;
}

export interface JsonOutput {
  readonly format: 'json';
  readonly recordDelimiter: string;
}

export type OutputFormat = CsvOutput | JsonOutput;

/** ScanRange as sent: at least one of the two. Semantics: a record belongs to the range that holds its first byte b, as start < b <= end. */
export interface ScanRange {
  readonly start: number | null;
  readonly end: number | null;
}

/**
 * A split of a text object: the records whose first byte b is `start < b <= end` (`first`: `start <= b <= end`). Splits that
 * share boundaries tile the object, each record once. Of a Parquet object the same in rows, counted from 1, with what a task
 * has to know of their row group.
 */
export interface Split {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly first: boolean;
  /** Parquet only. */
  readonly rowGroup?: RowGroup;
}
