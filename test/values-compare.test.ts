import fc from 'fast-check';
import t from 'tap';
import { compareText, compareValues, toleratedEquals } from '../src/vector/compare.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { Timestamp } from '../src/vector/timestamp.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';

const decimal = (text: string): Decimal => Decimal.parse(text) as Decimal;
const timestamp = (text: string): Timestamp => Timestamp.parse(text) as Timestamp;
const failure = new Failure({ code: 'CastFailed', params: {} });

t.test('numbers compare by value across types', async (t) => {
  for (const [left, right, order] of [
    [1n, 1, 0],
    [1n, decimal('1.00'), 0],
    [1, decimal('1.00'), 0],
    [2n, 1.5, 1],
    [9007199254740993n, 9007199254740992, 1],
    [9223372036854775807n, 2 ** 63, -1],
    [9223372036854775807n, decimal('9223372036854775807.5'), -1],
    [0.1, decimal('0.1'), 0],
    [0.1, decimal('0.10000000000000000000000001'), 0],
    [decimal('0.1'), decimal('0.10000000000000000000000001'), -1],
    [-0, 0, 0],
    [Infinity, decimal('1e400'), 0],
    [Infinity, 5n, 1],
    [false, true, -1],
    ['a', 'b', -1],
    ['', 'a', -1],
    ['\u{10000}', '\uffff', 1],
    [timestamp('2010T'), timestamp('2010-01-01T00:00Z'), 0],
  ] as const) {
    t.equal(compareValues('=', left, right, false), order === 0);
    t.equal(compareValues('<>', left, right, false), order !== 0);
    t.equal(compareValues('<', left, right, false), order < 0);
    t.equal(compareValues('<=', left, right, false), order <= 0);
    t.equal(compareValues('>', left, right, false), order > 0);
    t.equal(compareValues('>=', left, right, false), order >= 0);
    t.equal(compareValues('<', right, left, false), order > 0);
    t.equal(toleratedEquals(left, right), order === 0);
  }
});

t.test('NaN is unordered', async (t) => {
  for (const other of [NaN, 1, 1n, decimal('1')]) {
    for (const operator of ['=', '<', '<=', '>', '>='] as const) t.equal(compareValues(operator, NaN, other, false), false);
    t.equal(compareValues('<>', other, NaN, false), true);
  }
});

t.test('across types', async (t) => {
  const values: SqlValue[] = ['1', 1n, true, timestamp('2010T')];
  for (const left of values) {
    for (const right of values) {
      if (left === right) continue;
      t.equal(compareValues('=', left, right, false), false);
      t.equal(compareValues('<>', left, right, false), true);
      t.match(compareValues('<', left, right, false), { error: { code: 'ExternalEvalException' } });
      t.equal(compareValues('>=', left, right, true), false, 'lenient');
      t.equal(toleratedEquals(left, right), false);
    }
  }
});

t.test('NULL, MISSING and failures', async (t) => {
  for (const operator of ['=', '<>', '<', '<=', '>', '>='] as const) {
    for (const unknown of [null, undefined]) {
      t.equal(compareValues(operator, unknown, 1n, false), null);
      t.equal(compareValues(operator, 'a', unknown, false), null);
    }
    t.equal(compareValues(operator, failure, null, false), failure);
    t.equal(compareValues(operator, null, failure, true), failure);
  }
  t.equal(toleratedEquals(null, null), true);
  t.equal(toleratedEquals(null, undefined), true);
  t.equal(toleratedEquals(null, 1n), false);
  t.equal(toleratedEquals('', undefined), false);
});

t.test('text in byte order of UTF-8', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}', '\0') });
  fc.assert(
    fc.property(text, text, (left, right) => Math.sign(compareText(left, right)) === Buffer.compare(Buffer.from(left), Buffer.from(right))),
    { numRuns: 2000 },
  );
});
