// `npm run bench`: installs the peers on first use, makes the data, measures, prints, keeps the run. See --help.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseOptions } from './options.mjs';
import { BENCH_DIR } from './paths.mjs';

const options = parse(process.argv.slice(2));
if (options) {
  if (process.platform !== 'linux') fail('the bench pins processes with taskset and reads /proc: it needs Linux');
  if (options.ours && !existsSync(join(options.distDir, 'src/index.js'))) fail(`no build in ${options.distDir}: run npm run build first`);
  install();
  // Only now: it needs what was just installed.
  const { runSuites } = await import('./suites.mjs');
  const { summary, writeRun } = await import('./report.mjs');
  const results = await runSuites(options, (line) => process.stderr.write(`${line}\n`));
  console.log(summary(results));
  console.log(`kept in ${writeRun(results, { keep: options.keep })}`);
  if (results.failures.length > 0) fail(`${results.failures.length} failures:\n${results.failures.join('\n')}`);
}

function parse(args) {
  try {
    return parseOptions(args);
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

function install() {
  if (existsSync(join(BENCH_DIR, 'node_modules/.package-lock.json'))) return;
  // Not `npm ci`: it refuses a lock file written where other platforms' builds of the peers could not be looked up.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', BENCH_DIR];
  execFileSync('npm', args, { stdio: ['ignore', process.stderr, process.stderr] });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
