/** What keeps a bucket from being open to everybody, and who owns what is in it. */
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyStatusCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  type PublicAccessBlockConfiguration,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { userArn } from '../src/auth/identity.ts';
import { ask, errorCode, failure, serve } from './support/api-server.ts';
import { document } from './support/policies.ts';
import { clientOf, outcome, stateWith } from './support/users.ts';

const Bucket = 'bucket-1';
const Principal = { AWS: userArn('reader') };
const readable = (Principal: string | { AWS: string }) =>
  document([{ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` }]);

t.test('a bucket that refuses to be public', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'reader', policy: 'none' }, { name: 'other', policy: 'owner' }) });
  const { client, port } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const set = (PublicAccessBlockConfiguration: PublicAccessBlockConfiguration) =>
    client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  const shown = async () =>
    (await client.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration as PublicAccessBlockConfiguration;
  const putPolicy = (policy: string) => outcome(client.send(new PutBucketPolicyCommand({ Bucket, Policy: policy })));
  const anonymously = async () => (await ask(port, { target: `/${Bucket}/k`, sign: null })).status;
  const asReader = () => outcome(clientOf(served, 'reader').send(new GetObjectCommand({ Bucket, Key: 'k' })));
  const off = { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false };

  t.equal(await failure(shown()), 'NoSuchPublicAccessBlockConfiguration 404');
  await set({ BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true });
  t.same(await shown(), { ...off, BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true });

  t.equal(await putPolicy(readable('*')), 'AccessDenied', 'a policy for everybody');
  t.equal(await putPolicy(readable(Principal)), 'ok', 'one for somebody');
  t.equal(await asReader(), 'ok');

  await set(off);
  t.equal(await putPolicy(readable('*')), 'ok');
  t.equal(await anonymously(), 200);
  await set({ RestrictPublicBuckets: true });
  t.equal(await anonymously(), 403, 'at once');
  t.equal(await asReader(), 'ok', 'users of the server are no public');
  t.equal((await client.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic, true, 'what the policy says');
  const near = document([
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
      Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
    },
  ]);
  t.equal(await putPolicy(near), 'ok');
  t.equal(await anonymously(), 200, 'nor is a network of one’s own');

  t.equal(await outcome(clientOf(served, 'other').send(new DeletePublicAccessBlockCommand({ Bucket }))), 'AccessDenied');
  t.equal((await shown()).RestrictPublicBuckets, true);
  await client.send(new DeletePublicAccessBlockCommand({ Bucket }));
  t.equal(await failure(shown()), 'NoSuchPublicAccessBlockConfiguration 404');

  for (const body of ['<x/>', '<PublicAccessBlockConfiguration><Other>true</Other></PublicAccessBlockConfiguration>', 'x']) {
    t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}?publicAccessBlock`, body })), 'MalformedXML', body);
  }
  const odd = '<PublicAccessBlockConfiguration><BlockPublicAcls>maybe</BlockPublicAcls></PublicAccessBlockConfiguration>';
  t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}?publicAccessBlock`, body: odd })), 'MalformedXML');

  await set({ RestrictPublicBuckets: true });
  await served.store.deleteObject(Bucket, 'k');
  await client.send(new DeleteBucketCommand({ Bucket }));
  await client.send(new CreateBucketCommand({ Bucket }));
  t.equal(await failure(shown()), 'NoSuchPublicAccessBlockConfiguration 404', 'a new bucket of the name has none');
});

t.test('the owner of a bucket owns what is in it', async (t) => {
  const { client, port } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' }));
  const shown = async () => (await client.send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls?.Rules;
  t.same(await shown(), [{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  const put = (ObjectOwnership: 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter') =>
    client.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }));
  await put('BucketOwnerEnforced');
  for (const other of ['BucketOwnerPreferred', 'ObjectWriter'] as const) t.equal(await failure(put(other)), 'NotImplemented 501', other);
  t.equal(await failure(client.send(new CreateBucketCommand({ Bucket: 'b-2', ObjectOwnership: 'ObjectWriter' }))), 'NotImplemented 501');
  for (const content of ['', '<Rule/>', '<Rule><ObjectOwnership>Other</ObjectOwnership></Rule>']) {
    const body = `<OwnershipControls>${content}</OwnershipControls>`;
    t.equal(errorCode(await ask(port, { method: 'PUT', target: `/${Bucket}?ownershipControls`, body })), 'MalformedXML', content);
  }
  t.same(await shown(), [{ ObjectOwnership: 'BucketOwnerEnforced' }]);
});
