/** The sidecars of the local store: what is believed of them, how they grow, and what others do to them. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { bodyOf, md5, put } from './support/storage-contract.ts';
import { localStores } from './support/storage-local.ts';

const { newLocalStore } = localStores(t);

t.test('sidecars of foreign make are not believed', async (t) => {
  const { store, bucket } = await newLocalStore();
  await put(store, 'x', 'x');
  const hidden = join(bucket, '.s3lect/meta');
  const name =
    fs
      .readdirSync(hidden, { recursive: true })
      .map(String)
      .find((path) => path.endsWith('.json')) ?? '';
  const sidecar = JSON.parse(fs.readFileSync(join(hidden, name), 'utf8'));
  const [record] = sidecar.records;
  const foreign = [
    '',
    '{',
    'null',
    '[]',
    { ...sidecar, key: 'y' },
    { ...sidecar, version: 2 },
    { ...sidecar, records: {} },
    { ...sidecar, records: [null, 1] },
    ...[
      { contentType: 'a\r\nb: c' },
      { contentType: 1 },
      { etag: 'x' },
      { metadata: { a: 'b\nc' } },
      { metadata: null },
      { contentHeaders: { host: 'x' } },
      { size: '2' },
    ].map((change) => ({ ...sidecar, records: [{ ...record, ...change }] })),
  ];
  for (const content of foreign) {
    fs.writeFileSync(join(hidden, name), typeof content === 'string' ? content : JSON.stringify(content));
    t.match((await store.headObject('b-1', 'x')).etag, /-1"$/);
  }
  fs.writeFileSync(join(hidden, name), JSON.stringify({ ...sidecar, records: [record, { ...record, size: '9' }] }));
  t.equal((await store.headObject('b-1', 'x')).etag, md5('x'));
  fs.unlinkSync(join(hidden, name));
  execFileSync('mkfifo', [join(hidden, name)]);
  t.match((await store.headObject('b-1', 'x')).etag, /-1"$/);
});

/** The one sidecar of a bucket. */
function sidecarOf(bucket: string): string {
  const meta = join(bucket, '.s3lect/meta');
  const names = fs.readdirSync(meta, { recursive: true }).map(String);
  return join(meta, names.find((name) => name.endsWith('.json')) ?? '');
}

t.test('a sidecar grows by lines, and stays short', async (t) => {
  const { store, bucket } = await newLocalStore();
  const lengths: number[] = [];
  for (let n = 0; n < 60; n++) {
    await put(store, 'x', `${n}`);
    t.equal((await store.headObject('b-1', 'x')).etag, md5(`${n}`));
    await store.setTags('b-1', 'x', { n: `${n}` });
    t.same((await store.headObject('b-1', 'x')).tags, { n: `${n}` });
    t.equal((await store.headObject('b-1', 'x')).etag, md5(`${n}`));
    lengths.push(fs.statSync(sidecarOf(bucket)).size);
  }
  t.ok(Math.max(...lengths) < 4096, `${Math.max(...lengths)} bytes`);
  t.ok(
    lengths.some((length, n) => length < (lengths[n - 1] ?? 0)),
    'it was replaced',
  );
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
  await store.deleteObject('b-1', 'x');
  await put(store, 'x', 'again');
  t.equal((await store.headObject('b-1', 'x')).etag, md5('again'));
});

t.test('a sidecar that another process changes is seen at once, whatever was read of it before', async (t) => {
  const { store, bucket } = await newLocalStore();
  await store.putObject({ bucket: 'b-1', key: 'x', body: bodyOf('x'), contentType: 'text/one' });
  const sidecar = sidecarOf(bucket);
  const text = fs.readFileSync(sidecar, 'utf8');
  const typeNow = async (): Promise<string> => (await store.headObject('b-1', 'x')).contentType;
  const changes: Record<string, () => void> = {
    'of the same length, in place': () => fs.writeFileSync(sidecar, text.replace('text/one', 'text/two')),
    'another file': () => {
      fs.writeFileSync(`${sidecar}-new`, text.replace('text/one', 'text/six'));
      fs.renameSync(`${sidecar}-new`, sidecar);
    },
    'of a time that was set': () => {
      const { atime, mtime } = fs.statSync(sidecar);
      fs.writeFileSync(sidecar, text.replace('text/one', 'text/ten'));
      fs.utimesSync(sidecar, atime, mtime);
    },
    removed: () => fs.unlinkSync(sidecar),
  };
  const seen: string[] = [];
  for (const change of Object.values(changes)) {
    // What has changed just now is read each time.
    await setTimeout(120);
    const before = await typeNow();
    t.equal(await typeNow(), before);
    change();
    seen.push(await typeNow());
  }
  t.same(seen, ['text/two', 'text/six', 'text/ten', 'binary/octet-stream'], Object.keys(changes).join(', '));
});

t.test('a line that a crash cut short is of no file', async (t) => {
  const { store, bucket } = await newLocalStore();
  await put(store, 'x', 'x');
  const sidecar = sidecarOf(bucket);
  const whole = fs.readFileSync(sidecar, 'utf8');
  for (let length = 0; length < whole.length; length += 7) {
    fs.writeFileSync(sidecar, `${whole}\n${whole.slice(0, length)}`);
    t.equal((await store.headObject('b-1', 'x')).etag, md5('x'));
    await store.setTags('b-1', 'x', { length: `${length}` });
    t.match(await store.headObject('b-1', 'x'), { etag: md5('x'), tags: { length: `${length}` } });
    fs.writeFileSync(sidecar, whole.slice(0, length));
    await put(store, 'y', 'y');
    t.match((await store.headObject('b-1', 'x')).etag, /-1"$/, 'an object without its record');
  }
});

t.test('what has the name of a sidecar and is none is replaced, not written to', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  await put(store, 'x', 'x');
  const sidecar = sidecarOf(bucket);
  const foreign = join(root, '../foreign');
  fs.writeFileSync(foreign, '');
  for (const place of [
    () => fs.linkSync(foreign, sidecar),
    () => fs.symlinkSync(foreign, sidecar),
    () => execFileSync('mkfifo', [sidecar]),
  ]) {
    fs.unlinkSync(sidecar);
    place();
    await put(store, 'x', 'next');
    t.equal((await store.headObject('b-1', 'x')).etag, md5('next'));
    t.equal(fs.readFileSync(foreign, 'utf8'), '');
  }
});
