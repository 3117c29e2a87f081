/** The optimizer: each rule by what `explain` shows of it, and pushed predicates as exact as the filter they stand for. */
import fc from 'fast-check';
import t from 'tap';
import { compileExpression } from '../src/engine/evaluate.ts';
import { compileQuery } from '../src/sql/compile.ts';
import { explain } from '../src/sql/explain.ts';
import { nextDown, nextUp } from '../src/sql/optimize/doubles.ts';
import type { Plan } from '../src/sql/plan.ts';
import { compareText } from '../src/vector/compare.ts';
import { compileLike } from '../src/vector/like.ts';
import type { TextPredicate } from '../src/vector/predicate.ts';
import type { InputSchema } from '../src/vector/schema.ts';
import type { Columns } from '../src/vector/vector.ts';
import { valueAt } from '../src/vector/vector.ts';

const headless: InputSchema = { kind: 'positional', names: null };

t.test('explain', (t) => {
  const sql =
    "SELECT s.name, s.price * 2 AS twice FROM S3Object s WHERE s.name LIKE '%x%' AND UPPER(s.name) = 'X' AND s.price BETWEEN 1 AND 2.5 LIMIT 10";
  t.equal(
    explain(compileQuery(sql, { kind: 'positional', names: ['id', 'name', 'price'] })),
    `scan       columns name (_2), price (_3)
  kernel   number range: price as untyped >= 1 AND price as untyped <= 2.5
  kernel   like: name LIKE '%x%'
filter     UPPER(name) = 'X'
project    name AS name, number(price) * 2 AS twice
limit      10 rows
`,
  );
  t.equal(explain(plan('SELECT * FROM S3Object')), 'scan       whole records\nproject    record gather: fields as they are\n');
  t.equal(
    explain(plan('SELECT COUNT(*), MAX(_2) m FROM S3Object')),
    'scan       column _2\naggregate  #1 = COUNT(*)\naggregate  #2 = MAX(_2)\nproject    #1 AS _1, #2 AS m\n',
  );
  t.equal(
    explain(plan('SELECT _1 FROM S3Object WHERE 1 = 2')),
    'scan       nothing: the condition is never true\nproject    column gather: _1 AS _1\n',
  );
  t.end();
});

/** A condition, what kernels answer of it, what is left. */
const rules: readonly (readonly [condition: string, kernels: readonly string[], filter: string | null])[] = [
  // Comparisons of a column with a constant
  ['_1 < 5', ['number range: _1 as untyped < 5'], null],
  ['5 > _1', ['number range: _1 as untyped < 5'], null],
  ['_1 <> 5', ['number range: _1 as untyped <> 5'], null],
  ['CAST(_1 AS INT) >= 2 * 3', ['number range: _1 as int >= 6'], null],
  ['CAST(_1 AS FLOAT) > 49.9', ['number range: _1 as float > 49.9'], null],
  ['CAST(_1 AS DECIMAL(10, 2)) NOT BETWEEN 0.05 AND 0.07', ['number range: NOT (_1 as decimal >= 0.05 AND _1 as decimal <= 0.07)'], null],
  ["_1 >= '1994-01-01'", ["text range: _1 >= '1994-01-01'"], null],
  ["CAST(_1 AS STRING) = 'a'", ["text range: _1 = 'a'"], null],
  ["_1 BETWEEN 'a' AND 'b'", ["text range: _1 >= 'a' AND _1 <= 'b'"], null],
  ["_1 IN ('a', 'b', 'a')", ["in: _1 IN ('a', 'b')"], null],
  ["_1 IN ('a')", ["text range: _1 = 'a'"], null],
  ['_1 IN (3)', ['number range: _1 as untyped = 3'], null],
  ['_1 IS NOT NULL', ['present: _1 IS NOT NULL'], null],
  ['_1 IS MISSING', ['present: _1 IS NULL'], null],
  // LIKE
  ["_1 LIKE 'a%'", ["text range: _1 >= 'a' AND _1 < 'b'"], null],
  ["_1 NOT LIKE 'a%%'", ["text range: NOT (_1 >= 'a' AND _1 < 'b')"], null],
  ["NOT _1 LIKE 'a!%%' ESCAPE '!'", ["text range: NOT (_1 >= 'a%' AND _1 < 'a&')"], null],
  ["_1 LIKE 'a\u{d7ff}%'", ["text range: _1 >= 'a\u{d7ff}' AND _1 < 'a\u{e000}'"], null],
  ["_1 LIKE 'a\u{ffff}%'", ["text range: _1 >= 'a\u{ffff}' AND _1 < 'a\u{10000}'"], null],
  ["_1 LIKE 'a\u{10ffff}%'", ["text range: _1 >= 'a\u{10ffff}' AND _1 < 'b'"], null],
  ["_1 LIKE '\u{10ffff}%'", ["text range: _1 >= '\u{10ffff}'"], null],
  ["_1 LIKE ''", ["text range: _1 = ''"], null],
  ["_1 NOT LIKE 'a'", ["text range: _1 <> 'a'"], null],
  ["_1 LIKE '%'", ["like: _1 LIKE '%'"], null],
  ["_1 LIKE 'a%b'", ["like: _1 LIKE 'a%b'"], null],
  ["_1 LIKE 'a_'", ["like: _1 LIKE 'a_'"], null],
  ["_1 LIKE 'ab%' AND _1 < 'abc'", ["text range: _1 >= 'ab' AND _1 < 'abc'"], null],
  ["_1 NOT LIKE '%a!_%' ESCAPE '!'", ["like: _1 NOT LIKE '%a!_%' ESCAPE '!'"], null],
  ["_1 LIKE '_*!x%*_' ESCAPE 'x'", ["like: _1 LIKE '_*!!!%*_' ESCAPE '!'"], null],
  ["_1 LIKE 'a!%' ESCAPE '!'", ["text range: _1 = 'a%'"], null],
  // NOT where it is exact, and where it is not
  ["NOT _1 = 'a'", ["text range: _1 <> 'a'"], null],
  ['NOT (_1 < 5)', ['number range: NOT (_1 as untyped < 5)'], null],
  ["NOT _1 IN ('a')", [], "NOT (_1 IN ('a'))"],
  ["_1 NOT IN ('a')", [], "_1 NOT IN ('a')"],
  // Constants that doubles cannot stand for
  ['CAST(_1 AS INT) = 9007199254740993', [], 'CAST(_1 AS INT) = 9007199254740993'],
  ['_1 < 0.1234567890123456', [], 'number(_1) < 0.1234567890123456'],
  ['CAST(_1 AS FLOAT) < 0.1234567890123456', ['number range: _1 as float < 0.1234567890123456'], null],
  ['CAST(_1 AS FLOAT) = 9007199254740993', [], 'CAST(_1 AS FLOAT) = 9007199254740993'],
  // Folding
  ['1 = 1', [], null],
  ['TRUE AND _1 = 1 AND NOT FALSE', ['number range: _1 as untyped = 1'], null],
  ["_1 = 'a' || 'b'", ["text range: _1 = 'ab'"], null],
  ["CAST(_1 AS INT) = CAST('7' AS INT)", ['number range: _1 as int = 7'], null],
  ['_1 = 1 OR FALSE', ['number range: _1 as untyped = 1'], null],
  ['_1 = 1 / 0', [], 'number(_1) = (1 / 0)'],
  // Order: cheap before dear, what no kernel answers last, ties as written
  [
    "UPPER(_1) = 'A' AND _2 LIKE '%b%' AND (_3 = 1 AND _4 = 'd') AND _5 IS NOT NULL AND _6 = _7",
    ['present: _5 IS NOT NULL', "text range: _4 = 'd'", 'number range: _3 as untyped = 1', "like: _2 LIKE '%b%'"],
    "(_6 = _7) AND (UPPER(_1) = 'A')",
  ],
];

t.test('what kernels answer and what is left to the filter', (t) => {
  for (const [condition, kernels, filter] of rules) {
    const lines = explain(plan(`SELECT * FROM S3Object WHERE ${condition}`)).split('\n');
    t.strictSame(
      lines.filter((line) => line.startsWith('  kernel')).map((line) => line.slice(11)),
      kernels,
      condition,
    );
    t.equal(lines.find((line) => line.startsWith('filter'))?.slice(11) ?? null, filter, condition);
  }
  t.end();
});

t.test('conditions that are never true, and columns no longer needed', (t) => {
  for (const never of ['FALSE', 'NULL', 'MISSING', '1 = 2', '_1 = 1 AND FALSE']) {
    const { empty, columns } = plan(`SELECT * FROM S3Object WHERE ${never}`);
    t.strictSame({ empty, columns }, { empty: true, columns: [] }, never);
  }
  t.equal(plan('SELECT * FROM S3Object WHERE NULL AND _1 = 1').empty, false, 'a row may still fail');
  t.strictSame(plan('SELECT _2 FROM S3Object WHERE TRUE OR _1 = 1').columns, [{ name: '_2', position: 1, path: null }]);
  t.match(plan('SELECT COUNT(1), COUNT(NULL) FROM S3Object').projection, {
    aggregates: [{ argument: null }, { argument: { op: 'literal' } }],
  });
  t.end();
});

t.test('constants beyond the room of kernels are left to the filter', (t) => {
  const long = plan(`SELECT * FROM S3Object WHERE _1 IN (${Array.from({ length: 30_000 }, (_, index) => `'${index}'`).join(',')})`);
  t.strictSame({ pushed: long.predicates.length, left: long.residual?.op }, { pushed: 0, left: 'in' });
  const many = plan(`SELECT * FROM S3Object WHERE ${Array.from({ length: 15_000 }, (_, index) => `_1<>${index}`).join(' AND ')}`);
  t.equal(many.predicates.length + (many.residual?.op === 'and' ? many.residual.operands.length : 0), 15_000);
  t.ok(many.predicates.length > 1000 && many.predicates.length < 15_000);
  t.end();
});

t.test('neighbours of doubles', (t) => {
  t.equal(nextUp(0), Number.MIN_VALUE);
  t.equal(nextDown(0), -Number.MIN_VALUE);
  t.equal(nextUp(1), 1 + Number.EPSILON);
  t.equal(nextDown(1), 1 - Number.EPSILON / 2);
  t.equal(nextUp(Number.MAX_VALUE), Infinity);
  t.equal(nextDown(Number.MIN_VALUE), 0);
  t.equal(nextUp(Infinity), Infinity);
  t.equal(nextDown(-Infinity), -Infinity);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const up = nextUp(value);
      const between = (value + up) / 2;
      return up > value && (between === value || between === up || !Number.isFinite(between)) && nextDown(up) === value;
    }),
  );
  t.end();
});

t.test('a predicate keeps exactly the rows for which its condition is true', (t) => {
  const digits = fc.constantFrom(
    '0',
    '5',
    '5.0',
    '-5',
    '5.00000000000001',
    '4.99999999999999',
    '0.1',
    '0.3',
    '49.9',
    '1e3',
    '123456789012345',
    '-0',
    '07',
  );
  const words = fc.constantFrom('', ' ', 'a', 'ab', 'b', 'a%', '%', '\u{1f600}', '\uffff', 'é', 'abc');
  const field = fc.oneof(digits, words, fc.constant(undefined));
  const text = words.map((word) => `'${word}'`);
  const number = digits.map((literal) => (literal === '-0' ? '0' : literal));
  const operator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=');
  const column = fc.constantFrom('_1', 'CAST(_1 AS INT)', 'CAST(_1 AS FLOAT)', 'CAST(_1 AS DECIMAL)');
  const condition = fc.oneof(
    fc.tuple(column, operator, number).map((parts) => parts.join(' ')),
    fc.tuple(number, operator, column).map((parts) => parts.join(' ')),
    fc.tuple(operator, text).map(([sign, literal]) => `_1 ${sign} ${literal}`),
    fc.tuple(column, fc.constantFrom('', 'NOT '), number, number).map(([of, not, low, high]) => `${of} ${not}BETWEEN ${low} AND ${high}`),
    fc.tuple(fc.constantFrom('', 'NOT '), text, text).map(([not, low, high]) => `_1 ${not}BETWEEN ${low} AND ${high}`),
    fc.array(text, { minLength: 1, maxLength: 3 }).map((list) => `_1 IN (${list.join(', ')})`),
    fc
      .tuple(fc.constantFrom('', 'NOT '), fc.constantFrom('a%', '%b', '_', 'a', '%', '', 'a_c'))
      .map(([not, like]) => `_1 ${not}LIKE '${like}'`),
    fc.constantFrom('_1 IS NULL', '_1 IS NOT MISSING'),
  );
  let pushed = 0;
  fc.assert(
    fc.property(condition, fc.boolean(), fc.array(field, { minLength: 1, maxLength: 8 }), (inner, inverted, fields) => {
      const sql = inverted ? `NOT (${inner})` : inner;
      const { filter, predicates } = plan(`SELECT * FROM S3Object WHERE ${sql}`);
      const [predicate] = predicates;
      if (predicate === undefined || filter === null) return;
      pushed++;
      const columns: Columns = {
        read: (_slot, rows) => ({ kind: 'values', values: [...rows].map((row) => fields[row]) }),
        offsetOf: () => 0,
      };
      const rows = Uint32Array.from(fields.keys());
      const values = compileExpression(filter, { utcnow_ms: 0 })(columns, rows);
      for (const [row, value] of fields.entries()) {
        const decided = decide(predicate as TextPredicate, value);
        if (decided !== null && decided !== (valueAt(values, row) === true)) {
          throw new Error(`${sql} for ${JSON.stringify(value)}: the scan says ${decided}`);
        }
      }
    }),
    { numRuns: 3000 },
  );
  t.ok(pushed > 1000, `${pushed} predicates`);
  t.end();
});

function plan(sql: string): Plan {
  return compileQuery(sql, headless);
}

/** What a scan makes of a predicate by its contract: kept, dropped, or null where it cannot decide. */
function decide(predicate: TextPredicate, field: string | undefined): boolean | null {
  if (field === undefined) return predicate.kind === 'present' && predicate.negated;
  switch (predicate.kind) {
    case 'present':
      return !predicate.negated;
    case 'in':
      return predicate.values.includes(field) !== predicate.negated;
    case 'like':
      return compileLike(predicate.pattern)(field) !== predicate.negated;
    case 'text': {
      const low = predicate.low === null ? 1 : compareText(field, predicate.low);
      const high = predicate.high === null ? -1 : compareText(field, predicate.high);
      const inside = (low > 0 || (low === 0 && predicate.lowInclusive)) && (high < 0 || (high === 0 && predicate.highInclusive));
      return inside !== predicate.negated;
    }
    case 'number': {
      if (predicate.reading === 'untyped' && field === '') return false;
      const grammar = predicate.reading === 'int' ? /^-?\d+$/ : /^-?\d+(?:\.\d+)?$/;
      if (!grammar.test(field) || field.replace(/\D/g, '').length > 15) return null;
      const value = Number(field);
      return (predicate.low <= value && value <= predicate.high) !== predicate.negated;
    }
  }
}
