/** Runs the suite on the newer Node releases most users have. Each comes as an npm package, into a temporary folder. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { root } from './build.mjs';

const versions = ['24', '26'];
const folder = mkdtempSync(join(tmpdir(), 's3lect-nodes-'));
const results = [];

try {
  for (const version of versions) results.push(suite(version));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

for (const { line } of results) process.stdout.write(`${line}\n`);
if (results.some(({ ok }) => !ok)) process.exitCode = 1;

function suite(version) {
  const node = `node-${process.platform}-${process.arch}`;
  const prefix = join(folder, version);
  const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];
  const install = spawnSync('npm', ['install', '--prefix', prefix, ...flags, `${node}@${version}`], { encoding: 'utf8' });
  if (install.status !== 0) return { ok: false, line: `Node ${version}: could not be installed\n${install.stderr}` };
  const bin = join(prefix, 'node_modules', node, 'bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const exact = spawnSync('node', ['--version'], { env, encoding: 'utf8' }).stdout.trim();
  process.stdout.write(`# Node ${exact}\n`);
  const tests = spawnSync('node', [join(root, 'scripts/test.mjs'), ...process.argv.slice(2)], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 256 * 1024 * 1024,
  });
  process.stdout.write(tests.stdout);
  const last = tests.stdout.trimEnd().split('\n').at(-1);
  return { ok: exact.startsWith(`v${version}.`) && tests.status === 0, line: `Node ${exact}: ${last}` };
}
