/** Files made durable by several threads. */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { helpedCount, startHelpers, syncFiles } from '../src/storage/sync-threads.ts';

t.test('each file has its own outcome, whoever makes it durable', async (t) => {
  const open = openFiles(t, 7);
  const closed = 1_000_000;
  // Counts that go round in the midst of it.
  const words = startHelpers(2 ** 31 - 1000);
  for (let round = 0; round < 300; round++) {
    // Helpers are there from some round on.
    if (round % 100 === 50) await sleep(50);
    const bad = round % 8;
    const outcomes = syncFiles([...open.slice(0, bad), closed, ...open.slice(bad)], words);
    t.strictSame(
      outcomes.map((error) => (error as NodeJS.ErrnoException | undefined)?.code),
      Array.from({ length: 8 }, (_, n) => (n === bad ? 'EBADF' : undefined)),
    );
  }
  t.match(syncFiles([closed], words), [{ code: 'EBADF', syscall: 'fsync', errno: -9 }]);
});

t.test('none, and as many as there are places', (t) => {
  t.same(syncFiles([]), []);
  const fd = fs.openSync(join(t.testdir({}), 'f'), 'w');
  t.teardown(() => fs.closeSync(fd));
  t.same(syncFiles(Array(2048).fill(fd)), Array(2048).fill(undefined));
  t.throws(() => syncFiles(Array(2049).fill(fd)), 'there is a place for each file');
  t.end();
});

t.test('helpers take their share', async (t) => {
  const open = openFiles(t, 8);
  const words = startHelpers();
  const deadline_ms = Date.now() + 20_000;
  // They are there some time after they were started.
  while (helpedCount(words) === 0 && Date.now() < deadline_ms) {
    for (const fd of open) fs.writeSync(fd, 'x'.repeat(4096));
    syncFiles(open, words);
    await sleep(10);
  }
  t.ok(helpedCount(words) > 0);
});

function openFiles(t: Test, count: number): number[] {
  const folder = t.testdir({});
  const open = Array.from({ length: count }, (_, n) => fs.openSync(join(folder, `f-${n}`), 'w'));
  t.teardown(() => {
    for (const fd of open) fs.closeSync(fd);
  });
  return open;
}
