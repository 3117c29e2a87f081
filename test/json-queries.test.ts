/**
 * Random queries over random JSON, through whole engines, against the plain evaluator: layouts of every kind, cuts at every place,
 * SIMD and reference kernels, LINES and DOCUMENT, JSON and CSV output.
 */
import process from 'node:process';
import fc from 'fast-check';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { Engine, type EngineOptions } from '../src/engine/query.ts';
import type { JsonInput, OutputFormat } from '../src/formats/format.ts';
import { csvOutput, memoryObject } from './support/engine.ts';
import { answerOfReference } from './support/json-reference.ts';

const runs = process.env['S3LECT_MATRIX'] === 'full' ? 2000 : 150;

const key = fc.constantFrom('a', 'A', 'b', 'items', 'k y', 'quote"d', 'back\\', 'é', '');
const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('1.10', '-0', '1e2', '12345678901234567890', '0.1', '1E-2', '2.50').map((token) => new Raw(token)),
  fc.constantFrom('x', '', '1', 'a,b', 'say "hi"', '\\', '\n', 'é', '😀', ',]}', '\\"', 'x'.repeat(70)),
  fc.constantFrom('"\\u0078"', '"\\ud83d\\ude00"', '"a\\/b"', '"\\\\"').map((token) => new Raw(token)),
  fc.constantFrom(true, false, null),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: fc.array(tie('value'), { maxLength: 4 }), weight: 1 },
    { arbitrary: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((members) => new Members(members)), weight: 3 },
  ),
}));
const blank = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\t \n ');

/** A token written as it is. */
class Raw {
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }
}

/** An object whose keys may occur twice. */
class Members {
  readonly members: readonly (readonly [string, unknown])[];

  constructor(members: readonly (readonly [string, unknown])[]) {
    this.members = members;
  }
}

function print(value: unknown, space: string): string {
  if (value instanceof Raw) return value.token;
  const list = (open: string, parts: readonly string[], close: string): string =>
    open + space + parts.join(`${space},${space}`) + space + close;
  if (Array.isArray(value)) {
    const items = value.map((item) => print(item, space));
    return list('[', items, ']');
  }
  if (value instanceof Members) {
    const members = value.members.map(([name, member]) => `${JSON.stringify(name)}${space}:${space}${print(member, space)}`);
    return list('{', members, '}');
  }
  return JSON.stringify(value);
}

const text = fc
  .tuple(fc.array(fc.tuple(value, blank, fc.constantFrom('\n', '\n', '\n', '\r\n', ' ', '\n\n ')), { maxLength: 8 }), blank)
  .map(([values, before]) => before + values.map(([one, space, after]) => print(one, space) + after).join(''));

const path = fc.constantFrom(
  's.a',
  's."a"',
  's.b',
  's.A',
  's.items',
  's.items[0]',
  's.a.b',
  's.items[1].a',
  "s['k y']",
  's."quote""d"',
  's."é"',
  's[0]',
  's',
);
const constant = fc.constantFrom('1', '1.1', '0', '-2', '100', "'x'", "''", "'1'", "'😀'", 'TRUE', 'NULL');
const condition = fc.oneof(
  fc.tuple(path, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), constant).map((parts) => parts.join(' ')),
  fc
    .tuple(path, fc.constantFrom('IS NULL', 'IS NOT NULL', 'IS MISSING', 'IS NOT MISSING', 'IS LIST', 'IS STRUCT', 'IS STRING'))
    .map((parts) => parts.join(' ')),
  fc
    .tuple(path, fc.constantFrom("IN ('x', '1', '')", 'IN (1, 2, 1.1)', 'BETWEEN 0 AND 2', "NOT BETWEEN '1' AND 'x'", "NOT IN ('x')"))
    .map((parts) => parts.join(' ')),
  fc.tuple(constant, path).map(([one, list]) => `${one} IN ${list}`),
  fc.tuple(constant, fc.constantFrom('s.items[*]', 's.items[*].a', 's[*]', 's.a[*][*]', 's.a.*')).map(([one, list]) => `${one} IN ${list}`),
  fc
    .tuple(path, fc.constantFrom("'x%'", "'%\"%'", "'_'", "'%a%b%'"))
    .map(([operand, pattern]) => `CASE WHEN ${operand} IS STRING THEN ${operand} LIKE ${pattern} END`),
);
/** Alone: whether it fails beside a condition that is NULL depends on what the scan was asked. */
const risky = fc
  .tuple(path, fc.constantFrom('INT', 'FLOAT', 'DECIMAL', 'STRING', 'BOOL'), fc.constantFrom('=', '<', '>='), constant)
  .map(([operand, type, operator, one]) => `CAST(${operand} AS ${type}) ${operator} ${one}`);
const where = fc.oneof(
  risky.map((one) => ` WHERE ${one}`),
  fc.constant(''),
  condition.map((one) => ` WHERE ${one}`),
  fc.tuple(condition, condition, fc.constantFrom('AND', 'OR', 'AND NOT')).map(([left, right, op]) => ` WHERE ${left} ${op} ${right}`),
);
const list = fc.oneof(
  fc.constantFrom('*', 's.*', 's', 'COUNT(*)', 'COUNT(s.a), COUNT(s.items[0])', "'c' AS c, s.a"),
  fc.array(path, { minLength: 1, maxLength: 4 }).map((paths) => paths.join(', ')),
  fc.tuple(path, path).map(([left, right]) => `${left}, COALESCE(${right}, 'none') AS other`),
);
const from = fc.constantFrom(
  'S3Object',
  'S3Object',
  'S3Object[*]',
  'S3Object[*][*]',
  'S3Object[*].items[*]',
  'S3Object[*].a',
  'S3Object[*].*',
  'S3Object[*].a.items[0]',
);
const sql = fc
  .tuple(list, from, where, fc.constantFrom('', '', '', ' LIMIT 2'))
  .map(([items, source, conditions, limit]) => `SELECT ${items} FROM ${source} s${conditions}${limit}`);

const outputs: readonly OutputFormat[] = [{ format: 'json', recordDelimiter: '\n' }, csvOutput];
const configurations: readonly EngineOptions[] = [
  { workers: 0, kernels: 'simd' },
  { workers: 0, kernels: 'simd', window_bytes: 64, split_bytes: 97 },
  { workers: 0, kernels: 'reference', window_bytes: 64, split_bytes: 61 },
];

t.setTimeout(600_000);

for (const options of configurations) {
  t.test(`random queries: ${Object.values(options).join(' ')}`, async (t) => {
    const engine = new Engine(options);
    t.teardown(() => engine.close());
    let nonEmpty = 0;
    await fc.assert(
      fc.asyncProperty(
        text,
        sql,
        fc.constantFrom('lines', 'document'),
        fc.constantFrom(...outputs),
        fc.boolean(),
        async (json, expression, type, output, strict) => {
          const input: JsonInput = { format: 'json', compression: 'none', type, strict };
          const expected = answerOfReference(json, expression, output);
          const answer = await answerOf(engine, json, expression, input, output);
          if (expected !== '') nonEmpty++;
          if (answer !== expected) throw new Error(`${expression}\n${json}\n--- expected\n${expected}--- found\n${answer}`);
        },
      ),
      { numRuns: runs },
    );
    t.ok(nonEmpty > runs / 4, `${nonEmpty} answers with records`);
  });
}

async function answerOf(engine: Engine, json: string, expression: string, input: JsonInput, output: OutputFormat): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    const query = await engine.prepare({ object: memoryObject(json), expression, input, output, sink: 'blocks' });
    for await (const { bytes } of query.run()) parts.push(bytes);
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    return `${Buffer.concat(parts)}${error.code}\n`;
  }
  return Buffer.concat(parts).toString();
}
