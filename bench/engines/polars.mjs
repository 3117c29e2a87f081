// Settings measured as its fastest here: the streaming engine, and its own sinks (collecting and then writing takes twice as long).
// POLARS_MAX_THREADS is set for the process that loads it.
import pl from 'nodejs-polars';
import { nested } from '../json-sql.mjs';

const TYPES = { int: pl.Int64, float: pl.Float64, text: pl.String, date: pl.Date };
const OPERATORS = {
  '=': (column, value) => column.eq(value),
  '>': (column, value) => column.gt(value),
  '>=': (column, value) => column.gtEq(value),
  '<': (column, value) => column.lt(value),
  '<=': (column, value) => column.ltEq(value),
  contains: (column, value) => column.str.contains(value, true),
};

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open() {
  return {
    async run(query, dataset, sink) {
      const answer = query.json
        ? planned(pl.scanJson(dataset.path, { schema: jsonSchema(query.json) }), query.json.polars).sinkNdJson(sink.path)
        : planned(
            query.parquet ? pl.scanParquet(dataset.path) : pl.scanCSV(dataset.path, csvOptions(query, dataset)),
            query.polars,
          ).sinkCSV(sink.path, { includeHeader: false });
      answer.collectSync({ engine: 'streaming' });
    },
  };
}

function csvOptions(query, dataset) {
  const schema = Object.fromEntries(dataset.columns.map((name) => [name, TYPES[query.types[name]] ?? pl.String]));
  return { hasHeader: true, schema, inferSchemaLength: 0 };
}

function jsonSchema({ members, polars }) {
  const leaf = (type) => TYPES[type];
  const object = (fields) => pl.Struct(fields.map(([name, type]) => new pl.Field(name, type)));
  return Object.fromEntries(nested(polars.reads ?? members, { leaf, object }));
}

/** @param {import('../queries.mjs').PolarsPlan | string} plan */
function planned(scan, plan) {
  if (typeof plan === 'string') return pl.SQLContext({ source: scan }).execute(plan, { eager: false });
  const { where = [], columns, count, sumOfProduct, limit } = plan;
  let frame = scan;
  for (const [column, operator, value] of where) {
    // A bare string would be taken for the name of a column.
    const operand = typeof value === 'string' && operator !== 'contains' ? pl.lit(value) : value;
    frame = frame.filter(OPERATORS[operator](at(column), operand));
  }
  if (columns) frame = frame.select(...columns.map((column) => (typeof column === 'string' ? column : at(column[0]).alias(column[1]))));
  if (count) frame = frame.select(pl.len());
  if (sumOfProduct) frame = frame.select(pl.col(sumOfProduct[0]).mul(pl.col(sumOfProduct[1])).sum());
  return limit === undefined ? frame : frame.limit(limit);
}

/** @param {string} path a column, or a member of nested columns, its names joined by points */
function at(path) {
  const [first, ...rest] = path.split('.');
  return rest.reduce((column, name) => column.struct.field(name), pl.col(first));
}
