// Runs one query on several engines in turn: each in a fresh, pinned process, first a checking run that also warms up, then
// timed rounds in which every engine has its turn, so that a slow minute of the machine falls on all of them alike.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, answersAgree } from './answers.mjs';
import { nullDevice } from './data.mjs';
import { ANSWERS_DIR, ENGINE_PROCESS } from './paths.mjs';
import { forkPinned, nextMessage, stop } from './processes.mjs';

/**
 * @typedef {object} Measurement
 * @property {string} engine
 * @property {string} query
 * @property {number} cores
 * @property {number} [ms] median wall time
 * @property {number} [cpuMs] median CPU time
 * @property {number} [mbPerSecond] of the CSV text, MB = 10^6 bytes
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
 * @param {string[]} options.engines
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
    const able = engines.filter((engine) => engine !== 'polars' || query.polars !== undefined);
    for (const engine of able) hosts.push(await start(engine, { cpus, distDir }));
    const { answer, failures } = await check(hosts, query, dataset);
    for (let round = 0; round < runs; round++) {
      for (const host of hosts) if (!host.error) await attempt(host, query, dataset, nullDevice());
    }
    for (const host of hosts) if (host.error) failures.push(`${query.id}, ${cpus.length} cores, ${host.engine}: ${host.error}`);
    return { measurements: hosts.map((host) => measured(host, query, dataset, cpus.length)), answer, failures };
  } finally {
    await Promise.all(hosts.map((host) => stop(host.child)));
  }
}

async function start(engine, { cpus, distDir }) {
  const threads = String(cpus.length);
  const child = forkPinned(ENGINE_PROCESS, [engine, threads, distDir], { cpus, env: { POLARS_MAX_THREADS: threads } });
  const host = { engine, child, runs: [], error: undefined };
  await nextMessage(child).catch((error) => {
    host.error = error.message;
  });
  return host;
}

/** One run into a file for each engine; the answers must agree. */
async function check(hosts, query, dataset) {
  mkdirSync(ANSWERS_DIR, { recursive: true });
  const failures = [];
  let reference;
  for (const host of hosts) {
    if (host.error) continue;
    const path = join(ANSWERS_DIR, `${query.id}-${host.engine}.csv`);
    await attempt(host, query, dataset, path);
    if (!host.error && host.engine !== 'gunzip') {
      const answer = answerOf(path, query.compare);
      reference ??= { engine: host.engine, answer };
      if (!answersAgree(reference.answer, answer)) {
        failures.push(`${query.id}: ${reference.engine} answers ${reference.answer}, ${host.engine} answers ${answer}`);
      }
    }
    rmSync(path, { force: true });
    host.runs = [];
  }
  return { answer: reference?.answer, failures };
}

async function attempt(host, query, dataset, sinkPath) {
  const answer = nextMessage(host.child);
  host.child.send({ query, dataset, sinkPath });
  try {
    host.runs.push(await answer);
  } catch (error) {
    host.error = error.message;
  }
}

/** @returns {Measurement} */
function measured({ engine, runs, error }, query, dataset, cores) {
  if (error) return { engine, query: query.id, cores, error };
  const ms = median(runs.map((run) => run.ms));
  return {
    engine,
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
