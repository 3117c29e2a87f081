/** What a user gets: the packed tarball, installed into an empty folder, has a command that runs there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

t.test('the packed package installs and runs in an empty folder', { timeout: 300_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 's3lect-package-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));

  const tarball = await pack(folder);
  const surplus = tarball.paths.filter((path) => !/^(dist\/src|samples)\/|^[^/]+$/.test(path));
  t.same(surplus, [], 'nothing but what is needed at run time');
  for (const path of [
    'dist/src/cli/main.js',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/src/kernels/kernels.wasm',
    'LICENSE',
    'README.md',
  ]) {
    t.ok(tarball.paths.includes(path), `holds ${path}`);
  }

  const empty = join(folder, 'empty');
  await mkdir(empty);
  await run('npm', ['install', '--prefix', empty, '--prefer-offline', '--no-audit', '--no-fund', tarball.file], empty);
  const help = await run('npx', ['--no-install', 's3lect', '--help'], empty);
  t.match(help, /serve[\s\S]*query/, '--help names the commands');

  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const installed = JSON.parse(await readFile(join(empty, 'node_modules/s3lect/package.json'), 'utf8'));
  t.equal(installed.version, version);
  const entry = await run(process.execPath, ['--input-type=module', '-e', "console.log(typeof (await import('s3lect')).select)"], empty);
  t.equal(entry.trim(), 'function', 'the library can be imported');
});

async function pack(folder: string): Promise<{ readonly file: string; readonly paths: readonly string[] }> {
  const output = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  return { file: join(folder, filename), paths: files.map(({ path }) => path) };
}

/** Answers standard output; a command that fails rejects with what it wrote to standard error. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  // why: npm hands the tree it runs in, and tap its own hooks, to everything they start
  const inherited = /^(npm_config_(local|global)_prefix|npm_package_.*|npm_lifecycle_.*|INIT_CWD|NODE_OPTIONS|_TAPJS.*)$/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
  const { stdout } = await promisify(execFile)(command, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
