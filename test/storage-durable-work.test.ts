/** Works that wait for the disk side by side. */
import fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OpenDirectory } from '../src/storage/directory.ts';
import { carryOutTogether, type DurableWork } from '../src/storage/durable-work.ts';
import { describe } from '../src/storage/object.ts';
import { placeOf } from '../src/storage/publish.ts';
import { perform } from '../src/storage/writer-job.ts';

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
          yield directory ?? (wish === 'closed' ? [fd, 1_000_000] : [fd]);
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
  const works = [
    work('a', ['file', 'directory']),
    work('b', ['file', 'closed', 'file']),
    work('c', []),
    work('d', ['file', 'directory', 'file']),
  ];
  const told: unknown[] = [];
  const outcomes = carryOutTogether(works, (outcome, n) => {
    seen.push(`${n} told`);
    told[n] = outcome;
  });
  t.same(told, outcomes);
  t.same(outcomes[0], { value: 'a' });
  t.match(outcomes[1], { error: { code: 'EBADF' } }, 'what cannot be made durable is raised where it was asked for');
  t.same(outcomes.slice(2), [{ value: 'c' }, { value: 'd' }]);
  const first = ['a file', 'b file', 'c ends', '2 told', 'd file'];
  const then = ['a directory', 'b closed', 'd directory', 'a ends', '0 told', 'b ends', '1 told', 'd file', 'd ends', '3 told'];
  t.same(seen, [...first, ...then], 'and each outcome is told before the others go on');
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

t.test('an upload takes its place when its bytes and its sidecar are durable, whether that is new, goes on or is replaced', async (t) => {
  const bucketDirectory = fs.realpathSync(t.testdir({ '.s3lect': { tmp: {} } }));
  const place = placeOf('b-1', bucketDirectory, 'k', 'refused');
  const sidecarOf = (): string => {
    const meta = join(bucketDirectory, '.s3lect/meta');
    return join(meta, fs.readdirSync(meta, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.json')) ?? '');
  };
  for (const [round, present] of [undefined, 'new', 'goes on', 'is replaced'].entries()) {
    if (present === 'is replaced') fs.appendFileSync(sidecarOf(), `\n${' '.repeat(4096)}`);
    const path = join(bucketDirectory, `.s3lect/tmp/${round}`);
    const metadata = { etag: `"${'0'.repeat(31)}${round}"`, ...describe({}), checksum: undefined, parts: undefined };
    const work = perform({ kind: 'put', path, fd: undefined, pieces: [Buffer.from(`round ${round}`)], place, metadata, condition: {} });
    const durable = new Set<bigint>();
    for (let step = work.next(); step.done !== true; step = work.next()) {
      for (const fd of Array.isArray(step.value) ? step.value : []) durable.add(fs.fstatSync(fd, { bigint: true }).ino);
      const isInPlace = fs.existsSync(place.path) && fs.readFileSync(place.path, 'utf8') === `round ${round}`;
      if (!isInPlace) continue;
      t.ok(durable.has(fs.statSync(place.path, { bigint: true }).ino), 'the bytes were durable');
      t.ok(present === 'is replaced' || durable.has(fs.statSync(sidecarOf(), { bigint: true }).ino), 'and the record');
    }
    t.equal(fs.readFileSync(place.path, 'utf8'), `round ${round}`);
    t.match(fs.readFileSync(sidecarOf(), 'utf8'), metadata.etag.slice(1, -1));
  }
});
