/** The binder and optimizer over JSON: FROM paths, row variables, paths in expressions, IN over lists, what kernels may decide. */
import fc from 'fast-check';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { compileExpression, filterRows } from '../src/engine/evaluate.ts';
import { compileQuery, outputColumns } from '../src/sql/compile.ts';
import { explain } from '../src/sql/explain.ts';
import { pathText, refText } from '../src/sql/explain-expression.ts';
import type { Plan } from '../src/sql/plan.ts';
import { decodeToken } from '../src/vector/json.ts';
import { followPath } from '../src/vector/json-path.ts';
import type { InputSchema } from '../src/vector/schema.ts';
import { csvText, jsonText } from '../src/vector/text.ts';
import { Failure } from '../src/vector/value.ts';
import { type Columns, valueAt } from '../src/vector/vector.ts';
import { query } from './support/random-sql.ts';

const open: InputSchema = { kind: 'open' };
const plan = (sql: string): Plan => compileQuery(sql, open);

t.test('FROM: how records are reached', async (t) => {
  for (const [from, source] of [
    ['S3Object', ''],
    ['S3Object s', ''],
    ['S3Object[*]', ''],
    ['s3object[*] AS s', ''],
    ['S3Object[*][*]', '[*]'],
    ['S3Object[*].items[*] s', '.items[*]'],
    ['S3Object[*].a.B[0].c[*]', '.a.b[0].c[*]'],
    ['S3Object[*].a.*', '.a.*'],
    ['S3Object[*].*.nested.*.x', '.*.nested.*.x'],
    ["S3Object[*]['metadata']['.zattrs'] s", '."metadata".".zattrs"'],
    ['S3Object[*]."Quoted Key"[12]', '."Quoted Key"[12]'],
    ['S3Object[*].value.size', '.value.size'],
  ] as const) {
    t.equal(pathText(plan(`SELECT * FROM ${from}`).source), source, from);
  }
});

t.test('names and paths become columns, each once', async (t) => {
  for (const [sql, columns] of [
    ['SELECT s.a, a, s3object.A, S.a FROM S3Object s', ['a']],
    ['SELECT s."a", a, s[\'a\'], "a" FROM S3Object s', ['"a"', 'a']],
    ['SELECT s.a.b[0]."C d"[\'e\'] FROM S3Object s', ['a.b[0]."C d"."e"']],
    ['SELECT name.first FROM S3Object s', ['name.first']],
    ['SELECT s.value, s.date.year FROM S3Object s', ['value', 'date.year']],
    ['SELECT s FROM S3Object s', ['record']],
    ['SELECT S3Object FROM S3Object', ['record']],
    ['SELECT s[0], s[0].x FROM S3Object s', ['record[0]', 'record[0].x']],
    // The row variable: the alias, else the last name of the path, and _1
    ['SELECT _1.dir_name, dir_name FROM S3Object[*]', ['dir_name']],
    ['SELECT _1 FROM S3Object[*]', ['record']],
    ['SELECT _1 FROM S3Object', ['_1']],
    ['SELECT _1.x FROM S3Object[*] s', ['_1.x']],
    ['SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING', ['record']],
    ['SELECT ID.x, x FROM S3Object[*].Rules[*].id', ['x']],
    ['SELECT b.x, _1.x, a.x FROM S3Object[*].a.b', ['x', 'a.x']],
    ['SELECT "Id".x, id.x FROM S3Object[*].a["Id"]', ['x', 'id.x']],
    ['SELECT _1.x, a.x FROM S3Object[*].a[0]', ['x', 'a.x']],
    ['SELECT _1 FROM S3Object[*].a.*', ['record']],
    ['SELECT "S".a, s.a FROM S3Object "S"', ['a', 's.a']],
    // Wildcards: the scan reads what stands in front of them
    ["SELECT s.x FROM S3Object s WHERE 'a' IN s.t[*].n AND 'b' IN s.t", ['x', 't']],
  ] as const) {
    t.strictSame(plan(sql).columns.map(refText), columns, sql);
  }
});

t.test('names of the output', async (t) => {
  const sql = 'SELECT s.Created, s.p[0].project_name, s.a[1], s."Q r", s[\'k\'], s.a AS x, s.a + 1, s, b FROM S3Object s';
  t.strictSame(outputColumns(plan(sql), open), ['Created', 'project_name', '_3', 'Q r', 'k', 'x', '_7', 's', 'b']);
  t.equal(outputColumns(plan('SELECT * FROM S3Object'), open), null);
  t.equal(outputColumns(plan('SELECT s.*, s.a FROM S3Object s'), open), null);
  t.strictSame(outputColumns(plan('SELECT id FROM S3Object[*].r[*].id'), open), ['id']);
  t.strictSame(outputColumns(plan('SELECT COUNT(*), MAX(s.a) m FROM S3Object s'), open), ['_1', 'm']);
});

t.test('what is refused before a byte is read', async (t) => {
  const csv: InputSchema = { kind: 'positional', names: ['a'] };
  const long = (steps: number): string => '.a'.repeat(steps);
  for (const [sql, schema, code, column] of [
    ['SELECT a FROM S3Object.path', open, 'InvalidKeyPath', 24],
    ['SELECT a FROM S3Object[0]', open, 'InvalidKeyPath', 24],
    ['SELECT a FROM S3Object.*', open, 'InvalidKeyPath', 24],
    ['SELECT a FROM S3Object[*].path', csv, 'InvalidKeyPath', 27],
    ['SELECT a FROM S3Object[*][*]', csv, 'InvalidKeyPath', 27],
    ['SELECT s.a.b FROM S3Object s', csv, 'InvalidKeyPath', 12],
    ['SELECT a FROM other', open, 'InvalidDataSource', 15],
    ['SELECT s.a[*] FROM S3Object s', open, 'ParseInvalidContextForWildcardInSelectList', 12],
    ['SELECT s.a.* FROM S3Object s', open, 'UnsupportedSyntax', 10],
    ['SELECT a, COUNT(*) FROM S3Object', open, 'UnsupportedSqlStructure', 8],
    ['SELECT * FROM S3Object WHERE a IN a', csv, 'UnsupportedSyntax', 35],
    ['SELECT * FROM S3Object WHERE [1] = [a]', csv, 'UnsupportedSyntax', 36],
    ['SELECT * FROM S3Object WHERE [1]', open, 'InvalidDataType', 30],
    ['SELECT CAST(5 AS LIST) FROM S3Object', open, 'InvalidCast', 8],
    [`SELECT s${long(65)} FROM S3Object s`, open, 'MaxOperatorsExceeded', 138],
    [`SELECT a FROM S3Object[*]${long(65)}`, open, 'MaxOperatorsExceeded', 155],
  ] as const) {
    const error = errorOf(sql, schema);
    t.same({ code: error?.code, column: error?.params['column'] }, { code, column }, sql.slice(0, 60));
  }
  t.equal(errorOf(`SELECT s${long(64)} FROM S3Object s`, open), undefined);
});

t.test('explain', async (t) => {
  const sql = 'SELECT s.a.b, s."Q r" q FROM S3Object[*].items[*] s WHERE s.a.b > 5 AND \'x\' IN s.tags[*] AND s.c IS NOT MISSING';
  t.equal(
    explain(plan(sql)),
    `records    S3Object[*].items[*]
scan       columns a.b, "Q r", tags, c
  kernel   present: c IS NOT MISSING
  kernel   number range: a.b as decimal > 5
filter     'x' IN tags[*]
project    column gather: a.b AS b, "Q r" AS q
`,
  );
});

t.test('what kernels may decide', async (t) => {
  for (const [condition, kernel, left] of [
    ['s.a = 5', 'number', false],
    ['5.25 >= s.a', 'number', false],
    ['s.a BETWEEN 1 AND 2', 'number', false],
    ['NOT s.a < 1e3', 'number', false],
    ['CAST(s.a AS FLOAT) > 1', 'number', false],
    ["s.a = 'x'", 'text', false],
    ["s.a LIKE '%x%'", 'like', false],
    ["s.a IN ('x', 'y')", 'in', false],
    ['s.a IS MISSING', 'present', false],
    ['s.a IS NOT MISSING', 'present', false],
    ['s.a IS NULL', null, true],
    ['s.a IS NOT NULL', null, true],
    ['s.a IN (1, 2)', null, true],
    ["s.a NOT IN ('x')", null, true],
    ['s.a = s.b', null, true],
    ['s.a', null, true],
    ['s.a = true', null, true],
    ['s.a = 12345678901234567890', null, true],
    ['s.a = [1]', null, true],
    ["'x' IN s.a", null, true],
    ['s.a IS STRING', null, true],
  ] as const) {
    const { predicates, residual } = plan(`SELECT * FROM S3Object s WHERE ${condition}`);
    t.strictSame(
      predicates.map(({ kind }) => kind),
      kernel === null ? [] : [kernel],
      condition,
    );
    t.equal(residual !== null, left, condition);
  }
});

t.test('conditions over records', async (t) => {
  const records = [
    '{"id":0,"n":1,"tags":["foo","bar"],"flag":true}',
    '{"id":1,"n":"1","tags":"bar","nested":[[2,3.0,4],[7,8.5,9]]}',
    '{"id":2,"n":null,"tags":null,"flag":false,"o":{"x":[1,{"y":"bar"}]}}',
    '{"id":3,"n":2.50,"tags":[{"t":"bar"},["bar"]],"flag":"no","esc":["b\\"","\\u0061"]}',
    '[1,2]',
    '"text"',
  ];
  for (const [condition, ids] of [
    ["'bar' IN s.tags", '0 1'],
    ["'bar' IN s.tags[*]", '0 1'],
    ["'bar' IN (s.tags[*])", '0 1'],
    ["'bar' IN s.tags[*].t", '3'],
    ["'bar' IN s.tags[*][*]", '0 1 3'],
    ["'bar' NOT IN s.tags", '2 3 - -'],
    ["'b\"' IN s.esc", '3'],
    ["'a' IN s.esc", '3'],
    ["'bar' IN s.o.x[*].y", '2'],
    ["'bar' IN ('x', s.tags[1])", '0'],
    ['8.5 IN s.nested[*][*] AND s.id > 0', '1'],
    ['8.5 IN s.nested[*]', ''],
    ['(7, 8.5, 9) = s.nested[1]', '1'],
    ['(7, 8.5, 9) != s.nested[1]', ''],
    ['[7, 8.5, 9] IN s.nested', '1'],
    ['NULL IN s.tags', ''],
    ['s.nested[0][0] = 2', '1'],
    ['s.nested[0][0] = 7', ''],
    ['s.n = 1', '0'],
    ["s.n = '1'", '1'],
    ['s.n <> 1', '1 3'],
    ['s.n > 1', '3'],
    ['NOT s.n > 1', '0 1'],
    ['s.n BETWEEN 1 AND 2.5', '0 3'],
    ['COALESCE(s.n, 0) >= 1', '0 3'],
    ['s.n IN (1, 2.5)', '0 3'],
    ['s.n IS NULL', '2 - -'],
    ['s.n IS MISSING', '- -'],
    ['s.n IS NULL AND s.n IS NOT MISSING', '2'],
    ['s.n IS STRING', '1'],
    ['s.tags IS LIST', '0 3'],
    ['s.o IS STRUCT', '2'],
    ['s IS LIST', '-'],
    ['s[1] = 2', '-'],
    ["s = 'text'", '-'],
    ['s.flag = true', '0'],
    ['CASE WHEN s.flag = false THEN TRUE END', '2'],
    ['SIZE(s.nested[*]) = 2', '1'],
    ['CASE WHEN s.tags IS LIST THEN SIZE(s.tags) END = 2', '0 3'],
    ['CAST(s.n AS INT) = 1', '0 1'],
    ["s.n LIKE '1%' OR s.id <> 1 OR s IS LIST", '0 1 2 3 -'],
    ["s.n LIKE '1%'", 'LikeInvalidInputs'],
    ['CAST(s.tags AS STRING) = 1', 'InvalidCast'],
    ['NOT s.flag', 'ExternalEvalException'],
    ['s.tags || s.tags = 1', 'ExternalEvalException'],
  ] as const) {
    t.equal(where(condition, records), ids, condition);
  }
});

t.test('values of expressions', async (t) => {
  const record = '{"a":{"b":[1,2.50,"x\\n"]},"n":3,"big":12345678901234567890,"f":1e2,"z":null}';
  for (const [expression, json] of [
    ['s.a', '{"b":[1,2.50,"x\\n"]}'],
    ['s.a.b[1]', '2.50'],
    ['s.a.b[2]', '"x\\n"'],
    ['s.n + s.a.b[1]', '5.50'],
    ['s.big + 1', '12345678901234567891'],
    ['s.f', '100.0'],
    ['s.z', 'null'],
    ['s.none', undefined],
    ['s.z.x', undefined],
    ['[s.n, s.none, s.a.b[0]]', '[3,null,1]'],
    ['COALESCE(s.none, s.a.b)', '[1,2.50,"x\\n"]'],
    ['NULLIF([1], [1])', 'null'],
    ['CAST(s.a.b[1] AS STRING)', '"2.50"'],
    ['SIZE(s.a)', '1'],
  ] as const) {
    t.equal(resultOf(expression, record), json, expression);
  }
});

t.test('random queries bind to plain data or a catalogued error', async (t) => {
  let plans = 0;
  fc.assert(
    fc.property(query, (sql) => {
      if (errorOf(sql, open) !== undefined) return;
      plans++;
      const made = plan(sql);
      t.strictSame(structuredClone(made), made);
      t.ok(explain(made).endsWith('\n'));
    }),
    { numRuns: 300 },
  );
  t.ok(plans > 30, `${plans} plans`);
});

/** Records as columns: each path followed from the record. Row r lies at byte r. */
function columnsOf(records: readonly string[], { columns }: Plan): Columns {
  return {
    read: (slot, rows) => {
      const path = columns[slot]?.path ?? [];
      const values = Array.from(rows, (row) => {
        const record = decodeToken(records[row] ?? '');
        return path.length === 0 ? record : followPath(record, path);
      });
      return { kind: 'values', values };
    },
    offsetOf: (row) => row,
  };
}

/** The ids of the records where a condition is TRUE, `-` where there is none; or the code of the error. */
function where(condition: string, records: readonly string[]): string {
  const made = plan(`SELECT s.id FROM S3Object s WHERE ${condition}`);
  if (made.filter === null) throw new Error('no condition');
  const { selection, failure } = filterRows(
    compileExpression(structuredClone(made.filter), { utcnow_ms: 0 }),
    columnsOf(records, made),
    Uint32Array.from(records.keys()),
  );
  if (failure !== null) return failure.error.code;
  return Array.from(
    selection,
    (row) => csvText(followPath(decodeToken(records[row] ?? ''), [{ kind: 'member', name: 'id', exact: true }])) || '-',
  ).join(' ');
}

/** The JSON of an expression over one record. */
function resultOf(expression: string, record: string): string | undefined {
  const made = plan(`SELECT ${expression} FROM S3Object s`);
  const [item] = made.projection.items;
  if (item === undefined || !('expression' in item)) throw new Error(`no expression: ${expression}`);
  const value = valueAt(compileExpression(item.expression, { utcnow_ms: 0 })(columnsOf([record], made), Uint32Array.of(0)), 0);
  return value instanceof Failure ? value.error.code : jsonText(value);
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
