// Suites on Parquet alone.
import { figure, load } from './context.mjs';
import { compare } from './in-process.mjs';
import { PARQUET_QUERIES } from './parquet-queries.mjs';

const QUERIES = ['P2', 'P4', 'P5'];
const TIMES_MIN = 20;

/** What JavaScript has otherwise, on one core. @param {import('./context.mjs').Context} context */
export async function parquetWasm(context) {
  const { options, results, cpus } = context;
  for (const query of PARQUET_QUERIES.filter(({ id }) => QUERIES.includes(id))) {
    const { measurements, failures } = await compare({
      engines: ['s3lect', 'parquet-wasm'],
      query,
      dataset: await load(context, query.dataset),
      cpus: cpus.slice(0, 1),
      runs: options.runs,
      distDir: options.distDir,
    });
    results.failures.push(...failures);
    const [ours, other] = measurements;
    if (ours.error || other.error) continue;
    const value = other.cpuMs / ours.cpuMs;
    figure(context, { title: `${query.id}, of parquet-wasm's speed by CPU time`, value, unit: 'times', target: { least: TIMES_MIN } });
  }
}
