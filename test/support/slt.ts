/**
 * The corpus of SQL cases as text. A file holds records with a blank line between them; lines with `#` before a record are notes.
 *
 *     table NAME [option…]     CSV, a line a record; with `escaped`, lines are joined and `\n \r \t \0 \\ \u{…}` are written out
 *     table NAME json=TYPE      JSON, `lines` or `document`, as it stands; `escaped` as above
 *     table NAME parquet       the types of the columns as JSON, then a line of JSON a record: see `parquet-table.ts`
 *     query TABLE [option…]    SQL, `----`, the output as it is
 *     error TABLE [option…]    SQL, `----`, the rows before the error, then `CODE line:column` or `CODE byte N "value"`
 *     explain TABLE            SQL, `----`, the plan
 *
 * `also="type type…"` of a CSV table with a header: its fields are values of these types, an empty one NULL, and each query answers
 * the same over a Parquet object that holds them.
 *
 * An answer that lines cannot show (no line feed at its end, an empty line, control characters) stands behind `---- escaped`, written
 * as tables are. Options are SDK members by short names: see `tableMembers` and `outputMembers`.
 */
import { gzipSync } from 'node:zlib';
import type { InputFormat, OutputFormat } from '../../src/formats/format.ts';
import { type CsvInputMember, type CsvOutputMember, resolveInput, resolveOutput } from '../../src/formats/serialization.ts';
import { type ColumnType, parquetTable } from './parquet-table.ts';

export interface Table {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly input: InputFormat;
  /** The same table in another format; null where there is none. */
  readonly twin: Table | null;
}

export interface Case {
  readonly kind: 'query' | 'error' | 'explain';
  readonly table: Table;
  readonly output: OutputFormat;
  /** The answer is floats that depend on where splits end: they are compared as numbers. */
  readonly numeric: boolean;
  readonly sql: string;
  readonly expected: string;
  /** 1-based, of the record's first line. */
  readonly line: number;
  /** Lines (0-based) from the `----` to the end of the record. */
  readonly answer: readonly [from: number, to: number];
}

/** The cases of the file `name`, in its order. Throws an Error that names the line of what it cannot read. */
export function parseCases(name: string, text: string): Case[] {
  const lines = text.split('\n');
  const tables = new Map<string, Table>();
  const cases: Case[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] === '' || lines[at]?.startsWith('#')) continue;
    let end = at;
    while (end < lines.length && lines[end] !== '') end++;
    const [kind = '', table = '', ...words] = tokensOf(lines[at] ?? '');
    const fail = (reason: string): Error => new Error(`${name}:${at + 1}: ${reason}`);
    if (kind === 'table') {
      tables.set(table, readTable(table, optionsOf(words, tableMembers, fail), lines.slice(at + 1, end)));
    } else if (kind === 'query' || kind === 'error' || kind === 'explain') {
      const read = tables.get(table);
      if (read === undefined) throw fail(`no table ${table} above`);
      cases.push(readCase(kind, read, optionsOf(words, outputMembers, fail), lines, [at, end], fail));
    } else {
      throw fail(`no record begins with ${kind}`);
    }
    at = end;
  }
  return cases;
}

/** The lines of an answer, its `----` first. */
export function answerLines(answer: string): string[] {
  const plain = answer.replace(/\n$/, '');
  if (answer === '') return ['----'];
  if (answer.endsWith('\n') && !/^$|\n\n|^\n|\n$/.test(plain) && !unprintable.test(plain)) return ['----', ...plain.split('\n')];
  return ['---- escaped', ...answer.split(/(?<=\n)/).map((line) => line.replace(escaped, escapeOf))];
}

/** What a line of text cannot show. */
const unprintable = /(?![ \n])[\p{C}\p{Z}]/u;
const escaped = new RegExp(`[\\\\\n]|${unprintable.source}`, 'gu');

type Options = ReadonlyMap<string, string | true>;

/** Options of a table and the members of `InputSerialization.CSV` they set. */
const tableMembers: Readonly<Record<string, keyof Omit<CsvInputMember, 'AllowQuotedRecordDelimiter'> | null>> = {
  header: 'FileHeaderInfo',
  records: 'RecordDelimiter',
  fields: 'FieldDelimiter',
  quote: 'QuoteCharacter',
  escape: 'QuoteEscapeCharacter',
  comments: 'Comments',
  'quoted-records': null,
  json: null,
  parquet: null,
  also: null,
  gzip: null,
  escaped: null,
};

/** Options of a case and the members of `OutputSerialization` they set. */
const outputMembers: Readonly<Record<string, keyof CsvOutputMember | null>> = {
  records: 'RecordDelimiter',
  fields: 'FieldDelimiter',
  quote: 'QuoteCharacter',
  escape: 'QuoteEscapeCharacter',
  always: null,
  json: null,
  numeric: null,
};

function readTable(name: string, options: Options, lines: readonly string[]): Table {
  if (options.has('parquet')) return readParquet(name, lines);
  const text = options.has('escaped') ? textOf(lines.join('')) : lines.map((line) => `${line}\n`).join('');
  const bytes = Buffer.from(text);
  const csv = { ...membersOf(options, tableMembers), AllowQuotedRecordDelimiter: options.has('quoted-records') };
  const json = options.get('json');
  const format = json === undefined ? { CSV: csv } : { JSON: { Type: json === 'document' ? ('DOCUMENT' as const) : ('LINES' as const) } };
  const gzip = options.has('gzip');
  return {
    name,
    bytes: gzip ? gzipSync(bytes) : bytes,
    input: resolveInput({ ...format, CompressionType: gzip ? 'GZIP' : 'NONE' }),
    twin: twinOf(name, options.get('also'), lines),
  };
}

/** So that a few records are several row groups, and those several pages. */
const small = { rowGroupSize: 3, pageSize: 64 };

function readParquet(name: string, [types = '{}', ...rows]: readonly string[]): Table {
  const records = rows.map((row) => JSON.parse(row) as Record<string, unknown>);
  const bytes = parquetTable(JSON.parse(types) as Record<string, ColumnType>, records, small);
  return { name, bytes, input: resolveInput({ Parquet: {} }), twin: null };
}

function twinOf(name: string, also: string | true | undefined, [header = '', ...lines]: readonly string[]): Table | null {
  if (typeof also !== 'string') return null;
  const types = also.split(' ');
  const names = header.split(',');
  const rows = lines.map((line) => {
    const cells = line
      .split(',')
      .map((cell, index) => [names[index], cell === '' ? null : types[index] === 'bool' ? cell === 'true' : cell]);
    return Object.fromEntries(cells) as Record<string, unknown>;
  });
  const bytes = parquetTable(Object.fromEntries(names.map((column, index) => [column, types[index] as string])), rows, small);
  return { name, bytes, input: resolveInput({ Parquet: {} }), twin: null };
}

function readCase(
  kind: Case['kind'],
  table: Table,
  options: Options,
  lines: readonly string[],
  [start, end]: readonly [number, number],
  fail: (reason: string) => Error,
): Case {
  const mark = lines.findIndex((line, index) => index > start && index < end && line.startsWith('----'));
  const from = mark < 0 ? end : mark;
  const members: CsvOutputMember = membersOf(options, outputMembers);
  if (options.has('always')) members.QuoteFields = 'ALWAYS';
  const sql = lines.slice(start + 1, from).join('\n');
  if (sql === '') throw fail('no SQL');
  const answer = lines.slice(from + 1, end);
  return {
    kind,
    table,
    output: resolveOutput(options.has('json') ? { JSON: members } : { CSV: members }),
    numeric: options.has('numeric'),
    sql,
    expected: lines[from] === '---- escaped' ? textOf(answer.join('')) : answer.map((line) => `${line}\n`).join(''),
    line: start + 1,
    answer: [from, end],
  };
}

/** Words with blanks between them; quotes make a value of any characters. */
function tokensOf(line: string): string[] {
  return line.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g) ?? [];
}

function optionsOf(words: readonly string[], known: Readonly<Record<string, unknown>>, fail: (reason: string) => Error): Options {
  return new Map(
    words.map((word) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
      if (!Object.hasOwn(known, name)) throw fail(`no option ${name}`);
      return [name, value === undefined ? true : textOf(value.startsWith('"') ? value.slice(1, -1) : value)] as const;
    }),
  );
}

function membersOf<Member extends string>(
  options: Options,
  names: Readonly<Record<string, Member | null>>,
): Partial<Record<Member, string>> {
  const members: Partial<Record<Member, string>> = {};
  for (const [option, value] of options) {
    const member = names[option] ?? null;
    if (member !== null && value !== true) members[member] = value;
  }
  return members;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', '\\': '\\', '"': '"' };

function textOf(text: string): string {
  return text.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/gis, (_, code: string | undefined, character: string) => {
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    const plain = escapes[character];
    if (plain === undefined) throw new Error(`no escape \\${character}`);
    return plain;
  });
}

function escapeOf(character: string): string {
  const [name] = Object.entries(escapes).find(([, escaped]) => escaped === character) ?? [];
  return `\\${name ?? `u{${character.codePointAt(0)?.toString(16)}}`}`;
}
