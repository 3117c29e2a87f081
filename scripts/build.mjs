/**
 * Builds `dist/`: TypeScript (src and test) by `tsc`, the SIMD kernels by `asc`. Run by npm's `prepare`, so that a
 * fresh `npm ci` leaves a working build. A failing compiler ends the build with its messages and exit code 1.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const modules = [
  { source: 'src/kernels/assembly/index.ts', output: 'dist/src/kernels/kernels.wasm' },
  { source: 'src/kernels/assembly/codecs/index.ts', output: 'dist/src/kernels/codecs.wasm' },
  { source: 'src/kernels/assembly/md5/index.ts', output: 'dist/src/kernels/md5.wasm' },
  { source: 'src/kernels/assembly/crc/index.ts', output: 'dist/src/kernels/crc.wasm' },
  {
    source: 'src/kernels/assembly/parquet/index.ts',
    sources: 'src/kernels/assembly',
    output: 'dist/src/kernels/parquet.wasm',
    // why: it works on the memory of kernels.wasm, whose own data are below (simd.ts checks).
    options: ['--memoryBase', '32768'],
  },
];
const bin = 'dist/src/cli/main.js';
const stamp = join(root, 'dist/.built');
const sources = ['src', 'test', 'scripts/build.mjs', 'tsconfig.json', 'package.json'];

/** Runs a program of node_modules in the repository, its output passed through; answers its exit code. */
export function run(program, args, options = {}) {
  const path = join(root, 'node_modules/.bin', program);
  if (!existsSync(path)) throw new Error(`${program} is not installed: the build needs the development dependencies (npm ci)`);
  const { status, signal, error } = spawnSync(path, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  if (signal) process.stderr.write(`${program} was ended by ${signal}\n`);
  return status ?? 1;
}

/** Builds when `dist/` is missing or anything it is made of changed since (a removed file shows in its folder's time). */
export function ensureBuilt() {
  const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  if (sources.every((path) => newest(join(root, path)) <= built)) return;
  build();
}

function build() {
  const started = new Date();
  const known = new Map(modules.filter(isCompiled).map((module) => [module, readFileSync(join(root, module.output))]));
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  compile('tsc', ['-p', '.']);
  for (const module of modules) {
    mkdirSync(dirname(join(root, module.output)), { recursive: true });
    if (known.has(module)) writeFileSync(join(root, module.output), known.get(module));
    else compileModule(module);
    utimesSync(join(root, module.output), started, started);
  }
  if (existsSync(join(root, bin))) chmodSync(join(root, bin), 0o755);
  writeFileSync(stamp, '');
  // why: a source saved while the compilers ran may not be in the build
  utimesSync(stamp, started, started);
}

/** Whether a module is there and nothing it is made of has changed since: compiling it takes much longer than all the rest. */
function isCompiled({ source, output, sources = dirname(source) }) {
  const path = join(root, output);
  const inputs = [sources, 'scripts/build.mjs', 'package.json'];
  return existsSync(path) && inputs.every((input) => newest(join(root, input)) < statSync(path).mtimeMs);
}

function compileModule({ source, output, options = [] }) {
  const optimise = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'];
  const target = ['--runtime', 'stub', '--importMemory', '--zeroFilledMemory', '--enable', 'simd'];
  compile('asc', [source, '--outFile', output, ...optimise, ...target, ...options]);
}

function compile(program, args) {
  const status = run(program, args);
  if (status !== 0) throw new Error(`build failed: ${program} exited with ${status}`);
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Runs a script's work; what it throws becomes one line and exit code 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(build);
