// Settings measured as its fastest here. CSV: the line ending named, DOUBLE rather than DECIMAL, insertion order kept (its default).
// JSON: `read_json` with the members needed as columns, or, where a query says so, lines read as a CSV of one column and JSON functions.
import { DuckDBInstance } from '@duckdb/node-api';
import { fill, nested } from '../json-sql.mjs';

const CSV_TYPES = { int: 'INTEGER', float: 'DOUBLE', decimal: 'DECIMAL(12, 2)', date: 'DATE' };
const JSON_TYPES = { int: 'BIGINT', float: 'DOUBLE', text: 'VARCHAR' };
const OBJECT_BYTES_MAX = 4_000_000_000;
/** Stands in no line, so that a line is one field. */
const NO_DELIMITER = '\u0001';

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open({ threads }) {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  return {
    async run(query, dataset, sink) {
      const { sql, format } = planned(query, dataset);
      await connection.run(`COPY (${sql}) TO '${sink.path}' (${format})`);
    },
  };
}

/** @returns {{ sql: string, format: string }} */
function planned(query, dataset) {
  if (!query.json)
    return {
      sql: query.sql.replace('{source}', query.parquet ? `read_parquet('${dataset.path}')` : csv(query, dataset)),
      format: 'FORMAT csv, HEADER false',
    };
  if (dataset.items) return ofDocument(query.json, dataset);
  if (query.json.duckdb === 'lines') return ofLines(query.json, dataset);
  const source = `read_json('${dataset.path}', auto_detect = false, format = 'newline_delimited', columns = {${columns(query.json)}})`;
  return { sql: fill(query.json.sql, { source, record: '*', member: path }), format: 'FORMAT json' };
}

function csv(query, dataset) {
  const columns = dataset.columns.map((name) => `"${name}": '${CSV_TYPES[query.types[name]] ?? 'VARCHAR'}'`);
  return (
    `read_csv('${dataset.path}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', ` +
    `new_line = '\\n', columns = {${columns.join(', ')}})`
  );
}

function ofLines({ sql, members }, dataset) {
  const source =
    `read_csv('${dataset.path}', auto_detect = false, header = false, delim = '${NO_DELIMITER}', quote = '', escape = '', ` +
    `new_line = '\\n', columns = {json: 'VARCHAR'})`;
  const member = (names) => {
    const type = members[names.join('.')];
    const at = `'$${names.map((name) => `."${name}"`).join('')}'`;
    return type === 'text' ? `(json->>${at})` : `(json->${at})::${JSON_TYPES[type]}`;
  };
  return {
    sql: fill(sql, { source, record: 'json', member }),
    // A record as it stands; nothing but JSON is ever written in this format.
    format: sql.includes('{record}') ? `FORMAT csv, HEADER false, QUOTE '', DELIMITER '${NO_DELIMITER}'` : 'FORMAT json',
  };
}

function ofDocument({ sql, members }, dataset) {
  const list = `STRUCT(${nested(members, { leaf, object }).map(([name, type]) => `"${name}" ${type}`)})[]`;
  const document =
    `read_json('${dataset.path}', auto_detect = false, format = 'unstructured', maximum_object_size = ${OBJECT_BYTES_MAX}, ` +
    `columns = {${dataset.items}: '${list}'})`;
  const source = `(SELECT unnest(${dataset.items}, max_depth := 2) FROM ${document})`;
  return { sql: fill(sql, { source, record: '*', member: path }), format: 'FORMAT json' };
}

function columns({ members }) {
  return nested(members, { leaf, object })
    .map(([name, type]) => `"${name}": '${type}'`)
    .join(', ');
}

function path(names) {
  return names.map((name) => `"${name}"`).join('.');
}

function leaf(type) {
  return JSON_TYPES[type];
}

function object(members) {
  return `STRUCT(${members.map(([name, type]) => `"${name}" ${type}`).join(', ')})`;
}
