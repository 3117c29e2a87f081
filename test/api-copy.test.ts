/** Copies, copied parts and deletions of many objects, through the AWS SDK and byte by byte. */
import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Client, CopyConditions } from 'minio';
import t, { type Test } from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { MemoryStore } from '../src/storage/memory.ts';
import { accessKey, ask, errorCode, failure, secretKey, serve } from './support/api-server.ts';
import { keysOf } from './support/storage-contract.ts';

const Bucket = 'bucket-1';
const MiB = 1024 * 1024;

async function textOf(client: S3Client, Key: string, from = Bucket): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: from, Key }));
  return Body?.transformToString() ?? '';
}

t.test('copies, on either store', async (t) => {
  for (const store of [new MemoryStore(), await LocalStore.open({ root: t.testdir() })]) {
    const { client, port, faults } = await serve(t, { store });
    for (const name of [Bucket, 'bucket-2']) await client.send(new CreateBucketCommand({ Bucket: name }));
    const source = 'dir/ü +%&?versionId=.csv';
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: source,
        Body: 'a,b\n',
        ContentType: 'text/csv',
        CacheControl: 'no-cache',
        Metadata: { m: '1' },
        Tagging: 'k=v',
        StorageClass: 'STANDARD_IA',
        ChecksumAlgorithm: 'SHA256',
        WebsiteRedirectLocation: '/elsewhere',
      }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent(source)}`;
    const copied = await client.send(new CopyObjectCommand({ Bucket: 'bucket-2', Key: 'copy', CopySource }));
    const etag = `"${createHash('md5').update('a,b\n').digest('hex')}"`;
    const sha256 = createHash('sha256').update('a,b\n').digest('base64');
    t.match(copied.CopyObjectResult, { ETag: etag, LastModified: Date, ChecksumSHA256: sha256, ChecksumType: 'FULL_OBJECT' });
    t.equal(await textOf(client, 'copy', 'bucket-2'), 'a,b\n');
    const head = await client.send(new HeadObjectCommand({ Bucket: 'bucket-2', Key: 'copy', ChecksumMode: 'ENABLED' }));
    t.match(head, {
      ContentType: 'text/csv',
      CacheControl: 'no-cache',
      Metadata: { m: '1' },
      TagCount: 1,
      ChecksumSHA256: sha256,
      ETag: etag,
    });
    t.equal(head.StorageClass, undefined, 'the class is not copied');
    t.equal(head.WebsiteRedirectLocation, undefined, 'nor is the redirection');

    const replaced = {
      Bucket,
      Key: 'replaced',
      CopySource: `/${CopySource}`,
      MetadataDirective: 'REPLACE',
      TaggingDirective: 'REPLACE',
    } as const;
    await client.send(
      new CopyObjectCommand({
        ...replaced,
        Metadata: { n: '2' },
        ContentType: 'text/plain',
        Tagging: 'x=y&z=',
        ChecksumAlgorithm: 'CRC32',
      }),
    );
    const other = await client.send(new HeadObjectCommand({ Bucket, Key: 'replaced', ChecksumMode: 'ENABLED' }));
    t.match(other, { ContentType: 'text/plain', Metadata: { n: '2' }, TagCount: 2, ChecksumCRC32: /=$/ });
    t.equal(other.CacheControl, undefined);
    t.equal(other.ChecksumSHA256, undefined);
    t.match(await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'replaced' })), {
      TagSet: [
        { Key: 'x', Value: 'y' },
        { Key: 'z', Value: '' },
      ],
    });

    await copiesThatFail(t, client, source);
    const copy = (more: Partial<CopyObjectCommandInput>) =>
      failure(client.send(new CopyObjectCommand({ Bucket, Key: 'target', CopySource, ...more })));
    await conditionalCopies(t, etag, copy);
    const headers = { 'x-amz-copy-source': CopySource, 'x-amz-copy-source-server-side-encryption-customer-algorithm': 'AES256' };
    t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}/t`, headers })), 'NotImplemented');
    const range = { 'x-amz-copy-source-range': 'bytes=0-1' };
    t.equal(
      errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}/t`, headers: range })),
      'NotImplemented',
      'a range of no source',
    );

    t.same(faults, []);
  }
});

t.test("copies of MinIO's client", async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const minio = new Client({ endPoint: 'localhost', port, useSSL: false, accessKey, secretKey });
  await minio.copyObject(Bucket, 'copy', `/${Bucket}/k`, new CopyConditions());
  t.equal(await textOf(client, 'copy'), 'x');
});

async function copiesThatFail(t: Test, client: S3Client, source: string): Promise<void> {
  const CopySource = `${Bucket}/${encodeURIComponent(source)}`;
  const copy = (more: Partial<CopyObjectCommandInput>) =>
    failure(client.send(new CopyObjectCommand({ Bucket, Key: 'target', CopySource, ...more })));
  t.equal(await copy({ Key: source }), 'InvalidRequest 400', 'to itself, changing nothing');
  t.equal(await copy({ Key: source, MetadataDirective: 'REPLACE', Metadata: { m: '3' } }), 'none');
  t.match(await client.send(new HeadObjectCommand({ Bucket, Key: source })), { Metadata: { m: '3' }, TagCount: 1 });
  t.equal(await textOf(client, source), 'a,b\n');
  t.equal(await copy({ Key: source, StorageClass: 'ONEZONE_IA' }), 'none');
  t.equal(await copy({ CopySource: `${Bucket}/absent` }), 'NoSuchKey 404');
  t.equal(await copy({ CopySource: 'absent/key' }), 'NoSuchBucket 404');
  t.equal(await copy({ Bucket: 'absent' }), 'NoSuchBucket 404');
  t.equal(await copy({ CopySource: 'no-key' }), 'InvalidArgument 400');
  t.equal(await copy({ CopySource: `${CopySource}?versionId=null` }), 'none');
  t.equal(await copy({ CopySource: `${CopySource}?versionId=x` }), 'NoSuchVersion 404');
  t.equal(await copy({ ACL: 'public-read' }), 'AccessControlListNotSupported 400');
  t.equal(await copy({ MetadataDirective: 'MERGE' as 'COPY' }), 'InvalidArgument 400');
}

async function conditionalCopies(t: Test, etag: string, copy: (more: Partial<CopyObjectCommandInput>) => Promise<string>): Promise<void> {
  const past = new Date(Date.now() - 100_000);
  const future = new Date(Date.now() + 100_000);
  for (const [condition, expected] of [
    [{ CopySourceIfMatch: etag }, 'none'],
    [{ CopySourceIfMatch: '"x"' }, 'PreconditionFailed 412'],
    [{ CopySourceIfNoneMatch: etag }, 'PreconditionFailed 412'],
    [{ CopySourceIfNoneMatch: '"x"' }, 'none'],
    [{ CopySourceIfModifiedSince: past }, 'none'],
    [{ CopySourceIfModifiedSince: future }, 'PreconditionFailed 412'],
    [{ CopySourceIfUnmodifiedSince: past }, 'PreconditionFailed 412'],
    [{ CopySourceIfMatch: etag, CopySourceIfUnmodifiedSince: past }, 'none'],
    [{ CopySourceIfNoneMatch: etag, CopySourceIfModifiedSince: past }, 'PreconditionFailed 412'],
    [{ IfNoneMatch: '*' }, 'PreconditionFailed 412'],
    [{ IfMatch: '"x"' }, 'PreconditionFailed 412'],
    [{ IfMatch: etag }, 'none'],
  ] as const) {
    t.equal(await copy(condition), expected, JSON.stringify(condition));
  }
}

t.test('parts copied out of objects', async (t) => {
  const { client } = await serve(t, { store: await LocalStore.open({ root: t.testdir() }) });
  await client.send(new CreateBucketCommand({ Bucket }));
  const bytes = Buffer.alloc(6 * MiB + 10, 'some text ');
  await client.send(new PutObjectCommand({ Bucket, Key: 'source%', Body: bytes }));
  const at = { Bucket, Key: 'target' };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'CRC32C' }));
  const CopySource = `${Bucket}/source%25`;
  const copy = (PartNumber: number, CopySourceRange?: string, more: object = {}) =>
    client.send(new UploadPartCopyCommand({ ...at, UploadId, CopySource, PartNumber, CopySourceRange, ...more }));
  const Parts: object[] = [];
  for (const [PartNumber, range] of [
    [1, `bytes=0-${5 * MiB - 1}`],
    [2, undefined],
    [3, 'bytes=10-19'],
  ] as const) {
    const { CopyPartResult } = await copy(PartNumber, range);
    t.match(CopyPartResult, { ETag: /^"[0-9a-f]{32}"$/, LastModified: Date, ChecksumCRC32C: /==$/ });
    Parts.push({ PartNumber, ETag: CopyPartResult?.ETag, ChecksumCRC32C: CopyPartResult?.ChecksumCRC32C });
  }
  for (const range of [
    '0-2',
    'bytes=0',
    'bytes=hello-world',
    'bytes=0-bar',
    'bytes=hello-',
    'bytes=0-2,3-5',
    'bytes=5-4',
    'bytes=0-',
    'bytes=-5',
  ]) {
    t.equal(await failure(copy(4, range)), 'InvalidArgument 400', range);
  }
  t.equal(await failure(copy(4, `bytes=0-${bytes.length}`)), 'InvalidRange 416');
  t.equal(await failure(copy(4, undefined, { CopySourceIfMatch: '"x"' })), 'PreconditionFailed 412');
  t.equal(await failure(copy(4, undefined, { CopySource: `${Bucket}/absent` })), 'NoSuchKey 404');
  t.equal(await failure(copy(4, undefined, { UploadId: 'none' })), 'NoSuchUpload 404');
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
  const { Body } = await client.send(new GetObjectCommand(at));
  const expected = Buffer.concat([bytes.subarray(0, 5 * MiB), bytes, bytes.subarray(10, 20)]);
  t.ok(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(expected));
});

t.test('deletions', async (t) => {
  const { client, port, store } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  for (const Key of ['a', 'b&<>"', ' c ', 'd', 'e']) await put(Key);
  const deleted = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: {
        Objects: [
          { Key: 'a' },
          { Key: 'b&<>"' },
          { Key: ' c ' },
          { Key: 'absent' },
          { Key: 'd', VersionId: 'x' },
          { Key: 'e', ETag: '"x"' },
        ],
      },
    }),
  );
  t.same(
    deleted.Deleted?.map(({ Key }) => Key),
    ['a', 'b&<>"', ' c ', 'absent'],
  );
  t.match(deleted.Errors, [
    { Key: 'd', VersionId: 'x', Code: 'NoSuchVersion' },
    { Key: 'e', Code: 'PreconditionFailed' },
  ]);
  t.same(await keysOf(store, Bucket), ['d', 'e']);
  const quiet = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: {
        Quiet: true,
        Objects: [
          { Key: 'd', VersionId: 'null' },
          { Key: 'e', ETag: '"x"' },
        ],
      },
    }),
  );
  t.equal(quiet.Deleted, undefined);
  t.equal(quiet.Errors?.length, 1);
  t.equal(
    await failure(client.send(new DeleteObjectsCommand({ Bucket: 'absent', Delete: { Objects: [{ Key: 'a' }] } }))),
    'NoSuchBucket 404',
  );

  const post = async (body: string, headers: Record<string, string> = { 'content-md5': createHash('md5').update(body).digest('base64') }) =>
    errorCode(await ask(port, { method: 'POST', target: `/${Bucket}?delete`, body, headers }));
  const list = (count: number) => `<Delete>${'<Object><Key>x</Key></Object>'.repeat(count)}</Delete>`;
  t.equal(await post(list(1), {}), 'InvalidRequest', 'a digest is demanded');
  t.equal(await post(list(1), { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }), 'BadDigest');
  t.equal(await post(list(1000)), undefined);
  t.equal(await post(list(1001)), 'MalformedXML');
  t.equal(await post(list(0)), 'MalformedXML');
  t.equal(await post('<Delete><Object/></Delete>'), 'MalformedXML');
  t.equal(await post('<Remove/>'), 'MalformedXML');
  t.equal(await post('<Delete><Object><Key>e</Key><Size>x</Size></Object></Delete>'), 'InvalidArgument');

  const { ETag, LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key: 'e' }));
  const remove = (more: object) => failure(client.send(new DeleteObjectCommand({ Bucket, Key: 'e', ...more })));
  t.equal(await remove({ IfMatch: '"x"' }), 'PreconditionFailed 412');
  t.equal(await remove({ IfMatchSize: 2 }), 'PreconditionFailed 412');
  t.equal(await remove({ IfMatchLastModifiedTime: new Date(0) }), 'PreconditionFailed 412');
  t.equal(await remove({ VersionId: 'x' }), 'NoSuchVersion 404');
  t.equal(await remove({ IfMatch: ETag, IfMatchSize: 1, IfMatchLastModifiedTime: LastModified }), 'none');
  t.equal(await remove({ IfMatch: '"x"' }), 'none');
  t.same(await keysOf(store, Bucket), []);
});
