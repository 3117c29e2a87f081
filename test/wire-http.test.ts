/** HTTP as S3 clients and others speak it: kept connections, bodies nobody reads, 100-continue, and what is no HTTP. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { ask, errorCode, RawConnection, type RawRequest, rawRequest, serve } from './support/api-server.ts';

const Bucket = 'bucket-1';

t.test('Expect: 100-continue', async (t) => {
  const { port, store } = await serve(t);
  await store.createBucket(Bucket);
  const send = async (request: RawRequest): Promise<{ connection: RawConnection; first: string }> => {
    const connection = new RawConnection(port);
    connection.write(
      rawRequest({ method: 'PUT', body: 'hello', ...request, headers: { ...request.headers, expect: '100-continue' } }).head,
    );
    const first = await connection.until((received) => received.includes('\r\n\r\n'));
    return { connection, first: first.toString('latin1').split('\r\n', 1)[0] ?? '' };
  };
  const good = await send({ target: `/${Bucket}/k` });
  t.equal(good.first, 'HTTP/1.1 100 Continue');
  t.equal((await good.connection.answer()).status, 100);
  good.connection.write('hello');
  t.equal((await good.connection.answer()).status, 200);
  good.connection.send({ target: `/${Bucket}/k` });
  t.equal((await good.connection.answer()).body.toString(), 'hello', 'the connection is kept');
  good.connection.close();

  for (const [code, request] of [
    ['SignatureDoesNotMatch', { target: `/${Bucket}/k`, secret: 'wrong' }],
    ['AccessDenied', { target: `/${Bucket}/k`, host: 'example.org' }],
    ['NoSuchBucket', { target: '/absent/k' }],
    ['NotImplemented', { target: `/${Bucket}/k?renameObject` }],
    ['InvalidDigest', { target: `/${Bucket}/k`, headers: { 'content-md5': 'x' } }],
    ['EntityTooLarge', { target: `/${Bucket}/k`, headers: { 'content-length': String(limits.put_bytes_max + 1) } }],
  ] as const) {
    const { connection, first } = await send(request);
    t.notMatch(first, /100/, code);
    const answer = await connection.answer();
    t.equal(errorCode(answer), code);
    t.equal(answer.headers.get('connection'), 'close', 'a body may or may not follow');
    await connection.ended();
  }
});

t.test('a connection outlives errors and bodies nobody wanted', async (t) => {
  const { port, store, faults } = await serve(t);
  await store.createBucket(Bucket);
  const connection = new RawConnection(port);
  for (const [code, request] of [
    ['SignatureDoesNotMatch', { method: 'PUT', target: `/${Bucket}/k`, body: 'x'.repeat(500_000), secret: 'wrong' }],
    ['NoSuchKey', { target: `/${Bucket}/absent` }],
    ['NoSuchBucket', { method: 'PUT', target: '/absent/k', body: Buffer.alloc(900_000) }],
    ['NotImplemented', { method: 'POST', target: `/${Bucket}?metadataTable`, body: '<x/>' }],
    ['BadDigest', { method: 'PUT', target: `/${Bucket}/k`, body: 'x', headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }],
    ['MethodNotAllowed', { method: 'PATCH', target: `/${Bucket}/k`, body: 'x', headers: { 'content-type': '' } }],
    ['NotImplemented', { method: 'PUT', target: `/${Bucket}/k?renameObject`, body: 'x', headers: { 'content-type': 'strange; =' } }],
  ] as const) {
    connection.send(request);
    const answer = await connection.answer();
    t.equal(errorCode(answer), code);
    t.not(answer.headers.get('connection'), 'close');
  }
  connection.send({ method: 'PUT', target: `/${Bucket}/k`, body: 'kept' });
  t.equal((await connection.answer()).status, 200);
  connection.send({ method: 'HEAD', target: `/${Bucket}/k` });
  t.equal((await connection.answer(true)).headers.get('content-length'), '4');
  connection.send({ target: `/${Bucket}/k` });
  connection.send({ target: `/${Bucket}/k` });
  t.equal((await connection.answer()).body.toString(), 'kept');
  t.equal((await connection.answer()).body.toString(), 'kept', 'two at once');
  connection.close();
  t.same(faults, []);
});

t.test('a large body nobody wants does not get read', async (t) => {
  const { port } = await serve(t);
  const connection = new RawConnection(port);
  const size = 3_000_000_000;
  connection.write(
    rawRequest({ method: 'PUT', target: `/${Bucket}/k`, secret: 'wrong', headers: { 'content-length': String(size) } }).head,
  );
  let sent = 0;
  const piece = Buffer.alloc(1024 * 1024);
  connection.socket.on('drain', () => {
    if (!connection.closed) connection.write(piece);
    sent += piece.length;
  });
  connection.write(piece);
  const answer = await connection.answer();
  t.equal(errorCode(answer), 'SignatureDoesNotMatch', 'the answer comes through');
  t.equal(answer.headers.get('connection'), 'close');
  await connection.ended(limits.linger_ms + 3000);
  t.ok(connection.closed);
  t.ok(sent < 100_000_000, `${sent} bytes were sent`);
});

t.test('what follows a request and is none does not cost it its answer', async (t) => {
  const { port, store, faults } = await serve(t);
  await store.createBucket(Bucket);
  const connection = new RawConnection(port);
  // A client that counted characters and sent bytes, say.
  const { head, body } = rawRequest({ method: 'PUT', target: `/${Bucket}/k`, body: 'hello' });
  connection.write(Buffer.concat([Buffer.from(head), body, Buffer.from('\xff\xfe more\r\n\r\n')]));
  t.equal((await connection.answer()).status, 200);
  await connection.ended();
  t.ok(connection.closed, 'nothing on it can be told from another any more');
  t.equal((await store.headObject(Bucket, 'k')).size, 5);
  const broken = new RawConnection(port);
  const chunked = rawRequest({
    method: 'PUT',
    target: `/${Bucket}/l`,
    headers: { 'transfer-encoding': 'chunked' },
    payload: 'UNSIGNED-PAYLOAD',
  });
  broken.write(`${chunked.head}5\r\nhello\r\nno size\r\n`);
  await broken.ended();
  t.ok(broken.closed, 'a body that broke');
  await t.rejects(store.headObject(Bucket, 'l'));
  t.same(faults, []);
});

t.test('uploads that break off leave nothing', async (t) => {
  const { port, store, faults } = await serve(t);
  await store.createBucket(Bucket);
  const connection = new RawConnection(port);
  const { head } = rawRequest({ method: 'PUT', target: `/${Bucket}/k`, body: 'x'.repeat(1000) });
  connection.write(head);
  connection.write('x'.repeat(500));
  await sleep(50);
  connection.close();
  const chunked = new RawConnection(port);
  const headers = { 'transfer-encoding': 'chunked' };
  chunked.write(rawRequest({ method: 'PUT', target: `/${Bucket}/l`, body: 'hello world', headers }).head);
  chunked.write('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
  t.equal((await chunked.answer()).status, 200);
  chunked.send({ target: `/${Bucket}/l` });
  t.equal((await chunked.answer()).body.toString(), 'hello world');
  chunked.close();
  await t.rejects(store.headObject(Bucket, 'k'));
  t.same(faults, []);
});

t.test('what is no request', async (t) => {
  const { port, faults } = await serve(t);
  const refuse = async (bytes: string): Promise<string | undefined> => {
    const connection = new RawConnection(port);
    connection.write(bytes);
    const answer = await connection.answer();
    t.equal(answer.headers.get('connection'), 'close');
    t.equal(answer.headers.get('server'), 's3lect');
    await connection.ended();
    return errorCode(answer);
  };
  t.equal(await refuse('garbage\r\n\r\n'), 'InvalidRequest');
  t.equal(await refuse('GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'), 'InvalidRequest');
  t.equal(
    await refuse(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(limits.header_bytes_max)}\r\n\r\n`),
    'RequestHeaderSectionTooLarge',
  );
  const noHost = new RawConnection(port);
  noHost.write('GET / HTTP/1.1\r\n\r\n');
  t.equal(errorCode(await noHost.answer()), 'AccessDenied');
  noHost.close();
  const options = await ask(port, { method: 'OPTIONS', target: '*', sign: null });
  t.equal(options.status, 400);
  t.equal(errorCode(options), 'InvalidURI');
  const twoHosts = new RawConnection(port);
  twoHosts.write('GET / HTTP/1.1\r\nhost: localhost\r\nhost: example.org\r\n\r\n');
  t.equal(errorCode(await twoHosts.answer()), 'AccessDenied');
  twoHosts.close();
  t.same(faults, []);
});
