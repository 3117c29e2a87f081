/** SelectObjectContent through the AWS SDK: requests, answers and errors as a client sees them. */
import { gzipSync } from 'node:zlib';
import { SelectObjectContentCommand, type SelectObjectContentCommandInput, type SelectObjectContentEventStream } from '@aws-sdk/client-s3';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { Engine } from '../src/engine/query.ts';
import { Bucket, put, selectXml } from './support/api-select.ts';
import { ask, errorCode, type RawRequest, serve } from './support/api-server.ts';
import { footerOf, manyTypesFile } from './support/parquet.ts';

const engine = new Engine({ workers: 2 });
t.teardown(() => engine.close());

const people = 'name,age\nAnn,41\nBob,7\n"C, D",30\n';

interface Answer {
  readonly text: string;
  readonly kinds: string[];
  readonly stats:
    | { BytesScanned?: number | undefined; BytesProcessed?: number | undefined; BytesReturned?: number | undefined }
    | undefined;
}

function command(Expression: string, more: Partial<SelectObjectContentCommandInput> = {}): SelectObjectContentCommand {
  return new SelectObjectContentCommand({
    Bucket,
    Key: 'people.csv',
    ExpressionType: 'SQL',
    Expression,
    InputSerialization: { CSV: { FileHeaderInfo: 'USE' } },
    OutputSerialization: { CSV: {} },
    ...more,
  });
}

async function collect(payload: AsyncIterable<SelectObjectContentEventStream> | undefined): Promise<Answer> {
  const kinds: string[] = [];
  const records: Uint8Array[] = [];
  let stats: Answer['stats'];
  for await (const event of payload ?? []) {
    kinds.push(...Object.keys(event));
    if (event.Records?.Payload !== undefined) records.push(event.Records.Payload);
    if (event.Stats !== undefined) stats = event.Stats.Details;
  }
  return { text: Buffer.concat(records).toString(), kinds, stats };
}

t.test('answers', async (t) => {
  const { client, store, faults, newClient } = await serve(t, { engine });
  await put(store, 'people.csv', people);
  await put(store, 'people.csv.gz', gzipSync(people));
  const select = async (...input: Parameters<typeof command>) => collect((await client.send(command(...input))).Payload);

  const size = people.length;
  t.same(await select("SELECT s.name FROM S3Object s WHERE s.age = '41'"), {
    text: 'Ann\n',
    kinds: ['Records', 'Stats', 'End'],
    stats: { BytesScanned: size, BytesProcessed: size, BytesReturned: 4 },
  });
  t.same((await select("SELECT s.name FROM S3Object s WHERE s.age = 'x'")).kinds, ['Stats', 'End']);
  t.equal(
    (await select('SELECT * FROM S3Object', { OutputSerialization: { JSON: { RecordDelimiter: '\r\n' } } })).text,
    ['{"name":"Ann","age":"41"}\r\n', '{"name":"Bob","age":"7"}\r\n', '{"name":"C, D","age":"30"}\r\n'].join(''),
  );
  t.equal((await select('SELECT COUNT(*) FROM S3Object')).text, '3\n');
  t.equal((await select('SELECT name FROM S3Object LIMIT 2')).text, 'Ann\nBob\n');
  const zipped = { Key: 'people.csv.gz', InputSerialization: { CSV: { FileHeaderInfo: 'USE' }, CompressionType: 'GZIP' } } as const;
  t.same(await select('SELECT age FROM S3Object', zipped), {
    text: '41\n7\n30\n',
    kinds: ['Records', 'Stats', 'End'],
    stats: { BytesScanned: gzipSync(people).length, BytesProcessed: size, BytesReturned: 8 },
  });
  t.equal((await select('SELECT name FROM S3Object', { ScanRange: { Start: 0, End: 9 } })).text, 'Ann\n');
  t.equal((await select('SELECT name FROM S3Object', { ScanRange: { Start: 9, End: 100 } })).text, 'Bob\n"C, D"\n');
  t.equal(
    (await collect((await newClient().send(command('SELECT COUNT(*) FROM S3Object', { RequestProgress: { Enabled: true } }))).Payload))
      .text,
    '3\n',
  );
  t.same(faults, []);
});

t.test('Parquet', async (t) => {
  const { client, store, faults } = await serve(t, { engine });
  const bytes = manyTypesFile();
  await put(store, 'types.parquet', bytes);
  const parquet = { Key: 'types.parquet', InputSerialization: { Parquet: {} } };
  const select = async (expression: string, more = {}) =>
    collect((await client.send(command(expression, { ...parquet, ...more }))).Payload);
  const footer = footerOf(bytes);
  t.same(await select('SELECT COUNT(*) FROM S3Object'), {
    text: '240\n',
    kinds: ['Records', 'Stats', 'End'],
    stats: { BytesScanned: bytes.length - footer.offset, BytesProcessed: bytes.length - footer.offset, BytesReturned: 4 },
  });
  const answer = await select("SELECT s.text, s.day FROM S3Object s WHERE s.text = 'word 5' AND s.i32 < 0", {
    OutputSerialization: { JSON: {} },
  });
  t.match(answer, {
    text: '{"text":"word 5","day":"2022-01-13"}\n{"text":"word 5","day":"2022-02-02"}\n',
    kinds: ['Records', 'Stats', 'End'],
  });
  t.ok((answer.stats?.BytesScanned ?? 0) < bytes.length / 2, 'only the columns asked for are scanned');
  const tiles = [];
  for (let start = 0; start < bytes.length; start += 1000) {
    tiles.push((await select('SELECT COUNT(*) FROM S3Object', { ScanRange: { Start: start, End: start + 1000 } })).text);
  }
  t.equal(
    tiles.reduce((sum, text) => sum + Number(text), 0),
    240,
  );
  const fails = async (expression: string, more = {}): Promise<unknown> =>
    client.send(command(expression, { ...parquet, ...more })).catch((error) => error);
  const gzipped = { InputSerialization: { Parquet: {}, CompressionType: 'GZIP' } };
  t.match(await fails('SELECT * FROM S3Object', gzipped), { name: 'InvalidCompressionFormat', $metadata: { httpStatusCode: 400 } });
  t.match(await fails('SELECT s.absent FROM S3Object s'), { name: 'MissingHeaders' });
  await put(store, 'types.parquet', bytes.subarray(0, bytes.length - 1));
  t.match(await fails('SELECT * FROM S3Object'), { name: 'ParquetParsingError', $metadata: { httpStatusCode: 400 } });
  t.same(faults, []);
});

t.test('errors before output are HTTP errors', async (t) => {
  const { client, store, port, faults } = await serve(t, { engine });
  await put(store, 'people.csv', people);
  await put(store, 'not-gzip', 'plain text');
  const fails = async (name: string, status: number, ...input: Parameters<typeof command>): Promise<void> => {
    const error = (await client.send(command(...input)).then(
      () => ({ name: 'none' }),
      (error: unknown) => error,
    )) as { name: string; $metadata?: { httpStatusCode: number } };
    t.equal(error.name, name, input[0]);
    t.equal(error.$metadata?.httpStatusCode, status);
  };
  const all = 'SELECT * FROM S3Object';
  await fails('NoSuchKey', 404, all, { Key: 'absent' });
  await fails('NoSuchBucket', 404, all, { Bucket: 'absent' });
  await fails('ParseSelectMissingFrom', 400, 'SELECT *');
  await fails('MissingHeaders', 400, 'SELECT s.absent FROM S3Object s');
  await fails('CastFailed', 400, 'SELECT CAST(s.name AS INT) FROM S3Object s');
  await fails('ExpressionTooLong', 400, `SELECT '${'x'.repeat(256 * 1024)}' FROM S3Object`);
  await fails('InvalidCompressionFormat', 400, all, {
    Key: 'not-gzip',
    InputSerialization: { CSV: {}, CompressionType: 'GZIP' },
  });
  await fails('UnsupportedScanRangeInput', 400, all, {
    InputSerialization: { CSV: { AllowQuotedRecordDelimiter: true } },
    ScanRange: { Start: 1 },
  });
  await fails('NotImplemented', 501, all, { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'x'.repeat(32) });

  const post = async (code: string, request: Partial<RawRequest>): Promise<void> => {
    const target = `/${Bucket}/people.csv?select&select-type=2`;
    t.equal(errorCode(await ask(port, { method: 'POST', target, body: selectXml(all), ...request })), code);
  };
  await post('EmptyRequestBody', { body: '' });
  await post('MalformedXML', { body: '<SelectObjectContentRequest>' });
  await post('MalformedXML', { body: '<!DOCTYPE a [<!ENTITY b "c">]><SelectRequest/>' });
  await post('MalformedXML', {
    body: selectXml(all)
      .replace('<Expression>', '<Expression><!---->')
      .padEnd(limits.request_xml_bytes_max + 1),
  });
  await post('MissingRequiredParameter', { body: '<SelectRequest/>' });
  await post('InvalidExpressionType', { body: selectXml(all).replace('>SQL<', '>SPARQL<') });
  await post('UnsupportedRangeHeader', { headers: { range: 'bytes=0-1' } });
  await post('InvalidRequest', { target: `/${Bucket}/people.csv?select&select-type=1` });
  await post('AccessDenied', { sign: null });
  await post('BadDigest', { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } });
  t.same(faults, []);
});

t.test('an error behind a few rows is an HTTP error still; behind many, an error frame', async (t) => {
  const { client, store } = await serve(t, { engine });
  await put(store, 'few', `${'1\n'.repeat(10)}x\n`);
  await put(store, 'many', `${'123456789\n'.repeat(200_000)}x\n`);
  const input = { InputSerialization: { CSV: {} } };
  await t.rejects(client.send(command('SELECT CAST(_1 AS INT) FROM S3Object', { ...input, Key: 'few' })), { name: 'CastFailed' });
  const { Payload } = await client.send(command('SELECT CAST(_1 AS INT) FROM S3Object', { ...input, Key: 'many' }));
  let bytes = 0;
  await t.rejects(
    (async () => {
      for await (const event of Payload ?? []) bytes += event.Records?.Payload?.length ?? 0;
    })(),
    { name: 'CastFailed' },
  );
  t.equal(bytes, 2_000_000);
  const { text } = await collect(
    (await client.send(command('SELECT CAST(_1 AS INT) FROM S3Object LIMIT 10', { ...input, Key: 'few' }))).Payload,
  );
  t.equal(text, '1\n'.repeat(10), 'an error behind the limit is none');
});
