/** The columns of an input by its first bytes, for plans and headings. */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { inflate } from '../formats/codecs.ts';
import { describeCsv } from '../formats/csv-describe.ts';
import { type InputSerialization, resolveInput } from '../formats/serialization.ts';
import { compileQuery, outputColumns } from '../sql/compile.ts';

type Schema = Parameters<typeof compileQuery>[1];

/** Reads no more of `bytes` than it takes. Raises what the engine would: unsupported inputs, over-long headers. */
export async function schemaOf(serialization: InputSerialization, bytes: AsyncIterable<Uint8Array>): Promise<Schema> {
  const input = resolveInput(serialization);
  if (input.format === 'json') return { kind: 'open' };
  assert(input.format === 'csv', 'the columns of Parquet are known from its footer');
  let read = Buffer.alloc(0);
  for await (const piece of inflate(input.compression, bytes, { compressed_bytes: 0, inflated_bytes: 0 })) {
    read = Buffer.concat([read, piece]);
    const description = describeCsv(read, false, input, limits.record_bytes_max);
    if (description !== 'more') return description.schema;
  }
  const description = describeCsv(read, true, input, limits.record_bytes_max);
  return description === 'more' ? { kind: 'positional', names: null } : description.schema;
}

/** The names of an answer's columns, or null where they cannot be told from here. */
export async function columnsOf(
  input: InputSerialization,
  prefix: AsyncIterable<Uint8Array>,
  expression: string,
): Promise<readonly string[] | null> {
  try {
    const schema = await schemaOf(input, prefix);
    return outputColumns(compileQuery(expression, schema), schema);
  } catch {
    // why: it is the server's to say what is wrong, and it may know more than this program.
    return null;
  }
}

/** Values as what is iterated asynchronously. */
export async function* once<T>(...values: T[]): AsyncGenerator<T, void, undefined> {
  yield* values;
}
