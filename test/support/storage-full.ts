/** Run inside a mount namespace on a small file system: fills it, then has it made read-only. Prints what it saw. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { LocalStore } from '../../src/storage/local.ts';
import { bodyOf, codeOf, get, keysOf, put } from './storage-contract.ts';

const root = process.argv[2] ?? '';
const store = await LocalStore.open({ root });
await store.createBucket('b-1');
await put(store, 'k', 'old');
const full = await codeOf(put(store, 'k', Buffer.alloc(2 * 1024 * 1024)));
const kept = await get(store, 'k');
const temporaries = fs.readdirSync(`${root}/b-1/.s3lect/tmp`);
const after = await codeOf(put(store, 'l', 'room again'));
const upload = { bucket: 'b-1', key: 'parts' };
const putPart = (uploadId: string, number: number, bytes: Buffer) =>
  store.putPart({ ...upload, uploadId, number, body: bodyOf(bytes), size: bytes.length });
const first = await store.createUpload(upload);
const fullPart = await codeOf(putPart(first.uploadId, 1, Buffer.alloc(2 * 1024 * 1024)));
await store.abortUpload({ ...upload, uploadId: first.uploadId });
const { uploadId } = await store.createUpload(upload);
const { etag: partEtag } = await putPart(uploadId, 2, Buffer.alloc(600 * 1024));
// Not where it begins in the object, so it is copied; there is no room for both.
const complete = () => store.completeUpload({ ...upload, uploadId, parts: [{ number: 2, etag: partEtag }] });
const fullCompletion = await codeOf(complete());
const parts = (await store.listParts({ ...upload, uploadId })).parts.length;
await store.abortUpload({ ...upload, uploadId });
const afterUpload = await codeOf(put(store, 'l', Buffer.alloc(700 * 1024)));

execFileSync('mount', ['-o', 'remount,ro', root]);
const readOnlyStore = await LocalStore.open({ root });
const readOnly = await codeOf(put(readOnlyStore, 'k', 'new'));
const readOnlyOthers = await Promise.all([
  codeOf(readOnlyStore.createUpload(upload)),
  codeOf(readOnlyStore.setTags('b-1', 'k', { a: 'b' })),
  codeOf(readOnlyStore.deleteObject('b-1', 'k')),
  readOnlyStore
    .deleteObjects('b-1', [{ key: 'k' }, { key: 'absent' }])
    .then((errors) => errors.map((error) => error?.code ?? 'no error').join()),
]);
const listed = await keysOf(readOnlyStore);
const { etag } = await readOnlyStore.headObject('b-1', 'k');
process.stdout.write(
  JSON.stringify({ full, kept, temporaries, after, fullPart, fullCompletion, parts, afterUpload, readOnly, readOnlyOthers, listed, etag }),
);
