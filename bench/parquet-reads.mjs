// How much of a Parquet file with page indexes is read for queries on few of its rows, by us and by DuckDB, as the system calls say:
//   node bench/parquet-reads.mjs [DIST_DIR]
// Needs the program strace. The file is lineitem as parquet-wasm (arrow-rs) writes it: one row group, pages of 20,000 rows, column and
// offset indexes. Fails where we read more than DuckDB and more than one read of a file's end.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Compression, readParquet, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { dataset } from './data.mjs';
import { DEFAULT_DIST_DIR } from './paths.mjs';

const COLUMNS = 'l_orderkey, l_extendedprice, l_comment';
const CONDITIONS = [
  'l_orderkey BETWEEN 200000 AND 200100',
  'l_partkey = 77777',
  'l_orderkey > 1000 AND l_orderkey < 5000 AND l_quantity < 3',
  "l_comment LIKE 'zebra%' AND l_orderkey < 50000",
  'l_extendedprice > 200000',
];
/** The end of a file is read in one piece, whatever its footer takes of it. */
const TAIL_BYTES = 64 * 1024;
const QUERY_MS_MAX = 60_000;
/** The first argument of a process that runs one query. */
const ONE_QUERY = '--one-query';

/** @returns {Promise<{ path: string }>} */
async function indexedFile() {
  const from = await dataset('parquet', { size: '45m', log: console.log, fresh: false });
  const path = from.path.replace('.snappy.', '.indexed.');
  if (existsSync(path)) return { ...from, path };
  const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).setMaxRowGroupSize(1_000_000).build();
  writeFileSync(`${path}.partial`, writeParquet(readParquet(readFileSync(from.path)), properties));
  renameSync(`${path}.partial`, path);
  return { ...from, path };
}

/** Bytes and calls of one query in a process of its own. */
function readsOf(engine, query, data, distDir) {
  const directory = mkdtempSync(join(tmpdir(), 's3lect-reads-'));
  const trace = join(directory, 'trace');
  // Of each thread a file of its own: in one, calls are cut in two.
  const traced = ['-ff', '-y', '-qq', '-e', 'trace=read,pread64,readv,preadv,mmap', '-o', trace];
  const program = [process.execPath, import.meta.filename, ONE_QUERY, engine, distDir, JSON.stringify({ query, data })];
  const { status, stderr, error } = spawnSync('strace', [...traced, ...program], { encoding: 'utf8', timeout: QUERY_MS_MAX });
  if (status !== 0) throw new Error(`${engine} has not answered, or there is no strace: ${stderr}`, { cause: error });
  const lines = readdirSync(directory).flatMap((name) => readFileSync(join(directory, name), 'latin1').split('\n'));
  const calls = lines.filter((line) => line.includes(basename(data.path)));
  rmSync(directory, { recursive: true });
  if (calls.some((line) => line.includes('mmap('))) throw new Error(`${engine} maps the file into memory`);
  const lengths = calls.flatMap((line) => /= (\d+)$/.exec(line)?.[1] ?? []).map(Number);
  return { bytes: lengths.reduce((sum, length) => sum + length, 0), calls: lengths.length };
}

async function runOne([engine, distDir, task]) {
  const { query, data } = JSON.parse(task);
  const { open } = await import(`./engines/${engine}.mjs`);
  const sink = { path: '/dev/null', fd: openSync('/dev/null', 'w') };
  await (await open({ threads: 1, distDir })).run(query, data, sink);
  process.exit();
}

async function main([distDir = DEFAULT_DIST_DIR]) {
  const data = await indexedFile();
  console.log('| rows where | s3lect | DuckDB |\n| --- | ---: | ---: |');
  for (const condition of CONDITIONS) {
    const query = {
      parquet: true,
      s3lect: `SELECT ${COLUMNS} FROM S3Object WHERE ${condition}`,
      sql: `SELECT ${COLUMNS} FROM {source} WHERE ${condition}`,
    };
    const [ours, theirs] = ['s3lect', 'duckdb'].map((engine) => readsOf(engine, query, data, resolve(distDir)));
    const text = ({ bytes, calls }) => `${bytes.toLocaleString('en')} in ${calls}`;
    console.log(`| ${condition} | ${text(ours)} | ${text(theirs)} |`);
    if (ours.bytes > Math.max(theirs.bytes, TAIL_BYTES)) process.exitCode = 1;
  }
}

const [, , first, ...rest] = process.argv;
await (first === ONE_QUERY ? runOne(rest) : main(process.argv.slice(2)));
