/** Puts objects until it is killed, saying on stdout which are acknowledged: `started KEY N` before, `done KEY N` after. */
import { writeSync } from 'node:fs';
import { LocalStore } from '../../src/storage/local.ts';
import { contentOf } from './storage-content.ts';

const store = await LocalStore.open({ root: process.argv[2] ?? '' });
const first = Number(process.argv[3]);
const say = (line: string): void => void writeSync(1, `${line}\n`);

async function* piecesOf(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += 20_000) yield content.subarray(start, start + 20_000);
}

await Promise.all(
  [0, 1].map(async (worker) => {
    for (let n = first; ; n++) {
      const key = `dir-${n % 3}/${worker}-${n % 5}`;
      say(`started ${key} ${n}`);
      const metadata = { n: String(n) };
      await store.putObject({ bucket: 'b-1', key, body: piecesOf(contentOf(key, n)), metadata });
      say(`done ${key} ${n}`);
    }
  }),
);
