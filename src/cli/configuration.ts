/** Where options come from: the command line, the environment, and the files these name. All reading of files is here. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { CommandName } from '../base/options.ts';
import type { Arguments } from './arguments.ts';
import { reasonOf } from './failure.ts';
import { type OptionSources, type ResolvedOptions, resolveOptions, UsageError } from './option-values.ts';

/** Resolves the options of a command. Raises `UsageError`. */
export function configure<Command extends CommandName>(command: Command, { flags }: Arguments): ResolvedOptions<Command> {
  const path = flags.get('--config')?.[0] ?? (process.env['S3LECT_CONFIG'] || undefined);
  return resolveOptions(command, { flags, env: process.env, file: path === undefined ? null : readConfig(path) });
}

/** The root user's keys, and whether they are the published ones. Raises `UsageError`; no message holds a secret. */
export function rootCredentials(options: ResolvedOptions<'serve'>): RootCredentials {
  const { values } = options;
  const user = given(options, 'rootUser', 'rootUserFile');
  const password = given(options, 'rootPassword', 'rootPasswordFile');
  if (user !== null && password === null) throw new UsageError(`${user}: set without a password (S3LECT_ROOT_PASSWORD)`);
  if (password !== null && user === null) throw new UsageError(`${password}: set without a user (S3LECT_ROOT_USER)`);
  const accessKey = values.rootUserFile === undefined ? values.rootUser : readSecret(user ?? '', values.rootUserFile);
  const secretKey = values.rootPasswordFile === undefined ? values.rootPassword : readSecret(password ?? '', values.rootPasswordFile);
  checkKeys({ accessKey, secretKey }, user ?? '', password ?? '');
  return { accessKey, secretKey, published: secretKey === publishedPassword };
}

/** Raises `UsageError` for keys that clients could not use; the sources are what it names. */
export function checkKeys(
  { accessKey, secretKey }: { readonly accessKey: string; readonly secretKey: string },
  accessKeySource: string,
  secretKeySource: string,
): void {
  if (accessKey.length < 3) throw new UsageError(`${accessKeySource}: must have 3 characters or more`);
  if (/[^\x21-\x7e]|[/,=]/.test(accessKey)) {
    throw new UsageError(`${accessKeySource}: must be printable ASCII without spaces, "/", "," and "="`);
  }
  if (secretKey.length < 8) throw new UsageError(`${secretKeySource}: must have 8 characters or more`);
}

export interface RootCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Everyone knows them, whether they are set or not. */
  readonly published: boolean;
}

const publishedPassword = 's3lect-secret';

/** The source that sets a value or the file with it; null when neither does. */
function given({ from }: ResolvedOptions<'serve'>, name: string, fileName: string): string | null {
  const value = from.get(name);
  const file = from.get(fileName);
  if (value !== undefined && file !== undefined) throw new UsageError(`${value} and ${file} are both set: use one`);
  return value ?? file ?? null;
}

function readSecret(source: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${source}: cannot read ${path}: ${reasonOf(error)}`);
  }
}

function readConfig(path: string): NonNullable<OptionSources['file']> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--config: cannot read ${path}: ${reasonOf(error)}`);
  }
  try {
    return { path, content: JSON.parse(text) };
  } catch {
    // why: the parser's message quotes the text, which may hold a password.
    throw new UsageError(`${path}: is not valid JSON`);
  }
}
