/**
 * Compares s3lect with DuckDB on random expressions over random columns: `npm run test:peers [-- SEED [TABLES]]`. DuckDB is one of the
 * packages of the benchmark. Not a part of the suite, since it needs them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ensureBuilt, main, root } from './build.mjs';

await main(async () => {
  const duckdb = join(root, 'bench/node_modules/@duckdb/node-api/lib/index.js');
  if (!existsSync(duckdb)) throw new Error('DuckDB is not installed: npm install --no-save --prefix bench');
  ensureBuilt();
  const { status } = spawnSync(process.execPath, [join(root, 'dist/test/peers/run.js'), duckdb, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
});
