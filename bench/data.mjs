// The files measured on: made once, kept in data/, the same bytes on every machine.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { LINEITEM_COLUMNS, writeLineitem } from './lineitem.mjs';
import { BUCKET_DIR, FLIGHTS_PARQUET, NULL_DEVICE } from './paths.mjs';

/**
 * @typedef {object} Dataset
 * @property {string} name `lineitem`, `quoted`, `flights`, `gzip` or `tiny`
 * @property {string} path the file
 * @property {string} key its key in the bench bucket
 * @property {number} bytes size of the CSV text: for `gzip` the decompressed size
 * @property {string[]} columns the header's names
 * @property {{ FileHeaderInfo: 'USE', AllowQuotedRecordDelimiter?: boolean }} csv the members of InputSerialization.CSV
 * @property {'NONE' | 'GZIP'} compression
 */

const FLIGHTS_COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'];
const TINY_BYTES = 1024;

/**
 * Makes the data set where it is not there yet.
 * @param {string} name see Dataset
 * @param {{ size: string, fresh: boolean, log: (line: string) => void }} options `size` like 215m or 1g; `fresh` makes it again
 * @returns {Promise<Dataset>}
 */
export async function dataset(name, { size, fresh, log }) {
  mkdirSync(BUCKET_DIR, { recursive: true });
  const make = async (key, write) => {
    const path = join(BUCKET_DIR, key);
    if (fresh || !existsSync(path)) {
      log(`making ${key}`);
      await write(path);
    }
    return { name, path, key, bytes: statSync(path).size, columns: LINEITEM_COLUMNS, csv: { FileHeaderInfo: 'USE' }, compression: 'NONE' };
  };
  switch (name) {
    case 'lineitem':
      return make(`lineitem-${size}.csv`, (path) => writeLineitem(path, { bytes: parseSize(size), quoted: false }));
    case 'quoted': {
      const made = await make(`lineitem-quoted-${size}.csv`, (path) => writeLineitem(path, { bytes: parseSize(size), quoted: true }));
      return { ...made, csv: { FileHeaderInfo: 'USE', AllowQuotedRecordDelimiter: true } };
    }
    case 'tiny':
      return make('tiny.csv', (path) => writeLineitem(path, { bytes: TINY_BYTES, quoted: false }));
    case 'flights':
      return { ...(await make('flights-3m.csv', exportFlights)), columns: FLIGHTS_COLUMNS };
    case 'gzip': {
      const plain = await dataset('lineitem', { size, fresh: false, log });
      const made = await make(`${plain.key}.gz`, (path) => compress(plain.path, path));
      return { ...made, bytes: plain.bytes, compression: 'GZIP' };
    }
    default:
      throw new Error(`no data set is called ${name}`);
  }
}

/** @param {string} text a number with an optional k, m or g (powers of 1000) @returns {number} bytes */
export function parseSize(text) {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  if (!match) throw new Error(`not a size: ${text} (say 215m or 1g)`);
  return Math.round(Number(match[1]) * { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match[2].toLowerCase()]);
}

/**
 * Where timed runs write. DuckDB locks the file it writes, so /dev/null would be shared with everything else on the machine.
 * Making a device needs root; without it /dev/null has to do.
 * @returns {string} path
 */
export function nullDevice() {
  if (!existsSync(NULL_DEVICE)) spawnSync('mknod', [NULL_DEVICE, 'c', '1', '3']);
  return existsSync(NULL_DEVICE) && statSync(NULL_DEVICE).isCharacterDevice() ? NULL_DEVICE : '/dev/null';
}

/** Reads a file once, so that every measurement finds it in the page cache. @param {string} path */
export async function warmPageCache(path) {
  for await (const _ of createReadStream(path, { highWaterMark: 1 << 20 }));
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

async function compress(from, to) {
  await pipeline(
    createReadStream(from, { highWaterMark: 1 << 20 }),
    createGzip({ level: 6, chunkSize: 1 << 20 }),
    createWriteStream(`${to}.partial`),
  );
  renameSync(`${to}.partial`, to);
}
