import fc from 'fast-check';
import t from 'tap';
import { calculate, concatenate, negate } from '../src/vector/arithmetic.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { csvText, typeNameOf } from '../src/vector/text.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';

const decimal = (text: string): Decimal => Decimal.parse(text) as Decimal;
const shown = (value: SqlValue): string => (value instanceof Failure ? value.error.code : `${typeNameOf(value)} ${csvText(value)}`);
const largest = 2n ** 63n - 1n;
const failure = new Failure({ code: 'CastFailed', params: {} });

t.test('the table', async (t) => {
  for (const [left, operator, right, expected] of [
    [7n, '/', 2n, 'INT 3'],
    [-7n, '/', 2n, 'INT -3'],
    [-7n, '%', 2n, 'INT -1'],
    [largest, '+', 1n, 'IntegerOverflow'],
    [-largest - 1n, '-', 1n, 'IntegerOverflow'],
    [largest, '*', 2n, 'IntegerOverflow'],
    [-largest - 1n, '/', -1n, 'IntegerOverflow'],
    [-largest - 1n, '%', -1n, 'INT 0'],
    [1n, '+', decimal('1.50'), 'DECIMAL 2.50'],
    [decimal('1.50'), '*', 2n, 'DECIMAL 3.00'],
    [decimal('1'), '/', 8n, 'DECIMAL 0.125'],
    [decimal('-7.5'), '%', 2n, 'DECIMAL -1.5'],
    [1n, '/', 2, 'FLOAT 0.5'],
    [0.1, '+', decimal('0.2'), 'FLOAT 0.30000000000000004'],
    [decimal('0.2'), '*', 1e10, 'FLOAT 2.0E9'],
    [-7.5, '%', 2, 'FLOAT -1.5'],
    [1n, '/', 0n, 'ExternalEvalException'],
    [1n, '%', 0n, 'ExternalEvalException'],
    [1, '/', -0, 'ExternalEvalException'],
    [1n, '/', decimal('0.00'), 'ExternalEvalException'],
    [decimal('1e2000000000'), '*', decimal('1e2000000000'), 'NumberFormatError'],
    ['1', '+', 1n, 'ExternalEvalException'],
    [true, '+', 1n, 'ExternalEvalException'],
    [null, '+', 1n, 'NULL '],
    [1n, '*', undefined, 'NULL '],
    [null, '/', 0n, 'NULL '],
    [null, '+', failure, 'CastFailed'],
    [failure, '+', null, 'CastFailed'],
  ] as const) {
    t.equal(shown(calculate(operator, left, right)), expected, `${shown(left)} ${operator} ${shown(right)}`);
  }
});

t.test('negation', async (t) => {
  t.equal(shown(negate(5n)), 'INT -5');
  t.equal(shown(negate(-largest - 1n)), 'IntegerOverflow');
  t.equal(shown(negate(decimal('1.50'))), 'DECIMAL -1.50');
  t.equal(shown(negate(1.5)), 'FLOAT -1.5');
  t.equal(shown(negate('5')), 'ExternalEvalException');
  t.equal(negate(undefined), null);
  t.equal(negate(failure), failure);
});

t.test('integers against BigInt, floats against IEEE', async () => {
  const int = fc.bigInt({ min: -largest - 1n, max: largest });
  const operator = fc.constantFrom('+' as const, '-' as const, '*' as const);
  fc.assert(
    fc.property(int, operator, fc.oneof(int, fc.bigInt({ min: -9n, max: 9n })), (left, operation, right) => {
      const exact = operation === '+' ? left + right : operation === '-' ? left - right : left * right;
      const fits = exact >= -largest - 1n && exact <= largest;
      const result = calculate(operation, left, right);
      return fits ? result === exact : result instanceof Failure && result.error.code === 'IntegerOverflow';
    }),
  );
  fc.assert(
    fc.property(fc.double(), operator, fc.double(), (left, operation, right) => {
      const exact = operation === '+' ? left + right : operation === '-' ? left - right : left * right;
      return Object.is(calculate(operation, left, right), exact);
    }),
  );
});

t.test('concatenation', async (t) => {
  t.equal(concatenate('a', 'b'), 'ab');
  t.equal(concatenate('a', null), null);
  t.equal(concatenate(undefined, 'a'), null);
  t.equal(concatenate(failure, null), failure);
  t.equal(shown(concatenate('a', 1n)), 'ExternalEvalException');
  const megabyte = 'x'.repeat(2 ** 20);
  let grown: SqlValue = megabyte;
  for (let i = 0; i < 40; i++) grown = concatenate(grown, grown);
  t.equal(shown(grown), 'ColumnTooLong');
});
