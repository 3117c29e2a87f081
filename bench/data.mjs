// The files measured on: made once, kept in data/, the same bytes on every machine.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
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
 * @property {number} bytes size of the text: of a compressed file, what it decompresses to
 * @property {'NONE' | 'GZIP' | 'BZIP2'} compression
 * @property {{ CSV: object } | { JSON: object }} input a member of InputSerialization
 * @property {string[]} [columns] of CSV: the header's names
 * @property {string} [items] of a document: the name of its list
 */

const FLIGHTS_COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'];
const TINY_BYTES = 1024;
const MOVIES_BYTES = 100_000_000;
const BZIP2_SIZE = '45m';
const CSV = { input: { CSV: { FileHeaderInfo: 'USE' } }, columns: LINEITEM_COLUMNS };
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
  return { compression: 'NONE', bytes: statSync(path).size, ...plain, ...rest, name, path };
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

/** Reads a file once, so that every measurement finds it in the page cache. @param {string} path */
export async function warmPageCache(path) {
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
