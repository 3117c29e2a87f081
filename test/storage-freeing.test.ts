/** Large files that are removed or replaced: nobody waits until what they held is free. */
import fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { closeFreeingAside, freeingAside, roomToFree } from '../src/storage/freeing.ts';
import { get, put } from './support/storage-contract.ts';
import { allClosed, localStores, openFilesIn } from './support/storage-local.ts';

const { newLocalStore } = localStores(t);
const large_bytes = limits.freed_at_once_bytes_max + 1;

t.test('a large file is held open while its path is taken from it, and no other is', async (t) => {
  const folder = fs.realpathSync(t.testdir({ small: 'x', folder: {} }));
  const path = newLarge(folder, 'large');
  fs.symlinkSync(path, join(folder, 'link'));
  const seen = (name: string, take: (path: string) => void): string[] =>
    freeingAside(join(folder, name), () => {
      take(join(folder, name));
      return openFilesIn(folder);
    });
  t.same(seen('small', fs.unlinkSync), []);
  t.same(
    seen('absent', () => {}),
    [],
  );
  t.same(seen('folder', fs.rmdirSync), []);
  t.same(seen('link', fs.unlinkSync), []);
  t.same(seen('large', fs.unlinkSync), onLinux([`${path} (deleted)`]));
  await allClosed(t, folder);
  newLarge(folder, 'large');
  t.throws(() => freeingAside(path, () => fs.renameSync(join(folder, 'absent'), path)), { code: 'ENOENT' });
  t.ok(fs.existsSync(path));
  await allClosed(t, folder);
});

t.test('only so many wait to be freed', async (t) => {
  const folder = fs.realpathSync(t.testdir({}));
  const count = limits.files_freed_aside_max + 5;
  const most = Array.from({ length: count }, (_, n) => {
    const path = newLarge(folder, `f-${n}`);
    return freeingAside(path, () => {
      fs.unlinkSync(path);
      return openFilesIn(folder).length;
    });
  }).reduce((a, b) => Math.max(a, b));
  // The first may be closed already.
  for (const least of onLinux([limits.files_freed_aside_max - 1])) t.ok(most >= least && most <= least + 1, `${most}`);
  const fd = fs.openSync(newLarge(folder, 'one'), 'r');
  closeFreeingAside(fd, large_bytes);
  t.throws(() => fs.fstatSync(fd), { code: 'EBADF' }, 'one more is closed at once');
  await roomToFree();
  t.ok(openFilesIn(folder).length < limits.files_freed_aside_max);
  await allClosed(t, folder);
  await roomToFree();
});

t.test('objects of a store', async (t) => {
  const { store, bucket } = await newLocalStore();
  const keys = Array.from({ length: limits.files_freed_aside_max + 8 }, (_, n) => `many/${n}`);
  fs.mkdirSync(join(bucket, 'many'));
  for (const key of keys) newLarge(bucket, key);
  t.same(
    await store.deleteObjects(
      'b-1',
      keys.map((key) => ({ key })),
    ),
    keys.map(() => undefined),
  );
  t.notOk(fs.existsSync(join(bucket, 'many')));
  newLarge(bucket, 'k');
  const held: string[] = [];
  const { unlinkSync } = fs;
  fs.unlinkSync = (path) => {
    held.push(...openFilesIn(bucket));
    unlinkSync(path);
  };
  t.teardown(() => {
    fs.unlinkSync = unlinkSync;
  });
  await store.deleteObject('b-1', 'k');
  t.ok(
    onLinux([join(bucket, 'k')]).every((path) => held.includes(path)),
    'a deletion does not wait',
  );
  newLarge(bucket, 'k');
  const reading = await store.openObject('b-1', 'k');
  await put(store, 'k', 'new');
  await reading.close();
  t.equal(await get(store, 'k'), 'new');
  await allClosed(t, bucket);
});

/** A file with nothing in it but its size. */
function newLarge(folder: string, name: string): string {
  const path = join(folder, name);
  fs.writeFileSync(path, '');
  fs.truncateSync(path, large_bytes);
  return path;
}

function onLinux<T>(values: T[]): T[] {
  return process.platform === 'linux' ? values : [];
}
