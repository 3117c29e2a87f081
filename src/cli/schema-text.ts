/** The report on CSV and JSON: what was guessed of the file, and what its first records look like. */

import { fieldType, jsonType, textTypes, valueTypes } from '../formats/guess-types.ts';
import type { InputSerialization } from '../formats/serialization.ts';
import { select } from '../index.ts';
import { formatBytes } from './progress.ts';
import { count, type Report } from './schema-report.ts';

/** Raises what a query of the file would. */
export async function textReport(path: string, bytes: number, serialization: InputSerialization): Promise<Report> {
  const { from, records } = await sample(path, serialization);
  const columns = serialization.CSV === undefined ? columnsOf(records, jsonType, valueTypes) : columnsOf(records, fieldType, textTypes);
  const compression = serialization.CompressionType ?? 'NONE';
  const form = formOf(serialization);
  const whole = records.length < RECORDS_MAX;
  const title = `Columns of ${whole ? 'its' : 'its first'} ${count(records.length)} ${records.length === 1 ? 'record' : 'records'}`;
  return {
    heading: [
      `${form}, ${formatBytes(bytes)}${compression === 'NONE' ? '' : `, ${compression}`}`,
      ...(from === DEFAULT_FROM ? [] : [`records are reached by FROM ${from}`]),
      `InputSerialization ${JSON.stringify(serialization)}`,
    ],
    tables: [
      {
        title,
        columns: ['column', 'type', 'empty'],
        rows: columns.map(({ name, types, empty }) => [name, types.join(' or '), count(empty)]),
      },
    ],
    json: {
      format: form.toLowerCase(),
      bytes,
      input_serialization: serialization,
      from,
      records_sampled: records.length,
      columns,
    },
  };
}

const RECORDS_MAX = 1000;
const DEFAULT_FROM = 'S3Object';
/** FROM for a document that is one list. */
const ELEMENTS_FROM = 'S3Object[*][*]';

type JsonRecord = Readonly<Record<string, unknown>>;

interface ColumnReport {
  /** Dotted for members of structs. */
  readonly name: string;
  readonly types: readonly string[];
  /** Records that have nothing, or only blanks, there. */
  readonly empty: number;
}

function formOf({ CSV, JSON: json }: InputSerialization): string {
  if (CSV !== undefined) return 'CSV';
  return json?.Type === 'DOCUMENT' ? 'JSON' : 'JSONL';
}

async function sample(
  path: string,
  input: InputSerialization,
): Promise<{ readonly from: string; readonly records: readonly JsonRecord[] }> {
  const records = await recordsOf(path, input, DEFAULT_FROM);
  const isList = input.CSV === undefined && records.length === 1 && Array.isArray(records[0]?.['_1']);
  return isList ? { from: ELEMENTS_FROM, records: await recordsOf(path, input, ELEMENTS_FROM) } : { from: DEFAULT_FROM, records };
}

async function recordsOf(path: string, input: InputSerialization, from: string): Promise<JsonRecord[]> {
  const expression = `SELECT * FROM ${from} LIMIT ${RECORDS_MAX}`;
  const blocks: Uint8Array[] = [];
  for await (const block of await select({ source: path, expression, input, output: { JSON: {} }, workers: 0 })) blocks.push(block);
  const lines = Buffer.concat(blocks).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as JsonRecord);
}

/** The type of a value; null where it is empty. */
type TypeOf = (value: unknown) => string | null;

function columnsOf(records: readonly JsonRecord[], typeOf: TypeOf, together: (types: ReadonlySet<string>) => string[]): ColumnReport[] {
  const seen = new Map<string, { readonly types: Set<string>; values: number }>();
  const add = (name: string, value: unknown): void => {
    if (isStruct(value)) {
      for (const [member, inner] of Object.entries(value)) add(`${name}.${member}`, inner);
      return;
    }
    const column = seen.get(name) ?? { types: new Set<string>(), values: 0 };
    const type = typeOf(value);
    if (type !== null) {
      column.types.add(type);
      column.values++;
    }
    if (seen.size < COLUMNS_MAX || seen.has(name)) seen.set(name, column);
  };
  for (const record of records) for (const [name, value] of Object.entries(record)) add(name, value);
  return [...seen].map(([name, { types, values }]) => ({ name, types: together(types), empty: records.length - values }));
}

const COLUMNS_MAX = 1000;

function isStruct(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}
