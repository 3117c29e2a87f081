import { Decimal as Oracle } from 'decimal.js';
import fc from 'fast-check';
import t from 'tap';
import { Decimal } from '../src/vector/decimal.ts';

const Reference = Oracle.clone({
  precision: 38,
  rounding: Oracle.ROUND_HALF_EVEN,
  toExpNeg: -9e15,
  toExpPos: 9e15,
  maxE: 9e15,
  minE: -9e15,
});

const decimal = (text: string): Decimal => {
  const value = Decimal.parse(text);
  if (value === null) throw new Error(`no decimal: ${text}`);
  return value;
};

const digits = fc.stringMatching(/^[0-9]{1,38}$/);
const text = fc
  .record({
    negative: fc.boolean(),
    digits,
    point: fc.nat({ max: 38 }),
    exponent: fc.integer({ min: -60, max: 60 }),
    scientific: fc.boolean(),
  })
  .map((each) => {
    const point = Math.min(each.point, each.digits.length);
    const body = point === each.digits.length ? each.digits : `${each.digits.slice(0, point)}.${each.digits.slice(point)}`;
    return `${each.negative ? '-' : ''}${body}${each.scientific ? `e${each.exponent}` : ''}`;
  });
const same = (actual: Decimal | null, expected: Oracle): boolean => actual !== null && new Reference(actual.toText()).equals(expected);

t.test('text as BigDecimal prints it', async (t) => {
  for (const [input, output] of [
    ['0', '0'],
    ['-0', '0'],
    ['0.00', '0.00'],
    ['10.00', '10.00'],
    ['007.10', '7.10'],
    ['+1.', '1'],
    ['.5', '0.5'],
    ['1e3', '1E+3'],
    ['1.5E3', '1.5E+3'],
    ['1.50e1', '15.0'],
    ['-1.5E-3', '-0.0015'],
    ['0.000001', '0.000001'],
    ['0.0000001', '1E-7'],
    ['0.00000012', '1.2E-7'],
    ['0e-10', '0E-10'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['123456789012345678901234567890123456785', '1.2345678901234567890123456789012345678E+38'],
    ['123456789012345678901234567890123456775', '1.2345678901234567890123456789012345678E+38'],
    ['1234567890123456789012345678901234567750000000001', '1.2345678901234567890123456789012345678E+48'],
    ['99999999999999999999999999999999999999.5', '1.0000000000000000000000000000000000000E+38'],
  ] as const) {
    t.equal(decimal(input).toText(), output, input);
  }
  for (const input of ['', '.', 'e5', '1e', '1.2.3', '--1', '1 ', ' 1', '0x1', 'NaN', '1_000', '1e99999999999', '1e-2147483648', '١']) {
    t.equal(Decimal.parse(input), null, input);
  }
  t.equal(decimal('1'.repeat(1_000_000)).toText(), `1.${'1'.repeat(37)}E+999999`, 'a megabyte of digits');
});

t.test('scales follow BigDecimal', async (t) => {
  t.equal(decimal('1.50').add(decimal('1'))?.toText(), '2.50');
  t.equal(decimal('1.5').sub(decimal('1.50'))?.toText(), '0.00');
  t.equal(decimal('1.50').mul(decimal('2'))?.toText(), '3.00');
  t.equal(decimal('1.50').mul(decimal('2.0'))?.toText(), '3.000');
  t.equal(decimal('10.00').div(decimal('4'))?.toText(), '2.50');
  t.equal(decimal('1').div(decimal('4'))?.toText(), '0.25');
  t.equal(decimal('1').div(decimal('3'))?.toText(), `0.${'3'.repeat(38)}`);
  t.equal(decimal('2').div(decimal('3'))?.toText(), `0.${'6'.repeat(37)}7`);
  t.equal(decimal('0.00').div(decimal('3'))?.toText(), '0.00');
  t.equal(decimal('6000').div(decimal('3'))?.toText(), '2000');
  t.equal(decimal('1').div(decimal('0.01'))?.toText(), '1E+2');
  t.equal(decimal('10.5').rem(decimal('3'))?.toText(), '1.5');
  t.equal(decimal('-10.5').rem(decimal('3'))?.toText(), '-1.5');
  t.equal(decimal('10').rem(decimal('3.00'))?.toText(), '1.00');
  t.equal(decimal('1').rem(decimal('3.00'))?.toText(), '1');
  t.equal(decimal('1e40').rem(decimal('3')), null, 'a quotient of more than 38 digits');
});

t.test('exponents far apart and out of range', async (t) => {
  t.equal(decimal('1e1000000000').add(decimal('1'))?.toText(), `1.${'0'.repeat(37)}E+1000000000`);
  t.equal(decimal('1e1000000000').add(decimal('0e5'))?.toText(), `1.${'0'.repeat(37)}E+1000000000`);
  t.equal(decimal('0e1000000000').add(decimal('1.5'))?.toText(), '1.5');
  t.equal(decimal('1e2000000000').mul(decimal('1e2000000000')), null);
  t.equal(decimal('1e2000000000').compare(decimal('2')), 1);
  t.equal(decimal('-1e2000000000').compare(decimal('2')), -1);
  t.equal(decimal('1e-2000000000').compare(decimal('0')), 1);
  t.equal(decimal('1e2000000000').toNumber(), Infinity);
  t.equal(decimal('1e2000000000').toBigint(), null);
  t.equal(decimal('1e-2000000000').toBigint(), 0n);
});

t.test('operations against decimal.js', async () => {
  fc.assert(
    fc.property(text, text, (left, right) => {
      const [a, b] = [decimal(left), decimal(right)];
      const [x, y] = [new Reference(left), new Reference(right)];
      const remainder = y.isZero() ? null : a.rem(b);
      return (
        same(a, x) &&
        same(a.add(b), x.plus(y)) &&
        same(a.sub(b), x.minus(y)) &&
        same(a.mul(b), x.times(y)) &&
        same(a.negate(), x.negated()) &&
        a.compare(b) === x.comparedTo(y) &&
        (y.isZero() || same(a.div(b), x.dividedBy(y))) &&
        (remainder === null || same(remainder, exactRemainder(x, y)))
      );
    }),
    { numRuns: 3000 },
  );
});

t.test('to and from doubles', async (t) => {
  for (const [value, expected] of [
    [0.1, '0.10000000000000000555111512312578270212'],
    [0.5, '0.5'],
    [3, '3'],
    [-0, '0'],
    [1e300, '1.0000000000000000525047602552044202487E+300'],
    [5e-324, '4.9406564584124654417656879286822137237E-324'],
  ] as const) {
    t.equal(Decimal.fromNumber(value)?.toText(), expected, String(value));
  }
  t.equal(Decimal.fromNumber(NaN), null);
  t.equal(Decimal.fromNumber(-Infinity), null);
  fc.assert(fc.property(text, (input) => decimal(input).toNumber() === Number(input) || Number(input) === 0));
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const read = Decimal.fromNumber(value);
      return read !== null && read.toNumber() === value + 0 && same(read, new Reference(0).plus(exactValue(value)));
    }),
  );
});

t.test('to integers', async (t) => {
  t.equal(decimal('9223372036854775807.9').toBigint(), 9223372036854775807n);
  t.equal(decimal('9223372036854775808').toBigint(), null);
  t.equal(decimal('-9223372036854775808.9').toBigint(), -9223372036854775808n);
  t.equal(decimal('-1.9').toBigint(), -1n);
  t.equal(decimal('0.9').toBigint(), 0n);
  t.equal(decimal('1.5e3').toBigint(), 1500n);
});

/** decimal.js rounds the quotient inside `modulo`; with room for all digits it does not. */
function exactRemainder(dividend: Oracle, divisor: Oracle): Oracle {
  const Wide = Oracle.clone({ precision: 400, toExpNeg: -9e15, toExpPos: 9e15 });
  return new Wide(dividend).modulo(divisor);
}

/** The binary value of a double, out of its bits. */
function exactValue(value: number): Oracle {
  const Wide = Oracle.clone({ precision: 800, toExpNeg: -9e15, toExpPos: 9e15 });
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & (2n ** 52n - 1n);
  const mantissa = exponent === 0 ? fraction : fraction + 2n ** 52n;
  const magnitude = new Wide(mantissa.toString()).times(new Wide(2).pow(Math.max(exponent, 1) - 1075));
  return value < 0 ? magnitude.negated() : magnitude;
}
