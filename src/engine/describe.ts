/** Finding out what an object's columns are, from its first or last bytes: a pool task, because it reads. */
import { readSync } from 'node:fs';
import { assert } from '../base/assert.ts';
import { type ErrorValue, SelectError } from '../base/errors.ts';
import { describeCsv } from '../formats/csv-describe.ts';
import type { InputFormat } from '../formats/format.ts';
import { describeJson } from '../formats/json-describe.ts';
import { describeParquet } from '../formats/parquet/describe.ts';
import type { ParquetFooter } from '../formats/parquet/metadata.ts';
import { typedSchemaOf } from '../formats/parquet/schema.ts';
import type { InputSchema } from '../vector/schema.ts';
import { byteSource } from './source.ts';
import type { SplitSource } from './task.ts';

export interface DescribeTask {
  readonly source: SplitSource;
  readonly input: InputFormat;
  readonly record_bytes_max: number;
}

/** What is known of an object before its first record. */
export interface Description {
  readonly schema: InputSchema;
  /** Where the records begin: after the header line, a byte order mark or both. 0 for Parquet. */
  readonly dataStart: number;
  /** Of Parquet; null for other formats. */
  readonly footer: ParquetFooter | null;
}

/** `more`: the pushed bytes end before the answer. Errors are values, as in every task. */
export type DescribeResult = { readonly description: Description } | { readonly error: ErrorValue } | 'more';

const prefix_bytes = 64 * 1024;

/** Reads as much of the source as it takes; how much that can be is bounded by `record_bytes_max`. */
export function describe(task: DescribeTask): DescribeResult {
  try {
    if (task.input.format === 'parquet') return { description: parquetDescription(task.source) };
    return task.source.kind === 'pushed' ? describePushed(task, Buffer.concat(task.source.parts), task.source.last) : describeObject(task);
  } catch (error) {
    if (error instanceof SelectError) return { error: error.toValue() };
    throw error;
  }
}

function describePushed({ input, record_bytes_max }: DescribeTask, bytes: Uint8Array, last: boolean): DescribeResult {
  const description = input.format === 'csv' ? describeCsv(bytes, last, input, record_bytes_max) : describeJson(bytes, last);
  return description === 'more' ? 'more' : { description: { ...description, footer: null } };
}

function parquetDescription(source: SplitSource): Description {
  const footer = describeParquet(byteSource(source));
  return { schema: typedSchemaOf(footer.schema), dataStart: 0, footer };
}

function describeObject(task: DescribeTask): DescribeResult {
  assert(task.source.kind !== 'pushed', 'pushed bytes have no more to read');
  const { size } = task.source;
  for (let bytes = prefix_bytes; ; bytes *= 4) {
    const prefix = new Uint8Array(Math.min(bytes, size));
    const read = readPrefix(task.source, prefix);
    const result = describePushed(task, prefix.subarray(0, read), read < prefix.length || prefix.length === size);
    if (result !== 'more') return result;
    assert(prefix.length < size, 'the whole object is enough to describe it');
  }
}

/** Returns the bytes read: fewer than fit where the file was cut behind our back. */
function readPrefix(source: Exclude<SplitSource, { kind: 'pushed' }>, into: Uint8Array): number {
  if (source.kind === 'bytes') {
    into.set(new Uint8Array(source.buffer, 0, into.length));
    return into.length;
  }
  let read = 0;
  while (read < into.length) {
    const count = readSync(source.fd, into, read, into.length - read, read);
    if (count === 0) break;
    read += count;
  }
  return read;
}
