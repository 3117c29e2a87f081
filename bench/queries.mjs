// What is measured, as data: our SQL, the peers' SQL, Polars' plan, how answers are compared, what we want to reach.
import { EXPRESSION_QUERIES } from './expressions.mjs';
import { BZIP2_QUERY, DOCUMENT_QUERIES, JSON_QUERIES } from './json-queries.mjs';
import { LINEITEM_COLUMNS, RARE_WORD } from './lineitem.mjs';
import { PARQUET_QUERIES } from './parquet-queries.mjs';

/**
 * @typedef {object} Query
 * @property {string} id
 * @property {string} dataset see Dataset in data.mjs
 * @property {string} [suite] the suite it belongs to, where that is one of its own
 * @property {string} title
 * @property {string} s3lect S3 Select SQL
 * @property {import('./json-queries.mjs').JsonPlan} [json] of a query on JSON: what the peers run; one on CSV has the next three
 * @property {true} [parquet] it reads Parquet
 * @property {string} [sql] the same for DuckDB and ClickHouse; {source} stands for the CSV
 * @property {Record<string, 'int' | 'float' | 'decimal' | 'date'>} [types] columns the peers read as numbers or dates. Every other
 * column is text, which is the cheapest for each of them: what is not computed with is not converted.
 * @property {PolarsPlan | string} [polars] a plan, or its own SQL over `source`; absent where it has no such type or function
 * @property {'rows' | 'values' | 'row-count' | 'objects' | 'numbers'} compare `rows`: the same rows in any order; `values`: the same
 * numbers to a relative 1e-9; `row-count`: as many rows; `objects` and `numbers`: as `rows` and `values`, of JSON lines
 * @property {Partial<Record<1 | 2, number>>} [target] times the fastest peer, in process, by cores
 * @property {number} [targetHttp] times the fastest in-process peer, through HTTP on one core
 */

/**
 * @typedef {object} PolarsPlan
 * @property {[column: string, operator: '=' | '>' | '>=' | '<' | '<=' | 'contains', value: string | number][]} [where]
 * @property {(string | [path: string, as: string])[]} [columns] output columns, default all
 * @property {Record<string, import('./json-queries.mjs').MemberType>} [reads] of JSON: what is read, default the query's members
 * @property {boolean} [count] output the number of rows
 * @property {[string, string]} [sumOfProduct]
 * @property {number} [limit]
 */

const Q2_COLUMNS = ['l_orderkey', 'l_partkey', 'l_extendedprice', 'l_shipdate'];
const Q2 = {
  id: 'Q2',
  dataset: 'lineitem',
  title: '0.2 % of the rows, four columns',
  s3lect: `SELECT ${Q2_COLUMNS.join(', ')} FROM S3Object WHERE CAST(l_extendedprice AS FLOAT) > 97000`,
  sql: `SELECT ${Q2_COLUMNS.join(', ')} FROM {source} WHERE l_extendedprice > 97000`,
  types: { l_extendedprice: 'float' },
  polars: { where: [['l_extendedprice', '>', 97000]], columns: Q2_COLUMNS },
  compare: 'rows',
  target: { 1: 5, 2: 4 },
  targetHttp: 3.5,
};
const Q4 = {
  id: 'Q4',
  dataset: 'lineitem',
  title: 'TPC-H Q6: a sum over four columns',
  s3lect:
    'SELECT SUM(CAST(l_extendedprice AS FLOAT) * CAST(l_discount AS FLOAT)) FROM S3Object ' +
    "WHERE l_shipdate >= '1994-01-01' AND l_shipdate < '1995-01-01' " +
    'AND CAST(l_discount AS FLOAT) BETWEEN 0.05 AND 0.07 AND CAST(l_quantity AS FLOAT) < 24',
  sql:
    'SELECT sum(l_extendedprice * l_discount) FROM {source} ' +
    "WHERE l_shipdate >= '1994-01-01' AND l_shipdate < '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24",
  types: { l_quantity: 'float', l_extendedprice: 'float', l_discount: 'float' },
  polars: {
    where: [
      ['l_shipdate', '>=', '1994-01-01'],
      ['l_shipdate', '<', '1995-01-01'],
      ['l_discount', '>=', 0.05],
      ['l_discount', '<=', 0.07],
      ['l_quantity', '<', 24],
    ],
    sumOfProduct: ['l_extendedprice', 'l_discount'],
  },
  compare: 'values',
  target: { 1: 4, 2: 4 },
  targetHttp: 3.5,
};
const FLIGHTS_COLUMNS = ['date', 'delay', 'origin', 'destination'];

/** @type {Query[]} */
const CSV_QUERIES = [
  {
    id: 'Q1',
    dataset: 'lineitem',
    title: 'COUNT(*)',
    s3lect: 'SELECT COUNT(*) FROM S3Object',
    sql: 'SELECT count(*) FROM {source}',
    types: {},
    polars: { count: true },
    compare: 'values',
  },
  Q2,
  {
    id: 'Q3',
    dataset: 'lineitem',
    title: 'half of the rows, all 16 columns',
    s3lect: 'SELECT * FROM S3Object WHERE CAST(l_quantity AS INT) <= 25',
    sql: `SELECT ${LINEITEM_COLUMNS.join(', ')} FROM {source} WHERE l_quantity <= 25`,
    types: { l_quantity: 'int' },
    polars: { where: [['l_quantity', '<=', 25]] },
    compare: 'rows',
    target: { 1: 4, 2: 4 },
    targetHttp: 2,
  },
  Q4,
  {
    id: 'Q5',
    dataset: 'lineitem',
    title: `COUNT(*) of LIKE '%${RARE_WORD}%', 0.1 % of the rows`,
    s3lect: `SELECT COUNT(*) FROM S3Object WHERE l_comment LIKE '%${RARE_WORD}%'`,
    sql: `SELECT count(*) FROM {source} WHERE l_comment LIKE '%${RARE_WORD}%'`,
    types: {},
    polars: { where: [['l_comment', 'contains', RARE_WORD]], count: true },
    compare: 'values',
    target: { 1: 5, 2: 4 },
    targetHttp: 3.5,
  },
  {
    id: 'Q6',
    dataset: 'lineitem',
    title: 'LIMIT 10',
    s3lect: 'SELECT * FROM S3Object LIMIT 10',
    sql: `SELECT ${LINEITEM_COLUMNS.join(', ')} FROM {source} LIMIT 10`,
    types: {},
    polars: { limit: 10 },
    compare: 'row-count',
  },
  {
    ...Q2,
    id: 'Q2q',
    dataset: 'quoted',
    title: 'Q2, every field quoted, quoted line feeds',
    target: { 1: 2.5, 2: 2.5 },
    targetHttp: undefined,
  },
  {
    ...Q4,
    id: 'Q4q',
    dataset: 'quoted',
    title: 'Q4, every field quoted, quoted line feeds',
    target: { 1: 2.5, 2: 2.5 },
    targetHttp: undefined,
  },
  {
    id: 'F1',
    dataset: 'flights',
    title: 'flights-3m: COUNT(*)',
    s3lect: 'SELECT COUNT(*) FROM S3Object',
    sql: 'SELECT count(*) FROM {source}',
    types: {},
    polars: { count: true },
    compare: 'values',
  },
  {
    id: 'F2',
    dataset: 'flights',
    title: 'flights-3m: 0.5 % of the rows, four columns',
    s3lect: `SELECT ${FLIGHTS_COLUMNS.map((name) => `"${name}"`).join(', ')} FROM S3Object WHERE CAST("delay" AS INT) > 180`,
    sql: `SELECT ${FLIGHTS_COLUMNS.join(', ')} FROM {source} WHERE delay > 180`,
    types: { delay: 'int' },
    polars: { where: [['delay', '>', 180]], columns: FLIGHTS_COLUMNS },
    compare: 'rows',
  },
  ...EXPRESSION_QUERIES,
];

/** Everything that is measured in process against all peers. @type {Query[]} */
export const QUERIES = [...CSV_QUERIES, ...JSON_QUERIES, ...PARQUET_QUERIES];

/** Measured on the gzip of lineitem, against bare inflating. @type {Query} */
export const GZIP_QUERY = {
  ...Q2,
  id: 'Z2',
  suite: 'gzip',
  dataset: 'gzip',
  title: 'Q2 on a gzip',
  target: undefined,
  targetHttp: undefined,
};

export const ALL_QUERIES = [...QUERIES, GZIP_QUERY, ...DOCUMENT_QUERIES, BZIP2_QUERY];
