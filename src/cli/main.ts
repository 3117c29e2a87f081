#!/usr/bin/env node
/** Entry of the `s3lect` program: finds the command and turns whatever happens into an exit code. */
import process from 'node:process';
import { readArguments } from './arguments.ts';
import { exit } from './command.ts';
import { commands } from './commands.ts';
import { describeError } from './failure.ts';
import { commandHelp, generalHelp } from './help.ts';
import { meant } from './nearest.ts';
import { UsageError } from './option-values.ts';
import { version } from './program.ts';

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return print(generalHelp(commands));
  if (name === '--version') return print(`${version()}\n`);
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new UsageError(unknown(name));
  const read = readArguments(command.name, command.options, args);
  return read.help ? print(commandHelp(command)) : command.run(read);
}

function unknown(name: string | undefined): string {
  if (name === undefined) return 'no command given';
  const names = [...commands.map((command) => command.name), '--help', '--version'];
  return `unknown ${name.startsWith('-') ? 'option' : 'command'} ${JSON.stringify(name)}${meant(name, names)}`;
}

function print(text: string): number {
  process.stdout.write(text);
  return exit.ok;
}

/** What was written reaches a pipe before the process ends. */
async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writable) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

// A reader that has gone away is no fault of the program.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
let code: number;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  code = error instanceof UsageError ? exit.usage : exit.failed;
  const hint = error instanceof UsageError ? 'See s3lect --help.\n' : '';
  process.stderr.write(error instanceof UsageError ? `s3lect: ${error.message}\n${hint}` : describeError(error, ''));
}
await flush();
process.exit(code);
