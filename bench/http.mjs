// Through HTTP, with a client that only counts bytes.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, answersAgree } from './answers.mjs';
import { median, WARM_UP_ROUNDS } from './in-process.mjs';
import { ANSWERS_DIR, HTTP_CLIENT_PROCESS } from './paths.mjs';
import { forkPinned, nextMessage, stop } from './processes.mjs';
import { selectRequest, startServer } from './server.mjs';

/** Of a server that runs for days. A large answer is few blocks for its main thread, whose code is compiled after many. */
const WARM_UP_MS = 12_000;
const WARM_UP_RUNS = 20;
const FIRST_BYTE_RUNS = 100;
const FLOOD_CONNECTIONS = 8;
const FLOOD_SECONDS = 3;
/** So long the server's JavaScript is still being compiled to fast code. */
const FLOOD_WARM_UP_SECONDS = 3;

/**
 * A server and a client process, ended after `use`.
 * @template T
 * @param {{ serverCpus: number[], clientCpus: number[], distDir: string }} options
 * @param {(server: import('./server.mjs').Server, job: (job: string, input: object) => Promise<any>) => Promise<T>} use
 * `job` runs one of http-client-process.mjs's jobs
 * @returns {Promise<T>}
 */
export async function withServer({ serverCpus, clientCpus, distDir }, use) {
  const server = await startServer({ cpus: serverCpus, distDir });
  const client = forkPinned(HTTP_CLIENT_PROCESS, [String(server.port)], { cpus: clientCpus });
  const job = (name, { request, shortRequest, ...input }) => {
    const answer = nextMessage(client);
    client.send({ job: name, ...input, request: request.toString('base64'), shortRequest: shortRequest?.toString('base64') });
    return answer;
  };
  try {
    return await use(server, job);
  } finally {
    await stop(client);
    await server.close();
  }
}

/**
 * One query, server and client on the same one CPU; the records are compared with `answer` where that is known.
 * @param {object} options
 * @param {import('./queries.mjs').Query} options.query
 * @param {import('./data.mjs').Dataset} options.dataset
 * @param {number} options.cpu
 * @param {number} options.runs
 * @param {string} options.distDir
 * @param {string | number[] | undefined} options.answer
 * @returns {Promise<import('./in-process.mjs').Comparison>}
 */
export function throughHttp({ query, dataset, cpu, runs, distDir, answer }) {
  return withServer({ serverCpus: [cpu], clientCpus: [cpu], distDir }, async (server, job) => {
    const request = await selectRequest(query, dataset, server.port);
    mkdirSync(ANSWERS_DIR, { recursive: true });
    const path = join(ANSWERS_DIR, `${query.id}-http`);
    await job('save', { request, path });
    const got = answerOf(path, query.compare);
    rmSync(path);
    const failures = answer === undefined || answersAgree(answer, got) ? [] : [`${query.id} through HTTP answers ${got}, not ${answer}`];
    await job('repeat', { request, runs: WARM_UP_ROUNDS, leastMs: WARM_UP_MS });
    const { answers } = await job('repeat', { request, runs, serverPid: server.pid });
    const ms = median(answers.map((run) => run.ms));
    const measurement = {
      engine: 's3lect-http',
      query: query.id,
      cores: 1,
      ms,
      cpuMs: median(answers.map((run) => run.cpuMs)),
      mbPerSecond: dataset.bytes / 1000 / ms,
      peakBytes: server.peakBytes(),
      runsMs: answers.map((run) => run.ms),
    };
    return { measurements: [measurement], answer: got, failures };
  });
}

/** Time to the first byte of the body, median after warm-up. @returns {Promise<number>} ms */
export function firstByteMs({ query, dataset, cpus, distDir }) {
  return withServer({ serverCpus: cpus, clientCpus: cpus, distDir }, async (server, job) => {
    const request = await selectRequest(query, dataset, server.port);
    await job('repeat', { request, runs: WARM_UP_RUNS });
    const { answers } = await job('repeat', { request, runs: FIRST_BYTE_RUNS });
    return median(answers.map((run) => run.firstByteMs));
  });
}

/** Queries a second on a small object over kept-alive connections, warm. @returns {Promise<number>} */
export function smallQueriesPerSecond({ query, dataset, cpus, distDir }) {
  return withServer({ serverCpus: cpus, clientCpus: cpus, distDir }, async (server, job) => {
    const request = await selectRequest(query, dataset, server.port);
    await job('flood', { request, connections: FLOOD_CONNECTIONS, seconds: FLOOD_WARM_UP_SECONDS });
    const { answers, ms } = await job('flood', { request, connections: FLOOD_CONNECTIONS, seconds: FLOOD_SECONDS });
    return (answers / ms) * 1000;
  });
}
