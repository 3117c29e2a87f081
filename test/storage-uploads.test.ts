/** Multipart uploads and what else stores do beside plain objects. */
import t from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { MemoryStore } from '../src/storage/memory.ts';
import { uploadsContract } from './support/storage-contract-uploads.ts';
import { writesContract } from './support/storage-contract-writes.ts';
import { localStores } from './support/storage-local.ts';

const { newDirectory } = localStores(t);

for (const contract of [uploadsContract, writesContract]) {
  t.test(`${contract.name}: memory`, (t) => contract(t, async () => new MemoryStore()));
  t.test(`${contract.name}: local`, (t) => contract(t, () => LocalStore.open({ root: newDirectory() })));
}
