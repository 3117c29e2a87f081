/** The grammar: what it accepts, the exact error and position of what it refuses, and that nothing else ever comes out. */
import fc from 'fast-check';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { limits } from '../src/base/limits.ts';
import type { Node, Select } from '../src/sql/ast.ts';
import { QueryParser } from '../src/sql/grammar.ts';
import { parse } from '../src/sql/parse.ts';
import { reservedWords } from '../src/sql/words.ts';
import { printNode, printSelect } from './support/print-sql.ts';
import { query } from './support/random-sql.ts';

const at = { line: 1, column: 1 };

const refused: readonly (readonly [sql: string, code: string, line: number, column: number])[] = [
  ['', 'ParseExpectedKeyword', 1, 1],
  ['insert into s3object', 'ParseExpectedKeyword', 1, 1],
  ['SELECT', 'ParseEmptySelect', 1, 1],
  ['SELECT FROM S3Object', 'ParseEmptySelect', 1, 8],
  ['SELECT 1', 'ParseSelectMissingFrom', 1, 9],
  ['SELECT a WHERE a = 1', 'ParseSelectMissingFrom', 1, 10],
  ['SELECT a b c FROM S3Object', 'ParseUnexpectedToken', 1, 12],
  ['SELECT *, a FROM S3Object', 'ParseAsteriskIsNotAloneInSelectList', 1, 8],
  ['SELECT a, * FROM S3Object', 'ParseAsteriskIsNotAloneInSelectList', 1, 11],
  ['SELECT s[*] FROM S3Object s', 'ParseInvalidContextForWildcardInSelectList', 1, 10],
  ['SELECT s.*.b FROM S3Object s', 'ParseInvalidContextForWildcardInSelectList', 1, 10],
  ['SELECT s[1].* FROM S3Object s', 'ParseCannotMixSqbAndWildcardInSelectList', 1, 13],
  ['SELECT s.* AS x FROM S3Object s', 'ParseUnsupportedAlias', 1, 15],
  ["SELECT a AS 'x' FROM S3Object", 'ParseExpectedIdentForAlias', 1, 13],
  ['SELECT VALUE a FROM S3Object', 'ParseUnsupportedSelect', 1, 8],
  ['SELECT DISTINCT a FROM S3Object', 'UnsupportedSqlStructure', 1, 8],
  ['SELECT COUNT(DISTINCT a) FROM S3Object', 'UnsupportedSqlStructure', 1, 14],
  ['SELECT * FROM', 'ParseExpectedExpression', 1, 14],
  ['SELECT * FROM (SELECT 1 FROM S3Object)', 'UnsupportedSqlStructure', 1, 15],
  ["SELECT * FROM 'S3Object'", 'InvalidDataSource', 1, 15],
  ['SELECT * FROM S3Object, b', 'MultipleDataSourcesUnsupported', 1, 23],
  ['SELECT * FROM S3Object a JOIN b', 'ParseMalformedJoin', 1, 26],
  ['SELECT * FROM S3Object CROSS JOIN b', 'ParseMalformedJoin', 1, 24],
  ['SELECT a FROM S3Object GROUP BY a', 'UnsupportedSqlStructure', 1, 24],
  ['SELECT a FROM S3Object GROUP BY 1', 'ParseUnsupportedLiteralsGroupBy', 1, 24],
  ['SELECT a FROM S3Object HAVING a', 'UnsupportedSqlStructure', 1, 24],
  ['SELECT a FROM S3Object ORDER BY a', 'UnsupportedSyntax', 1, 24],
  ['SELECT a FROM S3Object UNION SELECT b FROM S3Object', 'UnsupportedSqlStructure', 1, 24],
  ['SELECT a FROM S3Object LIMIT 5 OFFSET 3', 'ParseUnexpectedToken', 1, 32],
  ['SELECT a FROM S3Object; SELECT b', 'ParseUnexpectedToken', 1, 25],
  ['SELECT a FROM S3Object WHERE', 'ParseExpectedExpression', 1, 29],
  ['SELECT a FROM S3Object WHERE LIMIT 5', 'ParseUnExpectedKeyword', 1, 30],
  ['SELECT a FROM S3Object WHERE a = AND b', 'ParseUnExpectedKeyword', 1, 34],
  ['SELECT a FROM S3Object WHERE a = ', 'ParseExpectedExpression', 1, 34],
  ['SELECT a FROM S3Object WHERE * 3', 'ParseUnexpectedOperator', 1, 30],
  ['SELECT a FROM S3Object WHERE a IN ()', 'ParseExpectedExpression', 1, 36],
  ['SELECT a FROM S3Object WHERE a IN 5', 'ParseExpectedTokenType', 1, 35],
  ['SELECT a FROM S3Object WHERE a IN (SELECT b FROM S3Object)', 'UnsupportedSqlStructure', 1, 36],
  ['SELECT a FROM S3Object WHERE a BETWEEN 1 OR 2', 'ParseExpectedKeyword', 1, 42],
  ['SELECT a FROM S3Object WHERE a NOT 5', 'ParseExpectedKeyword', 1, 36],
  ['SELECT a FROM S3Object\nWHERE s.5', 'ParseUnexpectedToken', 2, 8],
  ["SELECT a FROM S3Object\r\nWHERE s.'odd'", 'ParseInvalidPathComponent', 2, 9],
  ['SELECT a FROM S3Object WHERE s.x IS "true"', 'ParseExpectedTypeName', 1, 37],
  ['SELECT CAST(a AS DATE) FROM S3Object', 'ParseExpectedTypeName', 1, 18],
  ['SELECT CAST(a AS BIGINT) FROM S3Object', 'ParseExpectedTypeName', 1, 18],
  ['SELECT CAST(a AS INT(3)) FROM S3Object', 'ParseCastArity', 1, 18],
  ['SELECT CAST(a AS DECIMAL(1, 2, 3)) FROM S3Object', 'ParseCastArity', 1, 18],
  ['SELECT CAST(a AS DECIMAL(x)) FROM S3Object', 'ParseInvalidTypeParam', 1, 26],
  ['SELECT CAST(a AS DECIMAL(1.5)) FROM S3Object', 'ParseInvalidTypeParam', 1, 26],
  ['SELECT CAST a AS INT) FROM S3Object', 'ParseExpectedLeftParenAfterCast', 1, 13],
  ['SELECT CAST(a INT) FROM S3Object', 'ParseExpectedKeyword', 1, 15],
  ["SELECT LOWER 'a' FROM S3Object", 'ParseExpectedLeftParenBuiltinFunctionCall', 1, 14],
  ["SELECT LOWER('a' FROM S3Object", 'ParseExpectedRightParenBuiltinFunctionCall', 1, 18],
  ["SELECT LOWER('a' 'b') FROM S3Object", 'ParseExpectedArgumentDelimiter', 1, 18],
  ["SELECT SUBSTRING('a' 1) FROM S3Object", 'ParseExpectedArgumentDelimiter', 1, 22],
  ["SELECT TRIM(LEADING 'a') FROM S3Object", 'ParseExpectedKeyword', 1, 24],
  ['SELECT EXTRACT(week FROM a) FROM S3Object', 'ParseExpectedDatePart', 1, 16],
  ['SELECT EXTRACT(5 FROM a) FROM S3Object', 'ParseExpectedDatePart', 1, 16],
  ['SELECT DATE_ADD(timezone_hour, 1, a) FROM S3Object', 'ParseExpectedDatePart', 1, 17],
  ['SELECT CASE END FROM S3Object', 'ParseExpectedWhenClause', 1, 13],
  ['SELECT CASE a END FROM S3Object', 'ParseExpectedWhenClause', 1, 15],
  ['SELECT CASE WHEN a ELSE b END FROM S3Object', 'ParseExpectedKeyword', 1, 20],
  ['SELECT CASE WHEN a THEN b FROM S3Object', 'ParseExpectedKeyword', 1, 27],
  ['SELECT (a FROM S3Object', 'ParseExpectedTokenType', 1, 11],
  ['SELECT @ FROM S3Object', 'ParseMissingIdentAfterAt', 1, 10],
  ['SELECT {} FROM S3Object', 'ParseUnexpectedTerm', 1, 8],
  ['SELECT a ^ b FROM S3Object', 'LexerInvalidOperator', 1, 10],
  ['SELECT a ! b FROM S3Object', 'LexerInvalidOperator', 1, 10],
  ['SELECT größe FROM S3Object', 'LexerInvalidChar', 1, 10],
  ['SELECT "ab FROM S3Object', 'LexerInvalidChar', 1, 8],
  ['SELECT a /* FROM S3Object', 'LexerInvalidChar', 1, 10],
  ["SELECT 'ab FROM S3Object", 'LexerInvalidLiteral', 1, 8],
  ['SELECT 12ab FROM S3Object', 'LexerInvalidLiteral', 1, 8],
  ['SELECT `x y` FROM S3Object', 'LexerInvalidIONLiteral', 1, 8],
  ['SELECT `2010-02-30T` FROM S3Object', 'LexerInvalidIONLiteral', 1, 8],
  ['SELECT 1e999 FROM S3Object', 'NumberFormatError', 1, 8],
];

t.test('what is refused, with which code and where', (t) => {
  for (const [sql, code, line, column] of refused) {
    const error = errorOf(sql);
    t.same({ code: error?.code, line: error?.params['line'], column: error?.params['column'] }, { code, line, column }, sql);
  }
  t.end();
});

t.test('messages name the token as the reference does', (t) => {
  t.equal(errorOf('SELECT * FROM S3OBJECT s WHERE s.5')?.message, 'Unexpected token found LITERAL:5d-1 at line 1, column 33.');
  t.equal(
    errorOf('SELECT * FROM S3OBJECT s WHERE s.odd IS "true"')?.message,
    "Expected type name, found QUOTED_IDENTIFIER:'true' at line 1, column 41.",
  );
  t.ok((errorOf(`SELECT a FROM S3Object '${'x'.repeat(100_000)}'`)?.message.length ?? 0) < 200, 'a message is short');
  t.end();
});

t.test('the grammar itself passes every check of the parser generator', (t) => {
  t.doesNotThrow(() => new QueryParser(false));
  t.end();
});

t.test('what is accepted', (t) => {
  const accepted = [
    'select * from s3object',
    '\t SELECT ALL a -- note\n, /* two\nlines */ "b c" FROM s3OBJECT AS "s" ;',
    'SELECT s.value, s.year, time, count, s.from, s."select" FROM S3Object s WHERE date = 1',
    'SELECT a AS date FROM S3Object[*] AS value LIMIT 2 + 3',
    "SELECT s.a[0]['b'].c FROM S3Object[*].x[*].y.* s",
    'SELECT @a, [1, 2], (1, 2) FROM S3Object WHERE a IN [1, 2] AND b IN s.list',
    'SELECT a FROM S3Object WHERE a != 1 AND b <> 2 AND NOT NOT c IS NOT MISSING OR d NOT BETWEEN 1 AND 2 + 3',
    "SELECT SUBSTRING(a FROM 1 FOR 2), SUBSTRING(a, 1), TRIM(a), TRIM('x' FROM a), TRIM(BOTH FROM a) FROM S3Object",
    'SELECT EXTRACT(year FROM `2010T`), DATE_ADD(month, -1, a), DATE_DIFF(day, a, b), UTCNOW(), COUNT(*) FROM S3Object',
    'SELECT CAST(a AS DOUBLE PRECISION), CAST(b AS CHARACTER VARYING (20)), CAST(c AS DECIMAL(10, 2)) FROM S3Object',
  ];
  for (const sql of accepted) t.equal(errorOf(sql), undefined, sql);
  t.end();
});

t.test('literals', (t) => {
  const literals: readonly (readonly [string, unknown])[] = [
    ['007', { type: 'int', value: 7n }],
    ['-9223372036854775808', { type: 'int', value: -(2n ** 63n) }],
    ['9223372036854775808', { type: 'decimal', text: '9223372036854775808' }],
    ['.50', { type: 'decimal', text: '0.50' }],
    ['1.', { type: 'decimal', text: '1' }],
    ['-1.5e3', { type: 'float', value: -1500 }],
    ["'it''s'", { type: 'string', text: "it's" }],
    ["\\'x\\'", { type: 'string', text: 'x' }],
    ['`2017-01-02T03:04Z`', { type: 'timestamp', text: '2017-01-02T03:04Z' }],
    ['`15d-1`', { type: 'decimal', text: '1.5' }],
    ['`1e0`', { type: 'float', value: 1 }],
    ['`TRUE`', { type: 'string', text: 'TRUE' }],
    ['`true`', { type: 'bool', value: true }],
    ['missing', { type: 'missing' }],
    ['1.00000000000000000000000000000000000005', { type: 'decimal', text: '1.0000000000000000000000000000000000000' }],
  ];
  for (const [sql, value] of literals) t.strictSame(firstItem(parse(`SELECT ${sql} FROM S3Object`)), { kind: 'literal', value }, sql);
  t.end();
});

t.test('precedence', (t) => {
  const equal: readonly (readonly [string, string])[] = [
    ['a OR b AND c', 'a OR (b AND c)'],
    ['NOT a = b', 'NOT (a = b)'],
    ['a = b < c', 'a = (b < c)'],
    ['a = b = c', 'a = (b = c)'],
    ['a < b < c', '(a < b) < c'],
    ['a = b IS NULL', '(a = b) IS NULL'],
    ['a < b LIKE c', 'a < (b LIKE c)'],
    ['a <> -1 AND a IN (1, 2)', '(a <> -1) AND (a IN (1, 2))'],
    ['a + b * c - d || e', '(((a + (b * c)) - d) || e)'],
    ['a - b - c', '(a - b) - c'],
    ['-a * b', '(-(a)) * b'],
    ['a BETWEEN b AND c AND d', '(a BETWEEN b AND c) AND d'],
  ];
  for (const [sql, parenthesized] of equal) t.strictSame(firstItem(parse(select(sql))), firstItem(parse(select(parenthesized))), sql);
  t.end();
});

t.test('a tree printed and parsed again is the same tree', (t) => {
  fc.assert(
    fc.property(query, (sql) => {
      const tree = parse(sql);
      const printed = printSelect(tree);
      t.strictSame(bare(parse(printed)), bare(tree), sql);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('the generator of trees makes mostly valid queries', (t) => {
  const samples = fc.sample(query, { numRuns: 200, seed: 7 });
  t.ok(samples.filter((sql) => sql !== 'SELECT * FROM S3Object').length > 100);
  const example: Node = { kind: 'not', operand: { kind: 'literal', value: { type: 'bool', value: true }, at }, at };
  t.equal(printNode(example), 'NOT (true)');
  t.end();
});

t.test('whatever the text, only errors of the catalogue come out', (t) => {
  const words = [...reservedWords, 'S3Object', 's', '_1', 'DATE_ADD', 'xyz'];
  const pieces = [
    ...'()[],.;*+-/%=<>\'"`\\|@{}:?!\n#é'.split(''),
    '||',
    '<=',
    '!=',
    "'a'",
    '"b"',
    '`2010T`',
    '1',
    '2.5',
    '1e3',
    '--',
    '/*',
    '*/',
  ];
  const soup = fc.array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...pieces)), { maxLength: 40 }).map((parts) => parts.join(' '));
  const mutated = fc
    .tuple(query, fc.nat(), fc.nat({ max: 12 }), fc.oneof(fc.constantFrom(...words, ...pieces), fc.string()))
    .map(([sql, at, count, text]) => `${sql.slice(0, at % sql.length)}${text}${sql.slice((at % sql.length) + count)}`);
  const odd = fc.oneof(
    soup,
    soup.map((text) => `SELECT ${text} FROM S3Object`),
    mutated,
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  fc.assert(
    fc.property(odd, (sql) => {
      errorOf(sql);
    }),
    { numRuns: 4000 },
  );
  t.pass('no other error');
  t.end();
});

t.test('limits', (t) => {
  const nested = (depth: number): string => select(`${'('.repeat(depth)}1${')'.repeat(depth)}`);
  t.equal(errorOf(nested(limits.expression_nesting_max)), undefined);
  t.equal(errorOf(nested(limits.expression_nesting_max + 1))?.code, 'MaxOperatorsExceeded');
  t.equal(errorOf(nested(50_000))?.code, 'MaxOperatorsExceeded');
  t.equal(errorOf(select(`${'CASE WHEN a THEN '.repeat(5000)}1${' END'.repeat(5000)}`))?.code, 'MaxOperatorsExceeded');
  t.equal(errorOf(select('(s.end = '.repeat(5000)))?.code, 'MaxOperatorsExceeded', 'END as a name closes nothing');
  t.equal(errorOf(select(`a${' || a'.repeat(limits.expression_depth_max - 1)}`)), undefined);
  t.equal(errorOf(select(`a${' || a'.repeat(limits.expression_depth_max)}`))?.code, 'MaxOperatorsExceeded');
  t.equal(errorOf(select(`'${'é'.repeat(140_000)}'`))?.code, 'ExpressionTooLong');
  t.end();
});

t.test('the longest inputs take linear time', (t) => {
  const fill = (piece: string): string => piece.repeat(Math.floor((limits.expression_bytes_max - 100) / piece.length));
  const inputs: readonly (readonly [name: string, sql: string, code: string | undefined])[] = [
    ['IN list', `SELECT * FROM S3Object WHERE _1 IN (1${fill(',12345')})`, undefined],
    ['AND', `SELECT * FROM S3Object WHERE a=1${fill(' AND a=1')}`, undefined],
    ['select list', `SELECT a${fill(',a')} FROM S3Object`, undefined],
    ['sum', select(`1${fill('+1')}`), 'MaxOperatorsExceeded'],
    ['NOT', select(`${fill('NOT ')}a`), 'MaxOperatorsExceeded'],
    ['=', select(`a${fill('=a')}`), 'MaxOperatorsExceeded'],
    ['IS NULL', select(`a${fill(' IS NULL')}`), 'MaxOperatorsExceeded'],
    ['quotes', `SELECT ${fill("'")}`, undefined],
    ['open comments', `SELECT ${fill('/* ')}`, 'LexerInvalidChar'],
    ['backslashes', `SELECT \\'${fill('\\x')}`, 'LexerInvalidChar'],
    ['digits', select(fill('1')), undefined],
    ['path', select(`a${fill('.a')}`), undefined],
  ];
  for (const [name, sql, code] of inputs) {
    const started = process.hrtime.bigint();
    const error = errorOf(sql);
    // why: linear is tenths of a second, quadratic would be minutes; the bound only tells these apart
    t.ok(process.hrtime.bigint() - started < 10_000_000_000n, `${name} in time`);
    if (code !== undefined || name === 'IN list' || name === 'AND') t.equal(error?.code, code, name);
  }
  t.end();
});

function errorOf(sql: string): SelectError | undefined {
  try {
    parse(sql);
    return undefined;
  } catch (error) {
    if (error instanceof SelectError) return error;
    throw error;
  }
}

function select(expression: string): string {
  return `SELECT ${expression} FROM S3Object`;
}

/** The first expression of the SELECT list, without positions. */
function firstItem(tree: Select): unknown {
  const item = tree.items === 'all' ? undefined : tree.items[0];
  return item?.kind === 'expression' ? bare(item.expression) : undefined;
}

/** A tree without its positions. */
function bare(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(bare);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).flatMap(([key, value]) => (key === 'at' ? [] : [[key, bare(value)]])));
}
