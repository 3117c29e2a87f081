/** Which policies are taken, what is said of the others, and which are always there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { cannedPolicies, parseUserPolicy } from '../src/auth/policy-canned.ts';
import { parsePolicy } from '../src/auth/policy-parse.ts';
import { isPublic } from '../src/auth/policy-public.ts';
import { parseStrictJson } from '../src/auth/strict-json.ts';
import { SelectError } from '../src/base/errors.ts';
import { document, type StatementJson } from './support/policies.ts';

const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const ofBucket = { ...statement, Principal: '*' };

/** What is said of a policy; `taken` if nothing. */
function said(text: string, bucket?: string): string {
  try {
    parsePolicy(text, bucket);
    return 'taken';
  } catch (error) {
    if (!(error instanceof SelectError) || error.code !== 'MalformedPolicy' || error.status !== 400) throw error;
    return String(error.params['reason']);
  }
}

const user = (change: StatementJson): string => said(document([{ ...statement, ...change }]));
const bucket = (change: StatementJson): string => said(document([{ ...ofBucket, ...change }]), 'b');
const without = (name: string): string =>
  said(document([Object.fromEntries(Object.entries(ofBucket).filter(([key]) => key !== name))]), 'b');

t.test('what is wrong with the document', async (t) => {
  t.match(said('{'), /^the JSON is not valid at line 1, column 2: a name in quotes is expected$/);
  t.match(said('{\n "Version": "2012-10-17",\n "Statement": [],\n}'), /line 4, column 1/);
  t.match(said(''), /line 1, column 1: a value is expected/);
  t.match(said(`${document([statement])} x`), /nothing may follow/);
  t.match(said('{"Version":"2012-10-17","Version":"2012-10-17"}'), /"Version" is given twice/);
  t.match(said('{"Statement":[{"Effect":"Deny","Effect":"Allow"}]}'), /"Effect" is given twice/);
  t.match(said(`{"Id":"${'['.repeat(3)}","Statement":${'['.repeat(50)}`), /nested too deeply/);
  t.equal(said('[]'), 'it is no JSON object');
  t.equal(said('"x"'), 'it is no JSON object');
  t.match(said('{"Statement":[]}'), 'Statement is missing or empty');
  t.match(said('{"Version":"2012-10-17"}'), 'Statement is missing or empty');
  t.match(said(document([statement], '2012-10-18')), /^Version is neither/);
  t.match(said('{"Version":2012,"Statement":[]}'), /^Version is neither/);
  t.match(said('{"version":"2012-10-17","Statement":[]}'), /^the policy has "version", which is none of Version, Id, Statement$/);
  t.match(said('{"Id":7,"Statement":[]}'), 'Id is no string');
  t.match(said('{"Statement":["x"]}'), 'statement 1 is no JSON object');
  t.match(
    said(
      document([
        { ...statement, Sid: 'a' },
        { ...statement, Sid: 'a' },
      ]),
    ),
    'there are two of statement "a"',
  );
  const twice = [
    { ...ofBucket, Sid: 'a' },
    { ...ofBucket, Sid: 'a' },
  ];
  t.equal(said(document(twice), 'b'), 'taken', 'S3 takes them');
  t.equal(
    said(
      document([
        { ...statement, Sid: '' },
        { ...statement, Sid: '' },
      ]),
    ),
    'taken',
  );
  t.equal(said(document([statement], null)), 'taken');
  t.equal(said(JSON.stringify({ Id: 'x', Version: '2012-10-17', Statement: statement })), 'taken', 'one statement need be in no list');
  const long = document(Array.from({ length: 300 }, () => ({ ...statement, Resource: `arn:aws:s3:::${'b'.repeat(40)}` })));
  t.match(said(long), /^it is longer than 20480 bytes$/);
  t.equal(said(document([{ ...statement, Resource: `arn:aws:s3:::b/${'x'.repeat(20_000)}` }])), 'taken');
});

t.test('what is wrong with a statement', async (t) => {
  t.match(user({ Effect: 'allow' }), 'statement 1: Effect is neither "Allow" nor "Deny"');
  t.match(user({ Sid: 'mine', Effect: 'allow' }), 'statement "mine": Effect is neither');
  t.match(without('Effect'), 'Effect is neither');
  t.match(without('Action'), 'statement 1: Action is missing');
  t.match(without('Resource'), 'Resource is missing');
  t.match(without('Principal'), 'Principal is missing');
  t.match(user({ NotAction: 's3:*' }), 'it has both Action and NotAction');
  t.match(user({ NotResource: '*' }), 'it has both Resource and NotResource');
  t.match(bucket({ NotPrincipal: '*' }), 'it has both Principal and NotPrincipal');
  t.match(user({ Principal: '*' }), 'the policy of a user names no Principal');
  t.match(user({ Actions: 's3:*' }), 'statement 1 has "Actions", which is none of');
  t.match(user({ Action: [] }), 'Action is empty');
  t.match(user({ Action: 7 }), 'Action holds what is no text');
  t.match(user({ Action: ['s3:GetObject', null] }), 'Action holds what is no text');
  t.match(user({ Sid: 7 }), 'the Sid of statement 1 is no text');
});

t.test('actions', async (t) => {
  for (const action of ['s3:GetObjects', 's3:HeadObject', 's3:', 'GetObject', 's3:Get Object', ':x', 's3:**x*y']) {
    t.match(user({ Action: action }), /is no action/, action);
  }
  for (const action of ['s3:getobject', 's3:*', '*', 's3:Get*', 'S3:PutObject', 's3:CreateJob', 'ec2:RunInstances', 'kms:*']) {
    t.equal(user({ Action: action, Resource: '*' }), 'taken', action);
  }
  t.match(bucket({ Action: 'kms:Decrypt' }), '"kms:Decrypt" is no action of S3', 'of a bucket');
});

t.test('resources', async (t) => {
  for (const resource of ['b/*', 'arn:aws:s3:b', 'arn:aws:s3:::', 'arn:', 'arn:aws:s3', 's3://b']) {
    t.match(user({ Resource: resource }), /is no ARN of a resource/, resource);
  }
  t.match(user({ Resource: 'arn:aws-cn:s3:::b' }), /is in another partition/);
  t.match(user({ Resource: 'arn:*:s3:::b' }), /is in another partition/);
  t.match(user({ Resource: 'arn:aws:*:::b' }), /is no resource of S3/);
  t.match(user({ Resource: 'arn:aws:s3:${aws:username}::b' }), /has a variable before its fifth colon/);
  t.match(user({ Resource: 'arn:aws:s3:::b/${aws:username' }), /the variable in .* has no end/);
  t.match(user({ Resource: 'arn:aws:s3:::b/${}' }), /is no variable/);
  t.equal(said(document([{ ...statement, Resource: 'arn:aws:s3:::b/${' }], null)), 'taken', 'text in the older version');
  t.equal(user({ Resource: 'arn:aws:dynamodb:us-east-1:1:table/x' }), 'taken', 'of another service');
  for (const resource of ['arn:aws:s3:::c/*', 'arn:aws:s3:::bb', 'arn:aws:s3:::c*', 'arn:aws:sqs:::b']) {
    t.match(bucket({ Resource: resource }), /is not in the bucket b|is no resource of S3/, resource);
  }
  for (const resource of [
    '*',
    'arn:aws:s3:::*',
    'arn:aws:s3:::*/*',
    'arn:aws:s3:::b',
    'arn:aws:s3:::b*',
    'arn:aws:s3:::?/x',
    'arn:aws:s3:::${aws:username}',
  ]) {
    t.equal(bucket({ Action: 's3:*', Resource: resource }), 'taken', resource);
  }
  t.equal(bucket({ Action: 's3:PutObject', Resource: 'arn:aws:s3:::b' }), 'taken', 'an Allow that allows nothing');
  const deny = { Effect: 'Deny', Action: 's3:PutObject', Resource: 'arn:aws:s3:::b' };
  t.match(bucket(deny), 'none of its actions applies to any of its resources', 'a Deny that denies nothing');
  t.match(bucket({ ...deny, Action: 's3:ListBucket', Resource: 'arn:aws:s3:::b/*' }), 'none of its actions applies');
  t.equal(bucket({ ...deny, Resource: 'arn:aws:s3:::b*' }), 'taken');
  t.equal(bucket({ ...deny, Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] }), 'taken');
  t.equal(bucket({ ...deny, Action: ['s3:PutObject', 's3:ListBucket'] }), 'taken');
});

t.test('principals', async (t) => {
  const principal = (Principal: StatementJson['Principal'] & {}): string => bucket({ Principal });
  for (const text of [
    'alice',
    'arn:aws:iam::0:user',
    'arn:aws:iam::000000000000:user/*',
    'arn:aws:iam::*:root',
    'arn:aws:s3:::b',
    '12345',
    '',
  ]) {
    t.match(principal({ AWS: text }), /is no Principal|holds what is no text/, text);
  }
  t.match(principal('alice'), 'Principal is neither "*" nor an object');
  t.match(principal({}), 'Principal is neither "*" nor an object');
  t.match(principal(['*']), 'Principal is neither "*" nor an object');
  t.match(principal({ aws: '*' }), '"aws" is no kind of Principal');
  t.match(principal({ AWS: 7 }), 'AWS of Principal holds what is no text');
  for (const text of [
    'arn:aws:iam::s3tenant1:root',
    'arn:aws:iam::000000000000:role/x',
    'arn:aws:sts::1:assumed-role/x/y',
    '123456789012',
  ]) {
    t.equal(principal({ AWS: text }), 'taken', text);
  }
  const { Principal: _, ...rest } = ofBucket;
  t.match(said(document([{ ...rest, NotPrincipal: '*' }]), 'b'), 'NotPrincipal goes with "Deny" only');
});

t.test('conditions', async (t) => {
  const condition = (Condition: StatementJson['Condition'] & {}, change: StatementJson = {}): string => user({ Condition, ...change });
  t.match(condition('x'), 'Condition is no JSON object');
  t.match(condition({ StringEquals: 'x' }), 'StringEquals holds no keys');
  t.match(condition({ StringEqual: { 'aws:username': 'x' } }), '"StringEqual" is no condition operator');
  t.match(condition({ StringEquals: { 'aws:Username2': 'x' } }), '"aws:Username2" is no condition key');
  t.match(condition({ StringEquals: { 's3:ExistingObjectTag': 'x' } }), 'is no condition key');
  t.match(condition({ StringEquals: { 's3:ExistingObjectTag/': 'x' } }), 'is no condition key');
  t.match(condition({ StringEquals: { 'aws:username': 'x', 'AWS:USERNAME': 'y' } }), 'StringEquals has AWS:USERNAME twice');
  t.match(condition({ StringEquals: { 'aws:username': [] } }), 'StringEquals has no value for aws:username');
  t.match(condition({ StringEquals: { 'aws:username': {} } }), 'StringEquals holds what is no text');
  t.match(
    condition({ NumericLessThan: { 's3:max-keys': 'many' } }, { Action: 's3:ListBucket' }),
    'NumericLessThan of s3:max-keys: "many" is no number',
  );
  t.match(condition({ IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } }), 'IpAddress of aws:SourceIp: "10.0.0.0/99" is no address');
  t.match(condition({ StringLike: { 's3:prefix': 'x' } }), 'no action of it has the condition key s3:prefix');
  t.equal(condition({ StringLike: { 's3:prefix': 'x' } }, { Action: 's3:List*' }), 'taken');
  t.equal(condition({ StringLike: { 's3:prefix': 'x' } }, { Action: ['s3:GetObject', 's3:ListBucket'] }), 'taken');
  t.equal(
    condition({ Bool: { 'aws:SecureTransport': false }, NumericLessThan: { 's3:signatureAge': 600000 } }),
    'taken',
    'values that are no text',
  );
  t.equal(condition({ StringEquals: { 's3:ExistingObjectTag/a b/c': 'x' } }), 'taken');
  t.equal(condition({}), 'taken');
});

t.test('JSON, compared with the parser of JavaScript', async (t) => {
  const parse = (text: string): unknown => plain(parseStrictJson(text, (reason) => new SyntaxError(reason)));
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => t.same(parse(text), JSON.parse(text))),
    { seed: 6, numRuns: 300 },
  );
  const letters = fc.string({ unit: fc.constantFrom(...'{}[]:,"\\/ntru0123456789.eE+- \n\tfalse'), maxLength: 14 });
  fc.assert(
    fc.property(letters, (text) => {
      const [ours, theirs] = [parse, JSON.parse].map((read) => {
        try {
          return { value: read(text) as unknown };
        } catch (error) {
          return error instanceof SyntaxError ? 'refused' : error;
        }
      });
      if (JSON.stringify(ours) !== JSON.stringify(theirs) && !/twice/.test(text)) t.same(ours, theirs, text);
    }),
    { seed: 6, numRuns: 20_000 },
  );
  t.equal(parse('"\\ud83d\\ude00\\u0041"'), '😀A');
});

/** Maps as objects. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, each]) => [name, plain(each)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

t.test('fuzz: a policy that is changed at random is taken or refused, and quickly', async (t) => {
  const texts = [
    document([
      { ...ofBucket, Condition: { StringLike: { 'aws:username': ['a*', '${aws:userid}'] }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    ]),
    document([
      {
        Effect: 'Deny',
        NotPrincipal: { AWS: ['arn:aws:iam::000000000000:root'] },
        NotAction: ['s3:Get*'],
        NotResource: 'arn:aws:s3:::b/${aws:username}',
      },
    ]),
  ];
  const pieces = ['"', '{', '}', '[', ']', ',', ':', '*', '${', '\\', '\0', 'null', '1e999', '"Deny"', '\ud800', 'é', ' '];
  const change = fc.tuple(fc.nat(400), fc.nat(6), fc.constantFrom(...pieces));
  let counted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (text, changes, own) => {
      let changed = text;
      for (const [at, length, piece] of changes) changed = changed.slice(0, at) + piece + changed.slice(at + length);
      const start = process.cpuUsage().user;
      said(changed, own ? 'b' : undefined);
      if (process.cpuUsage().user - start > 500_000) throw new Error(`slow: ${changed}`);
      counted += 1;
    }),
    { seed: 6, numRuns: 5000 },
  );
  t.equal(counted, 5000);
});

t.test('public', async (t) => {
  const check = (...statements: StatementJson[]): boolean => isPublic(parsePolicy(document(statements), 'b'));
  const tied = (Condition: StatementJson['Condition'] & {}): boolean => check({ ...ofBucket, Condition });
  t.equal(check(ofBucket), true);
  t.equal(check({ ...ofBucket, Principal: { AWS: '*' } }), true);
  t.equal(check({ ...ofBucket, Effect: 'Deny' }), false);
  t.equal(check({ ...ofBucket, Principal: { AWS: 'arn:aws:iam::s3tenant1:root' } }), false);
  t.equal(check({ ...ofBucket, Principal: { AWS: '000000000000' } }, ofBucket), true);
  t.equal(tied({ IpAddress: { 'aws:SourceIp': '10.0.0.0/32' } }), false);
  t.equal(tied({ IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } }), false);
  t.equal(tied({ IpAddress: { 'aws:SourceIp': '10.0.0.0/7' } }), true);
  t.equal(tied({ IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '0.0.0.0/0'] } }), true);
  t.equal(tied({ IpAddress: { 'aws:SourceIp': '2001:db8::/31' } }), true);
  t.equal(tied({ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }), true);
  t.equal(tied({ StringEquals: { 'aws:SourceVpc': 'vpc-91237329' } }), false);
  t.equal(tied({ StringLike: { 'aws:SourceVpc': 'vpc-*' } }), true);
  t.equal(tied({ StringEquals: { 'aws:username': '${aws:PrincipalTag/x}' } }), true);
  t.equal(tied({ StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } }), true);
  t.equal(tied({ StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } }), true);
  t.equal(tied({ Bool: { 'aws:SecureTransport': 'true' } }), true);
  t.equal(tied({ StringEquals: { 'aws:Referer': 'https://example.org/' } }), true);
});

t.test('the policies that are always there', async (t) => {
  t.same(Object.keys(cannedPolicies), ['owner', 'readonly', 'readwrite', 'admin', 'none']);
  for (const name of Object.keys(cannedPolicies)) t.ok(parseUserPolicy(name).statements);
  t.same(parseUserPolicy('none').statements, []);
  t.equal(parseUserPolicy(document([statement])).statements.length, 1);
  t.throws(() => parseUserPolicy('readwrit'), { code: 'MalformedPolicy' });
  t.throws(() => parseUserPolicy('__proto__'), { code: 'MalformedPolicy' });
});

t.test('docs/access.md: every policy in it is one', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/access.md'), 'utf8');
  const policies = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text);
  t.ok(policies.length >= 3);
  for (const text of policies) t.equal(said(text, text.includes('Principal') ? 'reports' : undefined), 'taken', text);
});
