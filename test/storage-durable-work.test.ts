/** Works that wait for the disk side by side. */
import fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OpenDirectory } from '../src/storage/directory.ts';
import { carryOutTogether, type DurableWork } from '../src/storage/durable-work.ts';

t.test('each goes on when all have come as far, and one that fails holds up no other', async (t) => {
  const folder = fs.realpathSync(t.testdir({ other: {} }));
  const seen: string[] = [];
  function* work(name: string, wishes: readonly ('file' | 'directory' | 'closed')[]): DurableWork<string> {
    const fd = fs.openSync(join(folder, name), 'w');
    try {
      for (const wish of wishes) {
        seen.push(`${name} ${wish}`);
        const directory = wish === 'directory' ? new OpenDirectory(folder) : undefined;
        try {
          yield directory ?? (wish === 'closed' ? 1_000_000 : fd);
        } finally {
          directory?.close();
        }
      }
      return name;
    } finally {
      seen.push(`${name} ends`);
      fs.closeSync(fd);
    }
  }
  const outcomes = carryOutTogether([
    work('a', ['file', 'directory']),
    work('b', ['file', 'closed', 'file']),
    work('c', []),
    work('d', ['file', 'directory', 'file']),
  ]);
  t.same(outcomes[0], { value: 'a' });
  t.match(outcomes[1], { error: { code: 'EBADF' } }, 'what cannot be made durable is raised where it was asked for');
  t.same(outcomes.slice(2), [{ value: 'c' }, { value: 'd' }]);
  const turns = ['a file', 'b file', 'c ends', 'd file', 'a directory', 'b closed', 'd directory', 'a ends', 'b ends', 'd file', 'd ends'];
  t.same(seen, turns);
  t.same(carryOutTogether([work('e', [])]), [{ value: 'e' }]);
});

t.test('a directory that took the path of another is another', async (t) => {
  const folder = fs.realpathSync(t.testdir({ d: {} }));
  const path = join(folder, 'd');
  const synced: string[] = [];
  const before = new OpenDirectory(path);
  fs.renameSync(path, join(folder, 'was'));
  fs.mkdirSync(path);
  const opened = [before, new OpenDirectory(path), new OpenDirectory(path)];
  for (const [n, directory] of opened.entries()) {
    const { syncNow } = directory;
    directory.syncNow = () => {
      synced.push(String(n));
      syncNow.call(directory);
    };
  }
  function* work(directory: OpenDirectory): DurableWork<void> {
    yield directory;
  }
  carryOutTogether(opened.map(work));
  t.same(synced, ['0', '1'], 'and one that two wait for is synced once');
  for (const directory of opened) directory.close();
});
