import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { GUNZIP_TURNS, inflate } from '../src/formats/codecs.ts';
import { openFile } from '../src/storage/file-object.ts';
import { LocalStore } from '../src/storage/local.ts';
import { MemoryStore, openBytes } from '../src/storage/memory.ts';
import { bodyOf, codeOf, get, keysOf, md5, put, storageContract } from './support/storage-contract.ts';
import { localStores, treeOf } from './support/storage-local.ts';

const { newDirectory, newLocalStore } = localStores(t);

t.test('contract: memory', (t) => storageContract(t, async () => new MemoryStore()));
t.test('contract: local', (t) => storageContract(t, () => LocalStore.open({ root: newDirectory() })));

t.test('files of other programs', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  fs.mkdirSync(join(bucket, 'deep/er'), { recursive: true });
  fs.writeFileSync(join(bucket, 'deep/er/a.csv'), '1,2\n');
  fs.mkdirSync(join(bucket, 'empty/empty'), { recursive: true });
  t.equal(await get(store, 'deep/er/a.csv'), '1,2\n');
  const { etag } = await store.headObject('b-1', 'deep/er/a.csv');
  t.match(etag, /^"[0-9a-f]{32}-1"$/);
  t.match(
    await store.listObjects({ bucket: 'b-1', delimiter: '/' }),
    { objects: [], commonPrefixes: ['deep/'] },
    'empty folders are no prefixes',
  );
  t.equal((await store.listObjects({ bucket: 'b-1' })).objects[0]?.etag, etag);

  const uploaded = await put(store, 'deep/er/a.csv', '3,4\n');
  t.equal(uploaded, md5('3,4\n'));
  const open = await store.openObject('b-1', 'deep/er/a.csv');
  fs.writeFileSync(join(bucket, 'deep/er/a.csv'), '5,6\n');
  fs.utimesSync(join(bucket, 'deep/er/a.csv'), 1, 1);
  t.notOk(open.isUnchanged());
  await open.close();
  const changed = await store.headObject('b-1', 'deep/er/a.csv');
  t.match(changed.etag, /-1"$/, 'a file changed behind our back is a new object');
  fs.writeFileSync(join(bucket, 'copy'), '5,6\n');
  fs.renameSync(join(bucket, 'copy'), join(bucket, 'deep/er/a.csv'));
  t.not((await store.headObject('b-1', 'deep/er/a.csv')).etag, changed.etag);

  t.equal(await codeOf(put(store, 'empty', 'the folder is not empty')), 'InvalidArgument');
  fs.rmdirSync(join(bucket, 'empty/empty'));
  await put(store, 'empty', 'an empty folder makes way');
  fs.mkdirSync(join(root, 'Not_S3 name'));
  fs.writeFileSync(join(root, 'Not_S3 name', 'x'), 'y');
  fs.writeFileSync(join(root, 'no-bucket'), 'a file');
  fs.mkdirSync(join(root, '.s3lect'));
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['Not_S3 name', 'b-1'],
  );
  t.equal(await get(store, 'x', 'Not_S3 name'), 'y');
  t.equal(await codeOf(store.headBucket('no-bucket')), 'NoSuchBucket');
  t.equal(await codeOf(store.createBucket('no-bucket')), 'InvalidRequest');
  t.equal(await codeOf(get(store, 'x', 'no-bucket')), 'NoSuchBucket');
});

t.test('what is no file is no object', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  fs.writeFileSync(join(root, '../secret'), 'secret');
  fs.mkdirSync(join(root, '../outside'));
  fs.writeFileSync(join(root, '../outside/x'), 'secret');
  await put(store, 'seen', 'seen');
  fs.symlinkSync('../../secret', join(bucket, 'link'));
  fs.symlinkSync('seen', join(bucket, 'inner-link'));
  fs.symlinkSync('../../outside', join(bucket, 'folder-link'));
  fs.symlinkSync('.', join(bucket, 'loop'));
  fs.symlinkSync('.s3lect', join(bucket, 'hidden'));
  fs.symlinkSync('../outside', join(root, 'link-bucket'));
  execFileSync('mkfifo', [join(bucket, 'fifo')]);
  for (const key of [
    'link',
    'inner-link',
    'folder-link/x',
    'loop/seen',
    'hidden/tmp',
    'fifo',
    'folder-link',
    '.s3lect/tmp',
    '.s3lect',
    '.S3LECT/meta',
    '../../secret',
    '/etc/passwd',
  ]) {
    t.equal(await codeOf(store.openObject('b-1', key)), 'NoSuchKey', key);
    t.equal(await codeOf(store.headObject('b-1', key)), 'NoSuchKey', key);
    await store.deleteObject('b-1', key);
  }
  t.equal(await codeOf(put(store, 'folder-link/y', 'y')), 'AccessDenied');
  t.equal(await codeOf(put(store, 'folder-link/d/y', 'y')), 'AccessDenied');
  t.equal(await codeOf(put(store, 'hidden/y', 'y')), 'AccessDenied');
  t.equal(await codeOf(get(store, 'x', 'link-bucket')), 'NoSuchBucket');
  t.equal(await codeOf(put(store, 'x', '', 'link-bucket')), 'NoSuchBucket');
  t.same(fs.readdirSync(join(root, '../outside')), ['x']);
  t.equal(fs.readFileSync(join(root, '../outside/x'), 'utf8'), 'secret');
  t.same(await keysOf(store), ['seen']);
  for (const prefix of ['loop/', 'folder-link/', 'hidden/', '.s3lect/', '../', '/', '../../'])
    t.same((await store.listObjects({ bucket: 'b-1', prefix })).objects, [], prefix);
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['b-1'],
  );
  await put(store, 'link', 'replaces the link, not what it leads to');
  t.equal(fs.readFileSync(join(root, '../secret'), 'utf8'), 'secret');
});

t.test('a hidden folder that leads away is not written to', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  fs.mkdirSync(join(root, '../outside/tmp'), { recursive: true });
  fs.symlinkSync('../../outside', join(bucket, '.s3lect'));
  t.equal(await codeOf(put(store, 'x', 'x')), 'AccessDenied');
  fs.unlinkSync(join(bucket, '.s3lect'));
  fs.mkdirSync(join(bucket, '.s3lect'));
  fs.symlinkSync('../../../outside', join(bucket, '.s3lect/meta'));
  t.equal(await codeOf(put(store, 'x', 'x')), 'AccessDenied');
  t.same(treeOf(join(root, '../outside')), [join(root, '../outside/tmp')]);
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
});

t.test('mapped buckets', async (t) => {
  const { root } = await newLocalStore();
  const elsewhere = newDirectory();
  fs.writeFileSync(join(elsewhere, 'f'), 'f');
  fs.symlinkSync(elsewhere, `${elsewhere}-link`);
  const store = await LocalStore.open({ root, buckets: { More_Data: `${elsewhere}-link`, all: root } });
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['More_Data', 'all', 'b-1'],
  );
  t.equal(await get(store, 'f', 'More_Data'), 'f');
  await put(store, 'd/g', 'g', 'More_Data');
  t.equal(fs.readFileSync(join(elsewhere, 'd/g'), 'utf8'), 'g');
  await put(store, 'x', 'x', 'b-1');
  t.same(await keysOf(store, 'all'), ['b-1/x'], 'the hidden folder of a bucket inside a bucket is hidden too');
  t.equal(await codeOf(store.deleteBucket('More_Data')), 'AccessDenied');
  t.equal(await codeOf(store.createBucket('all')), 'BucketAlreadyOwnedByYou');
  for (const name of ['..', 'a/b', '', '.s3lect'])
    t.equal(await codeOf(LocalStore.open({ root, buckets: { [name]: root } })), 'InvalidBucketName');
  await t.rejects(LocalStore.open({ root: join(root, 'absent') }), { code: 'ENOENT' });
  await t.rejects(LocalStore.open({ root, buckets: { x: join(elsewhere, 'f') } }), { code: 'InvalidArgument' });
});

t.test('deletions and uploads race for a directory', async (t) => {
  const { store, bucket } = await newLocalStore();
  const work = [0, 1, 2, 3].map(async (worker) => {
    for (let i = 0; i < 20; i++) {
      await put(store, `p/q/r/${worker}`, `${i}`);
      t.equal(await get(store, `p/q/r/${worker}`), `${i}`);
      await store.deleteObject('b-1', `p/q/r/${worker}`);
    }
  });
  await Promise.all(work);
  t.same(fs.readdirSync(bucket), ['.s3lect']);
  const same = Array.from({ length: 10 }, (_, i) => put(store, 'one', `${i}`.repeat(i)));
  const etags = await Promise.all(same);
  t.ok(etags.includes((await store.headObject('b-1', 'one')).etag));
  t.equal((await store.headObject('b-1', 'one')).etag, md5(await get(store, 'one')));
});

t.test('an upload into a bucket deleted meanwhile', async (t) => {
  const { store, bucket } = await newLocalStore();
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    await store.deleteBucket('b-1');
  };
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'd/x', body: body() })), 'NoSuchBucket');
  t.notOk(fs.existsSync(bucket), 'does not bring it back');
});

t.test('listing a directory larger than a page in bounded batches', async (t) => {
  const { store, bucket } = await newLocalStore();
  const names = Array.from({ length: 1500 }, (_, i) => `${(i * 7919) % 1500}`);
  fs.mkdirSync(join(bucket, 'd'));
  for (const name of names) fs.writeFileSync(join(bucket, 'd', name), '');
  for (const name of names.slice(0, 300)) fs.mkdirSync(join(bucket, 'e', name), { recursive: true });
  fs.mkdirSync(join(bucket, 'e/7'), { recursive: true });
  fs.writeFileSync(join(bucket, 'e/7/x'), '');
  t.same(await keysOf(store, 'b-1', 100), [...names.sort().map((name) => `d/${name}`), 'e/7/x']);
  t.match(await store.listObjects({ bucket: 'b-1', prefix: 'e/', delimiter: '/', maxKeys: 1 }), {
    commonPrefixes: ['e/7/'],
    isTruncated: false,
  });
});

const canMount = spawnSync('unshare', ['-Urm', 'true']).status === 0;
t.test('a full and a read-only file system', { skip: canMount ? false : 'needs user namespaces' }, async (t) => {
  const script = fileURLToPath(new URL('./support/storage-full.js', import.meta.url));
  const directory = newDirectory();
  const mount = `mount -t tmpfs -o size=1m none ${directory} && exec ${process.execPath} ${script} ${directory}`;
  const { stdout, stderr, status } = spawnSync('unshare', ['-Urm', 'sh', '-c', mount], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  t.same(JSON.parse(stdout), {
    full: 'StorageFull',
    kept: 'old',
    temporaries: [],
    after: 'no error',
    fullPart: 'StorageFull',
    fullCompletion: 'StorageFull',
    parts: 1,
    afterUpload: 'no error',
    readOnly: 'AccessDenied',
    readOnlyOthers: ['AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied,no error'],
    listed: ['k', 'l'],
    etag: md5('old'),
  });
});

t.test('files and bytes outside a store', async (t) => {
  const directory = newDirectory();
  fs.writeFileSync(join(directory, 'f'), 'hello');
  fs.symlinkSync('f', join(directory, 'link'));
  const file = await openFile(join(directory, 'link'));
  const into = new Uint8Array(5);
  t.equal(await file.reader.read({ start: 0, end: 5 }, into), 5);
  t.equal(Buffer.from(into).toString(), 'hello');
  await file.close();
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  t.equal(await codeOf(openFile(join(directory, 'fifo'))), 'InvalidArgument');
  t.equal(await codeOf(openFile(directory)), 'InvalidArgument');

  const shared = new Uint8Array(new SharedArrayBuffer(6));
  shared.set(Buffer.from('bcdefg'));
  for (const source of [Buffer.from('abcdef').subarray(1, 4), shared.subarray(0, 3)]) {
    const bytes = openBytes(source);
    const parts: string[] = [];
    for await (const piece of bytes.stream({ start: 1, end: 9 })) parts.push(Buffer.from(piece).toString());
    t.same(parts, ['cd']);
    t.equal(structuredClone(bytes.ref).size, 3);
    t.equal(await bytes.reader.read({ start: 0, end: 9 }, into), 3);
  }
});

t.test('pieces of a stream in turns have the bytes of any other, and so have what is inflated of them', async (t) => {
  const directory = t.testdir();
  const path = join(directory, 'f');
  const text = randomBytes(200_003).toString('hex');
  fs.writeFileSync(path, gzipSync(text));
  const stored = fs.readFileSync(path);
  const file = await openFile(path);
  for (const turns of [1, 2, 3]) {
    for (const piece_bytes of [1000, 70_000, 1_000_000]) {
      const given = new Set<ArrayBufferLike>();
      let at = 0;
      for await (const piece of file.stream(undefined, undefined, { piece_bytes, turns })) {
        if (Buffer.compare(piece, stored.subarray(at, at + piece_bytes)) !== 0) t.fail(`${turns} turns: the piece at ${at}`);
        given.add(piece.buffer);
        at += piece.length;
      }
      t.equal(at, stored.length);
      t.equal(given.size, Math.min(turns, Math.ceil(at / piece_bytes)), 'its memory is used again');
    }
  }
  for (const piece_bytes of [100, 15_000, 40_000]) {
    const inflated: Buffer[] = [];
    const source = file.stream(undefined, undefined, { piece_bytes, turns: GUNZIP_TURNS });
    for await (const part of inflate('gzip', source, { compressed_bytes: 0, inflated_bytes: 0 })) {
      inflated.push(Buffer.from(part));
      await setTimeout(1);
    }
    t.equal(Buffer.concat(inflated).toString(), text, `inflated of pieces of ${piece_bytes}`);
  }
  await file.close();
});

t.test('no temporary file stays', async (t) => {
  const { store, bucket } = await newLocalStore();
  await put(store, 'x', 'x');
  await codeOf(store.putObject({ bucket: 'b-1', key: 'x', body: bodyOf('y'), size: 9 }));
  await codeOf(store.putObject({ bucket: 'b-1', key: 'x', body: bodyOf('y'), condition: { ifNoneMatch: '*' } }));
  await codeOf(put(store, 'x/y', 'y'));
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
  t.equal(fs.readdirSync(join(bucket, '.s3lect/meta'), { recursive: true }).filter((name) => String(name).endsWith('.json')).length, 1);
});
