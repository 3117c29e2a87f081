import fc from 'fast-check';
import t from 'tap';
import {
  accumulate,
  addCount,
  addIntSum,
  finish,
  floatSum,
  initialPartials,
  merge,
  type Partial,
  setFloatSum,
} from '../src/engine/aggregate.ts';
import type { Expression, StaticType } from '../src/sql/expression.ts';
import type { Aggregate, AggregateFunction } from '../src/sql/plan.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { csvText, typeNameOf } from '../src/vector/text.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';

const decimal = (text: string): Decimal => Decimal.parse(text) as Decimal;
const failure = new Failure({ code: 'CastFailed', params: { offset: 7 } });
const shown = (value: SqlValue): string => (value instanceof Failure ? value.error.code : `${typeNameOf(value)} ${csvText(value)}`);
const column = (type: StaticType): Expression => ({ op: 'column', slot: 0, type });

/** The result over splits of values, each split cut into vectors of two, partials cloned as across threads. */
function aggregated(name: AggregateFunction, splits: readonly (readonly SqlValue[])[], type: StaticType = 'any'): SqlValue {
  const aggregate: Aggregate = { function: name, argument: column(type) };
  const [into] = initialPartials([aggregate]);
  for (const split of splits) {
    let [partial] = initialPartials([aggregate]);
    for (let i = 0; i < split.length; i += 2) {
      const values = split.slice(i, i + 2);
      accumulate(partial as Partial, aggregate, { kind: 'values', values }, values.length);
      partial = structuredClone(partial);
    }
    merge(into as Partial, partial as Partial);
  }
  return finish(into as Partial);
}

t.test('results and their types', async (t) => {
  for (const [name, values, expected] of [
    ['COUNT', [], 'INT 0'],
    ['COUNT', [null, undefined, '', 0n], 'INT 2'],
    ['SUM', [], 'NULL '],
    ['SUM', [null, undefined], 'NULL '],
    ['SUM', [1n, null, 2n], 'INT 3'],
    ['SUM', [2n ** 63n - 1n, 1n, -1n], 'INT 9223372036854775807'],
    ['SUM', [2n ** 63n - 1n, 1n], 'IntegerOverflow'],
    ['SUM', [1n, decimal('1.50')], 'DECIMAL 2.50'],
    ['SUM', [decimal('0.10'), decimal('0.2')], 'DECIMAL 0.30'],
    ['SUM', [1n, decimal('0.5'), 0.25], 'FLOAT 1.75'],
    ['SUM', [0.1, 0.2], 'FLOAT 0.30000000000000004'],
    ['SUM', ['1'], 'ExternalEvalException'],
    ['SUM', [true], 'ExternalEvalException'],
    ['AVG', [], 'NULL '],
    ['AVG', [80n, 81n], 'DECIMAL 80.5'],
    ['AVG', [2n, 4n, null], 'DECIMAL 3'],
    ['AVG', [1n, 1n, 2n], `DECIMAL 1.${'3'.repeat(37)}`],
    ['AVG', [1000n, 3000n], 'DECIMAL 2000'],
    ['AVG', [2n ** 63n - 1n, 2n ** 63n - 1n], 'DECIMAL 9223372036854775807'],
    ['AVG', [decimal('10.00'), decimal('20.00')], 'DECIMAL 15.00'],
    ['AVG', [1.5, 2.5], 'FLOAT 2.0'],
    ['MIN', [], 'NULL '],
    ['MIN', [3n, 1.5, decimal('2.0')], 'FLOAT 1.5'],
    ['MAX', [3n, 1.5, decimal('2.0'), null], 'INT 3'],
    ['MAX', ['b', 'a'], 'STRING b'],
    ['MAX', [1n, decimal('1.00')], 'INT 1'],
    ['MAX', [NaN, 1], 'FLOAT NaN'],
    ['MAX', [1, NaN], 'FLOAT NaN'],
    ['MIN', [NaN, 1], 'FLOAT 1.0'],
    ['MIN', ['a', 1n], 'ExternalEvalException'],
  ] as const) {
    t.equal(shown(aggregated(name, [values])), expected, `${name} of ${values.map(shown).join()}`);
    t.equal(
      shown(
        aggregated(
          name,
          values.map((value) => [value]),
        ),
      ),
      expected,
      'a split a value',
    );
    for (const last of [failure, null]) {
      const failing = aggregated(name, [[...values, last]]);
      t.equal(shown(failing), last === null || expected.endsWith('Exception') ? expected : 'CastFailed', 'with one more value');
    }
  }
});

t.test('uncast text in MIN and MAX', async (t) => {
  for (const [name, values, expected] of [
    ['MIN', ['10', ' 9 ', '9.5'], 'STRING  9 '],
    ['MAX', ['10', '9', ''], 'STRING 10'],
    ['MAX', ['1e1', '10', '9'], 'STRING 1e1'],
    ['MAX', ['10', '9', 'x'], 'STRING x'],
    ['MIN', ['x', '9', '10'], 'STRING 10'],
    ['MIN', ['b', '', 'a'], 'STRING '],
    ['MIN', ['', ' '], 'NULL '],
    ['MAX', ['\uffff', '\u{10000}'], 'STRING \u{10000}'],
    ['MAX', [undefined, '5'], 'STRING 5'],
  ] as const) {
    t.equal(shown(aggregated(name, [values], 'untyped')), expected, `${name} of ${values.join()}`);
    t.equal(
      shown(
        aggregated(
          name,
          values.map((value) => [value]),
          'untyped',
        ),
      ),
      expected,
      'a split a value',
    );
  }
  t.equal(shown(aggregated('MAX', [['10', '9']], 'string')), 'STRING 9', 'a string on purpose is text');
});

t.test('the first failure wins', async (t) => {
  const second = new Failure({ code: 'InvalidCast', params: {} });
  for (const name of ['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'] as const) {
    t.same(aggregated(name, [[1n, failure], [second]]), failure);
    t.same(aggregated(name, [[1n], [second], [failure]]), second);
  }
});

t.test('a float sum depends on the splits only', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })), { minLength: 1 }),
      (splits) => {
        const sums = splits.filter((split) => split.length > 0).map((split) => split.reduce((sum, value) => sum + value, 0));
        const expected = sums.length === 0 ? null : sums.reduce((sum, value) => sum + value, 0);
        return Object.is(aggregated('SUM', splits), expected);
      },
    ),
  );
});

t.test('exact sums do not depend on the splits', async () => {
  const number = fc.oneof(
    fc.bigInt({ min: -1000n, max: 1000n }),
    fc.integer({ min: -99999, max: 99999 }).map((value) => decimal(`${value}e-2`)),
  );
  fc.assert(
    fc.property(fc.array(number), fc.nat(), (values, cut) => {
      const at = cut % (values.length + 1);
      return ['SUM', 'AVG'].every(
        (name) =>
          shown(aggregated(name as AggregateFunction, [values])) ===
          shown(aggregated(name as AggregateFunction, [values.slice(0, at), values.slice(at)])),
      );
    }),
  );
});

t.test('sums made elsewhere', async (t) => {
  const aggregate: Aggregate = { function: 'SUM', argument: column('any') };
  const [partial] = initialPartials([aggregate]) as [Partial];
  t.equal(floatSum(partial), null);
  setFloatSum(partial, 0, 0);
  t.equal(finish(partial), null, 'no value, no sum');
  accumulate(partial, aggregate, { kind: 'constant', value: 0.1 }, 1);
  setFloatSum(partial, (floatSum(partial) ?? 0) + 0.2, 1);
  t.equal(finish(partial), 0.1 + 0.2);
  const [ints] = initialPartials([{ ...aggregate, function: 'AVG' }]) as [Partial];
  addIntSum(ints, 10n, 4);
  t.equal(csvText(finish(ints)), '2.5');
  const [count] = initialPartials([{ function: 'COUNT', argument: null }]) as [Partial];
  accumulate(count, { function: 'COUNT', argument: null }, null, 5);
  addCount(count, 2);
  t.equal(finish(count), 7n);
});
