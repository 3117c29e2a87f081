/**
 * Thousands of wrong requests against a server of its own process: none crashes it, hangs, or makes it grow; every answer is HTTP, and
 * every error has a code of S3. A failure names the seed of its request, with which `FUZZ_SEED` tries that one again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import t from 'tap';
import { catalogue } from '../src/base/errors.ts';
import { accessKey, ask, RawConnection, secretKey } from './support/api-server.ts';
import { serve, temporaryFolder } from './support/cli.ts';
import { bucket, seeded, type WrongRequest, wrongRequest } from './support/fuzz-requests.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const count = process.env['FUZZ_SEED'] === undefined ? 4000 : 1;
const lanes = 8;
/** Whatever the machine: what is not done by then is left. */
const time_ms_max = 20_000;
const wait_ms = 8000;
const growth_bytes_max = 96 * 1024 * 1024;

t.test('wrong requests', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'data', bucket), { recursive: true });
  const server = await serve([join(folder, 'data'), '--port', '0', '--workers', '1', '--state', join(folder, 'state')], {
    S3LECT_ROOT_USER: accessKey,
    S3LECT_ROOT_PASSWORD: secretKey,
  });
  t.teardown(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
  });
  const { port } = server;
  const end_ms = Date.now() + time_ms_max;
  const [failures, statuses] = [[] as string[], new Map<string, number>()];
  let [next, settled_bytes] = [0, 0];
  const lane = async (): Promise<void> => {
    while (next < count && Date.now() < end_ms && failures.length < 5) {
      const own = next++;
      // Some of them do what they say: the bucket, its object and its policy are put right now and then.
      if (own % 100 === 0) await restore(port, join(folder, 'data', bucket));
      if (own === Math.min(500, count - 1)) settled_bytes = memory_bytes(server.child.pid);
      const request = wrongRequest(seeded(seed + own));
      const problem = await faultOf(port, request, statuses).catch((error: Error) => error.message);
      if (problem !== undefined)
        failures.push(`seed ${seed + own}: ${problem}: ${JSON.stringify(request.bytes.toString('latin1').slice(0, 2000))}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  t.comment(`${next} requests: ${JSON.stringify(Object.fromEntries([...statuses].toSorted()))}`);
  t.same(failures, []);
  t.equal(server.child.exitCode, null, 'the server runs');
  await restore(port, join(folder, 'data', bucket));
  const whole = await ask(port, { target: `/${bucket}/t.csv` });
  t.equal(whole.body.toString(), table, 'and serves');
  t.ok(memory_bytes(server.child.pid) - settled_bytes < growth_bytes_max, 'memory does not grow');
  server.child.kill('SIGTERM');
  const { stderr } = await server.ended;
  t.notMatch(stderr, /fault in request/, 'nothing was a fault of ours');
});

const table = 'a,b\n1,2\n3,4\n';

async function restore(port: number, directory: string): Promise<void> {
  await ask(port, { method: 'PUT', target: `/${bucket}` });
  await ask(port, { method: 'DELETE', target: `/${bucket}?policy` });
  const path = join(directory, 't.csv');
  // Not under a query that reads it: that one would be told so.
  if (!existsSync(path) || readFileSync(path, 'utf8') !== table) writeFileSync(path, table);
}

function memory_bytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}

/** What is wrong with what comes back; undefined if nothing is. */
async function faultOf(port: number, { bytes, isWhole }: WrongRequest, statuses: Map<string, number>): Promise<string | undefined> {
  const connection = new RawConnection(port);
  connection.write(bytes);
  // The server learns that nothing more comes, so it has no reason to wait.
  if (!isWhole) connection.socket.end();
  const isAnswered = (received: Buffer): boolean => isWhole && typeof takeAnswer(received.toString('latin1')) !== 'string';
  const received = (await connection.until(isAnswered, wait_ms)).toString('latin1');
  connection.close();
  if (isWhole && received === '') return 'no answer';
  for (let rest = received; rest !== ''; ) {
    const answer = takeAnswer(rest);
    if (typeof answer === 'string') return `${answer}: ${JSON.stringify(received.slice(0, 500))}`;
    if (answer.status === 500) return `a fault of ours: ${JSON.stringify(received.slice(0, 500))}`;
    statuses.set(String(answer.status), (statuses.get(String(answer.status)) ?? 0) + 1);
    rest = answer.rest;
  }
  return undefined;
}

/** The first answer of some text, or what is wrong with it. */
function takeAnswer(text: string): { status: number; rest: string } | string {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/.exec(line)?.[1]);
  if (end < 0 || Number.isNaN(status)) return 'no answer of HTTP';
  if (!fields.every((field) => /^[\w!#$%&'*+.^`|~-]+: [\t\x20-\x7e\x80-\xff]*$/.test(field))) return 'a header that is none';
  const headers = new Map(fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]));
  const after = text.slice(end + 4);
  if (status < 200 || status === 204 || status === 304) return { status, rest: after };
  const body = headers.get('transfer-encoding') === 'chunked' ? unchunk(after) : cut(after, Number(headers.get('content-length')));
  if (body === undefined) return 'a body that is not as long as it says';
  if (status < 400) return { status, rest: body.rest };
  const code = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>(\w+)<\/Code>.*<\/Error>$/s.exec(body.text)?.[1] ?? '';
  if (!Object.hasOwn(catalogue, code) || headers.get('content-type') !== 'application/xml') return 'an error without a code';
  return { status, rest: body.rest };
}

function cut(text: string, length: number): { text: string; rest: string } | undefined {
  return text.length >= length ? { text: text.slice(0, length), rest: text.slice(length) } : undefined;
}

function unchunk(text: string): { text: string; rest: string } | undefined {
  let [body, at] = ['', 0];
  for (;;) {
    const end = text.indexOf('\r\n', at);
    const length = /^[0-9a-f]+$/i.test(text.slice(at, end)) ? Number.parseInt(text.slice(at, end), 16) : Number.NaN;
    if (end < 0 || Number.isNaN(length) || text.slice(end + 2 + length, end + 4 + length) !== '\r\n') return undefined;
    body += text.slice(end + 2, end + 2 + length);
    at = end + 4 + length;
    if (length === 0) return { text: body, rest: text.slice(at) };
  }
}
