// The load suite: objects through HTTP beside s3rver and nginx, idle connections, lists. Requests are counted by the clock, with the
// clients on the same cores, and by the processor time of the server, which other users of the machine leave alone; rounds go from
// server to server in turn.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { attempt, figure } from './context.mjs';
import { median } from './in-process.mjs';
import { cpuMs, memoryBytes, startNginx, startOurs, startS3rver } from './load-servers.mjs';
import { HTTP_CLIENT_PROCESS, LOAD_DIR } from './paths.mjs';
import { forkPinned, nextMessage, stop } from './processes.mjs';
import { signedRequest } from './server.mjs';

const BUCKET = 'objects';
const CONNECTIONS = 8;
const ROUNDS = 3;
const ROUND_SECONDS = 2;
/** Of the round that does not count: code is compiled by then, also that of threads which share the requests. */
const WARM_UP_SECONDS = 6;
const IDLE_CONNECTIONS = 2000;
const LISTED = 100_000;
const LIST_ROUNDS = 3;
const UPLOADED_ETAG = '"9dd4e461268c8034f5c8564e155c67a6"';
const KINDS = [
  { name: '1 MiB', size: 1024 * 1024, get: { s3rver: 3, nginx: 1 / 3 }, put: { s3rver: 3 } },
  { name: '4 kB', size: 4096, get: { s3rver: 3 }, put: { s3rver: 1.5 } },
];

/** @param {import('./context.mjs').Context} context */
export async function measureLoad(context) {
  await attempt(context, 'objects under load', () => objects(context));
  await attempt(context, 'idle connections', () => withOurs(context, 'idle', (server) => idle(context, server)));
  await attempt(context, 'lists', () => withOurs(context, 'lists', (server) => lists(context, server)));
}

/** @param {import('./context.mjs').Context} context */
async function objects(context) {
  const { cpus, options, log } = context;
  const folder = (name) => {
    const path = join(LOAD_DIR, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  };
  const root = folder('objects');
  mkdirSync(join(root, BUCKET));
  const servers = [await startOurs({ root, cpus, distDir: options.distDir })];
  const client = forkPinned(HTTP_CLIENT_PROCESS, ['0'], { cpus });
  try {
    servers.push(await startS3rver({ root: folder('s3rver'), bucket: BUCKET, cpus }));
    await startNginx({ root, cpus }).then(
      (server) => servers.push(server),
      (error) =>
        log(
          `nginx is left out: ${String(error.stderr || error.message)
            .trim()
            .split('\n')
            .at(-1)}`,
        ),
    );
    for (const kind of KINDS) {
      for (const method of ['PUT', 'GET']) await compare(context, { client, servers, kind, method });
    }
  } finally {
    await stop(client);
    for (const server of servers) await server.close();
  }
}

/** Requests a second by the clock, which targets are of, and of processor time, of each server. */
async function compare(context, { client, servers, kind, method }) {
  const targets = kind[method.toLowerCase()];
  const taking = servers.filter(({ name }) => name === 's3lect' || name in targets);
  const rates = new Map(taking.map(({ name }) => [name, { clock: [], cpu: [] }]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const server of taking) {
      const rate = await flood(client, server, { ...kind, method, seconds: round === 0 ? WARM_UP_SECONDS : ROUND_SECONDS });
      if (round > 0) for (const by of ['clock', 'cpu']) rates.get(server.name)[by].push(rate[by]);
    }
  }
  for (const by of ['clock', 'cpu']) {
    const suffix = by === 'clock' ? '' : ' by CPU';
    const ours = median(rates.get('s3lect')[by]);
    figure(context, { title: `${method} of ${kind.name}, requests a second${suffix}`, value: ours, unit: '/s' });
    for (const [name, least] of Object.entries(targets)) {
      const theirs = rates.get(name)?.[by];
      if (theirs === undefined) continue;
      const target = by === 'clock' ? { target: { least: Number(least.toFixed(2)) } } : {};
      figure(context, { title: `${method} of ${kind.name}, times ${name}${suffix}`, value: ours / median(theirs), unit: 'x', ...target });
    }
  }
}

async function flood(client, server, { name, size, method, seconds }) {
  const body = method === 'PUT' ? Buffer.alloc(size, `${name} `) : undefined;
  const keys = Array.from({ length: CONNECTIONS }, (_, n) => `/${BUCKET}/${size}-${n}`);
  const requests = await Promise.all(keys.map((path) => requestTo(server, { method, path, body })));
  const before = cpuMs(server.pid);
  const { answers, ms } = await job(client, 'floodAll', { port: server.port, requests, seconds });
  return { clock: (answers * 1000) / ms, cpu: (answers * 1000) / Math.max(10, cpuMs(server.pid) - before) };
}

/** @param {import('./load-servers.mjs').LoadServer} server @returns {Promise<string>} base64 */
async function requestTo({ port, credentials }, { method, path, query, body }) {
  if (credentials === undefined) return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`).toString('base64');
  return (await signedRequest({ method, port, path, query, body, credentials })).toString('base64');
}

async function job(client, name, input) {
  const answer = nextMessage(client);
  client.send({ job: name, ...input });
  return answer;
}

async function withOurs({ cpus, options }, name, use) {
  const root = join(LOAD_DIR, name);
  mkdirSync(root, { recursive: true });
  const server = await startOurs({ root, cpus, distDir: options.distDir });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** What connections cost that each had an answer and wait for the next. */
async function idle(context, server) {
  const open = async () => {
    const socket = createConnection({ port: server.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    const answered = new Promise((resolve, reject) => socket.once('data', resolve).once('close', () => reject(new Error('not answered'))));
    socket.write(Buffer.from(await requestTo(server, { method: 'GET', path: '/' }), 'base64'));
    await answered;
    return socket;
  };
  const sockets = [await open()];
  const before = memoryBytes(server.pid);
  while (sockets.length < IDLE_CONNECTIONS) sockets.push(...(await Promise.all(Array.from({ length: 20 }, open))));
  const value = (memoryBytes(server.pid) - before) / 2 ** 20;
  for (const socket of sockets) socket.destroy();
  figure(context, { title: `${IDLE_CONNECTIONS} idle connections`, value, unit: 'MiB', target: { most: 100 } });
}

/** All pages of a prefix, of files that other programs put there and of objects that were uploaded. */
async function lists(context, server) {
  const root = join(LOAD_DIR, 'lists');
  fillWithFiles(join(root, 'files/p'));
  fillWithFiles(join(root, 'uploaded/p'));
  addSidecars(join(root, 'uploaded'));
  for (const bucket of ['files', 'uploaded']) {
    const rates = [];
    const seconds = [];
    for (let round = 0; round < LIST_ROUNDS; round++) {
      const [startedAt, before] = [performance.now(), cpuMs(server.pid)];
      const { keys, uploaded } = await listAll(server, bucket);
      if (keys !== LISTED || uploaded !== (bucket === 'files' ? 0 : LISTED))
        throw new Error(`${keys} keys were listed, ${uploaded} as uploaded`);
      rates.push((keys * 1000) / (cpuMs(server.pid) - before));
      seconds.push((keys * 1000) / (performance.now() - startedAt));
    }
    const title = `list of ${LISTED} ${bucket === 'files' ? 'files' : 'uploaded objects'}`;
    figure(context, { title: `${title} for the first time, keys a second of CPU`, value: rates[0], unit: '/s' });
    figure(context, { title: `${title}, keys a second of CPU`, value: median(rates), unit: '/s', target: { least: 50_000 } });
    figure(context, { title: `${title}, by the clock`, value: median(seconds), unit: '/s' });
  }
}

function fillWithFiles(folder) {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length === LISTED) return;
  for (let n = 0; n < LISTED; n++) writeFileSync(join(folder, keyOf(n)), 'x');
}

/**
 * Sidecars as an upload leaves them, for an upload makes each object durable, which takes minutes for so many. A server that did not
 * believe them would list other ETags.
 */
function addSidecars(bucket) {
  const meta = join(bucket, '.s3lect/meta');
  if (existsSync(meta)) return;
  for (let n = 0; n < LISTED; n++) {
    const key = `p/${keyOf(n)}`;
    const { size, mtimeNs, ino } = statSync(join(bucket, key), { bigint: true });
    const record = { etag: UPLOADED_ETAG, contentType: 'text/csv', size: `${size}`, mtimeNs: `${mtimeNs}`, ino: `${ino}` };
    const name = createHash('sha256').update(key).digest('hex');
    mkdirSync(join(meta, name.slice(0, 2)), { recursive: true });
    writeFileSync(join(meta, name.slice(0, 2), `${name.slice(2, 40)}.json`), JSON.stringify({ version: 1, key, records: [record] }));
  }
}

function keyOf(n) {
  return `object-${String(n).padStart(6, '0')}.csv`;
}

async function listAll(server, bucket) {
  let [keys, uploaded] = [0, 0];
  for (let token; ; ) {
    const query = { 'list-type': '2', prefix: 'p/', ...(token === undefined ? {} : { 'continuation-token': token }) };
    const page = await ask(server, await requestTo(server, { method: 'GET', path: `/${bucket}`, query }));
    keys += Number(/<KeyCount>(\d+)/.exec(page)[1]);
    uploaded += page.split(UPLOADED_ETAG.replaceAll('"', '&quot;')).length - 1;
    token = /<NextContinuationToken>([^<]*)/.exec(page)?.[1];
    if (token === undefined) return { keys, uploaded };
  }
}

/** The body of an answer to a GET. */
async function ask({ port }, request) {
  const [line, ...headers] = Buffer.from(request, 'base64').toString('latin1').trimEnd().split('\r\n');
  const answer = await fetch(`http://127.0.0.1:${port}${line.split(' ')[1]}`, {
    headers: headers.map((text) => text.split(': ', 2)).filter(([name]) => name !== 'host'),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
  return text;
}
