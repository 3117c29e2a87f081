/** Multipart uploads through the AWS SDK, lib-storage and MinIO's client, on either store. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Client } from 'minio';
import t from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { MemoryStore } from '../src/storage/memory.ts';
import { accessKey, ask, errorCode, failure, secretKey, serve } from './support/api-server.ts';
import { partBytes } from './support/storage-contract-uploads.ts';

const Bucket = 'bucket-1';
const MiB = 1024 * 1024;

async function bytesOf(client: S3Client, Key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

t.test('step by step, on either store', async (t) => {
  for (const store of [new MemoryStore(), await LocalStore.open({ root: t.testdir() })]) {
    const { client, port, faults } = await serve(t, { store });
    await client.send(new CreateBucketCommand({ Bucket }));
    const Key = 'dir/ü +%&.bin';
    const created = await client.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ContentType: 'text/csv',
        Metadata: { a: 'b' },
        CacheControl: 'no-store',
        StorageClass: 'STANDARD_IA',
        Tagging: 'one=1&two=x%20y',
      }),
    );
    t.match(created, { Bucket, Key });
    const { UploadId } = created;
    const bytes = [partBytes(1, 5 * MiB), partBytes(2, 5 * MiB), partBytes(3, 77)];
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (const [index, Body] of bytes.entries()) {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body }));
      t.equal(ETag, `"${createHash('md5').update(Body).digest('hex')}"`);
      Parts.push({ PartNumber: index + 1, ETag });
    }
    t.equal(await failure(client.send(new HeadObjectCommand({ Bucket, Key }))), 'NotFound 404');
    const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'dir/', EncodingType: 'url' }));
    t.match(uploads, { IsTruncated: false, MaxUploads: 1000, Bucket, Prefix: 'dir/' });
    t.match(uploads.Uploads, [{ UploadId, StorageClass: 'STANDARD_IA', Initiated: Date, Owner: { DisplayName: 's3lect' } }]);
    t.equal(decodeURIComponent(uploads.Uploads?.[0]?.Key ?? ''), Key);
    const first = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
    t.match(first, {
      IsTruncated: true,
      NextPartNumberMarker: '2',
      MaxParts: 2,
      StorageClass: 'STANDARD_IA',
      Initiator: { DisplayName: 's3lect' },
    });
    t.match(first.Parts, [
      { PartNumber: 1, Size: 5 * MiB, ETag: Parts[0]?.ETag, LastModified: Date },
      { PartNumber: 2, Size: 5 * MiB },
    ]);
    const rest = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker: first.NextPartNumberMarker }));
    t.match(rest, { IsTruncated: false, Parts: [{ PartNumber: 3, Size: 77 }] });

    const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
    const done = await client.send(new CompleteMultipartUploadCommand(complete));
    t.match(done, { Bucket, Key, ETag: /^"[0-9a-f]{32}-3"$/ });
    t.equal(done.Location, `http://127.0.0.1:${port}/${Bucket}/dir/%C3%BC%20%2B%25%26.bin`);
    t.equal((await client.send(new CompleteMultipartUploadCommand(complete))).ETag, done.ETag, 'asked again');
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
    t.match(head, {
      ETag: done.ETag,
      ContentLength: 10 * MiB + 77,
      ContentType: 'text/csv',
      Metadata: { a: 'b' },
      CacheControl: 'no-store',
      StorageClass: 'STANDARD_IA',
      TagCount: 2,
    });
    t.ok((await bytesOf(client, Key)).equals(Buffer.concat(bytes)));
    t.equal((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
    t.same(faults, []);
  }
});

t.test('what goes wrong', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const at = { Bucket, Key: 'k' };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  const part = async (PartNumber: number, Body: Buffer) => {
    const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  const one = await part(1, partBytes(1, 5 * MiB));
  const two = await part(2, partBytes(2, 10));
  const three = await part(3, partBytes(3, 10));
  const complete = (Parts: object[], more: object = {}) =>
    failure(client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts }, ...more })));
  t.equal(await complete([two, one]), 'InvalidPartOrder 400');
  t.equal(await complete([one, { ...two, PartNumber: 9 }]), 'InvalidPart 400');
  t.equal(await complete([one, { ...two, ETag: one.ETag }]), 'InvalidPart 400');
  t.equal(await complete([one, two, three]), 'EntityTooSmall 400');
  t.equal(await complete([]), 'MalformedXML 400');
  t.equal(await complete([one, two], { MpuObjectSize: 3 }), 'InvalidRequest 400');
  t.equal(await complete([one, two], { IfMatch: '"x"' }), 'NoSuchKey 404');
  t.equal(await complete([one, two], { UploadId: 'none' }), 'NoSuchUpload 404');
  t.equal(await complete([one, two], { Key: 'other' }), 'NoSuchUpload 404');
  for (const PartNumber of [0, 10_001, -1]) {
    t.equal(await failure(client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body: 'x' }))), 'InvalidArgument 400');
  }
  t.equal(await failure(client.send(new UploadPartCommand({ ...at, UploadId: 'none', PartNumber: 1, Body: 'x' }))), 'NoSuchUpload 404');
  t.equal(await failure(client.send(new ListPartsCommand({ ...at, UploadId: 'none' }))), 'NoSuchUpload 404');
  t.equal(await failure(client.send(new CreateMultipartUploadCommand({ ...at, Bucket: 'absent' }))), 'NoSuchBucket 404');
  const put = (target: string) => ask(port, { method: 'PUT', target, body: 'x' });
  t.equal(errorCode(await put(`/${Bucket}/k?uploadId=${UploadId}`)), 'InvalidArgument', 'no part number is no PutObject');
  t.equal(errorCode(await put(`/${Bucket}/k?partNumber=1`)), 'NotImplemented', 'nor is no upload');
  t.equal(errorCode(await ask(port, { method: 'POST', target: `/${Bucket}/k?uploadId=${UploadId}`, body: '<A/>' })), 'MalformedXML');
  for (const [headers, code] of [
    [{ 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' }, 'InvalidRequest'],
    [{ 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'COMPOSITE' }, 'InvalidRequest'],
    [{ 'x-amz-checksum-algorithm': 'CRC99' }, 'InvalidRequest'],
    [{ 'x-amz-checksum-algorithm': 'XXHASH64' }, 'NotImplemented'],
    [{ 'x-amz-checksum-type': 'COMPOSITE' }, 'InvalidRequest'],
    [{ 'x-amz-acl': 'public-read' }, 'AccessControlListNotSupported'],
    [{ 'x-amz-tagging': 'a=1&a=2' }, 'InvalidTag'],
    [{ 'x-amz-tagging': 'a=%ff' }, 'InvalidArgument'],
    [{ 'x-amz-storage-class': 'GLACIER' }, 'InvalidStorageClass'],
    [{ 'x-amz-server-side-encryption': 'AES256' }, 'NotImplemented'],
  ] as const) {
    const answer = await ask(port, { method: 'POST', target: `/${Bucket}/k?uploads=`, headers });
    t.equal(errorCode(answer), code, JSON.stringify(headers));
  }
  await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  t.equal(await failure(client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))), 'NoSuchUpload 404');
  t.equal(await complete([one, two]), 'NoSuchUpload 404');
  t.equal(await failure(client.send(new HeadObjectCommand(at))), 'NotFound 404');
});

t.test('checksums of uploads', async (t) => {
  const { client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const bytes = [partBytes(1, 5 * MiB), partBytes(2, 3)];
  for (const [ChecksumAlgorithm, ChecksumType, member] of [
    ['CRC32', 'FULL_OBJECT', 'ChecksumCRC32'],
    ['CRC32C', 'COMPOSITE', 'ChecksumCRC32C'],
    ['CRC64NVME', 'FULL_OBJECT', 'ChecksumCRC64NVME'],
    ['SHA1', undefined, 'ChecksumSHA1'],
    ['SHA256', 'COMPOSITE', 'ChecksumSHA256'],
  ] as const) {
    const at = { Bucket, Key: ChecksumAlgorithm };
    const created = await client.send(new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm, ChecksumType }));
    t.match(created, { ChecksumAlgorithm, ChecksumType: ChecksumType ?? 'COMPOSITE' });
    const { UploadId } = created;
    const Parts: object[] = [];
    for (const [index, Body] of bytes.entries()) {
      const sent = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: index + 1, Body, ChecksumAlgorithm }));
      t.ok(sent[member], `${member} of a part`);
      Parts.push({ PartNumber: index + 1, ETag: sent.ETag, [member]: sent[member] });
    }
    const listed = await client.send(new ListPartsCommand({ ...at, UploadId }));
    t.match(listed, { ChecksumAlgorithm, Parts });
    const done = await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    t.equal(done.ChecksumType, ChecksumType ?? 'COMPOSITE');
    if (ChecksumType !== 'FULL_OBJECT') t.match(done[member], /=-2$/);
    t.ok((await bytesOf(client, at.Key)).equals(Buffer.concat(bytes)));
  }
});

t.test('clients that upload in parts by themselves', async (t) => {
  const { client, port, faults } = await serve(t, { store: await LocalStore.open({ root: t.testdir() }) });
  await client.send(new CreateBucketCommand({ Bucket }));
  const bytes = partBytes(7, 17 * MiB + 3);
  await new Upload({ client, params: { Bucket, Key: 'buffer', Body: bytes } }).done();
  t.ok((await bytesOf(client, 'buffer')).equals(bytes));
  const stream = Readable.from([bytes.subarray(0, 6 * MiB), bytes.subarray(6 * MiB)]);
  await new Upload({ client, params: { Bucket, Key: 'stream', Body: stream, ChecksumAlgorithm: 'SHA256' }, queueSize: 2 }).done();
  t.ok((await bytesOf(client, 'stream')).equals(bytes));

  const minio = new Client({ endPoint: 'localhost', port, useSSL: false, accessKey, secretKey, partSize: 5 * MiB });
  await minio.putObject(Bucket, 'minio', Readable.from([bytes]), bytes.length);
  t.ok((await bytesOf(client, 'minio')).equals(bytes));
  t.match((await client.send(new HeadObjectCommand({ Bucket, Key: 'minio' }))).ETag, /-\d"$/);
  t.same(faults, []);
});
