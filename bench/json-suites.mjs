// The suites for JSON alone.
import { attempt, figure, load } from './context.mjs';
import { parseSize } from './data.mjs';
import { compare } from './in-process.mjs';

/** The peers hold a document several times in memory; beyond this it would be the machine's memory that is measured. */
const PEER_DOCUMENT_BYTES_MAX = 500_000_000;
/** Those that can read a document's items at all, DuckDB at 15 MB/s: once is enough. */
const DOCUMENT_PEERS = { D2: ['duckdb', 'clickhouse'], D4: ['clickhouse'] };
const SCALING_MIN = 1.7;

/**
 * One big document on one core, against the same records as NDJSON and the peers.
 * @param {import('./context.mjs').Context} context
 */
export async function document(context) {
  const { options, results, log, cpus } = context;
  const withPeers = parseSize(options.documentSize) <= PEER_DOCUMENT_BYTES_MAX;
  for (const query of options.queries.filter((one) => one.suite === 'document')) {
    await attempt(context, query.id, async () => {
      const peers = withPeers ? options.peers.filter((name) => DOCUMENT_PEERS[query.id].includes(name)) : [];
      const dataset = await load(context, 'document');
      const lines = await load(context, 'lineitem-lines');
      const asLines = { engine: 's3lect', as: 's3lect-lines', dataset: lines, query: { ...query, s3lect: overLines(query.s3lect) } };
      const { measurements, failures } = await compare({
        engines: [...(options.ours ? ['s3lect', asLines] : []), ...peers],
        query,
        dataset,
        cpus: cpus.slice(0, 1),
        runs: options.runs,
        distDir: options.distDir,
      });
      results.measurements.push(...measurements);
      results.failures.push(...failures);
      log(`${query.id}: ${measurements.map((one) => `${one.engine} ${one.mbPerSecond?.toFixed(0) ?? 'failed'} MB/s`).join(', ')}`);
      if (options.ours) documentFigures(context, query, measurements);
    });
  }
}

/**
 * A query on BZIP2, one core and two, against the bzip2 program: none of the peers reads BZIP2.
 * @param {import('./context.mjs').Context} context
 */
export async function bzip2(context) {
  const { options, results, log, cpus } = context;
  const query = options.queries.find((one) => one.suite === 'bzip2');
  if (!query) return;
  const dataset = await load(context, 'bzip2');
  for (const cores of options.cores) {
    const { measurements, failures } = await compare({
      engines: [...(options.ours ? ['s3lect'] : []), 'bunzip2'],
      query,
      dataset,
      cpus: cpus.slice(0, cores),
      runs: options.runs,
      distDir: options.distDir,
    });
    results.measurements.push(...measurements);
    results.failures.push(...failures);
    log(
      `${query.id} on ${cores}: ${measurements.map((one) => `${one.engine} ${one.mbPerSecond?.toFixed(0) ?? 'failed'} MB/s`).join(', ')}`,
    );
  }
  scalingOf(context, query);
}

/** How the JSON and Parquet queries measured gain from a second core. @param {import('./context.mjs').Context} context */
export function scaling(context) {
  for (const query of context.options.queries) if ((query.json || query.parquet) && query.suite === undefined) scalingOf(context, query);
}

function scalingOf(context, query) {
  const [one, two] = [1, 2].map((cores) => speedOf(context.results.measurements, 's3lect', query.id, cores));
  if (!one || !two) return;
  figure(context, { title: `${query.id}, two cores to one`, value: two / one, unit: 'times', target: { least: SCALING_MIN } });
}

function documentFigures(context, query, measurements) {
  const [ours, lines] = measurements;
  if (ours.error || lines.error) return;
  const size = context.options.documentSize;
  const perCpu = (one) => (one.mbPerSecond * one.ms) / one.cpuMs;
  const ofLines = (100 * perCpu(ours)) / perCpu(lines);
  figure(context, {
    title: `${query.id} on a ${size} document, of NDJSON's speed by CPU time`,
    value: ofLines,
    unit: '%',
    target: { least: 80 },
  });
  const peak = ours.peakBytes / 2 ** 20;
  figure(context, { title: `${query.id} on a ${size} document, peak memory`, value: peak, unit: 'MiB', target: { most: 300 } });
}

function speedOf(measurements, engine, query, cores) {
  return measurements.find((one) => one.engine === engine && one.query === query && one.cores === cores)?.mbPerSecond;
}

function overLines(sql) {
  return sql.replace('S3Object[*].items[*]', 'S3Object');
}
