import t from 'tap';
import { castValue } from '../src/vector/cast.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { fromLiteral, toLiteral } from '../src/vector/literal.ts';
import { csvText, excerpt, jsonText, typeNameOf } from '../src/vector/text.ts';
import { Timestamp } from '../src/vector/timestamp.ts';
import { Failure, type SqlValue, type TypeName } from '../src/vector/value.ts';

const decimal = (text: string): Decimal => Decimal.parse(text) as Decimal;
const moment = Timestamp.parse('2007-04-05T14:30Z') as Timestamp;
const shown = (value: SqlValue): string => (value instanceof Failure ? value.error.code : `${typeNameOf(value)} ${csvText(value)}`);

t.test('the matrix', async (t) => {
  const targets: TypeName[] = ['bool', 'int', 'float', 'decimal', 'string', 'timestamp'];
  const rows: [SqlValue, ...string[]][] = [
    [true, 'BOOL true', 'INT 1', 'FLOAT 1.0', 'DECIMAL 1', 'STRING true', 'InvalidCast'],
    [false, 'BOOL false', 'INT 0', 'FLOAT 0.0', 'DECIMAL 0', 'STRING false', 'InvalidCast'],
    [0n, 'BOOL false', 'INT 0', 'FLOAT 0.0', 'DECIMAL 0', 'STRING 0', 'InvalidCast'],
    [-7n, 'BOOL true', 'INT -7', 'FLOAT -7.0', 'DECIMAL -7', 'STRING -7', 'InvalidCast'],
    [13.3, 'BOOL true', 'INT 13', 'FLOAT 13.3', `DECIMAL ${Decimal.fromNumber(13.3)?.toText()}`, 'STRING 13.3', 'InvalidCast'],
    [-0.5, 'BOOL true', 'INT 0', 'FLOAT -0.5', 'DECIMAL -0.5', 'STRING -0.5', 'InvalidCast'],
    [1e10, 'BOOL true', 'INT 10000000000', 'FLOAT 1.0E10', 'DECIMAL 10000000000', 'STRING 1.0E10', 'InvalidCast'],
    [
      2 ** 63,
      'BOOL true',
      'IntegerOverflow',
      'FLOAT 9.223372036854776E18',
      'DECIMAL 9223372036854775808',
      'STRING 9.223372036854776E18',
      'InvalidCast',
    ],
    [
      -(2 ** 63),
      'BOOL true',
      'INT -9223372036854775808',
      'FLOAT -9.223372036854776E18',
      'DECIMAL -9223372036854775808',
      'STRING -9.223372036854776E18',
      'InvalidCast',
    ],
    [NaN, 'BOOL true', 'IntegerOverflow', 'FLOAT NaN', 'CastFailed', 'STRING NaN', 'InvalidCast'],
    [decimal('0.00'), 'BOOL false', 'INT 0', 'FLOAT 0.0', 'DECIMAL 0.00', 'STRING 0.00', 'InvalidCast'],
    [decimal('-1.90'), 'BOOL true', 'INT -1', 'FLOAT -1.9', 'DECIMAL -1.90', 'STRING -1.90', 'InvalidCast'],
    [decimal('1e30'), 'BOOL true', 'IntegerOverflow', 'FLOAT 1.0E30', 'DECIMAL 1E+30', 'STRING 1E+30', 'InvalidCast'],
    ['TrUe', 'BOOL true', 'CastFailed', 'CastFailed', 'CastFailed', 'STRING TrUe', 'CastFailed'],
    ['', 'BOOL false', 'CastFailed', 'CastFailed', 'CastFailed', 'STRING ', 'CastFailed'],
    ['1', 'BOOL false', 'INT 1', 'FLOAT 1.0', 'DECIMAL 1', 'STRING 1', 'CastFailed'],
    [' 1.50 ', 'BOOL false', 'CastFailed', 'FLOAT 1.5', 'DECIMAL 1.50', 'STRING  1.50 ', 'CastFailed'],
    ['0x1F', 'BOOL false', 'INT 31', 'CastFailed', 'CastFailed', 'STRING 0x1F', 'CastFailed'],
    [
      '9223372036854775808',
      'BOOL false',
      'IntegerOverflow',
      'FLOAT 9.223372036854776E18',
      'DECIMAL 9223372036854775808',
      'STRING 9223372036854775808',
      'CastFailed',
    ],
    [
      '2007-04-05T14:30Z',
      'BOOL false',
      'CastFailed',
      'CastFailed',
      'CastFailed',
      'STRING 2007-04-05T14:30Z',
      'TIMESTAMP 2007-04-05T14:30Z',
    ],
    [moment, 'InvalidCast', 'InvalidCast', 'InvalidCast', 'InvalidCast', 'STRING 2007-04-05T14:30Z', 'TIMESTAMP 2007-04-05T14:30Z'],
    [null, 'NULL ', 'NULL ', 'NULL ', 'NULL ', 'NULL ', 'NULL '],
    [undefined, 'MISSING ', 'MISSING ', 'MISSING ', 'MISSING ', 'MISSING ', 'MISSING '],
  ];
  for (const [value, ...expected] of rows) {
    for (const [i, to] of targets.entries()) t.equal(shown(castValue(value, to)), expected[i], `${shown(value)} to ${to}`);
  }
});

t.test('errors name the types and the value', async (t) => {
  t.same(castValue('abc', 'timestamp'), new Failure({ code: 'CastFailed', params: { from: 'STRING', to: 'TIMESTAMP', value: 'abc' } }));
  t.same(castValue(moment, 'int'), new Failure({ code: 'InvalidCast', params: { from: 'TIMESTAMP', to: 'INT' } }));
  const long = castValue('x'.repeat(1_000_000), 'int') as Failure;
  t.ok(String(long.error.params['value']).length < 120, 'but not a megabyte of it');
  t.equal(excerpt(`${'x'.repeat(99)}\u{1f600}y`).isWellFormed(), true);
  const failure = new Failure({ code: 'IntegerOverflow', params: {} });
  t.equal(castValue(failure, 'string'), failure);
});

t.test('output text', async (t) => {
  for (const [value, csv, json] of [
    [undefined, '', undefined],
    [null, '', 'null'],
    [true, 'true', 'true'],
    [-5n, '-5', '-5'],
    [4, '4.0', '4.0'],
    [NaN, 'NaN', '"NaN"'],
    [-Infinity, '-Infinity', '"-Infinity"'],
    [decimal('10.00'), '10.00', '10.00'],
    ['a"b\n', 'a"b\n', '"a\\"b\\n"'],
    [moment, '2007-04-05T14:30Z', '"2007-04-05T14:30Z"'],
  ] as const) {
    t.equal(csvText(value), csv);
    t.equal(jsonText(value), json);
    const literal = toLiteral(value);
    t.same(fromLiteral(structuredClone(literal)), value, literal.type);
  }
  t.throws(() => csvText(new Failure({ code: 'IntegerOverflow', params: {} })));
});
