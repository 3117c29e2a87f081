/** What every store must do of multipart uploads. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Test } from 'tap';
import { combineChecksums, createDigest } from '../../src/auth/checksum.ts';
import type { CompleteUploadRequest, NamedPart, PartInfo, UploadPage } from '../../src/storage/multipart.ts';
import { partCount, partsOf } from '../../src/storage/part-layout.ts';
import type { ObjectStore } from '../../src/storage/store.ts';
import { bodyOf, codeOf, get, keysOf, md5, put } from './storage-contract.ts';

/** Runs the contract over new, empty stores. */
export async function uploadsContract(t: Test, newStore: () => Promise<ObjectStore>): Promise<void> {
  const withBucket = async (): Promise<ObjectStore> => {
    const store = await newStore();
    await store.createBucket('b-1');
    return store;
  };
  await t.test('an upload becomes an object', async (t) => becomesObject(t, await withBucket()));
  await t.test('parts that do not make an object', async (t) => refusals(t, await withBucket()));
  await t.test('parts sent again, left out, and of any size', async (t) => anyParts(t, await withBucket()));
  await t.test('checksums of multipart objects', async (t) => checksums(t, await withBucket()));
  await t.test('uploads and conditions', async (t) => conditionalUploads(t, await withBucket()));
  await t.test('uploads that are not there', async (t) => absentUploads(t, await withBucket()));
  await t.test('lists of uploads agree with a plain model', async (t) => lists(t, await withBucket()));
}

const MiB = 1024 * 1024;
const place = { bucket: 'b-1', key: 'dir/large' };

/** Bytes that tell where they come from. */
export function partBytes(seed: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, `part ${seed}, `);
  for (let at = 0; at + 4 <= size; at += 4096) bytes.writeUInt32LE(at + seed, at);
  return bytes;
}

function named(parts: readonly PartInfo[]): NamedPart[] {
  return parts.map(({ number, etag }) => ({ number, etag }));
}

async function putPart(store: ObjectStore, uploadId: string, number: number, bytes: Uint8Array): Promise<PartInfo> {
  const half = bytes.length >> 1;
  return store.putPart({ ...place, uploadId, number, body: bodyOf(bytes.subarray(0, half), bytes.subarray(half)), size: bytes.length });
}

async function bytesOf(store: ObjectStore, key = place.key): Promise<Buffer> {
  const object = await store.openObject('b-1', key);
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of object.stream()) pieces.push(piece);
    return Buffer.concat(pieces);
  } finally {
    await object.close();
  }
}

async function becomesObject(t: Test, store: ObjectStore): Promise<void> {
  const description = {
    contentType: 'text/csv',
    metadata: { a: 'b' },
    contentHeaders: { 'cache-control': 'no-cache' },
    storageClass: 'STANDARD_IA',
    tags: { k: 'v' },
  };
  const upload = await store.createUpload({ ...place, ...description });
  const { uploadId } = upload;
  t.match(upload, { key: place.key, storageClass: 'STANDARD_IA', checksum: undefined });
  t.same(await store.headUpload({ ...place, uploadId }), upload);
  t.same(await keysOf(store), [], 'an upload is no object');
  const bytes = [partBytes(1, 5 * MiB), partBytes(2, 5 * MiB), partBytes(3, 1234)];
  // In any order, the last part first.
  for (const number of [3, 1, 2]) await putPart(store, uploadId, number, bytes[number - 1] ?? Buffer.alloc(0));
  const page = await store.listParts({ ...place, uploadId });
  t.match(page, { upload, isTruncated: false });
  t.match(
    page.parts,
    bytes.map((part, index) => ({ number: index + 1, size: part.length, etag: md5(part) })),
  );
  const second = await store.listParts({ ...place, uploadId, after: 1, maxParts: 1 });
  t.match(second, { parts: [{ number: 2 }], isTruncated: true });
  t.match(await store.listParts({ ...place, uploadId, maxParts: 0 }), { parts: [], isTruncated: false });

  const completion = { ...place, uploadId, parts: named(page.parts), size: 10 * MiB + 1234 };
  const result = await store.completeUpload(completion);
  const etags = createHash('md5');
  for (const part of bytes) etags.update(createHash('md5').update(part).digest());
  t.equal(result.etag, `"${etags.digest('hex')}-3"`);
  const info = await store.headObject('b-1', place.key);
  t.strictSame(info, {
    key: place.key,
    size: 10 * MiB + 1234,
    etag: result.etag,
    lastModified: result.lastModified,
    ...description,
    checksum: undefined,
    parts: {
      runs: [
        [2, 5 * MiB],
        [1, 1234],
      ],
      checksums: '',
    },
  });
  t.ok((await bytesOf(store)).equals(Buffer.concat(bytes)));
  t.equal(info.parts && partCount(info.parts), 3);
  t.same(info.parts && partsOf(info.parts, 2, 1), [{ number: 2, range: { start: 5 * MiB, end: 10 * MiB }, checksum: undefined }]);
  t.equal(await codeOf(store.headUpload({ ...place, uploadId })), 'NoSuchUpload');
  t.same((await store.listUploads({ bucket: 'b-1' })).uploads, []);
  const again = await store.completeUpload(completion);
  t.equal(again.etag, result.etag, 'a client that heard no answer asks again');
  t.equal(await codeOf(store.completeUpload({ ...completion, parts: completion.parts.slice(1) })), 'NoSuchUpload');
  await put(store, place.key, 'other');
  t.equal(await codeOf(store.completeUpload(completion)), 'NoSuchUpload', 'the object it became is gone');
  t.equal(await get(store, place.key), 'other');
}

async function refusals(t: Test, store: ObjectStore): Promise<void> {
  const { uploadId } = await store.createUpload(place);
  const other = await store.createUpload(place);
  await putPart(store, uploadId, 1, partBytes(1, 5 * MiB));
  await putPart(store, uploadId, 2, partBytes(2, 100));
  await putPart(store, uploadId, 4, partBytes(4, 100));
  await putPart(store, other.uploadId, 3, partBytes(3, 100));
  const [one = never(), two = never(), four = never()] = named((await store.listParts({ ...place, uploadId })).parts);
  const complete = (parts: NamedPart[], more: Partial<CompleteUploadRequest> = {}) =>
    codeOf(store.completeUpload({ ...place, uploadId, parts, ...more }));
  t.equal(await complete([two, one]), 'InvalidPartOrder');
  t.equal(await complete([one, four, two]), 'InvalidPartOrder');
  t.equal(await complete([one, { ...two, number: 3 }]), 'InvalidPart', 'a part of another upload');
  t.equal(await complete([one, { ...two, etag: one.etag }]), 'InvalidPart');
  t.equal(await complete([one, { ...two, etag: '*' }]), 'InvalidPart');
  t.equal(await complete([one, two, four]), 'EntityTooSmall');
  t.equal(await complete([one, two], { size: 5 * MiB + 99 }), 'InvalidRequest');
  t.equal(await codeOf(store.headObject('b-1', place.key)), 'NoSuchKey');

  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield partBytes(9, 100);
    throw new Error('reset');
  };
  t.equal(await codeOf(store.putPart({ ...place, uploadId, number: 2, body: failing(), size: 5 * MiB })), 'Error: reset');
  t.equal(await codeOf(store.putPart({ ...place, uploadId, number: 2, body: bodyOf('xyz'), size: 2 })), 'IncompleteBody');
  t.equal(await codeOf(store.putPart({ ...place, uploadId, number: 3, body: bodyOf('xyz'), size: 4 })), 'IncompleteBody');
  t.equal((await store.listParts({ ...place, uploadId })).parts.length, 3, 'what failed is no part');
  t.equal(await complete([one, { ...two, etag: two.etag.replaceAll('"', '') }]), 'no error', 'and the upload is what it was');
  t.ok((await bytesOf(store)).equals(Buffer.concat([partBytes(1, 5 * MiB), partBytes(2, 100)])));
}

async function anyParts(t: Test, store: ObjectStore): Promise<void> {
  const cases: { readonly sent: readonly (readonly [number: number, size: number])[]; readonly asked: readonly number[] }[] = [
    {
      sent: [
        [1, 5 * MiB],
        [2, 5 * MiB],
        [1, 5 * MiB],
        [3, 7],
      ],
      asked: [1, 2, 3],
    },
    {
      sent: [
        [9, 5 * MiB],
        [2, 6 * MiB],
        [30, 5 * MiB + 1],
        [40, 0],
      ],
      asked: [2, 9, 30, 40],
    },
    {
      sent: [
        [1, 5 * MiB],
        [2, 5 * MiB],
        [3, 5 * MiB],
      ],
      asked: [1, 3],
    },
    {
      sent: [
        [2, 100],
        [1, 5 * MiB],
      ],
      asked: [1, 2],
    },
    { sent: [[10_000, 17]], asked: [10_000] },
  ];
  for (const [index, { sent, asked }] of cases.entries()) {
    const { uploadId } = await store.createUpload(place);
    const last = new Map<number, Buffer>();
    for (const [turn, [number, size]] of sent.entries()) {
      const bytes = partBytes(100 * index + turn, size);
      await putPart(store, uploadId, number, bytes);
      last.set(number, bytes);
    }
    const parts = asked.map((number) => ({ number, etag: md5(last.get(number) ?? '') }));
    const { size } = await store.completeUpload({ ...place, uploadId, parts });
    const expected = Buffer.concat(asked.map((number) => last.get(number) ?? never()));
    t.equal(size, expected.length);
    t.ok((await bytesOf(store)).equals(expected), `case ${index}`);
  }
  const { uploadId } = await store.createUpload(place);
  const bytes = ['a', 'b', 'c'].map((text) => Buffer.from(text));
  const sent = await Promise.all(bytes.map((part) => putPart(store, uploadId, 1, part)));
  const [winner = never()] = (await store.listParts({ ...place, uploadId })).parts;
  t.ok(sent.some(({ etag }) => etag === winner.etag));
  const parts = [...named(sent.filter(({ etag }) => etag !== winner.etag)), ...named([winner])];
  const outcomes = await Promise.all([1, 2].map(() => codeOf(store.completeUpload({ ...place, uploadId, parts }))));
  t.same(outcomes, ['no error', 'no error'], 'completed twice at once, naming a part thrice');
  t.equal(md5(await bytesOf(store)), winner.etag);
}

async function checksums(t: Test, store: ObjectStore): Promise<void> {
  const bytes = [partBytes(1, 5 * MiB), partBytes(2, 5 * MiB), partBytes(3, 10)];
  for (const [algorithm, type] of [
    ['crc32', 'FULL_OBJECT'],
    ['crc32', 'COMPOSITE'],
    ['crc64nvme', 'FULL_OBJECT'],
    ['sha256', 'COMPOSITE'],
  ] as const) {
    const { uploadId } = await store.createUpload({ ...place, checksum: { algorithm, type } });
    const digestOf = (part: Uint8Array): string => {
      const digest = createDigest(algorithm);
      digest.update(part);
      return digest.digest().toString('base64');
    };
    const parts: NamedPart[] = [];
    for (const [index, part] of bytes.entries()) {
      const { etag, checksum } = await putPart(store, uploadId, index + 1, part);
      t.equal(checksum, digestOf(part));
      parts.push({ number: index + 1, etag, ...(index > 1 ? {} : { checksum: { algorithm, base64: checksum ?? '' } }) });
    }
    const value = combineChecksums(
      algorithm,
      type,
      bytes.map((part) => ({ base64: digestOf(part), size: part.length })),
    );
    const complete = (more: Partial<CompleteUploadRequest>) => codeOf(store.completeUpload({ ...place, uploadId, parts, ...more }));
    t.equal(await complete({ checksum: { algorithm, base64: digestOf(Buffer.from('x')) } }), 'BadDigest');
    t.equal(await complete({ checksum: { algorithm: 'sha1', base64: value } }), 'InvalidRequest');
    t.equal(await complete({ checksumType: type === 'COMPOSITE' ? 'FULL_OBJECT' : 'COMPOSITE' }), 'InvalidRequest');
    const wrong = parts.map((part) => ({ ...part, checksum: { algorithm, base64: digestOf(Buffer.from('x')) } }));
    t.equal(await complete({ parts: wrong }), 'InvalidPart');
    const body = Object.assign(bodyOf('x'), { checksum: { algorithm: 'sha1', base64: 'x' } as const });
    t.equal(await codeOf(store.putPart({ ...place, uploadId, number: 4, body })), 'InvalidRequest');
    const result = await store.completeUpload({ ...place, uploadId, parts, checksum: { algorithm, base64: value }, checksumType: type });
    t.same(result.checksum, { algorithm, type, value });
    if (type === 'FULL_OBJECT') t.equal(value, digestOf(Buffer.concat(bytes)));
    const info = await store.headObject('b-1', place.key);
    t.same(info.checksum, { algorithm, type, value });
    t.same(info.parts && partsOf(info.parts).map(({ checksum }) => checksum), bytes.map(digestOf));
  }
}

async function conditionalUploads(t: Test, store: ObjectStore): Promise<void> {
  const start = async (): Promise<Pick<CompleteUploadRequest, 'uploadId' | 'parts'>> => {
    const { uploadId } = await store.createUpload(place);
    return { uploadId, parts: named([await putPart(store, uploadId, 1, Buffer.from('new'))]) };
  };
  const complete = async (condition: CompleteUploadRequest['condition']) => {
    const upload = await start();
    const code = await codeOf(store.completeUpload({ ...place, ...upload, condition }));
    if (code === 'no error') t.equal(await codeOf(store.completeUpload({ ...place, ...upload, condition })), code);
    else await store.abortUpload({ ...place, uploadId: upload.uploadId });
    return code;
  };
  t.equal(await complete({ ifMatch: '*' }), 'NoSuchKey');
  t.equal(await complete({ ifNoneMatch: '*' }), 'no error');
  t.equal(await complete({ ifNoneMatch: '*' }), 'PreconditionFailed');
  const { etag } = await store.headObject('b-1', place.key);
  t.equal(await complete({ ifNoneMatch: etag }), 'PreconditionFailed');
  t.equal(await complete({ ifMatch: '"other"' }), 'PreconditionFailed');
  t.equal(await complete({ ifMatch: etag }), 'no error');
  await store.deleteObject('b-1', place.key);
  const racing = await Promise.all([start(), start(), start()]);
  const outcomes = await Promise.all(
    racing.map((upload) => codeOf(store.completeUpload({ ...place, ...upload, condition: { ifNoneMatch: '*' } }))),
  );
  t.same(outcomes.sort(), ['PreconditionFailed', 'PreconditionFailed', 'no error']);
}

async function absentUploads(t: Test, store: ObjectStore): Promise<void> {
  const { uploadId } = await store.createUpload(place);
  const calls = (at: typeof place & { uploadId: string }): Promise<unknown>[] => [
    store.headUpload(at),
    store.putPart({ ...at, number: 1, body: bodyOf('x') }),
    store.listParts(at),
    store.completeUpload({ ...at, parts: [{ number: 1, etag: md5('x') }] }),
    store.abortUpload(at),
  ];
  const absent = [
    { ...place, uploadId: 'no-id' },
    { ...place, uploadId: '../../x' },
    { ...place, uploadId: uploadId.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) },
    { ...place, key: 'other', uploadId },
  ];
  for (const at of absent) for (const call of calls(at)) t.equal(await codeOf(call), 'NoSuchUpload', at.uploadId);
  for (const call of calls({ ...place, bucket: 'absent', uploadId })) t.equal(await codeOf(call), 'NoSuchBucket');
  t.equal(await codeOf(store.createUpload({ ...place, bucket: 'absent' })), 'NoSuchBucket');
  t.equal(await codeOf(store.createUpload({ ...place, key: '' })), 'InvalidArgument');
  t.equal(await codeOf(store.createUpload({ ...place, metadata: { a: 'x'.repeat(2048) } })), 'MetadataTooLarge');
  t.equal(await codeOf(store.listUploads({ bucket: 'absent' })), 'NoSuchBucket');

  const aborting = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    await store.abortUpload({ ...place, uploadId });
  };
  t.equal(await codeOf(store.putPart({ ...place, uploadId, number: 1, body: aborting(), size: 1 })), 'NoSuchUpload');
  const deleted = await store.createUpload(place);
  await putPart(store, deleted.uploadId, 1, Buffer.from('x'));
  await store.deleteBucket('b-1');
  t.equal(await codeOf(store.headUpload({ ...place, uploadId: deleted.uploadId })), 'NoSuchBucket');
  await store.createBucket('b-1');
  t.equal(await codeOf(store.headUpload({ ...place, uploadId: deleted.uploadId })), 'NoSuchUpload', 'uploads go with their bucket');
}

async function lists(t: Test, store: ObjectStore): Promise<void> {
  const keys = ['a', 'a', 'a/b', 'a/b', 'a/c', 'b', 'é/x', '\uffee', '😀'];
  const made: { key: string; uploadId: string }[] = [];
  for (const key of keys) made.push({ key, uploadId: (await store.createUpload({ bucket: 'b-1', key })).uploadId });
  const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const sorted = made.toSorted((a, b) => compare(a.key, b.key) || compare(a.uploadId, b.uploadId));
  const namesOf = (page: UploadPage): string[] => [...page.uploads.map(({ uploadId }) => uploadId), ...page.commonPrefixes];
  t.same(
    namesOf(await store.listUploads({ bucket: 'b-1' })),
    sorted.map(({ uploadId }) => uploadId),
  );
  const property = fc.asyncProperty(
    fc.constantFrom('', 'a', 'a/', 'b', 'é', 'x'),
    fc.constantFrom('', '/', 'b'),
    fc.constantFrom('', ...keys, 'a/'),
    fc.integer({ min: 1, max: 4 }),
    async (prefix, delimiter, afterKey, maxUploads) => {
      const expected: string[] = [];
      for (const { key, uploadId } of sorted) {
        const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
        const name = at < 0 ? uploadId : key.slice(0, at + delimiter.length);
        if (!key.startsWith(prefix) || compare(key, afterKey) <= 0 || (at >= 0 && name === afterKey)) continue;
        if (!expected.includes(name)) expected.push(name);
      }
      const seen: string[] = [];
      let next: { key: string; uploadId: string } | undefined = { key: afterKey, uploadId: '' };
      while (next !== undefined) {
        const page: UploadPage = await store.listUploads({
          bucket: 'b-1',
          prefix,
          delimiter,
          afterKey: next.key,
          afterUploadId: next.uploadId,
          maxUploads,
        });
        t.ok(namesOf(page).length <= maxUploads);
        t.equal(page.isTruncated, page.next !== undefined);
        seen.push(...namesOf(page));
        next = page.next;
      }
      t.same(seen.sort(), expected.sort(), JSON.stringify({ prefix, delimiter, afterKey, maxUploads }));
    },
  );
  await fc.assert(property, { numRuns: 60 });
  const [first = never(), second = never()] = sorted;
  await store.abortUpload({ bucket: 'b-1', ...first });
  const rest = await store.listUploads({ bucket: 'b-1', afterKey: first.key, afterUploadId: first.uploadId });
  t.equal(rest.uploads[0]?.uploadId, second.uploadId, 'a page goes on after an upload that is gone');
}

function never(): never {
  throw new Error('the test is wrong');
}
