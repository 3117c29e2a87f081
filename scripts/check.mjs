/** `npm run check`: everything but the tests. Runs every step, so that one run shows all there is to mend. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { root, run } from './build.mjs';

// why: Biome colours its output in a pipe too
const colours = process.stdout.isTTY ? [] : ['--colors=off'];

const steps = [
  { name: 'biome', start: () => run('biome', ['ci', '--error-on-warnings', '--max-diagnostics=200', ...colours]) },
  { name: 'types', start: () => run('tsc', ['-p', '.', '--noEmit']) },
  { name: 'knip', start: () => run('knip', ['--no-progress', '--treat-config-hints-as-errors']) },
  {
    name: 'docs',
    start: () => spawnSync(process.execPath, [join(root, 'scripts/docs.mjs'), '--check'], { cwd: root, stdio: 'inherit' }).status ?? 1,
  },
];

const failed = [];
for (const { name, start } of steps) {
  process.stdout.write(`# ${name}\n`);
  if (start() !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? 'check: all good\n' : `check: failed: ${failed.join(', ')}\n`);
if (failed.length > 0) process.exitCode = 1;
