/** What goes wrong below a server, as its clients see it: the exact error, a connection that is of use again, and nothing lost. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import t, { type Test } from 'tap';
import { FrameDecoder } from '../src/formats/event-stream.ts';
import { Bucket, selectRequest } from './support/api-select.ts';
import { accessKey, ask, errorCode, RawConnection, type RawRequest, secretKey } from './support/api-server.ts';
import { main, type Serving, serve } from './support/cli.ts';

const canMount = spawnSync('unshare', ['-Urm', 'true']).status === 0;
const nobody = 65_534;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

/** Root may do everything to a file, so the server has to be somebody else. */
function asAnother(): readonly string[] | string {
  if (process.getuid?.() !== 0) return [];
  const [program = '', ...rest] = [...asNobody, process.execPath, '--check', main];
  const { status } = spawnSync(program, rest);
  return status === 0 ? asNobody : 'needs setpriv, and a checkout that every user can read';
}

const kilobytes = (count: number, text = 'x'): Buffer => Buffer.alloc(count * 1024, text);
const md5 = (bytes: string | Uint8Array): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

async function start(
  t: Test,
  within: (folder: string) => readonly string[] = () => [],
  owner?: number,
): Promise<Serving & { readonly data: string; stop(): Promise<void> }> {
  const top = fs.realpathSync(t.testdir({ data: {}, state: {} }));
  const [data, state] = [join(top, 'data'), join(top, 'state')];
  fs.chmodSync(state, 0o700);
  if (owner !== undefined) for (const path of [data, state]) fs.chownSync(path, owner, owner);
  const environment = { S3LECT_ROOT_USER: accessKey, S3LECT_ROOT_PASSWORD: secretKey };
  const server = await serve([data, '--port', '0', '--workers', '1', '--state', state], environment, within(data));
  const stop = async (): Promise<void> => {
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    t.equal(code, 0, `the server ends as it should: ${stderr}`);
  };
  t.teardown(() => server.child.kill('SIGKILL'));
  return { ...server, data, stop };
}

/** Asks on one connection, which must outlive every answer that does not say otherwise. */
class Client {
  readonly #port: number;
  #connection: RawConnection;

  constructor(t: Test, port: number) {
    this.#port = port;
    this.#connection = new RawConnection(port);
    t.teardown(() => this.#connection.close());
  }

  /** Status, and code or body. */
  async ask(request: RawRequest): Promise<string> {
    this.#connection.send(request);
    const answer = await this.#connection.answer(request.method === 'HEAD');
    if (answer.headers.get('connection') === 'close') {
      this.#connection.close();
      this.#connection = new RawConnection(this.#port);
    }
    const text = answer.status < 300 ? answer.body.toString() : (errorCode(answer) ?? '');
    return `${answer.status} ${text}`.trim();
  }

  put = (key: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
    this.ask({ method: 'PUT', target: `/${Bucket}/${key}`, body, headers });
  get = (key: string): Promise<string> => this.ask({ target: `/${Bucket}/${key}` });
  delete = (key: string): Promise<string> => this.ask({ method: 'DELETE', target: `/${Bucket}/${key}` });
  keys = async (): Promise<string> =>
    [...(await this.ask({ target: `/${Bucket}?list-type=2` })).matchAll(/<Key>([^<]*)/g)].map(([, key]) => key).join();
  createUpload = async (key: string): Promise<string> =>
    /<UploadId>([^<]+)/.exec(await this.ask({ method: 'POST', target: `/${Bucket}/${key}?uploads` }))?.[1] ?? '';
}

function selected(answer: { body: Buffer }): string {
  const records = new FrameDecoder().push(answer.body).filter(({ headers }) => headers.get(':event-type') === 'Records');
  return Buffer.concat(records.map(({ payload }) => payload)).toString();
}

t.test('a disk that is full, then read-only', { skip: canMount ? false : 'needs user namespaces' }, async (t) => {
  const mounted = (folder: string) => ['unshare', '-Urm', 'sh', '-c', `mount -t tmpfs -o size=8m none "$0" && exec "$@"`, folder];
  const { port, child, data, stop } = await start(t, mounted);
  const client = new Client(t, port);
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}` }), '200');
  t.equal(await client.put('k', '1\n2\n', { 'x-amz-meta-a': 'old' }), '200');
  const temporaries = (): string[] => fs.readdirSync(join(`/proc/${child.pid}/root${data}`, Bucket, '.s3lect/tmp'));
  await fullDisk(t, client, temporaries);
  t.equal(selected(await ask(port, selectRequest('k', 'SELECT * FROM S3Object'))), '1\n2\n', 'queries go on');
  await fullCompletion(t, client);

  const remount = (mode: 'ro' | 'rw') =>
    execFileSync('nsenter', ['-t', String(child.pid), '-U', '-m', '--preserve-credentials', 'mount', '-o', `remount,${mode}`, data]);
  remount('ro');
  await readOnlyDisk(t, client);
  t.equal(selected(await ask(port, selectRequest('k', 'SELECT * FROM S3Object'))), '1\n2\n', 'queries go on');
  remount('rw');
  t.equal(await client.put('k', 'new'), '200', 'the server goes on');
  t.equal(await client.get('k'), '200 new');
  t.same(temporaries(), []);
  await stop();
});

async function fullDisk(t: Test, client: Client, temporaries: () => string[]): Promise<void> {
  const { put, get } = client;
  t.equal(await put('k', kilobytes(12_000)), '507 StorageFull', 'too large for it');
  t.equal(await put('new', kilobytes(12_000)), '507 StorageFull');
  const chunked = Buffer.concat([Buffer.from('bb8000\r\n'), kilobytes(12_000), Buffer.from('\r\n0\r\n\r\n')]);
  const headers = { 'transfer-encoding': 'chunked', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  t.equal(await put('new', chunked, headers), '507 StorageFull', 'of a length nobody said');
  t.equal(await get('k'), '200 1\n2', 'the old object is there');
  t.same(temporaries(), [], 'and nothing else');

  t.equal(await put('filler', kilobytes(7000)), '200', 'there is room again');
  t.equal(await put('k', kilobytes(2000)), '507 StorageFull');
  t.equal(await put('copy', '', { 'x-amz-copy-source': `/${Bucket}/filler` }), '507 StorageFull', 'a copy');
  const id = await client.createUpload('parts');
  const part = { method: 'PUT', target: `/${Bucket}/parts?partNumber=1&uploadId=${id}`, body: kilobytes(2000) };
  t.equal(await client.ask(part), '507 StorageFull', 'a part');
  t.notMatch(await client.ask({ target: `/${Bucket}/parts?uploadId=${id}` }), /<Part>/);
  t.same(temporaries(), []);
  t.equal(await client.keys(), 'filler,k');
  t.equal(await client.delete('filler'), '204', 'a full disk can be emptied');
}

/** A part that is not where it belongs in the object is copied: there has to be room for both. */
async function fullCompletion(t: Test, client: Client): Promise<void> {
  const id = await client.createUpload('parts');
  const body = kilobytes(3000);
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}/parts?partNumber=2&uploadId=${id}`, body }), '200');
  t.equal(await client.put('filler', body), '200');
  const list = `<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>${md5(body)}</ETag></Part></CompleteMultipartUpload>`;
  const complete = () => client.ask({ method: 'POST', target: `/${Bucket}/parts?uploadId=${id}`, body: list });
  t.equal(await complete(), '507 StorageFull', 'parts that cannot be put together');
  t.match(await client.ask({ target: `/${Bucket}/parts?uploadId=${id}` }), /<PartNumber>2</, 'are not lost');
  t.equal(await client.delete('filler'), '204');
  t.match(await complete(), /^200 .*<CompleteMultipartUploadResult/s);
  t.equal(await client.keys(), 'k,parts');
}

async function readOnlyDisk(t: Test, client: Client): Promise<void> {
  t.equal(await client.put('k', 'new'), '403 AccessDenied', 'a read-only disk');
  t.equal(await client.put('k', kilobytes(2000)), '403 AccessDenied');
  t.equal(await client.delete('k'), '403 AccessDenied');
  const both = '<Delete><Object><Key>k</Key></Object><Object><Key>absent</Key></Object></Delete>';
  const headers = { 'content-md5': createHash('md5').update(both).digest('base64') };
  t.match(
    await client.ask({ method: 'POST', target: `/${Bucket}?delete`, body: both, headers }),
    /^200 .*<Error><Key>k<\/Key><Code>AccessDenied<.*<Deleted><Key>absent</s,
  );
  t.equal(await client.ask({ method: 'POST', target: `/${Bucket}/m?uploads` }), '403 AccessDenied');
  t.equal(await client.ask({ method: 'PUT', target: '/bucket-2' }), '403 AccessDenied');
  const tags = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}/k?tagging`, body: tags }), '403 AccessDenied');
  t.equal(await client.get('k'), '200 1\n2');
  t.equal(await client.keys(), 'k,parts');
}

t.test('a disk of settings that is full, then read-only', { skip: canMount ? false : 'needs user namespaces' }, async (t) => {
  const mount = 'mount -t tmpfs -o size=64k,mode=0700 none "$0/../state"';
  const { port, child, data, stop } = await start(t, (folder) => ['unshare', '-Urm', 'sh', '-c', `${mount} && exec "$@"`, folder]);
  const client = new Client(t, port);
  const state = join(data, '../state');
  const filler = join(`/proc/${child.pid}/root${state}`, 'filler');
  const cors =
    '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
  const tagging = '<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>';
  const tagged = `<CreateBucketConfiguration>${tagging}</CreateBucketConfiguration>`;
  const putCors = () => client.ask({ method: 'PUT', target: `/${Bucket}?cors`, body: cors });
  const getCors = () => client.ask({ target: `/${Bucket}?cors` });
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}` }), '200');
  t.equal(await client.put('k', 'kept'), '200');

  t.throws(() => fs.writeFileSync(filler, kilobytes(100)), { code: 'ENOSPC' });
  t.equal(await putCors(), '507 StorageFull');
  t.equal(await getCors(), '404 NoSuchCORSConfiguration');
  t.equal(await client.ask({ method: 'PUT', target: '/bucket-2', body: tagged }), '507 StorageFull');
  t.equal(await client.ask({ method: 'HEAD', target: '/bucket-2' }), '404', 'no bucket without its settings');
  t.equal(await client.get('k'), '200 kept', 'objects can be read');
  t.equal(await client.put('k', 'new'), '200', 'and written');
  fs.unlinkSync(filler);
  t.equal(await putCors(), '200', 'there is room again');

  execFileSync('nsenter', ['-t', String(child.pid), '-U', '-m', '--preserve-credentials', 'mount', '-o', 'remount,ro', state]);
  t.equal(await client.ask({ method: 'DELETE', target: `/${Bucket}?cors` }), '403 AccessDenied', 'a read-only disk');
  t.match(await getCors(), /^200 .*<AllowedMethod>GET</s, 'the settings are what they were');
  t.equal(await client.ask({ method: 'PUT', target: '/bucket-2', body: tagged }), '403 AccessDenied');
  t.equal(await client.ask({ method: 'PUT', target: '/bucket-2' }), '200', 'a bucket without settings needs none of it');
  await stop();
});

/** Needs no rights at all, where the disk that is full needs a mount: some writes of a file come through, and then one fails. */
t.test('files that may not grow over a bound', async (t) => {
  // why: Node ignores the signal that comes with such a write, and what tap loads into every process of Node does not.
  const bounded = ['sh', '-c', 'unset NODE_OPTIONS && ulimit -f 4096 && exec "$@"', 'sh'];
  const { port, data, stop } = await start(t, () => bounded);
  const client = new Client(t, port);
  const { put, get } = client;
  const temporaries = (): string[] => fs.readdirSync(join(data, Bucket, '.s3lect/tmp'));
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}` }), '200');
  t.equal(await put('k', '1\n2\n', { 'x-amz-meta-a': 'old' }), '200');
  t.equal(await put('most', kilobytes(2048)), '200', 'just as much as there may be');
  t.equal(await put('k', kilobytes(2049)), '400 EntityTooLarge');
  t.equal(await put('new', kilobytes(12_000)), '400 EntityTooLarge');
  const chunked = Buffer.concat([Buffer.from('bb8000\r\n'), kilobytes(12_000), Buffer.from('\r\n0\r\n\r\n')]);
  const headers = { 'transfer-encoding': 'chunked', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  t.equal(await put('new', chunked, headers), '400 EntityTooLarge', 'of a length nobody said');
  const id = await client.createUpload('parts');
  const part = (number: number): Promise<string> =>
    client.ask({ method: 'PUT', target: `/${Bucket}/parts?partNumber=${number}&uploadId=${id}`, body: kilobytes(1500) });
  t.equal(await part(1), '200');
  t.equal(await part(2), '400 EntityTooLarge', 'a part, of an object that would be too large');
  t.equal(await get('k'), '200 1\n2', 'the old object is there');
  t.equal(await client.keys(), 'k,most', 'and no other');
  t.same(temporaries(), []);
  t.equal(selected(await ask(port, selectRequest('k', 'SELECT * FROM S3Object'))), '1\n2\n', 'queries go on');
  t.equal(await put('k', 'new'), '200', 'the server goes on');
  await stop();
});

const another = asAnother();
t.test('files and folders the server has no rights to', { skip: typeof another === 'string' ? another : false }, async (t) => {
  const within = typeof another === 'string' ? [] : another;
  const { port, data, stop } = await start(t, () => within, within.length > 0 ? nobody : undefined);
  const client = new Client(t, port);
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}` }), '200');
  t.equal(await client.put('d/k', 'kept'), '200');
  t.equal(await client.put('secret', 'x'), '200');
  const [folder, file] = [join(data, Bucket, 'd'), join(data, Bucket, 'secret')];
  fs.chmodSync(file, 0o000);
  t.equal(await client.get('secret'), '403 AccessDenied');
  const select = await ask(port, selectRequest('secret', 'SELECT * FROM S3Object'));
  t.equal(`${select.status} ${errorCode(select)}`, '403 AccessDenied');
  fs.chmodSync(folder, 0o555);
  t.equal(await client.put('d/k', 'lost'), '403 AccessDenied');
  t.equal(await client.put('d/k', kilobytes(2000)), '403 AccessDenied');
  t.equal(await client.put('d/e/k', 'lost'), '403 AccessDenied');
  t.equal(await client.delete('d/k'), '403 AccessDenied');
  t.equal(await client.get('d/k'), '200 kept');
  fs.chmodSync(folder, 0o000);
  t.equal(await client.get('d/k'), '403 AccessDenied');
  t.equal(await client.keys(), 'secret', 'a folder that cannot be read is not listed');
  fs.chmodSync(folder, 0o755);
  fs.chmodSync(file, 0o644);
  t.equal(await client.get('d/k'), '200 kept');
  t.equal(await client.put('d/k', 'new'), '200', 'the server goes on');
  t.same(fs.readdirSync(join(data, Bucket, '.s3lect/tmp')), []);
  await stop();
});

t.test('files that go, or change, while they are read', async (t) => {
  const { port, data, stop } = await start(t);
  const client = new Client(t, port);
  fs.mkdirSync(join(data, Bucket));
  const path = join(data, Bucket, 'large');
  const lines = Buffer.from(Array.from({ length: 2_000_000 }, (_, n) => `${n},abcdefgh\n`).join(''));
  const write = (): void => fs.writeFileSync(path, lines);
  /** An answer under way, of which nothing more is taken until `then` has been done to the file. */
  const interrupted = async (request: RawRequest, then: () => void): Promise<RawConnection> => {
    const connection = new RawConnection(port);
    connection.send(request);
    await connection.until((received) => received.length > 1000);
    connection.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    then();
    connection.socket.resume();
    return connection;
  };
  const get = { target: `/${Bucket}/large` };
  const select = selectRequest('large', 'SELECT * FROM S3Object');

  for (const [how, gone] of [
    ['removed', () => fs.unlinkSync(path)],
    ['replaced', () => fs.renameSync(`${path}.new`, path)],
  ] as const) {
    write();
    fs.writeFileSync(`${path}.new`, 'new');
    const whole = await (await interrupted(get, gone)).answer();
    t.ok(whole.complete && whole.body.equals(lines), `a file that is ${how} is sent to its end`);
    t.equal(await client.get('large'), how === 'removed' ? '404 NoSuchKey' : '200 new');
    write();
    fs.writeFileSync(`${path}.new`, 'new');
    const answer = await (await interrupted(select, gone)).answer();
    t.ok(answer.complete);
    t.equal(selected(answer), lines.toString(), `a file that is ${how} is queried to its end`);
  }
  for (const [how, change] of [
    ['cut', () => fs.truncateSync(path, 1000)],
    ['written to', () => fs.writeFileSync(path, lines.fill('z', lines.length - 100))],
  ] as const) {
    write();
    const broken = await (await interrupted(get, change)).ended();
    t.ok(broken.length < lines.length, `an answer breaks off where its file is ${how}: no client takes that for its end`);
    write();
    const answer = await (await interrupted(select, change)).answer();
    t.notOk(answer.complete);
    t.equal(
      new FrameDecoder().push(answer.body).at(-1)?.headers.get(':error-code'),
      'OperationAborted',
      `the query of a file that is ${how} ends with an error`,
    );
  }
  write();
  t.equal((await ask(port, get)).body.length, lines.length, 'the server goes on');
  await stop();
});

t.test('folders that become links', async (t) => {
  const { port, data, stop } = await start(t);
  const client = new Client(t, port);
  const outside = join(data, '../outside');
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, 'k'), 'secret');
  fs.mkdirSync(join(outside, 'd'));
  fs.writeFileSync(join(outside, 'd/k'), 'secret');
  t.equal(await client.ask({ method: 'PUT', target: `/${Bucket}` }), '200');
  t.equal(await client.put('d/k', 'inside'), '200');
  t.equal(await client.put('k', '1\n'), '200');
  for (const [path, missing, code] of [
    [join(data, Bucket, 'd'), 'k', 'NoSuchKey'],
    [join(data, Bucket), '', 'NoSuchBucket'],
  ] as const) {
    fs.renameSync(path, `${data}/../aside`);
    fs.symlinkSync(outside, path);
    t.equal(await client.get('d/k'), `404 ${code}`);
    const head = await ask(port, { method: 'HEAD', target: `/${Bucket}/d/k` });
    t.equal(head.status, 404);
    const select = await ask(port, selectRequest('d/k', 'SELECT * FROM S3Object'));
    t.equal(`${select.status} ${errorCode(select)}`, `404 ${code}`);
    t.match(await client.put('d/k', 'out'), code === 'NoSuchKey' ? '403 AccessDenied' : '404 NoSuchBucket');
    t.match(await client.put('copy', '', { 'x-amz-copy-source': `/${Bucket}/d/k` }), `404 ${code}`);
    t.match(await client.delete('d/k'), code === 'NoSuchKey' ? /^(204|403 AccessDenied)/ : '404 NoSuchBucket');
    t.equal(await client.keys(), missing);
    fs.unlinkSync(path);
    fs.renameSync(`${data}/../aside`, path);
    t.equal(await client.get('d/k'), '200 inside', 'what was moved back is there again');
  }
  t.same(fs.readdirSync(outside).sort(), ['d', 'k']);
  t.equal(fs.readFileSync(join(outside, 'd/k'), 'utf8'), 'secret', 'nothing outside was changed');
  t.equal(await client.put('d/k', 'new'), '200', 'the server goes on');
  await stop();
});
