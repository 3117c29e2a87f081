/** How queries share the workers: cancellation, slow clients, fairness, admission, deadlines and threads that die. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import t from 'tap';
import { Engine, type QueryObject } from '../src/engine/query.ts';
import { ask, codeOf, memoryObject, numberedLines, prepare } from './support/engine.ts';

const everything = 'SELECT * FROM S3Object';
/** No kernel knows it, so it takes its time: many tasks even with two workers. */
const slow =
  "SELECT COUNT(*) FROM S3Object s WHERE s._2 || s._3 LIKE '%d1%2_' OR TO_STRING(DATE_ADD(second, CAST(s._1 AS INT), `2020-01-01T00:00:00Z`), 'y') = '9'";

let big: QueryObject;
let bigText: string;
const small = memoryObject(numberedLines(20));

t.before(() => {
  bigText = numberedLines(1_500_000);
  big = memoryObject(bigText);
});

t.test('a cancelled query frees its workers within 100 ms', async (t) => {
  const engine = new Engine({ workers: 2 });
  t.teardown(() => engine.close());
  const count = 'SELECT COUNT(*) FROM S3Object';
  await ask(engine, small, count);
  // Code that has not been compiled yet is slow enough to be measured.
  await ask(engine, memoryObject(bigText.slice(0, 1_000_000)), slow);
  for (const how of ['signal', 'cancel', 'return'] as const) {
    const times: number[] = [];
    // The fastest of three, so that a busy machine does not fail the test.
    for (let run = 0; run < 3; run++) {
      const controller = new AbortController();
      const query = await prepare(engine, big, how === 'return' ? everything : slow, { signal: controller.signal });
      const blocks = query.run()[Symbol.asyncIterator]();
      const first = blocks.next();
      if (how === 'return') await first;
      else await sleep(40);
      const started = performance.now();
      if (how === 'signal') {
        controller.abort(new Error('gone'));
        await t.rejects(first, { message: 'gone' });
      } else if (how === 'cancel') {
        await query.cancel();
        t.strictSame(await first, { done: true, value: undefined });
      } else {
        await blocks.return?.();
      }
      t.equal((await ask(engine, small, count)).text, '20\n');
      times.push(performance.now() - started);
    }
    t.ok(Math.min(...times) < 100, `${how}: ${times.map(Math.round).join(', ')} ms`);
  }
});

t.test('a signal that is aborted before or while a query waits', async (t) => {
  const engine = new Engine({ workers: 1, queries_active_max: 1 });
  t.teardown(() => engine.close());
  await t.rejects(prepare(engine, small, everything, { signal: AbortSignal.abort(new Error('early')) }), { message: 'early' });
  const active = await prepare(engine, small, everything);
  const controller = new AbortController();
  const waiting = prepare(engine, small, everything, { signal: controller.signal });
  controller.abort(new Error('left the queue'));
  await t.rejects(waiting, { message: 'left the queue' });
  await active.cancel();
  t.equal((await ask(engine, small, everything)).text, numberedLines(20));
});

t.test('clients that stand still give way to queries that wait, and to nobody else', async (t) => {
  const engine = new Engine({ workers: 1, queries_active_max: 2, query_stall_ms: 160 });
  t.teardown(() => engine.close());
  const stalled = await prepare(engine, big, everything);
  const blocks = stalled.run()[Symbol.asyncIterator]();
  t.ok((await blocks.next()).value);
  await sleep(400);
  t.ok((await blocks.next()).value, 'nobody waited');
  // Another that is busy all the time: it is not the one to go.
  const busy = ask(engine, big, slow);
  t.same(engine.load.queries_active, 2);
  const began = performance.now();
  const waiting = ask(engine, small, everything);
  t.equal(engine.load.queries_queued, 1);
  t.equal((await waiting).text, numberedLines(20));
  t.ok(performance.now() - began > 100, 'it was given its time');
  await t.rejects(blocks.next(), { code: 'RequestTimeout' });
  t.equal((await busy).error, null);
  t.same(engine.load, { workers: 1, queries_active: 0, queries_queued: 0, tasks_running: 0 });
});

t.test('a slow client pins no worker', async (t) => {
  const engine = new Engine({ workers: 1 });
  t.teardown(() => engine.close());
  const query = await prepare(engine, big, everything);
  const blocks = query.run()[Symbol.asyncIterator]();
  const first = await blocks.next();
  t.ok(first.value);
  await sleep(300);
  for (let n = 0; n < 3; n++) t.equal((await ask(engine, small, everything)).text, numberedLines(20));
  // It goes on where it was, and nothing is lost.
  let bytes = first.value?.bytes.length ?? 0;
  for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) bytes += next.value.bytes.length;
  t.equal(bytes, bigText.length);
});

t.test('many slow clients leave room for one more query', async (t) => {
  const engine = new Engine({ workers: 2, queries_active_max: 12 });
  t.teardown(() => engine.close());
  const clients = await Promise.all(Array.from({ length: 10 }, () => prepare(engine, big, everything)));
  const iterators = clients.map((query) => query.run()[Symbol.asyncIterator]());
  await Promise.all(iterators.map((blocks) => blocks.next()));
  await sleep(200);
  const { text } = await ask(engine, memoryObject(bigText.slice(0, bigText.indexOf('\n', 6_000_000) + 1)), everything);
  t.ok(bigText.startsWith(text) && text.length > 6_000_000);
  await Promise.all(clients.map((query) => query.cancel()));
});

t.test('queries take turns', async (t) => {
  const engine = new Engine({ workers: 1 });
  t.teardown(() => engine.close());
  let ended = false;
  const long = ask(engine, big, slow).then((answer) => {
    ended = true;
    return answer;
  });
  await sleep(50);
  t.equal((await ask(engine, small, 'SELECT COUNT(*) FROM S3Object')).text, '20\n');
  t.notOk(ended, 'the short one is first');
  t.equal((await long).error, null);
});

t.test('beyond the queries that run and wait: SlowDown', async (t) => {
  const engine = new Engine({ workers: 1, queries_active_max: 2, queries_queued_max: 1 });
  t.teardown(() => engine.close());
  const running = [await prepare(engine, small, everything), await prepare(engine, small, everything)];
  const waiting = ask(engine, small, everything);
  t.equal(codeOf((await ask(engine, small, everything)).error), 'SlowDown');
  await running[0]?.cancel();
  t.equal((await waiting).text, numberedLines(20));
  // What could not be prepared holds no place.
  for (let n = 0; n < 5; n++) t.ok((await ask(engine, small, 'SELECT nonsense FROM')).error);
  t.equal((await ask(engine, small, everything)).error, null);
  await running[1]?.cancel();
  await running[1]?.cancel();
  const both = await Promise.all([ask(engine, small, everything), ask(engine, small, everything)]);
  t.strictSame(
    both.map(({ error }) => error),
    [null, null],
  );
});

t.test('a query deadline', async (t) => {
  const engine = new Engine({ workers: 1, query_deadline_ms: 60 });
  t.teardown(() => engine.close());
  t.equal(codeOf((await ask(engine, big, slow)).error), 'Busy');
  t.equal((await ask(engine, small, everything)).error, null);
});

t.test('a thread that dies fails its query only, and is replaced', async (t) => {
  const threads: Worker[] = [];
  const record = (worker: Worker): void => void threads.push(worker);
  process.on('worker', record);
  const engine = new Engine({ workers: 1 });
  t.teardown(() => {
    process.off('worker', record);
    return engine.close();
  });
  await ask(engine, small, everything);
  const doomed = ask(engine, big, slow);
  await sleep(60);
  await threads[0]?.terminate();
  t.equal(codeOf((await doomed).error), 'InternalError');
  t.equal((await ask(engine, small, everything)).text, numberedLines(20));
  t.equal(threads.length, 2);
});

t.test('reading an object that was closed is our error', async (t) => {
  const engine = new Engine({ workers: 1 });
  t.teardown(() => engine.close());
  const gone: QueryObject = { ...small, ref: { kind: 'fd', fd: 999_999, size: 100 }, size: 100, etag: '' };
  t.equal(codeOf((await ask(engine, gone, everything)).error), 'InternalError');
  t.equal((await ask(engine, small, everything)).error, null);
});

t.test('a sparse result does not wait for the end of the query', async (t) => {
  const engine = new Engine({ workers: 1 });
  t.teardown(() => engine.close());
  // It has to take much longer than `limits.flush_ms`, on any machine.
  const sql =
    "SELECT s._1 FROM S3Object s WHERE s._1 = '5' OR TO_STRING(DATE_ADD(second, CAST(s._1 AS INT), `2020-01-01T00:00:00Z`), 'y') = '9'";
  const query = await prepare(engine, big, sql, { sink: 'frames' });
  const blocks = query.run()[Symbol.asyncIterator]();
  const { value } = await blocks.next();
  t.match(Buffer.from(value?.bytes ?? []).toString('latin1'), /5\n.{4}$/s);
  t.ok(query.stats.scanned_bytes < big.size, 'it came before the rest was read');
  t.same(await blocks.next(), { done: true, value: undefined });
  t.equal(query.stats.scanned_bytes, big.size);
});

t.test('a process that does not close its engine can end, whatever options Node was given', async (t) => {
  const script = `
    const { Engine } = await import(${JSON.stringify(new URL('../src/engine/query.js', import.meta.url).href)});
    const { ask, memoryObject } = await import(${JSON.stringify(new URL('./support/engine.js', import.meta.url).href)});
    const { text } = await ask(new Engine({ workers: 2 }), memoryObject('1\\n2\\n'), 'SELECT COUNT(*) FROM S3Object');
    process.stdout.write(text);`;
  const file = join(t.testdir({ 'count.mjs': script }), 'count.mjs');
  for (const args of [
    ['--input-type=module', '-e', script],
    ['--max-old-space-size=512', '--input-type=module', '-e', script],
    ['--max-old-space-size=512', '--no-warnings', file],
  ]) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    t.equal(stdout, '2\n', args.join(' ').slice(0, 60));
  }
});

t.test('no thread requires an ES module: Node 20 ends the process when one is stopped meanwhile', async (t) => {
  const zstd = join(import.meta.dirname, '../../test/fixtures/codecs/blocks.csv.zst');
  const script = `
    const { Engine } = await import(${JSON.stringify(new URL('../src/engine/query.js', import.meta.url).href)});
    const { ask, csvInput, memoryObject } = await import(${JSON.stringify(new URL('./support/engine.js', import.meta.url).href)});
    const { readFileSync } = await import('node:fs');
    const object = { ...memoryObject(readFileSync(${JSON.stringify(zstd)})), ref: null };
    const input = { ...csvInput, compression: 'zstd' };
    const engine = new Engine({ workers: 2 });
    const { text } = await ask(engine, object, 'SELECT COUNT(*) FROM S3Object', { input });
    await engine.close();
    process.stdout.write(text);`;
  const file = join(t.testdir({ 'count.mjs': script }), 'count.mjs');
  // What a thread prints comes out only while it does not block, waiting for tasks.
  const env = { ...process.env, PISCINA_DISABLE_ATOMICS: '1' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--trace-require-module=all', file], { env, timeout: 20_000 });
  t.strictSame([stdout, stderr], ['24000\n', '']);
});
