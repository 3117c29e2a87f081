/**
 * Puts, copies, deletes and uploads in parts until it is killed, saying on stdout what is acknowledged: `started KEY VERSION` before,
 * `done KEY VERSION` after, with version -1 for a deletion; `part ID NUMBER KEY VERSION` for an acknowledged part.
 */
import { writeSync } from 'node:fs';
import { copiedBytes } from '../../src/api/copy-source.ts';
import { LocalStore } from '../../src/storage/local.ts';
import { contentOf, partOf, smallContentOf } from './storage-content.ts';

const store = await LocalStore.open({ root: process.argv[2] ?? '' });
const first = Number(process.argv[3]);
const bucket = 'b-1';
const say = (line: string): void => void writeSync(1, `${line}\n`);

async function* piecesOf(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += 20_000) yield content.subarray(start, start + 20_000);
}

async function put(key: string, n: number): Promise<void> {
  await store.putObject({ bucket, key, body: piecesOf(contentOf(key, n)), metadata: { n: String(n) } });
}

async function putSmall(key: string, n: number): Promise<void> {
  await store.putObject({ bucket, key, body: piecesOf(smallContentOf(key, n)), metadata: { n: String(n), small: '1' } });
}

/** In one or two parts, the second sent twice now and then. */
async function upload(key: string, n: number): Promise<void> {
  const { uploadId } = await store.createUpload({ bucket, key, metadata: { n: String(n), parts: '1' } });
  const parts: { number: number; etag: string }[] = [];
  for (const number of n % 3 === 0 ? [1, 2] : n % 3 === 1 ? [2] : [1, 2, 2]) {
    const content = partOf(key, n, number);
    const { etag } = await store.putPart({ bucket, key, uploadId, number, body: piecesOf(content), size: content.length });
    say(`part ${uploadId} ${number} ${key} ${n}`);
    if (parts.at(-1)?.number !== number) parts.push({ number, etag });
  }
  await store.completeUpload({ bucket, key, uploadId, parts });
}

/** A copy of an object that stays as it is. */
async function copy(key: string, n: number): Promise<void> {
  const source = await store.openObject(bucket, 'source');
  const range = { start: 0, end: source.info.size };
  const body = copiedBytes(source, range, new AbortController().signal);
  await store.putObject({ bucket, key, body, size: range.end, metadata: { n: String(n), copied: '1' } });
  await source.close();
}

async function remove(key: string): Promise<void> {
  await store.deleteObject(bucket, key);
}

await store.putObject({ bucket, key: 'source', body: piecesOf(contentOf('source', 17)), condition: { ifNoneMatch: '*' } }).catch(() => {});
/** What each worker does in turn. The later ones mostly write what is small, and comes fast. */
const workers = [...Array(3).fill([put, upload, copy, put, remove]), ...Array(4).fill([putSmall, putSmall, putSmall, remove, putSmall])];
await Promise.all(
  workers.map(async (works: (typeof put)[], worker) => {
    for (let n = first + worker; ; n += workers.length) {
      const key = `dir-${n % 4}/${worker}-${n % 6}`;
      const work = works[n % works.length] ?? put;
      const version = work === remove ? -1 : n;
      say(`started ${key} ${version}`);
      await work(key, n);
      say(`done ${key} ${version}`);
    }
  }),
);
