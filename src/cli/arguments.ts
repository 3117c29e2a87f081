/** The command line as it was typed: flags by name and the rest in order. Nothing is checked against the world here. */
import { parseArgs } from 'node:util';
import { type CommandName, optionsOf } from '../base/options.ts';
import { meant } from './nearest.ts';
import { UsageError } from './option-values.ts';

export interface Arguments {
  /** By flag; a boolean flag without a value has `true`. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly help: boolean;
}

/** Reads the arguments that follow a command, which takes the options of the command `options`. Raises `UsageError` for an unknown flag, or one without its value. */
export function readArguments(command: string, options: CommandName, args: readonly string[]): Arguments {
  const entries = optionsOf(options).filter(({ flag }) => flag !== '');
  const known = Object.fromEntries(
    entries.map(({ flag, type }) => [
      flag.slice(2),
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...known, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  const positionals: string[] = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') help = true;
    else if (!Object.hasOwn(known, token.name)) throw unknownFlag(command, options, token.rawName);
    else if (token.value === undefined && known[token.name]?.type === 'string') throw new UsageError(`${token.rawName}: needs a value`);
    else flags.set(token.rawName, [...(flags.get(token.rawName) ?? []), token.value ?? 'true']);
  }
  return { flags, positionals, help };
}

function unknownFlag(command: string, options: CommandName, name: string): UsageError {
  const candidates = optionsOf(options)
    .map(({ flag }) => flag)
    .filter((flag) => flag !== '');
  return new UsageError(`${command}: unknown option ${name}${meant(name, [...candidates, '--help'])}`);
}
