/** JSON as SQL values: tokens, text without whitespace, paths, order and equality. JSON.parse is the oracle. */
import fc from 'fast-check';
import t from 'tap';
import { castValue } from '../src/vector/cast.ts';
import { compareValues, toleratedEquals } from '../src/vector/compare.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { decodeToken } from '../src/vector/json.ts';
import { elementsOf, followPath, listOf } from '../src/vector/json-path.ts';
import { compactJson } from '../src/vector/json-text.ts';
import { JsonValue } from '../src/vector/json-value.ts';
import { fromLiteral, toLiteral } from '../src/vector/literal.ts';
import type { PathStep } from '../src/vector/path.ts';
import { csvText, jsonText, typeNameOf } from '../src/vector/text.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';

const member = (name: string, exact = false): PathStep => ({ kind: 'member', name, exact });
const index = (at: number): PathStep => ({ kind: 'index', index: at });
const elements: PathStep = { kind: 'elements' };
const members: PathStep = { kind: 'members' };
const shown = (value: SqlValue): string => (value instanceof Failure ? value.error.code : `${typeNameOf(value)} ${csvText(value)}`);

t.test('scalar tokens', async (t) => {
  for (const [token, expected] of [
    ['0', 'INT 0'],
    ['-0', 'INT 0'],
    ['123456789012345', 'INT 123456789012345'],
    ['9007199254740993', 'INT 9007199254740993'],
    ['9223372036854775807', 'INT 9223372036854775807'],
    ['-9223372036854775808', 'INT -9223372036854775808'],
    ['9223372036854775808', 'DECIMAL 9223372036854775808'],
    ['-12345678901234567890123', 'DECIMAL -12345678901234567890123'],
    ['1.10', 'DECIMAL 1.10'],
    ['-0.0', 'DECIMAL 0.0'],
    ['1e2', 'FLOAT 100.0'],
    ['1.5E-3', 'FLOAT 0.0015'],
    ['1e400', 'FLOAT Infinity'],
    ['true', 'BOOL true'],
    ['false', 'BOOL false'],
    ['null', 'NULL '],
    ['""', 'STRING '],
    ['"a b"', 'STRING a b'],
    [String.raw`"\"\\\/\b\f\n\r\t"`, 'STRING "\\/\b\f\n\r\t'],
    [String.raw`"\u00e9\uD83D\uDE00x"`, 'STRING é😀x'],
    [String.raw`"\ud800"`, 'STRING \ud800'],
    ['[ 1 , "a b" ]', 'LIST [1,"a b"]'],
    ['{ }', 'STRUCT {}'],
  ] as const) {
    t.equal(shown(decodeToken(token)), expected, token);
  }
  t.equal((decodeToken(`0.${'1'.repeat(50)}`) as Decimal).toText(), `0.${'1'.repeat(38)}`);
});

t.test('what is no token', async (t) => {
  for (const token of [
    ...[
      '',
      ' ',
      '1 ',
      ' 1',
      '01',
      '-',
      '-01',
      '+1',
      '.5',
      '5.',
      '1.e5',
      '1e',
      '1e+',
      '0x1',
      'NaN',
      'Infinity',
      'True',
      'tru',
      'nul',
      'nulls',
    ],
    ...[
      '"',
      '"a',
      '"a"b',
      '"\\"',
      '"\\x"',
      '"\\u12"',
      '"\\u12g4"',
      '"\n"',
      '"\u0000"',
      "'a'",
      '[',
      ']',
      '[1',
      '[1,]',
      '[,1]',
      '[1 2]',
      '{"a"}',
    ],
    ...[
      '{"a":}',
      '{"a":1,}',
      '{a:1}',
      '{1:2}',
      '[1}',
      '{"a":1]',
      '[]]',
      '[] []',
      '{"a" 1}',
      '[1,,2]',
      '[01]',
      '[tru]',
      '[1e]',
      '[1.]',
      '[nullx]',
    ],
  ]) {
    t.equal(shown(decodeToken(token)), 'JSONParsingError', token);
  }
});

t.test('the longest inputs take linear time', async (t) => {
  const deep = 500_000;
  const nested = `${'['.repeat(deep)}${']'.repeat(deep)}`;
  const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const started = performance.now();
  t.equal((decodeToken(nested) as JsonValue).json, nested);
  t.equal((decodeToken(objects) as JsonValue).json, objects);
  t.equal(compareValues('=', new JsonValue(nested), new JsonValue(`${nested.slice(0, deep)}1${nested.slice(deep)}`), false), false);
  t.equal(compareValues('=', new JsonValue(objects), new JsonValue(objects.replace('1', '1.0')), false), true);
  t.equal(shown(decodeToken('1'.repeat(1_000_000))), `DECIMAL ${Decimal.parse('1'.repeat(1_000_000))?.toText()}`);
  t.equal((decodeToken(`"${String.raw`\\`.repeat(500_000)}"`) as string).length, 500_000);
  t.equal(shown(decodeToken(`"${'\\'.repeat(500_001)}"`)), 'JSONParsingError');
  t.equal(
    shown(
      followPath(
        new JsonValue(nested),
        Array.from({ length: 128 }, () => index(0)),
      ),
    ).length,
    5 + 2 * (deep - 128),
  );
  const wildcards = Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? elements : members));
  followPath(new JsonValue(`[${'1,'.repeat(10_000)}1]`), wildcards);
  t.ok(performance.now() - started < 20_000);
});

const anyString = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\ud800-\udfff]/g, '\\'));
const anyJson = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });

t.test('text without whitespace is what JSON.stringify writes', async (t) => {
  fc.assert(
    fc.property(anyJson, fc.constantFrom(0, 1, 3, '\t'), (value, indent) => {
      t.equal(compactJson(JSON.stringify(value, null, indent)), JSON.stringify(value));
    }),
    { numRuns: 200 },
  );
});

t.test('strings decode as JSON.parse has them', async (t) => {
  fc.assert(
    fc.property(anyString, (text) => {
      const token = JSON.stringify(text);
      t.equal(decodeToken(token), text);
      const escaped = `"${[...text].map((unit) => (unit.length === 1 ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit)).join('')}"`;
      t.equal(decodeToken(escaped), JSON.parse(escaped));
    }),
    { numRuns: 100 },
  );
});

t.test('damaged text is refused where JSON.parse refuses it', async (t) => {
  const damaged = fc.tuple(
    anyJson,
    fc.nat(),
    fc.constantFrom('', '"', ',', ']', '}', '[', '{', ':', '\\', '1', 'e', '.', '-', ' ', '\n', 't'),
  );
  let refused = 0;
  fc.assert(
    fc.property(damaged, ([value, place, insert]) => {
      const text = `[${JSON.stringify(value)}]`;
      const at = place % text.length;
      const broken = text.slice(0, at) + insert + text.slice(at + (insert === '' ? 1 : 0));
      let valid = true;
      try {
        JSON.parse(broken);
      } catch {
        valid = false;
        refused++;
      }
      t.equal(compactJson(broken) !== null, valid, broken);
    }),
    { numRuns: 500 },
  );
  t.ok(refused > 100);
});

t.test('paths', async (t) => {
  const json = decodeToken(
    String.raw`{"a": {"B c": [10, {"x": 1.10}, null]}, "A": 2, "k\u0065y": "v", "tags": ["p", ["q", "r"], {"t": 1}], "": 0, "e": []}`,
  );
  const follow = (...steps: PathStep[]): string => shown(followPath(json, steps));
  t.equal(follow(member('a'), member('B c', true), index(0)), 'INT 10');
  t.equal(follow(member('a'), member('b c'), index(1), member('X')), 'DECIMAL 1.10', 'without case');
  t.equal(follow(member('a'), member('b c', true)), 'MISSING ', 'with case');
  t.equal(follow(member('A', true)), 'INT 2');
  t.equal(follow(member('A')), 'STRUCT {"B c":[10,{"x":1.10},null]}', 'the first of several');
  t.equal(follow(member('key')), 'STRING v', 'an escaped key');
  t.equal(follow(member('', true)), 'INT 0');
  t.equal(follow(member('a'), member('B c', true), index(2)), 'NULL ');
  for (const steps of [[index(3)], [index(0), index(0)], [index(2), member('x')], [member('x')]]) {
    t.equal(follow(member('a'), member('b c'), ...steps), 'MISSING ');
  }
  t.equal(follow(index(0)), 'MISSING ', 'an index into a struct');
  t.equal(follow(member('tags'), elements), 'LIST ["p",["q","r"],{"t":1}]');
  t.equal(follow(member('tags'), elements, elements), 'LIST ["p","q","r",{"t":1}]', 'what is no list is itself');
  t.equal(follow(member('tags'), elements, members), 'LIST ["p",["q","r"],1]');
  t.equal(follow(member('tags'), elements, member('t')), 'LIST [1]', 'MISSING is left out');
  t.equal(follow(member('a'), members, elements), 'LIST [10,{"x":1.10},null]');
  t.equal(follow(member('A', true), elements), 'LIST [2]');
  t.equal(follow(member('e'), elements), 'LIST []');
  t.equal(follow(member('none'), elements), 'MISSING ');
  t.equal(follow(member('a'), member('b c'), index(2), elements), 'MISSING ');
  t.equal(shown(followPath(null, [elements])), 'MISSING ');
  t.equal(shown(followPath('x', [elements])), 'LIST ["x"]');
  t.equal(shown(followPath(new Failure({ code: 'CastFailed', params: {} }), [elements])), 'CastFailed');
  t.equal(shown(followPath(decodeToken('{"\u212a":1,"É":2}'), [member('k')])), 'MISSING ', 'letters of ASCII alone');
  t.strictSame(elementsOf(new JsonValue('[1,"a",null,[2]]')).map(shown), ['INT 1', 'STRING a', 'NULL ', 'LIST [2]']);
});

t.test('paths find what JSON.parse finds', async (t) => {
  const keys = fc.constantFrom('a', 'b', 'c"', '\\', 'é');
  const tree = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 0 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const path = fc.array(fc.oneof(keys, fc.nat(2)), { maxLength: 4, minLength: 1 });
  fc.assert(
    fc.property(tree, path, (value, steps) => {
      let expected: unknown = value;
      for (const step of steps) {
        const inside = typeof step === 'number' ? Array.isArray(expected) : typeof expected === 'object' && !Array.isArray(expected);
        expected =
          inside && expected !== null && Object.hasOwn(expected as object, step) ? (expected as Record<string, unknown>)[step] : undefined;
      }
      const found = followPath(
        decodeToken(JSON.stringify(value)),
        steps.map((step) => (typeof step === 'number' ? index(step) : member(step, true))),
      );
      const text = jsonText(found);
      t.strictSame(
        text === undefined ? undefined : JSON.parse(text),
        expected === undefined ? undefined : JSON.parse(JSON.stringify(expected)),
      );
    }),
    { numRuns: 300 },
  );
});

t.test('order and equality', async (t) => {
  const json = (text: string): SqlValue => decodeToken(text);
  for (const [left, right, order] of [
    ['[1, 2]', '[1,2.0]', 0],
    ['[7, 8.5, 9]', '[7,85e-1,9]', 0],
    ['[1]', '[1,null]', -1],
    ['[1,3]', '[1,2,5]', 1],
    ['["a",["b"]]', '["a",["c"]]', -1],
    ['[]', '[]', 0],
    ['[null]', '[null]', 0],
    ['{"a":1,"b":[2]}', '{ "b": [2.0], "a": 1 }', 0],
    [String.raw`{"\u0061":"\u00e9"}`, '{"a":"é"}', 0],
    ['{"a":1,"a":2}', '{"a":1}', 0],
    ['[{"a":1},5]', '[{"a":1.0},6]', -1],
    ['[{"a":[1,{}]},[5]]', '[{"a":[1,{}]},[4]]', 1],
  ] as const) {
    const [a, b] = [json(left), json(right)];
    t.equal(compareValues('=', a, b, false), order === 0, `${left} ${right}`);
    t.equal(compareValues('<>', a, b, false), order !== 0);
    t.equal(compareValues('<', a, b, false), order < 0);
    t.equal(compareValues('>=', a, b, false), order >= 0);
    t.equal(compareValues('>', b, a, false), order < 0);
    t.equal(toleratedEquals(a, b), order === 0);
  }
  for (const [left, right] of [
    ['[1]', '["1"]'],
    ['[null]', '[1]'],
    ['[1]', '{"a":1}'],
    ['{"a":1}', '{"a":2}'],
    ['{"a":1}', '{"b":1}'],
    ['{"a":1}', '{"a":1,"b":2}'],
    ['[{"a":1},5]', '[{"a":2},6]'],
    ['[1]', '1'],
    ['{}', '"{}"'],
  ] as const) {
    t.equal(compareValues('=', json(left), json(right), false), false, `${left} ${right}`);
    t.equal(compareValues('<>', json(left), json(right), false), true);
    t.match(compareValues('<', json(left), json(right), false), { error: { code: 'ExternalEvalException' } });
    t.equal(compareValues('<', json(left), json(right), true), false, 'lenient');
  }
  t.equal(compareValues('=', json('[1]'), null, false), null);
});

t.test('as text, as plain data, and CAST', async (t) => {
  const list = new JsonValue('[1.10,"a"]');
  t.equal(csvText(list), '[1.10,"a"]');
  t.equal(jsonText(list), '[1.10,"a"]');
  t.same(fromLiteral(structuredClone(toLiteral(list))), list);
  t.equal(shown(listOf([1n, undefined, 'a"', null, new JsonValue('{}')])), 'LIST [1,null,"a\\"",null,{}]');
  t.equal(shown(listOf([1n, new Failure({ code: 'CastFailed', params: {} })])), 'CastFailed');
  for (const to of ['bool', 'int', 'float', 'decimal', 'string', 'timestamp', 'struct'] as const)
    t.equal(shown(castValue(list, to)), 'InvalidCast');
  t.equal(castValue(list, 'list'), list);
  t.equal(shown(castValue('[1]', 'list')), 'InvalidCast');
  t.equal(castValue(null, 'list'), null);
  t.equal(jsonText('\ud800é\n'), '"\\ud800é\\n"');
});
