// The files measured on: made once, kept in data/, the same bytes on every machine.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { writeEvents } from './events.mjs';
import { writeRecords } from './generate.mjs';
import { LINEITEM_COLUMNS, writeLineitem } from './lineitem.mjs';
import { BUCKET_DIR, FLIGHTS_PARQUET, MOVIES_JSON, NULL_DEVICE } from './paths.mjs';

/**
 * @typedef {object} Dataset
 * @property {string} name of DATASETS
 * @property {string} path the file
 * @property {string} key its key in the bench bucket
 * @property {number} bytes size of the text: of a compressed file, what it decompresses to; of Parquet, the file's
 * @property {'NONE' | 'GZIP' | 'BZIP2'} compression
 * @property {{ CSV: object } | { JSON: object } | { Parquet: object }} input a member of InputSerialization
 * @property {string[]} [columns] of CSV: the header's names
 * @property {string} [items] of a document: the name of its list
 */

const FLIGHTS_COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'];
const TINY_BYTES = 1024;
const MOVIES_BYTES = 100_000_000;
const BZIP2_SIZE = '45m';
const CSV = { input: { CSV: { FileHeaderInfo: 'USE' } }, columns: LINEITEM_COLUMNS };
const PARQUET = { input: { Parquet: {} } };
const LINES = { input: { JSON: { Type: 'LINES' } } };

/** How each data set is made: its key, what writes it, what else there is to say of it; or what it compresses. */
const DATASETS = {
  lineitem: (size) => ({ ...CSV, key: `lineitem-${size}.csv`, write: lineitem(size, 'csv') }),
  quoted: (size) => ({
    ...CSV,
    key: `lineitem-quoted-${size}.csv`,
    write: lineitem(size, 'quoted'),
    input: { CSV: { FileHeaderInfo: 'USE', AllowQuotedRecordDelimiter: true } },
  }),
  tiny: () => ({ ...CSV, key: 'tiny.csv', write: lineitem(`${TINY_BYTES}`, 'csv') }),
  flights: () => ({ ...CSV, key: 'flights-3m.csv', write: exportFlights, columns: FLIGHTS_COLUMNS }),
  gzip: (size) => ({ of: ['lineitem', size], suffix: '.gz', compression: 'GZIP', write: gzip }),
  'lineitem-lines': (size) => ({ ...LINES, key: `lineitem-${size}.ndjson`, write: lineitem(size, 'json') }),
  document: (size) => ({
    key: `lineitem-document-${size}.json`,
    write: lineitem(size, 'document'),
    input: { JSON: { Type: 'DOCUMENT' } },
    items: 'items',
  }),
  events: (size) => ({ ...LINES, key: `events-${size}.ndjson`, write: (path) => writeEvents(path, { bytes: parseSize(size) }) }),
  movies: () => ({ ...LINES, key: 'movies.ndjson', write: writeMovies }),
  parquet: (size) => parquet(size, 'snappy', byDuckdb('snappy')),
  'parquet-plain': (size) => parquet(size, 'plain', byDuckdb('uncompressed')),
  'parquet-zstd': (size) => parquet(size, 'zstd', byDuckdb('zstd')),
  'parquet-groups': (size) => parquet(size, 'groups', byPolars),
  'parquet-flights': () => ({ ...PARQUET, key: 'flights-3m.parquet', write: (path) => copyFileSync(FLIGHTS_PARQUET, path) }),
  bzip2: () => ({ of: ['lineitem-lines', BZIP2_SIZE], suffix: '.bz2', compression: 'BZIP2', write: bzip2 }),
};

/**
 * Makes the data set where it is not there yet.
 * @param {string} name of DATASETS
 * @param {{ size: string, fresh: boolean, log: (line: string) => void }} options `size` like 215m or 1g; `fresh` makes it again
 * @returns {Promise<Dataset>}
 */
export async function dataset(name, { size, fresh, log }) {
  const plan = DATASETS[name]?.(size);
  if (!plan) throw new Error(`no data set is called ${name}`);
  mkdirSync(BUCKET_DIR, { recursive: true });
  const plain = plan.of && (await dataset(plan.of[0], { size: plan.of[1], fresh: false, log }));
  const { write, of, suffix, ...rest } = { key: plain && plain.key + plan.suffix, ...plan };
  const path = join(BUCKET_DIR, rest.key);
  if (fresh || !existsSync(path)) {
    log(`making ${rest.key}`);
    await write(path, plain?.path);
  }
  const bytes = plain && !rest.input?.Parquet ? plain.bytes : statSync(path).size;
  return { compression: 'NONE', ...plain, ...rest, bytes, name, path };
}

/** @param {string} text a number with an optional k, m or g (powers of 1000) @returns {number} bytes */
export function parseSize(text) {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  if (!match) throw new Error(`not a size: ${text} (say 215m or 1g)`);
  return Math.round(Number(match[1]) * { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match[2].toLowerCase()]);
}

/**
 * Where timed runs write: a null device of this run's own, as DuckDB locks the file it writes. Making one needs root; without it
 * /dev/null has to do.
 * @returns {string} path
 */
export function nullDevice() {
  if (!existsSync(NULL_DEVICE) && spawnSync('mknod', [NULL_DEVICE, 'c', '1', '3']).status === 0) {
    process.on('exit', () => rmSync(NULL_DEVICE, { force: true }));
  }
  return existsSync(NULL_DEVICE) && statSync(NULL_DEVICE).isCharacterDevice() ? NULL_DEVICE : '/dev/null';
}

/**
 * Reads a file from the disk once, so that every measurement finds it in the page cache as reading leaves it there. A file that
 * was just written can lie there in pages of 4 KiB each, which every engine reads two to three times slower than the long runs of
 * pages that the system reads ahead: which of the two it was decided over the ratios. Where `dd` cannot evict the file, it stays as
 * it was.
 * @param {string} path
 */
export async function warmPageCache(path) {
  const handle = openSync(path, 'r+');
  fsyncSync(handle);
  closeSync(handle);
  spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  for await (const _ of createReadStream(path, { highWaterMark: 1 << 20 }));
}

/** @param {string} size @param {import('./lineitem.mjs').Layout} layout */
function lineitem(size, layout) {
  return (path) => writeLineitem(path, { bytes: parseSize(size), layout });
}

/** The file's records as they stand there, one a line, again and again. */
function writeMovies(path) {
  const lines = readFileSync(MOVIES_JSON, 'utf8')
    .split('\n')
    .map((line) => line.trim().replace(/,$/, ''))
    .filter((line) => line.startsWith('{'));
  let at = 0;
  writeRecords(path, { bytes: MOVIES_BYTES, next: () => `${lines[at++ % lines.length]}\n`, encoding: 'utf8' });
}

async function exportFlights(path) {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (SELECT ${FLIGHTS_COLUMNS} FROM '${FLIGHTS_PARQUET}') TO '${path}.partial' (FORMAT csv, HEADER true)`);
  connection.closeSync();
  instance.closeSync();
  renameSync(`${path}.partial`, path);
}

/** What a lineitem CSV becomes as Parquet: whole numbers, DECIMAL(15, 2), dates and text. */
const NUMBERS = ['l_orderkey', 'l_partkey', 'l_suppkey', 'l_linenumber'];
const DECIMALS = ['l_quantity', 'l_extendedprice', 'l_discount', 'l_tax'];
const DATES = ['l_shipdate', 'l_commitdate', 'l_receiptdate'];

function parquet(size, variant, write) {
  return { ...PARQUET, of: ['lineitem', size], suffix: `.${variant}.parquet`, write };
}

function byDuckdb(codec) {
  return async (to, from) => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const typeOf = (name) =>
      NUMBERS.includes(name) ? 'BIGINT' : DECIMALS.includes(name) ? 'DECIMAL(15, 2)' : DATES.includes(name) ? 'DATE' : 'VARCHAR';
    const columns = LINEITEM_COLUMNS.map((name) => `'${name}': '${typeOf(name)}'`).join(', ');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const source = `read_csv('${from}', header = true, columns = {${columns}})`;
    await connection.run(`COPY (SELECT * FROM ${source}) TO '${to}.partial' (FORMAT parquet, COMPRESSION ${codec})`);
    connection.closeSync();
    instance.closeSync();
    renameSync(`${to}.partial`, to);
  };
}

/** Another writer's layout: row groups of a million rows, pages of 1 MiB. */
async function byPolars(to, from) {
  const { default: pl } = await import('nodejs-polars');
  const typeOf = (name) =>
    NUMBERS.includes(name) ? pl.Int64 : DECIMALS.includes(name) ? pl.Float64 : DATES.includes(name) ? pl.Date : pl.String;
  const schema = Object.fromEntries(LINEITEM_COLUMNS.map((name) => [name, typeOf(name)]));
  const frame = pl.scanCSV(from, { hasHeader: true, schema, inferSchemaLength: 0 });
  frame
    .sinkParquet(`${to}.partial`, { compression: 'snappy', rowGroupSize: 1_000_000, dataPagesizeLimit: 1 << 20, statistics: true })
    .collectSync({ engine: 'streaming' });
  renameSync(`${to}.partial`, to);
}

async function gzip(to, from) {
  await pipeline(
    createReadStream(from, { highWaterMark: 1 << 20 }),
    createGzip({ level: 6, chunkSize: 1 << 20 }),
    createWriteStream(`${to}.partial`),
  );
  renameSync(`${to}.partial`, to);
}

/** By the program: Node has no BZIP2. */
function bzip2(to, from) {
  const { status, error } = spawnSync('bzip2', ['-c', from], { stdio: ['ignore', openSync(`${to}.partial`, 'w'), 'inherit'] });
  if (status !== 0) throw new Error('the program bzip2 is needed to make a BZIP2', { cause: error });
  renameSync(`${to}.partial`, to);
}
