/** `s3lect config print`: the options of a server as they come out of flags, environment and file, in the form of a file. */
import process from 'node:process';
import { optionsOf } from '../base/options.ts';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { configure } from './configuration.ts';
import { UsageError } from './option-values.ts';
import { checkServing, folderDefault } from './serve.ts';

/** Runs the command to its end and returns the exit code. Raises what `serve` raises of options it would not start with. */
export async function runConfig(args: Arguments): Promise<number> {
  const [what, folder = folderDefault, ...surplus] = args.positionals;
  if (what !== 'print' || surplus.length > 0) throw new UsageError('config: what it does is config print');
  const options = configure('serve', args);
  checkServing(options, folder);
  const values: Readonly<Record<string, unknown>> = options.values;
  const entries = optionsOf('serve').filter(({ name }) => name !== 'config' && values[name] !== undefined);
  const shown = entries.filter(({ secret }) => secret !== true).map(({ name }) => [name, values[name]]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`);
  for (const { name, secret } of entries) if (secret === true) process.stderr.write(`s3lect: ${name} is set and not shown\n`);
  return exit.ok;
}
