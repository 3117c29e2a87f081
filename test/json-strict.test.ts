/** Strict mode: all of a text is held to the grammar, wherever it is cut, whether a query touches it or not. */
import { writeFileSync } from 'node:fs';
import { PutObjectCommand, SelectObjectContentCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { Engine } from '../src/engine/query.ts';
import { type ScanState, stateText } from '../src/formats/json-state.ts';
import { SelectError, select } from '../src/index.ts';
import { STRICT_BYTES } from '../src/kernels/json-kernels.ts';
import type { Kernels } from '../src/kernels/kernels.ts';
import { serve } from './support/api-server.ts';
import { s3lect, temporaryFolder } from './support/cli.ts';
import { gzipObject, memoryObject } from './support/engine.ts';
import { layout, Random, seed, twins, u8 } from './support/kernels.ts';
import { mixedText, parses, randomValue, spoiled, validText } from './support/random-json.ts';

t.setTimeout(120_000);

const state_bytes = STRICT_BYTES + limits.json_depth_max / 8;

/** The offset of the first byte out of order, or -1, and the states at the ends of the stretches. */
function strictly({ json }: Kernels, text: Buffer, ends: readonly number[], depth_max = 1000): { error: number; states: string[] } {
  u8.fill(0, layout.json_strict, layout.json_strict + state_bytes);
  u8.set(text, layout.read);
  u8.set(Buffer.from('"}]{,:'), layout.read + text.length);
  const states: string[] = [];
  let from = 0;
  for (const to of [...ends, text.length]) {
    if (to < from) continue;
    const error = json.jsonStrict(layout.json_strict, layout.read + from, layout.read + to, depth_max);
    if (error >= 0) return { error: error - layout.read, states };
    // Bits above the depth are left over from brackets that are closed.
    states.push(Buffer.from(u8.subarray(layout.json_strict, layout.json_strict + 8)).toString('hex'));
    from = to;
  }
  return { error: -1, states };
}

t.test('twins agree on any text in stretches of any length, and on where the first error is wherever it is cut', (t) => {
  const random = new Random(seed + 2);
  for (let run = 0; run < 20_000; run++) {
    const text = Buffer.from(random.chance(0.5) ? validText(random) : mixedText(random));
    const ends = Array.from({ length: random.below(5) }, () => random.below(text.length + 1)).sort((a, b) => a - b);
    const [fast, plain] = twins.map((kernels) => strictly(kernels, text, ends));
    const whole = strictly(twins[0]!, text, []).error;
    if (JSON.stringify(fast) !== JSON.stringify(plain) || fast?.error !== whole) {
      t.same({ fast, whole }, { fast: plain, whole: plain?.error }, JSON.stringify({ text: text.toString(), ends }));
      break;
    }
  }
  t.end();
});

t.test('JSON.parse agrees on what one value is', (t) => {
  const random = new Random(seed + 3);
  for (let run = 0; run < 20_000; run++) {
    const text = `[${random.chance(0.3) ? randomValue(random, 3) : spoiled(random, randomValue(random, 3))}]`;
    const { error } = strictly(twins[0]!, Buffer.from(`${text} `), []);
    // A text that ends too early is no error yet, and one may hold several values.
    if (parses(text) ? error !== -1 : error === -1 && !/[[{]/.test(text.slice(1)) && isComplete(text)) {
      t.equal(error, parses(text) ? -1 : 'an error', JSON.stringify(text));
      break;
    }
  }
  t.end();
});

function isComplete(text: string): boolean {
  return strictly(twins[0]!, Buffer.from(`${text} `), []).states.at(-1) === '0'.repeat(16);
}

t.test('nesting is counted from the root value', (t) => {
  for (const kernels of twins) {
    t.equal(strictly(kernels, Buffer.from('[[[]]]'), [2], 3).error, -1);
    t.equal(strictly(kernels, Buffer.from('{"a":[[[]]]}'), [2], 3).error, 7);
  }
  t.end();
});

/** Texts that pass where nobody looks at what is wrong, with the byte that is. */
const faults: readonly { readonly text: string; readonly sql: string; readonly error: number; readonly before: string }[] = [
  { text: '{"a":1}\n{"a":2,"b":tru}\n{"a":3}\n', sql: 'SELECT s.a FROM S3Object s', error: 22, before: '{"a":1}\n' },
  { text: '{"a":1,"b" 2}\n{"a":2}\n', sql: 'SELECT COUNT(*) AS n FROM S3Object s', error: 11, before: '' },
  { text: '{"a":1}\n{"a":2,"b":[1,]}\n', sql: 'SELECT s.a FROM S3Object s', error: 22, before: '{"a":1}\n' },
  { text: '{"a":1}\n{"a":2,"b":"\\x"}\n', sql: 'SELECT s.a FROM S3Object s', error: 21, before: '{"a":1}\n' },
  { text: '{"a":1}\n{"a":2,"b":01}\n', sql: 'SELECT s.a FROM S3Object s', error: 20, before: '{"a":1}\n' },
  { text: '{"m":{"x" 1},"items":[{"a":1}]}', sql: 'SELECT s.a FROM S3Object[*].items[*] s', error: 10, before: '' },
  { text: '{"items":[{"a":1},{"a":2}],"m":[1 2]}', sql: 'SELECT s.a FROM S3Object[*].items[*] s', error: 34, before: '{"a":1}\n{"a":2}\n' },
  { text: '{"items":[{"a":1},{"a":2]]}', sql: 'SELECT s.a FROM S3Object[*].items[*] s', error: 24, before: '{"a":1}\n' },
];

t.test('through engines: what is wrong is found wherever the text is cut, and only then', async (t) => {
  for (const options of [
    { workers: 0 },
    { workers: 0, window_bytes: 64, split_bytes: 13 },
    { workers: 0, window_bytes: 64, split_bytes: 41, kernels: 'reference' as const },
    { workers: 2, window_bytes: 64, split_bytes: 20 },
  ]) {
    const engine = new Engine(options);
    t.teardown(() => engine.close());
    for (const { text, sql, error, before } of faults) {
      for (const type of ['lines', 'document'] as const) {
        for (const compression of ['none', 'gzip'] as const) {
          const object = compression === 'gzip' ? gzipObject(text) : memoryObject(text);
          const name = `${JSON.stringify(options)} ${type} ${compression} ${text}`;
          const answer = await answerOf(engine, object, sql, { type, compression, strict: true });
          t.same(answer, { text: before, code: 'JSONParsingError', offset: error }, name);
          const lenient = await answerOf(engine, object, sql, { type, compression, strict: false });
          if (!text.includes(']]')) t.equal(lenient.code, null, name);
        }
      }
    }
  }
});

async function answerOf(
  engine: Engine,
  object: ReturnType<typeof memoryObject>,
  expression: string,
  input: { type: 'lines' | 'document'; compression: 'none' | 'gzip'; strict: boolean },
): Promise<{ text: string; code: string | null; offset?: unknown }> {
  let text = '';
  try {
    const query = await engine.prepare({
      object,
      expression,
      input: { format: 'json', ...input },
      output: { format: 'json', recordDelimiter: '\n' },
      sink: 'blocks',
    });
    for await (const { bytes } of query.run()) text += Buffer.from(bytes).toString();
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    return { text, code: error.code, offset: error.params['offset'] };
  }
  return { text, code: null };
}

t.test('long text in small tasks: the state travels', async (t) => {
  const items = Array.from({ length: 300 }, (_, id) => `{"id":${id},"n":[${'[1,"x"],'.repeat(id % 7)}null]}`).join(',');
  const document = `{"meta":{"deep":${'['.repeat(100)}${']'.repeat(100)}},"items":[${items}],"rest":1}`;
  const sql = 'SELECT s.id FROM S3Object[*].items[*] s';
  for (const kernels of ['simd', 'reference'] as const) {
    const engine = new Engine({ workers: 0, window_bytes: 64, kernels });
    t.teardown(() => engine.close());
    const input = { type: 'document', compression: 'none', strict: true } as const;
    const whole = await answerOf(engine, memoryObject(document), sql, input);
    t.same([whole.code, whole.text.split('\n').length - 1], [null, 300], kernels);
    const at = document.indexOf('"id":250');
    const broken = `${document.slice(0, at)}"x":"\\u12G4",${document.slice(at)}`;
    const answer = await answerOf(engine, memoryObject(broken), sql, input);
    t.same([answer.offset, answer.text.split('\n').length - 1], [at + 9, 250], kernels);
  }
  const captured: ScanState = { walk: new Uint8Array(32), strict: new Uint8Array([1, 0]) };
  t.equal(stateText(7, captured), 'json:7::0100');
  t.equal(stateText(7, { ...captured, strict: new Uint8Array(0) }), 'json:7:');
});

t.test('the option: library, command and server', async (t) => {
  const text = '{"a":1,"b":tru}\n';
  const expression = 'SELECT s.a FROM S3Object s';
  const run = async (strictJson: boolean): Promise<string> => {
    let answer = '';
    const options = { source: Buffer.from(text), expression, input: { JSON: { Type: 'LINES' } }, output: { CSV: {} }, workers: 0 };
    for await (const block of await select({ ...options, strictJson })) answer += Buffer.from(block).toString();
    return answer;
  };
  t.equal(await run(false), '1\n');
  await t.rejects(run(true), { code: 'JSONParsingError', params: { offset: 14 } });

  const path = `${temporaryFolder(t)}/x.json`;
  writeFileSync(path, text);
  t.equal((await s3lect(['query', path, expression])).stdout, 'a\n1\n');
  const strict = await s3lect(['query', path, expression, '--strict-json']);
  t.match(strict.stderr, /JSONParsingError.*byte 14/s);
  t.match((await s3lect(['query', 's3://b/k', expression, '--strict-json'])).stderr, /--strict-json.*server/);

  const engine = new Engine({ workers: 0 });
  t.teardown(() => engine.close());
  for (const strictJson of [false, true]) {
    const { client, store } = await serve(t, { engine, strictJson });
    await store.createBucket('strict');
    await client.send(new PutObjectCommand({ Bucket: 'strict', Key: 'k', Body: text }));
    const asked = client.send(
      new SelectObjectContentCommand({
        Bucket: 'strict',
        Key: 'k',
        Expression: expression,
        ExpressionType: 'SQL',
        InputSerialization: { JSON: { Type: 'LINES' } },
        OutputSerialization: { CSV: {} },
      }),
    );
    if (strictJson) await t.rejects(asked, { name: 'JSONParsingError' });
    else await t.resolves(asked);
  }
});
