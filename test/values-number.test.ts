import fc from 'fast-check';
import t from 'tap';
import { Decimal } from '../src/vector/decimal.ts';
import { floatText, readDecimal, readField, readFloat, readInt } from '../src/vector/number.ts';
import { csvText } from '../src/vector/text.ts';

t.test('untyped fields have the types of literals', async (t) => {
  for (const [text, type, output] of [
    ['5', 'bigint', '5'],
    [' -007\t', 'bigint', '-7'],
    ['+5', 'bigint', '5'],
    ['9223372036854775807', 'bigint', '9223372036854775807'],
    ['-9223372036854775808', 'bigint', '-9223372036854775808'],
    ['9223372036854775808', 'decimal', '9223372036854775808'],
    ['000000000000000000000000000000000000000000012', 'bigint', '12'],
    ['1.50', 'decimal', '1.50'],
    ['.5', 'decimal', '0.5'],
    ['5.', 'decimal', '5'],
    ['1e3', 'number', '1000.0'],
    ['-1.5E-3\r', 'number', '-0.0015'],
    ['1e400', 'number', 'Infinity'],
  ] as const) {
    const value = readField(text);
    t.equal(value instanceof Decimal ? 'decimal' : typeof value, type, text);
    t.equal(csvText(value), output, text);
  }
  for (const text of ['', ' ', '\t\r\n']) t.equal(readField(text), null);
  for (const text of ['abc', '1a', '1 2', '.', '+', 'e5', '1e', '--1', 'NaN', 'Infinity', '0x1F', '1_000', '1,000', '\u00a05', '٣']) {
    t.equal(readField(text), undefined, text);
  }
});

t.test('strings to integers', async (t) => {
  for (const [text, value] of [
    ['0013', 13n],
    ['-000', 0n],
    ['+7', 7n],
    ['0x1F', 31n],
    ['-0X1f', -31n],
    ['0b101', 5n],
    ['1_000', 1000n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', null],
    ['-9223372036854775809', null],
    ['0x8000000000000000', null],
    ['9'.repeat(1_000_000), null],
    [`${'0'.repeat(1_000_000)}1`, 1n],
  ] as const) {
    t.equal(readInt(text), value, text.slice(0, 40));
  }
  for (const text of ['', ' ', '1.0', '1e3', ' 1', '1 ', '_1', '1_', '1__0', '0x', '0b2', '-', 'abc', '١']) {
    t.equal(readInt(text), undefined, text);
  }
});

t.test('strings to floats, as Java reads them', async (t) => {
  for (const [text, value] of [
    [' 1.5 ', 1.5],
    ['1e5', 1e5],
    ['1.', 1],
    ['.5', 0.5],
    ['1d', 1],
    ['1.5F', 1.5],
    ['-0', -0],
    ['NaN', NaN],
    ['-Infinity', -Infinity],
    ['1e400', Infinity],
    ['0x1p4', 16],
    ['0x1.8p1', 3],
    ['-0x.8p0d', -0.5],
    ['0x0p0', 0],
    ['0x1p-1074', 5e-324],
    ['0x1p-1075', 0],
    ['0x1.8p-1075', 5e-324],
    ['0x1.00000000000001p-1075', 5e-324],
    ['0x1.fffffffffffff7p1023', 1.7976931348623157e308],
    ['0x1.fffffffffffff8p1023', Infinity],
    ['0x1p99999999999', Infinity],
    ['0x1p-99999999999', 0],
    ['0x1.00000000000008p0', 1],
    ['0x1.000000000000080000000000000001p0', 1 + 2 ** -52],
    ['0x1.00000000000018p0', 1 + 2 ** -51],
  ] as const) {
    t.ok(Object.is(readFloat(text), value), `${text}: ${readFloat(text)}`);
  }
  for (const text of ['', ' ', 'abc', '1e', 'nan', 'infinity', '0x1', '0xp1', '0x.p1', '1,5', '1 2', '1ff', '+-1', 'e1']) {
    t.equal(readFloat(text), undefined, text);
  }
});

t.test('hexadecimal floats round like the doubles they come from', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), fc.integer({ min: -900, max: 900 }), (mantissa, exponent) => {
      return readFloat(`0x${mantissa.toString(16)}p${exponent}`) === Number(mantissa) * 2 ** exponent;
    }),
  );
});

t.test('strings to decimals', async (t) => {
  t.equal(readDecimal(' 1.50 ')?.toText(), '1.50');
  t.equal(readDecimal('1e3')?.toText(), '1E+3');
  t.equal(readDecimal('1.5d'), null);
  t.equal(readDecimal(''), null);
});

t.test('floats as Java prints them', async (t) => {
  for (const [value, text] of [
    [0, '0.0'],
    [-0, '-0.0'],
    [4, '4.0'],
    [13.3, '13.3'],
    [1e10, '1.0E10'],
    [1e-5, '1.0E-5'],
    [0.001, '0.001'],
    [0.00099, '9.9E-4'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [12345678.9, '1.23456789E7'],
    [-1.5e300, '-1.5E300'],
    [5e-324, '5.0E-324'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ] as const) {
    t.equal(floatText(value), text);
  }
  fc.assert(fc.property(fc.double({ noNaN: true }), (value) => Object.is(Number(floatText(value)), value)));
  fc.assert(fc.property(fc.double({ noNaN: true }), (value) => Object.is(readFloat(floatText(value)), value)));
});
