/** What is asked of objects beside their bytes: checksums, parts, attributes, tags, access control lists. */
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectTaggingCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import { type ChecksumAlgorithm, createDigest } from '../src/auth/checksum.ts';
import { LocalStore } from '../src/storage/local.ts';
import { MemoryStore } from '../src/storage/memory.ts';
import { ask, errorCode, failure, serve } from './support/api-server.ts';
import { partBytes } from './support/storage-contract-uploads.ts';

const Bucket = 'bucket-1';
const MiB = 1024 * 1024;

function digestOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array | string): string {
  const digest = createDigest(algorithm);
  digest.update(Buffer.from(bytes));
  return digest.digest().toString('base64');
}

t.test('checksums of objects', async (t) => {
  for (const store of [new MemoryStore(), await LocalStore.open({ root: t.testdir() })]) {
    const { client, port } = await serve(t, { store });
    await client.send(new CreateBucketCommand({ Bucket }));
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      const Key = ChecksumAlgorithm;
      const member = `Checksum${ChecksumAlgorithm}` as const;
      const expected = digestOf(ChecksumAlgorithm.toLowerCase() as ChecksumAlgorithm, 'some text');
      const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'some text', ChecksumAlgorithm }));
      t.equal(put[member], expected);
      const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      t.match(head, { [member]: expected, ChecksumType: 'FULL_OBJECT' });
      t.equal((await client.send(new HeadObjectCommand({ Bucket, Key })))[member], undefined, 'only if asked for');
      const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      t.equal(got[member], expected);
      t.equal(await got.Body?.transformToString(), 'some text', 'the SDK has verified it');
      const ranged = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED', Range: 'bytes=0-3' }));
      t.equal(ranged[member], undefined, 'not with a part of the bytes');
      await ranged.Body?.transformToString();
      t.match(await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED', PartNumber: 1 })), { [member]: expected });
      const wrong = new PutObjectCommand({ Bucket, Key, Body: 'other text', [member]: expected });
      t.equal(await failure(client.send(wrong)), 'BadDigest 400');
    }
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'CRC64' }));
    t.match(Contents, [{ ChecksumAlgorithm: ['CRC64NVME'], ChecksumType: 'FULL_OBJECT' }]);
    await ask(port, { method: 'PUT', target: `/${Bucket}/none`, body: 'x' });
    const none = await ask(port, { method: 'HEAD', target: `/${Bucket}/none`, headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    t.notOk([...none.headers.keys()].some((name) => name.startsWith('x-amz-checksum')));
  }
});

async function upload(client: S3Client, Key: string, bytes: readonly Buffer[]): Promise<string | undefined> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
  );
  const Parts: object[] = [];
  for (const [index, Body] of bytes.entries()) {
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 2 * index + 1, Body }));
    Parts.push({ PartNumber: 2 * index + 1, ETag });
  }
  return (await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))).ETag;
}

t.test('parts of objects', async (t) => {
  for (const store of [new MemoryStore(), await LocalStore.open({ root: t.testdir() })]) {
    const { client } = await serve(t, { store });
    await client.send(new CreateBucketCommand({ Bucket }));
    const bytes = [partBytes(1, 5 * MiB), partBytes(2, 6 * MiB), partBytes(3, 7)];
    const ETag = await upload(client, 'parts', bytes);
    const at = { Bucket, Key: 'parts', ChecksumMode: 'ENABLED' } as const;
    for (const [index, part] of bytes.entries()) {
      const got = await client.send(new GetObjectCommand({ ...at, PartNumber: index + 1 }));
      t.match(got, {
        ETag,
        PartsCount: 3,
        ContentLength: part.length,
        ChecksumCRC32: digestOf('crc32', part),
        ChecksumType: 'FULL_OBJECT',
      });
      t.equal(got.$metadata.httpStatusCode, 206);
      t.ok(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(part));
      const head = await client.send(new HeadObjectCommand({ ...at, PartNumber: index + 1 }));
      t.match(head, { ETag, PartsCount: 3, ContentLength: part.length });
    }
    t.match(await client.send(new HeadObjectCommand(at)), {
      PartsCount: undefined,
      ChecksumCRC32: digestOf('crc32', Buffer.concat(bytes)),
    });
    await client.send(new PutObjectCommand({ Bucket, Key: 'single', Body: 'body' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
    const single = await client.send(new GetObjectCommand({ Bucket, Key: 'single', PartNumber: 1 }));
    t.match(single, { ContentRange: 'bytes 0-3/4', PartsCount: undefined });
    t.equal((await client.send(new HeadObjectCommand({ Bucket, Key: 'empty', PartNumber: 1 }))).ContentLength, 0);
    const get = (more: object) => failure(client.send(new GetObjectCommand({ ...at, ...more })));
    t.equal(await get({ PartNumber: 4 }), 'InvalidPartNumber 416');
    t.equal(await get({ Key: 'single', PartNumber: 2 }), 'InvalidPartNumber 416');
    t.equal(await get({ PartNumber: 0 }), 'InvalidArgument 400');
    t.equal(await get({ PartNumber: 1, Range: 'bytes=0-1' }), 'InvalidRequest 400');
    await attributes(t, client, bytes, ETag);
  }
});

async function attributes(t: Test, client: S3Client, bytes: readonly Buffer[], ETag: string | undefined): Promise<void> {
  const all = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;
  const ask = (Key: string, more: object = {}) =>
    client.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: [...all], ...more }));
  const parts = bytes.map((part, index) => ({ PartNumber: index + 1, Size: part.length, ChecksumCRC32: digestOf('crc32', part) }));
  t.match(await ask('parts'), {
    ETag: ETag?.replaceAll('"', ''),
    LastModified: Date,
    Checksum: { ChecksumCRC32: digestOf('crc32', Buffer.concat(bytes)), ChecksumType: 'FULL_OBJECT' },
    ObjectParts: { TotalPartsCount: 3, IsTruncated: false, MaxParts: 1000, Parts: parts },
    StorageClass: 'STANDARD',
    ObjectSize: Buffer.concat(bytes).length,
  });
  const page = await ask('parts', { MaxParts: 1, PartNumberMarker: '1' });
  t.match(page.ObjectParts, {
    TotalPartsCount: 3,
    IsTruncated: true,
    MaxParts: 1,
    PartNumberMarker: '1',
    NextPartNumberMarker: '2',
    Parts: [parts[1]],
  });
  const single = await ask('single');
  t.match(single, { ObjectSize: 4, StorageClass: 'STANDARD' });
  t.equal(single.ObjectParts, undefined);
  const few = await ask('single', { ObjectAttributes: ['ObjectSize'] });
  t.match(few, { ObjectSize: 4, ETag: undefined, StorageClass: undefined, Checksum: undefined });
  t.equal(await failure(ask('single', { ObjectAttributes: ['Colour'] })), 'InvalidArgument 400');
  t.equal(await failure(ask('absent')), 'NoSuchKey 404');
  t.equal(await failure(ask('single', { VersionId: 'x' })), 'NoSuchVersion 404');
}

t.test('tags', async (t) => {
  for (const store of [new MemoryStore(), await LocalStore.open({ root: t.testdir() })]) {
    const { client } = await serve(t, { store });
    await client.send(new CreateBucketCommand({ Bucket }));
    const at = { Bucket, Key: 'k' };
    await client.send(new PutObjectCommand({ ...at, Body: 'x', Tagging: 'foo=bar&bar&a+b=%C3%BC' }));
    const tags = async () => (await client.send(new GetObjectTaggingCommand(at))).TagSet;
    const TagSet = [
      { Key: 'a b', Value: 'ü' },
      { Key: 'bar', Value: '' },
      { Key: 'foo', Value: 'bar' },
    ];
    t.same(await tags(), TagSet, 'by key');
    const before = await client.send(new HeadObjectCommand(at));
    t.equal(before.TagCount, 3);
    const set = (list: object[]) =>
      failure(client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: list as typeof TagSet } })));
    const ten = Array.from({ length: 10 }, (_, i) => ({ Key: `${i}${'k'.repeat(127)}`, Value: 'v'.repeat(256) }));
    t.equal(await set(ten), 'none');
    t.same(await tags(), ten);
    t.match(await client.send(new HeadObjectCommand(at)), { ETag: before.ETag, LastModified: before.LastModified, TagCount: 10 });
    t.match(await set([...ten, { Key: 'one more', Value: '' }]), /400$/);
    t.equal(await set([{ Key: 'k'.repeat(129), Value: '' }]), 'InvalidTag 400');
    t.equal(await set([{ Key: 'k', Value: 'v'.repeat(257) }]), 'InvalidTag 400');
    t.equal(await set([TagSet[0] ?? {}, TagSet[0] ?? {}]), 'InvalidTag 400');
    t.same(await tags(), ten, 'what is refused changes nothing');
    t.equal((await client.send(new DeleteObjectTaggingCommand(at))).$metadata.httpStatusCode, 204);
    t.same(await tags(), []);
    t.equal((await client.send(new HeadObjectCommand(at))).TagCount, undefined);
    t.equal(await failure(client.send(new GetObjectTaggingCommand({ ...at, Key: 'absent' }))), 'NoSuchKey 404');
    t.equal(await failure(client.send(new DeleteObjectTaggingCommand({ ...at, Key: 'absent' }))), 'NoSuchKey 404');
    t.equal(await failure(client.send(new PutObjectCommand({ ...at, Body: 'x', Tagging: 'a=1&a=2' }))), 'InvalidTag 400');
  }
});

t.test('what no object here can have', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const at = { Bucket, Key: 'k' };
  await client.send(new PutObjectCommand({ ...at, Body: 'x', StorageClass: 'REDUCED_REDUNDANCY', ACL: 'private' }));
  t.equal((await client.send(new HeadObjectCommand(at))).StorageClass, 'REDUCED_REDUNDANCY');
  const acl = await client.send(new GetObjectAclCommand(at));
  t.match(acl, { Owner: { DisplayName: 's3lect' }, Grants: [{ Permission: 'FULL_CONTROL', Grantee: { ID: acl.Owner?.ID } }] });
  t.equal(await failure(client.send(new PutObjectAclCommand({ ...at, ACL: 'private' }))), 'none');
  t.equal(
    await failure(client.send(new PutObjectAclCommand({ ...at, AccessControlPolicy: { Owner: acl.Owner, Grants: acl.Grants } }))),
    'none',
  );
  t.equal(await failure(client.send(new PutObjectAclCommand({ ...at, ACL: 'public-read' }))), 'AccessControlListNotSupported 400');
  t.equal(await failure(client.send(new GetObjectAclCommand({ ...at, Key: 'absent' }))), 'NoSuchKey 404');
  t.equal(await failure(client.send(new GetObjectRetentionCommand(at))), 'InvalidRequest 400');
  t.equal(await failure(client.send(new GetObjectLegalHoldCommand(at))), 'InvalidRequest 400');
  t.equal(await failure(client.send(new RestoreObjectCommand({ ...at, RestoreRequest: { Days: 1 } }))), 'InvalidObjectState 403');
  for (const name of ['torrent', 'annotation', 'renameObject', 'encryption']) {
    t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}/k?${name}`, body: 'lost' })), 'NotImplemented', name);
  }
  const zipped = { method: 'PUT', target: `/${Bucket}/k`, headers: { 'transfer-encoding': 'gzip, chunked' }, body: '0\r\n\r\n' } as const;
  t.equal(errorCode(await ask(port, zipped)), 'NotImplemented');
  t.equal((await client.send(new HeadObjectCommand(at))).ContentLength, 1);
});
