/** The conditions of policies, operator by operator. */
import t from 'tap';
import { compileCondition, holds } from '../src/auth/policy-conditions.ts';

type Keys = Readonly<Record<string, string | readonly string[]>>;

function condition(operator: string, key: string, values: string | readonly string[], keys: Keys, variables = true): boolean {
  const compiled = compileCondition(operator, key, [values].flat(), variables, (reason) => new Error(reason));
  return holds(compiled, new Map(Object.entries(keys).map(([name, value]) => [name.toLowerCase(), [value].flat()])));
}

type Row = readonly [operator: string, values: string | readonly string[], value: string | readonly string[] | null, expected: boolean];

/** Rows with a value of the key `k`; null where it is absent. */
function table(name: string, rows: readonly Row[]): void {
  t.test(name, async (t) => {
    for (const [operator, values, value, expected] of rows) {
      const keys: Keys = value === null ? {} : { k: value };
      t.equal(condition(operator, 'k', values, keys), expected, `${JSON.stringify(value)} ${operator} ${JSON.stringify(values)}`);
    }
  });
}

table('String', [
  ['StringEquals', 'a', 'a', true],
  ['StringEquals', 'a', 'A', false],
  ['StringEquals', 'a*', 'ab', false],
  ['StringEquals', 'a*', 'a*', true],
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', '', '', true],
  ['StringEquals', '', null, false],
  ['StringNotEquals', 'a', 'b', true],
  ['StringNotEquals', 'a', 'a', false],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringNotEquals', 'a', null, true],
  ['StringEqualsIgnoreCase', 'aÄ', 'Aä', true],
  ['StringEqualsIgnoreCase', 'a', 'b', false],
  ['StringEqualsIgnoreCase', 'a?', 'ab', false],
  ['StringNotEqualsIgnoreCase', 'a', 'A', false],
  ['StringNotEqualsIgnoreCase', 'a', 'b', true],
  ['StringLike', 'a*', 'ab/c', true],
  ['StringLike', 'a*', 'ba', false],
  ['StringLike', '*', '', true],
  ['StringLike', '?', '', false],
  ['StringLike', 'a?c', 'abc', true],
  ['StringLike', 'a?c', 'ac', false],
  ['StringLike', 'a*b*c', 'a-b-b-c', true],
  ['StringLike', 'a*b*c', 'a-c-b', false],
  ['StringLike', 'a**c', 'ac', true],
  ['StringLike', '*a*', 'bbb', false],
  ['StringLike', 'aa*aa', 'aaa', false],
  ['StringLike', 'A*', 'ab', false],
  ['StringNotLike', 'a*', 'ab', false],
  ['StringNotLike', 'a*', 'b', true],
  ['StringNotLike', ['a*', 'b*'], 'bx', false],
]);

table('Numeric', [
  ['NumericEquals', '10', '10.0', true],
  ['NumericEquals', '10', '1e1', true],
  ['NumericEquals', '10', '11', false],
  ['NumericEquals', '10', 'ten', false],
  ['NumericEquals', '10', '', false],
  ['NumericEquals', '10', null, false],
  ['NumericNotEquals', '10', '11', true],
  ['NumericNotEquals', '10', '10', false],
  ['NumericNotEquals', '10', null, true],
  ['NumericLessThan', '10', '9.9', true],
  ['NumericLessThan', '10', '10', false],
  ['NumericLessThan', '10', 'x', false],
  ['NumericLessThanEquals', '10', '10', true],
  ['NumericLessThanEquals', '10', '1000', false],
  ['NumericGreaterThan', '10', '10', false],
  ['NumericGreaterThan', '-10', '-9', true],
  ['NumericGreaterThanEquals', '10', '10', true],
  ['NumericGreaterThanEquals', ['100', '10'], '20', true],
]);

table('Date', [
  ['DateEquals', '2024-01-02T03:04:05Z', '2024-01-02T04:04:05+01:00', true],
  ['DateEquals', '2024-01-02', '2024-01-02T00:00:00.000Z', true],
  ['DateEquals', '1704164645', '2024-01-02T03:04:05Z', true],
  ['DateEquals', '2024-01-02T03:04:05Z', 'yesterday', false],
  ['DateNotEquals', '2024-01-02', '2024-01-03', true],
  ['DateLessThan', '2024-01-02', '2024-01-01T23:59:59Z', true],
  ['DateLessThan', '2024-01-02', '2024-01-02T00:00:00Z', false],
  ['DateLessThanEquals', '2024-01-02', '2024-01-02T00:00:00Z', true],
  ['DateGreaterThan', '2024', '2024-01-01T00:00:00Z', false],
  ['DateGreaterThan', '2024', '2024-01-01T00:00:01Z', true],
  ['DateGreaterThanEquals', '2024-02', '2024-02-01T00:00Z', true],
  ['DateGreaterThan', '2024', null, false],
]);

table('Bool, Binary, Null', [
  ['Bool', 'true', 'true', true],
  ['Bool', 'True', 'true', true],
  ['Bool', 'true', 'false', false],
  ['Bool', 'false', 'false', true],
  ['Bool', 'false', null, false],
  ['BoolIfExists', 'false', null, true],
  ['BinaryEquals', 'AQID', 'AQID', true],
  ['BinaryEquals', 'AQID', 'AQIE', false],
  ['Null', 'true', null, true],
  ['Null', 'true', 'a', false],
  ['Null', 'false', 'a', true],
  ['Null', 'false', null, false],
  ['Null', 'false', '', false],
  ['Null', 'true', [], true],
  ['Null', 'FALSE', ['a', 'b'], true],
]);

table('IP', [
  ['IpAddress', '203.0.113.0/24', '203.0.113.255', true],
  ['IpAddress', '203.0.113.0/24', '203.0.114.0', false],
  ['IpAddress', '203.0.113.7', '203.0.113.7', true],
  ['IpAddress', '203.0.113.7', '203.0.113.8', false],
  ['IpAddress', '203.0.113.77/24', '203.0.113.1', true],
  ['IpAddress', '0.0.0.0/0', '8.8.8.8', true],
  ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
  ['IpAddress', '203.0.113.0/24', '::ffff:203.0.113.9', true],
  ['IpAddress', '203.0.113.0/24', '::FFFF:203.0.113.9', true],
  ['IpAddress', '2001:db8::/32', '2001:db8:1::5', true],
  ['IpAddress', '2001:db8::/32', '2001:db9::5', false],
  ['IpAddress', '2001:DB8:0:0:0:0:0:1', '2001:db8::1', true],
  ['IpAddress', 'fe80::/10', 'fe80::1%eth0', true],
  ['IpAddress', ['10.0.0.0/8', '::1'], '::1', true],
  ['IpAddress', '10.0.0.0/8', 'unknown', false],
  ['IpAddress', '10.0.0.0/8', null, false],
  ['NotIpAddress', '10.0.0.0/8', '11.0.0.1', true],
  ['NotIpAddress', '10.0.0.0/8', '10.1.2.3', false],
  ['NotIpAddress', ['10.0.0.0/8', '192.168.0.0/16'], '192.168.1.1', false],
  ['NotIpAddress', '10.0.0.0/8', null, true],
  ['NotIpAddress', '10.0.0.0/8', 'unknown', true],
]);

const user = 'arn:aws:iam::000000000000:user/team/alice';
table('ARN', [
  ['ArnEquals', user, user, true],
  ['ArnEquals', 'arn:aws:iam::000000000000:user/*', user, true],
  ['ArnLike', 'arn:aws:iam::*:user/*/alice', user, true],
  ['ArnLike', 'arn:aws:iam::0*:user/team/?lice', user, true],
  ['ArnLike', 'arn:*:iam::000000000000:user/team/alice', user, true],
  ['ArnLike', 'arn:aws:*:*:*:user/team/alice', user, true],
  ['ArnLike', 'arn:aws:ia*::000000000000:user/team/alice:x', user, false],
  ['ArnLike', 'arn:aws:iam*000000000000:user:x:y:z', user, false],
  ['ArnLike', 'arn:aws:sns:*:*:a:*', 'arn:aws:sns:us-east-1:1:a:b:c', true],
  ['ArnLike', 'arn:aws:iam::*:role/*', user, false],
  ['ArnLike', 'arn:aws:iam::*:user/*', 'alice', false],
  ['ArnLike', 'arn:aws:iam::*:user/*', null, false],
  ['ArnNotEquals', user, user, false],
  ['ArnNotLike', 'arn:aws:iam::*:role/*', user, true],
  ['ArnNotLike', 'arn:aws:iam::*:role/*', null, true],
]);

table('IfExists', [
  ['StringEqualsIfExists', 'a', null, true],
  ['StringEqualsIfExists', 'a', 'b', false],
  ['StringEqualsIfExists', 'a', 'a', true],
  ['StringNotEqualsIfExists', 'a', null, true],
  ['StringNotEqualsIfExists', 'a', 'a', false],
  ['NumericLessThanIfExists', '10', null, true],
  ['IpAddressIfExists', '10.0.0.0/8', null, true],
  ['StringLikeIfExists', 'a*', 'b', false],
]);

table('ForAllValues and ForAnyValue', [
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a'], null, true],
  ['ForAllValues:StringEquals', ['a'], [], true],
  ['ForAllValues:StringLike', ['a*'], ['ab', 'ac'], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a'], false],
  ['ForAllValues:StringNotEquals', ['a'], null, true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c'], false],
  ['ForAnyValue:StringEquals', ['a'], null, false],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'c'], true],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], false],
  ['ForAnyValue:StringNotEquals', ['a'], null, false],
  ['ForAnyValue:StringEqualsIfExists', ['a'], null, true],
  ['ForAllValues:StringEquals', 'a', 'a', true],
  ['ForAnyValue:StringEquals', 'a', 'a', true],
  ['StringEquals', 'a', ['b', 'a'], true],
  ['StringNotEquals', 'a', ['b', 'a'], false],
]);

t.test('names of keys are the same in any case', async (t) => {
  t.equal(condition('StringEquals', 'AWS:UserName', 'a', { 'aws:username': 'a' }), true);
});

t.test('variables in values', async (t) => {
  const mine = { k: 'alice', 'aws:username': 'alice' };
  t.equal(condition('StringEquals', 'k', '${aws:username}', mine), true);
  t.equal(condition('StringNotEquals', 'k', '${aws:username}', mine), false);
  t.equal(condition('StringLike', 'k', 'a*${aws:username}', { k: 'a-alice', 'aws:username': 'alice' }), true);
  t.equal(condition('StringLike', 'k', '${aws:username}', { k: 'bob', 'aws:username': '*' }), false, 'what comes in is literal');
  t.equal(condition('StringEqualsIgnoreCase', 'k', '${aws:username}', { k: 'ALICE', 'aws:username': 'alice' }), true);
  t.equal(
    condition('ArnLike', 'k', 'arn:aws:iam::*:user/${aws:username}', { k: 'arn:aws:iam::1:user/alice', 'aws:username': 'alice' }),
    true,
  );
  t.equal(condition('ArnLike', 'k', 'arn:aws:iam::*:${aws:username}', { k: 'arn:aws:iam::1:a:b', 'aws:username': 'a:b' }), true);
  t.equal(condition('StringEquals', 'k', '${aws:username}', { k: '' }), false, 'without a value');
  t.equal(condition('StringNotEquals', 'k', '${aws:username}', { k: 'x' }), false, 'without a value nothing is different either');
  t.equal(condition('StringEquals', 'k', ['${aws:username}', 'x'], { k: 'x' }), true, 'another value of the list');
  t.equal(condition('StringEquals', 'k', "${aws:username, 'x'}", { k: 'x' }), true, 'a default');
  t.equal(condition('StringEquals', 'k', '${aws:username}', { k: '${aws:username}' }, false), true, 'text in the older version');
});

t.test('what an operator cannot take', async (t) => {
  const refused = (operator: string, values: string | readonly string[]): void => {
    t.throws(() => condition(operator, 'k', values, {}), Error, `${operator} ${values}`);
  };
  for (const operator of [
    '',
    'Equals',
    'stringEquals',
    'StringEqualsIfexists',
    'IfExists',
    'ForAll:StringEquals',
    'ForAllValues:',
    '__proto__',
  ]) {
    refused(operator, 'a');
  }
  for (const operator of ['NullIfExists', 'ForAllValues:Null']) refused(operator, 'true');
  refused('StringEquals', []);
  for (const value of ['ten', '', '1,5', '0x10', 'NaN', 'Infinity', ' 1']) refused('NumericEquals', value);
  for (const value of ['yesterday', '', '2024-13-01', '2024-1-1', '2024-01-01T00:00:00']) refused('DateLessThan', value);
  for (const value of ['yes', '1', '']) refused('Bool', value);
  refused('Null', ['true', 'false']);
  for (const value of ['10.0.0.0/33', '10.0.0/8', 'localhost', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '*', '']) refused('IpAddress', value);
  for (const value of ['alice', 'arn:aws:iam', '*', '']) refused('ArnLike', value);
  refused('BinaryEquals', '%%');
  refused('StringEquals', '${aws:username');
  refused('StringEquals', '${}');
  refused('StringEquals', '${a, b}');
});
