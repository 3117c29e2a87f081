/** What every store must do, as one suite over any of them. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Test } from 'tap';
import { SelectError } from '../../src/base/errors.ts';
import { compareUtf8 } from '../../src/storage/listing.ts';
import type { ListRequest, ListResult, ObjectStore } from '../../src/storage/store.ts';
import { listNaively } from './storage-model.ts';

/** Runs the contract over new, empty stores. */
export async function storageContract(t: Test, newStore: () => Promise<ObjectStore>): Promise<void> {
  await t.test('buckets', async (t) => buckets(t, await newStore()));
  await t.test('objects', async (t) => objects(t, await newStore()));
  await t.test('bodies that fail', async (t) => failingBodies(t, await newStore()));
  await t.test('create if absent', async (t) => createIfAbsent(t, await newStore()));
  await t.test('open objects', async (t) => openObjects(t, await newStore()));
  await t.test('keys no store takes', async (t) => refusedKeys(t, await newStore()));
  await t.test('lists agree with a sorted model', async (t) => lists(t, await newStore()));
}

export async function* bodyOf(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

export async function put(store: ObjectStore, key: string, text: string | Uint8Array, bucket = 'b-1'): Promise<string> {
  return (await store.putObject({ bucket, key, body: bodyOf(text), size: Buffer.byteLength(text) })).etag;
}

export async function get(store: ObjectStore, key: string, bucket = 'b-1'): Promise<string> {
  const object = await store.openObject(bucket, key);
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of object.stream()) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  } finally {
    await object.close();
  }
}

/** All keys, page by page. */
export async function keysOf(store: ObjectStore, bucket = 'b-1', maxKeys = 1000): Promise<string[]> {
  const keys: string[] = [];
  for (let startAfter: string | undefined = ''; startAfter !== undefined; ) {
    const page: ListResult = await store.listObjects({ bucket, startAfter, maxKeys });
    keys.push(...page.objects.map(({ key }) => key));
    startAfter = page.nextStartAfter;
  }
  return keys;
}

/** The code a rejected promise carries; a resolved one is a failure. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof SelectError ? error.code : String(error);
  }
  return 'no error';
}

export function md5(text: string | Uint8Array): string {
  return `"${createHash('md5').update(text).digest('hex')}"`;
}

async function buckets(t: Test, store: ObjectStore): Promise<void> {
  t.same(await store.listBuckets(), []);
  await store.createBucket('bb-b');
  await store.createBucket('a-bucket');
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['a-bucket', 'bb-b'],
  );
  t.equal((await store.headBucket('bb-b')).name, 'bb-b');
  t.ok(Math.abs((await store.headBucket('bb-b')).createdAt.getTime() - Date.now()) < 60_000);
  t.equal(await codeOf(store.createBucket('bb-b')), 'BucketAlreadyOwnedByYou');
  const invalid = [
    'ab',
    'A-bucket',
    'a_b',
    '-abc',
    'abc-',
    'a..b',
    '10.0.0.1',
    'xn--abc',
    'abc-s3alias',
    'x'.repeat(64),
    '../abc',
    '.s3lect',
    'a/b',
    '',
  ];
  for (const name of invalid) t.equal(await codeOf(store.createBucket(name)), 'InvalidBucketName', JSON.stringify(name));
  await put(store, 'x', 'x', 'bb-b');
  t.equal(await codeOf(store.deleteBucket('bb-b')), 'BucketNotEmpty');
  await store.deleteObject('bb-b', 'x');
  await store.deleteBucket('bb-b');
  for (const name of ['bb-b', '..', '.', '', '.s3lect', 'a\0b', 'a/b', 'x'.repeat(300)]) {
    t.equal(await codeOf(store.headBucket(name)), 'NoSuchBucket', `head ${JSON.stringify(name)}`);
    t.equal(await codeOf(store.deleteBucket(name)), 'NoSuchBucket');
    t.equal(await codeOf(store.headObject(name, 'k')), 'NoSuchBucket');
    t.equal(await codeOf(store.openObject(name, 'k')), 'NoSuchBucket');
    t.equal(await codeOf(store.deleteObject(name, 'k')), 'NoSuchBucket');
    t.equal(await codeOf(store.listObjects({ bucket: name })), 'NoSuchBucket');
    t.equal(await codeOf(put(store, 'k', '', name)), 'NoSuchBucket');
  }
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['a-bucket'],
  );
}

async function objects(t: Test, store: ObjectStore): Promise<void> {
  await store.createBucket('b-1');
  const metadata = { color: 'blue', __proto__x: 'ü' };
  const contentHeaders = { 'cache-control': 'no-cache', expires: 'never' } as const;
  const result = await store.putObject({
    bucket: 'b-1',
    key: 'dir/a.csv',
    body: bodyOf('x,y\n', '1,2\n'),
    contentType: 'text/csv',
    metadata,
    contentHeaders,
  });
  t.equal(result.etag, md5('x,y\n1,2\n'));
  t.equal(result.size, 8);
  const info = await store.headObject('b-1', 'dir/a.csv');
  t.strictSame(info, {
    key: 'dir/a.csv',
    size: 8,
    etag: result.etag,
    lastModified: result.lastModified,
    contentType: 'text/csv',
    metadata,
    contentHeaders,
    storageClass: 'STANDARD',
    tags: {},
    checksum: undefined,
    parts: undefined,
  });
  t.equal(await get(store, 'dir/a.csv'), 'x,y\n1,2\n');

  await put(store, 'dir/a.csv', '');
  t.match(await store.headObject('b-1', 'dir/a.csv'), { size: 0, etag: md5(''), contentType: 'binary/octet-stream', metadata: {} });
  t.equal(await get(store, 'dir/a.csv'), '');
  for (const key of [
    'dir',
    'dir/',
    'dir/a.csv/',
    'dir/a.csv/b',
    'dir/A.csv',
    '../b-1/dir/a.csv',
    'dir//a.csv',
    './dir/a.csv',
    'x'.repeat(1000),
  ]) {
    t.equal(await codeOf(store.headObject('b-1', key)), 'NoSuchKey', key);
    t.equal(await codeOf(store.openObject('b-1', key)), 'NoSuchKey', key);
    await store.deleteObject('b-1', key);
  }
  await put(store, 'dir/', '');
  t.same(await keysOf(store), ['dir/', 'dir/a.csv']);
  await store.deleteObject('b-1', 'dir/a.csv');
  await store.deleteObject('b-1', 'dir/a.csv');
  t.equal(await codeOf(store.headObject('b-1', 'dir/a.csv')), 'NoSuchKey');
  t.equal((await store.headObject('b-1', 'dir/')).size, 0, 'a folder marker outlives what was in the folder');
  t.equal(
    await codeOf(store.putObject({ bucket: 'b-1', key: 'm', body: bodyOf(''), metadata: { a: 'x'.repeat(2048) } })),
    'MetadataTooLarge',
  );
}

async function failingBodies(t: Test, store: ObjectStore): Promise<void> {
  await store.createBucket('b-1');
  await put(store, 'k', 'old');
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('new');
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
  };
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: failing() })), 'Error: reset');
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyOf('new'), size: 4 })), 'IncompleteBody');
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyOf('new'), size: 2 })), 'IncompleteBody');
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyOf('new'), size: 2 ** 50 })), 'EntityTooLarge');
  const hanging = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('new');
    await new Promise(() => {});
  };
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('hung up')), 20);
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: hanging(), signal: controller.signal })), 'Error: hung up');
  t.equal(await get(store, 'k'), 'old');
  t.equal((await store.headObject('b-1', 'k')).etag, md5('old'));
  t.same(await keysOf(store), ['k']);
}

async function createIfAbsent(t: Test, store: ObjectStore): Promise<void> {
  await store.createBucket('b-1');
  const create = (text: string) => store.putObject({ bucket: 'b-1', key: 'd/k', body: bodyOf(text), condition: { ifNoneMatch: '*' } });
  const outcomes = await Promise.all(['one', 'two', 'three', 'four'].map((text) => codeOf(create(text))));
  t.same(outcomes.sort(), ['PreconditionFailed', 'PreconditionFailed', 'PreconditionFailed', 'no error']);
  const text = await get(store, 'd/k');
  t.equal((await store.headObject('b-1', 'd/k')).etag, md5(text));
  t.equal(await codeOf(create('five')), 'PreconditionFailed');
  t.equal(await get(store, 'd/k'), text);
  await store.deleteObject('b-1', 'd/k');
  t.equal(await codeOf(create('six')), 'no error');
}

async function openObjects(t: Test, store: ObjectStore): Promise<void> {
  await store.createBucket('b-1');
  const bytes = Buffer.alloc(700_000);
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i, i);
  await put(store, 'big', bytes);
  const object = await store.openObject('b-1', 'big');
  t.equal(object.reader.size, bytes.length);
  t.equal(object.reader.etag, md5(bytes));
  t.equal(object.ref.size, bytes.length);
  t.ok(object.isUnchanged());
  await put(store, 'big', 'new');
  await store.deleteObject('b-1', 'big');

  const pieces: Uint8Array[] = [];
  for await (const piece of object.stream({ start: 3, end: 699_999 })) pieces.push(piece);
  t.ok(pieces.every((piece) => piece.length <= 256 * 1024));
  t.ok(Buffer.concat(pieces).equals(bytes.subarray(3, 699_999)), 'an open object keeps its bytes');
  for (const [start, end, got] of [
    [0, 10, 10],
    [699_990, 700_100, 10],
    [0, 700_000, 700_000],
    [700_000, 700_001, 0],
    [5, 5, 0],
  ] as const) {
    const into = new Uint8Array(new SharedArrayBuffer(end - start));
    t.equal(await object.reader.read({ start, end }, into), got);
    t.ok(Buffer.from(into.subarray(0, got)).equals(bytes.subarray(start, start + got)));
  }
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of object.stream(undefined, controller.signal)) controller.abort(new Error('enough'));
  })();
  t.equal(await codeOf(reading), 'Error: enough');
  const under = object.reader.read({ start: 0, end: 700_000 }, new Uint8Array(700_000));
  await Promise.all([object.close(), object.close()]);
  t.equal(await under, 700_000, 'a read under way ends before the object closes');
  await object.close();
}

async function refusedKeys(t: Test, store: ObjectStore): Promise<void> {
  await store.createBucket('b-1');
  const keys = [
    ['', 'InvalidArgument'],
    ['x'.repeat(1025), 'KeyTooLongError'],
    ['é'.repeat(513), 'KeyTooLongError'],
    ['a\ud800', 'InvalidArgument'],
  ] as const;
  for (const [key, code] of keys) {
    t.equal(await codeOf(put(store, key, '')), code);
    t.equal(await codeOf(store.headObject('b-1', key)), code);
    t.equal(await codeOf(store.openObject('b-1', key)), code);
    t.equal(await codeOf(store.deleteObject('b-1', key)), code);
  }
}

async function lists(t: Test, store: ObjectStore): Promise<void> {
  await store.createBucket('b-1');
  t.same(await store.listObjects({ bucket: 'b-1' }), { objects: [], commonPrefixes: [], isTruncated: false });
  const keys = [
    'a!',
    'a-b',
    'a/',
    'a/b',
    'a/b-',
    'a/c/d',
    'a/c/e',
    'a/c0',
    'a0',
    'ab',
    'b//x',
    'b/x/y/z',
    'c',
    'd/1',
    'd/2',
    'd/3',
    'é/x',
    '\ue000',
    '\uffee/q',
    '😀/x',
    '😀',
    'z z/ü',
    'z/..',
    'z/./x',
    '..',
    '/x',
    '//',
    'boo',
    'booze',
    'foo/bar',
    'foo/baz/q',
  ].filter((key) => key !== '😀');
  for (const key of keys) await put(store, key, key);
  t.same(
    await keysOf(store),
    [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  t.same(await keysOf(store, 'b-1', 2), [...keys].sort(compareUtf8));

  const parts = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', '/', '-', 'o', '😀', '\uffee', '.', 'x', 'z'), { maxLength: 4 })
    .map((list) => list.join(''));
  const start = fc.oneof(parts, fc.constantFrom(...keys));
  const delimiter = fc.oneof(fc.constantFrom('', '/', 'o', '//', 'b/', '-'), parts);
  await fc.assert(
    fc.asyncProperty(parts, delimiter, start, fc.integer({ min: 0, max: 12 }), async (prefix, delimiter, startAfter, maxKeys) => {
      let request: ListRequest = { bucket: 'b-1', prefix, delimiter, startAfter, maxKeys };
      for (let pages = 0; pages < 50; pages++) {
        const page = await store.listObjects(request);
        t.strictSame(namesOf(page), listNaively(keys, request), JSON.stringify(request));
        if (page.nextStartAfter === undefined) return;
        request = { ...request, startAfter: page.nextStartAfter };
      }
      throw new Error('the pages do not end');
    }),
    { numRuns: 150 },
  );
  const listed = (await store.listObjects({ bucket: 'b-1', prefix: 'a/b', maxKeys: 1 })).objects[0];
  t.match(listed, { key: 'a/b', size: 3, etag: md5('a/b') });
}

function namesOf(page: ListResult): unknown {
  return { ...page, objects: page.objects.map(({ key }) => key) };
}
