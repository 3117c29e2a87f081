/** What belongs to whom, and what of it a request may say. */
import { CreateBucketCommand, CreateMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { rootIdentity } from '../src/auth/identity.ts';
import { serve } from './support/api-server.ts';
import { clientOf, credentialsOf, outcome, stateWith } from './support/users.ts';

const Bucket = 'bucket-1';

t.test('an upload names who began it', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'owner' }, { name: 'bob', policy: 'readwrite' }) });
  const [alice, bob] = [clientOf(served, 'alice'), clientOf(served, 'bob')];
  await alice.send(new CreateBucketCommand({ Bucket }));
  for (const [client, Key] of [
    [alice, 'a'],
    [bob, 'b'],
    [served.client, 'c'],
  ] as const) {
    await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  }
  const { Uploads = [] } = await alice.send(new ListMultipartUploadsCommand({ Bucket }));
  t.same(
    Uploads.map(({ Initiator, Owner }) => [Initiator?.DisplayName, Owner?.DisplayName]),
    [
      ['alice', 'alice'],
      ['bob', 'alice'],
      [rootIdentity.name, 'alice'],
    ],
  );
  const { identity } = credentialsOf({ name: 'bob', policy: 'readwrite' }).user;
  const { UploadId } = Uploads[1] ?? {};
  t.match((await bob.send(new ListPartsCommand({ Bucket, Key: 'b', UploadId }))).Initiator, { ID: identity.id });
});

t.test('tags that come with a bucket need a permission', async (t) => {
  const creates = { Effect: 'Allow', Action: 's3:CreateBucket', Resource: '*' };
  const tags = { ...creates, Action: 's3:TagResource', Condition: { StringEquals: { 'aws:RequestTag/project': 'x' } } };
  const users = [
    { name: 'plain', policy: [creates] },
    { name: 'tagger', policy: [creates, tags] },
    { name: 'owner', policy: 'owner' },
  ];
  const served = await serve(t, { state: stateWith(...users) });
  const create = (name: string, Value: string) =>
    outcome(
      clientOf(served, name).send(
        new CreateBucketCommand({ Bucket: `of-${name}`, CreateBucketConfiguration: { Tags: [{ Key: 'project', Value }] } }),
      ),
    );
  t.equal(await create('plain', 'x'), 'AccessDenied');
  t.equal(await create('tagger', 'y'), 'AccessDenied');
  t.equal(await create('tagger', 'x'), 'ok');
  t.equal(await create('owner', 'y'), 'ok');
});
