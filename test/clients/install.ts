/**
 * Puts packages into a folder of this run alone: nothing is installed on the machine, and no rights are needed. Debian's packages are
 * unpacked and run from there; those the machine has are used as they are.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export class Packages {
  readonly #debian: string;
  readonly #npm: string;

  constructor(folder: string) {
    this.#debian = join(folder, 'debian');
    this.#npm = join(folder, 'npm');
    mkdirSync(this.#debian, { recursive: true });
    mkdirSync(this.#npm, { recursive: true });
    // why: without one, npm may take a folder above for the project.
    writeFileSync(join(this.#npm, 'package.json'), '{"private":true}');
  }

  /** Unpacks those packages, and what they need, that the machine does not have. Throws what the tools say. */
  addDebian(packages: readonly string[]): void {
    const archives = join(this.#debian, 'archives');
    const lists = join(this.#debian, 'lists');
    for (const folder of [join(archives, 'partial'), join(lists, 'partial')]) mkdirSync(folder, { recursive: true });
    const apt = (args: readonly string[]): void => {
      const options = { 'Dir::Cache::archives': archives, 'Dir::State::lists': lists, 'Debug::NoLocking': '1', 'APT::Sandbox::User': '' };
      const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
      execFileSync('apt-get', ['-q', '-y', ...settings, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    };
    if (readdirSync(lists).length <= 1) apt(['update']);
    apt(['--no-install-recommends', '--download-only', 'install', ...packages]);
    for (const name of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['-x', join(archives, name), join(this.#debian, 'root')]);
    }
  }

  addNpm(packages: readonly string[]): void {
    execFileSync('npm', ['install', '--prefix', this.#npm, '--no-save', '--force', '--no-audit', '--no-fund', ...packages], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Environment in which the programs and libraries are found. */
  env(): NodeJS.ProcessEnv {
    const root = join(this.#debian, 'root');
    const before = (folders: readonly string[], variable: string): string =>
      [...folders.map((folder) => join(root, folder)), process.env[variable] ?? ''].filter((path) => path !== '').join(':');
    return {
      PATH: before(['usr/bin', 'usr/lib/go/bin', 'usr/lib/go-1.19/bin'], 'PATH'),
      PYTHONPATH: before(['usr/lib/python3/dist-packages'], 'PYTHONPATH'),
      LD_LIBRARY_PATH: before(['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu'], 'LD_LIBRARY_PATH'),
      GOPATH: `${join(root, 'usr/share/gocode')}:/usr/share/gocode`,
      DEBIAN_ROOT: root,
    };
  }

  load(name: string): Promise<unknown> {
    return import(pathToFileURL(this.resolve(name)).href);
  }

  resolve(name: string): string {
    return createRequire(join(this.#npm, 'x.js')).resolve(name);
  }
}
