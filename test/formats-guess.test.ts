import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { type Guess, guess } from '../src/formats/guess.ts';

const cases: readonly [string, string, Partial<Guess>][] = [
  ['names over numbers', 'id,price\n1,2.5\n2,3\n', { format: 'csv', fieldDelimiter: ',', header: true }],
  ['numbers only', '1,2\n3,4\n', { format: 'csv', fieldDelimiter: ',', header: false }],
  ['names over text', 'city,state\nBoston,MA\nAustin,TX\n', { header: true }],
  ['one record', 'city,state\n', { header: false }],
  ['repeated names', 'a,a\nb,c\n', { header: false }],
  ['semicolons, decimal commas', 'name;price\nx;1,5\ny;2,5\n', { fieldDelimiter: ';', header: true }],
  ['tabs', 'a\tb, c\n1\t2\n', { fieldDelimiter: '\t' }],
  ['bars', 'a|b|c\n1|2|3\n', { fieldDelimiter: '|', header: true }],
  ['commas inside quotes', '"a,b";"c,d"\n"e,f";"g"\n', { fieldDelimiter: ';' }],
  ['line ends inside quotes', 'a,b\n"x\ny,",2\n', { fieldDelimiter: ',', header: true }],
  ['comments first', '# exported; today;\na,b\n1,2\n', { fieldDelimiter: ',', header: true }],
  ['CR LF', 'a,b\r\n1,2\r\n', { fieldDelimiter: ',', header: true }],
  ['a byte order mark', '\ufeffa,b\n1,2\n', { header: true }],
  ['one column', 'word\nx\ny\n', { format: 'csv', fieldDelimiter: ',', header: true }],
  ['nothing', '', { format: 'csv', header: false }],
  ['JSON lines', '{"a":1}\n{"a":2}\n', { format: 'jsonl' }],
  ['a JSON document', '{\n  "a": 1\n}\n', { format: 'json' }],
  ['a JSON array over lines', '[\n  {"a": 1},\n  {"a": 2}\n]\n', { format: 'json' }],
  ['CSV that begins with a bracket', '[1],x\n[2],y\n', { format: 'csv' }],
  ['CSV that begins with a brace', '{x},1\n{y},2\n', { format: 'csv' }],
  ['Parquet', 'PAR1\u0015\u0004', { format: 'parquet' }],
];

t.test('guesses', async (t) => {
  for (const [name, text, expected] of cases) {
    t.match(await guess(Buffer.from(text), true), { compression: 'none', ...expected }, name);
    if (text === '') continue;
    t.match(await guess(gzipSync(text), true), { compression: 'gzip', ...expected }, `${name}, compressed`);
  }
});

t.test('a prefix may be cut anywhere', async (t) => {
  const csv = Buffer.from(`id;name\n${'1;some name\n'.repeat(10_000)}`).subarray(0, 4000);
  t.match(await guess(csv, false), { format: 'csv', fieldDelimiter: ';', header: true });
  t.match(await guess(Buffer.from(`{"a":"${'x'.repeat(5000)}`), false), { format: 'json' });
  t.match(await guess(Buffer.from(`[{"a":"${'x'.repeat(5000)}`), false), { format: 'json' });
  t.match(await guess(Buffer.from('{"a":1}\n{"a":2}\n{"a'), false), { format: 'jsonl' });
  const random = Buffer.from(Array.from({ length: 9000 }, (_, i) => `${(i * 7919) % 104729};${(i * 104729) % 7919}\n`).join(''));
  t.match(await guess(gzipSync(random).subarray(0, 6000), false), {
    format: 'csv',
    compression: 'gzip',
    fieldDelimiter: ';',
    header: false,
  });
});

t.test('no compressed prefix costs much', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
  t.match(await guess(bomb, true), { format: 'csv', compression: 'gzip' });
  t.match(await guess(Uint8Array.of(0x1f, 0x8b, 1, 2, 3), true), { format: 'csv', compression: 'gzip' });
});

t.test('every compression with a magic number', async (t) => {
  const folder = join(import.meta.dirname, '../../test/fixtures/codecs');
  for (const [file, compression] of [
    ['text.csv.bz2', 'bzip2'],
    ['text.csv.zst', 'zstd'],
    ['text.csv.lz4', 'lz4'],
    ['text.csv.sz', 'snappy'],
  ] as const) {
    const object = readFileSync(join(folder, file));
    t.match(await guess(object, true), { format: 'csv', compression, fieldDelimiter: ';', header: true }, file);
  }
});

t.test('a prefix too short to say anything', async (t) => {
  const object = readFileSync(join(import.meta.dirname, '../../test/fixtures/codecs/text.csv.bz2'));
  t.equal(await guess(object.subarray(0, 1000), false), null);
  t.match(await guess(object.subarray(0, 1000), true), { format: 'csv', compression: 'bzip2' });
});
