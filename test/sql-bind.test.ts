/** The binder: names, types, output names, and what is refused before a byte is read. */
import fc from 'fast-check';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { compileExpression } from '../src/engine/evaluate.ts';
import { bind } from '../src/sql/bind.ts';
import { compileQuery, outputColumns } from '../src/sql/compile.ts';
import { expressionText } from '../src/sql/explain-expression.ts';
import { findFunction, functions } from '../src/sql/functions/index.ts';
import { parse } from '../src/sql/parse.ts';
import type { Plan } from '../src/sql/plan.ts';
import type { InputSchema } from '../src/vector/schema.ts';
import { csvText } from '../src/vector/text.ts';
import { valueAt } from '../src/vector/vector.ts';
import { query } from './support/random-sql.ts';

const headless: InputSchema = { kind: 'positional', names: null };
const header: InputSchema = { kind: 'positional', names: ['id', 'Name', 'price', 'na.me', 'NAME', 'value', '_2'] };

t.test('names become columns, each once', (t) => {
  const resolved: readonly (readonly [sql: string, positions: readonly number[]])[] = [
    ['SELECT _3, s._1, S3OBJECT._3, "_1" FROM s3object s', [2, 0]],
    ['SELECT ID, "Name", s."NAME" FROM S3Object s', [0, 1, 4]],
    ['SELECT S.price, s3object.value, "na.me" FROM S3Object[*] s', [2, 5, 3]],
    ['SELECT s._100 FROM S3Object s', [99]],
    ['SELECT _1.id FROM S3Object[*]', [0]],
    ['SELECT _2 FROM S3Object', [6]],
    ['SELECT s[\'price\'] FROM S3Object AS "s"', [2]],
  ];
  for (const [sql, positions] of resolved)
    t.strictSame(
      planOf(sql).columns.map(({ position }) => position),
      positions,
      sql,
    );
  t.strictSame(planOf('SELECT id, _9 FROM S3Object').columns, [
    { name: 'id', position: 0, path: null },
    { name: '_9', position: 8, path: null },
  ]);
  t.end();
});

t.test('names of the output', (t) => {
  const sql = 'SELECT ID, s.Price AS p, s._3, id + 1, COALESCE(id), "na.me" x, UPPER(id) FROM S3Object s';
  t.strictSame(outputColumns(planOf(sql), header), ['ID', 'p', '_3', '_4', '_5', 'x', '_7']);
  t.strictSame(outputColumns(planOf('SELECT * FROM S3Object'), header), header.names);
  t.strictSame(outputColumns(planOf('SELECT s.*, s.id FROM S3Object s'), header), [...(header.names ?? []), 'id']);
  t.equal(outputColumns(planOf('SELECT * FROM S3Object', headless), headless), null);
  t.strictSame(outputColumns(planOf('SELECT COUNT(*), SUM(id) AS total FROM S3Object'), header), ['_1', 'total']);
  t.end();
});

t.test('an untyped field is read as a number where it meets one', (t) => {
  const bound: readonly (readonly [sql: string, text: string])[] = [
    ['_1 = 5', 'number(_1) = 5'],
    ["_1 = '5'", "_1 = '5'"],
    ['_1 = _2', '_1 = _2'],
    ['1.5 < _1', '1.5 < number(_1)'],
    ['_1 = CAST(_2 AS INT)', 'number(_1) = CAST(_2 AS INT)'],
    ['_1 < _2 + 1', 'number(_1) < (number(_2) + 1)'],
    ['-_1 = 1', '-number(_1) = 1'],
    ['_1 BETWEEN 1 AND _2', 'number(_1) BETWEEN 1 AND number(_2)'],
    ["_1 BETWEEN 'a' AND _2", "_1 BETWEEN 'a' AND _2"],
    ['_1 IN (1, 2)', 'number(_1) IN (1, 2)'],
    ["_1 IN (1, 'a', 2, NULL)", "(number(_1) IN (1, 2)) OR (_1 IN ('a', NULL))"],
    ["_1 NOT IN (1, 'a')", "(number(_1) NOT IN (1)) AND (_1 NOT IN ('a'))"],
    ['CAST(_1 AS INT) IN (_2, 3)', 'CAST(_1 AS INT) IN (number(_2), 3)'],
    ['COALESCE(_1, 0) > 5', 'number(COALESCE(_1, 0)) > 5'],
    ["COALESCE(_1, 'x') = 5", "COALESCE(_1, 'x') = 5"],
    ["CASE _1 WHEN 1 THEN 'a' WHEN 'b' THEN _2 END = 'c'", "CASE WHEN number(_1) = 1 THEN 'a' WHEN _1 = 'b' THEN _2 ELSE NULL END = 'c'"],
    ['NULLIF(_1, 0) IS NULL', 'CASE WHEN number(_1) = 0 THEN NULL ELSE COALESCE(_1) END IS NULL'],
    ["NULLIF(_1, '') IS NULL", "NULLIF(_1, '') IS NULL"],
  ];
  for (const [sql, text] of bound) {
    const { filter, columns } = bind(parse(`SELECT * FROM S3Object WHERE ${sql}`), headless);
    t.equal(filter && expressionText(filter, columns), text, sql);
  }
  t.end();
});

t.test('aggregates', (t) => {
  const plan = planOf('SELECT SUM(_1), MIN(_1), AVG(CAST(_2 AS INT)) / COUNT(*), COUNT(_1), 1 FROM S3Object LIMIT 1 + 1', headless);
  t.equal(plan.limit, 2);
  t.match(plan.projection, { kind: 'aggregation', items: [{ name: '_1' }, {}, {}, {}, { expression: { op: 'literal' } }] });
  const { projection, columns } = plan;
  const texts = projection.kind === 'rows' ? [] : projection.aggregates.map((one) => one.argument && expressionText(one.argument, columns));
  t.strictSame(texts, ['number(_1)', '_1', 'CAST(_2 AS INT)', null, '_1']);
  t.end();
});

const refused: readonly (readonly [sql: string, schema: InputSchema, code: string, column: number, hint?: string])[] = [
  ['SELECT odd FROM S3Object', headless, 'InvalidColumnIndex', 8],
  ['SELECT _0 FROM S3Object', headless, 'InvalidColumnIndex', 8],
  ['SELECT _99999999999 FROM S3Object', headless, 'InvalidColumnIndex', 8],
  ['SELECT s.odd FROM S3Object s', headless, 'MissingHeaders', 10],
  ['SELECT s."name" FROM S3Object s', header, 'MissingHeaders', 10, 'Did you mean Name?'],
  ['SELECT pric FROM S3Object s', header, 'MissingHeaders', 8, 'Did you mean price?'],
  ['SELECT na.me FROM S3Object s', header, 'InvalidTableAlias', 8, 'Did you mean "na.me"?'],
  ['SELECT name FROM S3Object s', header, 'AmbiguousFieldName', 8],
  ['SELECT * FROM S3OBJECT WHERE s."oddf" = \'true\'', headless, 'InvalidTableAlias', 30],
  ['SELECT S._1 FROM S3Object "s"', headless, 'InvalidTableAlias', 8],
  ['SELECT s._1.x FROM S3Object s', headless, 'InvalidKeyPath', 13],
  ['SELECT s[0] FROM S3Object s', headless, 'InvalidKeyPath', 10],
  ['SELECT _1 FROM S3Object[*].x', headless, 'InvalidKeyPath', 28],
  ['SELECT _1 FROM S3Object.x', headless, 'InvalidKeyPath', 25],
  ['SELECT _1 FROM objects', headless, 'InvalidDataSource', 16, 'FROM reads S3Object, not objects.'],
  ['SELECT UPPER(s.*) FROM S3Object s', headless, 'ParseInvalidContextForWildcardInSelectList', 16],
  ['SELECT [1, _1] FROM S3Object', headless, 'UnsupportedSyntax', 8],
  ["SELECT 'a' + 1 FROM S3Object", headless, 'InvalidDataType', 8],
  ['SELECT CAST(_1 AS STRING) * 2 FROM S3Object', headless, 'InvalidDataType', 8],
  ["SELECT -'a' FROM S3Object", headless, 'InvalidDataType', 8],
  ['SELECT _1 || 5 FROM S3Object', headless, 'InvalidDataType', 14, 'CAST it AS STRING.'],
  ['SELECT * FROM S3Object WHERE _1', headless, 'InvalidDataType', 30, 'Compare it, or CAST it AS BOOL.'],
  ['SELECT * FROM S3Object WHERE NOT 5', headless, 'InvalidDataType', 34],
  ["SELECT CASE WHEN 'a' THEN 1 END FROM S3Object", headless, 'InvalidDataType', 18],
  ["SELECT 5 LIKE 'a' FROM S3Object", headless, 'LikeInvalidInputs', 8],
  ["SELECT _1 LIKE 'a!b' ESCAPE '!' FROM S3Object", headless, 'EvaluatorLikePatternInvalidEscapeSequence', 16],
  ["SELECT _1 LIKE 'a' ESCAPE '!!' FROM S3Object", headless, 'EvaluatorLikePatternInvalidEscapeSequence', 16],
  ['SELECT CAST(5 AS TIMESTAMP) FROM S3Object', headless, 'InvalidCast', 8],
  ['SELECT CAST(`2010T` AS INT) FROM S3Object', headless, 'InvalidCast', 8],
  ['SELECT UPER(_1) FROM S3Object', headless, 'UnsupportedFunction', 8, 'Did you mean UPPER?'],
  ['SELECT LEFT(_1, 2) FROM S3Object', headless, 'UnsupportedFunction', 8],
  ['SELECT LOWER() FROM S3Object', headless, 'EvaluatorInvalidArguments', 8],
  ['SELECT COALESCE() FROM S3Object', headless, 'EvaluatorInvalidArguments', 8],
  ['SELECT NULLIF(_1) FROM S3Object', headless, 'EvaluatorInvalidArguments', 8],
  ['SELECT LOWER(5) FROM S3Object', headless, 'IncorrectSqlFunctionArgumentType', 14],
  ["SELECT SUM('a') FROM S3Object", headless, 'IncorrectSqlFunctionArgumentType', 12],
  ['SELECT LOWER(*) FROM S3Object', headless, 'ParseUnsupportedCallWithStar', 8],
  ['SELECT SUM(*) FROM S3Object', headless, 'ParseUnsupportedCallWithStar', 8],
  ['SELECT MIN(_1, _2) FROM S3Object', headless, 'ParseNonUnaryAgregateFunctionCall', 8],
  ['SELECT COUNT() FROM S3Object', headless, 'ParseNonUnaryAgregateFunctionCall', 8],
  ['SELECT SUM(COUNT(*)) FROM S3Object', headless, 'UnsupportedSqlStructure', 12],
  ['SELECT * FROM S3Object WHERE COUNT(*) > 1', headless, 'UnsupportedSqlStructure', 30],
  ['SELECT COUNT(*), _1 FROM S3Object', headless, 'UnsupportedSqlStructure', 18],
  ['SELECT s.*, COUNT(*) FROM S3Object s', headless, 'UnsupportedSqlStructure', 8],
  ['SELECT * FROM S3Object LIMIT -1', headless, 'EvaluatorNegativeLimit', 30],
  ['SELECT * FROM S3Object LIMIT 1 - 2', headless, 'EvaluatorNegativeLimit', 32],
  ["SELECT * FROM S3Object LIMIT '1'", headless, 'ParseExpectedNumber', 30],
  ['SELECT * FROM S3Object LIMIT 1.5', headless, 'ParseExpectedNumber', 30],
  ['SELECT * FROM S3Object LIMIT _1', headless, 'ParseExpectedNumber', 30],
  ['SELECT * FROM S3Object LIMIT 1 / 0', headless, 'ExternalEvalException', 32],
];

t.test('what is refused before a byte is read', (t) => {
  for (const [sql, schema, code, column, hint] of refused) {
    const error = errorOf(sql, schema);
    t.same({ code: error?.code, column: error?.params['column'], hint: error?.params['hint'] }, { code, column, hint }, sql);
  }
  t.end();
});

t.test('the SQL that query engines generate', (t) => {
  const generated = [
    "SELECT s._1, s._3 FROM S3Object s WHERE (s._1 != '' AND CAST(s._1 AS INT) > 5 OR s._1 != '' AND CAST(s._1 AS INT) IN (1,2)) AND s._2 = '2007-04-05'",
    "SELECT ' ' FROM S3Object s",
    'SELECT s._1 FROM S3Object s WHERE TRUE',
    "SELECT s._1 FROM S3Object s WHERE FALSE AND (s._2 != '' AND CAST(s._2 AS BOOL) = true)",
    "SELECT s._1 FROM S3Object s WHERE (CASE s._1 WHEN '' THEN null ELSE CAST(s._1 AS DECIMAL(10,2)) END) > 1.50",
  ];
  for (const sql of generated) t.equal(errorOf(sql, headless), undefined, sql);
  const spark: InputSchema = { kind: 'positional', names: ['name', 'age', 'day'] };
  t.equal(errorOf("select s.name,s.age from S3Object s WHERE s.age > 19 AND s.name = \\'x\\' AND s.day IS NOT NULL", spark), undefined);
  t.equal(errorOf("select * from S3Object s WHERE s.day >= \\'2020-01-01 00:00:00.0\\'", spark), undefined);
  t.equal(errorOf('SELECT * FROM S3OBJECT s WHERE s."age" = \'1\' LIMIT 10;', spark), undefined);
  t.end();
});

t.test('the size of a plan is bounded', (t) => {
  const doubled = (depth: number): string =>
    Array.from({ length: depth }).reduce<string>((inner) => `CASE ${inner} WHEN 1 THEN 2 WHEN 3 THEN 4 END`, '_1');
  t.equal(errorOf(`SELECT ${doubled(10)} FROM S3Object`, headless), undefined);
  t.equal(errorOf(`SELECT ${doubled(60)} FROM S3Object`, headless)?.code, 'MaxOperatorsExceeded');
  const many = Array.from({ length: 5000 }, (_, index) => `WHEN ${index} THEN 'x'`).join(' ');
  t.equal(errorOf(`SELECT CASE _1 ${many} END FROM S3Object`, headless), undefined);
  t.end();
});

t.test('random queries bind to plain data or a catalogued error', (t) => {
  const schema: InputSchema = { kind: 'positional', names: ['a', 'b', 'C d'] };
  let plans = 0;
  fc.assert(
    fc.property(query, (sql) => {
      if (errorOf(sql, schema) !== undefined) return;
      plans++;
      const plan = compileQuery(sql, schema);
      t.strictSame(structuredClone(plan), plan);
    }),
    { numRuns: 500 },
  );
  t.ok(plans > 50, `${plans} plans`);
  t.end();
});

t.test('the registry: names are unique, and every example gives what it says', (t) => {
  const names = functions.flatMap(({ name, aliases }) => [name, ...aliases]);
  t.equal(new Set(names).size, names.length);
  for (const entry of functions) {
    t.equal(findFunction(entry.name.toLowerCase()), entry);
    t.ok(entry.examples.length > 0 && entry.doc.endsWith('.'), entry.name);
    for (const { sql, result } of entry.examples) t.equal(resultOf(sql), result, sql);
  }
  t.end();
});

function planOf(sql: string, schema: InputSchema = header): Plan {
  return compileQuery(sql, schema);
}

function errorOf(sql: string, schema: InputSchema): SelectError | undefined {
  try {
    compileQuery(sql, schema);
    return undefined;
  } catch (error) {
    if (error instanceof SelectError) return error;
    throw error;
  }
}

/** The CSV text of an expression that reads no column. */
function resultOf(sql: string): string {
  const { projection } = bind(parse(`SELECT ${sql} FROM S3Object`), headless);
  const [item] = projection.items;
  if (item === undefined || !('expression' in item)) throw new Error(`no expression: ${sql}`);
  const columns = { read: () => ({ kind: 'constant' as const, value: undefined }), offsetOf: () => 0 };
  return csvText(valueAt(compileExpression(item.expression, { utcnow_ms: 0 })(columns, Uint32Array.of(0)), 0));
}
