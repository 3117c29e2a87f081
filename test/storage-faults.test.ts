/** What other programs may do to a served folder while it is served. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { LocalStore } from '../src/storage/local.ts';
import { ask, RawConnection, serve } from './support/api-server.ts';
import { bodyOf, codeOf, get, put } from './support/storage-contract.ts';
import { localStores, treeOf } from './support/storage-local.ts';

const { newLocalStore } = localStores(t);

t.test('a directory that is swapped for a link again and again', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  const outside = join(root, '../outside');
  fs.mkdirSync(join(outside, 'sub/empty'), { recursive: true });
  fs.writeFileSync(join(outside, 'k'), 'top secret');
  fs.writeFileSync(join(outside, 'sub/k'), 'top secret');
  const before = treeOf(outside);
  await put(store, 'd/k', 'inside');
  await put(store, 'top', 'top');
  const script = fileURLToPath(new URL('./support/storage-swapper.js', import.meta.url));
  const child = spawn(process.execPath, [script, join(bucket, 'd'), join(root, '../aside'), outside], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const outcomes = new Map<string, number>();
  const count = (what: string, code: string): void => void outcomes.set(`${what}: ${code}`, (outcomes.get(`${what}: ${code}`) ?? 0) + 1);
  const reads: string[] = [];
  const end_ms = Date.now() + 3000;
  for (let n = 0; Date.now() < end_ms; n++) {
    const read = get(store, 'd/k').then((text) => reads.push(text));
    const listed = store.listObjects({ bucket: 'b-1' }).then(({ objects }) => reads.push(...objects.map(({ size }) => `${size}`)));
    count('get', await codeOf(read));
    count('list', await codeOf(listed));
    count('put', await codeOf(put(store, n % 2 === 0 ? 'd/k' : `d/sub/new-${n % 7}`, 'inside')));
    count('delete', await codeOf(store.deleteObject('b-1', n % 3 === 0 ? 'd/sub/k' : 'd/sub/empty/x')));
    count('tag', await codeOf(store.setTags('b-1', 'd/k', { n: `${n}` })));
    const { uploadId } = await store.createUpload({ bucket: 'b-1', key: 'd/sub/parts' });
    const { etag } = await store.putPart({ bucket: 'b-1', key: 'd/sub/parts', uploadId, number: 1, body: bodyOf('inside') });
    count('complete', await codeOf(store.completeUpload({ bucket: 'b-1', key: 'd/sub/parts', uploadId, parts: [{ number: 1, etag }] })));
  }
  child.stdin.end();
  await ended;
  t.comment(JSON.stringify(Object.fromEntries(outcomes)));
  t.ok(reads.includes('3'));
  t.ok(
    reads.every((text) => ['inside', '6', '3'].includes(text)),
    'nothing outside was read',
  );
  t.same(treeOf(outside), before, 'nothing outside was changed');
  await put(store, 'd/k', 'inside');
  t.equal(await get(store, 'd/k'), 'inside', 'the store goes on');
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
});

t.test('a file that is removed, or cut, while it is sent', async (t) => {
  const root = fs.realpathSync(t.testdir({ 'b-1': {} }));
  const { client, port, faults } = await serve(t, { store: await LocalStore.open({ root }) });
  const path = join(root, 'b-1/large');
  const bytes = Buffer.alloc(24 * 1024 * 1024, 'text ');
  fs.writeFileSync(path, bytes);
  const whole = await client.send(new GetObjectCommand({ Bucket: 'b-1', Key: 'large' }));
  fs.unlinkSync(path);
  t.equal((await whole.Body?.transformToByteArray())?.length, bytes.length, 'what was opened can be read to its end');

  fs.writeFileSync(path, bytes);
  const connection = new RawConnection(port);
  connection.send({ target: '/b-1/large' });
  await connection.until((received) => received.length > 0);
  connection.socket.pause();
  fs.truncateSync(path, 1000);
  connection.socket.resume();
  const received = await connection.ended();
  t.ok(received.length < bytes.length, 'the answer breaks off, which no client takes for its end');
  t.equal(faults.length, 0, 'that is no fault of ours');
  t.equal((await ask(port, { target: '/b-1/large' })).body.length, 1000, 'the server goes on');
});
