// What a run consists of, in order.
import { attempt, figure, load } from './context.mjs';
import { firstByteMs, smallQueriesPerSecond, throughHttp } from './http.mjs';
import { compare } from './in-process.mjs';
import { bzip2, document, scaling } from './json-suites.mjs';
import { measureLoad } from './load.mjs';
import { measureMemory } from './memory.mjs';
import { parquetWasm } from './parquet-suites.mjs';
import { allowedCpus } from './processes.mjs';
import { GZIP_QUERY, QUERIES } from './queries.mjs';
import { fastestPeer, machine, peerVersions } from './report.mjs';

/**
 * Runs the suites asked for. A query that fails is written down and the run goes on.
 * @param {import('./options.mjs').Options} options
 * @param {(line: string) => void} log progress
 * @returns {Promise<import('./report.mjs').Results>}
 */
export async function runSuites(options, log) {
  const { queries, ...written } = options;
  const results = {
    date: new Date().toISOString(),
    machine: machine(),
    versions: peerVersions(),
    options: {
      ...written,
      suites: [...options.suites],
      formats: [...options.formats],
      queries: queries.map((query) => query.id),
      distDir: undefined,
    },
    measurements: [],
    figures: [],
    failures: [],
  };
  const cpus = options.cpus ?? allowedCpus().slice(0, 2);
  const context = { options, results, log, cpus, answers: new Map() };
  if (Math.max(...options.cores) > cpus.length) throw new Error(`${Math.max(...options.cores)} cores asked for, ${cpus.length} to be had`);
  if (options.suites.has('in-process')) await inProcess(context);
  if (options.ours && options.suites.has('http')) await http(context);
  if (options.ours && options.suites.has('gzip')) await gzip(context);
  if (options.ours && options.suites.has('memory')) await attempt(context, 'memory', () => memory(context));
  if (options.suites.has('document')) await document(context);
  if (options.suites.has('bzip2')) await attempt(context, 'BZIP2', () => bzip2(context));
  if (options.ours && options.suites.has('parquet-wasm')) await attempt(context, 'parquet-wasm', () => parquetWasm(context));
  if (options.ours && options.suites.has('load')) await measureLoad(context);
  return results;
}

/** @param {import('./context.mjs').Context} context */
async function inProcess(context) {
  const { options, results, log, cpus, answers } = context;
  const engines = [...(options.ours ? ['s3lect'] : []), ...options.peers];
  for (const cores of options.cores) {
    for (const query of options.queries.filter(inEverySuite)) {
      const data = await load(context, query.dataset);
      const { measurements, answer, failures } = await compare({
        engines,
        query,
        dataset: data,
        cpus: cpus.slice(0, cores),
        runs: options.runs,
        distDir: options.distDir,
      });
      results.measurements.push(...measurements);
      results.failures.push(...failures);
      answers.set(query.id, answer);
      log(
        `${query.id} on ${cores}: ${measurements.map((one) => `${one.engine} ${one.error ? 'failed' : `${one.mbPerSecond.toFixed(0)} MB/s`}`).join(', ')}`,
      );
    }
  }
  scaling(context);
}

/** @param {import('./context.mjs').Context} context */
async function http(context) {
  const { options, results, log, cpus, answers } = context;
  for (const query of options.queries) {
    if (query.suite || query.targetHttp === undefined) continue;
    await attempt(context, `${query.id} through HTTP`, async () => {
      const data = await load(context, query.dataset);
      const { measurements, failures } = await throughHttp({
        query,
        dataset: data,
        cpu: cpus[0],
        runs: options.runs,
        distDir: options.distDir,
        answer: answers.get(query.id),
      });
      results.measurements.push(...measurements);
      results.failures.push(...failures);
      const peer = fastestPeer(results.measurements, query.id, 1);
      const ratio = peer ? `, ${(measurements[0].mbPerSecond / peer.mbPerSecond).toFixed(2)} x ${peer.engine}` : '';
      log(`${query.id} through HTTP: ${measurements[0].mbPerSecond.toFixed(0)} MB/s${ratio}`);
    });
  }
  if (options.only || !options.formats.has('csv')) return;
  const pinned = { cpus, distDir: options.distDir };
  await attempt(context, 'first byte', async () => {
    const big = await load(context, 'lineitem', options.bigSize);
    const value = await firstByteMs({ query: byId('Q6'), dataset: big, ...pinned });
    figure(context, { title: `Q6 on a ${options.bigSize} object through HTTP, first byte`, value, unit: 'ms', target: { most: 5 } });
  });
  await attempt(context, 'small objects', async () => {
    const value = await smallQueriesPerSecond({ query: byId('Q3'), dataset: await load(context, 'tiny'), ...pinned });
    figure(context, { title: 'Q3 on a 1 kB object, 8 kept-alive connections', value, unit: 'queries/s', target: { least: 1500 } });
  });
}

/** @param {import('./context.mjs').Context} context */
async function gzip(context) {
  const { options, results, cpus } = context;
  const data = await load(context, 'gzip');
  for (const cores of options.cores) {
    const { measurements, failures } = await compare({
      engines: ['s3lect', 'gunzip'],
      query: GZIP_QUERY,
      dataset: data,
      cpus: cpus.slice(0, cores),
      runs: options.runs,
      distDir: options.distDir,
    });
    results.measurements.push(...measurements);
    results.failures.push(...failures);
    const [ours, bare] = measurements;
    if (ours.error || bare.error) continue;
    const value = (100 * ours.mbPerSecond) / bare.mbPerSecond;
    figure(context, {
      title: `Q2 on gzip, ${cores === 1 ? 'one core' : 'two cores'}, of bare gunzip's speed`,
      value,
      unit: '%',
      target: { least: cores === 1 ? 80 : 90 },
    });
  }
}

/** @param {import('./context.mjs').Context} context */
async function memory(context) {
  const { options, cpus } = context;
  const big = await load(context, 'lineitem', options.bigSize);
  const result = await measureMemory({
    query: byId('Q3'),
    dataset: big,
    shortQuery: byId('Q1'),
    tiny: await load(context, 'tiny'),
    cpus,
    seconds: options.slowSeconds,
    distDir: options.distDir,
  });
  const mib = (bytes) => bytes / 2 ** 20;
  figure(context, { title: 'server when started, peak memory', value: mib(result.idleBytes), unit: 'MiB' });
  figure(context, {
    title: `4 clients on Q3 of a ${options.bigSize} object, one at 1 MB/s, peak memory`,
    value: mib(result.peakBytes),
    unit: 'MiB',
    target: { most: 300 },
  });
  figure(context, { title: 'what the three fast ones read meanwhile', value: result.fastMbPerSecond, unit: 'MB/s' });
  figure(context, { title: 'what the slow one read', value: result.slowBytes / 1e6, unit: 'MB' });
  figure(context, { title: 'a short query on an idle server', value: result.idleQueryMs, unit: 'ms' });
  figure(context, { title: 'the same just after 4 clients hung up', value: result.afterHangUpMs, unit: 'ms', target: { most: 100 } });
}

function inEverySuite(query) {
  return query.suite === undefined;
}

function byId(id) {
  return QUERIES.find((query) => query.id === id);
}
