/** Policies of posted forms: which forms they let through. */
import t from 'tap';
import { checkPostPolicy } from '../src/auth/post-policy.ts';
import { SelectError } from '../src/base/errors.ts';

const now = new Date('2026-01-01T00:00:00Z');
const expiration = '2026-01-01T01:00:00.000Z';

/** The code and reason of the refusal, or the length range. */
function outcome(policy: unknown, fields: Readonly<Record<string, string>> = {}, bucket = 'b'): string {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy);
  try {
    const { min, max } = checkPostPolicy(Buffer.from(text).toString('base64'), new Map(Object.entries(fields)), bucket, now);
    return `${min}-${max}`;
  } catch (error) {
    if (error instanceof SelectError) return `${error.code}: ${error.params['reason']}`;
    throw error;
  }
}

const of = (...conditions: readonly unknown[]) => ({ expiration, conditions: [{ bucket: 'b' }, ...conditions] });
const open = '0-Infinity';

t.test('conditions', async (t) => {
  const key = { key: 'user/alice/x' };
  const rows: [unknown, Readonly<Record<string, string>>, string | RegExp][] = [
    [of(['eq', '$key', 'user/alice/x']), key, open],
    [of({ key: 'user/alice/x' }), key, open],
    [of(['eq', '$key', 'user']), key, /^AccessDenied: .*Policy Condition failed: \["eq", "\$key", "user"\]/],
    [of(['starts-with', '$key', 'user/alice/']), key, open],
    [of(['starts-with', '$key', '']), key, open],
    [of(['starts-with', '$key', 'user/bob/']), key, /^AccessDenied: .*\["starts-with", "\$key", "user\/bob\/"\]/],
    [of(['StArTs-WiTh', '$KeY', 'user']), key, open],
    [of(['starts-with', '$key', 'user'], ['eq', '$key', 'other']), key, /^AccessDenied/],
    [of(), key, 'AccessDenied: Invalid according to Policy: Extra input fields: key'],
    [of(['eq', '$x-amz-meta-a', '']), { ...key, 'x-amz-meta-a': '' }, /Extra input fields: key/],
    [of(['starts-with', '$key', ''], ['eq', '$x-amz-meta-a', 'x']), key, /Policy Condition failed/],
    [of(['starts-with', '$key', ''], ['starts-with', '$x-amz-meta-a', '']), key, /Policy Condition failed/],
    [of(['starts-with', '$content-type', 'image/']), { 'content-type': 'image/png' }, open],
    [of(['starts-with', '$Content-Type', 'image/']), { 'content-type': 'image/png,image/gif' }, open],
    [of(['starts-with', '$Content-Type', 'image/']), { 'content-type': 'image/png, text/html' }, /^AccessDenied/],
    [of(['starts-with', '$key', '\\$x']), { key: '$x1' }, open],
    [of(['starts-with', '$key', '\\$x']), { key: '\\$x1' }, open],
    [of({ success_action_status: 201 }), { success_action_status: '201' }, open],
    [of({ 'x-amz-date': 'x', acl: 'private' }), { 'x-amz-date': 'x', acl: 'private' }, open],
    [
      of(),
      { 'x-ignore-me': 'x', policy: 'x', 'x-amz-signature': 'x', signature: 'x', awsaccesskeyid: 'x', 'x-amz-checksum-crc32': 'x' },
      open,
    ],
    [of(), { 'x-amz-algorithm': 'x' }, /Extra input fields: x-amz-algorithm/],
    [of(), { file2: 'x' }, /Extra input fields: file2/],
    [of(['content-length-range', 1, 10]), {}, '1-10'],
    [of(['content-length-range', '1', '10']), {}, '1-10'],
    [of(['content-length-range', 0, 100], ['content-length-range', 5, 1000]), {}, '5-100'],
  ];
  for (const [policy, fields, expected] of rows) t.match(outcome(policy, fields), expected, JSON.stringify([policy, fields]));
  t.match(outcome(of(), {}, 'other'), /Policy Condition failed: \["eq", "\$bucket", "b"\]/);
  t.match(outcome(of(), { bucket: 'b' }, 'other'), /Policy Condition failed/, 'the bucket is the one posted to');
  t.match(outcome({ expiration, conditions: [] }), /Extra input fields: bucket/, 'and has to be in the policy');
});

t.test('expiration', async (t) => {
  const until = (text: unknown): string => outcome({ expiration: text, conditions: [{ bucket: 'b' }] });
  t.equal(until('2026-01-01T00:00:00Z'), open);
  t.equal(until('2025-12-31T23:59:59.999Z'), 'AccessDenied: Invalid according to Policy: Policy expired');
  for (const text of ['2026-01-01 01:00:00.000+00:00', '2026-01-01', '2026-13-01T00:00:00Z', '', 7, null, undefined]) {
    t.match(until(text), /^InvalidPolicyDocument: "expiration"/, String(text));
  }
});

t.test('documents', async (t) => {
  for (const [policy, reason] of [
    ['', /JSON is not valid/],
    ['{', /JSON is not valid/],
    ['[]', /no JSON object/],
    ['{"expiration":"x","expiration":"y"}', /"expiration" is given twice/],
    [{ expiration }, /"conditions" must be a list/],
    [{ expiration, CONDITIONS: [] }, /"conditions" must be a list/],
    [{ EXPIRATION: expiration, conditions: [] }, /"expiration" must be/],
    [{ expiration, conditions: {} }, /"conditions" must be a list/],
    [of({}), /a condition is empty/],
    [of('x'), /has not three parts/],
    [of([]), /has not three parts/],
    [of(['eq', '$key']), /has not three parts/],
    [of(['eq', '$key', 'a', 'b']), /has not three parts/],
    [of(['eq', 'key', 'a']), /begins with "\$"/],
    [of(['like', '$key', 'a']), /"like" is no condition/],
    [of(['eq', '$key', {}]), /a value is no text/],
    [of({ key: null }), /a value is no text/],
    [of(['content-length-range', 0]), /has not three parts/],
    [of(['content-length-range', -1, 0]), /two numbers of bytes/],
    [of(['content-length-range', 0, 'many']), /two numbers of bytes/],
  ] as const) {
    const found = outcome(policy);
    t.match(found, /^InvalidPolicyDocument/, JSON.stringify(policy));
    t.match(found, reason);
  }
});
