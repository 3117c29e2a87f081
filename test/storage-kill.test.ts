/** A server killed at any point, and a system that crashes, leaves each object the old one or the new one, and uploads that can go on. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import type { ObjectInfo } from '../src/storage/object.ts';
import { contentOf, partOf, smallContentOf } from './support/storage-content.ts';
import { get, keysOf, md5 } from './support/storage-contract.ts';
import { crash, loggedKeys, logsOf } from './support/storage-log.ts';

const writer = fileURLToPath(new URL('./support/storage-writer.js', import.meta.url));
/** More where somebody asks for it: `S3LECT_KILL_ROUNDS=100 node dist/test/storage-kill.test.js`. */
const rounds = Number(process.env['S3LECT_KILL_ROUNDS'] ?? 12);
t.setTimeout(rounds * 30_000);

interface SentPart {
  readonly number: number;
  readonly key: string;
  readonly n: number;
}

/** Runs the writer until it has said `lines` lines and then a little longer; answers all it said. */
async function runAndKill(root: string, first: number, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, root, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > lines && !child.killed) setTimeout(() => child.kill('SIGKILL'), Math.random() * 40);
  });
  const signal = await new Promise((resolve) => child.on('close', (_, name) => resolve(name)));
  t.equal(signal, 'SIGKILL');
  return said.split('\n').slice(0, -1);
}

/** The bytes an object must have, going by what it says of itself. `numbers`: of the parts it was made of. */
function expectedContent({ key, metadata }: ObjectInfo, numbers: readonly number[]): Buffer {
  const n = Number(metadata['n']);
  if (metadata['copied'] !== undefined) return contentOf('source', 17);
  if (metadata['small'] !== undefined) return smallContentOf(key, n);
  if (metadata['parts'] === undefined) return contentOf(key, n);
  return Buffer.concat(numbers.map((number) => partOf(key, n, number)));
}

/** What a killed server did not complete can be completed: every acknowledged part is there. */
async function resumeUploads(
  t: Test,
  store: LocalStore,
  parts: ReadonlyMap<string, readonly SentPart[]>,
  versions: Map<string, number[]>,
): Promise<number> {
  const { uploads } = await store.listUploads({ bucket: 'b-1' });
  for (const { key, uploadId } of uploads) {
    const at = { bucket: 'b-1', key, uploadId };
    const listed = (await store.listParts(at)).parts;
    for (const { number, n } of parts.get(uploadId) ?? []) {
      const found = listed.find((part) => part.number === number);
      t.equal(found?.etag, md5(partOf(key, n, number)), `part ${number} was acknowledged`);
    }
    if (listed.length === 0) {
      await store.abortUpload(at);
      continue;
    }
    await store.completeUpload({ ...at, parts: listed.map(({ number, etag }) => ({ number, etag })) });
    const info = await store.headObject('b-1', key);
    const numbers = listed.map(({ number }) => number);
    t.ok((await get(store, key)) === expectedContent(info, numbers).toString(), `${key} was resumed`);
    await store.deleteObject('b-1', key);
    versions.set(key, [-1]);
  }
  return uploads.length;
}

t.test('after kill -9 every object is the old one or the new one, whole', (t) => killAgain(t, () => {}));

t.test('after a crash of the system too', { skip: process.platform !== 'linux' }, (t) => killAgain(t, crash));

/** `crashed`: does the rest to the folder of a bucket. */
async function killAgain(t: Test, crashed: (bucket: string) => void): Promise<void> {
  const root = t.testdir({ 'b-1': {} });
  const temporaries = join(root, 'b-1/.s3lect/tmp');
  /** Versions a key may have now: the last acknowledged, and those begun since; -1 is none. */
  const versions = new Map<string, number[]>();
  let [swept, logged] = [0, 0];
  let resumed = 0;
  for (let round = 0; round < rounds; round++) {
    const parts = new Map<string, SentPart[]>();
    for (const line of await runAndKill(root, round * 1000, 3 + Math.floor(Math.random() * 600))) {
      const [word, ...rest] = line.split(' ');
      if (word === 'part') {
        const [uploadId = '', number, key = '', n] = rest;
        parts.set(uploadId, [...(parts.get(uploadId) ?? []), { number: Number(number), key, n: Number(n) }]);
        continue;
      }
      const [key = '', n] = rest;
      versions.set(key, word === 'done' ? [Number(n)] : [...(versions.get(key) ?? [-1]), Number(n)]);
    }
    swept += fs.existsSync(temporaries) ? fs.readdirSync(temporaries).length : 0;
    logged += loggedKeys(join(root, 'b-1')).length;
    crashed(join(root, 'b-1'));
    const store = await LocalStore.open({ root });
    t.same(logsOf(join(root, 'b-1')), []);
    t.same(fs.readdirSync(temporaries), [], 'a restart sweeps temporary files');
    const keys = new Set(await keysOf(store));
    for (const [key, possible] of versions) {
      if (!keys.has(key)) {
        t.ok(possible.includes(-1), `${key} was acknowledged and is lost`);
        versions.set(key, [-1]);
        continue;
      }
      const info = await store.headObject('b-1', key);
      const n = Number(info.metadata['n']);
      t.ok(possible.includes(n), `${key} is version ${n}, one of ${possible}`);
      const expected = expectedContent(info, info.parts !== undefined && info.size > 5 * 1024 * 1024 ? [1, 2] : [2]);
      t.ok((await get(store, key)) === expected.toString(), `${key} is whole`);
      if (info.parts === undefined) t.equal(info.etag, md5(expected));
      versions.set(key, [n]);
    }
    t.ok([...keys].every((key) => key === 'source' || versions.has(key)));
    resumed += await resumeUploads(t, store, parts, versions);
    t.same(fs.readdirSync(temporaries), []);
    t.same(fs.readdirSync(join(root, 'b-1/.s3lect/uploads')), [], 'nothing is left of uploads');
  }
  t.comment(`${swept} temporary files were left and swept, ${logged} records of uploads, ${resumed} uploads were resumed or given up`);
}
