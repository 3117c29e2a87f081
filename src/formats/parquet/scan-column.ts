/** A column of a scan, whichever way its rows are decoded. */
import type { SqlValue } from '../../vector/value.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import type { LoadedColumn } from '../scan.ts';
import type { Cells } from './dictionary-cells.ts';
import type { BatchRows, Target } from './flat-column.ts';
import type { TextArea } from './text-area.ts';

/** What a scan does with a column. Rows are those of the row group, ascending. */
export interface ScanColumn {
  readonly form: Pick<LoadedColumn, 'kind' | 'scale' | 'wide' | 'unit' | 'utc'>;
  /** How many of the rows, from the first on, can be loaded at once. */
  loadable(rows: number, count: number): number;
  /** Loads rows; answers whether `states` say anything. */
  load(rows: BatchRows, target: Target, texts: TextArea): boolean;
  /** Writes texts where that is faster than to load and render values; false: it is not. */
  writeTexts(rows: BatchRows, form: 'csv' | 'json', fields: number, texts: TextArea): boolean;
  /** Writes u32 codes of rows by slot, and answers the cells they stand for; null, or absent: the rows have no codes, or it does not pay. */
  writeCodes?(rows: BatchRows, style: number, codes: number): Cells | null;
  /** What a loaded count of a timestamp stands for, where it is not itself. */
  momentOf?(count: bigint): SqlValue | undefined;
  /** The values of loaded tokens, which are JSON of any type; null, or absent: the column has a type. */
  readTokens?(fields: number, rows: Selection): Vector | null;
  /** Replaces the fields of loaded tokens of any type by those of their texts in CSV; false, or absent: the column has a type. */
  writeTokens?(rows: BatchRows, fields: number, texts: TextArea): boolean;
}
