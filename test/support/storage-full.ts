/** Run inside a mount namespace on a small file system: fills it, then has it made read-only. Prints what it saw. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { LocalStore } from '../../src/storage/local.ts';
import { codeOf, get, keysOf, put } from './storage-contract.ts';

const root = process.argv[2] ?? '';
const store = await LocalStore.open({ root });
await store.createBucket('b-1');
await put(store, 'k', 'old');
const full = await codeOf(put(store, 'k', Buffer.alloc(2 * 1024 * 1024)));
const kept = await get(store, 'k');
const temporaries = fs.readdirSync(`${root}/b-1/.s3lect/tmp`);
const after = await codeOf(put(store, 'l', 'room again'));

execFileSync('mount', ['-o', 'remount,ro', root]);
const readOnlyStore = await LocalStore.open({ root });
const readOnly = await codeOf(put(readOnlyStore, 'k', 'new'));
const listed = await keysOf(readOnlyStore);
const { etag } = await readOnlyStore.headObject('b-1', 'k');
process.stdout.write(JSON.stringify({ full, kept, temporaries, after, readOnly, listed, etag }));
