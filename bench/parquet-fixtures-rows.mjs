/** The rows of the Parquet fixtures: each value as SQL for the writer and as the JSON a query answers. */

export const ROWS = 90;

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} type DuckDB's
 * @property {'int' | 'float' | 'text' | 'bool' | 'fixed' | 'nested'} kind how it is stored
 * @property {(row: number) => string} sql
 * @property {(row: number, writer: string) => string | null} json null: the row has no value, and the record no such key
 */

/** Each column has its own pattern of NULLs. */
const isNull = (row, index) => index > 0 && (row * 7 + index * 3) % (4 + (index % 5)) === 0;

/** @type {Column[]} */
export const columns = [];

/** @param {string} name @param {string} type @param {Column['kind']} kind @param {(row: number) => string} sql @param {Column['json']} json */
function add(name, type, kind, sql, json) {
  const index = columns.length;
  columns.push({
    name,
    type,
    kind,
    sql: (row) => (isNull(row, index) ? 'NULL' : sql(row)),
    json: (row, writer) => (isNull(row, index) ? null : json(row, writer)),
  });
}

/** @param {string} name @param {string} type @param {Column['kind']} kind @param {(row: number) => number | bigint | string} value */
const number = (name, type, kind, value) =>
  add(
    name,
    type,
    kind,
    (row) => `'${value(row)}'`,
    (row) => String(value(row)),
  );

const quoted = (text) => JSON.stringify(text);

/** @param {string} name @param {string} type @param {Column['kind']} kind @param {(row: number) => string} value */
const literal = (name, type, kind, value) =>
  add(
    name,
    type,
    kind,
    (row) => `'${value(row)}'`,
    (row) => quoted(value(row)),
  );

const two = (value) => String(value).padStart(2, '0');
const day = (row) => `${1960 + row}-${two(1 + (row % 12))}-${two(1 + (row % 28))}`;
const clock = (row) => `${two(row % 24)}:${two(row % 60)}:${two((row * 7) % 60)}`;
const fraction = (row, digits) =>
  String(row * 1009)
    .padStart(digits, '0')
    .slice(0, digits);

number('n', 'INTEGER', 'int', (row) => row);
add(
  'flag',
  'BOOLEAN',
  'bool',
  (row) => String(row % 3 === 0),
  (row) => String(row % 3 === 0),
);
number('i8', 'TINYINT', 'int', (row) => row - 45);
number('u8', 'UTINYINT', 'int', (row) => 166 + row);
number('i16', 'SMALLINT', 'int', (row) => 700 * (row - 45));
number('u16', 'USMALLINT', 'int', (row) => 65_535 - row);
number('i32', 'INTEGER', 'int', (row) => (row % 9) * 200_000_000 - 900_000_000);
number('u32', 'UINTEGER', 'int', (row) => 4_294_967_295 - row * 1000);
number('i64', 'BIGINT', 'int', (row) => 9_223_372_036_854_775_807n - BigInt(row) ** 9n * 25n);
number('u64', 'UBIGINT', 'int', (row) => 18_446_744_073_709_551_615n - BigInt(row % 10));
number('f32', 'FLOAT', 'float', (row) => (row - 45) / 8 + 0.0625);
number('f64', 'DOUBLE', 'float', (row) => (row - 45) * 1.1 + 0.05);
number('d9', 'DECIMAL(9, 2)', 'int', (row) => `${row * 12_345}.${two(row)}`);
number('d18', 'DECIMAL(18, 4)', 'int', (row) => `${row % 2 ? '-' : ''}98765432${two(row)}.${two(row)}43`);
number('d38', 'DECIMAL(38, 6)', 'fixed', (row) => `1234567890123456789012345678${two(row)}.0000${two(row)}`);
const text = (row) => (row % 30 === 7 ? `long ${'x'.repeat(row * 3)}` : `wörd "${row % 20}"`);
literal('text', 'VARCHAR', 'text', text);
literal('bytes', 'BLOB', 'text', (row) => `bytes ${row}`);
const uuid = (row) => `3f2504e0-4f89-41d3-9a0c-0305e82c33${two(row)}`;
literal('uuid', 'UUID', 'fixed', uuid);
literal('day', 'DATE', 'int', day);
for (const [name, type, digits] of /** @type {const} */ ([
  ['ms', 'TIMESTAMP_MS', 3],
  ['us', 'TIMESTAMP', 6],
  ['ns', 'TIMESTAMP_NS', 9],
]))
  add(
    name,
    type,
    'int',
    (row) => `'${day(row)} ${clock(row)}.${fraction(row, digits)}'`,
    (row) => quoted(`${day(row)}T${clock(row)}.${fraction(row, digits)}-00:00`),
  );
add(
  'utc',
  'TIMESTAMPTZ',
  'int',
  (row) => `'${day(row)} ${clock(row)}+00'`,
  (row) => quoted(`${day(row)}T${clock(row)}.000000Z`),
);
literal('time', 'TIME', 'int', (row) => `${clock(row)}.${fraction(row, 6)}`);
add(
  'mood',
  "ENUM('good', 'bad')",
  'text',
  (row) => (row % 4 ? "'good'" : "'bad'"),
  (row) => (row % 4 ? '"good"' : '"bad"'),
);
const items = (row, none) => Array.from({ length: row % 4 }, (_, index) => ((row + index) % 5 === 0 ? none : String(row * 10 + index)));
add(
  'list',
  'INTEGER[]',
  'nested',
  (row) => `[${items(row, 'NULL')}]`,
  (row) => `[${items(row, 'null')}]`,
);
add(
  'pair',
  'STRUCT(a INTEGER, b VARCHAR)',
  'nested',
  (row) => `{'a': ${row % 3 ? row : 'NULL'}, 'b': ${row % 5 ? `'b${row}'` : 'NULL'}}`,
  (row) => `{"a":${row % 3 ? row : 'null'},"b":${row % 5 ? `"b${row}"` : 'null'}}`,
);
add(
  'map',
  'MAP(VARCHAR, INTEGER)',
  'nested',
  (row) => (row % 2 ? `MAP {'k${row}': ${row}, 'none': NULL}` : 'MAP {}'),
  (row) => (row % 2 ? `{"k${row}":${row},"none":null}` : '{}'),
);
const deep = (row, none, open, key, close, quote) =>
  `[${Array.from({ length: row % 3 }, (_, index) => {
    if ((row + index) % 7 === 0) return none;
    const texts = Array.from({ length: index }, (__, at) => ((row + at) % 4 === 0 ? none : `${quote}y${at}${quote}`));
    return `${open}${key('x')}${row + index}, ${key('y')}[${texts.join(', ')}]${close}`;
  }).join(', ')}]`;
add(
  'deep',
  'STRUCT(x BIGINT, y VARCHAR[])[]',
  'nested',
  (row) => deep(row, 'NULL', '{', (name) => `'${name}': `, '}', "'"),
  (row) => deep(row, 'null', '{', (name) => `"${name}":`, '}', '"').replaceAll(', ', ','),
);

/**
 * The records of the rows as JSON.
 * @param {string} writer
 * @param {(name: string) => boolean} [has] which columns it wrote
 * @param {number} [first] the number of the first row
 */
export function expectedRows(writer, has = () => true, first = 0) {
  return Array.from({ length: ROWS }, (_, row) => {
    const members = columns.flatMap(({ name, json }) => {
      const value = has(name) ? (name === 'n' ? String(first + row) : json(row, writer)) : null;
      return value === null ? [] : `"${name}":${value}`;
    });
    return `{${members.join(',')}}`;
  });
}
