/**
 * The option table: every option of every command, as flag, environment variable and entry of a JSON file, in that
 * precedence. `--help` and `docs/options.md` are written from it. Nothing here reads a file or the environment by itself.
 */
import type { CommandName, OptionEntry } from './option-entry.ts';
import { serveOptions } from './serve-options.ts';
import { userOptions } from './user-options.ts';

export type { CommandName, OptionEntry } from './option-entry.ts';

const threads_max = 1024;

export const options = [
  {
    name: 'config',
    flag: '--config',
    env: ['S3LECT_CONFIG'],
    type: 'string',
    placeholder: 'FILE',
    default: undefined,
    doc: 'JSON file with options by name. It may hold options of all commands.',
    commands: ['serve', 'query', 'explain', 'schema', 'user'],
  },
  {
    name: 'workers',
    flag: '--workers',
    env: ['S3LECT_WORKERS'],
    type: 'integer',
    placeholder: 'N',
    default: undefined,
    min: 0,
    max: threads_max,
    doc: 'Worker threads; as many as there are cores when not given. 0 runs queries in the main thread.',
    commands: ['serve', 'query'],
  },
  {
    name: 'region',
    flag: '--region',
    env: ['S3LECT_REGION'],
    type: 'string',
    placeholder: 'NAME',
    default: undefined,
    doc: 'Region that signatures must name; any, when not given. For `query`, the region of the server asked, else as the AWS tools find it.',
    commands: ['serve', 'query'],
  },
  ...serveOptions,
  ...userOptions,
  {
    name: 'input',
    flag: '--input',
    env: ['S3LECT_INPUT'],
    type: 'string',
    choices: ['csv', 'jsonl', 'json', 'parquet'],
    default: undefined,
    doc: 'Format of the input; guessed from its first bytes when not given.',
    commands: ['query', 'explain', 'schema'],
  },
  {
    name: 'header',
    flag: '--header',
    env: ['S3LECT_HEADER'],
    type: 'string',
    choices: ['use', 'ignore', 'none'],
    default: undefined,
    doc: 'First record of a CSV: names to use, a line to skip, or data. Guessed when not given.',
    commands: ['query', 'explain', 'schema'],
  },
  {
    name: 'delimiter',
    flag: '--delimiter',
    env: ['S3LECT_DELIMITER'],
    type: 'string',
    placeholder: 'CHARS',
    default: undefined,
    doc: 'Between the fields of a CSV: one or two characters, or \\t. Guessed when not given.',
    commands: ['query', 'explain', 'schema'],
  },
  {
    name: 'compression',
    flag: '--compression',
    env: ['S3LECT_COMPRESSION'],
    type: 'string',
    choices: ['none', 'gzip', 'bzip2', 'zstd', 'lz4', 'snappy'],
    default: undefined,
    doc: 'Compression of the input; guessed from its first bytes when not given.',
    commands: ['query', 'explain', 'schema'],
  },
  {
    name: 'noQuotedNewlines',
    flag: '--no-quoted-newlines',
    env: ['S3LECT_NO_QUOTED_NEWLINES'],
    type: 'boolean',
    default: false,
    doc: 'Every line end of a CSV ends a record, also inside quotes (as S3 Select has it by default). Implied by a scan range.',
    commands: ['query', 'explain', 'schema'],
  },
  {
    name: 'strictJson',
    flag: '--strict-json',
    env: ['S3LECT_STRICT_JSON'],
    type: 'boolean',
    default: false,
    doc: 'Hold all of a JSON text to the grammar, not only what a query reads or writes of it.',
    commands: ['serve', 'query'],
  },
  {
    name: 'output',
    flag: '--output',
    env: ['S3LECT_OUTPUT'],
    type: 'string',
    choices: ['table', 'csv', 'tsv', 'json'],
    default: undefined,
    doc: 'Format of the answer: a table on a terminal and CSV elsewhere when not given.',
    commands: ['query'],
  },
  {
    name: 'noHeaderOut',
    flag: '--no-header-out',
    env: ['S3LECT_NO_HEADER_OUT'],
    type: 'boolean',
    default: false,
    doc: 'Leave out the line of column names above CSV and TSV.',
    commands: ['query'],
  },
  {
    name: 'scanRange',
    flag: '--scan-range',
    env: ['S3LECT_SCAN_RANGE'],
    type: 'string',
    placeholder: 'START-END',
    default: undefined,
    doc: 'Only the records that begin in these bytes of an uncompressed input. START- is all from there, -N the last N bytes.',
    commands: ['query'],
  },
  {
    name: 'endpoint',
    flag: '--endpoint',
    env: ['S3LECT_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    type: 'string',
    placeholder: 'URL',
    default: undefined,
    doc: "The server that s3:// means; Amazon's when not given. Credentials come from where the AWS tools look for them.",
    commands: ['query'],
  },
  {
    name: 'stats',
    flag: '--stats',
    env: ['S3LECT_STATS'],
    type: 'boolean',
    default: false,
    doc: 'Print what was scanned and how fast to standard error.',
    commands: ['query'],
  },
  {
    name: 'json',
    flag: '--json',
    env: ['S3LECT_JSON'],
    type: 'boolean',
    default: false,
    doc: 'Print everything as one JSON document.',
    commands: ['schema'],
  },
] as const satisfies readonly OptionEntry[];

type Entry = (typeof options)[number];

type ValueOf<E extends Entry> = E extends { type: 'integer' }
  ? number
  : E extends { type: 'boolean' }
    ? boolean
    : E extends { type: 'list' }
      ? readonly string[]
      : E extends { choices: readonly (infer Choice)[] }
        ? Choice
        : string;

type Optional<E extends Entry> = E extends { default: undefined } ? undefined : never;

/** The values of a command's options by name; undefined for one that has no default and was not given. */
export type OptionValues<Command extends CommandName> = {
  readonly [E in Entry as Command extends E['commands'][number] ? E['name'] : never]: ValueOf<E> | Optional<E>;
};

/** The options of one command, in the order of the table. */
export function optionsOf(command: CommandName): readonly OptionEntry[] {
  return (options as readonly OptionEntry[]).filter((entry) => entry.commands.includes(command));
}
