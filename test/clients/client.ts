/** A client that is tried against a running server, and what it is given to be tried with. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface ClientTest {
  readonly name: string;
  /** What has to be installed for it. */
  readonly debian?: readonly string[];
  /** By name and exact version. */
  readonly npm?: readonly string[];
  /** Tried a second time over TLS, with a certificate that a file names as trusted. */
  readonly overTls?: true;
  /** Throws what went wrong. A message that begins with `skip: ` says why there was nothing to try. */
  run(context: Context): Promise<void>;
}

export interface Context {
  readonly endpoint: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of this client alone, and empty. */
  readonly folder: string;
  /** Holds `tables/t.csv`, `t.json`, `t.parquet` and `large`, as files. */
  readonly files: string;
  /** Environment with what was installed in its paths, and the credentials. */
  readonly env: NodeJS.ProcessEnv;
  /** What a link answers, also over TLS. */
  fetch(link: string): Promise<Buffer>;
  /** Loads a package that was installed. */
  load(name: string): Promise<unknown>;
  /** The path of its main file. */
  resolve(name: string): string;
  /** Notes a check that has been made; throws if it does not hold. */
  check(holds: boolean, what: string): void;
}

/** What a program writes to standard output. Throws with what it wrote to standard error. */
export function run(
  { env, folder }: Context,
  program: string,
  args: readonly string[],
  more: { readonly env?: NodeJS.ProcessEnv; readonly fails?: true } = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      env: { ...env, ...more.env },
      cwd: folder,
      encoding: 'buffer',
      maxBuffer: 256 * 1024 * 1024,
      timeout: 300_000,
    } as const;
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const failed = error !== null;
      if (failed === (more.fails === true)) resolve(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${error?.message ?? 'did not fail'}\n${stderr}${stdout.subarray(0, 2000)}`));
    });
  });
}

/** A new folder in the client's own. */
export function newFolder({ folder }: Context, name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}
