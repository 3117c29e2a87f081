// Clients in a process of their own, so that they can be pinned apart from the bench. Started by http.mjs and memory.mjs:
//   node http-client-process.mjs PORT
import { writeFileSync } from 'node:fs';
import { recordsOf } from './event-stream.mjs';
import { threadsCpuMs } from './processes.mjs';
import { RawClient } from './raw-client.mjs';

const port = Number(process.argv[2]);

/** Each job: a message in, its result out. `request` is a whole request in base64. */
const JOBS = {
  /** One answer, its records written to a file. */
  async save({ request, path }) {
    const client = await RawClient.connect(port);
    const parts = [];
    const answer = await client.send(request, (bytes) => parts.push(Buffer.from(bytes)));
    client.destroy();
    const body = Buffer.concat(parts);
    if (answer.status !== 200) throw new Error(`${answer.status} ${body.toString('utf8', 0, 500)}`);
    writeFileSync(path, recordsOf(body));
    return answer;
  },

  /** The request `runs` times, and for `leastMs` at least, over one connection; with the CPU time of server and client. */
  async repeat({ request, runs, leastMs = 0, serverPid }) {
    const client = await RawClient.connect(port);
    const answers = [];
    const cpuMs = () => (serverPid === undefined ? Number.NaN : threadsCpuMs(serverPid) + threadsCpuMs(process.pid));
    const startedAt = performance.now();
    while (answers.length < runs || performance.now() - startedAt < leastMs) {
      const before = cpuMs();
      const answer = succeeded(await client.send(request));
      answers.push({ ...answer, cpuMs: cpuMs() - before });
    }
    client.destroy();
    return { answers };
  },

  /** As many requests as go in `seconds` over some connections. */
  async flood({ request, connections, seconds }) {
    const until = performance.now() + seconds * 1000;
    let answers = 0;
    const work = async () => {
      const client = await RawClient.connect(port);
      while (performance.now() < until) {
        succeeded(await client.send(request));
        answers++;
      }
      client.destroy();
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: connections }, work));
    return { answers, ms: performance.now() - startedAt };
  },

  /** The same to another server, with a request for each connection. */
  async floodAll({ port: other, requests, seconds }) {
    const until = performance.now() + seconds * 1000;
    let answers = 0;
    const work = async (request) => {
      const client = await RawClient.connect(other);
      while (performance.now() < until) {
        succeeded(await client.send(request));
        answers++;
      }
      client.destroy();
    };
    const startedAt = performance.now();
    await Promise.all(requests.map((request) => work(Buffer.from(request, 'base64'))));
    return { answers, ms: performance.now() - startedAt };
  },

  /** Fast clients that go on while one slow client reads at its rate, then hangs up. */
  async crowd({ request, fastClients, bytesPerSecond, seconds }) {
    let running = true;
    let bytes = 0;
    const fast = async () => {
      const client = await RawClient.connect(port);
      while (running) bytes += succeeded(await client.send(request)).bytes;
      client.destroy();
    };
    const fasts = Array.from({ length: fastClients }, fast);
    const slowBytes = await readSlowly(request, bytesPerSecond, seconds);
    running = false;
    await Promise.all(fasts);
    return { fastBytes: bytes, slowBytes };
  },

  /** Clients that read a while and hang up in the middle of the answer, all at once; then one short query. */
  async hangUp({ request, shortRequest, clients, readMs }) {
    const probe = await RawClient.connect(port);
    for (let i = 0; i < 20; i++) succeeded(await probe.send(shortRequest));
    const idle = succeeded(await probe.send(shortRequest)).ms;
    const readers = await Promise.all(Array.from({ length: clients }, () => RawClient.connect(port)));
    for (const reader of readers) reader.send(request).catch(() => {});
    await sleep(readMs);
    for (const reader of readers) reader.destroy();
    const afterHangUp = succeeded(await probe.send(shortRequest)).ms;
    probe.destroy();
    return { idleMs: idle, afterHangUpMs: afterHangUp };
  },
};

process.on('message', async ({ job, ...input }) => {
  try {
    for (const name of ['request', 'shortRequest']) if (input[name]) input[name] = Buffer.from(input[name], 'base64');
    process.send(await JOBS[job](input));
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());

/** @param {import('./raw-client.mjs').Answer} answer */
function succeeded(answer) {
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`);
  return answer;
}

/** Reads at a rate; the server must wait meanwhile. @returns {Promise<number>} bytes read */
async function readSlowly(request, bytesPerSecond, seconds) {
  const client = await RawClient.connect(port);
  const startedAt = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  let bytes = 0;
  let ended;
  client
    .send(request, (data) => {
      bytes += data.length;
      if (bytes > elapsedSeconds() * bytesPerSecond) client.pause();
    })
    .then(
      (answer) => {
        ended = `status ${answer.status}`;
      },
      (error) => {
        ended = error.message;
      },
    );
  while (elapsedSeconds() < seconds) {
    await sleep(50);
    if (ended !== undefined) throw new Error(`the slow client's answer ended early: ${ended}`);
    if (bytes <= elapsedSeconds() * bytesPerSecond) client.resume();
  }
  client.destroy();
  return bytes;
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
