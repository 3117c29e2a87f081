// The queries on JSON, as data: our SQL, one SQL text for the peers with the members to read in braces, what we want to reach.
import { LINEITEM_COLUMNS, LINEITEM_NUMBERS, RARE_WORD } from './lineitem.mjs';

/**
 * @typedef {'int' | 'float' | 'text'} MemberType
 *
 * What a query on JSON has beside a Query's id, dataset, title, s3lect, compare and targets.
 * @typedef {object} JsonPlan
 * @property {string} sql for DuckDB and ClickHouse. {source} stands for the file, {a.b} for a member of the record by its path, {record}
 * for the record's own text.
 * @property {Record<string, MemberType>} members every path in `sql`, with the type it is read as
 * @property {'columns' | 'lines'} duckdb how it is the fastest: `read_json` with just these columns, or whole lines and JSON functions
 * @property {import('./queries.mjs').PolarsPlan} polars its columns are paths too
 */

const Q2_COLUMNS = ['l_orderkey', 'l_partkey', 'l_extendedprice', 'l_shipdate'];
const LINEITEM_TYPES = Object.fromEntries(LINEITEM_COLUMNS.map((name, i) => [name, typeOf(name, i)]));

const Q2 = {
  s3lect: `SELECT ${Q2_COLUMNS.map((name) => `s.${name}`).join(', ')} FROM {from} s WHERE s.l_extendedprice > 97000`,
  json: {
    sql: `SELECT ${Q2_COLUMNS.map((name) => `{${name}} AS ${name}`).join(', ')} FROM {source} WHERE {l_extendedprice} > 97000`,
    members: lineitemMembers(Q2_COLUMNS),
    duckdb: 'columns',
    polars: { where: [['l_extendedprice', '>', 97000]], columns: Q2_COLUMNS },
  },
  compare: 'objects',
};
const Q4 = {
  s3lect:
    'SELECT SUM(s.l_extendedprice * s.l_discount) AS revenue FROM {from} s ' +
    "WHERE s.l_shipdate >= '1994-01-01' AND s.l_shipdate < '1995-01-01' AND s.l_discount BETWEEN 0.05 AND 0.07 AND s.l_quantity < 24",
  json: {
    sql:
      'SELECT sum({l_extendedprice} * {l_discount}) AS revenue FROM {source} ' +
      "WHERE {l_shipdate} >= '1994-01-01' AND {l_shipdate} < '1995-01-01' AND {l_discount} BETWEEN 0.05 AND 0.07 AND {l_quantity} < 24",
    members: { l_quantity: 'float', l_extendedprice: 'float', l_discount: 'float', l_shipdate: 'text' },
    duckdb: 'columns',
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
  },
  compare: 'numbers',
};

/** @type {import('./queries.mjs').Query[]} */
export const JSON_QUERIES = [
  {
    ...from(Q2, 'S3Object'),
    id: 'Q2j',
    dataset: 'lineitem-lines',
    title: 'NDJSON: 0.2 % of the records, four members',
    target: { 1: 3.5 },
    targetHttp: 2,
  },
  {
    id: 'Q3j',
    dataset: 'lineitem-lines',
    title: 'NDJSON: half of the records, whole',
    s3lect: 'SELECT * FROM S3Object s WHERE s.l_quantity <= 25',
    json: {
      sql: 'SELECT {record} FROM {source} WHERE {l_quantity} <= 25',
      members: { l_quantity: 'int' },
      duckdb: 'lines',
      polars: { where: [['l_quantity', '<=', 25]], reads: LINEITEM_TYPES },
    },
    compare: 'objects',
    target: { 1: 3 },
    targetHttp: 2,
  },
  {
    ...from(Q4, 'S3Object'),
    id: 'Q4j',
    dataset: 'lineitem-lines',
    title: 'NDJSON: TPC-H Q6, a sum over four members',
    target: { 1: 2.2 },
    targetHttp: 2,
  },
  {
    id: 'Q5j',
    dataset: 'lineitem-lines',
    title: `NDJSON: COUNT(*) of LIKE '%${RARE_WORD}%'`,
    s3lect: `SELECT COUNT(*) AS n FROM S3Object s WHERE s.l_comment LIKE '%${RARE_WORD}%'`,
    json: {
      sql: `SELECT count(*) AS n FROM {source} WHERE {l_comment} LIKE '%${RARE_WORD}%'`,
      members: { l_comment: 'text' },
      duckdb: 'columns',
      polars: { where: [['l_comment', 'contains', RARE_WORD]], count: true },
    },
    compare: 'numbers',
    targetHttp: 2,
  },
  {
    id: 'J1',
    dataset: 'events',
    title: 'events: actor.id, 0.1 % of the records, two members',
    s3lect: 'SELECT s.id, s.actor.login FROM S3Object s WHERE s.actor.id > 8990000',
    json: {
      sql: 'SELECT {id} AS id, {actor.login} AS login FROM {source} WHERE {actor.id} > 8990000',
      members: { id: 'text', 'actor.id': 'int', 'actor.login': 'text' },
      duckdb: 'columns',
      polars: { where: [['actor.id', '>', 8990000]], columns: ['id', ['actor.login', 'login']] },
    },
    compare: 'objects',
    target: { 1: 2.2 },
    targetHttp: 2,
  },
  {
    id: 'J2',
    dataset: 'events',
    title: 'events: payload.issue.comments, 0.4 % of the records, four members',
    s3lect: 'SELECT s.id, s.actor.login, s.repo.name, s.payload.issue.title FROM S3Object s WHERE s.payload.issue.comments > 98',
    json: {
      sql:
        'SELECT {id} AS id, {actor.login} AS login, {repo.name} AS name, {payload.issue.title} AS title ' +
        'FROM {source} WHERE {payload.issue.comments} > 98',
      members: {
        id: 'text',
        'actor.login': 'text',
        'repo.name': 'text',
        'payload.issue.title': 'text',
        'payload.issue.comments': 'int',
      },
      duckdb: 'columns',
      polars: {
        where: [['payload.issue.comments', '>', 98]],
        columns: ['id', ['actor.login', 'login'], ['repo.name', 'name'], ['payload.issue.title', 'title']],
      },
    },
    compare: 'objects',
    target: { 1: 2.2 },
    targetHttp: 2,
  },
  {
    id: 'J7',
    dataset: 'events',
    title: 'events: COUNT(*) of created_at from one second on, the last member',
    s3lect: "SELECT COUNT(*) AS n FROM S3Object s WHERE s.created_at = '2024-08-10T12:54:34Z'",
    json: {
      sql: "SELECT count(*) AS n FROM {source} WHERE {created_at} = '2024-08-10T12:54:34Z'",
      members: { created_at: 'text' },
      duckdb: 'lines',
      polars: { where: [['created_at', '=', '2024-08-10T12:54:34Z']], count: true },
    },
    compare: 'numbers',
    target: { 1: 2.2 },
    targetHttp: 2,
  },
  {
    id: 'M2',
    dataset: 'movies',
    title: 'movies: IMDB Rating, 0.4 % of the records, three members',
    s3lect: 'SELECT s."Release Date", s."IMDB Votes", s."IMDB Rating" FROM S3Object s WHERE s."IMDB Rating" > 8.8',
    json: {
      sql:
        'SELECT {Release Date} AS "Release Date", {IMDB Votes} AS "IMDB Votes", {IMDB Rating} AS "IMDB Rating" ' +
        'FROM {source} WHERE {IMDB Rating} > 8.8',
      members: { 'Release Date': 'text', 'IMDB Votes': 'int', 'IMDB Rating': 'float' },
      duckdb: 'columns',
      polars: { where: [['IMDB Rating', '>', 8.8]], columns: ['Release Date', 'IMDB Votes', 'IMDB Rating'] },
    },
    compare: 'objects',
  },
];

/** On the items of one document. Where these have a peer, it holds the whole document in memory. @type {import('./queries.mjs').Query[]} */
export const DOCUMENT_QUERIES = [
  {
    ...from(Q2, 'S3Object[*].items[*]'),
    id: 'D2',
    suite: 'document',
    dataset: 'document',
    title: 'DOCUMENT: 0.2 % of the items, four members',
  },
  {
    ...from(Q4, 'S3Object[*].items[*]'),
    id: 'D4',
    suite: 'document',
    dataset: 'document',
    title: 'DOCUMENT: TPC-H Q6, a sum over four members',
  },
];

/** Measured on the BZIP2 of a smaller lineitem, against bare decompression. @type {import('./queries.mjs').Query} */
export const BZIP2_QUERY = { ...from(Q2, 'S3Object'), id: 'B2', suite: 'bzip2', dataset: 'bzip2', title: 'Q2j on a BZIP2' };

function from(query, path) {
  return { ...query, s3lect: query.s3lect.replace('{from}', path) };
}

/** @returns {MemberType} */
function typeOf(name, i) {
  if (['l_extendedprice', 'l_discount', 'l_tax'].includes(name)) return 'float';
  return i < LINEITEM_NUMBERS ? 'int' : 'text';
}

function lineitemMembers(names) {
  return Object.fromEntries(names.map((name) => [name, LINEITEM_TYPES[name]]));
}
