// Settings measured as its fastest here. CSV: CSVWithNames (it parses only the columns needed, CSV parses all), no work for defaults. JSON:
// whole lines (LineAsString) and JSONExtract, where JSONEachRow is two to three times slower. No parallel parsing for one thread. Its cache
// of row counts is off: it would answer COUNT(*) without reading the file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chdb from 'chdb';
import { fill, nested } from '../json-sql.mjs';

const CSV_TYPES = { int: 'Int64', float: 'Float64', decimal: 'Decimal(12, 2)', date: 'Date' };
const JSON_TYPES = { int: 'Int64', float: 'Float64', text: 'String' };
const EXTRACT = { int: 'JSONExtractInt', float: 'JSONExtractFloat', text: 'JSONExtractString' };

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open({ threads }) {
  const directory = mkdtempSync(join(tmpdir(), 's3lect-bench-clickhouse-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const session = new chdb.Session(directory);
  const settings = Object.entries({
    max_threads: threads,
    input_format_parallel_parsing: threads > 1 ? 1 : 0,
    input_format_null_as_default: 0,
    input_format_defaults_for_omitted_fields: 0,
    input_format_csv_empty_as_default: 0,
    use_cache_for_count_from_files: 0,
    engine_file_truncate_on_insert: 1,
  }).map(([name, value]) => `${name} = ${value}`);
  return {
    async run(query, dataset, sink) {
      const { sql, format } = planned(query, dataset);
      await session.queryAsync(`INSERT INTO FUNCTION file('${sink.path}', ${format}) ${sql} SETTINGS ${settings.join(', ')}`);
    },
  };
}

/** @returns {{ sql: string, format: string }} */
function planned(query, dataset) {
  if (!query.json)
    return { sql: query.sql.replace('{source}', query.parquet ? `file('${dataset.path}', Parquet)` : csv(query, dataset)), format: 'CSV' };
  if (dataset.items) return ofDocument(query.json, dataset);
  const { sql, members } = query.json;
  const source = `file('${dataset.path}', LineAsString, 'json String')`;
  const member = (names) => `${EXTRACT[members[names.join('.')]]}(json, ${names.map((name) => `'${name}'`).join(', ')})`;
  return { sql: fill(sql, { source, record: 'json', member }), format: sql.includes('{record}') ? 'LineAsString' : 'JSONEachRow' };
}

function csv(query, dataset) {
  const columns = dataset.columns.map((name) => `${name} ${CSV_TYPES[query.types[name]] ?? 'String'}`);
  return `file('${dataset.path}', CSVWithNames, '${columns.join(', ')}')`;
}

function ofDocument({ sql, members }, dataset) {
  const item = object(nested(members, { leaf: (type) => JSON_TYPES[type], object }));
  const document = `file('${dataset.path}', JSONEachRow, '${dataset.items} Array(${item})')`;
  const source = `(SELECT arrayJoin(${dataset.items}) AS item FROM ${document})`;
  return { sql: fill(sql, { source, record: 'item', member: (names) => `item.${names.join('.')}` }), format: 'JSONEachRow' };
}

function object(members) {
  return `Tuple(${members.map(([name, type]) => `\`${name}\` ${type}`).join(', ')})`;
}
