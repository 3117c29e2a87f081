/** Puts small objects, eight at a time, until it is killed, and says `KEY VERSION` for each that is acknowledged. Arguments: root, prefix, distinct keys. */
import { writeSync } from 'node:fs';
import { LocalStore } from '../../src/storage/local.ts';
import { smallContentOf } from './storage-content.ts';
import { bodyOf } from './storage-contract.ts';

const [root = '', prefix = '', distinct = ''] = process.argv.slice(2);
const store = await LocalStore.open({ root });
await Promise.all(
  Array.from({ length: 8 }, async (_, worker) => {
    for (let n = worker; ; n += 8) {
      const key = `${prefix}/${n % Number(distinct)}`;
      await store.putObject({ bucket: 'b-1', key, body: bodyOf(smallContentOf(key, n)), metadata: { n: `${n}` }, contentType: 'text/csv' });
      writeSync(1, `${key} ${n}\n`);
    }
  }),
);
