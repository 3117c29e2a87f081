/** Columns of values as output text. */
import { assert } from '../../base/assert.ts';
import { mantissaForm, RENDERED_BYTES_MAX, timeDigits } from '../../kernels/column-kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import type { LoadedColumn } from '../scan.ts';

/** `count` row numbers from an address on; the address 0: rows 0 to `count - 1`. */
export interface RowList {
  readonly address: number;
  readonly count: number;
}

/**
 * Writes the texts of a column's values from `at` on, and `fields` (by row) over them: CSV before quoting, where NULL is empty, or JSON
 * tokens, where NULL is MISSING: its key is left out. Strings and JSON stay where they are, and without quotes. A value without text (a date
 * outside the years 1 to 9999) is in doubt. There is room for `RENDERED_BYTES_MAX` bytes a row before `end`. Answers the address behind the last text.
 */
export function renderTexts(
  { simd: { columns } }: Pick<ThreadKernels, 'simd'>,
  { kind, values, states, scale, wide, unit, utc }: LoadedColumn,
  { address: rows, count }: RowList,
  form: 'csv' | 'json',
  fields: number,
  at: number,
  end: number,
): number {
  const json = Number(form === 'json');
  const isField = kind === 'string' || kind === 'json';
  assert(isField || count * RENDERED_BYTES_MAX <= end - at, 'texts have room');
  switch (kind) {
    case 'int':
      return columns.renderInts(values, states, rows, count, json, fields, at);
    case 'bool':
      return columns.renderTruths(values, states, rows, count, json, fields, at);
    case 'float':
      return columns.renderFloats(values, states, rows, count, json, fields, at);
    case 'decimal':
      return columns.renderDecimals(values, states, rows, count, scale, wide ? mantissaForm.int128 : mantissaForm.int64, json, fields, at);
    case 'timestamp':
      return columns.renderTimes(values, states, rows, count, timeDigits[unit === 'days' ? 'day' : unit], Number(utc), json, fields, at);
    case 'string':
    case 'json':
      columns.renderFields(values, rows, count, json, fields);
      return at;
  }
}
