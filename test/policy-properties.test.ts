/** What holds of all policies and requests. */
import fc from 'fast-check';
import t from 'tap';
import { type Asked, alice, bob, type Json, nobody, root, type StatementJson, verdict } from './support/policies.ts';

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const oneOrMore = (values: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 }));

const conditions: fc.Arbitrary<Json> = fc.dictionary(
  some(
    'StringEquals',
    'StringNotEquals',
    'StringLike',
    'StringNotLikeIfExists',
    'ForAllValues:StringEquals',
    'ForAnyValue:StringNotEquals',
  ),
  fc.dictionary(some('aws:username', 'aws:UserAgent', 's3:VersionId'), oneOrMore(some('alice', 'bob', '*', 'a*', '${aws:username}', '')), {
    minKeys: 1,
    maxKeys: 2,
  }),
  { maxKeys: 2 },
);

const actions = oneOrMore(some('s3:GetObject', 's3:*', '*', 's3:Put*', 's3:ListBucket', 's3:?etObject'));
const resources = oneOrMore(some('*', 'arn:aws:s3:::b', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/${aws:username}', 'arn:aws:s3:::*/alice'));
const principals = fc.oneof(
  some<Json>('*', { AWS: '*' }, { AWS: '000000000000' }),
  fc.array(some(alice.arn, bob.arn, 'arn:aws:iam::000000000000:root'), { minLength: 1, maxLength: 2 }).map((AWS): Json => ({ AWS })),
);

function statements(effect: 'Allow' | 'Deny', ofBucket: boolean): fc.Arbitrary<StatementJson> {
  return fc
    .record({
      action: actions,
      notAction: fc.boolean(),
      resource: resources,
      notResource: fc.boolean(),
      principal: principals,
      notPrincipal: fc.boolean(),
      condition: conditions,
    })
    .map(({ action, notAction, resource, notResource, principal, notPrincipal, condition }) => ({
      Effect: effect,
      [notAction ? 'NotAction' : 'Action']: action,
      [notResource ? 'NotResource' : 'Resource']: resource,
      ...(ofBucket ? { [notPrincipal && effect === 'Deny' ? 'NotPrincipal' : 'Principal']: principal } : {}),
      Condition: condition,
    }));
}

/** A Deny that cannot apply is refused where policies of buckets are read; it would say nothing here. */
const lists = (ofBucket: boolean) =>
  fc.array(fc.oneof(statements('Allow', ofBucket), statements('Deny', ofBucket)), { minLength: 1, maxLength: 4 }).filter((list) => {
    try {
      verdict({ [ofBucket ? 'bucket' : 'user']: list });
      return true;
    } catch {
      return false;
    }
  });

const asked = fc.record({
  as: some(alice, bob, nobody, root),
  action: some('s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:GetBucketPolicy'),
  on: some('b', 'b/alice', 'b/x/alice', 'b/k'),
  keys: fc.dictionary(some('aws:username', 'aws:UserAgent', 's3:VersionId'), fc.oneof(some('alice', 'bob', '*', ''), fc.constant([])), {
    maxKeys: 3,
  }),
});

const policies = fc.record({ user: lists(false), bucket: lists(true) });
const runs = { seed: 6, numRuns: 700 };
const kinds = ['user', 'bucket'] as const;

/** All ways to take one statement out. */
function shorter(list: readonly StatementJson[]): (readonly [StatementJson, readonly StatementJson[]])[] {
  return list.map((statement, index) => [statement, list.toSpliced(index, 1)] as const);
}

t.test('taking a Deny away never takes anything away', async (t) => {
  let removed = 0;
  fc.assert(
    fc.property(asked, policies, (request, both) => {
      const before = verdict({ ...request, ...both });
      for (const kind of kinds) {
        for (const [statement, rest] of shorter(both[kind])) {
          if (statement['Effect'] !== 'Deny') continue;
          removed += 1;
          if (before === 'allow' && verdict({ ...request, ...both, [kind]: rest }) !== 'allow') return false;
        }
      }
      return true;
    }),
    runs,
  );
  t.ok(removed > 500);
});

t.test('adding a Deny never gives anything', async (t) => {
  let refused = 0;
  fc.assert(
    fc.property(asked, policies, statements('Deny', false), (request, both, deny) => {
      const before = verdict({ ...request, ...both });
      const after = verdict({ ...request, ...both, user: [...both.user, deny] });
      if (after !== 'allow') refused += 1;
      return before === 'allow' || after !== 'allow';
    }),
    runs,
  );
  t.ok(refused > 300);
});

t.test('taking an Allow away never gives anything', async (t) => {
  let allowed = 0;
  fc.assert(
    fc.property(asked, policies, (request, both) => {
      const before = verdict({ ...request, ...both });
      if (before === 'allow') allowed += 1;
      return kinds.every((kind) =>
        shorter(both[kind]).every(
          ([{ Effect }, rest]) => Effect === 'Deny' || before === 'allow' || verdict({ ...request, ...both, [kind]: rest }) !== 'allow',
        ),
      );
    }),
    runs,
  );
  t.ok(allowed > 50, 'some were allowed at all');
});

t.test('the order of statements does not count', async (t) => {
  fc.assert(
    fc.property(asked, policies, fc.infiniteStream(fc.nat()), (request, both, random) => {
      const shuffle = (list: readonly StatementJson[]): StatementJson[] =>
        list
          .map((statement) => [random.next().value ?? 0, statement] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, statement]) => statement);
      return verdict({ ...request, ...both }) === verdict({ ...request, user: shuffle(both.user), bucket: shuffle(both.bucket) });
    }),
    runs,
  );
  t.pass('in any order');
});

t.test('a session never gives anything, and one that allows everything takes nothing', async (t) => {
  fc.assert(
    fc.property(asked, policies, lists(false), (request, both, session) => {
      const before = verdict({ ...request, ...both });
      const all: Asked = { ...request, ...both, session: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
      if (verdict(all) !== before) return false;
      return before === 'allow' || verdict({ ...request, ...both, session }) !== 'allow';
    }),
    runs,
  );
  t.pass('a ceiling');
});

t.test('a pattern as long as a policy does not take long', async (t) => {
  const key = 'a'.repeat(1024);
  const pattern = `${'a*'.repeat(4000)}b`;
  const start = process.cpuUsage().user;
  t.equal(verdict({ user: [{ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::b/${pattern}` }], on: `b/${key}` }), 'none');
  const questions = `*${'?'.repeat(900)}a*${'?a'.repeat(60)}b`;
  t.equal(verdict({ user: [{ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::b/${questions}` }], on: `b/${key}` }), 'none');
  t.ok(process.cpuUsage().user - start < 5_000_000, 'seconds would be minutes for one that tries every way');
});
