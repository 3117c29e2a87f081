/** Objects and queries that do harm: each gets its exact error after the records before it, or its right answer in bounded memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { limits } from '../src/base/limits.ts';
import { Engine, type EngineOptions, type PreparedQuery, type QueryObject } from '../src/engine/query.ts';
import { FrameDecoder } from '../src/formats/event-stream.ts';
import { type Ask, ask, csvInput, gzipObject, memoryObject, numberedLines, prepare } from './support/engine.ts';

const shapes: readonly EngineOptions[] = [
  { workers: 0 },
  { workers: 2, split_bytes: 4096 },
  { workers: 0, split_bytes: 1500, window_bytes: 1000, kernels: 'reference' },
  { workers: 0, split_bytes: 97, window_bytes: 64 },
];

async function withEngines(
  use: (engine: Engine, name: string) => Promise<void>,
  options: readonly EngineOptions[] = shapes,
): Promise<void> {
  for (const shape of options) {
    const engine = new Engine(shape);
    try {
      await use(engine, JSON.stringify(shape));
    } finally {
      await engine.close();
    }
  }
}

/** Long text as its length and ends, for messages that can be read. */
const brief = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 60)} … ${text.slice(-60)} (${text.length})`);

/** The rows that came, and the code and offset of the error that ended them. */
async function outcome(
  engine: Engine,
  object: QueryObject,
  sql: string,
  options: Ask = {},
): Promise<readonly [text: string, error: string]> {
  const { text, error } = await ask(engine, object, sql, options);
  if (error === null) return [text, ''];
  const { code, params } = error as { code: string; params: { offset?: number } };
  return [text, params.offset === undefined ? code : `${code} near ${params.offset}`];
}

/** What `outcome` should be. Texts are compared whole and shown in brief. */
function same(t: Test, found: readonly [string, string], wanted: readonly [string, string], name: string): void {
  if (found[0] === wanted[0]) t.equal(found[1], wanted[1], name);
  else t.strictSame([brief(found[0]), found[1]], ['exactly', brief(wanted[0]), wanted[1]], name);
}

const all = 'SELECT * FROM S3Object';
const quotedInput = { ...csvInput, allowQuotedRecordDelimiter: true };
const gzipInput = { ...csvInput, compression: 'gzip' } as const;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

t.test('a literal of 100 kB for every row', async (t) => {
  const rows = 800;
  const literal = 'x'.repeat(100_000);
  const object = memoryObject(numberedLines(rows));
  for (const workers of [0, 2]) {
    const engine = new Engine({ workers });
    for (const sink of ['blocks', 'frames'] as const) {
      const query = await prepare(engine, object, `SELECT _1, '${literal}' FROM S3Object`, { sink });
      const before = process.memoryUsage().arrayBuffers;
      const inUse = (): number => process.memoryUsage().arrayBuffers - before;
      let [most, largest, row, wrong] = [0, 0, 0, 0];
      for await (const { bytes } of query.run()) {
        largest = Math.max(largest, bytes.length);
        if (row % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        // What nobody holds any more counts until it is collected.
        if (inUse() > limits.results_in_flight_bytes_max) collectGarbage();
        most = Math.max(most, inUse());
        const payloads = sink === 'frames' ? [...new FrameDecoder().push(bytes)].map(({ payload }) => payload) : [bytes];
        for (const payload of payloads) {
          const records = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
          for (let at = 0; at < records.length; row++) {
            const end = records.indexOf(10, at) + 1;
            if (!records.subarray(at, end).equals(Buffer.from(`${row},${literal}\n`))) wrong++;
            at = end === 0 ? records.length : end;
          }
        }
      }
      const name = `${workers} workers, ${sink}`;
      t.strictSame([row, wrong], [rows, 0], `${name}: every row is right`);
      t.ok(largest <= limits.task_output_bytes_max + limits.record_bytes_max, `${name}: blocks of at most ${largest} bytes`);
      t.ok(most <= limits.results_in_flight_bytes_max, `${name}: at most ${most} bytes beyond those before the query`);
    }
    await engine.close();
  }
});

t.test('output records longer than a frame, and longer than a record may be', async (t) => {
  const object = memoryObject(numberedLines(40));
  const literal = 'y'.repeat(200_000);
  const columns = (count: number): string =>
    `SELECT _1, ${Array(count)
      .fill(`_1 || '${literal.slice(0, 40_000)}'`)
      .join(', ')} FROM S3Object`;
  await withEngines(
    async (engine, name) => {
      for (const sink of ['blocks', 'frames'] as const) {
        const query = await prepare(engine, object, `SELECT '${literal}', _1 FROM S3Object`, { sink });
        const parts: Uint8Array[] = [];
        const decoder = new FrameDecoder();
        for await (const { bytes } of query.run()) {
          if (sink === 'blocks') parts.push(bytes);
          else for (const { payload } of decoder.push(bytes)) parts.push(payload);
        }
        const lines = Buffer.concat(parts).toString().split('\n');
        t.equal(lines.length, 41);
        t.ok(
          lines.slice(0, -1).every((line, index) => line === `${literal},${index}`),
          `${name}, ${sink}`,
        );
      }
      const [rows, error] = await outcome(engine, object, `${columns(4)} LIMIT 2`);
      t.strictSame([rows.length, error], [2 * (1 + 4 * 40_002 + 1), ''], `${name}: below the limit`);
    },
    [{ workers: 0 }, { workers: 2, split_bytes: 100 }],
  );
  await withEngines(
    async (engine, name) => {
      const framed = await prepare(engine, object, columns(6), { sink: 'frames' });
      await t.rejects(drain(framed), { code: 'OverMaxRecordSize', params: { offset: 0 } }, `${name}: over the limit, in frames`);
      const [, error] = await outcome(engine, object, columns(6));
      t.equal(error, 'OverMaxRecordSize near 0', `${name}: over the limit, in blocks`);
    },
    [
      { workers: 0, record_bytes_max: 200_000 },
      { workers: 2, split_bytes: 100, record_bytes_max: 200_000 },
    ],
  );
});

async function drain(query: PreparedQuery): Promise<void> {
  for await (const block of query.run()) void block;
}

t.test('records of 1 MiB, and one byte more', async (t) => {
  const longest = `a,${'b'.repeat(limits.record_bytes_max - 4)},c`;
  const text = `1,2,3\n${longest}\n4,5,6\n${longest}\n`;
  const tooLong = `1,2,3\n${longest}d\n4,5,6\n`;
  const options = [{ workers: 0 }, { workers: 2, split_bytes: 100_000 }, { workers: 0, kernels: 'reference' }] as const;
  await withEngines(async (engine, name) => {
    const object = memoryObject(text);
    t.ok((await outcome(engine, object, all))[0] === text, `${name}: all`);
    same(t, await outcome(engine, object, 'SELECT _3, _1 FROM S3Object'), ['3,1\nc,a\n6,4\nc,a\n', ''], name);
    same(t, await outcome(engine, object, "SELECT COUNT(*) FROM S3Object WHERE _2 LIKE '%bbb%'"), ['2\n', ''], name);
    same(t, await outcome(engine, memoryObject(tooLong), 'SELECT _1 FROM S3Object'), ['1\n', 'OverMaxRecordSize near 6'], name);
    same(t, await outcome(engine, memoryObject(tooLong), `${all} LIMIT 1`), ['1,2,3\n', ''], `${name}: LIMIT before it`);
    const quoted = memoryObject(`1,2,3\na,"${'\n'.repeat(limits.record_bytes_max)}`);
    t.strictSame(
      await outcome(engine, quoted, 'SELECT _1 FROM S3Object', { input: quotedInput }),
      ['1\n', 'OverMaxRecordSize near 6'],
      name,
    );
    const header = memoryObject(`${longest}d\n1,2,3\n`);
    same(t, await outcome(engine, header, all, { input: { ...csvInput, header: 'use' } }), ['', 'OverMaxRecordSize near 0'], name);
    const zipped = gzipObject(tooLong);
    same(t, await outcome(engine, zipped, 'SELECT _1 FROM S3Object', { input: gzipInput }), ['1\n', 'OverMaxRecordSize near 6'], name);
  }, options);
});

/** Bytes that are no UTF-8, and which of them is the wrong one. */
const invalidTexts: readonly (readonly [name: string, bytes: readonly number[], wrong: number])[] = [
  ['a byte that no text has', [0xff], 0],
  ['a continuation alone', [0x61, 0x80], 1],
  ['an overlong form', [0xc0, 0x80], 0],
  ['a surrogate', [0xed, 0xa0, 0x80], 0],
  ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
  ['a sequence that the delimiter cuts', [0x61, 0xe2, 0x82], 1],
];

t.test('text that is no UTF-8', async (t) => {
  const before = 'é,日本,𝄞\n'.repeat(300);
  await withEngines(async (engine, name) => {
    for (const [fault, bytes, wrong] of invalidTexts) {
      const content = Buffer.concat([Buffer.from(`${before}x,`), Uint8Array.from(bytes), Buffer.from(`\n${before}`)]);
      const offset = Buffer.byteLength(before) + 2 + wrong;
      const error = `InvalidTextEncoding near ${offset}`;
      const object = memoryObject(content);
      same(t, await outcome(engine, object, all), [before, error], `${fault}, ${name}`);
      same(t, await outcome(engine, object, "SELECT _1 FROM S3Object WHERE _3 = 'no'"), ['', error], 'not selected');
      same(t, await outcome(engine, object, 'SELECT COUNT(*) FROM S3Object'), ['', error], 'not read');
      same(t, await outcome(engine, object, `${all} LIMIT 300`), [before, ''], 'behind the LIMIT');
      same(t, await outcome(engine, object, `${all} LIMIT 301`), [before, error], 'within the LIMIT');
      same(t, await outcome(engine, { ...object, ref: null }, all), [before, error], 'from a stream');
    }
  });
});

t.test('text that is no UTF-8 where no field is', async (t) => {
  await withEngines(async (engine, name) => {
    const at = (parts: readonly (string | number)[]): QueryObject =>
      memoryObject(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Uint8Array.of(part)))));
    const use = { input: { ...csvInput, header: 'use' } } as const;
    same(t, await outcome(engine, at(['a,', 0xfe, '\n1,2\n']), all, use), ['', 'InvalidTextEncoding near 2'], `header, ${name}`);
    same(t, await outcome(engine, at(['1\n#c', 0xfe, '\n2\n']), all), ['1\n', 'InvalidTextEncoding near 4'], `comment, ${name}`);
    same(t, await outcome(engine, at(['1\n2', 0xe2, 0x82]), all), ['1\n', 'InvalidTextEncoding near 3'], `cut by the end, ${name}`);
    t.strictSame(
      await outcome(engine, at([0xff, 0xfe, 'a\n']), all),
      ['', 'InvalidTextEncoding near 0'],
      `another byte order mark, ${name}`,
    );
    const range = { scanRange: { start: 0, end: 1 } };
    same(t, await outcome(engine, at(['1\n2\n', 0xff, '\n']), all, range), ['1\n', ''], `beyond the range, ${name}`);
  });
});

t.test('compressed text', async (t) => {
  const text = numberedLines(20_000);
  const bytes: Uint8Array[] = [];
  for await (const part of gzipObject(text).stream()) bytes.push(part);
  const whole = Buffer.concat(bytes);
  const pushed = (content: Uint8Array): QueryObject => ({ ...memoryObject(content), ref: null });
  await withEngines(
    async (engine, name) => {
      const [rows, error] = await outcome(engine, pushed(whole.subarray(0, whole.length >> 1)), all, { input: gzipInput });
      t.equal(error, 'TruncatedInput', `cut in the middle, ${name}`);
      t.ok(rows.length > 0 && rows.endsWith('\n') && text.startsWith(rows), `whole rows before it, ${name}`);
      t.equal((await outcome(engine, pushed(whole.subarray(0, 5)), all, { input: gzipInput }))[1], 'TruncatedInput', 'cut in its header');
      t.equal(
        (await outcome(engine, pushed(whole.subarray(0, whole.length - 3)), all, { input: gzipInput }))[1],
        'TruncatedInput',
        'cut in its checksum',
      );
      const limited = await outcome(engine, pushed(whole.subarray(0, whole.length >> 1)), `${all} LIMIT 3`, { input: gzipInput });
      t.equal(brief(limited.join()), brief(`${numberedLines(3)},`), `LIMIT before the cut, ${name}`);
      same(t, await outcome(engine, memoryObject(whole), all), ['', 'InvalidTextEncoding near 1'], `NONE declared over gzip, ${name}`);
      t.equal(
        (await outcome(engine, memoryObject(text), all, { input: gzipInput }))[1],
        'InvalidCompressionFormat',
        `gzip declared, ${name}`,
      );
      const members = await outcome(engine, gzipObject(text, 7), 'SELECT COUNT(*) FROM S3Object', { input: gzipInput });
      same(t, members, ['20000\n', ''], `many members, ${name}`);
    },
    [{ workers: 0 }, { workers: 2, split_bytes: 4096 }],
  );
});

t.test('quotes that nothing closes', async (t) => {
  const before = numberedLines(500);
  const object = memoryObject(`${before}1,"never closed,2\n${before}`);
  await withEngines(async (engine, name) => {
    const cut = await outcome(engine, object, all);
    same(t, cut, [before, `CSVEscapingRecordDelimiter near ${before.length}`], name);
    const open = await outcome(engine, object, all, { input: quotedInput });
    same(t, open, [before, `CSVUnescapedQuote near ${before.length}`], `allowed, ${name}`);
    same(t, await outcome(engine, object, `${all} LIMIT 500`, { input: quotedInput }), [before, ''], `behind the LIMIT, ${name}`);
    t.strictSame(
      await outcome(engine, object, 'SELECT COUNT(*) FROM S3Object', { input: { ...csvInput, quote: '' } }),
      ['1001\n', ''],
      name,
    );
  });
});

t.test('NUL bytes, and nothing but delimiters', async (t) => {
  const rows = 400;
  await withEngines(async (engine, name) => {
    const nul = '\0\0,a\0b\n'.repeat(rows);
    same(t, await outcome(engine, memoryObject(nul), all), [nul, ''], name);
    same(t, await outcome(engine, memoryObject(nul), "SELECT COUNT(*) FROM S3Object WHERE _2 LIKE 'a_b'"), [`${rows}\n`, ''], name);
    same(t, await outcome(engine, memoryObject('\0'.repeat(3000)), 'SELECT COUNT(*) FROM S3Object'), ['1\n', ''], name);
    same(t, await outcome(engine, memoryObject('\n'.repeat(5000)), 'SELECT COUNT(*) FROM S3Object'), ['0\n', ''], name);
    same(t, await outcome(engine, memoryObject('#\n'.repeat(3000)), all), ['', ''], name);
    t.strictSame(
      await outcome(engine, memoryObject(',\n'.repeat(1000)), 'SELECT COUNT(_2), COUNT(_3) FROM S3Object'),
      ['1000,0\n', ''],
      name,
    );
    t.strictSame(
      await outcome(engine, memoryObject('"\n'.repeat(1000)), 'SELECT COUNT(*) FROM S3Object', { input: quotedInput }),
      ['500\n', ''],
      name,
    );
  });
});

t.test('many columns, one column, no column', async (t) => {
  const wide = (columns: number, name: (column: number) => string): string =>
    `${Array.from({ length: columns }, (_, i) => name(i + 1)).join(',')}\n`;
  const most = limits.columns_max;
  const names = wide(most, (column) => `c${column}`);
  const row = wide(most, String);
  await withEngines(
    async (engine, name) => {
      const object = memoryObject(names + row.repeat(3));
      const input = { ...csvInput, header: 'use' } as const;
      t.strictSame(
        await outcome(engine, object, `SELECT c1, c5000, c${most}, _3 FROM S3Object LIMIT 1`, { input }),
        [`1,5000,${most},3\n`, ''],
        name,
      );
      t.ok((await outcome(engine, object, all, { input }))[0] === row.repeat(3), `${name}: all`);
      const [json] = await outcome(engine, object, `${all} LIMIT 1`, { input, output: { format: 'json', recordDelimiter: '\n' } });
      t.equal(Object.keys(JSON.parse(json)).length, most, `${name}: all as JSON`);
      same(t, await outcome(engine, object, `SELECT COUNT(*) FROM S3Object WHERE c${most} = ${most}`, { input }), ['3\n', ''], name);
      const tooWide = memoryObject(wide(most + 1, String));
      same(t, await outcome(engine, tooWide, all, { input }), ['', 'OverMaxColumn'], `${name}: one more in the header`);
      same(t, await outcome(engine, tooWide, `SELECT _${most} FROM S3Object`), [`${most}\n`, ''], `${name}: one more in a record`);
      const one = memoryObject('v\n1\n\n2\n');
      same(t, await outcome(engine, one, 'SELECT v, _2, v FROM S3Object', { input }), ['1,,1\n2,,2\n', ''], `${name}: one column`);
      same(t, await outcome(engine, memoryObject(''), all, { input }), ['', ''], `${name}: empty`);
      same(t, await outcome(engine, memoryObject('a,b'), 'SELECT a FROM S3Object', { input }), ['', ''], `${name}: header only`);
    },
    [{ workers: 0 }, { workers: 2, split_bytes: 10_000 }, { workers: 0, kernels: 'reference' }],
  );
});

t.test('an engine goes on after each of them', async (t) => {
  await withEngines(
    async (engine) => {
      const bad = memoryObject(Buffer.concat([Buffer.from(numberedLines(100)), Uint8Array.of(0xff)]));
      for (let n = 0; n < 20; n++) {
        await ask(engine, bad, all);
        await ask(engine, bad, 'SELECT CAST(_2 AS INT) FROM S3Object');
        await ask(engine, bad, 'SELECT nonsense FROM');
      }
      same(t, await outcome(engine, memoryObject(numberedLines(100)), all), [numberedLines(100), ''], 'afterwards');
    },
    [{ workers: 0 }, { workers: 2, split_bytes: 200 }],
  );
});
