/**
 * Writes the Parquet files of `test/fixtures/parquet` anew: the same rows by four writers, in every codec and encoding that each of them
 * has. What the rows are stands beside them as JSON, made from the values and not by reading a file.
 *
 *     npm install --no-save --prefix bench && node bench/parquet-fixtures.mjs
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byHyparquet } from './parquet-fixtures-hyparquet.mjs';
import { columns, expectedRows, ROWS } from './parquet-fixtures-rows.mjs';

const folder = new URL('../test/fixtures/parquet/', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'parquet-fixtures-'));

/** @param {string} name of the file without its ending @param {Uint8Array} bytes */
function write(name, bytes) {
  writeFileSync(join(folder, `${name}.parquet`), bytes);
}

/** @param {string} writer @param {readonly string[]} lines one for each row */
function writeExpected(writer, lines) {
  writeFileSync(join(folder, `${writer}.json`), `${lines.join('\n')}\n`);
}

/** @returns {Promise<(sql: string) => Promise<void>>} runs a statement over the table `rows` */
async function duckdb() {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("SET TimeZone = 'UTC'; SET threads = 1");
  const list = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
  await connection.run(`CREATE TABLE rows (${list})`);
  for (let row = 0; row < ROWS; row++) {
    const values = columns.map(({ type, sql }) => `CAST(${sql(row)} AS ${type})`);
    await connection.run(`INSERT INTO rows VALUES (${values.join(', ')})`);
  }
  return async (sql) => void (await connection.run(sql));
}

async function byDuckdb() {
  const run = await duckdb();
  for (const version of ['v1', 'v2'])
    for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw']) {
      const path = join(folder, `duckdb.${version}.${codec}.parquet`);
      await run(`COPY rows TO '${path}' (FORMAT parquet, PARQUET_VERSION ${version}, COMPRESSION ${codec})`);
    }
  // Many row groups, of which statistics and bloom filters rule out most.
  const many = join(folder, 'duckdb.groups.zstd.parquet');
  const rows = `SELECT rows.* REPLACE (CAST(rows.n + ${ROWS} * g AS INTEGER) AS n) FROM range(50) AS groups(g), rows ORDER BY g, rows.n`;
  await run(`COPY (SELECT n, i64, text FROM (${rows})) TO '${many}' (FORMAT parquet, ROW_GROUP_SIZE 2048, COMPRESSION zstd)`);
  writeExpected('duckdb', expectedRows('duckdb'));
  const wanted = new Set(['n', 'text', 'i64']);
  writeExpected(
    'duckdb.groups',
    Array.from({ length: 50 }, (_, group) => expectedRows('duckdb', (name) => wanted.has(name), ROWS * group)).flat(),
  );
  // What the writers that follow read: without what they have no type for.
  const plain = join(scratch, 'plain.parquet');
  await run(`COPY (SELECT * EXCLUDE (uuid, time) FROM rows) TO '${plain}' (FORMAT parquet)`);
  return plain;
}

/** @param {string} source a file to read and write again */
async function byPolars(source) {
  const { default: pl } = await import('nodejs-polars');
  const frame = pl.readParquet(source).drop('map');
  for (const compression of ['uncompressed', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'])
    for (const [size, dataPagesizeLimit] of Object.entries({ whole: 1 << 20, small: 256 })) {
      const path = join(scratch, 'polars.parquet');
      frame
        .lazy()
        .sinkParquet(path, { compression, dataPagesizeLimit, rowGroupSize: size === 'small' ? 40 : 1000, statistics: true })
        .collectSync();
      write(`polars.${size}.${compression}`, readFileSync(path));
    }
  writeExpected(
    'polars',
    expectedRows('polars', (name) => !['uuid', 'time', 'map'].includes(name)),
  );
}

/** @param {string} source a file to read and write again */
async function byParquetWasm(source) {
  const { Compression, Encoding, readParquet, WriterPropertiesBuilder, WriterVersion, writeParquet } = await import('parquet-wasm');
  const encodingsOf = {
    dictionary: () => null,
    plain: () => Encoding.PLAIN,
    delta: (kind) =>
      ({ int: Encoding.DELTA_BINARY_PACKED, text: Encoding.DELTA_BYTE_ARRAY, bool: Encoding.RLE, fixed: Encoding.DELTA_BYTE_ARRAY })[
        kind
      ] ?? Encoding.PLAIN,
    split: (kind) =>
      ({ int: Encoding.BYTE_STREAM_SPLIT, float: Encoding.BYTE_STREAM_SPLIT, fixed: Encoding.BYTE_STREAM_SPLIT })[kind] ??
      (kind === 'text' ? Encoding.DELTA_LENGTH_BYTE_ARRAY : Encoding.PLAIN),
  };
  const codecs = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4_RAW', 'LZ4'];
  for (const [index, codec] of codecs.entries())
    for (const version of ['V1', 'V2'])
      for (const [name, encodingOf] of Object.entries(encodingsOf)) {
        let builder = new WriterPropertiesBuilder()
          .setCompression(Compression[codec])
          .setWriterVersion(WriterVersion[version])
          .setWriteBatchSize(16)
          .setDataPageSizeLimit(index % 2 === 0 ? 300 : 1 << 20)
          .setMaxRowGroupSize(index % 2 === 0 ? 1000 : 50)
          .setDictionaryEnabled(name === 'dictionary');
        for (const column of columns) {
          const encoding = encodingOf(column.kind);
          if (encoding !== null && column.kind !== 'nested') builder = builder.setColumnEncoding(column.name, encoding);
        }
        const table = readParquet(new Uint8Array(readFileSync(source)));
        write(`parquet-wasm.${version.toLowerCase()}.${name}.${codec.toLowerCase()}`, writeParquet(table, builder.build()));
      }
  writeExpected(
    'parquet-wasm',
    expectedRows('parquet-wasm', (name) => !['uuid', 'time'].includes(name)),
  );
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const plain = await byDuckdb();
await byPolars(plain);
await byParquetWasm(plain);
writeExpected('hyparquet', byHyparquet(write));
rmSync(scratch, { recursive: true });
