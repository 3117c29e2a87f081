/** Uploads that are written by other threads, piece by piece. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { LocalStore } from '../src/storage/local.ts';
import type { ObjectBody } from '../src/storage/object.ts';
import type { WriteResult } from '../src/storage/writer-job.ts';
import { writerThread } from '../src/storage/writers.ts';
import { codeOf, get } from './support/storage-contract.ts';
import { allClosed, localStores } from './support/storage-local.ts';

const { newLocalStore } = localStores(t);

const pieceBytes = 64 * 1024;
/** More than one batch, and no whole number of pieces. */
const bytes = 3 * limits.upload_batch_bytes_max + 1000;

/** Bytes that differ from place to place and from seed to seed. */
function contentOf(seed: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4) content.writeUInt32LE((at * 2654435761 + seed) >>> 0, Math.min(at, bytes - 4));
  return content;
}

/** `before`: called before each piece. */
function bodyIn(content: Buffer, pieces: Uint8Array[], before: (at: number) => unknown = () => {}): ObjectBody {
  async function* give(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < content.length; at += pieceBytes) {
      await before(at);
      const piece = new Uint8Array(content.subarray(at, at + pieceBytes));
      pieces.push(piece);
      yield piece;
    }
  }
  return give();
}

t.test('many large uploads at once', async (t) => {
  const { store, bucket } = await newLocalStore();
  // What threads say comes out of the process itself.
  const said = t.capture(process.stderr, 'write', () => true);
  const uploads = Array.from({ length: 12 }, async (_, n) => {
    const content = contentOf(n);
    // Of a known length and of an unknown one.
    const size = n % 2 === 0 ? bytes : undefined;
    const { etag } = await store.putObject({ bucket: 'b-1', key: `k-${n}`, body: bodyIn(content, []), size, metadata: { n: `${n}` } });
    t.equal(etag, `"${createHash('md5').update(content).digest('hex')}"`);
    t.ok(fs.readFileSync(join(bucket, `k-${n}`)).equals(content));
    t.match(await store.headObject('b-1', `k-${n}`), { etag, size: bytes, metadata: { n: `${n}` } });
  });
  await Promise.all(uploads);
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
  t.same(
    said().flatMap(({ args }) => args.map(String)),
    [],
    'no thread minds where a file was opened',
  );
});

t.test('an upload ends while others hang', async (t) => {
  const { store } = await newLocalStore();
  let goOn = (): void => {};
  const others = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const wait = (at: number): unknown => (at > limits.upload_batch_bytes_max ? others : undefined);
  const hanging = Array.from({ length: 9 }, (_, n) =>
    store.putObject({ bucket: 'b-1', key: `hanging-${n}`, body: bodyIn(contentOf(n), [], wait), size: bytes }),
  );
  const { etag } = await store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(9), []), size: bytes });
  t.equal(etag, `"${createHash('md5').update(contentOf(9)).digest('hex')}"`);
  goOn();
  const etags = (await Promise.all(hanging)).map(({ etag }) => etag);
  t.same(
    etags,
    etags.map((_, n) => `"${createHash('md5').update(contentOf(n)).digest('hex')}"`),
  );
});

t.test('an upload ends while others keep the threads busy', async (t) => {
  const { store } = await newLocalStore();
  let isOver = false;
  const piece = Buffer.alloc(pieceBytes, 'x');
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (!isOver) yield new Uint8Array(piece);
  }
  const others = Array.from({ length: 12 }, (_, n) => store.putObject({ bucket: 'b-1', key: `endless-${n}`, body: endless() }));
  for (let n = 0; n < 5; n++) {
    const { etag } = await store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(n), []), size: bytes });
    t.equal(etag, `"${createHash('md5').update(contentOf(n)).digest('hex')}"`);
  }
  isOver = true;
  t.ok((await Promise.all(others)).every(({ size }) => size > bytes));
});

t.test('memory that is given away with the pieces', async (t) => {
  const { store, bucket } = await newLocalStore();
  const content = contentOf(1);
  const [given, kept]: [Uint8Array[], Uint8Array[]] = [[], []];
  await store.putObject({ bucket: 'b-1', key: 'given', body: Object.assign(bodyIn(content, given), { givesMemory: true }) });
  await store.putObject({ bucket: 'b-1', key: 'kept', body: bodyIn(content, kept) });
  t.ok(fs.readFileSync(join(bucket, 'given')).equals(content));
  t.ok(
    given.every(({ length }) => length === 0),
    'is moved to the thread',
  );
  t.ok(Buffer.concat(kept).equals(content), 'other memory stays as it was');
});

t.test('a body that fails in its midst leaves nothing', async (t) => {
  const { store, bucket } = await newLocalStore();
  await store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(Buffer.from('old'), []) });
  const fail = (at: number): void => {
    if (at > 2 * limits.upload_batch_bytes_max) throw new Error('cut');
  };
  await t.rejects(store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(1), [], fail) }), { message: 'cut' });
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(1), []), size: bytes + 1 })), 'IncompleteBody');
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(1), []), size: bytes - 1 })), 'IncompleteBody');
  t.equal(await get(store, 'k'), 'old');
  t.same(fs.readdirSync(join(bucket, '.s3lect/tmp')), []);
});

t.test('no descriptor stays open, whatever becomes of an upload', { skip: process.platform !== 'linux' }, async (t) => {
  const { store, bucket } = await newLocalStore();
  const temporaries = join(bucket, '.s3lect/tmp');
  const aborted = new AbortController();
  const cut = (): never => {
    throw new Error('cut');
  };
  const uploads = Array.from({ length: 8 }, async (_, n) => {
    const condition = n % 4 === 0 ? { ifNoneMatch: '*' as const } : {};
    const signal = n % 4 === 1 ? { signal: aborted.signal } : {};
    const before = (at: number): void => {
      if (n % 4 === 2 && at > limits.upload_batch_bytes_max) cut();
      if (n % 4 === 1 && at > 2 * limits.upload_batch_bytes_max) aborted.abort(new Error('gone'));
    };
    const size = n < 4 ? bytes : undefined;
    return store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(n), [], before), size, condition, ...signal });
  });
  const outcomes = await Promise.allSettled(uploads);
  t.ok(outcomes.filter(({ status }) => status === 'rejected').length >= 5);
  await allClosed(t, bucket);
  t.same(fs.readdirSync(temporaries), []);
});

t.test('a store that is opened meanwhile takes no file of a thread for one that was left', async (t) => {
  const { store, root, bucket } = await newLocalStore();
  let present: string[] = [];
  const open = async (at: number): Promise<void> => {
    if (at < 3 * limits.upload_batch_bytes_max) return;
    await LocalStore.open({ root });
    present = fs.readdirSync(join(bucket, '.s3lect/tmp'));
  };
  await store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(3), [], open) });
  t.equal(present.length, 1, 'the upload was on its way');
  t.ok(fs.readFileSync(join(bucket, 'k')).equals(contentOf(3)));
});

t.test('a bucket that is taken away meanwhile', async (t) => {
  const { store, bucket } = await newLocalStore();
  const remove = (at: number): void => {
    if (at >= 3 * limits.upload_batch_bytes_max) fs.rmSync(bucket, { recursive: true });
  };
  t.equal(await codeOf(store.putObject({ bucket: 'b-1', key: 'k', body: bodyIn(contentOf(3), [], remove) })), 'NoSuchBucket');
});

t.test('a program that uploads can end, whatever options Node was given', async (t) => {
  const { root } = await newLocalStore();
  const script = `
    const { LocalStore } = await import(${JSON.stringify(new URL('../src/storage/local.js', import.meta.url).href)});
    const store = await LocalStore.open({ root: ${JSON.stringify(root)} });
    const { etag } = await store.putObject({ bucket: 'b-1', key: 'k', body: [Buffer.from('x')] });
    process.stdout.write(etag);`;
  const file = join(t.testdir({ 'put.mjs': script }), 'put.mjs');
  for (const args of [
    ['--max-old-space-size=512', '--input-type=module', '-e', script],
    ['--max-old-space-size=512', '--no-warnings', file],
  ]) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    t.equal(stdout, `"${createHash('md5').update('x').digest('hex')}"`, args.join(' ').slice(0, 60));
  }
});

t.test('pieces that cannot be sent to a thread fail, and others are taken', async (t) => {
  const write = { kind: 'write', upload: -1, begin: undefined, pieces: [], isLast: false } as const;
  const thread = writerThread();
  const outcomes = await Promise.allSettled([thread.run(write), thread.run({ ...write, more: () => {} } as typeof write)]);
  t.match(outcomes, [{ value: { digests: [] } }, { reason: { name: 'DataCloneError' } }]);
  t.match(await thread.run(write), { digests: [] });
});

t.test('the MD5 of an upload that has ended does not wait until its thread has nothing else to do', async (t) => {
  const { bucket } = await newLocalStore();
  const thread = writerThread();
  const over: string[] = [];
  const write = async (name: string, upload: number, piece: Uint8Array, { isFirst = false, isLast = false }): Promise<WriteResult> => {
    const begin = { file: { path: join(bucket, name) }, algorithms: isLast ? (['md5'] as const) : [], isAlone: false, uploads: 100 };
    const result = await thread.run({ kind: 'write', upload, begin: isFirst ? begin : undefined, pieces: [piece], isLast });
    over.push(name);
    return result;
  };
  // It is busy with the first while the others come.
  const [long, short, many] = [1e9, 1e9 + 1, 1e9 + 2];
  const text = Buffer.alloc(10_000, 'text');
  const jobs = [
    write('long', long, Buffer.alloc(32 * 1024 * 1024), { isFirst: true }),
    write('short', short, text, { isFirst: true, isLast: true }),
    ...Array.from({ length: 2000 }, (_, n) => write('many', many, text, { isFirst: n === 0 })),
  ];
  const { digests, file } = (await Promise.all(jobs))[1] as WriteResult;
  t.same(digests, [['md5', createHash('md5').update(text).digest('base64')]]);
  t.ok(over.indexOf('short') < over.lastIndexOf('many'), 'others have pieces to be written still');
  fs.closeSync((file as { fd: number }).fd);
  for (const upload of [long, many]) await thread.run({ kind: 'discard', upload, file: undefined });
});
