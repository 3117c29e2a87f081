// Where the bench keeps things. Everything under data/ is generated and not in git.
import { fileURLToPath } from 'node:url';

/** Resolves a path given relative to bench/. @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const BENCH_DIR = here('.');
export const RUNS_DIR = here('runs');
export const DATA_DIR = here('data');
/** Served by `s3lect serve`: its one sub-directory is the bucket. */
export const SERVED_DIR = here('data/root');
export const BUCKET = 'bench';
export const BUCKET_DIR = here('data/root/bench');
/** The server's own state, kept away from the user's. */
export const STATE_DIR = here('data/state');
/** What the load suite serves, apart from the rest. */
export const LOAD_DIR = here('data/load');
export const LOAD_STATE_DIR = here('data/load-state');
/** Answers of the checking runs, deleted once compared. */
export const ANSWERS_DIR = here('data/answers');
/** A null device of our own, see `nullDevice` in data.mjs. */
export const NULL_DEVICE = here(`data/null-${process.pid}`);
export const DEFAULT_DIST_DIR = here('../dist');
export const FLIGHTS_PARQUET = here('../node_modules/vega-datasets/data/flights-3m.parquet');
export const MOVIES_JSON = here('../node_modules/vega-datasets/data/movies.json');
export const ENGINE_PROCESS = here('engine-process.mjs');
export const S3RVER_PROCESS = here('s3rver-process.mjs');
export const HTTP_CLIENT_PROCESS = here('http-client-process.mjs');
