/** What a query answers, whatever the number of workers, the size of splits and the way its bytes come. */
import { join } from 'node:path';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { Engine, type EngineOptions } from '../src/engine/query.ts';
import { ask, codeOf, csvInput, fileObject, framesOf, gzipObject, memoryObject, numberedLines, prepare } from './support/engine.ts';

const everything = 'SELECT * FROM S3Object';
const quotedInput = { ...csvInput, allowQuotedRecordDelimiter: true };

async function withEngine(options: EngineOptions, use: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = new Engine(options);
  try {
    await use(engine);
  } finally {
    await engine.close();
  }
}

const shapes: readonly EngineOptions[] = [
  { workers: 0 },
  { workers: 0, split_bytes: 64 },
  { workers: 1, split_bytes: 1000 },
  { workers: 2 },
  { workers: 2, split_bytes: 64 },
  { workers: 2, split_bytes: 500, kernels: 'reference' },
];

t.test('rows come in input order', async (t) => {
  const text = numberedLines(3000);
  for (const shape of shapes) {
    await withEngine(shape, async (engine) => {
      const name = JSON.stringify(shape);
      const file = fileObject(join(t.testdir(), 'object'), text);
      const { text: out, error, query } = await ask(engine, file, everything);
      file.close();
      t.equal(error, null, name);
      t.ok(out === text, `${name}: same rows`);
      t.strictSame(query?.stats, {
        scanned_bytes: text.length,
        processed_bytes: text.length,
        returned_bytes: text.length,
        rows: 3000,
        row_groups: null,
      });
      t.ok(
        (await ask(engine, gzipObject(text, 3), everything, { input: { ...csvInput, compression: 'gzip' } })).text === text,
        `${name}: gzip`,
      );
      t.ok((await ask(engine, { ...memoryObject(text), ref: null }, everything)).text === text, `${name}: streamed`);
    });
  }
});

t.test('a header line is described, named and never returned', async (t) => {
  await withEngine({ workers: 1, split_bytes: 64 }, async (engine) => {
    const body = numberedLines(100);
    const input = { ...csvInput, header: 'use' } as const;
    for (const object of [memoryObject(`n,word,k\n${body}`), { ...memoryObject(`n,word,k\n${body}`), ref: null }]) {
      const { text, query } = await ask(engine, object, everything, { input });
      t.ok(text === body);
      t.strictSame(query?.columns, ['n', 'word', 'k']);
      t.equal(query?.stats.scanned_bytes, object.size);
    }
    const zipped = await ask(engine, gzipObject(`n,word,k\n${body}`), 'SELECT k FROM S3Object LIMIT 2', {
      input: { ...input, compression: 'gzip' },
    });
    t.equal(zipped.text, '0\n7\n');
  });
});

t.test('an answer larger than the budget of a task', async (t) => {
  const text = numberedLines(400_000);
  t.ok(text.length > 3 * limits.task_output_bytes_max);
  for (const workers of [0, 2]) {
    await withEngine({ workers }, async (engine) => {
      t.ok((await ask(engine, memoryObject(text), everything)).text === text, `${workers} workers`);
      const query = await prepare(engine, memoryObject(text), everything, { sink: 'frames' });
      const framed = await framesOf(query);
      t.ok(framed.text === text, 'frames');
      t.ok(framed.frame_bytes_max < limits.frame_bytes_max);
      t.ok(
        framed.payloads.every((payload) => payload.at(-1) === 10),
        'frames end with a record',
      );
      t.equal(query.stats.returned_bytes, text.length);
    });
  }
});

t.test('a small result is one frame, the same every time', async (t) => {
  await withEngine({ workers: 2, split_bytes: 1000 }, async (engine) => {
    const text = numberedLines(500);
    const runs: string[] = [];
    // why: while threads start, what there is leaves in a frame of its own after a while.
    await ask(engine, memoryObject(text), everything);
    for (let run = 0; run < 3; run++) {
      const { payloads } = await framesOf(await prepare(engine, memoryObject(text), everything, { sink: 'frames' }));
      t.equal(payloads.length, 1);
      runs.push(Buffer.concat(payloads).toString());
    }
    t.ok(runs.every((run) => run === text));
  });
});

t.test('LIMIT', async (t) => {
  const text = numberedLines(1000);
  const lines = text.split('\n');
  for (const shape of shapes) {
    await withEngine(shape, async (engine) => {
      for (const limit of [0, 1, 2, 3, 50, 999, 1000, 2000]) {
        const { text: out, query } = await ask(engine, memoryObject(text), `${everything} LIMIT ${limit}`);
        const wanted = lines.slice(0, Math.min(limit, 1000));
        t.ok(out === wanted.map((line) => `${line}\n`).join(''), `${JSON.stringify(shape)} LIMIT ${limit}`);
        t.equal(query?.stats.rows, wanted.length);
      }
      const zipped = await ask(engine, gzipObject(text), `${everything} LIMIT 77`, { input: { ...csvInput, compression: 'gzip' } });
      t.equal(zipped.text.split('\n').length, 78);
    });
  }
});

t.test('an error counts when its turn comes', async (t) => {
  const lines = numberedLines(1000).split('\n');
  lines[600] = 'bad,600,0';
  const object = memoryObject(lines.join('\n'));
  const before = lines.slice(0, 600).map((line) => `${line.split(',')[0]}\n`);
  for (const shape of shapes) {
    await withEngine(shape, async (engine) => {
      const name = JSON.stringify(shape);
      const cast = 'SELECT CAST(s._1 AS INT) FROM S3Object s';
      const failed = await ask(engine, object, cast);
      t.equal(codeOf(failed.error), 'CastFailed', name);
      t.ok(failed.text === before.join(''), `${name}: rows before it are delivered`);
      const enough = await ask(engine, object, `${cast} LIMIT 600`);
      t.equal(enough.error, null, `${name}: LIMIT is met before it`);
      t.ok(enough.text === before.join(''));
      t.equal(codeOf((await ask(engine, object, `${cast} LIMIT 601`)).error), 'CastFailed');
    });
  }
});

t.test('quoted record delimiters: wrong guesses are run again', async (t) => {
  // Quotes at every distance, so that a split that begins anywhere finds evidence for both states.
  let text = '';
  for (let n = 0; n < 400; n++) text += `${n},"line\nbreak ${'x'.repeat(n % 40)}","a ""quote"",\n\n",${n % 3 === 0 ? '"\n"' : 'plain'}\n`;
  await withEngine({ workers: 0, kernels: 'reference' }, async (whole) => {
    const wanted = (await ask(whole, memoryObject(text), 'SELECT s._1, s._2 FROM S3Object s', { input: quotedInput })).text;
    t.equal(wanted.split('line').length, 401);
    for (const shape of [...shapes, { workers: 2, split_bytes: 17 }, { workers: 1, split_bytes: 33 }]) {
      await withEngine(shape, async (engine) => {
        const name = JSON.stringify(shape);
        const sql = 'SELECT s._1, s._2 FROM S3Object s';
        t.ok((await ask(engine, memoryObject(text), sql, { input: quotedInput })).text === wanted, name);
        t.ok((await ask(engine, memoryObject(text), everything, { input: quotedInput })).text === text, `${name}: all`);
        const zipped = { ...quotedInput, compression: 'gzip' } as const;
        t.ok((await ask(engine, gzipObject(text), everything, { input: zipped })).text === text, `${name}: gzip`);
        const limited = await ask(engine, memoryObject(text), `${sql} LIMIT 123`, { input: quotedInput });
        t.ok(wanted.startsWith(limited.text) && limited.query?.stats.rows === 123, `${name}: LIMIT`);
        const count = await ask(engine, memoryObject(text), 'SELECT COUNT(*) FROM S3Object', { input: quotedInput });
        t.equal(count.text, '400\n');
      });
    }
  });
});

t.test('aggregates are the same bytes for any number of workers', async (t) => {
  let text = '';
  for (let n = 0; n < 5000; n++) text += `${n},${Math.sin(n) * 10 ** (n % 20)}\n`;
  const sql =
    'SELECT COUNT(*), SUM(CAST(s._1 AS INT)), SUM(CAST(s._2 AS FLOAT)), MIN(CAST(s._2 AS FLOAT)), AVG(CAST(s._1 AS INT)) FROM S3Object s';
  const object = memoryObject(text);
  for (const split_bytes of [1000, limits.split_bytes]) {
    const answers: string[] = [];
    for (const workers of [0, 1, 2]) {
      await withEngine({ workers, split_bytes }, async (engine) => {
        const { text: out, error } = await ask(engine, object, sql);
        t.equal(error, null);
        answers.push(out);
      });
    }
    t.equal(new Set(answers).size, 1, answers.join());
    t.match(answers[0], /^5000,12497500,/);
  }
});

t.test('nothing to read', async (t) => {
  await withEngine({ workers: 1 }, async (engine) => {
    t.equal((await ask(engine, memoryObject(''), everything)).text, '');
    t.equal((await ask(engine, memoryObject(''), 'SELECT COUNT(*) FROM S3Object')).text, '0\n');
    const never = await ask(engine, memoryObject(numberedLines(10)), 'SELECT COUNT(*) FROM S3Object WHERE FALSE');
    t.equal(never.text, '0\n');
    t.equal(never.query?.stats.scanned_bytes, 0);
    t.equal((await ask(engine, memoryObject(numberedLines(10)), 'SELECT COUNT(*) FROM S3Object LIMIT 0')).text, '');
  });
});

t.test('a record over the limit, however its bytes come', async (t) => {
  const text = `${numberedLines(200)}${'x'.repeat(5000)}\n${numberedLines(5)}`;
  for (const workers of [0, 2]) {
    await withEngine({ workers, record_bytes_max: 2000, split_bytes: 700, window_bytes: 256 }, async (engine) => {
      for (const input of [csvInput, quotedInput]) {
        const plain = await ask(engine, memoryObject(text), everything, { input });
        const zipped = await ask(engine, gzipObject(text), everything, { input: { ...input, compression: 'gzip' } });
        t.equal(codeOf(plain.error), 'OverMaxRecordSize');
        t.equal(codeOf(zipped.error), 'OverMaxRecordSize');
        t.equal(zipped.text, numberedLines(200));
        t.equal(plain.text, zipped.text);
      }
    });
  }
});

t.test('damaged compressed data fails after the records before it', async (t) => {
  await withEngine({ workers: 1, split_bytes: 1000 }, async (engine) => {
    const whole = numberedLines(100_000);
    const object = gzipObject(whole);
    const input = { ...csvInput, compression: 'gzip' } as const;
    const parts: Uint8Array[] = [];
    for await (const part of object.stream()) parts.push(part);
    const bytes = Buffer.concat(parts);
    const cut = await ask(engine, { ...memoryObject(bytes.subarray(0, bytes.length - 1000)), ref: null }, everything, { input });
    t.equal(codeOf(cut.error), 'TruncatedInput');
    t.ok(cut.text.length > 0 && whole.startsWith(cut.text));
    t.equal(codeOf((await ask(engine, memoryObject('no gzip at all'), everything, { input })).error), 'InvalidCompressionFormat');
    t.equal(codeOf((await ask(engine, memoryObject(bytes), everything)).error), 'InvalidTextEncoding');
  });
});

t.test('ScanRange tiles an object, and is refused where input cannot be cut', async (t) => {
  await withEngine({ workers: 2, split_bytes: 128 }, async (engine) => {
    const text = numberedLines(300);
    const object = memoryObject(text);
    let tiled = '';
    for (let start = 0; start < text.length; start += 777) {
      tiled += (await ask(engine, object, everything, { scanRange: { start, end: start + 777 } })).text;
    }
    t.ok(tiled === text);
    const scanRange = { start: 0, end: 10 };
    t.equal(codeOf((await ask(engine, object, everything, { scanRange, input: quotedInput })).error), 'UnsupportedScanRangeInput');
    t.equal(
      codeOf((await ask(engine, object, everything, { scanRange, input: { ...csvInput, compression: 'gzip' } })).error),
      'UnsupportedScanRangeInput',
    );
  });
});
