/** `s3lect schema` as a child process: what it says of each format, as text and as JSON. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { airports, s3lect, temporaryFolder } from './support/cli.ts';
import { manyTypesFile } from './support/parquet.ts';

async function report(path: string, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await s3lect(['schema', path, '--json', ...args]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

t.test('Parquet', async (t) => {
  const path = join(temporaryFolder(t), 'x.parquet');
  const bytes = manyTypesFile({ columnIndex: true, bloomFilter: true });
  writeFileSync(path, bytes);
  const { code, stdout, stderr } = await s3lect(['schema', path]);
  t.same([code, stderr], [0, '']);
  t.match(
    stdout,
    /^Parquet, .* kB: 240 rows in 3 row groups\nwritten by hyparquet\nInputSerialization \{"Parquet":\{\},"CompressionType":"NONE"\}\n/,
  );
  t.match(stdout, /│ i64 +│ int +│ INT64 +│ SNAPPY │ [A-Z_ ]+ │ .* │ +34 │ 0 +│ 717000000000 +│ pages bloom filter │/);
  t.match(stdout, /│ dec32 +│ decimal +│ INT32 DECIMAL\(9,2\) +│/);
  t.match(stdout, /│ list +│ list +│.*\n│ {3}element +│ int +│ INT32 /, 'what is nested is indented');
  t.match(stdout, /\nRow groups\n.*\n│ # │ rows │.*\n.*\n│ 0 │ {2}100 │ +4 │/);

  const json = await report(path);
  t.match(json, { format: 'parquet', bytes: bytes.length, rows: 240, writer: 'hyparquet', input_serialization: { Parquet: {} } });
  t.match((json['columns'] as unknown[])[2], {
    name: 'i64',
    type: 'int',
    physical: 'INT64',
    codecs: ['SNAPPY'],
    nulls: 34,
    min: '0',
    max: '717000000000',
    bloom_filter: true,
    page_index: true,
    unreadable: null,
  });
  t.match((json['columns'] as unknown[]).at(-1), {
    name: 'pair',
    type: 'struct',
    fields: [{ name: 'left', type: 'int' }, { name: 'right' }],
  });
  t.match(json['row_groups'], [{ index: 0, first_row: 0, rows: 100, offset: 4 }, { first_row: 100 }, { rows: 40 }]);

  writeFileSync(path, bytes.subarray(0, 500));
  const broken = await s3lect(['schema', path]);
  t.same([broken.code, broken.stdout], [1, '']);
  t.match(broken.stderr, /^s3lect: ParquetParsingError: .* ends with PAR1/);
});

t.test('CSV', async (t) => {
  const { code, stdout } = await s3lect(['schema', airports]);
  t.equal(code, 0);
  t.match(stdout, /^CSV, 35\.57 kB\nInputSerialization \{"CSV":\{"FileHeaderInfo":"USE","FieldDelimiter":","/);
  t.match(stdout, /\nColumns of its 600 records\n/);
  t.match(stdout, /│ iata +│ string +│.*\n(.*\n)*│ latitude +│ decimal │ +0 │/);
  const path = join(temporaryFolder(t), 'x.csv.gz');
  writeFileSync(path, gzipSync('id;at;share;ok;note\n1;2024-01-01T00:00Z;1e3;true;\n2;2024-01-02T00:00Z;2.5;false;7\n3;;3;true;x\n'));
  const json = await report(path);
  t.match(json, { format: 'csv', records_sampled: 3, input_serialization: { CSV: { FieldDelimiter: ';' }, CompressionType: 'GZIP' } });
  t.same(json['columns'], [
    { name: 'id', types: ['int'], empty: 0 },
    { name: 'at', types: ['timestamp'], empty: 1 },
    { name: 'share', types: ['float'], empty: 0 },
    { name: 'ok', types: ['bool'], empty: 0 },
    { name: 'note', types: ['string'], empty: 1 },
  ]);
  t.match(
    await report(path, '--header', 'none'),
    { records_sampled: 4, columns: [{ name: '_1', types: ['string'] }] },
    'options are heeded',
  );
});

t.test('JSON', async (t) => {
  const folder = temporaryFolder(t);
  const lines = join(folder, 'x.jsonl');
  writeFileSync(lines, '{"a":1,"b":{"c":"x","d":[1]}}\n{"a":1.5,"b":{"c":"2024-01-01T"}}\n{"a":null,"e":true,"b":{}}\n');
  t.match(await report(lines), {
    format: 'jsonl',
    from: 'S3Object',
    columns: [
      { name: 'a', types: ['decimal'], empty: 1 },
      { name: 'b.c', types: ['string'], empty: 1 },
      { name: 'b.d', types: ['list'], empty: 2 },
      { name: 'e', types: ['bool'], empty: 2 },
      { name: 'b', types: ['struct'], empty: 2 },
    ],
  });
  const list = join(folder, 'x.json');
  writeFileSync(list, '[\n {"a": 1},\n {"a": 2}\n]\n');
  t.match(await report(list), { format: 'json', from: 'S3Object[*][*]', records_sampled: 2, columns: [{ name: 'a', types: ['int'] }] });
  const { stdout } = await s3lect(['schema', list]);
  t.match(stdout, /\nrecords are reached by FROM S3Object\[\*\]\[\*\]\n/);
});

t.test('what is asked for in a wrong way', async (t) => {
  for (const args of [[], ['a', 'b'], ['-'], ['s3://bucket/key']]) t.equal((await s3lect(['schema', ...args])).code, 2, args.join(' '));
  const missing = await s3lect(['schema', '/nowhere/x.csv']);
  t.same([missing.code, missing.stderr], [1, 's3lect: cannot read /nowhere/x.csv: no such file or directory\n']);
});
