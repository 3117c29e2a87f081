/** `s3lect query` and `s3lect explain` as child processes: inputs, outputs, exit codes, and ways to end early. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { CsvRows } from '../src/cli/csv-rows.ts';
import { formatBytes, progressLine } from '../src/cli/progress.ts';
import { Table } from '../src/cli/table.ts';
import { displayWidth, fit, visible } from '../src/cli/text-width.ts';
import { airports, cleanEnv, main, s3lect, shell, temporaryFolder } from './support/cli.ts';

const alaska = "SELECT s.iata, s.city FROM S3Object s WHERE s.state = 'AK' LIMIT 2";
const count = 'SELECT COUNT(*) AS n FROM S3Object';
const records = readFileSync(airports, 'utf8').trim().split('\n').length - 1;

t.test('outputs', async (t) => {
  const answers = async (args: readonly string[], expected: string): Promise<void> => {
    const { code, stdout, stderr } = await s3lect(['query', airports, alaska, ...args]);
    t.same([code, stderr], [0, ''], args.join(' '));
    t.equal(stdout, expected);
  };
  const rows = readFileSync(airports, 'utf8')
    .split('\n')
    .map((line) => line.split(','))
    .filter((fields) => fields[3] === 'AK')
    .slice(0, 2);
  const pairs = rows.map(([iata, , city]) => [iata, city] as const);
  const lines = (delimiter: string): string => pairs.map((pair) => `${pair.join(delimiter)}\n`).join('');
  await answers([], `iata,city\n${lines(',')}`);
  await answers(['--no-header-out'], lines(','));
  await answers(['--output', 'tsv'], `iata\tcity\n${lines('\t')}`);
  await answers(['--output', 'json'], pairs.map(([iata, city]) => `${JSON.stringify({ iata, city })}\n`).join(''));
  const table = await s3lect(['query', airports, alaska, '--output', 'table']);
  t.match(table.stdout, /^┌─+┬─+┐\n│ iata │ city +│\n├─+┼─+┤\n(│ \S.{3} │ .* │\n){2}└─+┴─+┘\n2 rows\n$/);
  const none = await s3lect(['query', airports, "SELECT s.iata FROM S3Object s WHERE s.state = 'none'"]);
  t.same([none.code, none.stdout], [0, 'iata\n'], 'no rows, but their names');
});

t.test('inputs', async (t) => {
  t.setTimeout(90_000);
  const folder = temporaryFolder(t);
  const bytes = readFileSync(airports);
  const zipped = join(folder, 'airports.csv.gz');
  writeFileSync(zipped, gzipSync(bytes));
  const semicolons = join(folder, 'semicolons.csv');
  writeFileSync(semicolons, 'name;note\nA;"two\nlines"\nB;"a ""word"""\n');
  const json = join(folder, 'x.json');
  writeFileSync(json, '{"a":1}\n{"a":2}\n');
  const n = async (line: string): Promise<string> => (await shell(`node ${main} ${line}`)).stdout;
  const expected = `n\n${records}\n`;
  t.equal(await n(`query ${airports} "${count}"`), expected, 'a file');
  t.equal(await n(`query ${airports} "${count}" --workers 0`), expected, 'without threads');
  t.equal(await n(`query ${zipped} "${count}"`), expected, 'a compressed file');
  t.equal(await n(`query - "${count}" < ${airports}`), expected, 'standard input from a file');
  t.equal(await n(`query - "${count}" < ${zipped}`), expected, 'standard input from a compressed file');
  t.equal((await s3lect(['query', '-', count], { input: bytes })).stdout, expected, 'a pipe');
  t.equal((await s3lect(['query', '-', count], { input: gzipSync(bytes) })).stdout, expected, 'a compressed pipe');
  t.equal(await n(`query <(cat ${airports}) "${count}"`), expected, 'a named pipe');
  t.equal((await s3lect(['query', '-', count], { input: '' })).stdout, 'n\n0\n', 'nothing');
  const all = 'SELECT s.name, s.note FROM S3Object s';
  t.equal((await s3lect(['query', semicolons, all])).stdout, 'name,note\nA,"two\nlines"\nB,"a ""word"""\n', 'guessed delimiter');
  const plain = await s3lect([
    'query',
    semicolons,
    all,
    '--delimiter',
    ';',
    '--header',
    'use',
    '--input',
    'csv',
    '--compression',
    'none',
    '--no-quoted-newlines',
  ]);
  t.equal(plain.code, 1, 'line ends in quotes are an error where they are not asked for');
  t.match(plain.stderr, /^s3lect: CSVEscapingRecordDelimiter: /);
  t.equal((await s3lect(['query', semicolons, 'SELECT s._2 FROM S3Object s LIMIT 1', '--header', 'ignore'])).stdout, '_2\n"two\nlines"\n');
  for (const format of [[], ['--input', 'jsonl'], ['--input', 'json']]) {
    const selected = await s3lect(['query', json, 'SELECT s.a FROM S3Object s WHERE s.a > 1', ...format, '--output', 'json']);
    t.same([selected.code, selected.stdout], [0, '{"a":2}\n'], `JSON, ${format.join(' ') || 'guessed'}`);
  }
  const parquet = join(folder, 'x.parquet');
  writeFileSync(parquet, 'PAR1PAR1');
  const refused = await s3lect(['query', parquet, 'SELECT * FROM S3Object s']);
  t.equal(refused.code, 1);
  t.match(refused.stderr, /^s3lect: ParquetParsingError: .*Parquet/);
});

t.test('scan ranges tile a file', async (t) => {
  const size = readFileSync(airports).length;
  const middle = Math.floor(size / 2);
  const ranged = async (range: string): Promise<number> => {
    const { stdout } = await s3lect(['query', airports, count, '--no-header-out', '--scan-range', range]);
    return Number(stdout);
  };
  const [first, second, last] = await Promise.all([ranged(`0-${middle}`), ranged(`${middle}-${size}`), ranged(`-${size - middle - 1}`)]);
  t.ok(first > 0 && second > 0);
  t.equal(first + second, records);
  t.equal(last, second, 'the last bytes');
  const wrong = await s3lect(['query', airports, count, '--scan-range', 'all']);
  t.same([wrong.code, wrong.stderr.split('\n')[0]], [2, 's3lect: --scan-range: "all" is not START-END, START- or -N']);
});

t.test('failures: code, message, and a caret where there is a position', async (t) => {
  const failed = async (sql: string): Promise<string> => {
    const { code, stdout, stderr } = await s3lect(['query', airports, sql]);
    t.same([code, stdout], [1, ''], sql);
    return stderr;
  };
  const sql = 'SELECT s.name FROM S3Object s WHERE';
  t.match(await failed(sql), /^s3lect: Parse\w+: .*line 1, column \d+.*\nSELECT s\.name FROM S3Object s WHERE\n +\^\n$/);
  const misspelt = await failed('SELECT s.name\nFROM S3Object s\nWHERE s.state = = 1');
  t.match(misspelt, /line 3, column 17[\s\S]*\nWHERE s\.state = = 1\n {16}\^\n$/);
  const wide = await failed("SELECT '🦀', s.nosuch FROM S3Object s");
  t.match(wide, /line 1, column 15[\s\S]*\nSELECT '🦀', s\.nosuch FROM S3Object s\n {15}\^\n$/);
  t.match(await failed('SELECT CAST(s.name AS INT) FROM S3Object s'), /^s3lect: CastFailed: .*\n/);
  t.match(await failed("SELECT CAST('x' AS INT) FROM S3Object s"), /line 1, column 8\.\nSELECT CAST[^\n]*\n {7}\^\n$/);
  const absent = await s3lect(['query', '/nowhere/x.csv', count]);
  t.same([absent.code, absent.stderr], [1, 's3lect: cannot read /nowhere/x.csv: no such file or directory\n']);
  const full = await shell(`node ${main} query ${airports} "${count}" > /dev/full`);
  t.same([full.code, full.stderr], [1, 's3lect: cannot write the answer: no space left on device\n']);
  const nobody = { HOME: temporaryFolder(t), AWS_EC2_METADATA_DISABLED: 'true', S3LECT_ENDPOINT: 'http://127.0.0.1:1' };
  const unknown = await s3lect(['query', 's3://bucket/key', count], { env: nobody });
  t.same([unknown.code, unknown.stderr.split(':')[1]], [1, ' no credentials for the server']);
  const folder = await s3lect(['query', '/', count]);
  t.same([folder.code, folder.stderr], [1, 's3lect: cannot read /: is a directory\n']);
  for (const args of [['query'], ['query', airports], ['query', airports, 'SELECT', '*'], ['query', 's3://bucket', count], ['explain']]) {
    t.equal((await s3lect(args)).code, 2, args.join(' '));
  }
});

t.test('statistics', async (t) => {
  const { stderr } = await s3lect(['query', airports, alaska, '--stats']);
  t.match(stderr, /^scanned [\d.]+ kB, returned \d+ B, 2 rows, [\d.]+ s, [\d.]+ \w?B\/s\n$/);
});

t.test('a closed pipe ends it quietly', async (t) => {
  const folder = temporaryFolder(t);
  const large = join(folder, 'large.csv');
  const text = readFileSync(airports, 'utf8');
  writeFileSync(large, text + text.slice(text.indexOf('\n') + 1).repeat(300));
  const { code, stdout, stderr } = await shell(`set -o pipefail; node ${main} query ${large} "SELECT * FROM S3Object s" | head -2`);
  t.same([code, stderr], [0, '']);
  t.equal(
    stdout,
    text
      .split('\n')
      .slice(0, 2)
      .map((line) => `${line}\n`)
      .join(''),
  );

  const line = `(yes 1,2 | head -c 5000000; sleep 60) | node ${main} query - "SELECT * FROM S3Object s LIMIT 1" --header none`;
  const silent = spawn('bash', ['-c', line], { env: cleanEnv(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => process.kill(-(silent.pid ?? 0), 'SIGKILL'));
  const [first] = await once(silent.stdout.setEncoding('utf8'), 'data');
  t.equal(first, '1,2\n', 'LIMIT answers while its input is open');
});

t.test('explain', async (t) => {
  const sql = "SELECT s.name FROM S3Object s WHERE s.state = 'AK'";
  const named = await s3lect(['explain', airports, sql]);
  t.equal(named.code, 0);
  t.match(named.stdout, /^scan +columns name \(_2\), state \(_4\)\n +kernel .*state = 'AK'\nproject /);
  const numbered = await s3lect(['explain', "SELECT s._2 FROM S3Object s WHERE s._4 = 'AK'"]);
  t.equal(numbered.code, 0);
  t.match(numbered.stdout, /^scan +columns _2, _4\n/);
  const zipped = join(temporaryFolder(t), 'a.gz');
  writeFileSync(zipped, gzipSync(readFileSync(airports)));
  t.equal((await s3lect(['explain', zipped, sql])).stdout, named.stdout);
  const wrong = await s3lect(['explain', 'SELECT s.name FROM']);
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /\^\n$/);
});

t.test('a table', async (t) => {
  const table = new Table(['n', 'text'], 24);
  const first = table.page([
    ['1', '日本語のとても長いテキスト'],
    ['-2.5', 'tab\there'],
  ]);
  t.equal(
    first + table.page([['12345678', 'x', 'more']]) + table.end(),
    [
      '┌──────┬───────────────┐',
      '│ n    │ text          │',
      '├──────┼───────────────┤',
      '│    1 │ 日本語のとて… │',
      '│ -2.5 │ tab␉here      │',
      '│ 123… │ x             │ more',
      '└──────┴───────────────┘',
      '',
    ].join('\n'),
  );
  for (const line of first.trimEnd().split('\n')) t.equal(displayWidth(line), 24);
  t.equal(visible('\x1b[31mred\x7f\u202e'), '␛[31mred␡\ufffd', 'nothing steers the terminal');
  t.equal(fit('e\u0301te\u0301', 5, 'right'), '  e\u0301te\u0301');
  t.match(new Table(null, Number.POSITIVE_INFINITY).page([['a', 'b']]), '│ _1 │ _2 │');
});

t.test('rows of CSV, cut anywhere', async (t) => {
  const text = Buffer.from('a,"b\n""é""",\n\n"x",y\n,last');
  const expected = [['a', 'b\n"é"', ''], [''], ['x', 'y'], ['', 'last']];
  for (let at = 0; at <= text.length; at++) {
    const rows = new CsvRows();
    t.same([...rows.push(text.subarray(0, at)), ...rows.push(text.subarray(at)), ...rows.end()], expected);
  }
});

t.test('progress', async (t) => {
  t.equal(
    progressLine({ scanned_bytes: 5e8, total_bytes: 1e9, rows: 1234 }, 0.25),
    `[${'#'.repeat(12)}${' '.repeat(12)}]  50 %  2.00 GB/s  1,234 rows`,
  );
  t.equal(progressLine({ scanned_bytes: 2e6, total_bytes: null, rows: null }, 1), '2.00 MB  2.00 MB/s');
  t.equal(formatBytes(999), '999 B');
});
