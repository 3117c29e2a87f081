/** Lists of the local store: names kept between pages, directories larger than a window, writes between pages. */
import fs from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import { DirectoryNames, lowerBound } from '../src/storage/directory-names.ts';
import type { FileIdentity } from '../src/storage/file-version.ts';
import { DirectoryLister } from '../src/storage/list-directory.ts';
import { type ListedRecord, ListedRecords } from '../src/storage/listed-records.ts';
import { compareUtf8 } from '../src/storage/listing.ts';
import { LocalStore } from '../src/storage/local.ts';
import { describe } from '../src/storage/object.ts';
import type { ListRequest } from '../src/storage/store.ts';
import { bodyOf, codeOf, put } from './support/storage-contract.ts';
import { localStores } from './support/storage-local.ts';
import { listNaively } from './support/storage-model.ts';

const { newDirectory, newLocalStore } = localStores(t);

/** A directory whose last change is some time ago. */
function age(directory: string): void {
  fs.utimesSync(directory, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
}

async function waitForCtime(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 120));
}

t.test('lists agree with a plain model, however few names are read at once', async (t) => {
  const segment = fc.constantFrom('a', 'b', 'a-', 'a.', 'b!', 'é', '\uffee', '😀', 'z', '.s3lect', '..', '');
  const keys = fc
    .array(fc.array(segment, { minLength: 1, maxLength: 3 }), { maxLength: 14 })
    .map((list) => [...new Set(list.map((parts) => parts.join('/')))].filter((key) => key !== ''));
  const text = fc.array(fc.constantFrom('a', 'b', '/', '-', '😀', '\uffee', 'z'), { maxLength: 3 }).map((list) => list.join(''));
  const property = fc.asyncProperty(
    keys,
    text,
    fc.constantFrom('', '/', '-', 'a', '//'),
    text,
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
    async (wanted, prefix, delimiter, startAfter, maxKeys, window) => {
      const { store, bucket } = await newLocalStore();
      const made: string[] = [];
      for (const key of wanted) if ((await codeOf(put(store, key, key))) === 'no error') made.push(key);
      const lister = new DirectoryLister(new DirectoryNames({ window_names_max: window, cached_names_max: 3 * window }));
      const inspect = (path: string, key: string) =>
        fs.existsSync(path) ? { key, size: 0, etag: '', lastModified: new Date(0), ...describe({}), checksum: undefined } : undefined;
      let request: ListRequest = { bucket: 'b-1', prefix, delimiter, startAfter, maxKeys };
      for (;;) {
        const page = await lister.list(bucket, request, inspect);
        t.strictSame(
          { ...page, objects: page.objects.map(({ key }) => key) },
          listNaively(made, request),
          JSON.stringify({ made, request }),
        );
        if (page.nextStartAfter === undefined) break;
        request = { ...request, startAfter: page.nextStartAfter };
      }
    },
  );
  await fc.assert(property, { numRuns: 120 });
});

t.test('names are kept for as long as their directory does not change', async (t) => {
  const directory = newDirectory();
  const names = Array.from({ length: 300 }, (_, i) => String(i).padStart(3, '0'));
  for (const name of names) fs.writeFileSync(join(directory, name), '');
  const cache = new DirectoryNames({ window_names_max: 100, cached_names_max: 10_000 });
  const fresh = await cache.read(directory, '', 10);
  t.not((await cache.read(directory, '', 10)).names, fresh.names, 'what changed just now may change again unseen');
  age(directory);
  await waitForCtime();
  const first = await cache.read(directory, '', 10);
  t.same(first.names, names.slice(0, 100));
  t.notOk(first.isWhole);
  t.equal((await cache.read(directory, '050', 10)).names, first.names);
  t.equal((await cache.read(directory, '099', 10)).names, first.names);
  const second = await cache.read(directory, '099\0', 10);
  t.same(second.names, names.slice(100, 200));
  t.same((await cache.read(directory, '250', 10)).names, names.slice(250));
  t.ok((await cache.read(directory, '250', 10)).isWhole);
  t.same((await cache.read(directory, '', 10)).names, names.slice(0, 100), 'back to the beginning');
  fs.writeFileSync(join(directory, '0005'), '');
  t.equal((await cache.read(directory, '', 10)).names[1], '0005');
  fs.unlinkSync(join(directory, '000'));
  t.equal((await cache.read(directory, '', 10)).names[0], '0005');
  t.equal(lowerBound(names, '0505'), 51);
});

t.test('windows of many directories make way for later ones', async (t) => {
  const root = newDirectory();
  const cache = new DirectoryNames({ window_names_max: 10, cached_names_max: 60 });
  const windows = [];
  for (let i = 0; i < 5; i++) {
    const directory = join(root, String(i));
    fs.mkdirSync(directory);
    for (let j = 0; j < 10; j++) fs.writeFileSync(join(directory, String(j)), '');
  }
  await waitForCtime();
  for (let i = 0; i < 5; i++) windows.push((await cache.read(join(root, String(i)), '', 10)).names);
  t.equal((await cache.read(join(root, '4'), '', 10)).names, windows[4]);
  t.not((await cache.read(join(root, '0'), '', 10)).names, windows[0]);
});

t.test('what lists say of files is remembered for as long as they are the same, whatever happens to others', async (t) => {
  const name = fc.integer({ min: 0, max: 12 }).map(String);
  const etag = fc.tuple(fc.constantFrom('0', '7', 'a', 'f'), fc.constantFrom('', '-1', '-10000')).map(([c, n]) => `"${c.repeat(32)}${n}"`);
  const checksum = fc.option(
    fc.record({ algorithm: fc.constantFrom('crc32', 'sha256'), type: fc.constantFrom('FULL_OBJECT', 'COMPOSITE') } as const),
    { nil: undefined },
  );
  const record = fc.record({ etag, storageClass: fc.constantFrom('STANDARD', 'GLACIER'), checksum });
  const number = fc.constantFrom(0n, 1n, 2n ** 32n - 1n);
  const file = fc.record({ ino: fc.constantFrom(1n, 2n ** 64n - 1n), mtimeNs: fc.constantFrom(-1n, 2n ** 62n), size: number });
  const names = fc.uniqueArray(name).map((list) => list.sort());
  const step = fc.oneof(fc.record({ name, file, record }), fc.record({ names }));
  fc.assert(
    fc.property(names, fc.array(step, { maxLength: 20 }), (first, steps) => {
      let places = first;
      let records = new ListedRecords(places.length);
      const model = new Map<string, { file: FileIdentity; record: ListedRecord }>();
      for (const step of steps) {
        if ('names' in step) {
          records = records.movedTo(step.names, places);
          places = step.names;
          for (const known of model.keys()) if (!places.includes(known)) model.delete(known);
        } else if (places.includes(step.name)) {
          records.set(places.indexOf(step.name), step.file, step.record);
          model.set(step.name, step);
        }
        for (const [at, place] of places.entries()) {
          const known = model.get(place);
          t.same(known && records.get(at, known.file), known?.record);
          for (const change of [{ ino: 3n }, { mtimeNs: 3n }, { size: 3n }, { size: 2n ** 32n + (known?.file.size ?? 0n) }])
            t.equal(known && records.get(at, { ...known.file, ...change }), undefined);
        }
      }
    }),
    { numRuns: 200 },
  );

  const records = new ListedRecords(70);
  const large = { ino: 1n, mtimeNs: 1n, size: 2n ** 32n };
  const listed = { etag: `"${'0'.repeat(32)}"`, storageClass: 'STANDARD', checksum: undefined };
  records.set(0, large, listed);
  t.equal(records.get(0, large), undefined, 'as large as can be told');
  for (let n = 0; n < 70; n++) records.set(n, { ...large, size: 1n }, { ...listed, storageClass: `CLASS_${n}` });
  for (let n = 0; n < 70; n++)
    t.equal(records.get(n, { ...large, size: 1n })?.storageClass, n < 63 ? `CLASS_${n}` : undefined, `kind ${n}`);
});

t.test('a list of known files says what one by another process says', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  const other = await LocalStore.open({ root });
  for (let n = 0; n < 40; n++) await put(store, `d/${n}`, `text ${n}`);
  await waitForCtime();
  const changes = [
    () => put(other, 'd/3', 'of as many bytes'.slice(0, 6)),
    () => put(other, 'd/3x', 'new'),
    () => other.setTags('b-1', 'd/4', { a: 'b' }),
    () => other.deleteObject('b-1', 'd/5'),
    () => Promise.resolve(fs.writeFileSync(join(bucket, 'd/6'), 'text 6')),
    () => Promise.resolve(fs.renameSync(join(bucket, 'd/7'), join(bucket, 'd/8'))),
    () => other.putObject({ bucket: 'b-1', key: 'd/9', body: bodyOf('text 9'), storageClass: 'GLACIER', checksumAlgorithm: 'sha256' }),
  ];
  for (const change of [() => Promise.resolve(), () => Promise.resolve(), ...changes]) {
    await change();
    await waitForCtime();
    const fresh = await LocalStore.open({ root });
    for (const request of [{ bucket: 'b-1' }, { bucket: 'b-1', prefix: 'd/3' }])
      t.strictSame(await store.listObjects(request), await fresh.listObjects(request), change.toString());
  }
});

t.test('pages go on exactly while others write', async (t) => {
  const { store, bucket } = await newLocalStore();
  const stable = Array.from({ length: 400 }, (_, i) => `d/${String(i * 3).padStart(4, '0')}`);
  fs.mkdirSync(join(bucket, 'd'));
  for (const key of stable) fs.writeFileSync(join(bucket, key), '');
  let isDone = false;
  const written: string[] = [];
  const writer = (async () => {
    for (let i = 0; !isDone; i++) {
      const key = `d/${String((i * 7919) % 1200).padStart(4, '0')}x`;
      await put(store, key, '');
      written.push(key);
      if (i % 3 === 0) await store.deleteObject('b-1', written.shift() ?? '');
    }
  })();
  for (let round = 0; round < 3; round++) {
    const seen: string[] = [];
    for (let startAfter: string | undefined = ''; startAfter !== undefined; ) {
      const known = written.filter((key) => compareUtf8(key, startAfter ?? '') > 0);
      const page = await store.listObjects({ bucket: 'b-1', startAfter, maxKeys: 37 });
      const keys = page.objects.map(({ key }) => key);
      const end = page.nextStartAfter ?? '\uffff';
      const missed = known.filter((key) => compareUtf8(key, end) <= 0 && written.includes(key) && !keys.includes(key));
      t.same(missed, [], 'what was written before the page was asked for is on it');
      seen.push(...keys);
      startAfter = page.nextStartAfter;
    }
    t.same(seen, [...new Set(seen)].sort(compareUtf8), 'in order, and none twice');
    t.same(
      seen.filter((key) => !key.endsWith('x')),
      stable,
    );
  }
  isDone = true;
  await writer;
});

t.test('what a name costs', async (t) => {
  const directory = newDirectory();
  const count = 20_000;
  for (let i = 0; i < count; i++) fs.writeFileSync(join(directory, `part-${String(i).padStart(6, '0')}-some-file.parquet`), '');
  age(directory);
  await waitForCtime();
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const cache = new DirectoryNames();
  collect();
  const used_bytes = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used_bytes();
  const { names, records } = await cache.read(directory, '', 1000);
  const bytes = (used_bytes() - before) / count;
  t.equal(names.length, count);
  t.equal(records.get(0, { ino: 1n, mtimeNs: 1n, size: 1n }), undefined);
  t.ok(bytes <= 100, `${bytes.toFixed(1)} bytes a name`);
});
