/** Symbolic links in served folders: read through where an option says so, and never written through. */
import fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { bodyOf, codeOf, get, keysOf, put } from './support/storage-contract.ts';
import { localStores, treeOf } from './support/storage-local.ts';

const { newDirectory } = localStores(t);

/** A bucket with links, and the folder they lead to. */
function folders(): { root: string; outside: string; bucket: string } {
  const top = newDirectory();
  const [root, outside, bucket] = [join(top, 'root'), join(top, 'outside'), join(top, 'root/b-1')];
  fs.mkdirSync(join(outside, 'sub'), { recursive: true });
  fs.mkdirSync(join(bucket, 'd'), { recursive: true });
  fs.writeFileSync(join(outside, 'f'), 'outside');
  fs.writeFileSync(join(outside, 'sub/g'), 'below');
  fs.writeFileSync(join(bucket, 'd/own'), 'own');
  fs.symlinkSync('../../outside/f', join(bucket, 'file'));
  fs.symlinkSync(join(outside, 'sub'), join(bucket, 'folder'));
  fs.symlinkSync('..', join(bucket, 'd/loop'));
  fs.symlinkSync('nowhere', join(bucket, 'broken'));
  fs.symlinkSync('self', join(bucket, 'self'));
  fs.symlinkSync('../outside', join(root, 'b-2'));
  return { root, outside, bucket };
}

t.test('links that are not followed are as good as absent', async (t) => {
  const { root, outside } = folders();
  const store = await LocalStore.open({ root });
  const before = treeOf(outside);
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['b-1'],
  );
  t.same(await keysOf(store), ['d/own']);
  for (const key of ['file', 'folder/g', 'd/loop/d/own', 'broken']) t.equal(await codeOf(get(store, key)), 'NoSuchKey', key);
  t.equal(await codeOf(put(store, 'folder/new', 'x')), 'AccessDenied');
  t.same(treeOf(outside), before);
});

t.test('links that are followed', async (t) => {
  const { root, outside, bucket } = folders();
  const store = await LocalStore.open({ root, links: 'followed' });
  const before = treeOf(outside);
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['b-1', 'b-2'],
  );
  t.same(await keysOf(store), ['d/own', 'file', 'folder/g'], 'a link that leads back is not walked');
  t.same((await store.listObjects({ bucket: 'b-1', delimiter: '/' })).commonPrefixes, ['d/', 'folder/']);
  t.same(
    (await keysOf(store)).filter((key) => key.startsWith('folder/')),
    ['folder/g'],
  );
  t.equal(await get(store, 'file'), 'outside');
  t.equal(await get(store, 'folder/g'), 'below');
  t.equal((await store.headObject('b-1', 'file')).size, 7);
  for (const key of ['broken', 'self', 'folder', 'folder/h']) t.equal(await codeOf(get(store, key)), 'NoSuchKey', key);

  const [listed] = (await store.listObjects({ bucket: 'b-1', prefix: 'file' })).objects;
  t.equal(listed?.etag, (await store.headObject('b-1', 'file')).etag);
  fs.writeFileSync(join(outside, 'sub/later'), 'x');
  t.same(
    (await keysOf(store)).filter((key) => key.startsWith('folder/')),
    ['folder/g', 'folder/later'],
  );
  fs.rmSync(join(outside, 'sub/later'));

  for (const key of ['folder/new', 'folder/g', 'd/loop/x']) t.equal(await codeOf(put(store, key, 'x')), 'AccessDenied', `put ${key}`);
  t.equal(await codeOf(put(store, 'folder', 'x')), 'InvalidArgument', 'there are keys below it');
  t.equal(await codeOf(store.deleteObject('b-1', 'folder/g')), 'AccessDenied');
  for (const key of ['absent/g', 'file/g', 'd/own/g']) t.equal(await codeOf(store.deleteObject('b-1', key)), 'no error', `delete ${key}`);
  t.equal(
    await codeOf(store.putObject({ bucket: 'b-1', key: 'file', body: bodyOf('new'), condition: { ifNoneMatch: '*' } })),
    'PreconditionFailed',
  );
  await put(store, 'file', 'new');
  t.equal(await get(store, 'file'), 'new');
  fs.symlinkSync('../../outside/f', join(bucket, 'again'));
  await store.deleteObject('b-1', 'again');
  t.notOk(fs.lstatSync(join(bucket, 'again'), { throwIfNoEntry: false }), 'the link is gone');
  t.same(treeOf(outside), before, 'nothing outside was changed');

  await store.putObject({ bucket: 'b-2', key: 'sub/new', body: bodyOf('x') });
  t.equal(fs.readFileSync(join(outside, 'sub/new'), 'utf8'), 'x', 'a bucket that is a link is the folder it leads to');
  t.equal(await codeOf(store.deleteBucket('b-2')), 'AccessDenied');
});
