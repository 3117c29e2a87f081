/** The texts of `--help`, written from the command registry and the option table. */
import { type OptionEntry, optionsOf } from '../base/options.ts';
import type { Command } from './command.ts';

const columns = 100;

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const usages = commands.map(({ name, usage }) => `  s3lect ${name} ${usage}`);
  return [
    's3lect: SQL over files and S3 objects, run where the bytes are',
    '',
    'Usage:',
    ...usages,
    '',
    'Commands:',
    ...lines,
    '',
    'Options:',
    '  -h, --help     Show this, or with a command the options of that command',
    '      --version  Show the version',
    '',
    'Exit codes: 0, 1 what was asked for failed, 2 it was asked for in a wrong way, 130 interrupted.',
    '',
  ].join('\n');
}

export function commandHelp({ name, options, usage, summary }: Command): string {
  const entries = optionsOf(options).map((entry) => describe(entry));
  return [
    `${summary}.`,
    '',
    `Usage: s3lect ${name} ${usage} [OPTIONS]`,
    '',
    'A flag wins over its environment variable, which wins over the entry of the --config file.',
    '',
    ...entries,
  ].join('\n');
}

function describe(entry: OptionEntry): string {
  const { name, flag, env, placeholder, doc } = entry;
  const choices = entry.type === 'string' ? entry.choices : undefined;
  const value = choices?.join('|') ?? placeholder;
  const head = flag === '' ? `${env[0]} (environment)` : [flag, value].filter((part) => part !== undefined).join(' ');
  const fallback = entry.default === undefined || entry.default === false || entry.type === 'list' ? '' : ` Default: ${entry.default}.`;
  const others = flag === '' ? env.slice(1) : env;
  const where = `[${[...others, `config: ${name}`].join(', ')}]`;
  return `  ${head}\n${wrap(`${doc}${fallback} ${where}`, 6)}\n`;
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each).join('\n');
}
