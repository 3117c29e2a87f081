/** Queries of Parquet objects: the same answers whatever is pruned, cut, parked or known without reading; and what is read for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import t from 'tap';
import { Engine, type EngineOptions, type QueryObject } from '../src/engine/query.ts';
import type { ParquetInput } from '../src/formats/format.ts';
import { select } from '../src/index.ts';
import { type Answer, ask, codeOf, csvOutput, fileObject, memoryObject } from './support/engine.ts';
import { edited, footerOf, manyTypes, manyTypesFile } from './support/parquet.ts';
import { codes, dataPage, dictionaryPage, fileOfPages, int96s, levels, optionalInt96 } from './support/parquet-pages.ts';

const input: ParquetInput = { format: 'parquet', compression: 'none' };
const json = { format: 'json', recordDelimiter: '\n' } as const;
const flights = readFileSync(join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet'));
const bytes = manyTypesFile({ columnIndex: true, bloomFilter: true });
const { columns } = manyTypes();

const engines = new Map<string, Engine>();
t.teardown(() => Promise.all([...engines.values()].map((engine) => engine.close())));

const shapes: readonly EngineOptions[] = [
  { workers: 0 },
  { workers: 0, split_bytes: 1 },
  { workers: 2 },
  { workers: 2, split_bytes: 200 },
  { workers: 0, kernels: 'reference' },
  { workers: 0, kernels: 'reference', split_bytes: 1 },
];

function engineOf(options: EngineOptions): Engine {
  const name = JSON.stringify(options);
  const engine = engines.get(name) ?? new Engine(options);
  engines.set(name, engine);
  return engine;
}

const query = (object: QueryObject, expression: string, options: EngineOptions = { workers: 0 }, more = {}): Promise<Answer> =>
  ask(engineOf(options), object, expression, { input, output: csvOutput, ...more });

/** A column's values, by name. */
function valuesOf(name: string): readonly (number | bigint | string | boolean | null)[] {
  const found = columns.find((column) => column.name === name);
  return (found?.data ?? []) as (number | bigint | string | boolean | null)[];
}

t.test('the same answers in every shape', async (t) => {
  const object = fileObject(join(t.testdir(), 'x.parquet'), bytes);
  t.teardown(() => object.close());
  const conditions = [
    'i32 > 500',
    'i32 BETWEEN 100 AND 130 AND f64 < 70',
    'i32 = 77',
    'i32 = -100 OR i64 IS NULL',
    'i64 >= 600000000000',
    'i64 IN (3000000000, 9000000000, 700)',
    "text = 'word 7'",
    "text LIKE 'word 1%' AND flag",
    "text NOT IN ('word 1', 'word 2')",
    'flag IS NULL',
    'NOT flag',
    'dec32 > 199.25',
    'fixed = 0.1',
    'day >= `2022-07-01`',
    'ms < `1970-01-01T00:00:10Z`',
    "uuid = '00000000-0000-4000-8000-000000000011'",
    'u32 > 2147483648',
    'half < 2.5',
    'f32 + f64 > 100',
    'CHAR_LENGTH(text) = 6',
    's.pair.left > 200',
    's.pair."right" = \'r17\'',
    's.list[1] = 38',
    'i32 > 1000',
  ];
  const items = ['*', 'i32, text', 'COUNT(*), COUNT(i32), SUM(i64), MIN(day), MAX(text), MIN(f64), SUM(f32)', 's.pair.left, s.list, f64'];
  let some = 0;
  for (const condition of conditions) {
    for (const item of items) {
      const expression = `SELECT ${item} FROM S3Object s WHERE ${condition}`;
      const answers: Answer[] = [];
      for (const shape of shapes) answers.push(await query(object, expression, shape, { output: json }));
      const [first, ...others] = answers;
      t.equal(codeOf(first?.error), null, expression);
      some += Number(first !== undefined && first.text !== '');
      for (const [index, { text }] of others.entries()) t.equal(text, first?.text, `${expression}, ${JSON.stringify(shapes[index + 1])}`);
    }
  }
  t.ok(some > conditions.length);
});

t.test('rows are those that were written', async (t) => {
  const object = memoryObject(bytes);
  const names = ['i32', 'i64', 'text', 'flag', 'uuid'];
  const rows = valuesOf('i32').map((_, row) => names.map((name) => valuesOf(name)[row] ?? null));
  const lines = (kept: typeof rows): string => kept.map((row) => `${row.map((cell) => cell ?? '').join(',')}\n`).join('');
  const list = names.join(', ');
  t.equal((await query(object, `SELECT ${list} FROM S3Object`)).text, lines(rows));
  t.equal(
    (await query(object, `SELECT ${list} FROM S3Object WHERE i32 > 300`)).text,
    lines(rows.filter(([i32]) => Number(i32 ?? 0) > 300)),
  );
  t.equal(
    (await query(object, `SELECT ${list} FROM S3Object WHERE text = 'word 3'`)).text,
    lines(rows.filter((row) => row[2] === 'word 3')),
  );
  t.equal((await query(object, `SELECT ${list} FROM S3Object LIMIT 7`)).text, lines(rows.slice(0, 7)));
  t.equal(
    (await query(object, `SELECT ${list} FROM S3Object WHERE flag LIMIT 101`)).text,
    lines(rows.filter((row) => row[3] === true).slice(0, 101)),
  );
});

t.test('the footer answers what it can', async (t) => {
  const object = memoryObject(bytes);
  const footer = footerOf(bytes);
  const footer_bytes = bytes.length - footer.offset;
  const aggregates = [
    'COUNT(*)',
    'COUNT(i32)',
    'MIN(i32)',
    'MAX(i64)',
    'MIN(day)',
    'MAX(ms)',
    'MIN(dec32)',
    'MAX(fixed)',
    'MIN(uuid)',
    'MAX(flag)',
    'MAX(u32)',
  ];
  for (const aggregate of [...aggregates, aggregates.join(', '), 'COUNT(*) + 1', 'COUNT(s.pair.left)']) {
    const known = await query(object, `SELECT ${aggregate} FROM S3Object s`);
    const read = await query(object, `SELECT ${aggregate} FROM S3Object s WHERE s.i32 IS NULL OR s.i32 IS NOT NULL`);
    const reference = await query(object, `SELECT ${aggregate} FROM S3Object s`, { workers: 0, kernels: 'reference' });
    t.equal(known.text, read.text, aggregate);
    t.equal(known.text, reference.text, aggregate);
    t.match(known.query?.stats, { scanned_bytes: footer_bytes, processed_bytes: footer_bytes, rows: 1, row_groups: null }, aggregate);
    t.ok((read.query?.stats.scanned_bytes ?? 0) > footer_bytes, 'the others read');
  }
  for (const aggregate of ['SUM(i32)', 'MIN(f64)', 'MAX(text)', 'COUNT(list)', 'MIN(bytes)', 'COUNT(*), SUM(i32)', 'COUNT(i32 + 1)']) {
    const { text, query: made } = await query(object, `SELECT ${aggregate} FROM S3Object`);
    t.equal(text, (await query(object, `SELECT ${aggregate} FROM S3Object`, { workers: 0, kernels: 'reference' })).text, aggregate);
    t.ok((made?.stats.scanned_bytes ?? 0) > footer_bytes, `${aggregate} is read`);
  }
  t.equal((await query(object, 'SELECT COUNT(*) FROM S3Object LIMIT 0')).text, '');
  const cut = memoryObject(edited(bytes, [[4, 0, 1, 1, 3, 12, 7], false]));
  t.equal((await query(cut, 'SELECT MAX(i32) FROM S3Object')).text, '617\n', 'bounds that are not exact are not the answer');
  const half = { scanRange: { start: 0, end: footer.groups[1]!.offset - 1 } };
  t.equal((await query(object, 'SELECT COUNT(*) FROM S3Object', { workers: 0 }, half)).text, '100\n', 'of a range, its row groups');
});

t.test('what is read is counted', async (t) => {
  const object = memoryObject(flights);
  const footer = footerOf(flights);
  const scanned = async (expression: string, more = {}) => (await query(object, expression, { workers: 0 }, more)).query!.stats;
  const column = 1.46e6;
  const one = await scanned('SELECT COUNT(*) FROM S3Object s WHERE s."date" > `2000-01-01T`');
  t.ok(one.scanned_bytes > 0.9 * column && one.scanned_bytes < 1.3 * column, `${one.scanned_bytes} bytes of one column`);
  t.ok(one.processed_bytes > one.scanned_bytes, 'and more after decompression');
  t.same(one.row_groups, { total: 11, ruled_out: 0 });
  const few = await scanned('SELECT COUNT(*) FROM S3Object s WHERE s."date" > `2001-06-30T`');
  t.same(few.row_groups, { total: 11, ruled_out: 10 });
  t.ok(few.scanned_bytes < one.scanned_bytes / 5);
  const none = await scanned('SELECT * FROM S3Object s WHERE s.delay > 100000');
  t.match(none, { scanned_bytes: flights.length - footer.offset, returned_bytes: 0, row_groups: { total: 11, ruled_out: 11 } });
  const limited = await scanned('SELECT * FROM S3Object LIMIT 5');
  t.ok(limited.scanned_bytes < flights.length / 10, 'LIMIT stops reading');
  const all = await scanned(
    'SELECT COUNT(*) FROM S3Object s WHERE s.distance + s.delay = 0 OR s.origin = s.destination OR s."date" = `2000-01-01T`',
  );
  t.ok(all.scanned_bytes <= 1.1 * flights.length, `${all.scanned_bytes} of ${flights.length} bytes`);
});

t.test('of a row group, only the pages that may hold the answer are read', async (t) => {
  const numbers = Array.from({ length: 100_000 }, (_, n) => n);
  const columnData = [
    { name: 'n', data: numbers, type: 'INT32', columnIndex: true },
    { name: 's', data: numbers.map((n) => `text ${n}`), type: 'STRING' },
    { name: 'd', data: numbers.map((n) => n / 7), type: 'DOUBLE' },
  ] as const;
  const file = new Uint8Array(
    parquetWriteBuffer({ columnData: [...columnData], rowGroupSize: 100_000, pageSize: 8192, codec: 'UNCOMPRESSED' }),
  );
  const object = memoryObject(file);
  const { text, query: made } = await query(object, 'SELECT s, d FROM S3Object WHERE n BETWEEN 50000 AND 50001');
  t.equal(text, `text 50000,${50_000 / 7}\ntext 50001,7143.0\n`);
  const read = (made?.stats.scanned_bytes ?? 0) - (file.length - footerOf(file).offset);
  t.ok(read < 60_000, `${read} bytes of ${file.length} are read`);
  const none = await query(object, 'SELECT s, d FROM S3Object WHERE n BETWEEN 50000 AND 50001 AND n < 10');
  t.equal(none.text, '');
});

t.test('ranges that share boundaries tile an object', async (t) => {
  const object = memoryObject(bytes);
  const whole = (await query(object, 'SELECT * FROM S3Object', { workers: 0 }, { output: json })).text;
  for (const parts of [2, 3, 7, 50]) {
    let text = '';
    for (let part = 0; part < parts; part++) {
      const scanRange = { start: Math.floor((part * bytes.length) / parts), end: Math.floor(((part + 1) * bytes.length) / parts) };
      text += (await query(object, 'SELECT * FROM S3Object', { workers: 0 }, { output: json, scanRange })).text;
    }
    t.equal(text, whole, `${parts} parts`);
  }
});

t.test('tasks that end before their split go on where they stopped', async (t) => {
  const object = memoryObject(flights);
  const rows = 700_000;
  const answers: string[] = [];
  for (const options of [{ workers: 0 }, { workers: 2 }, { workers: 3, split_bytes: 100_000 }]) {
    const { text, error, query: made } = await query(object, `SELECT delay, origin FROM S3Object LIMIT ${rows}`, options);
    t.equal(error, null);
    t.equal(made?.stats.rows, rows);
    answers.push(text);
  }
  t.ok(answers.every((text) => text === answers[0]));
  const together = await Promise.all(
    ['ABE', 'JFK', 'SFO'].map((origin) => query(object, `SELECT delay FROM S3Object WHERE origin = '${origin}'`, { workers: 2 })),
  );
  for (const [index, { text, error }] of together.entries()) {
    const origin = ['ABE', 'JFK', 'SFO'][index];
    t.equal(error, null);
    t.equal(text, (await query(object, `SELECT delay FROM S3Object WHERE origin = '${origin}'`)).text, `${origin}, beside others`);
  }
});

t.test('errors before the first row', async (t) => {
  const object = memoryObject(edited(bytes, [[4, 2, 1, 2, 3, 4], 3]));
  t.equal(codeOf((await query(object, 'SELECT * FROM S3Object')).error), 'ParquetUnsupportedCompressionCodec');
  const { error } = await query(object, 'SELECT i64 FROM S3Object LIMIT 1');
  t.match(
    error,
    { code: 'ParquetUnsupportedCompressionCodec', message: /LZO.*Column i64/ },
    'also where the first row groups could be read',
  );
  t.equal((await query(object, 'SELECT COUNT(i32) FROM S3Object')).text, '206\n', 'the other columns are fine');
  t.equal(codeOf((await query({ ...memoryObject(bytes), ref: null }, 'SELECT * FROM S3Object')).error), 'NotImplemented');
  t.equal(codeOf((await query(memoryObject('a,b\n1,2\n'), 'SELECT * FROM S3Object')).error), 'ParquetParsingError');
  t.equal(codeOf((await query(memoryObject(''), 'SELECT * FROM S3Object')).error), 'ParquetParsingError');
  t.equal(codeOf((await query(memoryObject(bytes), 'SELECT s.none FROM S3Object s')).error), 'MissingHeaders');
});

t.test('the library takes Parquet from wherever it comes', async (t) => {
  const expression = 'SELECT SUM(i32) FROM S3Object';
  const textOf = async (source: Parameters<typeof select>[0]['source'], more = {}): Promise<string> => {
    const blocks: Uint8Array[] = [];
    for await (const block of await select({ source, expression, input: { Parquet: {} }, output: { CSV: {} }, workers: 0, ...more }))
      blocks.push(block);
    return Buffer.concat(blocks).toString();
  };
  const sum = valuesOf('i32').reduce<number>((total, value) => total + Number(value ?? 0), 0);
  const reader = {
    size: bytes.length,
    etag: '',
    read: async ({ start, end }: { start: number; end: number }, into: Uint8Array) => {
      into.set(bytes.subarray(start, end));
      return Math.min(end, bytes.length) - start;
    },
  };
  const stream = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.slice(at, at + 1000);
  };
  for (const source of [bytes, reader, stream()]) t.equal(await textOf(source), `${sum}\n`);
  await t.rejects(textOf(bytes, { input: { Parquet: {}, CompressionType: 'GZIP' } }), { code: 'InvalidCompressionFormat' });
});

t.test('columns of dictionaries that are written together', async (t) => {
  const rows = Array.from({ length: 4000 }, (_, n) => n);
  const columnData = [
    { name: 'a', data: rows.map((n) => `a${n % 3}`) },
    { name: 'n', data: rows.map((n) => n % 7), type: 'INT32' },
    { name: 'q', data: rows.map((n) => ['x,y', 'say "z"', ''][n % 3]!) },
    { name: 'long', data: rows.map((n) => `${n % 2} `.repeat(20)) },
    { name: 'o', data: rows.map((n) => (n % 5 === 0 ? null : `o${n % 4}`)) },
    { name: 'b', data: rows.map((n) => `b${n % 5}`) },
    { name: 'i', data: rows.map((n) => n * 31), type: 'INT32' },
  ] as const;
  const object = memoryObject(new Uint8Array(parquetWriteBuffer({ columnData: [...columnData], rowGroupSize: 4000 })));
  const text = (value: string | number | null): string =>
    /[",]/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value ?? ''}`;
  const lines = (names: string, kept: (n: number) => boolean): string => {
    const columns = names.split(', ').map((name) => columnData.find((column) => column.name === name)!.data);
    return rows.flatMap((n) => (kept(n) ? [`${columns.map((data) => text(data[n]!)).join(',')}\n`] : [])).join('');
  };
  // Conditions that the scan does not decide: a batch with a gap in front, and one with many.
  const conditions = [
    ['', () => true],
    ['WHERE i + 1 > 400', (n: number) => n * 31 + 1 > 400],
    ['WHERE i % 3 = 1', (n: number) => (n * 31) % 3 === 1],
  ] as const;
  for (const names of ['a, n, q, long, o, b, i', 'a, b, a', 'b, n, n, a, q', 'i, a, o, q, b, n'])
    for (const [condition, kept] of conditions)
      for (const shape of shapes) {
        const expression = `SELECT ${names} FROM S3Object ${condition}`;
        const { text: found, error } = await query(object, expression, shape);
        t.equal(error, null, expression);
        t.ok(found === lines(names, kept), `${expression} in ${JSON.stringify(shape)}`);
      }
});

t.test('objects without rows or columns', async (t) => {
  const empty = memoryObject(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'a', data: [], type: 'INT32' }] })));
  t.equal((await query(empty, 'SELECT * FROM S3Object')).text, '');
  t.equal((await query(empty, 'SELECT COUNT(*), SUM(a) FROM S3Object')).text, '0,\n');
});

t.test('timestamps of INT96, far away and near, in every shape', async (t) => {
  const [far, near, early] = [int96s([5_373_484, 1n]), int96s([2_459_000, 2000n]), int96s([1_721_426, 0n])];
  const pages = [
    dictionaryPage(Buffer.concat([far, near, early]), 3),
    dataPage(Buffer.concat([levels([3, 1], [1, 0]), codes(2, [1, 1], [1, 0], [1, 2])]), { values: 4, encoding: 8 }),
    dataPage(Buffer.concat([levels([3, 1]), early, far, near]), { values: 3 }),
    dataPage(Buffer.concat([levels([2, 1]), near, near]), { values: 2 }),
  ];
  const object = memoryObject(fileOfPages(optionalInt96, 9, pages));
  const [farText, nearText, earlyText] = [
    '9999-12-31T00:00:00.000000001',
    '2020-05-30T00:00:00.000002000',
    '0001-01-01T00:00:00.000000000',
  ];
  const cases: readonly (readonly [expression: string, ...lines: readonly string[]])[] = [
    ['SELECT * FROM S3Object', nearText, farText, earlyText, '', earlyText, farText, nearText, nearText, nearText],
    ["SELECT c FROM S3Object WHERE c > CAST('2262-01-01T00:00:00Z' AS TIMESTAMP)", farText, farText],
    ["SELECT c FROM S3Object WHERE c > CAST('2500-01-01T00:00:00Z' AS TIMESTAMP)", farText, farText],
    ["SELECT c FROM S3Object WHERE c < CAST('1000-01-01T00:00:00Z' AS TIMESTAMP)", earlyText, earlyText],
    ["SELECT COUNT(*) FROM S3Object WHERE c NOT IN (CAST('2020-05-30T00:00:00.000002Z' AS TIMESTAMP))", '5'],
    ['SELECT COUNT(c), MAX(c), MIN(c) FROM S3Object', `8,${farText}-00:00,${earlyText}`],
    ['SELECT EXTRACT(YEAR FROM c) FROM S3Object WHERE c IS NOT NULL LIMIT 3', '2020', '9999', '1'],
  ];
  for (const shape of shapes)
    for (const [expression, ...lines] of cases) {
      const { text, error } = await query(object, expression, shape);
      t.equal(error, null, expression);
      const expected = lines.map((line) => (/\d\.\d{9}$/.test(line) ? `${line}-00:00\n` : `${line}\n`));
      t.equal(text, expected.join(''), `${expression} in ${JSON.stringify(shape)}`);
    }
});
