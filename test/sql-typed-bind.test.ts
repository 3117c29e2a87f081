/** The binder and optimizer over typed columns: names, types known before a byte is read, and predicates as exact as the conditions they stand for. */
import fc from 'fast-check';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { compileExpression } from '../src/engine/evaluate.ts';
import { compileQuery, outputColumns } from '../src/sql/compile.ts';
import { explain } from '../src/sql/explain.ts';
import { expressionText, refText } from '../src/sql/explain-expression.ts';
import type { Plan } from '../src/sql/plan.ts';
import { orderOf, toleratedEquals } from '../src/vector/compare.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { compileLike } from '../src/vector/like.ts';
import { fromLiteral } from '../src/vector/literal.ts';
import type { ScanPredicate } from '../src/vector/predicate.ts';
import type { InputSchema, TypedColumn } from '../src/vector/schema.ts';
import { Timestamp } from '../src/vector/timestamp.ts';
import type { Literal, SqlValue, TypeName } from '../src/vector/value.ts';
import { type Columns, valueAt } from '../src/vector/vector.ts';
import { query } from './support/random-sql.ts';

const column = (name: string, type: TypeName, fields: readonly TypedColumn[] = []): TypedColumn => ({ name, type, fields });
const schema: InputSchema = {
  kind: 'typed',
  columns: [
    column('id', 'int'),
    column('Name', 'string'),
    column('price', 'decimal'),
    column('na.me', 'string'),
    column('NAME', 'string'),
    column('day', 'timestamp'),
    column('ratio', 'float'),
    column('flag', 'bool'),
    column('address', 'struct', [column('City', 'string'), column('geo', 'struct', [column('x', 'float'), column('X', 'int')])]),
    column('tags', 'list'),
    column('more', 'struct'),
  ],
};

const plan = (sql: string): Plan => compileQuery(sql, schema);
const columnsOf = ({ columns }: Plan): string[] => columns.map(refText);

t.test('names become columns, each once', (t) => {
  const resolved: readonly (readonly [sql: string, columns: readonly string[]])[] = [
    ['SELECT ID, s.Id, _1, s."id" FROM S3Object s', ['id']],
    ['SELECT "Name", "NAME", _4 FROM S3Object', ['Name', 'NAME', '"na.me"']],
    ['SELECT s.address.city, ADDRESS.City, s.address."City", s.address[\'City\'] FROM S3Object s', ['address."City"']],
    [
      'SELECT address.geo."x", address.geo."X", address.geo, _9 FROM S3Object',
      ['address."geo"."x"', 'address."geo"."X"', 'address."geo"', 'address'],
    ],
    ['SELECT s.tags[0], COALESCE(s.tags[*].a), tags FROM S3Object s', ['tags']],
    ['SELECT more.a.b, more.c[1] FROM S3Object', ['more']],
    ['SELECT _1.id, id FROM S3Object[*]', ['id']],
    ['SELECT COUNT(*) FROM S3Object', []],
  ];
  for (const [sql, columns] of resolved) t.strictSame(columnsOf(plan(sql)), columns, sql);
  t.strictSame(plan('SELECT s.address.geo."x" FROM S3Object s').columns, [
    {
      name: 'address',
      position: 8,
      path: [
        { kind: 'member', name: 'geo', exact: true },
        { kind: 'member', name: 'x', exact: true },
      ],
    },
  ]);
  t.end();
});

t.test('the whole record is its columns', (t) => {
  const names = schema.columns.map(({ name }) => name);
  for (const sql of ['SELECT * FROM S3Object', 'SELECT s.* FROM S3Object s']) {
    const { projection } = plan(sql);
    t.ok(projection.kind === 'rows' && projection.items.every(({ kind }) => kind === 'expression'));
    t.strictSame(outputColumns(plan(sql), schema), names, sql);
  }
  t.strictSame(outputColumns(plan('SELECT id AS x, s.*, id + 1, address.geo."x", tags[0] FROM S3Object s'), schema), [
    'x',
    ...names,
    '_3',
    'x',
    '_5',
  ]);
  t.end();
});

t.test('what is refused before a byte is read', (t) => {
  const refused: readonly (readonly [sql: string, code: string, detail?: RegExp])[] = [
    ['SELECT s.idd FROM S3Object s', 'MissingHeaders', /Did you mean id\?/],
    ['SELECT pricee FROM S3Object s', 'InvalidColumnIndex', /Did you mean price\?/],
    ['SELECT _12 FROM S3Object', 'InvalidColumnIndex', /11 columns/],
    ['SELECT name FROM S3Object', 'AmbiguousFieldName'],
    ['SELECT address.geo.x FROM S3Object', 'AmbiguousFieldName'],
    ['SELECT address.cityy FROM S3Object', 'MissingHeaders', /address\.cityy.*Did you mean City\?/],
    ['SELECT s."City" FROM S3Object s', 'MissingHeaders'],
    ['SELECT na.me FROM S3Object', 'InvalidTableAlias', /"na\.me"/],
    ['SELECT id.x FROM S3Object', 'InvalidKeyPath', /INT/],
    ['SELECT id[0] FROM S3Object', 'InvalidKeyPath', /INT/],
    ['SELECT s[0] FROM S3Object s', 'InvalidKeyPath'],
    ['SELECT t.id FROM S3Object s', 'InvalidTableAlias'],
    ['SELECT s.address.* FROM S3Object s', 'UnsupportedSyntax'],
    ['SELECT * FROM S3Object[*].tags', 'InvalidKeyPath'],
    ['SELECT * FROM other', 'InvalidDataSource'],
    ["SELECT * FROM S3Object WHERE id = '5'", 'InvalidDataType', /INT and STRING/],
    ['SELECT * FROM S3Object WHERE "Name" > 5', 'InvalidDataType', /STRING and INT/],
    ['SELECT * FROM S3Object WHERE day BETWEEN 1 AND 2', 'InvalidDataType', /TIMESTAMP and INT/],
    ["SELECT * FROM S3Object WHERE day >= 'yesterday'", 'CastFailed', /yesterday/],
    ['SELECT * FROM S3Object WHERE id IN (1, TRUE)', 'InvalidDataType', /INT and BOOL/],
    ['SELECT NULLIF(day, 5) FROM S3Object', 'InvalidDataType', /TIMESTAMP and INT/],
    ['SELECT CASE flag WHEN 1 THEN 2 END FROM S3Object', 'InvalidDataType', /BOOL and INT/],
    ['SELECT * FROM S3Object WHERE tags = 1', 'InvalidDataType', /LIST and INT/],
    ['SELECT * FROM S3Object WHERE id', 'InvalidDataType'],
    ['SELECT "Name" + 1 FROM S3Object', 'InvalidDataType', /STRING/],
    ["SELECT * FROM S3Object WHERE id LIKE '1%'", 'LikeInvalidInputs', /INT/],
    ['SELECT CHAR_LENGTH(id) FROM S3Object', 'IncorrectSqlFunctionArgumentType', /INT/],
    ['SELECT SUM("Name") FROM S3Object', 'IncorrectSqlFunctionArgumentType', /STRING/],
    ['SELECT EXTRACT(year FROM "Name") FROM S3Object', 'IncorrectSqlFunctionArgumentType'],
    ['SELECT CAST(day AS INT) FROM S3Object', 'InvalidCast'],
    ['SELECT CAST(tags AS STRING) FROM S3Object', 'InvalidCast', /LIST.*STRING/],
    ['SELECT CAST(id AS TIMESTAMP) FROM S3Object', 'InvalidCast'],
    ['SELECT COUNT(*), id FROM S3Object', 'UnsupportedSqlStructure'],
  ];
  for (const [sql, code, detail = /./] of refused) {
    const error = errorOf(() => plan(sql));
    t.equal(error?.code, code, sql);
    t.match(error?.message, detail, sql);
    t.ok(error !== null && (error.params['line'] === 1 || code === 'UnsupportedSqlStructure'), `${sql}: its place`);
  }
  t.end();
});

t.test('types meet', (t) => {
  for (const [sql, text] of [
    ["day >= '1994-01-01'", 'day >= `1994-01-01`'],
    ["'1994-01-01T00:00:00Z' < day", '`1994-01-01T00:00:00Z` < day'],
    ["day IN ('1994-01-01', `1995T`)", 'day IN (`1994-01-01`, `1995T`)'],
    ["day BETWEEN '1994-01-01' AND '1995-01-01'", 'day BETWEEN `1994-01-01` AND `1995-01-01`'],
    ["NULLIF(day, '1994-01-01') IS NULL", 'NULLIF(day, `1994-01-01`) IS NULL'],
    ['id < price AND ratio > id', '(id < price) AND (ratio > id)'],
    ['id IN (tags)', 'id IN tags'],
    ['"Name" IN (more.x)', 'Name IN more.x'],
    ['id IN (id)', 'id IN (id)'],
    ["more.x = 5 OR more.x > 'a'", "(more.x = 5) OR (more.x > 'a')"],
    ['tags = [1, 2]', 'tags = [1,2]'],
  ] as const) {
    const { filter, columns } = plan(`SELECT * FROM S3Object WHERE ${sql}`);
    t.equal(filter && expressionText(filter, columns), text, sql);
  }
  t.end();
});

t.test('binding answers a plan or an error of the catalogue', (t) => {
  let bound = 0;
  fc.assert(
    fc.property(query, (sql) => {
      try {
        plan(sql.replaceAll('s.b', 's.id').replaceAll('"C d"', 'price').replace(/\ba\b/g, 'ratio'));
        bound++;
      } catch (error) {
        if (!(error instanceof SelectError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
  t.ok(bound > 100, `${bound} queries bound`);
  t.end();
});

t.test('predicates are those of the columns themselves', (t) => {
  for (const [sql, text] of [
    ['id < 5', 'range: id < 5'],
    ['id < 5.5', 'range: id <= 5'],
    ['id >= 5.5', 'range: id >= 6'],
    ['id = 5.5', 'range: no value of id'],
    ['id > -5.5e0', 'range: id >= -5'],
    ['id < 1e30', 'range: id IS NOT NULL'],
    ['id <> 5.5', 'range: id IS NOT NULL'],
    ['NOT id = 7', 'range: id <> 7'],
    ['id BETWEEN 1 AND 5 AND id > 3', 'range: id > 3 AND id <= 5'],
    ['price <= 5', 'range: price <= 5'],
    ['price > 0.5', 'range: price > 0.5'],
    ['ratio < 9007199254740993', 'range: ratio <= 9007199254740992e0'],
    ['ratio = 0.1', 'range: ratio = 0.1'],
    ["day >= '1994-01-01' AND day < '1995-01-01'", 'range: day >= `1994-01-01` AND day < `1995-01-01`'],
    [`"Name" LIKE 'ab%'`, "range: Name >= 'ab' AND Name < 'ac'"],
    [`"Name" NOT LIKE '%b%'`, "like: Name NOT LIKE '%b%'"],
    [`"Name" IN ('a', 'b')`, "in: Name IN ('a', 'b')"],
    ['id NOT IN (1, 2.5, 3)', 'in: id NOT IN (1, 3)'],
    ['flag', 'range: flag = TRUE'],
    ['NOT flag', 'range: flag <> TRUE'],
    ['flag IS FALSE', 'range: flag = FALSE'],
    ['id IS NOT NULL', 'null: id IS NOT NULL'],
    ['tags IS NULL', 'null: tags IS NULL'],
    ['5 > id', 'range: id < 5'],
    [`address."City" = 'x'`, `range: address."City" = 'x'`],
  ] as const) {
    const text_of = explain(plan(`SELECT id FROM S3Object WHERE ${sql}`));
    t.match(text_of, `  kernel   ${text}\n`, sql);
    t.notMatch(text_of, /^filter/m, sql);
  }
  for (const sql of ['price > 1e0', 'id + 1 > 5', 'id IN (1, NULL)', 'flag IS NOT TRUE', 'more.x = 1', 'id < price', 'id IS MISSING']) {
    t.match(explain(plan(`SELECT id FROM S3Object WHERE ${sql}`)), /^filter/m, sql);
  }
  t.end();
});

const literals: Readonly<Record<string, readonly string[]>> = {
  number: [
    '0',
    '1',
    '-1',
    '5',
    '5.5',
    '-5.5',
    '0.1',
    '1e-1',
    '5e0',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '1e300',
    '-1e19',
    '0.10000000000000000555',
    "CAST('1e400' AS DECIMAL)",
  ],
  string: ["'a'", "'ab'", "''", "'é'", "'b'"],
  timestamp: ['`2020T`', '`2020-01-01`', "'2020-01-01T00:00:00Z'", '`2020-01-01T01:00:00+01:00`', '`2020-01-01T00:00:00.5Z`'],
  bool: ['TRUE', 'FALSE'],
};
const day = (text: string): SqlValue => Timestamp.parse(text);
const values: Readonly<Record<string, readonly SqlValue[]>> = {
  id: [null, 0n, 1n, -1n, 5n, 6n, -5n, -6n, 9007199254740992n, 9007199254740993n, 9007199254740994n, 2n ** 63n - 1n, -(2n ** 63n)],
  ratio: [
    null,
    0,
    -0,
    0.1,
    5,
    5.5,
    -5.5,
    NaN,
    Infinity,
    -Infinity,
    9007199254740992,
    9007199254740994,
    2 ** 63,
    1e300,
    0.30000000000000004,
  ],
  price: [
    null,
    ...['0', '0.00', '5', '5.50', '-5.5', '0.1', '0.10000000000000000555', '9007199254740993', '99999999999999999999', '-1'].map((text) =>
      Decimal.parse(text),
    ),
  ],
  '"Name"': [null, '', 'a', 'ab', 'abc', 'b', 'é', 'ac'],
  day: [
    null,
    day('2020-01-01'),
    day('2019-12-31'),
    day('2020-01-01T00:00:00.000Z'),
    day('2020-01-01T00:00:00.500000Z'),
    day('2021-01-01T00:00:00.000000001Z'),
  ],
  flag: [null, true, false],
};
const classes: Readonly<Record<string, string>> = {
  id: 'number',
  ratio: 'number',
  price: 'number',
  '"Name"': 'string',
  day: 'timestamp',
  flag: 'bool',
};

t.test('a predicate keeps the rows for which its condition is TRUE', (t) => {
  const condition = fc.constantFrom(...Object.keys(values)).chain((name) => {
    const literal = fc.constantFrom(...(literals[classes[name]!] ?? []));
    const comparison = fc
      .tuple(fc.constantFrom('=', '<>', '<', '<=', '>', '>='), literal, fc.boolean())
      .map(([sign, value, swapped]) => (swapped ? `${value} ${sign} ${name}` : `${name} ${sign} ${value}`));
    const forms = [
      comparison,
      comparison,
      fc.tuple(literal, literal).map(([low, high]) => `${name} BETWEEN ${low} AND ${high}`),
      fc
        .tuple(fc.constantFrom('', 'NOT '), fc.array(literal, { minLength: 1, maxLength: 3 }))
        .map(([not, list]) => `${name} ${not}IN (${list.join(', ')})`),
      fc.constantFrom(`${name} IS NULL`, `${name} IS NOT NULL`),
      ...(name === 'flag' ? [fc.constantFrom('flag', 'flag IS TRUE', 'flag IS FALSE')] : []),
      ...(name === '"Name"' ? [fc.constantFrom('a%', '%b', '_', 'a', '%', '', 'a_c').map((pattern) => `${name} LIKE '${pattern}'`)] : []),
    ];
    return fc.tuple(fc.constant(name), fc.oneof(...forms));
  });
  let pushed = 0;
  fc.assert(
    fc.property(condition, fc.option(condition), fc.boolean(), ([name, first], second, inverted) => {
      const more = second?.[0] === name ? ` AND ${second[1]}` : '';
      const sql = inverted ? `NOT (${first})` : first + more;
      const { filter, predicates, residual } = plan(`SELECT * FROM S3Object WHERE ${sql}`);
      if (predicates.length === 0 || filter === null || residual !== null) return;
      pushed++;
      const read = values[name]!;
      const columns: Columns = {
        read: (_slot, rows) => ({ kind: 'values', values: [...rows].map((row) => read[row]) }),
        offsetOf: () => 0,
      };
      const decided = compileExpression(filter, { utcnow_ms: 0 })(columns, Uint32Array.from(read.keys()));
      for (const [row, value] of read.entries()) {
        const kept = predicates.every((predicate) => keeps(predicate, value));
        if (kept !== (valueAt(decided, row) === true)) throw new Error(`${sql} for ${String(value)}: the scan says ${kept}`);
      }
    }),
    { numRuns: 5000 },
  );
  t.ok(pushed > 3000, `${pushed} predicates`);
  t.end();
});

/** What a scan makes of a predicate by its contract. */
function keeps(predicate: ScanPredicate, value: SqlValue): boolean {
  const { negated } = predicate;
  switch (predicate.kind) {
    case 'null':
      return (value === null) !== negated;
    case 'member':
      return predicate.values.some((member) => value !== null && toleratedEquals(value, own(member, value))) !== negated;
    case 'like':
      return value !== null && compileLike(predicate.pattern)(value as string) !== negated;
    case 'range': {
      if (value === null) return false;
      const { low, lowInclusive, high, highInclusive } = predicate;
      const fromLow = low === null ? 1 : orderOf(value, own(low, value))!;
      const fromHigh = high === null ? -1 : orderOf(value, own(high, value))!;
      const inside = (fromLow > 0 || (fromLow === 0 && lowInclusive)) && (fromHigh < 0 || (fromHigh === 0 && highInclusive));
      return inside !== negated;
    }
    default:
      throw new Error(`${predicate.kind} is asked of text`);
  }
}

/** A constant is of the type of the column. */
function own(literal: Literal, value: SqlValue): SqlValue {
  const constant = fromLiteral(literal);
  if (value !== null && (typeof constant !== typeof value || constant?.constructor !== value?.constructor))
    throw new Error(`${literal.type} for ${typeof value}`);
  return constant;
}

function errorOf(run: () => unknown): SelectError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof SelectError) return error;
    throw error;
  }
}
