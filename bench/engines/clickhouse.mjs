// Settings measured as its fastest here: CSVWithNames (it parses only the columns needed, CSV parses all), no work for defaults, no
// parallel parsing for one thread. Its cache of row counts is off: it would answer COUNT(*) without reading the file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chdb from 'chdb';

const TYPES = { int: 'Int64', float: 'Float64', decimal: 'Decimal(12, 2)', date: 'Date' };

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
      const columns = dataset.columns.map((name) => `${name} ${TYPES[query.types[name]] ?? 'String'}`);
      const source = `file('${dataset.path}', CSVWithNames, '${columns.join(', ')}')`;
      await session.queryAsync(
        `INSERT INTO FUNCTION file('${sink.path}', CSV) ${query.sql.replace('{source}', source)} SETTINGS ${settings.join(', ')}`,
      );
    },
  };
}
