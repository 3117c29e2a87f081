/** Parquet on the command line: files, pipes, objects on a server, plans and statistics. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Engine } from '../src/engine/query.ts';
import { Bucket, put } from './support/api-select.ts';
import { accessKey, secretKey, serve } from './support/api-server.ts';
import { s3lect, temporaryFolder } from './support/cli.ts';
import { footerOf, manyTypesFile } from './support/parquet.ts';

const flights = join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet');
const late = 'SELECT s.origin, s.delay FROM S3Object s WHERE s.delay > 1500';
const expected = 'origin,delay\nMCO,1575\nHNL,1688\n';

t.test('a file and a pipe', async (t) => {
  const file = await s3lect(['query', flights, late]);
  t.same([file.code, file.stdout, file.stderr], [0, expected, '']);
  const piped = await s3lect(['query', '-', late], { input: readFileSync(flights) });
  t.same([piped.code, piped.stdout], [0, expected]);
  const named = await s3lect(['query', flights, late, '--input', 'parquet', '--workers', '2', '--stats']);
  t.equal(named.stdout, expected);
  t.match(named.stderr, /^scanned .*, processed .*, returned 18 B, read 2 of 11 row groups, 2 rows, /);
  const counted = await s3lect(['query', flights, 'SELECT COUNT(*) FROM S3Object', '--output', 'json', '--stats']);
  t.equal(counted.stdout, '{"_1":3000000}\n');
  t.match(counted.stderr, /^scanned 5\.24 kB, returned /, 'nothing but the footer is read');
  const compressed = await s3lect(['query', flights, late, '--compression', 'gzip', '--input', 'parquet']);
  t.equal(compressed.code, 1);
  t.match(compressed.stderr, /^s3lect: InvalidCompressionFormat: .*NONE for Parquet/);
});

t.test('explain', async (t) => {
  const lines = async (sql: string): Promise<string[]> => (await s3lect(['explain', flights, sql])).stdout.trim().split('\n');
  t.same(await lines(late), [
    'scan       columns origin (_4), delay (_2)',
    '  kernel   range: delay > 1500',
    'row groups 2 of 11 are read, 1.01 MB, 9 ruled out by statistics',
    'project    column gather: origin AS origin, delay AS delay',
  ]);
  t.ok((await lines('SELECT COUNT(*), MAX(s.delay) FROM S3Object s')).includes('row groups none are read: the footer has the answer'));
  t.ok((await lines('SELECT SUM(s.delay) FROM S3Object s')).includes('row groups 11 of 11 are read, 3.17 MB'));
  t.notMatch(await lines('SELECT * FROM S3Object WHERE FALSE'), /row groups/);
});

t.test('an object on a server', async (t) => {
  const engine = new Engine({ workers: 1 });
  t.teardown(() => engine.close());
  const { port, store, faults } = await serve(t, { engine });
  await put(store, 'types.parquet', manyTypesFile());
  const env = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
  const query = (sql: string, ...more: string[]) =>
    s3lect(['query', `s3://${Bucket}/types.parquet`, sql, '--endpoint', `http://127.0.0.1:${port}`, ...more], { env });
  const { code, stdout, stderr } = await query("SELECT * FROM S3Object s WHERE s.text = 'word 5' LIMIT 1");
  t.same([code, stderr], [0, '']);
  const names = footerOf(manyTypesFile()).schema.roots.map(({ name }) => name);
  t.equal(stdout.split('\n')[0], names.join(','), 'the names of its columns are known from its end');
  t.equal(stdout.split('\n').length, 3);
  t.match(await query('SELECT s.absent FROM S3Object s'), { code: 1, stderr: /^s3lect: MissingHeaders: / });
  t.same(faults, []);
});

t.test('a file that is none', async (t) => {
  const path = join(temporaryFolder(t), 'x.parquet');
  writeFileSync(path, 'PAR1 but no more');
  for (const command of ['query', 'explain']) {
    const { code, stdout, stderr } = await s3lect([command, path, 'SELECT * FROM S3Object']);
    t.same([code, stdout], [1, '']);
    t.match(stderr, /^s3lect: ParquetParsingError: .* ends with PAR1/);
  }
});
