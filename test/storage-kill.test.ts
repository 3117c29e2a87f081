import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { contentOf } from './support/storage-content.ts';
import { get, keysOf, md5 } from './support/storage-contract.ts';

const writer = fileURLToPath(new URL('./support/storage-writer.js', import.meta.url));
const rounds = 10;

/** Runs the writer until it has said `lines` lines and then a little longer; answers all it said. */
async function runAndKill(root: string, first: number, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, root, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > lines && !child.killed) setTimeout(() => child.kill('SIGKILL'), Math.random() * 8);
  });
  const signal = await new Promise((resolve) => child.on('close', (_, name) => resolve(name)));
  t.equal(signal, 'SIGKILL');
  return said.split('\n').slice(0, -1);
}

t.test('after kill -9 every object is the old one or the new one, whole', async (t) => {
  const root = t.testdir({ 'b-1': {} });
  const temporaries = join(root, 'b-1/.s3lect/tmp');
  /** Versions a key may have now: the last acknowledged, and those begun since. */
  const versions = new Map<string, number[]>();
  let swept = 0;
  for (let round = 0; round < rounds; round++) {
    for (const line of await runAndKill(root, round * 1000, 3 + Math.floor(Math.random() * 40))) {
      const [word, key = '', n] = line.split(' ');
      versions.set(key, word === 'done' ? [Number(n)] : [...(versions.get(key) ?? [-1]), Number(n)]);
    }
    swept += fs.readdirSync(temporaries).length;
    const store = await LocalStore.open({ root });
    t.same(fs.readdirSync(temporaries), [], 'a restart sweeps temporary files');
    const keys = new Set(await keysOf(store));
    for (const [key, possible] of versions) {
      if (!keys.has(key)) {
        t.ok(possible.includes(-1), `${key} was acknowledged and is lost`);
        continue;
      }
      const info = await store.headObject('b-1', key);
      const n = Number(info.metadata['n']);
      t.ok(possible.includes(n), `${key} is version ${n}, one of ${possible}`);
      t.ok((await get(store, key)) === contentOf(key, n).toString(), `${key} is whole`);
      t.equal(info.etag, md5(contentOf(key, n)));
      versions.set(key, [n]);
    }
    t.ok([...keys].every((key) => versions.has(key)));
  }
  t.comment(`${swept} temporary files were left and swept`);
});
