// Runs one query on several engines in turn: each in a fresh, pinned process, first a checking run and rounds that warm up (caches
// of all of them, compilers of those that compile while they run), then timed rounds in which every engine has its turn, so that a
// slow minute of the machine falls on all of them alike. What takes long is not run so often: no new round after ROUNDS_MS once there
// were three, and who needed SLOW_RUN_MS to check is not run again.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answerOf, answersAgree } from './answers.mjs';
import { nullDevice } from './data.mjs';
import { ANSWERS_DIR, ENGINE_PROCESS } from './paths.mjs';
import { forkPinned, nextMessage, stop } from './processes.mjs';

/** Of engines/, those that answer nothing. */
const NO_ENGINES = ['gunzip', 'bunzip2'];
/** An engine is warm after so many rounds that took so long together: what compiles while it runs has not done so much earlier. */
export const WARM_UP_ROUNDS = 4;
const WARM_UP_MS = 3000;
const ROUNDS_MS = 12_000;
/** Between two runs: what an engine's threads do after its answer (memory given back, caches written) is no time of the next one. */
const SETTLE_MS = 100;
const ROUNDS_MIN = 3;
const SLOW_RUN_MS = 8000;

/**
 * @typedef {object} Contestant
 * @property {string} engine of engines/
 * @property {string} [as] its name in the results, default the engine's
 * @property {import('./queries.mjs').Query} [query] another than the others'
 * @property {import('./data.mjs').Dataset} [dataset] another than the others'
 *
 * @typedef {object} Measurement
 * @property {string} engine
 * @property {string} query
 * @property {number} cores
 * @property {number} [ms] median wall time
 * @property {number} [cpuMs] median CPU time
 * @property {number} [mbPerSecond] of the data's text, MB = 10^6 bytes
 * @property {number} [peakBytes] peak memory of the process
 * @property {number[]} [runsMs]
 * @property {string} [error]
 *
 * @typedef {object} Comparison
 * @property {Measurement[]} measurements
 * @property {string | number[] | undefined} answer the first engine's
 * @property {string[]} failures disagreements and errors
 */

/**
 * @param {object} options
 * @param {(string | Contestant)[]} options.engines
 * @param {import('./queries.mjs').Query} options.query
 * @param {import('./data.mjs').Dataset} options.dataset
 * @param {number[]} options.cpus pinned to; as many threads as CPUs
 * @param {number} options.runs
 * @param {string} options.distDir
 * @returns {Promise<Comparison>}
 */
export async function compare({ engines, query, dataset, cpus, runs, distDir }) {
  const hosts = [];
  try {
    const able = engines.filter((one) => one !== 'polars' || (query.json ?? query).polars !== undefined);
    for (const one of able) {
      const contestant = typeof one === 'string' ? { engine: one } : one;
      hosts.push({ as: contestant.engine, query, dataset, ...contestant, ...(await start(contestant.engine, { cpus, distDir })) });
    }
    const { answer, failures } = await check(hosts);
    await timedRounds(hosts, runs);
    for (const host of hosts) if (host.error) failures.push(`${query.id}, ${cpus.length} cores, ${host.as}: ${host.error}`);
    return { measurements: hosts.map((host) => measured(host, query, cpus.length)), answer, failures };
  } finally {
    await Promise.all(hosts.map((host) => stop(host.child)));
  }
}

async function start(engine, { cpus, distDir }) {
  const threads = String(cpus.length);
  const child = forkPinned(ENGINE_PROCESS, [engine, threads, distDir], { cpus, env: { POLARS_MAX_THREADS: threads } });
  const host = { child, runs: [], error: undefined };
  await nextMessage(child).catch((error) => {
    host.error = error.message;
  });
  return host;
}

/** One run into a file for each engine; the answers must agree. */
async function check(hosts) {
  mkdirSync(ANSWERS_DIR, { recursive: true });
  const failures = [];
  const references = new Map();
  for (const host of hosts) {
    if (host.error) continue;
    const { query, dataset } = host;
    const path = join(ANSWERS_DIR, `${query.id}-${host.as}`);
    await attempt(host, path);
    if (!host.error && !NO_ENGINES.includes(host.engine)) {
      const answer = answerOf(path, query.compare);
      const reference = references.get(dataset.path) ?? { as: host.as, answer };
      references.set(dataset.path, reference);
      if (!answersAgree(reference.answer, answer)) {
        failures.push(`${query.id}: ${reference.as} answers ${reference.answer}, ${host.as} answers ${answer}`);
      }
    }
    rmSync(path, { force: true });
    host.slow = host.runs.some((run) => run.ms > SLOW_RUN_MS);
    if (!host.slow) host.runs = [];
  }
  return { answer: references.get(hosts[0]?.dataset.path)?.answer, failures };
}

async function timedRounds(hosts, runs) {
  const isCold = ({ runs, error, slow }) => !error && !slow && (runs.length < WARM_UP_ROUNDS || sum(runs) < WARM_UP_MS);
  while (hosts.some(isCold)) for (const host of hosts.filter(isCold)) await attempt(host, nullDevice());
  for (const host of hosts) if (!host.slow) host.runs = [];
  const startedAt = performance.now();
  for (let round = 0; round < runs; round++) {
    if (round >= ROUNDS_MIN && performance.now() - startedAt > ROUNDS_MS) return;
    for (const host of hosts) if (!host.error && !host.slow) await attempt(host, nullDevice());
  }
}

async function attempt(host, sinkPath) {
  await delay(SETTLE_MS);
  const answer = nextMessage(host.child);
  host.child.send({ query: host.query, dataset: host.dataset, sinkPath });
  try {
    host.runs.push(await answer);
  } catch (error) {
    host.error = error.message;
  }
}

function sum(runs) {
  return runs.reduce((all, { ms }) => all + ms, 0);
}

/** @returns {Measurement} */
function measured({ as, dataset, runs, error }, query, cores) {
  if (error) return { engine: as, query: query.id, cores, error };
  const ms = median(runs.map((run) => run.ms));
  return {
    engine: as,
    query: query.id,
    cores,
    ms,
    cpuMs: median(runs.map((run) => run.cpuMs)),
    mbPerSecond: dataset.bytes / 1000 / ms,
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    runsMs: runs.map((run) => run.ms),
  };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
