/** Buckets and objects through the AWS SDK, and what the SDK does not let one ask. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { rootIdentity } from '../src/auth/identity.ts';
import { LocalStore } from '../src/storage/local.ts';
import { ask, errorCode, failure, serve } from './support/api-server.ts';

const Bucket = 'bucket-1';

async function textOf(client: S3Client, Key: string, more: object = {}): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Body?.transformToString() ?? '';
}

t.test('buckets', async (t) => {
  const { client } = await serve(t);
  t.same((await client.send(new ListBucketsCommand({}))).Buckets ?? [], []);
  const created = await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  t.equal(created.Location, `/${Bucket}`);
  await client.send(new CreateBucketCommand({ Bucket: 'bucket-2' }));
  await client.send(new CreateBucketCommand({ Bucket: 'other' }));
  t.equal((await client.send(new CreateBucketCommand({ Bucket }))).$metadata.httpStatusCode, 200, 'again, in the first region');
  t.equal(await failure(client.send(new CreateBucketCommand({ Bucket: 'Not_a_name' }))), 'InvalidBucketName 400');

  const all = await client.send(new ListBucketsCommand({}));
  t.same(
    all.Buckets?.map(({ Name }) => Name),
    [Bucket, 'bucket-2', 'other'],
  );
  t.ok(all.Buckets?.every(({ CreationDate }) => CreationDate instanceof Date));
  t.equal(all.Owner?.ID, rootIdentity.id);
  const first = await client.send(new ListBucketsCommand({ Prefix: 'bucket-', MaxBuckets: 1 }));
  t.same(
    first.Buckets?.map(({ Name }) => Name),
    [Bucket],
  );
  const second = await client.send(
    new ListBucketsCommand({ Prefix: 'bucket-', MaxBuckets: 1, ContinuationToken: first.ContinuationToken }),
  );
  t.same(
    second.Buckets?.map(({ Name }) => Name),
    ['bucket-2'],
  );
  t.equal(second.ContinuationToken, undefined);

  const head = await client.send(new HeadBucketCommand({ Bucket }));
  t.equal(head.BucketRegion, 'us-east-1');
  t.equal(await failure(client.send(new HeadBucketCommand({ Bucket: 'absent' }))), 'NotFound 404');
  t.equal((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);

  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  t.equal(await failure(client.send(new DeleteBucketCommand({ Bucket }))), 'BucketNotEmpty 409');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  t.equal((await client.send(new DeleteBucketCommand({ Bucket }))).$metadata.httpStatusCode, 204);
  t.equal(await failure(client.send(new DeleteBucketCommand({ Bucket }))), 'NoSuchBucket 404');
});

t.test('objects, on either store', async (t) => {
  for (const store of [undefined, await LocalStore.open({ root: t.testdir() })]) {
    const { client, newClient, faults, port } = await serve(t, store === undefined ? {} : { store });
    await client.send(new CreateBucketCommand({ Bucket }));
    const Key = "dir/ü +%2F!*()'&.csv";
    const Body = 'a,b\n1,2\n';
    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentType: 'text/csv',
        CacheControl: 'no-cache',
        ContentDisposition: 'attachment; filename="x"',
        ContentLanguage: 'de',
        Metadata: { one: '1', 'Two-Words': 'x y' },
        ContentMD5: createHash('md5').update(Body).digest('base64'),
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    const etag = `"${createHash('md5').update(Body).digest('hex')}"`;
    t.equal(put.ETag, etag);
    t.equal(put.ChecksumSHA256, createHash('sha256').update(Body).digest('base64'));
    t.equal(put.ChecksumType, 'FULL_OBJECT');

    const expected = {
      ETag: etag,
      ContentLength: 8,
      ContentType: 'text/csv',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="x"',
      ContentLanguage: 'de',
      AcceptRanges: 'bytes',
      Metadata: { one: '1', 'two-words': 'x y' },
    };
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    t.match(got, expected);
    t.equal(await got.Body?.transformToString(), Body);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
    t.match(head, expected);
    t.equal(head.ContentEncoding, undefined);
    t.ok(head.LastModified instanceof Date);
    const named = { method: 'PUT', target: `/${Bucket}/named`, headers: { 'x-amz-meta-__proto__': 'x' } } as const;
    t.equal((await ask(port, named)).status, 200);
    t.equal((await ask(port, { ...named, method: 'HEAD', headers: {} })).headers.get('x-amz-meta-__proto__'), 'x');
    const virtual = newClient({
      endpoint: `http://localhost:${port}`,
      forcePathStyle: false,
      requestHandler: { httpAgent: new Agent({ lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) }) },
    });
    t.equal(await textOf(virtual, Key), Body, 'virtual-hosted style');

    t.equal(await failure(client.send(new GetObjectCommand({ Bucket, Key: 'absent' }))), 'NoSuchKey 404');
    t.equal(await failure(client.send(new HeadObjectCommand({ Bucket, Key: 'absent' }))), 'NotFound 404');
    t.equal(await failure(client.send(new GetObjectCommand({ Bucket: 'absent', Key }))), 'NoSuchBucket 404');
    t.equal(await failure(client.send(new PutObjectCommand({ Bucket: 'absent', Key, Body }))), 'NoSuchBucket 404');
    t.equal(await failure(client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }))), 'PreconditionFailed 412');
    await client.send(new PutObjectCommand({ Bucket, Key: 'new', Body: '', IfNoneMatch: '*' }));
    t.equal(await textOf(client, 'new'), '');
    t.match(
      await failure(
        client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ContentMD5: createHash('md5').update('y').digest('base64') })),
      ),
      'BadDigest 400',
    );
    t.equal(await textOf(client, Key), Body, 'a refused body changes nothing');
    t.equal(await failure(client.send(new GetObjectCommand({ Bucket, Key, VersionId: 'other' }))), 'NoSuchVersion 404');
    t.equal(await textOf(client, Key, { VersionId: 'null' }), Body);
    t.same(faults, []);
  }
});

t.test('large and streamed bodies', async (t) => {
  const { client } = await serve(t, { store: await LocalStore.open({ root: t.testdir() }) });
  await client.send(new CreateBucketCommand({ Bucket }));
  const bytes = Buffer.alloc(3_000_001, 'line of text\n');
  await client.send(new PutObjectCommand({ Bucket, Key: 'large', Body: bytes, ContentEncoding: 'identity' }));
  const { Body, ContentEncoding } = await client.send(new GetObjectCommand({ Bucket, Key: 'large' }));
  t.equal(ContentEncoding, 'identity');
  t.ok(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bytes));
  const streamed = Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]);
  const put = await client.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body: streamed, ContentLength: bytes.length }));
  t.ok(put.ChecksumCRC32, 'a streamed body carries its checksum as a trailer');
  const again = await client.send(new GetObjectCommand({ Bucket, Key: 'streamed' }));
  t.equal(again.ContentEncoding, undefined, 'aws-chunked is no encoding of the object');
  t.ok(Buffer.from((await again.Body?.transformToByteArray()) ?? []).equals(bytes));
});

t.test('ranges', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '0123456789' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
  const range = (Range: string, more: object = {}) => client.send(new GetObjectCommand({ Bucket, Key: 'k', Range, ...more }));
  for (const [header, text, contentRange] of [
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-99', '789', 'bytes 7-9/10'],
    // As the AWS SDK for Java 1 asks for all from a byte on.
    ['bytes=7-9223372036854775806', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ] as const) {
    const answer = await range(header);
    t.equal(answer.$metadata.httpStatusCode, 206, header);
    t.equal(answer.ContentRange, contentRange);
    t.equal(await answer.Body?.transformToString(), text);
    t.equal((await client.send(new HeadObjectCommand({ Bucket, Key: 'k', Range: header }))).ContentLength, text.length);
  }
  for (const header of ['bytes=4-2', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=-', 'bytes=a-b']) {
    const answer = await range(header);
    t.equal(answer.$metadata.httpStatusCode, 200, header);
    t.equal(await answer.Body?.transformToString(), '0123456789');
  }
  for (const header of ['bytes=10-', 'bytes=10-20', 'bytes=-0']) t.equal(await failure(range(header)), 'InvalidRange 416', header);
  t.equal(await failure(client.send(new GetObjectCommand({ Bucket, Key: 'empty', Range: 'bytes=0-' }))), 'InvalidRange 416');
  const refused = await ask(port, { target: `/${Bucket}/k`, headers: { range: 'bytes=10-' } });
  t.equal(refused.headers.get('content-range'), 'bytes */10');
  t.match(refused.body.toString(), '<ActualObjectSize>10</ActualObjectSize>');
  const whole = await ask(port, { target: `/${Bucket}/k`, headers: { range: 'bytes=0-1', 'if-range': '"other"' } });
  t.equal(whole.status, 200);
});

t.test('conditions', async (t) => {
  const { client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const get = (conditions: object) => failure(client.send(new GetObjectCommand({ Bucket, Key: 'k', ...conditions })));
  const past = new Date(Date.now() - 100_000);
  const future = new Date(Date.now() + 100_000);
  t.equal(await get({ IfMatch: ETag }), 'none');
  t.equal(await get({ IfMatch: ETag.replaceAll('"', '') }), 'none');
  t.equal(await get({ IfMatch: '*' }), 'none');
  t.equal(await get({ IfMatch: '"other"' }), 'PreconditionFailed 412');
  t.equal(await get({ IfMatch: ETag, IfUnmodifiedSince: past }), 'none');
  t.equal(await get({ IfUnmodifiedSince: past }), 'PreconditionFailed 412');
  t.equal(await get({ IfUnmodifiedSince: future }), 'none');
  t.match(await get({ IfNoneMatch: ETag }), / 304$/);
  t.match(await get({ IfNoneMatch: `"a", ${ETag}` }), / 304$/);
  t.equal(await get({ IfNoneMatch: '"other"' }), 'none');
  t.equal(await get({ IfNoneMatch: '"other"', IfModifiedSince: future }), 'none');
  t.match(await get({ IfModifiedSince: future }), / 304$/);
  t.equal(await get({ IfModifiedSince: past }), 'none');
  t.match(await failure(client.send(new HeadObjectCommand({ Bucket, Key: 'k', IfNoneMatch: ETag }))), / 304$/);
  t.match(await failure(client.send(new HeadObjectCommand({ Bucket, Key: 'k', IfMatch: '"other"' }))), / 412$/);
  const overridden = await client.send(
    new GetObjectCommand({ Bucket, Key: 'k', ResponseContentType: 'text/plain', ResponseContentDisposition: 'inline' }),
  );
  t.match(overridden, { ContentType: 'text/plain', ContentDisposition: 'inline' });
  t.equal(await get({ ResponseContentType: 'a\nb' }), 'InvalidArgument 400');
});

t.test('lists', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const keys = ['a b.csv', 'a&<b>', 'dir/1', 'dir/2', 'dir/sub/3', 'ü', '\u0001'].sort();
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));

  const all = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
  t.same(
    all.Contents?.map(({ Key = '' }) => decodeURIComponent(Key)),
    keys,
  );
  t.match(all, { KeyCount: 7, MaxKeys: 1000, IsTruncated: false, EncodingType: 'url', Name: Bucket, Prefix: '' });
  t.match(all.Contents?.[0], { Size: 1, StorageClass: 'STANDARD', ETag: /^"[0-9a-f]{32}"$/ });
  t.equal(all.Contents?.[0]?.Owner, undefined);
  const raw = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a', FetchOwner: true }));
  t.same(
    raw.Contents?.map(({ Key }) => Key),
    ['a b.csv', 'a&<b>'].sort(),
  );
  t.equal(raw.Contents?.[0]?.Owner?.ID, rootIdentity.id);

  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 2, EncodingType: 'url', ContinuationToken }),
    );
    t.equal(page.ContinuationToken, ContinuationToken);
    t.ok((page.KeyCount ?? 0) > 0 && (page.KeyCount ?? 0) <= 2);
    t.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
    seen.push(
      ...(page.Contents ?? []).map(({ Key = '' }) => decodeURIComponent(Key)),
      ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix),
    );
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  t.same(seen.sort(), ['a b.csv', 'a&<b>', 'dir/', 'ü', '\u0001'].sort());

  const after = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'dir/1', Prefix: 'dir/' }));
  t.same(
    after.Contents?.map(({ Key }) => Key),
    ['dir/2', 'dir/sub/3'],
  );
  t.equal(after.StartAfter, 'dir/1');
  t.match(await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 })), { KeyCount: 0, IsTruncated: false });
  t.equal((await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }))).MaxKeys, 1000);
  t.equal(await failure(client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'made up' }))), 'InvalidArgument 400');
  t.equal(await failure(client.send(new ListObjectsV2Command({ Bucket, MaxKeys: -1 }))), 'InvalidArgument 400');
  t.equal(await failure(client.send(new ListObjectsV2Command({ Bucket: 'absent' }))), 'NoSuchBucket 404');
  t.equal(errorCode(await ask(port, { target: `/${Bucket}?list-type=3` })), 'InvalidArgument');

  const v1 = await client.send(new ListObjectsCommand({ Bucket, Prefix: 'dir/', Delimiter: '/', MaxKeys: 2 }));
  t.match(v1, { IsTruncated: true, NextMarker: 'dir/2', Marker: '', MaxKeys: 2 });
  const rest = await client.send(new ListObjectsCommand({ Bucket, Prefix: 'dir/', Delimiter: '/', Marker: v1.NextMarker }));
  t.same(rest.CommonPrefixes, [{ Prefix: 'dir/sub/' }]);
});
