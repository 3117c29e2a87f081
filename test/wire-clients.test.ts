/**
 * Clients nobody here wrote, against a server over a folder: AWS's SDK for JavaScript with its multipart uploads, and MinIO's.
 * Each stores, lists, reads in whole and in part, uploads 64 MiB in parts, queries CSV, JSON and Parquet, and deletes; what comes back
 * is compared byte for byte. `npm run test:clients` does the same with clients that have to be installed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  SelectObjectContentCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Client } from 'minio';
import t from 'tap';
import { Engine } from '../src/engine/query.ts';
import { LocalStore } from '../src/storage/local.ts';
import { accessKey, type Served, secretKey, serve } from './support/api-server.ts';
import { answer, keys, large, MiB, sha256, sql, tables } from './support/client-content.ts';

async function serveFolder(t: Parameters<typeof serve>[0] & { testdir(): string }): Promise<Served> {
  const root = join(t.testdir(), 'data');
  mkdirSync(root, { recursive: true });
  const engine = new Engine({ workers: 1 });
  const served = await serve(t, { store: await LocalStore.open({ root }), engine });
  t.teardown(() => engine.close());
  return served;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

t.test('AWS SDK for JavaScript', async (t) => {
  const { client, faults } = await serveFolder(t);
  const Bucket = 'sdk-bucket';
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}`, ContentType: 'text/plain' }));
  const get = async (Key: string, Range?: string): Promise<Buffer> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  for (const Key of keys) t.equal((await get(Key)).toString(), `body of ${Key}`);
  t.equal((await get('b', 'bytes=5-')).toString(), 'of b');
  t.equal((await get('b', 'bytes=-1')).toString(), 'b');
  const listed: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket }))
    listed.push(...(page.Contents ?? []).map(({ Key }) => Key));
  t.same(listed, keys);
  const { CommonPrefixes, Contents } = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  t.same([CommonPrefixes?.map(({ Prefix }) => Prefix), Contents?.map(({ Key }) => Key)], [['a/'], ['b', 'z']]);
  await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: encodeURIComponent(`${Bucket}/a/b c+d&<>.txt`) }));
  t.equal((await get('copy')).toString(), 'body of a/b c+d&<>.txt');
  t.equal((await client.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).ContentType, 'text/plain');

  const upload = new Upload({
    client,
    params: { Bucket, Key: 'large', Body: Readable.from(pieces(large)) },
    partSize: 8 * MiB,
    queueSize: 3,
  });
  t.match((await upload.done()).ETag, /^"[0-9a-f]{32}-8"$/);
  t.equal(sha256(await get('large')), sha256(large));
  t.ok((await get('large', `bytes=${8 * MiB - 3}-${8 * MiB + 3}`)).equals(large.subarray(8 * MiB - 3, 8 * MiB + 4)), 'over a seam');

  for (const { key: Key, body: Body, input: InputSerialization } of tables) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    t.ok((await get(Key)).equals(Body), Key);
    const { Payload } = await client.send(
      new SelectObjectContentCommand({
        Bucket,
        Key,
        Expression: sql,
        ExpressionType: 'SQL',
        InputSerialization,
        OutputSerialization: { CSV: {} },
      }),
    );
    let text = '';
    for await (const { Records } of Payload ?? []) text += Buffer.from(Records?.Payload ?? []).toString();
    t.equal(text, answer, Key);
  }
  const Objects = [...keys, 'copy', 'large', ...tables.map(({ key }) => key)].map((Key) => ({ Key }));
  t.equal((await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))).Deleted?.length, Objects.length);
  await client.send(new DeleteBucketCommand({ Bucket }));
  t.same(faults, []);
});

t.test("MinIO's client", async (t) => {
  const { port, faults } = await serveFolder(t);
  const client = new Client({ endPoint: '127.0.0.1', port, useSSL: false, accessKey, secretKey, partSize: 8 * MiB });
  const bucket = 'minio-bucket';
  await client.makeBucket(bucket);
  t.equal(await client.bucketExists(bucket), true);
  t.equal(await client.bucketExists('absent'), false);
  for (const key of keys) await client.putObject(bucket, key, `body of ${key}`, undefined, { 'Content-Type': 'text/plain', one: '1' });
  for (const key of keys) t.equal((await bytesOf(await client.getObject(bucket, key))).toString(), `body of ${key}`);
  t.equal((await bytesOf(await client.getPartialObject(bucket, 'b', 5, 2))).toString(), 'of');
  t.match((await client.statObject(bucket, 'b')).metaData, { 'content-type': 'text/plain', one: '1' });
  const list = async (recursive: boolean): Promise<string[]> => {
    const names: string[] = [];
    for await (const { name, prefix } of client.listObjectsV2(bucket, '', recursive)) names.push(name ?? prefix);
    return names;
  };
  t.same(await list(true), keys);
  t.same((await list(false)).sort(), ['a/', 'b', 'z']);
  await client.copyObject(bucket, 'copy', `/${bucket}/a/1`);
  t.equal((await bytesOf(await client.getObject(bucket, 'copy'))).toString(), 'body of a/1');

  const { etag } = await client.putObject(bucket, 'large', Readable.from(pieces(large)), large.length);
  t.match(etag, /^[0-9a-f]{32}-8$/);
  t.equal(sha256(await bytesOf(await client.getObject(bucket, 'large'))), sha256(large));
  const link = await client.presignedGetObject(bucket, 'b');
  t.equal(await (await fetch(link)).text(), 'body of b');
  t.equal((await fetch(await client.presignedPutObject(bucket, 'z'), { method: 'PUT', body: 'by link' })).status, 200);
  t.equal((await bytesOf(await client.getObject(bucket, 'z'))).toString(), 'by link');

  for (const { key, body, input } of tables) {
    await client.putObject(bucket, key, body);
    const found = await client.selectObjectContent(bucket, key, {
      expression: sql,
      expressionType: 'SQL',
      inputSerialization: { CompressionType: 'NONE', ...input } as Parameters<Client['selectObjectContent']>[2]['inputSerialization'],
      outputSerialization: { CSV: { RecordDelimiter: '\n', FieldDelimiter: ',' } },
    });
    t.equal(String(found?.getRecords()), answer, key);
  }
  await client.removeObject(bucket, 'copy');
  await client.removeObjects(bucket, [...keys, 'large', ...tables.map(({ key }) => key)]);
  await client.removeBucket(bucket);
  t.same(faults, []);
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += MiB) yield bytes.subarray(at, at + MiB);
}
