/** Files that were damaged anywhere, queried: an answer or an error of the catalogue, soon, and never bytes of another query. */
import fc from 'fast-check';
import { readParquet, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { Engine } from '../src/engine/query.ts';
import { ask, csvInput, csvOutput, memoryObject } from './support/engine.ts';
import { manyTypesFile } from './support/parquet.ts';

const input = { format: 'parquet', compression: 'none' } as const;
const secret = 'sesame-open-sesame';
const ours = manyTypesFile({ columnIndex: true, bloomFilter: true });
const files = [ours, writeParquet(readParquet(ours), new WriterPropertiesBuilder().setMaxRowGroupSize(90).setWriterVersion(1).build())];

const expressions = [
  'SELECT * FROM S3Object',
  "SELECT * FROM S3Object s WHERE s.text = 'word 7' OR s.i32 > 300",
  'SELECT COUNT(*), SUM(i64), MAX(text), MIN(day) FROM S3Object WHERE f64 < 50',
  'SELECT s.list[1], s.pair.left FROM S3Object s WHERE s.dec32 > 10',
  'SELECT uuid FROM S3Object LIMIT 20',
];

/** What damaged data may be answered with. */
const codes = new Set([
  'ParquetParsingError',
  'UnsupportedParquetType',
  'ParquetUnsupportedCompressionCodec',
  'OverMaxParquetBlockSize',
  'OverMaxColumn',
  'OverMaxRecordSize',
  'InvalidTextEncoding',
  // The schema may have lost a column, or given it another type.
  'MissingHeaders',
  'InvalidKeyPath',
  'InvalidColumnIndex',
  'InvalidDataType',
  'ExternalEvalException',
  'CastFailed',
  'IntegerOverflow',
  'NumberFormatError',
  'ValueParseFailure',
  'LikeInvalidInputs',
]);

t.test('damage anywhere', async (t) => {
  const engine = new Engine({ workers: 0 });
  t.teardown(() => engine.close());
  const secrets = `${secret},1\n`.repeat(20_000);
  const found = { answers: 0, errors: 0, slowest_ms: 0 };
  const damage = fc.record({
    // Footers and page headers are where sizes stand.
    at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.85, max: 1, noNaN: true })),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
    kind: fc.constantFrom('set', 'flip', 'delete', 'insert', 'zero', 'ones'),
  });
  const cases = fc.record({
    file: fc.nat(files.length - 1),
    damages: fc.array(damage, { minLength: 1, maxLength: 3 }),
    expression: fc.constantFrom(...expressions),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ file, damages, expression }) => {
      let bytes = Buffer.from(files[file] ?? ours);
      for (const { at, byte, kind } of damages) {
        const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
        if (kind === 'set') bytes[place] = byte;
        else if (kind === 'flip') bytes[place] = (bytes[place] ?? 0) ^ (1 << (byte & 7));
        else if (kind === 'zero') bytes.subarray(place, place + (byte & 15)).fill(0);
        else if (kind === 'ones') bytes.subarray(place, place + (byte & 7)).fill(255);
        else if (kind === 'delete') bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]);
        else bytes = Buffer.concat([bytes.subarray(0, place), Uint8Array.of(byte), bytes.subarray(place)]);
      }
      // Fills the memory of the thread.
      if (found.answers % 50 === 0) await ask(engine, memoryObject(secrets), 'SELECT * FROM S3Object', { input: csvInput });
      const started = performance.now();
      const { text, error } = await ask(engine, memoryObject(bytes), expression, { input, output: csvOutput });
      found.slowest_ms = Math.max(found.slowest_ms, performance.now() - started);
      if (error === null) found.answers++;
      else found.errors++;
      if (error !== null && !(error instanceof SelectError && codes.has(error.code)))
        throw new Error('an unexpected error', { cause: error });
      return !text.includes(secret);
    }),
    { numRuns: 800, seed: 23 },
  );
  t.ok(found.answers > 20 && found.errors > 100, `${found.answers} answers, ${found.errors} errors`);
  t.comment(`slowest ${found.slowest_ms} ms`);
});
