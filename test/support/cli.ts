/** The compiled command line as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
export const main = join(import.meta.dirname, '../../src/cli/main.js');
export const airports = join(root, 'samples/airports.csv');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array;
}

/** Environment without what would steer the program or its node. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(S3LECT_|MINIO_|AWS_|NODE_OPTIONS$|_TAPJS|COLUMNS$)/.test(name));
  // A state of the person who runs the tests is none of theirs.
  return { ...Object.fromEntries(kept), XDG_STATE_HOME: join(tmpdir(), `s3lect-state-${process.pid}`), ...more };
}

/** `s3lect ARGS`, run to its end. */
export function s3lect(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(process.execPath, [main, ...args], options);
}

/** A line for a POSIX shell, run to its end. */
export function shell(line: string, options: RunOptions = {}): Promise<Ended> {
  return run('bash', ['-c', line], options);
}

function run(program: string, args: readonly string[], { env, cwd = root, input = '' }: RunOptions): Promise<Ended> {
  const child = spawn(program, args, { env: cleanEnv(env), cwd, stdio: 'pipe' });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return ended(child);
}

/** What a child writes until it ends. */
export function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

export interface Serving {
  readonly url: string;
  readonly port: number;
  /** All that was printed once the server was ready. */
  readonly printed: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** `s3lect serve ARGS`, ready. `within`: a program, and its arguments, that is given the command to run. */
export async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): Promise<Serving> {
  const [program = '', ...rest] = [...within, process.execPath, main, 'serve', ...args];
  const child = spawn(program, rest, { env: cleanEnv(env), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = ended(child);
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: string) => {
        printed += text;
        if (printed.endsWith('\n') && /Without the server|no CSV file/.test(printed)) resolve();
      });
    }
    void end.then(({ code, stderr }) => reject(new Error(`the server ended with ${code}: ${stderr}`)));
  });
  const [url = ''] = /https?:\S+/.exec(printed) ?? [];
  return { url, port: Number(new URL(url).port), printed, child, ended: end };
}

/** A folder of its own for a test. */
export function temporaryFolder(t: { teardown(handler: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 's3lect-cli-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
