/** What every store must do of conditions, tags, checksums, and many deletions at once. */
import type { Test } from 'tap';
import type { ObjectStore } from '../../src/storage/store.ts';
import { bodyOf, codeOf, keysOf, md5, put } from './storage-contract.ts';

/** Runs the contract over new, empty stores. */
export async function writesContract(t: Test, newStore: () => Promise<ObjectStore>): Promise<void> {
  const withBucket = async (): Promise<ObjectStore> => {
    const store = await newStore();
    await store.createBucket('b-1');
    return store;
  };
  await t.test('conditions of writes and deletions', async (t) => conditions(t, await withBucket()));
  await t.test('many deletions', async (t) => deletions(t, await withBucket()));
  await t.test('tags and checksums of objects', async (t) => tags(t, await withBucket()));
}

async function conditions(t: Test, store: ObjectStore): Promise<void> {
  const write = (condition: object, text = 'x') => codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyOf(text), condition }));
  t.equal(await write({ ifMatch: '*' }), 'NoSuchKey');
  t.equal(await write({ ifNoneMatch: '"other"' }), 'no error');
  t.equal(await write({ ifNoneMatch: md5('x') }), 'PreconditionFailed');
  t.equal(await write({ ifMatch: md5('y') }), 'PreconditionFailed');
  t.equal(await write({ ifMatch: `"other", ${md5('x')}` }, 'y'), 'no error');
  t.equal(await write({ ifMatch: md5('y').replaceAll('"', '') }, 'y'), 'no error');
  const swaps = await Promise.all(['1', '2', '3'].map((text) => write({ ifMatch: md5('y') }, text)));
  t.same(swaps.sort(), ['PreconditionFailed', 'PreconditionFailed', 'no error'], 'one of several that compare and set wins');

  const { etag, lastModified, size } = await store.headObject('b-1', 'k');
  const remove = (condition: object) => codeOf(store.deleteObject('b-1', 'k', condition));
  t.equal(await remove({ ifMatch: '"other"' }), 'PreconditionFailed');
  t.equal(await remove({ size: size + 1 }), 'PreconditionFailed');
  t.equal(await remove({ lastModified: new Date(0) }), 'PreconditionFailed');
  t.equal(await remove({ ifMatch: etag, size, lastModified }), 'no error');
  t.equal(await remove({ ifMatch: '"other"' }), 'no error', 'there is nothing to delete');
}

async function deletions(t: Test, store: ObjectStore): Promise<void> {
  for (const key of ['a', 'd/b', 'd/c', 'e']) await put(store, key, key);
  const errors = await store.deleteObjects('b-1', [
    { key: 'd/b' },
    { key: 'absent' },
    { key: 'e', condition: { ifMatch: md5('other') } },
    { key: '' },
    { key: 'd/c' },
    { key: 'd/c' },
  ]);
  t.same(
    errors.map((error) => error?.code),
    [undefined, undefined, 'PreconditionFailed', 'InvalidArgument', undefined, undefined],
  );
  t.same(await keysOf(store), ['a', 'e']);
  t.same(await store.deleteObjects('b-1', []), []);
  t.equal(await codeOf(store.deleteObjects('absent', [{ key: 'a' }])), 'NoSuchBucket');
}

async function tags(t: Test, store: ObjectStore): Promise<void> {
  const checksum = { algorithm: 'sha1', base64: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' } as const;
  const body = Object.assign(bodyOf('hello'), { checksum });
  const result = await store.putObject({ bucket: 'b-1', key: 'k', body, tags: { a: 'b' }, metadata: { m: '1' } });
  t.same(result.checksum, { algorithm: 'sha1', type: 'FULL_OBJECT', value: checksum.base64 });
  const before = await store.headObject('b-1', 'k');
  t.match(before, { tags: { a: 'b' }, checksum: result.checksum });
  const next = { ü: 'x y', __proto__x: '' };
  await store.setTags('b-1', 'k', next);
  t.same(await store.headObject('b-1', 'k'), { ...before, tags: next }, 'the object is the same version');
  await store.setTags('b-1', 'k', {});
  t.same((await store.headObject('b-1', 'k')).tags, {});
  t.equal(await codeOf(store.setTags('b-1', 'absent', next)), 'NoSuchKey');
  t.equal(await codeOf(store.setTags('absent', 'k', next)), 'NoSuchBucket');
  const formed = await store.putObject({ bucket: 'b-1', key: 'k', body: bodyOf('hello'), checksumAlgorithm: 'sha1' });
  t.same(formed.checksum, result.checksum, 'a checksum formed here');
  t.equal((await store.headObject('b-1', 'k')).metadata['m'], undefined);
  let digests: ReadonlyMap<string, string> | undefined;
  async function* verified(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('hel');
    yield Buffer.from('lo');
    digests = await form?.();
  }
  let form: (() => Promise<ReadonlyMap<string, string>>) | undefined;
  const digestsFrom = (give: () => Promise<ReadonlyMap<string, string>>): void => {
    form = give;
  };
  await store.putObject({ bucket: 'b-1', key: 'k', body: Object.assign(verified(), { verifies: ['sha1'], digestsFrom } as const) });
  t.equal(digests?.get('sha1'), checksum.base64, 'the digests that a body needs are formed for it');
}
