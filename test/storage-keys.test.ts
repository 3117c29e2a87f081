import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { nameToSegment, segmentToName } from '../src/storage/key-path.ts';
import { compareUtf8 } from '../src/storage/listing.ts';
import type { LocalStore } from '../src/storage/local.ts';
import { codeOf, get, keysOf, md5, put } from './support/storage-contract.ts';
import { localStores, treeOf } from './support/storage-local.ts';

const { newLocalStore } = localStores(t);

/** Segments that are special to a file system, to this store or to some decoder. */
const segments = [
  ...[
    '',
    '.',
    '..',
    'a',
    'b',
    '.s3lect',
    '.S3lect',
    '.s3lect=',
    '.s3lect=a',
    '.s3lect=.',
    'tmp',
    'meta',
    '%',
    '%00',
    '%2e%2e',
    '\0',
    'a\0b',
  ],
  ...['é', 'e\u0301', '😀', '\ufffd', '\ue000', 'a b', '\\', '..\\', ' ', '\u200c.s3lect', '.\u017f3lect', '*', '\n', '~'],
  ...['x'.repeat(255), 'x'.repeat(256), `.s3lect${'y'.repeat(245)}`],
];
const key = fc
  .array(fc.oneof(fc.constantFrom(...segments), fc.string({ unit: 'grapheme', maxLength: 6 })), { minLength: 1, maxLength: 4 })
  .map((list) => list.join('/'))
  .filter((text) => text !== '' && Buffer.byteLength(text) <= 1024 && !/\p{Surrogate}/u.test(text));
const commands = fc.array(fc.record({ key, isDelete: fc.boolean() }), { maxLength: 12 });
type Commands = readonly { readonly key: string; readonly isDelete: boolean }[];

t.test('odd keys round trip or are refused, and nothing is made outside the bucket', (t) => {
  const property = fc.asyncProperty(commands, async (list) => {
    const { store, root, bucket } = await newLocalStore();
    const outer = join(root, '..');
    fs.writeFileSync(join(outer, 'a'), 'outside');
    fs.writeFileSync(join(root, 'b'), 'beside');
    const outside = () => treeOf(outer).filter((line) => !line.startsWith(`${bucket}/`));
    const before = outside();
    const model = await apply(list, store);
    for (const [key, text] of model) {
      t.equal(await get(store, key), text);
      t.equal((await store.headObject('b-1', key)).etag, md5(text));
    }
    t.same(await keysOf(store), [...model.keys()].sort(compareUtf8));
    t.same(outside(), before);
    const own = namesOfStore(bucket);
    t.same(
      own.filter((name) => !/^(tmp|log|log\/[\w-]+|meta|meta\/[0-9a-f]{2}|meta\/[0-9a-f]{2}\/[0-9a-f]{38}\.json)$/.test(name)),
      [],
    );
    t.equal(own.filter((name) => name.endsWith('.json')).length, model.size, 'one sidecar an object');
    for (const key of model.keys()) await store.deleteObject('b-1', key);
    t.same(
      fs.readdirSync(bucket).filter((name) => name !== '.s3lect'),
      [],
      'deletions leave no directory',
    );
    await store.deleteBucket('b-1');
  });
  return fc.assert(property, { numRuns: 60 });

  /** Runs the commands; answers what the bucket must hold then. */
  async function apply(list: Commands, store: LocalStore): Promise<Map<string, string>> {
    const model = new Map<string, string>();
    for (const [i, { key, isDelete }] of list.entries()) {
      if (isDelete) {
        const victim = i % 2 === 0 ? key : ([...model.keys()][0] ?? key);
        await store.deleteObject('b-1', victim);
        model.delete(victim);
        continue;
      }
      const conflicts = [...model.keys()].some((other) => key.startsWith(`${other}/`) || other.startsWith(`${key}/`));
      const isLong = key.split('/').some((segment) => Buffer.byteLength(segmentToName(segment)) > 255);
      t.equal(await codeOf(put(store, key, `${i}`)), conflicts || isLong ? 'InvalidArgument' : 'no error', nameOf(key));
      if (!conflicts && !isLong) model.set(key, `${i}`);
    }
    return model;
  }
});

t.test('names of segments are reversible', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '.', '..', '.s3lect', '.s3lect=%00', '.S3LECTx')),
      (segment) => {
        if (segment.includes('/')) return;
        const name = segmentToName(segment);
        t.notOk(['', '.', '..', '.s3lect'].includes(name.toLowerCase()) || /[/\0]/.test(name));
        t.equal(nameToSegment(name), segment);
      },
    ),
  );
  for (const name of ['.s3lect', '.S3LECT', '.s3lect=a', '.s3lect=%2e', '.S3lect=', '.s3lect.tmp']) t.equal(nameToSegment(name), undefined);
});

/** Of an assertion: in text that any key may hold, what reads the results finds marks of its own. */
function nameOf(key: string): string {
  return encodeURIComponent(key);
}

function namesOfStore(bucket: string): string[] {
  const hidden = join(bucket, '.s3lect');
  return fs.existsSync(hidden) ? fs.readdirSync(hidden, { recursive: true }).map(String) : [];
}
