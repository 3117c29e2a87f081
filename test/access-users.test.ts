/** Users, their policies and those of buckets, through the AWS SDK. */
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetBucketPolicyCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { rootIdentity, userArn } from '../src/auth/identity.ts';
import { ask, errorCode, serve } from './support/api-server.ts';
import { document, type StatementJson } from './support/policies.ts';
import { clientOf, credentialsOf, outcome, stateWith } from './support/users.ts';

const Bucket = 'bucket-1';
const bucketArn = `arn:aws:s3:::${Bucket}`;

const get = (client: S3Client, Key = 'k', bucket = Bucket) => outcome(client.send(new GetObjectCommand({ Bucket: bucket, Key })));
const put = (client: S3Client, Key = 'k', bucket = Bucket) =>
  outcome(client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' })));
const list = (client: S3Client, Prefix?: string) => outcome(client.send(new ListObjectsV2Command({ Bucket, Prefix })));

async function setPolicy(client: S3Client, ...statements: readonly StatementJson[]): Promise<void> {
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: document(statements) }));
}

async function names(client: S3Client): Promise<(string | undefined)[]> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  return Buckets.map(({ Name }) => Name);
}

t.test('the policies that are always there', async (t) => {
  const users = ['owner', 'readonly', 'readwrite', 'admin', 'none'].map((name) => ({ name, policy: name }));
  const served = await serve(t, { state: stateWith(...users) });
  const [owner, readonly, readwrite, admin, none] = users.map(({ name }) => clientOf(served, name)) as [
    S3Client,
    S3Client,
    S3Client,
    S3Client,
    S3Client,
  ];
  await served.client.send(new CreateBucketCommand({ Bucket }));
  await served.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const policy = (client: S3Client) =>
    outcome(
      client.send(
        new PutBucketPolicyCommand({
          Bucket,
          Policy: document([{ Effect: 'Deny', Principal: '*', Action: 's3:PutObjectAcl', Resource: `${bucketArn}/*` }]),
        }),
      ),
    );
  const rows: [string, S3Client, string, string, string, string, string][] = [
    ['owner', owner, 'AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied', 'ok'],
    ['readonly', readonly, 'ok', 'ok', 'AccessDenied', 'AccessDenied', 'AccessDenied'],
    ['readwrite', readwrite, 'ok', 'ok', 'ok', 'AccessDenied', 'ok'],
    ['admin', admin, 'ok', 'ok', 'ok', 'ok', 'ok'],
    ['none', none, 'AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied'],
  ];
  for (const [name, client, read, lists, written, governs, creates] of rows) {
    t.equal(await get(client), read, `${name}: get`);
    t.equal(await list(client), lists, `${name}: list`);
    t.equal(await put(client), written, `${name}: put`);
    t.equal(await policy(client), governs, `${name}: policy`);
    t.equal(await outcome(client.send(new CreateBucketCommand({ Bucket: `of-${name}` }))), creates, `${name}: create`);
  }
  t.equal(served.faults.length, 0);
});

t.test('who creates a bucket owns it', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'owner' }, { name: 'bob', policy: 'owner' }) });
  const [alice, bob] = [clientOf(served, 'alice'), clientOf(served, 'bob')];
  const { identity } = credentialsOf({ name: 'alice', policy: 'owner' }).user;
  await alice.send(new CreateBucketCommand({ Bucket }));
  await bob.send(new CreateBucketCommand({ Bucket: 'bucket-2' }));
  await served.client.send(new CreateBucketCommand({ Bucket: 'bucket-3' }));
  t.equal(await put(alice), 'ok');
  for (const attempt of [get(bob), put(bob), list(bob)]) t.equal(await attempt, 'AccessDenied');
  t.equal(await outcome(bob.send(new HeadBucketCommand({ Bucket }))), '403');
  t.equal(await outcome(bob.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))), 'AccessDenied');
  t.equal(await outcome(bob.send(new DeleteBucketCommand({ Bucket }))), 'AccessDenied');
  t.equal(await outcome(bob.send(new CreateBucketCommand({ Bucket }))), 'BucketAlreadyExists');
  t.equal(await outcome(alice.send(new CreateBucketCommand({ Bucket }))), 'ok');
  t.equal(await outcome(bob.send(new CreateBucketCommand({ Bucket: 'bucket-3' }))), 'BucketAlreadyExists');
  t.same(await names(alice), ['bucket-1']);
  t.same(await names(bob), ['bucket-2']);
  t.same(await names(served.client), ['bucket-1', 'bucket-2', 'bucket-3']);
  t.match((await alice.send(new ListBucketsCommand({}))).Owner, { ID: identity.id, DisplayName: 'alice' });
  const { Contents } = await served.client.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }));
  t.match(Contents?.[0]?.Owner, { ID: identity.id, DisplayName: 'alice' }, 'whoever asks');
  t.match((await alice.send(new GetBucketAclCommand({ Bucket }))).Owner, { ID: identity.id });
  t.match((await served.client.send(new GetBucketAclCommand({ Bucket: 'bucket-3' }))).Owner, { ID: rootIdentity.id });
  await alice.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await alice.send(new DeleteBucketCommand({ Bucket }));
  await bob.send(new CreateBucketCommand({ Bucket }));
  t.equal(await put(alice), 'AccessDenied', 'what was is forgotten');
});

t.test('the policy of a bucket', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'owner' }, { name: 'bob', policy: 'none' }) });
  const [alice, bob] = [clientOf(served, 'alice'), clientOf(served, 'bob')];
  await alice.send(new CreateBucketCommand({ Bucket }));
  await put(alice, 'public/a');
  await put(alice, 'b');
  const allow = { Effect: 'Allow', Principal: { AWS: userArn('bob') }, Action: 's3:GetObject', Resource: `${bucketArn}/*` };
  await setPolicy(alice, allow);
  t.equal(await get(bob, 'b'), 'ok');
  t.equal(await put(bob, 'b'), 'AccessDenied');
  t.match((await alice.send(new GetBucketPolicyCommand({ Bucket }))).Policy, document([allow]));
  await setPolicy(alice, { ...allow, Resource: `${bucketArn}/public/*` });
  t.equal(await get(bob, 'b'), 'AccessDenied', 'at once');
  t.equal(await get(bob, 'public/a'), 'ok');
  const deny = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `${bucketArn}/*` };
  await setPolicy(alice, allow, deny);
  t.equal(await get(bob, 'b'), 'AccessDenied');
  t.equal(await get(alice, 'b'), 'AccessDenied', 'the owner too');
  t.equal(await get(served.client, 'b'), 'AccessDenied', 'and root');
  const message = await alice.send(new GetObjectCommand({ Bucket, Key: 'b' })).catch((error: Error) => error.message);
  t.match(
    message,
    'User: arn:aws:iam::000000000000:user/alice is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket-1/b" with an explicit deny in a resource-based policy',
  );
  await setPolicy(alice, { ...deny, Action: 's3:*', Resource: [bucketArn, `${bucketArn}/*`] });
  t.equal(await outcome(alice.send(new DeleteBucketPolicyCommand({ Bucket }))), 'AccessDenied', 'its owner has locked itself out');
  await served.client.send(new DeleteBucketPolicyCommand({ Bucket }));
  t.equal(await get(alice, 'b'), 'ok', 'root has not');
  t.equal(
    await outcome(bob.send(new GetObjectCommand({ Bucket: 'absent', Key: 'k' }))),
    'NoSuchBucket',
    'that a bucket is not there is no secret',
  );
  t.equal(await outcome(alice.send(new PutBucketPolicyCommand({ Bucket, Policy: '{"Version":1}' }))), 'MalformedPolicy');
  t.equal(served.faults.length, 0);
});

t.test('nobody', async (t) => {
  const { client, port } = await serve(t, {});
  await client.send(new CreateBucketCommand({ Bucket }));
  await put(client, 'public/a');
  const anonymous = async (target: string, method = 'GET', body = ''): Promise<string> => {
    const answer = await ask(port, { method, target, sign: null, body });
    return errorCode(answer) ?? String(answer.status);
  };
  for (const target of ['/', `/${Bucket}`, `/${Bucket}/public/a`]) t.equal(await anonymous(target), 'AccessDenied', target);
  t.equal(await anonymous(`/${Bucket}/new`, 'PUT', 'x'), 'AccessDenied');
  t.equal(await anonymous('/new-bucket', 'PUT'), 'AccessDenied');
  t.equal(await anonymous(`/${Bucket}/public/a?select&select-type=2`, 'POST', '<x/>'), 'AccessDenied');
  await setPolicy(client, { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `${bucketArn}/public/*` });
  t.equal(await anonymous(`/${Bucket}/public/a`), '200');
  t.equal(await anonymous(`/${Bucket}/public/%61`), '200');
  t.equal(await anonymous(`/${Bucket}/public/../private`), 'AccessDenied');
  t.equal(await anonymous(`/${Bucket}/private`), 'AccessDenied');
  t.equal(await anonymous(`/${Bucket}`), 'AccessDenied');
  t.equal(await anonymous(`/${Bucket}/public/a`, 'PUT', 'y'), 'AccessDenied');
  t.equal(await anonymous(`/${Bucket}/public/a`, 'DELETE'), 'AccessDenied');
  t.equal(await anonymous(`/${Bucket}/public/a?versionId=null`), 'AccessDenied', 'a version needs another permission');
  t.equal(await anonymous(`/${Bucket}/public/a?response-content-type=text/html`), 'InvalidRequest');
  t.equal(await anonymous(`/${Bucket}/public/absent`), 'AccessDenied', 'who may not list is not told what is missing');
  await setPolicy(client, {
    Effect: 'Allow',
    Principal: '*',
    Action: ['s3:GetObject', 's3:PutObject', 's3:ListBucket'],
    Resource: [bucketArn, `${bucketArn}/*`],
  });
  t.equal(await anonymous(`/${Bucket}/public/absent`), 'NoSuchKey');
  t.equal(await anonymous(`/${Bucket}/new`, 'PUT', 'x'), '200');
  t.equal(await anonymous(`/${Bucket}/new`, 'DELETE'), 'AccessDenied');
});

t.test('missing, or not to be seen', async (t) => {
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: `${bucketArn}/*` };
  const seen = { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn, Condition: { StringLike: { 's3:prefix': 'a/*' } } };
  const served = await serve(t, {
    state: stateWith(
      { name: 'reader', policy: [statement] },
      { name: 'lister', policy: [statement, seen] },
      { name: 'blind', policy: [seen] },
    ),
  });
  const [reader, lister] = [clientOf(served, 'reader'), clientOf(served, 'lister')];
  await served.client.send(new CreateBucketCommand({ Bucket }));
  const head = (client: S3Client, Key: string) => outcome(client.send(new HeadObjectCommand({ Bucket, Key })));
  t.equal(await get(reader, 'a/x'), 'AccessDenied');
  t.equal(await head(reader, 'a/x'), '403');
  t.equal(await get(lister, 'a/x'), 'NoSuchKey');
  t.equal(await head(lister, 'a/x'), '404');
  t.equal(await get(lister, 'b/x'), 'AccessDenied', 'the prefix counts');
  t.equal(await list(lister, 'a/b'), 'ok');
  t.equal(await list(lister, 'b'), 'AccessDenied');
  t.equal(await list(lister), 'AccessDenied');
  t.equal(await get(served.client, 'b/x'), 'NoSuchKey');
  const blind = clientOf(served, 'blind');
  await put(served.client, 'a/there');
  t.equal(await head(blind, 'a/x'), '404', 'the list would say so too');
  t.equal(await head(blind, 'a/there'), '403');
  t.equal(await get(blind, 'a/x'), 'NoSuchKey');
  t.equal(await get(blind, 'b/x'), 'AccessDenied');
  const headers = { 'x-amz-server-side-encryption': 'AES256' };
  t.equal(
    errorCode(await ask(served.port, { method: 'PUT', target: `/${Bucket}/k`, sign: null, headers })),
    'AccessDenied',
    'before what is not done',
  );
  const copy = (client: S3Client, Key: string) =>
    outcome(client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/${Key}` })));
  t.equal(await copy(lister, 'a/x'), 'AccessDenied', 'it may not write');
});

t.test('what an operation needs beside its own permission', async (t) => {
  const allow = (Action: string | string[], Resource = `${bucketArn}/*`): StatementJson => ({ Effect: 'Allow', Action, Resource });
  const served = await serve(t, {
    state: stateWith(
      { name: 'writer', policy: [allow('s3:PutObject')] },
      { name: 'copier', policy: [allow('s3:PutObject'), allow('s3:GetObject', `${bucketArn}/from/*`)] },
      { name: 'tagger', policy: [allow(['s3:PutObject', 's3:PutObjectTagging', 's3:GetObjectTagging', 's3:GetObject'])] },
      { name: 'deleter', policy: [allow('s3:DeleteObject', `${bucketArn}/mine/*`)] },
      { name: 'attributes', policy: [allow('s3:GetObjectAttributes')] },
      { name: 'reader', policy: [allow(['s3:GetObjectAttributes', 's3:GetObject'])] },
    ),
  });
  const { client } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const key of ['from/a', 'secret/a', 'mine/a', 'theirs/a']) await put(client, key);
  const copy = (name: string, from: string) =>
    outcome(clientOf(served, name).send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/${from}` })));
  t.equal(await copy('writer', 'from/a'), 'AccessDenied');
  t.equal(await copy('copier', 'from/a'), 'ok');
  t.equal(await copy('copier', 'secret/a'), 'AccessDenied', 'the source has to be readable');
  t.equal(await copy('copier', 'from/%2e%2e/secret/a'), 'AccessDenied');
  const tagged = (name: string) =>
    outcome(clientOf(served, name).send(new PutObjectCommand({ Bucket, Key: 'tagged', Body: 'x', Tagging: 'a=b' })));
  t.equal(await put(clientOf(served, 'writer'), 'tagged'), 'ok');
  t.equal(await tagged('writer'), 'AccessDenied');
  t.equal(await tagged('tagger'), 'ok');
  t.equal(await outcome(clientOf(served, 'writer').send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))), 'AccessDenied');
  t.equal(await outcome(clientOf(served, 'tagger').send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))), 'ok');
  const Objects = [{ Key: 'mine/a' }, { Key: 'theirs/a' }];
  const { Deleted, Errors } = await clientOf(served, 'deleter').send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  t.same(
    Deleted?.map(({ Key }) => Key),
    ['mine/a'],
  );
  t.match(Errors, [{ Key: 'theirs/a', Code: 'AccessDenied' }]);
  t.equal(await get(client, 'theirs/a'), 'ok');
  const attributes = (name: string) =>
    outcome(clientOf(served, name).send(new GetObjectAttributesCommand({ Bucket, Key: 'from/a', ObjectAttributes: ['ETag'] })));
  t.equal(await attributes('attributes'), 'AccessDenied', 'to read the object as well');
  t.equal(await attributes('reader'), 'ok');
  t.equal(served.faults.length, 0);
});

t.test('conditions on what is asked', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'none' }) });
  const { client } = served;
  const alice = clientOf(served, 'alice');
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'red', Body: 'x', Tagging: 'colour=red' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'blue', Body: 'x', Tagging: 'colour=blue&size=1' }));
  const allow = (Action: string, Condition: StatementJson['Condition'] & {}): StatementJson => ({
    Effect: 'Allow',
    Principal: { AWS: userArn('alice') },
    Action,
    Resource: [`${bucketArn}/*`, bucketArn],
    Condition,
  });
  const holds = async (condition: Record<string, Record<string, string | string[]>>): Promise<boolean> => {
    await setPolicy(client, allow('s3:GetObject', condition));
    return (await get(alice, 'red')) === 'ok';
  };
  t.equal(await holds({ StringEquals: { 's3:ExistingObjectTag/colour': 'red' } }), true);
  t.equal(await holds({ StringEquals: { 's3:ExistingObjectTag/colour': 'blue' } }), false);
  t.equal(await holds({ Null: { 's3:ExistingObjectTag/size': 'true' } }), true);
  t.equal(await holds({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }), true);
  t.equal(await holds({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }), false);
  t.equal(await holds({ Bool: { 'aws:SecureTransport': 'false' } }), true);
  t.equal(await holds({ Bool: { 'aws:SecureTransport': 'true' } }), false);
  t.equal(
    await holds({ StringEquals: { 'aws:username': 'alice', 's3:authType': 'REST-HEADER', 's3:signatureversion': 'AWS4-HMAC-SHA256' } }),
    true,
  );
  t.equal(await holds({ StringEquals: { 'aws:username': 'bob' } }), false);
  t.equal(await holds({ StringLike: { 'aws:UserAgent': 'aws-sdk-js/*' } }), true);
  t.equal(
    await holds({ DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' }, NumericGreaterThan: { 'aws:EpochTime': '1577836800' } }),
    true,
  );
  t.equal(await holds({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/al*' } }), true);
  t.equal(
    await holds({
      StringEquals: { 'aws:PrincipalType': 'User', 'aws:PrincipalAccount': '000000000000', 'aws:RequestedRegion': 'us-east-1' },
    }),
    true,
  );

  const puts = async (condition: Record<string, Record<string, string | string[]>>, more = {}): Promise<string> => {
    await setPolicy(client, allow('s3:PutObject*', condition));
    return outcome(alice.send(new PutObjectCommand({ Bucket, Key: 'n', Body: 'x', ...more })));
  };
  t.equal(await puts({ StringEquals: { 's3:x-amz-acl': 'private' } }), 'AccessDenied');
  t.equal(await puts({ StringEquals: { 's3:x-amz-acl': 'private' } }, { ACL: 'private' }), 'ok');
  t.equal(await puts({ StringEquals: { 's3:RequestObjectTag/project': 'x' } }, { Tagging: 'project=x' }), 'ok');
  t.equal(await puts({ StringEquals: { 's3:RequestObjectTag/project': 'x' } }, { Tagging: 'project=y' }), 'AccessDenied');
  t.equal(await puts({ 'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['a', 'b'] } }, { Tagging: 'a=1&b=2' }), 'ok');
  t.equal(await puts({ 'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['a', 'b'] } }, { Tagging: 'a=1&c=2' }), 'AccessDenied');

  const lists = async (condition: Record<string, Record<string, string>>, asked: object): Promise<string> => {
    await setPolicy(client, allow('s3:ListBucket', condition));
    return outcome(alice.send(new ListObjectsV2Command({ Bucket, ...asked })));
  };
  t.equal(await lists({ NumericLessThanEquals: { 's3:max-keys': '10' } }, { MaxKeys: 10 }), 'ok');
  t.equal(await lists({ NumericLessThanEquals: { 's3:max-keys': '10' } }, { MaxKeys: 11 }), 'AccessDenied');
  t.equal(await lists({ NumericLessThanEquals: { 's3:max-keys': '10' } }, {}), 'AccessDenied');
  t.equal(await lists({ StringEquals: { 's3:delimiter': '/' } }, { Delimiter: '/' }), 'ok');
  t.equal(await lists({ StringEquals: { 's3:prefix': '' } }, { Prefix: '' }), 'ok');

  await setPolicy(client, allow('s3:PutObjectTagging', { StringEquals: { 's3:ExistingObjectTag/colour': 'red' } }));
  const retag = (Key: string) =>
    outcome(alice.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })));
  t.equal(await retag('blue'), 'AccessDenied');
  t.equal(await retag('red'), 'ok');
  t.equal(await retag('red'), 'AccessDenied', 'the tag is gone');
  t.equal(served.faults.length, 0);
});

t.test('temporary keys', async (t) => {
  const state = stateWith(
    { name: 'alice', policy: 'readwrite', session: { token: 'token', policy: 'readonly' } },
    { name: 'bob', policy: 'readonly', session: { token: 'token', expires_ms: Date.now() - 1 } },
  );
  const served = await serve(t, { state });
  await served.client.send(new CreateBucketCommand({ Bucket }));
  await put(served.client);
  t.equal(await get(clientOf(served, 'alice', 'token')), 'ok');
  t.equal(await put(clientOf(served, 'alice', 'token')), 'AccessDenied', 'no more than its own policy');
  t.equal(await get(clientOf(served, 'alice')), 'InvalidToken');
  t.equal(await get(clientOf(served, 'alice', 'another')), 'InvalidToken');
  t.equal(await get(clientOf(served, 'bob', 'token')), 'ExpiredToken');
});

t.test('the owner that a client expects', async (t) => {
  const { client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const head = (ExpectedBucketOwner: string) => outcome(client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner })));
  t.equal(await head('000000000000'), 'ok');
  t.equal(await head('123456789012'), '403');
});
