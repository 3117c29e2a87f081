// The command line.
import { parseArgs } from 'node:util';
import { DEFAULT_DIST_DIR } from './paths.mjs';
import { ALL_QUERIES } from './queries.mjs';

export const PEERS = ['duckdb', 'clickhouse', 'polars'];
export const FORMATS = ['csv', 'json', 'parquet'];
/** The suites and the formats they measure. */
export const SUITES = {
  'in-process': FORMATS,
  http: ['csv', 'json'],
  gzip: ['csv'],
  memory: ['csv'],
  document: ['json'],
  bzip2: ['json'],
  'parquet-wasm': ['parquet'],
  load: FORMATS,
};

const HELP = `Usage: npm run bench -- [options]

Measures s3lect against DuckDB, ClickHouse and Polars on the same files, prints the tables and keeps the run under bench/runs/.
Suites (all of them, unless some are named):
  --in-process        every query in process, one core and two, checked against the peers' answers
  --http              Q2 to Q5 through HTTP on one core, first byte of LIMIT 10, small objects a second
  --gzip              a query on gzip against bare inflating
  --memory            the server's peak memory under four clients, one slow; what a disconnect frees
  --document          one big JSON document against the same records as NDJSON; peak memory (one core)
  --bzip2             a query on BZIP2, one core and two, against bare decompression
  --parquet-wasm      P2, P4 and P5 in JavaScript over parquet-wasm's Arrow, one core
  --load              objects of 1 MiB and 4 kB beside s3rver and nginx, idle connections, lists of 100,000 keys
Formats (all, unless one is named): --csv, --json, --parquet
Options:
  --cores 1|2|both    default both
  --only Q2,Q4        only these queries: 
                      ${ALL_QUERIES.map((query) => query.id).join(' ')}
  --size 215m         of the lineitem files; 1g and more work too
  --events-size 215m  of the nested JSON records
  --document-size 300m  of the JSON document; 2g works too, beyond 500m without the peers
  --parquet-size 1g   of the CSV that the Parquet files are made of
  --big-size 1g       of the object for the first byte and for memory
  --runs 5            timed runs of each, fewer of slow ones, after a checking run that also warms up
  --slow-seconds 20   how long the slow client of --memory reads before it hangs up
  --peers LIST        default ${PEERS.join(',')}; --skip-peers for none
  --skip-ours         only the peers
  --cpus 0,1          the CPUs to pin to, default the first two allowed
  --dist DIR          the build to measure, default ../dist
  --fresh             make the data again
  --keep              keep a run in parts or of another build too; a whole run is always kept
  --help`;

/**
 * @typedef {object} Options
 * @property {Set<string>} suites
 * @property {Set<string>} formats
 * @property {boolean} only queries were named: nothing but these
 * @property {number[]} cores
 * @property {import('./queries.mjs').Query[]} queries
 * @property {string} size
 * @property {string} eventsSize
 * @property {string} documentSize
 * @property {string} parquetSize
 * @property {string} bigSize
 * @property {number} runs
 * @property {number} slowSeconds
 * @property {string[]} peers
 * @property {boolean} ours
 * @property {number[] | undefined} cpus
 * @property {string} distDir
 * @property {boolean} fresh
 * @property {boolean} keep
 */

/** @param {string[]} args @returns {Options | undefined} undefined: help was printed */
export function parseOptions(args) {
  const flag = { type: 'boolean', default: false };
  const text = (fallback) => ({ type: 'string', ...(fallback === undefined ? {} : { default: fallback }) });
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(
        [...Object.keys(SUITES), ...FORMATS, 'skip-peers', 'skip-ours', 'fresh', 'keep', 'help'].map((name) => [name, flag]),
      ),
      cores: text('both'),
      only: text(),
      size: text('215m'),
      'events-size': text('215m'),
      'document-size': text('300m'),
      'parquet-size': text('1g'),
      'big-size': text('1g'),
      runs: text('5'),
      'slow-seconds': text('20'),
      peers: text(PEERS.join(',')),
      cpus: text(),
      dist: text(DEFAULT_DIST_DIR),
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const selected = values.only === undefined ? ALL_QUERIES : list(values.only).map(queryById);
  const formats = new Set(chosen(FORMATS, values) ?? FORMATS);
  const queries = selected.filter((query) => formats.has(query.json ? 'json' : query.parquet ? 'parquet' : 'csv'));
  const suites = chosen(Object.keys(SUITES), values) ?? (values.only === undefined ? Object.keys(SUITES) : suitesOf(queries));
  const named = [...Object.keys(SUITES), ...FORMATS, 'skip-peers', 'skip-ours'].some((name) => values[name]);
  const partial = named || values.only !== undefined || values.cores !== 'both';
  const ownBuild = values.dist === DEFAULT_DIST_DIR;
  return {
    suites: new Set(suites.filter((suite) => SUITES[suite].some((format) => formats.has(format)))),
    formats,
    only: values.only !== undefined,
    cores: values.cores === 'both' ? [1, 2] : [count(values.cores)],
    queries,
    size: values.size,
    eventsSize: values['events-size'],
    documentSize: values['document-size'],
    parquetSize: values['parquet-size'],
    bigSize: values['big-size'],
    runs: count(values.runs),
    slowSeconds: count(values['slow-seconds']),
    peers: values['skip-peers'] ? [] : list(values.peers),
    ours: !values['skip-ours'],
    cpus: values.cpus === undefined ? undefined : list(values.cpus).map(Number),
    distDir: values.dist,
    fresh: values.fresh,
    keep: values.keep || (ownBuild && !partial),
  };
}

function list(text) {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function count(text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`not a count: ${text}`);
  return value;
}

function queryById(id) {
  const query = ALL_QUERIES.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  if (!query) throw new Error(`no query is called ${id}`);
  return query;
}

/** Those of the flags that were given, undefined if none was. */
function chosen(flags, values) {
  const given = flags.filter((name) => values[name]);
  return given.length > 0 ? given : undefined;
}

/** What measures the queries named: the suites of their own, or those that every other query is in. */
function suitesOf(queries) {
  return [...new Set(queries.flatMap((query) => query.suite ?? ['in-process', 'http']))];
}
