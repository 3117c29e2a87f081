/** What policies allow, case by case, by the rules of the IAM user guide. */
import t from 'tap';
import { type Asked, alice, bob, nobody, root, type StatementJson, verdict } from './support/policies.ts';

type Case = readonly [name: string, asked: Asked, expected: ReturnType<typeof verdict>];

function table(name: string, cases: readonly Case[]): void {
  t.test(name, async (t) => {
    for (const [what, asked, expected] of cases) t.equal(verdict(asked), expected, what);
  });
}

const get = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const denyGet = { ...get, Effect: 'Deny' };
const everybody = { ...get, Principal: '*' };
const denyEverybody = { ...denyGet, Principal: '*' };

table('the decision', [
  ['no policy: nothing', {}, 'none'],
  ['an Allow of the user', { user: [get] }, 'allow'],
  ['an Allow of another action', { user: [get], action: 's3:PutObject' }, 'none'],
  ['an Allow of another bucket', { user: [get], on: 'c/k' }, 'none'],
  ['a Deny alone', { user: [denyGet] }, 'deny'],
  ['a Deny of something else', { user: [{ ...denyGet, Resource: 'arn:aws:s3:::b/x' }] }, 'none'],
  ['a Deny wins over an Allow before it', { user: [get, denyGet] }, 'deny'],
  ['a Deny wins over an Allow behind it', { user: [denyGet, get] }, 'deny'],
  ['a Deny of the bucket wins over an Allow of the user', { user: [get], bucket: [denyEverybody] }, 'deny'],
  ['a Deny of the user wins over an Allow of the bucket', { user: [denyGet], bucket: [everybody] }, 'deny'],
  ['an Allow of the bucket is enough', { bucket: [everybody] }, 'allow'],
  ['an Allow of the bucket for another user', { bucket: [{ ...get, Principal: { AWS: bob.arn } }] }, 'none'],
  ['a ceiling without a floor', { session: [get] }, 'none'],
  ['a floor under a ceiling', { user: [get], session: [get] }, 'allow'],
  ['over the ceiling', { user: [get], session: [{ ...get, Action: 's3:PutObject' }] }, 'none'],
  ['the ceiling holds for what the bucket allows', { bucket: [everybody], session: [{ ...get, Action: 's3:PutObject' }] }, 'none'],
  ['a Deny of the session', { user: [get], session: [get, denyGet] }, 'deny'],
  ['root needs no policy', { as: root }, 'allow'],
  ['root is bound by a Deny of the bucket', { as: root, bucket: [denyEverybody] }, 'deny'],
  ['nobody, without a policy', { as: nobody }, 'none'],
  ['nobody, allowed by the bucket', { as: nobody, bucket: [everybody] }, 'allow'],
  ['nobody, denied by the bucket', { as: nobody, bucket: [everybody, denyEverybody] }, 'deny'],
  ['nobody has no policy of a user', { as: nobody, user: [], bucket: [{ ...get, Principal: { AWS: alice.arn } }] }, 'none'],
]);

for (const action of ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']) {
  const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] };
  table(`${action} under a Deny of everything`, [
    ['root can', { as: root, action, on: 'b', bucket: [deny] }, 'allow'],
    ['a user cannot', { action, on: 'b', user: [{ Effect: 'Allow', Action: '*', Resource: '*' }], bucket: [deny] }, 'deny'],
    ['root cannot do the rest', { as: root, action: 's3:ListBucket', on: 'b', bucket: [deny] }, 'deny'],
  ]);
}

const allow = (Action: string | string[], more: StatementJson = {}): StatementJson => ({ Effect: 'Allow', Action, Resource: '*', ...more });

table('Action and NotAction', [
  ['in any case', { user: [allow('S3:getobject')] }, 'allow'],
  ['asked in any case', { user: [allow('s3:GetObject')], action: 's3:getOBJECT' }, 'allow'],
  ['* alone', { user: [allow('*')] }, 'allow'],
  ['s3:*', { user: [allow('s3:*')], action: 's3:DeleteBucket', on: 'b' }, 'allow'],
  ['a run at the end', { user: [allow('s3:Get*')] }, 'allow'],
  ['a run in the middle', { user: [allow('s3:*Object')], action: 's3:PutObject' }, 'allow'],
  ['a run in the middle reaches to the end', { user: [allow('s3:*Object')], action: 's3:PutObjectAcl' }, 'none'],
  ['one character', { user: [allow('s3:?etObject')] }, 'allow'],
  ['one character is no other', { user: [allow('s3:?utObject')] }, 'none'],
  ['one of a list', { user: [allow(['s3:PutObject', 's3:GetObject'])] }, 'allow'],
  ['none of a list', { user: [allow(['s3:PutObject', 's3:DeleteObject'])] }, 'none'],
  ['of another service', { user: [allow(['ec2:*', 'sts:AssumeRole'])] }, 'none'],
  ['NotAction allows the rest', { user: [{ Effect: 'Allow', NotAction: 's3:Delete*', Resource: '*' }] }, 'allow'],
  [
    'NotAction does not allow what it names',
    { user: [{ Effect: 'Allow', NotAction: 's3:Delete*', Resource: '*' }], action: 's3:DeleteObject' },
    'none',
  ],
  [
    'NotAction denies the rest',
    { user: [allow('s3:*'), { Effect: 'Deny', NotAction: 's3:Get*', Resource: '*' }], action: 's3:PutObject' },
    'deny',
  ],
  ['NotAction does not deny what it names', { user: [allow('s3:*'), { Effect: 'Deny', NotAction: 's3:Get*', Resource: '*' }] }, 'allow'],
  ['the version of an object is another action', { user: [allow('s3:GetObject')], action: 's3:GetObjectVersion' }, 'none'],
]);

const on = (Resource: string | string[]): StatementJson => ({ Effect: 'Allow', Action: 's3:*', Resource });

table('Resource and NotResource', [
  ['*', { user: [on('*')], action: 's3:ListAllMyBuckets', on: '*' }, 'allow'],
  ['all of S3', { user: [on('arn:aws:s3:::*')], action: 's3:ListAllMyBuckets', on: '*' }, 'allow'],
  ['one bucket is not the service', { user: [on('arn:aws:s3:::b')], action: 's3:ListAllMyBuckets', on: '*' }, 'none'],
  ['the bucket itself', { user: [on('arn:aws:s3:::b')], action: 's3:ListBucket', on: 'b' }, 'allow'],
  ['the bucket is not its objects', { user: [on('arn:aws:s3:::b')] }, 'none'],
  ['the objects are not the bucket', { user: [on('arn:aws:s3:::b/*')], action: 's3:ListBucket', on: 'b' }, 'none'],
  ['a run reaches over slashes', { user: [on('arn:aws:s3:::b/*')], on: 'b/x/y/z' }, 'allow'],
  ['a run in the name of the bucket reaches into it', { user: [on('arn:aws:s3:::b*')], on: 'b/x' }, 'allow'],
  ['and to other buckets', { user: [on('arn:aws:s3:::b*')], on: 'bx/y' }, 'allow'],
  ['one character may be a slash', { user: [on('arn:aws:s3:::b?k')] }, 'allow'],
  ['a key', { user: [on('arn:aws:s3:::b/k')] }, 'allow'],
  ['upper and lower case differ', { user: [on('arn:aws:s3:::b/K')] }, 'none'],
  ['a prefix is none without a run', { user: [on('arn:aws:s3:::b/k')], on: 'b/kk' }, 'none'],
  ['a key with an end', { user: [on('arn:aws:s3:::b/*.csv')], on: 'b/x/y.csv' }, 'allow'],
  ['a key with another end', { user: [on('arn:aws:s3:::b/*.csv')], on: 'b/x/y.csv.gz' }, 'none'],
  ['a key that is UTF-8', { user: [on('arn:aws:s3:::b/ü?😀')], on: 'b/üx😀' }, 'allow'],
  ['one character outside of the first plane', { user: [on('arn:aws:s3:::b/?')], on: 'b/😀' }, 'allow'],
  ['a key with a star', { user: [on('arn:aws:s3:::b/a*')], on: 'b/a*' }, 'allow'],
  ['a key with colons', { user: [on('arn:aws:s3:::b/a:b:c')], on: 'b/a:b:c' }, 'allow'],
  ['one of a list', { user: [on(['arn:aws:s3:::c/*', 'arn:aws:s3:::b/*'])] }, 'allow'],
  ['of another service', { user: [on('arn:aws:sqs:us-east-1:000000000000:b/k')] }, 'none'],
  ['another service, with a wildcard', { user: [on('arn:aws:sqs:*:*:*')] }, 'none'],
  ['region and account may be wildcards', { user: [on('arn:aws:s3:*:*:b/k')] }, 'allow'],
  ['region and account of S3 are empty', { user: [on('arn:aws:s3:us-east-1::b/k')] }, 'none'],
  ['NotResource allows the rest', { user: [{ Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::c/*' }] }, 'allow'],
  ['NotResource does not allow what it names', { user: [{ Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::b/*' }] }, 'none'],
  [
    'NotResource denies the rest',
    { user: [on('*'), { Effect: 'Deny', Action: 's3:*', NotResource: ['arn:aws:s3:::c', 'arn:aws:s3:::c/*'] }] },
    'deny',
  ],
]);

const to = (Principal: StatementJson['Principal'] & {}, Effect = 'Allow'): StatementJson => ({ ...get, Effect, Principal });
const notTo = (NotPrincipal: StatementJson['Principal'] & {}): StatementJson => ({ ...denyGet, NotPrincipal });
const account = 'arn:aws:iam::000000000000:root';

table('Principal and NotPrincipal', [
  ['* is a user', { bucket: [to('*')] }, 'allow'],
  ['* is nobody too', { as: nobody, bucket: [to('*')] }, 'allow'],
  ['AWS: * is everybody', { as: nobody, bucket: [to({ AWS: '*' })] }, 'allow'],
  ['* among others', { as: nobody, bucket: [to({ AWS: [bob.arn, '*'] })] }, 'allow'],
  ['a user by ARN', { bucket: [to({ AWS: alice.arn })] }, 'allow'],
  ['a user by ARN without an account', { bucket: [to({ AWS: 'arn:aws:iam:::user/alice' })] }, 'allow'],
  ['a user of another account', { bucket: [to({ AWS: 'arn:aws:iam::123456789012:user/alice' })] }, 'none'],
  ['another user', { as: bob, bucket: [to({ AWS: alice.arn })] }, 'none'],
  ['nobody is no user', { as: nobody, bucket: [to({ AWS: alice.arn })] }, 'none'],
  ['a name that begins the same', { bucket: [to({ AWS: `${alice.arn}2` })] }, 'none'],
  ['one of a list', { bucket: [to({ AWS: [bob.arn, alice.arn] })] }, 'allow'],
  ['by canonical id', { bucket: [to({ CanonicalUser: alice.id })] }, 'allow'],
  ['by the canonical id of another', { bucket: [to({ CanonicalUser: bob.id })] }, 'none'],
  ['a service is nobody here', { bucket: [to({ Service: 'logging.s3.amazonaws.com' })] }, 'none'],
  ['an identity provider is nobody here', { bucket: [to({ Federated: 'arn:aws:iam::000000000000:saml-provider/x' })] }, 'none'],
  ['a role', { bucket: [to({ AWS: 'arn:aws:iam::000000000000:role/alice' })] }, 'none'],
  ['the account leaves it to the policies of its users', { bucket: [to({ AWS: account })] }, 'none'],
  ['the account by its number', { bucket: [to({ AWS: '000000000000' })] }, 'none'],
  ['and these allow it', { bucket: [to({ AWS: account })], user: [get] }, 'allow'],
  ['a Deny of the account is one of its users', { bucket: [to({ AWS: account }, 'Deny')], user: [get] }, 'deny'],
  ['and of root', { as: root, bucket: [to({ AWS: '000000000000' }, 'Deny')] }, 'deny'],
  ['but not of nobody', { as: nobody, bucket: [to({ AWS: account }, 'Deny'), to('*')] }, 'allow'],
  ['a Deny of another account', { bucket: [to({ AWS: '123456789012' }, 'Deny')], user: [get] }, 'allow'],
  ['a Deny of a user is none of root', { as: root, bucket: [to({ AWS: alice.arn }, 'Deny')] }, 'allow'],
  ['a Deny of everybody is one of nobody', { as: nobody, bucket: [to('*', 'Deny'), to('*')] }, 'deny'],
  ['NotPrincipal: all but alice, with her account', { as: bob, bucket: [notTo({ AWS: [account, alice.arn] })], user: [get] }, 'deny'],
  ['NotPrincipal: alice', { bucket: [notTo({ AWS: [account, alice.arn] })], user: [get] }, 'allow'],
  ['NotPrincipal: nobody', { as: nobody, bucket: [notTo({ AWS: [account, alice.arn] }), to('*')] }, 'deny'],
  ['NotPrincipal: root, by the account', { as: root, bucket: [notTo({ AWS: [account, alice.arn] })] }, 'allow'],
  ['NotPrincipal: without the account even alice is denied', { bucket: [notTo({ AWS: alice.arn })], user: [get] }, 'deny'],
  ['NotPrincipal: without the account root is denied', { as: root, bucket: [notTo({ AWS: alice.arn })] }, 'deny'],
  ['NotPrincipal: the account alone is not its users', { bucket: [notTo({ AWS: account })], user: [get] }, 'deny'],
  ['NotPrincipal: by canonical id', { bucket: [notTo({ AWS: account, CanonicalUser: alice.id })], user: [get] }, 'allow'],
  ['NotPrincipal: everybody', { bucket: [notTo('*')], user: [get] }, 'allow'],
]);

const home = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b/home/${aws:username}/*' };
const me = { 'aws:username': 'alice' };

table('variables', [
  ['in a resource', { user: [home], on: 'b/home/alice/x', keys: me }, 'allow'],
  ['of another', { user: [home], on: 'b/home/bob/x', keys: me }, 'none'],
  ['a name that begins the same', { user: [home], on: 'b/home/alice2/x', keys: me }, 'none'],
  ['without a value', { user: [home], on: 'b/home//x' }, 'none'],
  ['a star in the value is a star', { user: [home], on: 'b/home/bob/x', keys: { 'aws:username': '*' } }, 'none'],
  ['and fits itself', { user: [home], on: 'b/home/*/x', keys: { 'aws:username': '*' } }, 'allow'],
  ['in any case', { user: [{ ...home, Resource: 'arn:aws:s3:::b/${AWS:UserName}' }], on: 'b/alice', keys: me }, 'allow'],
  ['several values are none', { user: [home], on: 'b/home/alice/x', keys: { 'aws:username': ['alice', 'bob'] } }, 'none'],
  ['a default', { user: [{ ...home, Resource: "arn:aws:s3:::b/${aws:username, 'guest'}/*" }], on: 'b/guest/x' }, 'allow'],
  [
    'a default that is not needed',
    { user: [{ ...home, Resource: "arn:aws:s3:::b/${aws:username,'guest'}/*" }], on: 'b/guest/x', keys: me },
    'none',
  ],
  ['${*} is a star', { user: [{ ...home, Resource: 'arn:aws:s3:::b/${*}' }], on: 'b/*' }, 'allow'],
  ['${*} is nothing else', { user: [{ ...home, Resource: 'arn:aws:s3:::b/${*}' }], on: 'b/x' }, 'none'],
  ['${?} is a question mark', { user: [{ ...home, Resource: 'arn:aws:s3:::b/${?}' }], on: 'b/x' }, 'none'],
  ['${$} is a dollar sign', { user: [{ ...home, Resource: 'arn:aws:s3:::b/${$}{x}' }], on: 'b/${x}' }, 'allow'],
  ['text in the older version', { user: [home], on: 'b/home/alice/x', keys: me, version: '2008-10-17' }, 'none'],
  ['which fits itself', { user: [home], on: 'b/home/${aws:username}/x', version: '2008-10-17' }, 'allow'],
  ['and is the default', { user: [home], on: 'b/home/alice/x', keys: me, version: null }, 'none'],
  [
    'a Deny of what is not mine',
    { user: [allow('s3:*'), { Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::b/${aws:username}/*' }], on: 'b/bob/x', keys: me },
    'deny',
  ],
  [
    'NotResource without a value is no statement',
    { user: [{ Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::c/${aws:username}' }] },
    'none',
  ],
  [
    'in the value of a condition',
    {
      user: [allow('s3:ListBucket', { Condition: { StringLike: { 's3:prefix': '${aws:username}/*' } } })],
      action: 's3:ListBucket',
      on: 'b',
      keys: { ...me, 's3:prefix': 'alice/x' },
    },
    'allow',
  ],
]);
