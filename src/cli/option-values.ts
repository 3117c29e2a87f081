/** Resolution of options: what a flag, the environment and a file say becomes one checked value each. Reads nothing by itself. */
import { unreachable } from '../base/assert.ts';
import { type CommandName, type OptionEntry, type OptionValues, options, optionsOf } from '../base/options.ts';
import { meant } from './nearest.ts';

/** The caller asked for something that cannot be: the message says where and what. Never holds a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface OptionSources {
  /** By flag (`--port`): its values in order. A boolean flag without a value has `true`. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The parsed `--config` file. */
  readonly file: { readonly path: string; readonly content: unknown } | null;
}

export interface ResolvedOptions<Command extends CommandName> {
  readonly values: OptionValues<Command>;
  /** Where each value comes from, as errors name it (`--port`, `S3LECT_PORT`, `x.json: port`); no entry for a default. */
  readonly from: ReadonlyMap<string, string>;
}

/** Resolves every option of a command. Raises `UsageError`. */
export function resolveOptions<Command extends CommandName>(command: Command, sources: OptionSources): ResolvedOptions<Command> {
  const entries = fileEntries(sources.file);
  const values: Record<string, unknown> = {};
  const from = new Map<string, string>();
  for (const entry of optionsOf(command)) {
    const found = find(entry, sources, entries);
    values[entry.name] = found === null ? entry.default : found.value;
    if (found !== null) from.set(entry.name, found.source);
  }
  return { values: values as OptionValues<Command>, from };
}

interface Found {
  readonly value: unknown;
  readonly source: string;
}

function find(entry: OptionEntry, { flags, env, file }: OptionSources, entries: Readonly<Record<string, unknown>>): Found | null {
  const given = flags.get(entry.flag);
  if (entry.flag !== '' && given !== undefined) return { value: fromText(entry, entry.flag, given), source: entry.flag };
  const variable = entry.env.find((name) => (env[name] ?? '') !== '');
  if (variable !== undefined) {
    const text = env[variable] ?? '';
    const texts = entry.type === 'list' ? text.split(',') : [text];
    return { value: fromText(entry, variable, texts), source: variable };
  }
  if (file === null || !Object.hasOwn(entries, entry.name)) return null;
  const source = `${file.path}: ${entry.name}`;
  return { value: fromJson(entry, source, entries[entry.name]), source };
}

function fileEntries(file: OptionSources['file']): Readonly<Record<string, unknown>> {
  if (file === null) return {};
  const { path, content } = file;
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new UsageError(`${path}: must hold one JSON object`);
  const names = options.map(({ name }) => name);
  for (const name of Object.keys(content)) {
    if (name === 'config') throw new UsageError(`${path}: config: a file cannot name another`);
    if ((names as string[]).includes(name)) continue;
    throw new UsageError(`${path}: unknown option ${JSON.stringify(name)}${meant(name, names)}`);
  }
  return content as Record<string, unknown>;
}

function fromText(entry: OptionEntry, source: string, texts: readonly string[]): unknown {
  const [text = ''] = texts;
  if (entry.type !== 'list' && texts.length > 1) throw new UsageError(`${source}: given more than once`);
  switch (entry.type) {
    case 'integer':
      if (!/^[+-]?\d+$/.test(text)) throw new UsageError(`${source}: ${shown(entry, text)} is not an integer`);
      return checkInteger(entry, source, Number(text));
    case 'boolean':
      if (/^(true|yes|1)$/i.test(text)) return true;
      if (/^(false|no|0)$/i.test(text)) return false;
      throw new UsageError(`${source}: ${shown(entry, text)} is neither true nor false`);
    case 'list':
      return texts;
    case 'string':
      return checkString(entry, source, text);
    default:
      return unreachable(entry);
  }
}

function fromJson(entry: OptionEntry, source: string, value: unknown): unknown {
  const must = (what: string): UsageError => new UsageError(`${source}: must be ${what}`);
  switch (entry.type) {
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw must('an integer');
      return checkInteger(entry, source, value);
    case 'boolean':
      if (typeof value !== 'boolean') throw must('true or false');
      return value;
    case 'list':
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw must('an array of strings');
      return value;
    case 'string':
      if (typeof value !== 'string') throw must('a string');
      return checkString(entry, source, value);
    default:
      return unreachable(entry);
  }
}

function checkInteger({ min, max }: Extract<OptionEntry, { type: 'integer' }>, source: string, value: number): number {
  if (value < min || value > max) throw new UsageError(`${source}: ${value} is not between ${min} and ${max}`);
  return value;
}

function checkString(entry: Extract<OptionEntry, { type: 'string' }>, source: string, value: string): string {
  if (value === '') throw new UsageError(`${source}: must not be empty`);
  if (entry.choices === undefined || entry.choices.includes(value)) return value;
  throw new UsageError(`${source}: ${shown(entry, value)} is none of ${entry.choices.join(', ')}`);
}

function shown({ secret }: OptionEntry, value: string): string {
  return secret === true ? 'the value' : JSON.stringify(value);
}
