/** Splits that the tasks of a query take by themselves: each once, in order, within the task's budget, and delivered in order. */
import t, { type Test } from 'tap';
import { limits } from '../src/base/limits.ts';
import { Engine } from '../src/engine/query.ts';
import { runSplit } from '../src/engine/run-split.ts';
import { type QueuedSplit, SplitQueue, splitAt, takeSplit } from '../src/engine/split-queue.ts';
import type { SplitTask } from '../src/engine/task.ts';
import type { Split } from '../src/formats/format.ts';
import { splitsOf } from '../src/formats/split.ts';
import { codeOf, csvProgram, memoryObject, numberedLines, prepare } from './support/engine.ts';

const everything = 'SELECT * FROM S3Object';

t.test('a queue gives each split once, in order, and can be filled while it is taken from', async (t) => {
  for (const isLocal of [false, true]) queueInOrder(t, new SplitQueue(isLocal));
});

function queueInOrder(t: Test, queue: SplitQueue): void {
  t.equal(queue.front, null);
  t.equal(queue.take(), null);
  const splitOf = (index: number): Split => ({ index, start: index, end: index + 1, first: index === 0 });
  const places: QueuedSplit[] = [];
  // More than one stretch holds, by their number.
  for (let index = 0; index < 3 * limits.splits_open_max; index++) places.push(queue.push(splitOf(index)));
  const { front } = queue;
  t.strictSame(takeSplit(front!), splitOf(0));
  t.strictSame(queue.take(), splitOf(1));
  for (let index = 2; index < 3 * limits.splits_open_max; index++) t.equal(queue.take()?.index, index);
  t.equal(queue.take(), null);
  t.equal(takeSplit(front!), null, 'a stretch that is used up stays so');
  for (const { index, stretch, place } of places) t.equal(splitAt(stretch, place).index, index, 'what is taken can be read');
  queue.push(splitOf(1000));
  t.equal(queue.take()?.index, 1000);
  t.equal(queue.front, null);
}

t.test('a split that is larger than a stretch has one of its own', async (t) => {
  const queue = new SplitQueue(false);
  const large = { index: 1, start: 0, end: 1, first: false, rowGroup: { encodings: 'x'.repeat(2 * limits.splits_shared_bytes) } };
  queue.push({ index: 0, start: 0, end: 1, first: true });
  const { stretch, place } = queue.push(large as unknown as Split);
  t.equal(takeSplit(queue.front!)?.index, 0);
  t.strictSame(splitAt(stretch, place), large);
  t.strictSame(takeSplit(queue.front!), large);
});

const text = numberedLines(4000);
const size = Buffer.byteLength(text);

/** A task over the first of many splits, with the others to take. */
function taskOver(content: string, expression: string, settings: Partial<SplitTask> = {}): SplitTask {
  const queue = new SplitQueue(settings.sink === 'frames');
  const [first, ...others] = [
    ...splitsOf({ dataStart: 0, size: content.length, scanRange: null, split_bytes: 1000, boundaries: 'shared' }),
  ];
  for (const split of others.slice(0, 40)) queue.push(split);
  return {
    planId: `shared-${expression}`,
    queryId: -1,
    program: csvProgram(expression, limits.window_bytes),
    source: memoryObject(content).ref!,
    split: first!,
    startState: 'outside',
    resume: null,
    more: queue.front,
    moreStartState: 'outside',
    limit: null,
    output_bytes_max: limits.task_output_bytes_max,
    blocks_max: 1,
    time_ms: 10_000,
    cancel: new SharedArrayBuffer(4),
    sink: 'blocks',
    utcnow_ms: 0,
    reuses: false,
    ...settings,
  };
}

t.test('a task takes splits until its budget is used up', async (t) => {
  for (const sink of ['blocks', 'frames'] as const) {
    const { splits } = runSplit(taskOver(text, everything, { sink }));
    t.strictSame(
      splits.map(({ index }) => index),
      Array.from({ length: 41 }, (_, index) => index),
    );
    t.ok(text.startsWith(Buffer.concat(splits.map(({ bytes }) => bytes)).toString()));
    t.equal(new Set(splits.map(({ bytes }) => bytes.buffer)).size, 1, 'all of its output lies in one piece of memory');
  }
  const full = taskOver(text, everything, { output_bytes_max: 3500 });
  t.equal(runSplit(full).splits.length, 4);
  t.equal(takeSplit(full.more!)?.index, 4, 'what is not taken is left to others');
  t.equal(runSplit(taskOver(text, everything, { time_ms: 0 })).splits.length, 1);
  const cancel = new SharedArrayBuffer(4);
  new Int32Array(cancel)[0] = 1;
  t.equal(runSplit(taskOver(text, everything, { cancel })).splits.length, 1);
  t.equal(runSplit(taskOver(text, everything, { more: null })).splits.length, 1);
});

t.test('each split has its own aggregates', async (t) => {
  const { splits } = runSplit(taskOver(text, 'SELECT COUNT(*) FROM S3Object'));
  const counts = splits.map(({ partials }) => JSON.stringify(partials, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
  t.equal(splits.length, 41);
  t.notSame(counts[0], counts.at(-1), 'splits of other numbers of records count for themselves');
});

t.test('an error ends the task with its split', async (t) => {
  const lines = text.split('\n');
  lines[200] = 'odd,,';
  const { splits } = runSplit(taskOver(lines.join('\n'), 'SELECT CAST(s._1 AS INT) FROM S3Object s'));
  t.ok(splits.length < 10);
  t.match(splits.at(-1), { error: { code: 'CastFailed' }, resume: null });
  t.ok(splits.slice(0, -1).every(({ error }) => error === null));
});

t.test('output memory that goes round leaves no trace of other output', async (t) => {
  const wide = numberedLines(400_000);
  for (const workers of [0, 2]) {
    const engine = new Engine({ workers, split_bytes: 300_000 });
    for (const sink of ['blocks', 'frames'] as const) {
      const query = await prepare(engine, memoryObject(wide), everything, { sink, reuses: true });
      let records = 0;
      const seen: Buffer[] = [];
      for await (const { bytes } of query.run()) {
        if (sink === 'blocks') seen.push(Buffer.from(bytes));
        records += bytes.length;
        // Others fill memory meanwhile.
        if (seen.length % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (sink === 'blocks') t.ok(Buffer.concat(seen).toString() === wide, `${workers} workers`);
      t.ok(records >= wide.length);
      t.equal(query.stats.rows, 400_000);
    }
    await engine.close();
  }
});

t.test('LIMIT does not read ahead, and an error ahead does not show', async (t) => {
  const engine = new Engine({ workers: 2, split_bytes: 1000 });
  t.teardown(() => engine.close());
  const limited = await prepare(engine, memoryObject(text), `${everything} LIMIT 10`);
  for await (const _ of limited.run());
  t.ok(limited.stats.scanned_bytes <= 1000 && size > 50_000, `${limited.stats.scanned_bytes} bytes`);
  const lines = text.split('\n');
  lines[3000] = 'odd,,';
  const sql = 'SELECT CAST(s._1 AS INT) FROM S3Object s';
  const failing = await prepare(engine, memoryObject(lines.join('\n')), sql);
  const blocks: string[] = [];
  await t.rejects(
    (async () => {
      for await (const { bytes } of failing.run()) blocks.push(Buffer.from(bytes).toString());
    })().catch((error) => {
      throw new Error(String(codeOf(error)));
    }),
    { message: 'CastFailed' },
  );
  t.equal(blocks.join(''), Array.from({ length: 3000 }, (_, n) => `${n}\n`).join(''), 'all rows before the error');
});
