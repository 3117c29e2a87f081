// Queries on Parquet, as data: the same four over files of several codecs and writers.
import { LINEITEM_COLUMNS, RARE_WORD } from './lineitem.mjs';

const Q2_COLUMNS = ['l_orderkey', 'l_partkey', 'l_extendedprice', 'l_shipdate'];

/** `{source}` in the peers' SQL stands for the file; Polars runs the same SQL over `source` unless it has its own. */
const SHAPES = {
  P2: {
    title: '0.2 % of the rows, four columns',
    s3lect: `SELECT ${Q2_COLUMNS.join(', ')} FROM S3Object WHERE l_extendedprice > 97000`,
    sql: `SELECT ${Q2_COLUMNS.join(', ')} FROM {source} WHERE l_extendedprice > 97000`,
    compare: 'rows',
  },
  P3: {
    title: 'half of the rows, all 16 columns',
    s3lect: 'SELECT * FROM S3Object WHERE l_quantity <= 25',
    sql: `SELECT ${LINEITEM_COLUMNS.join(', ')} FROM {source} WHERE l_quantity <= 25`,
    compare: 'rows',
  },
  P4: {
    title: 'TPC-H Q6: a sum over four columns',
    s3lect:
      'SELECT SUM(l_extendedprice * l_discount) FROM S3Object ' +
      'WHERE l_shipdate >= `1994-01-01T` AND l_shipdate < `1995-01-01T` AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24',
    sql:
      'SELECT sum(l_extendedprice * l_discount) AS total FROM {source} ' +
      "WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24",
    // Its products of decimals are rounded to their operands' scale.
    polars:
      'SELECT sum(CAST(l_extendedprice AS DOUBLE) * CAST(l_discount AS DOUBLE)) AS total FROM source ' +
      "WHERE l_shipdate >= DATE('1994-01-01') AND l_shipdate < DATE('1995-01-01') AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24",
    compare: 'values',
  },
  P5: {
    title: `COUNT(*) of LIKE '%${RARE_WORD}%', 0.1 % of the rows`,
    s3lect: `SELECT COUNT(*) FROM S3Object WHERE l_comment LIKE '%${RARE_WORD}%'`,
    sql: `SELECT count(*) AS total FROM {source} WHERE l_comment LIKE '%${RARE_WORD}%'`,
    compare: 'values',
  },
};

/** The files and what is to be reached on one core. `parquet-groups`: another writer, 1 M rows a group, pages of 1 MiB. */
const FILES = [
  { suffix: '', dataset: 'parquet', name: 'snappy', targets: { P2: 1.2, P3: 3, P4: 1.5, P5: 1 } },
  { suffix: 'u', dataset: 'parquet-plain', name: 'uncompressed', targets: { P2: 1.5, P3: 1.5, P4: 1.5, P5: 1.5 } },
  { suffix: 'z', dataset: 'parquet-zstd', name: 'zstd', targets: { P2: 1, P3: 1, P4: 1, P5: 1 } },
  { suffix: 'g', dataset: 'parquet-groups', name: 'large row groups', targets: {} },
];

/** @type {import('./queries.mjs').Query[]} */
export const PARQUET_QUERIES = [
  ...FILES.flatMap(({ suffix, dataset, name, targets }) =>
    Object.entries(SHAPES).map(([id, shape]) => ({
      ...shape,
      id: `${id}${suffix}`,
      dataset,
      title: `${shape.title}; ${name}`,
      polars: shape.polars ?? shape.sql.replace('{source}', 'source'),
      parquet: true,
      ...(targets[id] === undefined ? {} : { target: { 1: targets[id] } }),
    })),
  ),
  {
    id: 'PF',
    dataset: 'parquet-flights',
    title: 'flights-3m.parquet: delays by more than two hours',
    s3lect: 'SELECT delay, distance, origin, destination FROM S3Object WHERE delay > 120',
    sql: 'SELECT delay, distance, origin, destination FROM {source} WHERE delay > 120',
    polars: 'SELECT delay, distance, origin, destination FROM source WHERE delay > 120',
    compare: 'rows',
    parquet: true,
  },
];
