/** Tasks that fill several blocks of output before they return: what they answer, and where their memory goes. */
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { createPool } from '../src/engine/pool.ts';
import { Engine } from '../src/engine/query.ts';
import { runSplit } from '../src/engine/run-split.ts';
import type { SplitResult, SplitTask } from '../src/engine/task.ts';
import { csvInput, csvProgram, memoryObject, numberedLines, prepare } from './support/engine.ts';

const everything = 'SELECT * FROM S3Object';

const text = numberedLines(20_000);
const BLOCK_BYTES = 30_000;

/** A task over the whole text. */
function taskOver(content: string, settings: Partial<SplitTask> = {}): SplitTask {
  return {
    planId: 'blocks',
    queryId: -2,
    program: csvProgram(everything, 4096),
    source: memoryObject(content).ref!,
    split: { index: 7, start: 0, end: content.length, first: true },
    startState: 'outside',
    resume: null,
    more: null,
    moreStartState: 'outside',
    limit: null,
    output_bytes_max: BLOCK_BYTES,
    blocks_max: 4,
    time_ms: 10_000,
    cancel: new SharedArrayBuffer(4),
    sink: 'blocks',
    utcnow_ms: 0,
    reuses: true,
    ...settings,
  };
}

function spares(count: number): SharedArrayBuffer[] {
  return Array.from({ length: count }, () => new SharedArrayBuffer(limits.output_memory_bytes));
}

function textOf(splits: readonly SplitResult[]): string {
  return Buffer.concat(splits.map(({ bytes }) => bytes)).toString();
}

t.test('a task fills the blocks it was given, and the next one goes on behind them', async (t) => {
  let [answer, tasks] = ['', 0];
  for (let resume: SplitTask['resume'] = null; ; tasks++) {
    const given = spares(4);
    const { splits } = runSplit(taskOver(text, { spares: given, resume }));
    t.ok(
      splits.every(({ index, block, bytes }, at) => index === 7 && block === at && bytes.buffer === given[at]),
      'a result for each block, in the memory given for it',
    );
    answer += textOf(splits);
    resume = splits.at(-1)!.resume;
    if (resume === null) break;
    t.ok(splits.length === 4 && splits.every(({ bytes, resume }) => bytes.length >= BLOCK_BYTES && resume !== null));
  }
  t.ok(answer === text);
  t.ok(tasks >= 2, `${tasks} tasks`);
});

t.test('a task that has no memory for more, no time, or nobody to answer to, fills one block', async (t) => {
  t.equal(runSplit(taskOver(text)).splits.length, 1);
  t.equal(runSplit(taskOver(text, { spares: spares(1) })).splits.length, 1);
  t.equal(runSplit(taskOver(text, { spares: spares(4), time_ms: 0 })).splits.length, 1);
  const cancel = new SharedArrayBuffer(4);
  new Int32Array(cancel)[0] = 1;
  t.equal(runSplit(taskOver(text, { spares: spares(4), cancel })).splits.length, 1);
});

t.test('memory that a task was given and has not used is there for others', async (t) => {
  const pool = createPool({ workers: 1 });
  t.teardown(() => pool.destroy());
  const output_bytes_max = limits.task_output_bytes_first + 1;
  const many = numberedLines(100_000);
  const seen = new Set<ArrayBufferLike>();
  // Most use one block of four.
  for (let run = 0; run < 30; run++) {
    const { splits } = await pool.runSplit(taskOver(run % 10 === 9 ? many : text.slice(0, BLOCK_BYTES), { output_bytes_max }));
    t.equal(splits.length, run % 10 === 9 ? 4 : 1);
    for (const { bytes } of splits) {
      seen.add(bytes.buffer);
      pool.reuse(bytes.buffer as SharedArrayBuffer);
    }
  }
  t.equal(seen.size, 4, 'all of them go round');
});

t.test('answers of many blocks come whole and in order, in memory that goes round', async (t) => {
  const wide = numberedLines(1_500_000);
  t.ok(wide.length > 3 * limits.task_blocks_max * limits.task_output_bytes_max);
  for (const sink of ['blocks', 'frames'] as const) {
    const engine = new Engine({ workers: 2 });
    const query = await prepare(engine, memoryObject(wide), everything, { sink, reuses: true });
    let [at, same] = [0, true];
    for await (const { bytes } of query.run()) {
      t.ok(bytes.length <= limits.output_memory_bytes);
      if (sink === 'blocks') same &&= Buffer.from(bytes).toString() === wide.slice(at, at + bytes.length);
      at += bytes.length;
    }
    t.ok(same && at >= wide.length, sink);
    t.equal(query.stats.rows, 1_500_000);
    t.equal(query.stats.returned_bytes, wide.length);
    await engine.close();
  }
});

t.test('a task that began in the wrong state is dropped with all of its blocks', async (t) => {
  // Splits begin inside of quotes nearly always, and see none for a long way.
  const record = `"${'inside,of,quotes\n'.repeat(20_000)}",end\n`;
  const wide = record.repeat(150);
  const engine = new Engine({ workers: 2, split_bytes: 6 * 1024 * 1024 });
  t.teardown(() => engine.close());
  const input = { ...csvInput, allowQuotedRecordDelimiter: true };
  for (let run = 0; run < 3; run++) {
    const query = await prepare(engine, memoryObject(wide), everything, { input, reuses: true });
    let [at, same] = [0, true];
    for await (const { bytes } of query.run()) {
      same &&= Buffer.from(bytes).toString() === wide.slice(at, at + bytes.length);
      at += bytes.length;
    }
    t.ok(same);
    t.equal(at, wide.length);
    t.equal(query.stats.rows, 150);
  }
});
