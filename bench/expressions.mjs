// Queries whose expressions no fused kernel covers, on lineitem: what is computed row by row must still be ahead of the peers.

/** @typedef {import('./queries.mjs').Query} Query */

const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_DAY_MS = Date.UTC(1992, 0, 1);
const CONSTANTS = 1000;

/** Every other day from 1992 on, and part keys spread over all of them: 1,000 constants each. */
const DAYS = Array.from({ length: CONSTANTS }, (_, i) => `'${new Date(FIRST_DAY_MS + 2 * i * DAY_MS).toISOString().slice(0, 10)}'`).join(
  ', ',
);
const PART_KEYS = Array.from({ length: CONSTANTS }, (_, i) => 1 + ((i * 7919) % 200_000)).join(', ');

const TARGET = { 1: 2 };
const MODE_FILTER = "COALESCE(NULLIF(l_shipmode, 'AIR'), 'MAIL') = 'MAIL'";
const COMMENT_FILTER = "l_comment NOT LIKE '%_ly%re_u%'";

/** @type {Query[]} */
export const EXPRESSION_QUERIES = [
  {
    id: 'E1',
    dataset: 'lineitem',
    title: 'UPPER, SUBSTRING, || over 10 % of the rows',
    s3lect:
      "SELECT UPPER(l_comment), SUBSTRING(l_shipdate, 1, 7), l_returnflag || '-' || l_linestatus FROM S3Object " +
      'WHERE CAST(l_quantity AS FLOAT) > 45',
    sql: "SELECT upper(l_comment), substring(l_shipdate, 1, 7), l_returnflag || '-' || l_linestatus FROM {source} WHERE l_quantity > 45",
    polars:
      "SELECT upper(l_comment) AS a, substr(l_shipdate, 1, 7) AS b, l_returnflag || '-' || l_linestatus AS c FROM source WHERE l_quantity > 45",
    types: { l_quantity: 'float' },
    compare: 'rows',
    target: TARGET,
  },
  {
    id: 'E2',
    dataset: 'lineitem',
    title: 'SUM of CASE',
    s3lect: "SELECT SUM(CASE WHEN l_returnflag = 'R' THEN CAST(l_extendedprice AS FLOAT) ELSE 0 END) FROM S3Object",
    sql: "SELECT sum(CASE WHEN l_returnflag = 'R' THEN l_extendedprice ELSE 0 END) FROM {source}",
    polars: "SELECT sum(CASE WHEN l_returnflag = 'R' THEN l_extendedprice ELSE 0 END) AS a FROM source",
    types: { l_extendedprice: 'float' },
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E3',
    dataset: 'lineitem',
    title: 'TPC-H Q1: DECIMAL sum over three columns',
    s3lect: 'SELECT SUM(CAST(l_extendedprice AS DECIMAL) * (1 - CAST(l_discount AS DECIMAL)) * (1 + CAST(l_tax AS DECIMAL))) FROM S3Object',
    sql: 'SELECT sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) FROM {source}',
    // Polars keeps two digits of a product of DECIMALs.
    types: { l_extendedprice: 'decimal', l_discount: 'decimal', l_tax: 'decimal' },
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E4',
    dataset: 'lineitem',
    title: 'EXTRACT and DATE_DIFF of dates',
    s3lect:
      'SELECT SUM(DATE_DIFF(day, CAST(l_shipdate AS TIMESTAMP), CAST(l_receiptdate AS TIMESTAMP))) FROM S3Object ' +
      'WHERE EXTRACT(year FROM CAST(l_shipdate AS TIMESTAMP)) = 1995',
    sql: "SELECT sum(date_diff('day', l_shipdate, l_receiptdate)) FROM {source} WHERE EXTRACT(year FROM l_shipdate) = 1995",
    polars: 'SELECT sum(CAST(l_receiptdate AS INT) - CAST(l_shipdate AS INT)) AS a FROM source WHERE EXTRACT(year FROM l_shipdate) = 1995',
    types: { l_shipdate: 'date', l_receiptdate: 'date' },
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E5',
    dataset: 'lineitem',
    title: 'COALESCE(NULLIF) in WHERE',
    s3lect: `SELECT COUNT(*) FROM S3Object WHERE ${MODE_FILTER}`,
    sql: `SELECT count(*) FROM {source} WHERE ${MODE_FILTER}`,
    polars: `SELECT count(*) AS a FROM source WHERE ${MODE_FILTER}`,
    types: {},
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E6',
    dataset: 'lineitem',
    title: 'IN of 1,000 texts',
    s3lect: `SELECT COUNT(*) FROM S3Object WHERE l_shipdate IN (${DAYS})`,
    sql: `SELECT count(*) FROM {source} WHERE l_shipdate IN (${DAYS})`,
    polars: `SELECT count(*) AS a FROM source WHERE l_shipdate IN (${DAYS})`,
    types: {},
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E7',
    dataset: 'lineitem',
    title: 'IN of 1,000 numbers',
    s3lect: `SELECT COUNT(*) FROM S3Object WHERE CAST(l_partkey AS INT) IN (${PART_KEYS})`,
    sql: `SELECT count(*) FROM {source} WHERE l_partkey IN (${PART_KEYS})`,
    polars: `SELECT count(*) AS a FROM source WHERE l_partkey IN (${PART_KEYS})`,
    types: { l_partkey: 'int' },
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E8',
    dataset: 'lineitem',
    title: 'NOT LIKE with _ and %',
    s3lect: `SELECT COUNT(*) FROM S3Object WHERE ${COMMENT_FILTER}`,
    sql: `SELECT count(*) FROM {source} WHERE ${COMMENT_FILTER}`,
    polars: `SELECT count(*) AS a FROM source WHERE ${COMMENT_FILTER}`,
    types: {},
    compare: 'values',
    target: TARGET,
  },
  {
    id: 'E9',
    dataset: 'lineitem',
    title: 'OR of four conditions',
    s3lect:
      "SELECT COUNT(*) FROM S3Object WHERE CAST(l_quantity AS INT) = 7 OR l_shipmode = 'RAIL' " +
      "OR CAST(l_discount AS FLOAT) BETWEEN 0.09 AND 0.10 OR l_comment LIKE '%zebra%'",
    sql: "SELECT count(*) FROM {source} WHERE l_quantity = 7 OR l_shipmode = 'RAIL' OR l_discount BETWEEN 0.09 AND 0.10 OR l_comment LIKE '%zebra%'",
    polars:
      "SELECT count(*) AS a FROM source WHERE l_quantity = 7 OR l_shipmode = 'RAIL' OR l_discount BETWEEN 0.09 AND 0.10 OR l_comment LIKE '%zebra%'",
    types: { l_quantity: 'int', l_discount: 'float' },
    compare: 'values',
    target: TARGET,
  },
];
