/** What can be asked of a bucket beside its objects: its configurations, and the list of its versions. */
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeleteBucketWebsiteCommand,
  GetBucketAclCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { ask, errorCode, failure, serve } from './support/api-server.ts';

const Bucket = 'bucket-1';

t.test('configurations that a bucket never had', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const [name, status, said] of [
    ['encryption', 404, 'ServerSideEncryptionConfigurationNotFoundError'],
    ['lifecycle', 404, 'NoSuchLifecycleConfiguration'],
    ['object-lock', 404, 'ObjectLockConfigurationNotFoundError'],
    ['ownershipControls', 200, '<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>'],
    ['publicAccessBlock', 404, 'NoSuchPublicAccessBlockConfiguration'],
    ['replication', 404, 'ReplicationConfigurationNotFoundError'],
    ['website', 404, 'NoSuchWebsiteConfiguration'],
    ['accelerate', 200, '<AccelerateConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></AccelerateConfiguration>'],
    ['logging', 200, '<BucketLoggingStatus '],
    ['notification', 200, '<NotificationConfiguration '],
    ['requestPayment', 200, '<Payer>BucketOwner</Payer>'],
    ['versioning', 200, '<VersioningConfiguration '],
  ] as const) {
    const answer = await ask(port, { target: `/${Bucket}?${name}` });
    t.equal(answer.status, status, name);
    t.match(answer.body.toString(), said, name);
    if (status === 404) t.equal(errorCode(answer), said);
    t.equal(errorCode(await ask(port, { target: `/absent?${name}` })), 'NoSuchBucket', name);
  }
  for (const name of ['encryption', 'lifecycle', 'replication', 'website', 'ownershipControls', 'publicAccessBlock']) {
    const isSettable = ['ownershipControls', 'publicAccessBlock'].includes(name);
    t.equal((await ask(port, { method: 'DELETE', target: `/${Bucket}?${name}` })).status, 204, name);
    t.equal(errorCode(await ask(port, { method: 'DELETE', target: `/absent?${name}` })), 'NoSuchBucket', name);
    t.equal(
      errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}?${name}`, body: '<x/>' })),
      isSettable ? 'MalformedXML' : 'NotImplemented',
      name,
    );
  }
  // As the SDK reads them.
  t.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
  t.equal((await client.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled, undefined);
  t.equal((await client.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, 'BucketOwner');
  t.same((await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }))).TopicConfigurations ?? [], []);
  await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await client.send(new DeleteBucketWebsiteCommand({ Bucket }));
  for (const Status of ['Enabled', 'Suspended'] as const) {
    t.equal(
      await failure(client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))),
      'NotImplemented 501',
    );
  }
});

t.test('access control lists can be read, and set to what they are', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const { Owner, Grants } = await client.send(new GetBucketAclCommand({ Bucket }));
  t.ok(Owner?.ID);
  t.match(Grants, [{ Grantee: { ID: Owner?.ID, Type: 'CanonicalUser' }, Permission: 'FULL_CONTROL' }]);
  await client.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
  await client.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner, Grants } }));
  const everyone = { Grantee: { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }, Permission: 'READ' } as const;
  for (const input of [
    { ACL: 'public-read' },
    { GrantRead: 'id="x"' },
    { AccessControlPolicy: { Owner, Grants: [...(Grants ?? []), everyone] } },
    { AccessControlPolicy: { Owner, Grants: [{ Grantee: { Type: 'CanonicalUser', ID: 'another' }, Permission: 'FULL_CONTROL' }] } },
  ] as const) {
    const put = client.send(new PutBucketAclCommand({ Bucket, ...input } as ConstructorParameters<typeof PutBucketAclCommand>[0]));
    t.equal(await failure(put), 'AccessControlListNotSupported 400', JSON.stringify(input));
  }
  for (const body of ['', '<AccessControlPolicy/>', '<Other/>', '<AccessControlPolicy><AccessControlList/></AccessControlPolicy>']) {
    t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}?acl`, body })), 'MalformedACLError', body);
  }
  t.equal(
    await failure(client.send(new CreateBucketCommand({ Bucket: 'bucket-2', ACL: 'public-read' }))),
    'InvalidBucketAclWithObjectOwnership 400',
  );
  await client.send(new CreateBucketCommand({ Bucket: 'bucket-3', ACL: 'private', ObjectOwnership: 'BucketOwnerEnforced' }));
  t.same(
    (await client.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name),
    [Bucket, 'bucket-3'],
  );
});

t.test('the policy of a bucket', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const get = async () => (await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy;
  const isPublic = async () => (await client.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic;
  const policyFor = (Principal: unknown) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` }],
    });
  const put = (Policy: string) => client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  t.equal(await failure(get()), 'NoSuchBucketPolicy 404');
  t.equal(await isPublic(), false);
  await put(` ${policyFor('*')}\n`);
  t.equal(await get(), ` ${policyFor('*')}\n`, 'as it was put');
  t.equal(await isPublic(), true);
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  t.equal((await ask(port, { target: `/${Bucket}/k`, sign: null })).body.toString(), 'x', 'it counts at once');
  await put(policyFor({ AWS: 'arn:aws:iam::000000000000:root' }));
  t.equal(await isPublic(), false);
  for (const wrong of ['', 'x', '{}', policyFor('*').replaceAll(Bucket, 'other'), policyFor('*').replace('"Allow"', '"allow"')]) {
    t.equal(await failure(put(wrong)), 'MalformedPolicy 400', wrong);
  }
  t.equal(await failure(put(policyFor('*').replace('"2012', `${' '.repeat(20_480)}"2012`))), 'MalformedPolicy 400');
  t.equal((await ask(port, { target: `/${Bucket}/k`, sign: null })).status, 403);
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  t.equal(await failure(get()), 'NoSuchBucketPolicy 404');
  for (const [method, name] of [
    ['GET', 'policy'],
    ['PUT', 'policy'],
    ['DELETE', 'policy'],
    ['GET', 'policyStatus'],
  ] as const) {
    t.equal(errorCode(await ask(port, { method, target: `/absent?${name}` })), 'NoSuchBucket', `${method} ${name}`);
  }
});

t.test('tags of a bucket', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const get = () => client.send(new GetBucketTaggingCommand({ Bucket }));
  const put = (TagSet: { Key: string; Value: string }[]) => client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  t.equal(await failure(get()), 'NoSuchTagSet 404');
  const tags = [
    { Key: 'a b', Value: '' },
    { Key: 'größe', Value: 'x+y=/@:._-' },
    { Key: '__proto__', Value: '1' },
  ];
  await put(tags);
  t.same((await get()).TagSet, tags);
  await client.send(new CreateBucketCommand({ Bucket }));
  t.same((await get()).TagSet, tags, 'to create it again changes nothing');
  await put([{ Key: 'k', Value: 'v' }]);
  t.same((await get()).TagSet, [{ Key: 'k', Value: 'v' }], 'all of them are set at once');
  for (const wrong of [
    [{ Key: '', Value: '' }],
    [{ Key: 'x'.repeat(129), Value: '' }],
    [{ Key: 'x', Value: 'y'.repeat(257) }],
    [{ Key: 'x', Value: '<' }],
    [{ Key: 'aws:x', Value: '' }],
    [
      { Key: 'x', Value: '1' },
      { Key: 'x', Value: '2' },
    ],
  ]) {
    t.equal(await failure(put(wrong)), 'InvalidTag 400', JSON.stringify(wrong).slice(0, 80));
  }
  t.equal(await failure(put(Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' })))), 'BadRequest 400');
  for (const body of ['<Other/>', '<Tagging/>', '<Tagging><TagSet><Tag/></TagSet></Tagging>', '<Tagging><TagSet><x/></TagSet></Tagging>']) {
    t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}?tagging`, body })), 'MalformedXML', body);
  }
  t.same((await get()).TagSet, [{ Key: 'k', Value: 'v' }]);
  await client.send(new DeleteBucketTaggingCommand({ Bucket }));
  t.equal(await failure(get()), 'NoSuchTagSet 404');
  await put([]);
  t.equal(await failure(get()), 'NoSuchTagSet 404');
  await put(tags);
  await client.send(new DeleteBucketCommand({ Bucket }));
  await client.send(new CreateBucketCommand({ Bucket }));
  t.equal(await failure(get()), 'NoSuchTagSet 404', 'of another bucket of the name');
  await client.send(new DeleteBucketCommand({ Bucket }));
  const create = (Tags: { Key: string; Value: string }[]) =>
    failure(client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags } })));
  t.equal(await create([{ Key: '', Value: '' }]), 'InvalidTag 400');
  t.equal(await failure(get()), 'NoSuchBucket 404');
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags: tags } }));
  t.same((await get()).TagSet, tags, 'tags of a bucket can come with it');
  t.equal(await create([{ Key: 'other', Value: '' }]), 'BucketAlreadyOwnedByYou 409');
  t.same((await get()).TagSet, tags);
});

t.test('regions', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  const put = (body: string) => ask(port, { method: 'PUT', target: '/bucket-2', body });
  const located = (place: string) =>
    `<CreateBucketConfiguration><LocationConstraint>${place}</LocationConstraint></CreateBucketConfiguration>`;
  t.equal(errorCode(await put(located('no region'))), 'InvalidLocationConstraint');
  t.equal(errorCode(await put('<Other/>')), 'MalformedXML');
  t.equal((await put(located(''))).status, 200);
  const pinned = await serve(t, { region: 'eu-west-1' });
  const there = pinned.newClient({ region: 'eu-west-1' });
  for (const [name, region] of [
    ['bucket-1', 'EU'],
    ['bucket-2', 'eu-west-1'],
  ] as const) {
    await there.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }));
  }
  await there.send(new CreateBucketCommand({ Bucket: 'bucket-3' }));
  t.equal(
    await failure(there.send(new CreateBucketCommand({ Bucket: 'bucket-3' }))),
    'BucketAlreadyOwnedByYou 409',
    'as in all other regions',
  );
  t.equal(
    await failure(
      there.send(new CreateBucketCommand({ Bucket: 'bucket-4', CreateBucketConfiguration: { LocationConstraint: 'eu-north-1' } })),
    ),
    'InvalidLocationConstraint 400',
  );
  const list = async (BucketRegion: string) => (await there.send(new ListBucketsCommand({ BucketRegion }))).Buckets ?? [];
  t.same(
    (await list('eu-west-1')).map((bucket) => `${bucket.Name} ${bucket.BucketRegion}`),
    ['bucket-1 eu-west-1', 'bucket-2 eu-west-1', 'bucket-3 eu-west-1'],
  );
  t.same(await list('us-east-1'), []);
});

t.test('versions, of which every object has one', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const keys = ['a', 'b/1', 'b/2', 'c d', 'e/1', 'é', '\u{1f600}'];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const all = await client.send(new ListObjectVersionsCommand({ Bucket }));
  t.same(
    all.Versions?.map(({ Key, VersionId, IsLatest, Size, StorageClass }) => ({ Key, VersionId, IsLatest, Size, StorageClass })),
    keys.map((Key) => ({ Key, VersionId: 'null', IsLatest: true, Size: Buffer.byteLength(Key), StorageClass: 'STANDARD' })),
  );
  t.ok(all.Versions?.[0]?.ETag);
  t.ok(all.Versions?.[0]?.Owner?.ID);
  t.equal(all.IsTruncated, false);

  for (const MaxKeys of [1, 2, 3]) {
    const found: string[] = [];
    let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    do {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys, Delimiter: '/', EncodingType: 'url', ...markers }));
      found.push(...(page.Versions ?? []).map(({ Key = '' }) => decodeURIComponent(Key)));
      found.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => decodeURIComponent(Prefix)));
      const next = page.NextKeyMarker === undefined ? undefined : decodeURIComponent(page.NextKeyMarker);
      t.equal(page.NextVersionIdMarker, next === undefined || next.endsWith('/') ? undefined : 'null');
      markers = page.IsTruncated === true ? { KeyMarker: next, VersionIdMarker: page.NextVersionIdMarker } : {};
    } while (markers.KeyMarker !== undefined);
    t.same(found.sort(), ['a', 'b/', 'c d', 'e/', 'é', '\u{1f600}'].sort(), `in pages of ${MaxKeys}`);
  }
  const code = async (query: string) => errorCode(await ask(port, { target: `/${Bucket}?versions&${query}` }));
  t.equal(await code('version-id-marker=null'), 'InvalidArgument', 'without a key');
  t.equal(await code('version-id-marker=other&key-marker=a'), 'InvalidArgument', 'no version of it');
  t.equal(await code('max-keys=x'), 'InvalidArgument');
  t.equal(await code('start-after=a'), 'NotImplemented');
  t.equal(errorCode(await ask(port, { target: '/absent?versions' })), 'NoSuchBucket');
});
