/** What those who run a server see of it: health, metrics, the access log; and what keeps it standing: bounds on load and on waiting. */
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openAccessLog } from '../src/api/access-log.ts';
import type { RequestReport } from '../src/api/report.ts';
import { presign } from '../src/auth/sign.ts';
import { Engine } from '../src/engine/query.ts';
import { LocalStore } from '../src/storage/local.ts';
import { MemoryStore } from '../src/storage/memory.ts';
import { put, selectRequest } from './support/api-select.ts';
import { accessKey, ask, errorCode, RawConnection, rawRequest, secretKey, serve } from './support/api-server.ts';
import { numberedLines } from './support/engine.ts';

const Bucket = 'bucket-1';

t.test('health', async (t) => {
  const root = t.testdir({ data: {} });
  const { port, server } = await serve(t, { store: await LocalStore.open({ root: join(root, 'data') }) });
  const probe = (target: string, method = 'GET') => ask(port, { method, target, sign: null });
  for (const target of [
    '/health/live',
    '/health/ready',
    '/minio/health/live',
    '/minio/health/ready',
    '/minio/health/cluster?maintenance=true',
  ]) {
    t.equal((await probe(target)).status, 200, target);
    t.equal((await probe(target, 'HEAD')).status, 200, target);
  }
  t.equal((await probe('/health/other')).status, 404);
  t.equal((await probe('/health/live', 'PUT')).status, 404);
  t.equal(errorCode(await ask(port, { target: '/health/live' })), 'NoSuchBucket', 'signed, it is an object');
  renameSync(join(root, 'data'), join(root, 'gone'));
  t.equal((await probe('/health/ready')).status, 503, 'its disk is gone');
  t.equal((await probe('/health/live')).status, 200, 'which a restart would not mend');
  renameSync(join(root, 'gone'), join(root, 'data'));
  t.equal((await probe('/health/ready')).status, 200);
  server.announceStop();
  t.equal((await probe('/health/ready')).status, 503, 'about to stop');
  t.equal((await ask(port, { target: '/' })).status, 200, 'and yet it serves');
});

t.test('metrics', async (t) => {
  const engine = new Engine({ workers: 0 });
  t.teardown(() => engine.close());
  const store = new MemoryStore();
  await put(store, 'k.csv', numberedLines(10));
  const { port } = await serve(t, { store, engine });
  await ask(port, selectRequest('k.csv', 'SELECT * FROM S3Object s WHERE s._1 >= 7'));
  await ask(port, { target: `/${Bucket}/k.csv` });
  await ask(port, { target: `/${Bucket}/absent` });
  await ask(port, { target: '/', secret: 'wrong' });
  const read = (more: object = {}) => ask(port, { target: '/metrics', sign: null, ...more });
  const answer = await read();
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const text = answer.body.toString();
  for (const line of [
    's3lect_requests_total{operation="SelectObjectContent",status="200",code=""} 1',
    's3lect_requests_total{operation="GetObject",status="404",code="NoSuchKey"} 1',
    's3lect_requests_total{operation="none",status="403",code="SignatureDoesNotMatch"} 1',
    `s3lect_select_scanned_bytes_total ${numberedLines(10).length}`,
    's3lect_select_rows_total 3',
    's3lect_first_byte_seconds_count{operation="GetObject"} 2',
    's3lect_sent_bytes_total{operation="GetObject"}',
    's3lect_connections 1',
    's3lect_requests_active 0',
    's3lect_queries_active 0',
    's3lect_queries_queued 0',
    's3lect_workers 0',
  ]) {
    t.ok(text.includes(`\n${line}`), line);
  }
  t.match(text, /^process_resident_memory_bytes \d+/m);
  t.equal(errorCode(await read({ headers: { 'x-forwarded-for': '192.0.2.1' } })), 'AccessDenied', 'by way of a proxy');
  t.equal(errorCode(await read({ host: 'example.org' })), 'AccessDenied', 'a page of the web, with default credentials');
  const open = await serve(t, { store, engine, metricsFor: 'all' });
  t.equal((await ask(open.port, { target: '/metrics', sign: null, headers: { forwarded: 'for=192.0.2.1' } })).status, 200);
  const closed = await serve(t, { store, engine, metricsFor: 'off' });
  t.equal((await ask(closed.port, { target: '/metrics', sign: null })).status, 403);
});

t.test('the access log', async (t) => {
  const path = join(t.testdir(), 'access.log');
  const failures: Error[] = [];
  const log = openAccessLog(path, (error) => failures.push(error));
  const engine = new Engine({ workers: 0 });
  t.teardown(() => engine.close());
  const store = new MemoryStore();
  await put(store, 'k.csv', 'a,b\n1,2\n');
  const { port } = await serve(t, { store, engine, onRequest: log.observe });
  const sql = "SELECT s._1 FROM S3Object s WHERE s._2 = 'a secret'";
  const query = presign(
    {
      method: 'GET',
      rawPath: `/${Bucket}/k.csv`,
      rawQuery: '',
      headers: { host: 'localhost' },
      region: 'us-east-1',
      credentials: { accessKey, secretKey },
    },
    60,
  );
  const answer = await ask(port, { target: `/${Bucket}/k.csv`, headers: { 'user-agent': 'agent "x"\u00e9' } });
  await ask(port, selectRequest('k.csv', sql));
  await ask(port, selectRequest('k.csv', 'SELECT CAST(s._2 AS INT) FROM S3Object s'));
  await ask(port, { method: 'PUT', target: `/${Bucket}/new`, body: 'hello' });
  await ask(port, { target: `/${Bucket}/k.csv?${query}`, sign: null });
  await ask(port, { target: `/${Bucket}/k.csv`, secret: 'wrong' });
  await ask(port, { target: '/health/live', sign: null });
  const noHttp = new RawConnection(port);
  noHttp.write('what?\r\n\r\n');
  await noHttp.ended();
  await sleep(50);
  await log.close();
  const text = readFileSync(path, 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines[0], {
    level: 'info',
    operation: 'GetObject',
    bucket: Bucket,
    key: 'k.csv',
    status: 200,
    sent_bytes: 8,
    remote: '127.0.0.1',
    identity: /:root$/,
    userAgent: 'agent "x"\u00e9',
    requestId: answer.headers.get('x-amz-request-id'),
    first_byte_ms: Number,
    duration_ms: Number,
    time: /^\d{4}-.*Z$/,
  });
  t.match(lines[1].select, { sql_sha256: /^[0-9a-f]{64}$/, scanned_bytes: 8, rows: 0 });
  t.match(lines[2], { status: 400, error: 'CastFailed', operation: 'SelectObjectContent' });
  t.match(lines[3], { operation: 'PutObject', received_bytes: 5, sent_bytes: 0 });
  t.match(lines[4], { operation: 'GetObject', status: 200 });
  t.match(lines[5], { status: 403, error: 'SignatureDoesNotMatch', key: 'k.csv' });
  t.match(lines[6], { status: 400, error: 'InvalidRequest' });
  t.equal(lines.length, 7, 'a probe that succeeds is no line');
  for (const secret of ['a secret', 'X-Amz-Signature', secretKey, 'Signature=']) t.notMatch(text, secret);
  t.equal(statSync(path).mode & 0o007, 0);
  t.same(failures, []);
});

t.test('the access log moves on to a new file, and says once that it fails', async (t) => {
  const path = join(t.testdir(), 'access.log');
  const log = openAccessLog(path, () => {});
  const { port } = await serve(t, { onRequest: log.observe });
  await ask(port, { target: '/' });
  await sleep(50);
  renameSync(path, `${path}.1`);
  log.reopen();
  await sleep(50);
  await ask(port, { target: '/' });
  await sleep(50);
  await log.close();
  t.equal(readFileSync(`${path}.1`, 'utf8').trim().split('\n').length, 1);
  t.equal(readFileSync(path, 'utf8').trim().split('\n').length, 1);
  t.throws(() => openAccessLog(join(path, 'x'), () => {}), { code: 'ENOTDIR' });
  const failures: Error[] = [];
  const full = openAccessLog('/dev/full', (error) => failures.push(error));
  const served = await serve(t, { onRequest: full.observe });
  for (let n = 0; n < 3; n++) {
    t.equal((await ask(served.port, { target: '/' })).status, 200);
    await sleep(20);
  }
  await full.close();
  t.match(failures, [{ code: 'ENOSPC' }]);
});

t.test('no more requests at once than there may be', async (t) => {
  const reports: RequestReport[] = [];
  const { port, store } = await serve(t, { requests_active_max: 3, requests_per_key_max: 2, onRequest: (report) => reports.push(report) });
  await store.createBucket(Bucket);
  const upload = async (): Promise<RawConnection> => {
    const connection = new RawConnection(port);
    connection.write(rawRequest({ method: 'PUT', target: `/${Bucket}/k`, body: 'xy', headers: { expect: '100-continue' } }).head);
    await connection.until((received) => received.includes('100 Continue'));
    return connection;
  };
  const uploads = [await upload(), await upload()];
  const refused = await ask(port, { target: '/' });
  t.equal(errorCode(refused), 'SlowDown', 'of this key');
  t.equal(refused.status, 503);
  t.equal(refused.headers.get('retry-after'), '1');
  t.equal(errorCode(await ask(port, { target: '/', sign: null })), 'AccessDenied', 'there is room for others');
  t.equal((await ask(port, { target: '/health/live', sign: null })).status, 200);
  uploads[0]?.write('xy');
  await uploads[0]?.until((received) => received.includes('200 OK'));
  t.equal((await ask(port, { target: '/' })).status, 200, 'there is room again');
  uploads[1]?.close();
  await sleep(50);
  for (let n = 0; n < 4; n++) t.equal((await ask(port, { target: '/' })).status, 200, 'those that break off are over too');
  t.match(
    reports.find(({ status }) => status === 0),
    { operation: 'PutObject', isWhole: false },
  );
  uploads[0]?.close();

  const few = await serve(t, { requests_active_max: 1 });
  await few.store.createBucket(Bucket);
  const connection = new RawConnection(few.port);
  connection.write(rawRequest({ method: 'PUT', target: `/${Bucket}/k`, body: 'xy', headers: { expect: '100-continue' } }).head);
  await connection.until((received) => received.includes('100 Continue'));
  t.equal(errorCode(await ask(few.port, { target: '/', sign: null })), 'SlowDown', 'before the signature is looked at');
  connection.close();
});

t.test('no more connections than there may be', async (t) => {
  const { port } = await serve(t, { connections_max: 2 });
  const open = [new RawConnection(port), new RawConnection(port)];
  for (const connection of open) {
    connection.send({ target: '/' });
    t.equal((await connection.answer()).status, 200);
  }
  const third = new RawConnection(port);
  third.send({ target: '/' });
  t.equal((await third.ended()).length, 0);
  open[0]?.close();
  await sleep(50);
  t.equal((await ask(port, { target: '/' })).status, 200);
  open[1]?.close();
});

t.test('clients that are slow on purpose', async (t) => {
  const body = { idle_ms_max: 300, grace_ms: 500, bytes_per_s_min: 1000 };
  const { port, store, faults } = await serve(t, { patience: { body, request_header_ms: 400 } });
  await store.createBucket(Bucket);
  const start = (size: number): RawConnection => {
    const connection = new RawConnection(port);
    connection.write(
      rawRequest({ method: 'PUT', target: `/${Bucket}/k`, payload: 'UNSIGNED-PAYLOAD', headers: { 'content-length': String(size) } }).head,
    );
    return connection;
  };
  // A silence, a trickle, and a pace that is slow and well.
  const silent = start(2);
  silent.write('x');
  t.equal(errorCode(await silent.answer()), 'RequestTimeout');
  await silent.ended();
  const trickle = start(1000);
  const timer = setInterval(() => trickle.write('x'), 50);
  t.equal(errorCode(await trickle.answer()), 'RequestTimeout');
  clearInterval(timer);
  await trickle.ended();
  const steady = start(2000);
  for (let n = 0; n < 20; n++) {
    steady.write('x'.repeat(100));
    await sleep(50);
  }
  t.equal((await steady.answer()).status, 200);
  steady.close();

  const headers = new RawConnection(port);
  headers.write('GET / HTTP/1.1\r\n');
  const drip = setInterval(() => headers.write('x-a: b\r\n'), 50);
  const told = await headers.ended(5000);
  clearInterval(drip);
  t.match(told.toString(), 'RequestTimeout');
  const mute = new RawConnection(port);
  await mute.ended(5000);
  t.ok(mute.closed, 'nothing was ever asked');
  t.same(faults, []);
});
