/** JSON scans through whole engines: wherever objects are cut, whatever is wrong with them, and what limits them. */
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { Engine, type EngineOptions, type QueryObject } from '../src/engine/query.ts';
import type { JsonInput, JsonOutput, ScanRange } from '../src/formats/format.ts';
import { gzipObject, memoryObject } from './support/engine.ts';

const output: JsonOutput = { format: 'json', recordDelimiter: '\n' };
const small: readonly EngineOptions[] = [
  { workers: 0 },
  { workers: 0, window_bytes: 64, split_bytes: 13 },
  { workers: 0, window_bytes: 64, split_bytes: 41, kernels: 'reference' },
];

interface Answer {
  readonly text: string;
  readonly error: { readonly code: string; readonly offset: unknown } | null;
}

async function ask(
  engine: Engine,
  object: QueryObject,
  expression: string,
  input: Partial<JsonInput> = {},
  scanRange: ScanRange | null = null,
): Promise<Answer> {
  const parts: Uint8Array[] = [];
  try {
    const query = await engine.prepare({
      object,
      expression,
      input: { format: 'json', compression: 'none', type: 'lines', strict: false, ...input },
      output,
      scanRange,
      sink: 'blocks',
    });
    for await (const { bytes } of query.run()) parts.push(bytes);
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    return { text: Buffer.concat(parts).toString(), error: { code: error.code, offset: error.params['offset'] } };
  }
  return { text: Buffer.concat(parts).toString(), error: null };
}

async function withEngines(t: Tap, engines: readonly EngineOptions[], run: (engine: Engine, name: string) => Promise<void>): Promise<void> {
  for (const options of engines) {
    const engine = new Engine(options);
    t.teardown(() => engine.close());
    await run(engine, JSON.stringify(options));
  }
}

type Tap = Pick<typeof t, 'teardown'>;

const document = '{"meta":{"x":[1,"a\\"}]"]},"items":[{"id":1,"t":"é"},{"id":2},3,"s",[{"id":4}]],"z":[true,{"id":9}]}\n';

t.setTimeout(120_000);

t.test('a document cut off at any byte gives the records before it, then the error', async (t) => {
  await withEngines(t, small, async (engine, name) => {
    const whole = await ask(engine, memoryObject(document), 'SELECT * FROM S3Object[*].items[*] s', { type: 'document' });
    t.same(whole, { text: '{"id":1,"t":"é"}\n{"id":2}\n{"_1":3}\n{"_1":"s"}\n{"_1":[{"id":4}]}\n', error: null }, name);
    const bytes = Buffer.from(document);
    for (let length = 1; length < bytes.length - 1; length++) {
      const cut = await ask(engine, memoryObject(bytes.subarray(0, length)), 'SELECT * FROM S3Object[*].items[*] s', { type: 'document' });
      const isCharacter = (bytes[length]! & 0xc0) !== 0x80;
      const expected = isCharacter ? { code: 'JSONParsingError', offset: length } : { code: 'InvalidTextEncoding', offset: length - 1 };
      if (!whole.text.startsWith(cut.text) || JSON.stringify(cut.error) !== JSON.stringify(expected))
        return void t.same(cut.error, expected, `${name} ${length} ${cut.text}`);
    }
  });
});

/** Text, what comes before the error, and its code and offset. */
const invalid: readonly (readonly [text: string, before: string, offset: number])[] = [
  ['{"a":1}\n{"a":tru}\n', '{"a":1}\n', 8],
  ['{"a":1}}\n{"a":2}', '{"a":1}\n', 7],
  ['{"a":1\n{"a":2}\n', '', 7],
  ['{"a":"x\n"}\n{"a":2}', '', 7],
  ['{"a":1} x {"a":2}', '{"a":1}\n', 8],
  ['{"a":1},{"a":2}', '{"a":1}\n', 7],
  ['{"a":1}\n{"a":', '{"a":1}\n', 13],
  ['{"a":1}\n"abc', '{"a":1}\n', 12],
  ['{"a":1}\n12e', '{"a":1}\n', 8],
  ['{"a":1}\n\u0001{"a":2}', '{"a":1}\n', 8],
  ['{"a":1}\n{"a":"\t"}\n', '{"a":1}\n', 14],
  ['{"a":01}', '', 0],
  ['nul', '', 0],
  ['{"a":1]\n{"a":2}', '', 0],
  ['{"a":[1,]}\n', '', 0],
  ['{"a":1,}\n', '', 0],
  ["{'a':1}", '', 0],
  ['{"a":NaN}', '', 0],
  ['{"a":"\\q"}', '', 0],
];

t.test('invalid JSON is an error with its offset, wherever windows and splits end', async (t) => {
  await withEngines(t, small, async (engine, name) => {
    for (const type of ['lines', 'document'] as const) {
      for (const [text, before, offset] of invalid) {
        const answer = await ask(engine, memoryObject(text), 'SELECT * FROM S3Object s', { type });
        t.same(answer, { text: before, error: { code: 'JSONParsingError', offset } }, `${name} ${type} ${JSON.stringify(text)}`);
      }
    }
    const lines = await ask(engine, memoryObject('[1,2\n{"a":1}\n]'), 'SELECT s.a FROM S3Object s');
    t.same(
      lines,
      { text: '', error: { code: 'JSONParsingError', offset: 5 } },
      'a record over lines is held to the grammar, even untouched',
    );
    const encoding = await ask(
      engine,
      memoryObject(Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')])),
      'SELECT s.a FROM S3Object s',
    );
    t.same(encoding, { text: '{"a":1}\n', error: { code: 'InvalidTextEncoding', offset: 14 } }, name);
  });
});

/** Records one a line, several on a line, over lines, with blank lines between, CR LF, scalars. */
const mixed = '{"n":0}\n{"n":1}{"n":2} {"n":3}\n\n {"n":4,\n"b":[\n{"n":5}\n]}\r\n"s"\r\n17\n[1,\n2]\n{"n":"{\\"n\\":1}"}\n{"n":9}';

t.test('splits of any size hold each record once, on any number of workers', async (t) => {
  const whole = new Engine({ workers: 0 });
  t.teardown(() => whole.close());
  const expected = await ask(whole, memoryObject(mixed), 'SELECT * FROM S3Object s');
  t.equal(expected.text.split('\n').length, 11);
  for (let split_bytes = 1; split_bytes < mixed.length + 2; split_bytes += split_bytes < 40 ? 1 : 7) {
    await withEngines(t, [{ workers: 0, split_bytes, window_bytes: 64 }], async (engine) => {
      for (const type of ['lines', 'document'] as const)
        t.same(await ask(engine, memoryObject(mixed), 'SELECT * FROM S3Object s', { type }), expected, `${type} ${split_bytes}`);
    });
  }
  await withEngines(t, [{ workers: 2, split_bytes: 7, window_bytes: 64 }], async (engine) => {
    t.same(await ask(engine, memoryObject(mixed), 'SELECT * FROM S3Object s'), expected, 'two workers');
    const deep = await ask(engine, memoryObject(document), 'SELECT * FROM S3Object[*].items[*] s', { type: 'document' });
    t.equal(deep.text.split('\n').length, 6);
  });
});

t.test('scan ranges that share boundaries hold each record once', async (t) => {
  await withEngines(t, [{ workers: 0 }, { workers: 0, window_bytes: 64, split_bytes: 16 }], async (engine, name) => {
    const expected = await ask(engine, memoryObject(mixed), 'SELECT * FROM S3Object s');
    const object = memoryObject(mixed);
    for (let step = 1; step < 40; step += 3) {
      let text = '';
      for (let start = 0; start < mixed.length; start += step)
        text += (await ask(engine, object, 'SELECT * FROM S3Object s', {}, { start, end: start + step })).text;
      t.equal(text, expected.text, `${name} ${step}`);
    }
    await t.rejects(
      ask(engine, object, 'SELECT * FROM S3Object s', { type: 'document' }, { start: 0, end: 5 }).then(({ error }) =>
        Promise.reject(error),
      ),
      { code: 'UnsupportedScanRangeInput' },
    );
  });
});

t.test('compressed text in pieces of any size', async (t) => {
  const oneLine = '{"n":1}[2]"three"4 '.repeat(30);
  await withEngines(
    t,
    [
      { workers: 0, split_bytes: 50, window_bytes: 64 },
      { workers: 2, split_bytes: 33 },
      { workers: 0, split_bytes: 4096, record_bytes_max: 2048 },
    ],
    async (engine, name) => {
      for (const text of [mixed, mixed.repeat(20), oneLine, document]) {
        for (const type of ['lines', 'document'] as const) {
          for (const sql of ['SELECT * FROM S3Object s', 'SELECT * FROM S3Object[*].items[*] s']) {
            const expected = await ask(engine, memoryObject(text), sql, { type });
            t.equal(expected.error, null);
            t.same(
              await ask(engine, gzipObject(text), sql, { type, compression: 'gzip' }),
              expected,
              `${name} ${type} ${sql} ${text.length}`,
            );
          }
        }
      }
    },
  );
});

t.test('a record over the limit is an error with its offset; what is skipped may be of any length', async (t) => {
  await withEngines(
    t,
    [
      { workers: 0, record_bytes_max: 300, window_bytes: 64, split_bytes: 97 },
      { workers: 0, record_bytes_max: 300 },
    ],
    async (engine, name) => {
      const long = `{"a":"${'x'.repeat(400)}"}`;
      for (const type of ['lines', 'document'] as const) {
        const answer = await ask(engine, memoryObject(`{"a":1}\n${long}\n{"a":2}\n`), 'SELECT s.a FROM S3Object s', { type });
        t.same(answer, { text: '{"a":1}\n', error: { code: 'OverMaxRecordSize', offset: 8 } }, `${name} ${type}`);
      }
      const skip = JSON.stringify({ deep: [long, { more: long }], text: `${'\\'.repeat(401)}"${long}` });
      const skipped = `{"skip":${skip},"items":[{"id":1},{"id":2}],"rest":${long}}`;
      const answer = await ask(engine, memoryObject(skipped.repeat(3)), 'SELECT s.id FROM S3Object[*].items[*] s', { type: 'document' });
      t.same(answer, { text: '{"id":1}\n{"id":2}\n'.repeat(3), error: null }, name);
      const exact = `{"a":"${'x'.repeat(300 - 8)}"}`;
      t.same((await ask(engine, memoryObject(exact), 'SELECT s.b FROM S3Object s')).error, null, 'a record of just the limit');
    },
  );
});

t.test('nesting: up to the limit it is read, beyond it is an error', async (t) => {
  await withEngines(t, small, async (engine, name) => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}[]${'}'.repeat(depth - 1)}`;
    const fits = await ask(engine, memoryObject(`${nested(1024)}\n{"b":1}\n`), 'SELECT s.b FROM S3Object s');
    t.same(fits, { text: '{}\n{"b":1}\n', error: null }, name);
    const deep = await ask(engine, memoryObject(`{"b":1}\n${nested(1025)}\n`), 'SELECT s.b FROM S3Object s');
    t.equal(deep.error?.code, 'JSONParsingError', name);
    t.equal(deep.text, '{"b":1}\n');
  });
});

t.test('a byte order mark, blank text and an empty object', async (t) => {
  await withEngines(t, small, async (engine, name) => {
    for (const type of ['lines', 'document'] as const) {
      t.same(
        await ask(engine, memoryObject('\ufeff{"a":1}\n'), 'SELECT * FROM S3Object s', { type }),
        { text: '{"a":1}\n', error: null },
        name,
      );
      for (const text of ['', ' ', '\n\r\n', '\ufeff', '\ufeff\n']) {
        t.same(
          await ask(engine, memoryObject(text), 'SELECT * FROM S3Object s', { type }),
          { text: '', error: null },
          `${name} ${JSON.stringify(text)}`,
        );
      }
    }
  });
});

t.test('tokens stay as they are written; blanks outside strings are left out', async (t) => {
  const text = '{ "n" : 1.10 , "e":1e400,"big":123456789012345678901234567890,"u":"\\u0041 \\/ b" , "o": { "k" : [ 1 , 2 ] } }\n';
  await withEngines(t, small, async (engine, name) => {
    const compact = '"n":1.10,"e":1e400,"big":123456789012345678901234567890,"u":"\\u0041 \\/ b","o":{"k":[1,2]}';
    t.equal((await ask(engine, memoryObject(text), 'SELECT * FROM S3Object s')).text, `{${compact}}\n`, name);
    t.equal((await ask(engine, memoryObject(text), 'SELECT s.n, s.e, s.big, s.u, s.o FROM S3Object s')).text, `{${compact}}\n`, name);
    t.equal(
      (await ask(engine, memoryObject(text), 'SELECT s.n, s.e, s.big, s.u, s.o, 1 AS one FROM S3Object s')).text,
      `{${compact},"one":1}\n`,
      name,
    );
  });
});
