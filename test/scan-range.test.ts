/**
 * ScanRange: a record belongs to the range that holds its first byte b, as Start < b <= End, and b = 0 to Start = 0. So any ranges that
 * share their boundaries return each record exactly once.
 */
import fc from 'fast-check';
import t from 'tap';
import { Engine, type EngineOptions } from '../src/engine/query.ts';
import type { CsvInput, ScanRange } from '../src/formats/format.ts';
import { resolveScanRange } from '../src/formats/serialization.ts';
import { ask, csvInput, memoryObject, numberedLines } from './support/engine.ts';

/** An object whose records are known, with where each of them begins. */
interface Sample {
  readonly name: string;
  readonly input: CsvInput;
  readonly text: string;
  /** First field of each record, and offset of its first byte. */
  readonly records: readonly (readonly [id: string, offset: number])[];
}

/** Lines that are no records stand between as they are: blank lines and comments. */
function sample(name: string, change: Partial<CsvInput>, before: string, records: readonly string[], last = true): Sample {
  const input = { ...csvInput, ...change };
  const { recordDelimiter } = input;
  const carriageReturn = name.includes('CR LF') && recordDelimiter === '\n' ? '\r' : '';
  let text = before;
  const starts: [string, number][] = [];
  for (const [index, record] of records.entries()) {
    const id = record.split(input.fieldDelimiter)[0]?.replaceAll('"', '') ?? '';
    if (record !== '' && !record.startsWith('#')) starts.push([id, Buffer.byteLength(text)]);
    text += record + (index < records.length - 1 || last ? carriageReturn + recordDelimiter : '');
  }
  return { name, input, text, records: starts };
}

const use = { header: 'use' } as const;
const samples: readonly Sample[] = [
  sample('LF', {}, '', ['1,a', '22,bb', '3', '4,,', '55555,e', '6,f']),
  sample('no delimiter at the end', {}, '', ['1,a', '22,bb', '3,c'], false),
  sample('CR LF', {}, '', ['1,a', '22,bb', '3', '4,,', '5,e']),
  sample('CR LF with a header', use, 'id,v\r\n', ['1,a', '22,bb', '3', '4,,', '5,e']),
  sample('CR LF as the record delimiter', { recordDelimiter: '\r\n' }, '', ['1,a\n', '22,b\rb', '3', '4,,']),
  sample('header used', use, 'id,v\n', ['1,a', '22,bb', '3']),
  sample('header ignored', { header: 'ignore' }, 'id,value\n', ['1,a', '22,bb', '3']),
  sample('byte order mark', {}, '\ufeff', ['1,a', '22,bb', '3']),
  sample('byte order mark and header', use, '\ufeffid,v\n', ['1,a', '22,bb', '3']),
  sample('blank lines and comments', use, '\n#no\nid,v\n', ['1,a', '', '', '#x,y', '22,bb', '#', '3', '']),
  sample('quotes', {}, '', ['"1","a,""b"""', '"22",","', '"3",""', '4,"#"']),
  sample('characters of many bytes', {}, '', ['1,日本語', '22,é', '𝄞,c', '4,é𝄞']),
  sample('delimiters of many bytes', { fieldDelimiter: '→', recordDelimiter: '¶' }, '', ['1→a', '22→', '3→\n', '4']),
  sample('delimiters of two characters', { fieldDelimiter: '||', recordDelimiter: ';\n' }, '', ['1||a|b', '22||;', '3||\nc', '4']),
  sample('header only', use, 'id,v\n', []),
  sample('empty', {}, '', []),
];

const shapes: readonly EngineOptions[] = [
  { workers: 0 },
  { workers: 0, split_bytes: 5 },
  { workers: 0, split_bytes: 16, kernels: 'reference', window_bytes: 64 },
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

const firstFields = 'SELECT _1 FROM S3Object';

function expected({ records }: Sample, start: number, end: number): string {
  const held = records.filter(([, offset]) => (offset > start || (start === 0 && offset === 0)) && offset <= end);
  return held.map(([id]) => `${id}\n`).join('');
}

t.test('a range holds the records that begin in it', async (t) => {
  await withEngines(async (engine, name) => {
    for (const one of samples) {
      const object = memoryObject(one.text);
      const { size } = object;
      const position = fc.nat({ max: size + 3 });
      await fc.assert(
        fc.asyncProperty(position, position, async (a, b) => {
          const range = { start: Math.min(a, b), end: Math.max(a, b) };
          const { text, error } = await ask(engine, object, firstFields, { input: one.input, scanRange: range });
          const wanted = expected(one, range.start, range.end);
          if (error !== null || text !== wanted) {
            throw new Error(
              `${JSON.stringify(one.text)} ${JSON.stringify(range)}: ${JSON.stringify([text, error])}, not ${JSON.stringify(wanted)}`,
            );
          }
        }),
        { numRuns: 60 },
      );
      t.pass(`${one.name}, ${name}`);
    }
  });
});

t.test('any tiling by shared boundaries is the whole, each record once', async (t) => {
  await withEngines(async (engine, name) => {
    for (const { name: sampleName, input, text: content } of samples) {
      const object = memoryObject(content);
      const whole = await ask(engine, object, 'SELECT * FROM S3Object', { input });
      const cuts = fc.uniqueArray(fc.nat({ max: object.size }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(cuts, fc.nat({ max: 10 }), async (inner, beyond) => {
          const boundaries = [...new Set([0, ...inner, object.size + beyond])].sort((a, b) => a - b);
          let tiled = '';
          for (const [index, end] of boundaries.entries()) {
            if (index === 0) continue;
            const scanRange = { start: boundaries[index - 1] as number, end };
            const { text, error } = await ask(engine, object, 'SELECT * FROM S3Object', { input, scanRange });
            if (error !== null) throw error;
            tiled += text;
          }
          return tiled === whole.text;
        }),
        { numRuns: 15 },
      );
      t.pass(`${sampleName}, ${name}`);
    }
  });
});

t.test('Start alone, End alone, and beyond the end', async (t) => {
  await withEngines(async (engine, name) => {
    for (const one of samples) {
      const object = memoryObject(one.text);
      const { size } = object;
      const wrong: string[] = [];
      const answer = async (scanRange: ScanRange): Promise<string> => {
        const { text, error } = await ask(engine, object, firstFields, { input: one.input, scanRange });
        return error === null ? text : String(error);
      };
      for (let n = 0; n <= size + 2; n++) {
        if ((await answer({ start: n, end: null })) !== expected(one, n, size)) wrong.push(`Start ${n}`);
        const last = one.records.filter(([, offset]) => offset >= size - n).map(([id]) => `${id}\n`);
        if ((await answer({ start: null, end: n })) !== last.join('')) wrong.push(`End ${n}`);
      }
      t.strictSame(wrong, [], `${one.name}, ${name}`);
      t.equal(await answer({ start: size, end: size + 100 }), '', 'at the size');
      t.equal(await answer({ start: size + 1000, end: Number.MAX_SAFE_INTEGER }), '', 'past the size');
      t.equal(await answer({ start: 0, end: Number.MAX_SAFE_INTEGER }), expected(one, 0, size), 'an end past the size is clamped');
    }
  });
});

t.test('the header is known to every range and returned by none', async (t) => {
  const body = numberedLines(50);
  const object = memoryObject(`n,word,k\n${body}`);
  const input = { ...csvInput, ...use };
  await withEngines(async (engine, name) => {
    let tiled = '';
    for (let start = 0; start < object.size; start += 13) {
      const scanRange = { start, end: start + 13 };
      const { text, error } = await ask(engine, object, 'SELECT n, word, k FROM S3Object', { input, scanRange });
      t.equal(error, null);
      tiled += text;
    }
    t.equal(tiled, body, name);
    const unknown = await ask(engine, object, 'SELECT nosuch FROM S3Object', { input, scanRange: { start: 500, end: 600 } });
    t.match(unknown.error, { code: 'MissingHeaders' });
  });
});

t.test('the documented example, with shared and with inclusive boundaries', async (t) => {
  const object = memoryObject('A,B\nC,D\nD,E\nE,F\nG,H\nI,J\n');
  const rows = async (engine: Engine, start: number, end: number): Promise<string> =>
    (await ask(engine, object, 'SELECT * FROM S3Object', { scanRange: { start, end } })).text;
  await withEngines(async (engine) => {
    t.equal(await rows(engine, 1, 4), 'C,D\n');
    t.equal(await rows(engine, 4, 8), 'D,E\n', 'the record at Start belongs to the range before');
  });
  await withEngines(
    async (engine) => {
      t.equal(await rows(engine, 1, 4), 'C,D\n');
      t.equal(await rows(engine, 4, 8), 'C,D\nD,E\n', 'inclusive: the record at Start is in');
    },
    shapes.map((shape) => ({ ...shape, scanRangeBoundaries: 'inclusive' as const })),
  );
});

t.test('objects that cannot be cut at any byte', async (t) => {
  const input = { ...csvInput, recordDelimiter: ';;' };
  const object = memoryObject('1,a;;;;22,b;;3;;;;;;4,d;;;5;;');
  await withEngines(async (engine, name) => {
    const { text, error } = await ask(engine, object, 'SELECT * FROM S3Object', { input });
    t.strictSame([text, error], ['1,a\n22,b\n3\n4,d\n;5\n', null], name);
  });
  t.throws(() => resolveScanRange({ Start: 3 }, input), { code: 'UnsupportedScanRangeInput' });
});

t.test('filters, aggregates and LIMIT within a range, on threads', async (t) => {
  const text = numberedLines(2000);
  const object = memoryObject(text);
  await withEngines(
    async (engine, name) => {
      let rows = 0;
      let filtered = '';
      for (let start = 0; start < object.size; start += 4001) {
        const scanRange = { start, end: start + 4001 };
        rows += Number((await ask(engine, object, 'SELECT COUNT(*) FROM S3Object', { scanRange })).text);
        filtered += (await ask(engine, object, "SELECT _1 FROM S3Object WHERE _2 = 'word5'", { scanRange, sink: 'blocks' })).text;
      }
      t.equal(rows, 2000, name);
      t.equal(filtered, (await ask(engine, object, "SELECT _1 FROM S3Object WHERE _2 = 'word5'")).text);
      const limited = await ask(engine, object, 'SELECT * FROM S3Object LIMIT 2', { scanRange: { start: 10_000, end: null } });
      const from = text.indexOf('\n', 10_000) + 1;
      t.equal(limited.text, `${text.slice(from).split('\n', 2).join('\n')}\n`);
      const none = await ask(engine, object, 'SELECT COUNT(*), SUM(_1) FROM S3Object', { scanRange: { start: 1, end: 2 } });
      t.equal(none.text, '0,\n');
    },
    [{ workers: 2, split_bytes: 1000 }, { workers: 2 }],
  );
});
