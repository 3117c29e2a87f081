/** The one output row of an aggregation, once the partial aggregates of all splits are merged. */
import { assert } from '../base/assert.ts';
import { SelectError } from '../base/errors.ts';
import type { OutputFormat } from '../formats/format.ts';
import { resultWriter } from '../formats/result-writer.ts';
import type { Projection } from '../sql/plan.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import { type Columns, valueAt } from '../vector/vector.ts';
import { finish, type Partial } from './aggregate.ts';
import { compileExpression } from './evaluate.ts';

export type Aggregation = Extract<Projection, { kind: 'aggregation' }>;

/** The row as an output record. Raises what an aggregate or an item failed with, and `OverMaxRecordSize`. */
export function finalRow(
  { items }: Aggregation,
  partials: readonly Partial[],
  output: OutputFormat,
  { utcnow_ms, record_bytes_max }: { readonly utcnow_ms: number; readonly record_bytes_max: number },
): Uint8Array<ArrayBuffer> {
  const context = { utcnow_ms, aggregates: partials.map(finish) };
  const values = items.map(({ expression }): SqlValue => {
    const value = valueAt(compileExpression(expression, context)(no_columns, one_row), 0);
    if (value instanceof Failure) throw SelectError.fromValue(value.error);
    return value;
  });
  const names = items.map(({ name }) => name);
  const writer = resultWriter(output);
  for (let bytes = 1024; ; bytes = Math.min(4 * bytes, record_bytes_max)) {
    const record = new Uint8Array(bytes);
    const end = writer.write(names, values, record, 0, bytes);
    if (end >= 0) return record.subarray(0, end);
    if (bytes >= record_bytes_max) throw new SelectError('OverMaxRecordSize', { bytes_max: record_bytes_max });
  }
}

const one_row = Uint32Array.of(0);

const no_columns: Columns = {
  read: () => {
    assert(false, 'an item of an aggregation reads no column');
  },
  offsetOf: () => 0,
};
