/**
 * The option table: every option of every command, as flag, environment variable and entry of a JSON file, in that
 * precedence. `--help` and `docs/options.md` are written from it. Nothing here reads a file or the environment by itself.
 */
import { limits } from './limits.ts';

export type CommandName = 'serve' | 'query' | 'explain';

interface OptionBase {
  /** The entry in a `--config` file. */
  readonly name: string;
  /** Empty: no flag, because the command line of a process can be read by others. */
  readonly flag: string;
  /** Environment variables; the first that is set (an empty one is not) counts. */
  readonly env: readonly string[];
  /** What stands for the value in `--help`. */
  readonly placeholder?: string;
  readonly doc: string;
  readonly commands: readonly CommandName[];
  /** The value is never shown, not even in an error. */
  readonly secret?: true;
}

export type OptionEntry = OptionBase &
  (
    | { readonly type: 'string'; readonly default: string | undefined; readonly choices?: readonly string[] }
    | { readonly type: 'integer'; readonly default: number | undefined; readonly min: number; readonly max: number }
    | { readonly type: 'boolean'; readonly default: false }
    /** A flag may be repeated; an environment variable holds the values separated by commas; a file an array. */
    | { readonly type: 'list'; readonly default: readonly string[] }
  );

const threads_max = 1024;
const entries_max = 1_000_000;

export const options = [
  {
    name: 'config',
    flag: '--config',
    env: ['S3LECT_CONFIG'],
    type: 'string',
    placeholder: 'FILE',
    default: undefined,
    doc: 'JSON file with options by name. It may hold options of all commands.',
    commands: ['serve', 'query', 'explain'],
  },
  {
    name: 'host',
    flag: '--host',
    env: ['S3LECT_HOST'],
    type: 'string',
    placeholder: 'ADDRESS',
    default: '127.0.0.1',
    doc: 'Address to listen on. With the default credentials it must be a loopback address.',
    commands: ['serve'],
  },
  {
    name: 'port',
    flag: '--port',
    env: ['S3LECT_PORT'],
    type: 'integer',
    placeholder: 'N',
    default: 9000,
    min: 0,
    max: 65_535,
    doc: 'Port to listen on; 0 takes a free one.',
    commands: ['serve'],
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
    name: 'buckets',
    flag: '--bucket',
    env: ['S3LECT_BUCKETS'],
    type: 'list',
    placeholder: 'NAME=DIR',
    default: [],
    doc: 'Serve a further folder as the bucket NAME. May be repeated.',
    commands: ['serve'],
  },
  {
    name: 'state',
    flag: '--state',
    env: ['S3LECT_STATE'],
    type: 'string',
    placeholder: 'DIR',
    default: undefined,
    doc: 'Folder for what the server itself has to remember: users, and the policies and settings of buckets. It must lie outside of every served folder, and only its owner may enter it. When not given, s3lect in $XDG_STATE_HOME or ~/.local/state.',
    commands: ['serve'],
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
  {
    name: 'rootUser',
    flag: '--root-user',
    env: ['S3LECT_ROOT_USER', 'MINIO_ROOT_USER'],
    type: 'string',
    placeholder: 'NAME',
    default: 's3lect',
    doc: 'Access key of the root user, 3 characters or more.',
    commands: ['serve'],
  },
  {
    name: 'rootUserFile',
    flag: '--root-user-file',
    env: ['S3LECT_ROOT_USER_FILE', 'MINIO_ROOT_USER_FILE'],
    type: 'string',
    placeholder: 'FILE',
    default: undefined,
    doc: 'File that holds the access key of the root user.',
    commands: ['serve'],
  },
  {
    name: 'rootPassword',
    flag: '',
    env: ['S3LECT_ROOT_PASSWORD', 'MINIO_ROOT_PASSWORD'],
    type: 'string',
    default: 's3lect-secret',
    doc: 'Secret key of the root user, 8 characters or more. There is no flag: command lines can be read by other users.',
    commands: ['serve'],
    secret: true,
  },
  {
    name: 'rootPasswordFile',
    flag: '--root-password-file',
    env: ['S3LECT_ROOT_PASSWORD_FILE', 'MINIO_ROOT_PASSWORD_FILE'],
    type: 'string',
    placeholder: 'FILE',
    default: undefined,
    doc: 'File that holds the secret key of the root user.',
    commands: ['serve'],
  },
  {
    name: 'scanRangeBoundaries',
    flag: '--scan-range',
    env: ['S3LECT_SCAN_RANGE_BOUNDARIES'],
    type: 'string',
    choices: ['shared', 'inclusive'],
    default: 'shared',
    doc: 'Whether the record that begins at the Start of a ScanRange belongs to the range before (shared: ranges that share boundaries answer each record once) or to this one (inclusive: as Amazon words it).',
    commands: ['serve'],
  },
  {
    name: 'recordBytesMax',
    flag: '--record-bytes-max',
    env: ['S3LECT_RECORD_BYTES_MAX'],
    type: 'integer',
    placeholder: 'BYTES',
    default: limits.record_bytes_max,
    min: 1024,
    max: limits.task_output_bytes_max,
    doc: 'Longest record, read or written; longer ones are OverMaxRecordSize.',
    commands: ['serve'],
  },
  {
    name: 'queriesActiveMax',
    flag: '--queries-active-max',
    env: ['S3LECT_QUERIES_ACTIVE_MAX'],
    type: 'integer',
    placeholder: 'N',
    default: limits.queries_active_max,
    min: 1,
    max: entries_max,
    doc: 'Queries that run at once; further ones wait.',
    commands: ['serve'],
  },
  {
    name: 'queriesQueuedMax',
    flag: '--queries-queued-max',
    env: ['S3LECT_QUERIES_QUEUED_MAX'],
    type: 'integer',
    placeholder: 'N',
    default: limits.queries_queued_max,
    min: 0,
    max: entries_max,
    doc: 'Queries that wait at once; further ones are refused with SlowDown.',
    commands: ['serve'],
  },
  {
    name: 'queryDeadlineMs',
    flag: '--query-deadline-ms',
    env: ['S3LECT_QUERY_DEADLINE_MS'],
    type: 'integer',
    placeholder: 'MS',
    default: limits.query_deadline_ms,
    min: 1,
    max: 2_147_483_647,
    doc: 'Milliseconds after which a query is ended.',
    commands: ['serve'],
  },
  {
    name: 'input',
    flag: '--input',
    env: ['S3LECT_INPUT'],
    type: 'string',
    choices: ['csv', 'jsonl', 'json', 'parquet'],
    default: undefined,
    doc: 'Format of the input; guessed from its first bytes when not given.',
    commands: ['query', 'explain'],
  },
  {
    name: 'header',
    flag: '--header',
    env: ['S3LECT_HEADER'],
    type: 'string',
    choices: ['use', 'ignore', 'none'],
    default: undefined,
    doc: 'First record of a CSV: names to use, a line to skip, or data. Guessed when not given.',
    commands: ['query', 'explain'],
  },
  {
    name: 'delimiter',
    flag: '--delimiter',
    env: ['S3LECT_DELIMITER'],
    type: 'string',
    placeholder: 'CHARS',
    default: undefined,
    doc: 'Between the fields of a CSV: one or two characters, or \\t. Guessed when not given.',
    commands: ['query', 'explain'],
  },
  {
    name: 'compression',
    flag: '--compression',
    env: ['S3LECT_COMPRESSION'],
    type: 'string',
    choices: ['none', 'gzip', 'bzip2', 'zstd', 'lz4', 'snappy'],
    default: undefined,
    doc: 'Compression of the input; guessed from its first bytes when not given.',
    commands: ['query', 'explain'],
  },
  {
    name: 'noQuotedNewlines',
    flag: '--no-quoted-newlines',
    env: ['S3LECT_NO_QUOTED_NEWLINES'],
    type: 'boolean',
    default: false,
    doc: 'Every line end of a CSV ends a record, also inside quotes (as S3 Select has it by default). Implied by a scan range.',
    commands: ['query', 'explain'],
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
