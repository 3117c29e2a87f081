/** The answers of SelectObjectContent on the wire: frames, HTTP chunks, errors under way, clients that go or dawdle. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { Engine } from '../src/engine/query.ts';
import type { ObjectStore } from '../src/storage/store.ts';
import { Bucket, decodeFrames, put, selectRequest } from './support/api-select.ts';
import { ask, errorCode, RawConnection, rawRequest, serve } from './support/api-server.ts';

const engine = new Engine({ workers: 2 });
t.teardown(() => engine.close());

const lines = (count: number): string => Array.from({ length: count }, (_, i) => `${i},${'x'.repeat(i % 90)},é\n`).join('');
const everything = 'SELECT * FROM S3Object';

/** The store, counting objects that are open. */
function counted(store: ObjectStore): { store: ObjectStore; open: () => number } {
  let open = 0;
  const openObject: ObjectStore['openObject'] = async (bucket, key) => {
    const object = await store.openObject(bucket, key);
    open++;
    const close = object.close.bind(object);
    let closed = false;
    object.close = () => {
      if (!closed) open--;
      closed = true;
      return close();
    };
    return object;
  };
  return {
    store: new Proxy(store, { get: (target, name) => (name === 'openObject' ? openObject : bound(target, name)) }),
    open: () => open,
  };
}

function bound(target: ObjectStore, name: string | symbol): unknown {
  const value = Reflect.get(target, name) as unknown;
  return typeof value === 'function' ? value.bind(target) : value;
}

async function eventually(holds: () => boolean, what: string): Promise<void> {
  const end_ms = Date.now() + 2000;
  while (!holds() && Date.now() < end_ms) await sleep(5);
  t.ok(holds(), what);
}

t.test('whole frames in each HTTP chunk, whole records in each frame', async (t) => {
  const { port, store, faults } = await serve(t, { engine });
  const text = lines(60_000);
  await put(store, 'k', text);
  const { status, headers, chunks, complete, body } = await ask(port, selectRequest('k', everything));
  t.equal(status, 200);
  t.equal(headers.get('transfer-encoding'), 'chunked');
  t.equal(headers.get('content-encoding'), undefined);
  t.ok(complete);
  const frames = chunks.flatMap(decodeFrames);
  t.ok(frames.length > 20);
  t.ok(frames.every(({ bytes }) => bytes <= limits.frame_bytes_max));
  const records = frames.filter(({ kind }) => kind === 'Records');
  t.ok(
    records.every(({ payload }) => payload.at(-1) === 10),
    'records are not cut',
  );
  t.ok(Buffer.concat(records.map(({ payload }) => payload)).equals(Buffer.from(text)));
  t.same(
    frames.slice(-2).map(({ kind }) => kind),
    ['Stats', 'End'],
  );
  const size = Buffer.byteLength(text);
  t.equal(
    frames.at(-2)?.payload.toString(),
    `<?xml version="1.0" encoding="UTF-8"?><Stats><BytesScanned>${size}</BytesScanned><BytesProcessed>${size}</BytesProcessed><BytesReturned>${size}</BytesReturned></Stats>`,
  );
  t.equal(
    body.length,
    frames.reduce((sum, { bytes }) => sum + bytes, 0),
  );

  await put(store, 'long', `${'é'.repeat(400_000)}\nshort\n`);
  const long = decodeFrames((await ask(port, selectRequest('long', everything))).body).filter(({ kind }) => kind === 'Records');
  t.ok(
    long.every(({ payload, bytes }) => bytes <= limits.frame_bytes_max && !payload.toString().includes('\ufffd')),
    'a long record is cut at characters',
  );
  t.same(faults, []);
});

t.test('a small answer is one Records frame, and connections are kept', async (t) => {
  const { port, store } = await serve(t, { engine });
  await put(store, 'k', lines(30));
  const connection = new RawConnection(port);
  for (let i = 0; i < 20; i++) {
    connection.send(selectRequest('k', `SELECT _1 FROM S3Object WHERE CAST(_1 AS INT) < ${i + 1}`));
    const { body, chunks } = await connection.answer();
    t.same(
      decodeFrames(body).map(({ kind }) => kind),
      ['Records', 'Stats', 'End'],
    );
    t.ok(chunks.length <= 2);
    connection.send(selectRequest('k', 'SELECT'));
    t.equal((await connection.answer()).status, 400);
  }
  connection.close();
});

t.test('an error under way is a frame, and never a clean end', async (t) => {
  const { port, store, faults } = await serve(t, { engine });
  await put(store, 'k', `${'123456789\n'.repeat(100_000)}x\n`);
  const connection = new RawConnection(port);
  connection.send(selectRequest('k', 'SELECT CAST(_1 AS INT) FROM S3Object'));
  const { status, complete, chunks } = await connection.answer();
  t.equal(status, 200);
  t.notOk(complete, 'the last chunk is missing');
  t.ok(connection.closed);
  const frames = chunks.flatMap(decodeFrames);
  t.equal(frames.at(-1)?.kind, 'error');
  t.equal(frames.at(-1)?.code, 'CastFailed');
  t.equal(frames.filter(({ kind }) => kind !== 'Records').length, 1);

  const zipped = gzipSync(lines(50_000));
  await put(store, 'cut.gz', zipped.subarray(0, zipped.length - 1000));
  const request = selectRequest('cut.gz', everything);
  const body = String(request.body).replace('<CSV/></Input', '<CSV/><CompressionType>GZIP</CompressionType></Input');
  const cut = await ask(port, { ...request, body });
  t.equal(decodeFrames(cut.body).at(-1)?.code, 'TruncatedInput');
  t.notOk(cut.complete);
  t.same(faults, []);
});

/** A store whose objects stream a kilobyte at a time (they have no `ref`), slowly once the first 80 are through. */
function slowStore(store: ObjectStore, pause_ms: number): ObjectStore {
  const openObject: ObjectStore['openObject'] = async (bucket, key) => {
    const object = await store.openObject(bucket, key);
    return {
      info: object.info,
      ref: null as never,
      reader: object.reader,
      isUnchanged: () => true,
      close: () => object.close(),
      async *stream(range, signal) {
        let pieces = 0;
        for await (const piece of object.stream(range, signal)) {
          for (let at = 0; at < piece.length; at += 1000) {
            if (pieces++ >= 80) await sleep(pause_ms);
            signal?.throwIfAborted();
            yield piece.subarray(at, at + 1000);
          }
        }
      },
    };
  };
  return new Proxy(store, { get: (target, name) => (name === 'openObject' ? openObject : bound(target, name)) });
}

t.test('signs of life while nothing matches', async (t) => {
  const { store } = await serve(t, { engine });
  await put(store, 'k', '1\n'.repeat(80_000));
  const slow = await serve(t, { engine, store: slowStore(store, 40) });
  const nothing = "SELECT * FROM S3Object WHERE _1 = 'x'";
  const progress = '<RequestProgress><Enabled>true</Enabled></RequestProgress>';
  const minio = { ...selectRequest('k', nothing), headers: { 'user-agent': 'MinIO (linux; x64) minio-js/8.0.7' } };
  const begun_ms = Date.now();
  const connection = new RawConnection(slow.port);
  connection.send(selectRequest('k', nothing));
  await connection.until((received) => received.length > 0);
  t.ok(Date.now() - begun_ms > 900 && Date.now() - begun_ms < 30_000, 'the status comes after a second');
  const [plain, asked, without] = await Promise.all([
    connection.answer(),
    ask(slow.port, selectRequest('k', nothing, progress)),
    ask(slow.port, minio),
  ]);
  const kinds = (body: Buffer): string[] => decodeFrames(body).map(({ kind }) => kind);
  t.match(kinds(plain.body).join(' '), /^Cont( Cont)+ Stats End$/);
  t.match(kinds(asked.body).join(' '), /^(Progress ){2,}Stats End$/);
  t.equal(kinds(without.body).join(' '), 'Stats End');
  t.match(
    decodeFrames(asked.body)[1]?.payload.toString(),
    /^<\?xml version="1.0" encoding="UTF-8"\?><Progress><BytesScanned>\d+<.*<BytesReturned>0</,
  );
  connection.close();
});

t.test('a client that leaves ends its query', async (t) => {
  const { store } = await serve(t, { engine });
  const watched = counted(store);
  const { port, faults } = await serve(t, { engine, store: watched.store });
  await put(store, 'k', lines(400_000));
  for (const leave of [
    (connection: RawConnection) => connection.socket.destroy(),
    (connection: RawConnection) => connection.socket.resetAndDestroy(),
    (connection: RawConnection) => connection.socket.end(),
  ]) {
    const connection = new RawConnection(port);
    connection.send(selectRequest('k', everything));
    await connection.until((received) => received.length > 100_000);
    connection.socket.pause();
    t.equal(watched.open(), 1);
    leave(connection);
    await eventually(() => watched.open() === 0, 'the object is closed');
    connection.close();
  }
  const slow = await serve(t, { engine, store: slowStore(watched.store, 1000) });
  const connection = new RawConnection(slow.port);
  connection.send(selectRequest('k', everything));
  await eventually(() => watched.open() === 1, 'opened');
  await sleep(50);
  connection.close();
  await eventually(() => watched.open() === 0, 'closed before any output');
  t.equal((await ask(port, selectRequest('k', 'SELECT COUNT(*) FROM S3Object'))).status, 200, 'the server goes on');
  t.same(faults, []);
});

t.test('a client that reads slowly gets everything, and holds nobody up', async (t) => {
  const { port, store } = await serve(t, { engine });
  const text = lines(200_000);
  await put(store, 'k', text);
  await put(store, 'small', '1\n');
  const connection = new RawConnection(port);
  connection.send(selectRequest('k', everything));
  await connection.until((received) => received.length > 0);
  connection.socket.pause();
  await sleep(300);
  for (let i = 0; i < 5; i++) t.equal((await ask(port, selectRequest('small', everything))).status, 200);
  connection.socket.resume();
  const { body, complete } = await connection.answer();
  t.ok(complete);
  const records = decodeFrames(body).filter(({ kind }) => kind === 'Records');
  t.ok(Buffer.concat(records.map(({ payload }) => payload)).equals(Buffer.from(text)));
  connection.close();
});

t.test('answers at once, read at any pace, are each their own', async (t) => {
  const { port, store } = await serve(t, { engine });
  const texts = ['a', 'b', 'c'].map((letter) =>
    Array.from({ length: 300_000 }, (_, i) => `${letter}${i},${letter.repeat(i % 97)}\n`).join(''),
  );
  for (const [index, text] of texts.entries()) await put(store, `k${index}`, text);
  const read = async (index: number): Promise<Buffer> => {
    const connection = new RawConnection(port);
    connection.send(selectRequest(`k${index}`, everything));
    await connection.until((received) => received.length > 0);
    // Meanwhile output memory waits in its socket.
    connection.socket.pause();
    await sleep(400 * index);
    connection.socket.resume();
    const { body, complete } = await connection.answer();
    connection.close();
    t.ok(complete);
    const records = decodeFrames(body).filter(({ kind }) => kind === 'Records');
    return Buffer.concat(records.map(({ payload }) => payload));
  };
  const answers = await Promise.all([0, 1, 2].map(read));
  for (const [index, text] of texts.entries()) t.ok(answers[index]!.equals(Buffer.from(text)), `answer ${index}`);
});

t.test('a server that closes lets its queries end', async (t) => {
  const { port, store, server } = await serve(t, { engine });
  await put(store, 'k', lines(100_000));
  const idle = new RawConnection(port);
  await once(idle.socket, 'connect');
  const connection = new RawConnection(port);
  connection.send(selectRequest('k', everything));
  await connection.until((received) => received.length > 0);
  const closed = server.close();
  const { complete } = await connection.answer();
  t.ok(complete);
  await closed;
  await connection.ended();
  await idle.ended();
  await t.rejects(ask(port, selectRequest('k', everything)));
});

t.test('more queries than there is room for', async (t) => {
  const small = new Engine({ workers: 1, queries_active_max: 1, queries_queued_max: 1 });
  t.teardown(() => small.close());
  const { port, store, faults } = await serve(t, { engine: small });
  await put(store, 'k', lines(400_000));
  await put(store, 'small', '1\n');
  const running = new RawConnection(port);
  running.send(selectRequest('k', everything));
  await running.until((received) => received.length > 0);
  running.socket.pause();
  const queued = new RawConnection(port);
  queued.send(selectRequest('small', everything));
  await sleep(50);
  const refused = await ask(port, selectRequest('small', everything));
  t.equal(refused.status, 503);
  t.equal(errorCode(refused), 'SlowDown');
  t.equal(refused.headers.get('retry-after'), '1');
  const given = new RawConnection(port);
  given.send(selectRequest('small', everything));
  given.close();
  running.close();
  t.equal((await queued.answer()).status, 200);
  queued.close();
  t.equal((await ask(port, selectRequest('small', everything))).status, 200);
  t.same(faults, []);
});

t.test('an object that changes under a query', async (t) => {
  const { store } = await serve(t, { engine });
  await put(store, 'k', '1\n');
  const openObject: ObjectStore['openObject'] = async (bucket, key) =>
    Object.assign(await store.openObject(bucket, key), { isUnchanged: () => false });
  const changing = new Proxy(store, { get: (target, name) => (name === 'openObject' ? openObject : bound(target, name)) });
  const { port } = await serve(t, { engine, store: changing });
  const { body, complete } = await ask(port, selectRequest('k', everything));
  t.same(
    decodeFrames(body).map(({ code }) => code),
    [undefined, 'OperationAborted'],
  );
  t.notOk(complete);
});

t.test('a wrong payload hash', async (t) => {
  const { port, store } = await serve(t, { engine });
  await put(store, 'k', '1\n');
  const { head } = rawRequest(selectRequest('k', everything));
  const connection = new RawConnection(port);
  const other = String(selectRequest('k', everything).body).replace('S3Object', 's3object');
  connection.write(head);
  connection.write(other);
  t.equal(errorCode(await connection.answer()), 'XAmzContentSHA256Mismatch');
  connection.close();
  t.equal(Bucket, 'bucket-1');
});
