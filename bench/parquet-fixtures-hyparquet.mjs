/** The fixtures that hyparquet-writer makes: types and encodings that the other writers have not. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';

const ROWS = 90;
const two = (value) => String(value).padStart(2, '0');

const quoted = (text) => JSON.stringify(text);
const integers = ['PLAIN', 'RLE_DICTIONARY', 'DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT'];
const texts = ['PLAIN', 'RLE_DICTIONARY', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'];
const fixed = ['PLAIN', 'RLE_DICTIONARY', 'BYTE_STREAM_SPLIT', 'PLAIN'];
const floats = ['PLAIN', 'RLE_DICTIONARY', 'BYTE_STREAM_SPLIT', 'PLAIN'];
const truths = ['PLAIN', 'RLE', 'PLAIN', 'RLE'];

const timestamp = (unit, isAdjustedToUTC) => ({ type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC, unit } });
const decimal = (type, precision, scale, type_length) => ({ type, converted_type: 'DECIMAL', precision, scale, type_length });
const scaled = (text) => BigInt(text.replace('.', ''));
const day = (row) => `${1960 + row}-${two(1 + (row % 12))}-${two(1 + (row % 28))}`;
const millis = (row) => BigInt(Date.parse(`${day(row)}T01:02:03.456Z`));
const big = (row) => `${row % 2 ? '-' : ''}123456789012345678901234${two(row)}.5${two(row)}`;
const small = (row) => `${row % 2 ? '-' : ''}1234${two(row)}.5${two(row)}`;
const uuid = (row) => `3f2504e0-4f89-41d3-9a0c-0305e82c33${two(row)}`;

/** Name, element of the schema, encodings, the value to write, and the JSON of it. */
const columns = [
  ['n', { type: 'INT32' }, integers, (row) => row, String],
  ['flag', { type: 'BOOLEAN' }, truths, (row) => row % 3 === 0, (row) => String(row % 3 === 0)],
  ['i64', { type: 'INT64' }, integers, (row) => BigInt(row) * 1_000_000_007n, (row) => String(BigInt(row) * 1_000_000_007n)],
  [
    'u64',
    { type: 'INT64', converted_type: 'UINT_64' },
    integers,
    (row) => BigInt.asUintN(64, BigInt(row) - 50n),
    (row) => String(BigInt.asUintN(64, BigInt(row) - 50n)),
  ],
  [
    'f16',
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
    fixed,
    (row) => row / 8 + 1.0625,
    (row) => String(row / 8 + 1.0625),
  ],
  ['f32', { type: 'FLOAT' }, floats, (row) => row / 4 + 0.125, (row) => String(row / 4 + 0.125)],
  ['f64', { type: 'DOUBLE' }, floats, (row) => row / 3 + 0.1, (row) => String(row / 3 + 0.1)],
  ['d9', decimal('INT32', 9, 2), integers, (row) => scaled(`${row}.${two(row)}`), (row) => `${row}.${two(row)}`],
  ['d18', decimal('INT64', 18, 3), integers, (row) => scaled(small(row)), small],
  ['d12', decimal('FIXED_LEN_BYTE_ARRAY', 12, 3, 6), fixed, (row) => scaled(small(row)), small],
  ['d38', decimal('FIXED_LEN_BYTE_ARRAY', 38, 3, 16), fixed, (row) => scaled(big(row)), big],
  ['text', { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, texts, (row) => `wörd ${row % 20}`, (row) => quoted(`wörd ${row % 20}`)],
  [
    'kind',
    { type: 'BYTE_ARRAY', converted_type: 'ENUM' },
    texts,
    (row) => Buffer.from(row % 2 ? 'odd' : 'even'),
    (row) => (row % 2 ? '"odd"' : '"even"'),
  ],
  ['json', { type: 'BYTE_ARRAY', converted_type: 'JSON' }, texts, (row) => ({ row }), (row) => quoted(`{"row":${row}}`)],
  ['bson', { type: 'BYTE_ARRAY', converted_type: 'BSON' }, texts, (row) => Buffer.from(`bson ${row}`), (row) => quoted(`bson ${row}`)],
  ['bytes', { type: 'BYTE_ARRAY' }, texts, (row) => Buffer.from(`bytes ${row}`), (row) => quoted(`bytes ${row}`)],
  [
    'fixed',
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 7 },
    fixed,
    (row) => Buffer.from(`fixed${two(row)}`),
    (row) => quoted(`fixed${two(row)}`),
  ],
  ['uuid', { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } }, fixed, uuid, (row) => quoted(uuid(row))],
  ['day', { type: 'INT32', converted_type: 'DATE' }, integers, (row) => Date.parse(`${day(row)}Z`) / 86_400_000, (row) => quoted(day(row))],
  ['ms', timestamp('MILLIS', false), integers, millis, (row) => quoted(`${day(row)}T01:02:03.456-00:00`)],
  ['us', timestamp('MICROS', true), integers, (row) => millis(row) * 1000n + 7n, (row) => quoted(`${day(row)}T01:02:03.456007Z`)],
  ['ns', timestamp('NANOS', true), integers, (row) => millis(row) * 1_000_000n + 9n, (row) => quoted(`${day(row)}T01:02:03.456000009Z`)],
  [
    'tms',
    { type: 'INT32', converted_type: 'TIME_MILLIS' },
    integers,
    (row) => 1000 * row,
    (row) => quoted(`00:0${Math.floor(row / 60)}:${two(row % 60)}.000`),
  ],
  [
    'tus',
    { type: 'INT64', converted_type: 'TIME_MICROS' },
    integers,
    (row) => 1_000_001n * BigInt(row),
    (row) => quoted(`00:0${Math.floor(row / 60)}:${two(row % 60)}.0000${two(row)}`),
  ],
];

/** Lists as old writers had them, and groups in one another. */
const optional = { repetition_type: 'OPTIONAL' };
const nested = [
  {
    name: 'old',
    elements: [
      { name: 'old', converted_type: 'LIST', num_children: 1, ...optional },
      { name: 'bag', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'array', type: 'INT32', ...optional },
    ],
    value: (row) => (row % 6 === 0 ? null : Array.from({ length: row % 4 }, (_, at) => row + at)),
    json: (row) => (row % 6 === 0 ? null : `[${Array.from({ length: row % 4 }, (_, at) => row + at)}]`),
  },
  {
    name: 'outer',
    elements: [
      { name: 'outer', num_children: 2, ...optional },
      { name: 'a', type: 'INT32', ...optional },
      { name: 'inner', num_children: 1, ...optional },
      { name: 'b', type: 'DOUBLE', ...optional },
    ],
    value: (row) => (row % 5 === 0 ? null : { a: row, inner: row % 4 === 0 ? null : { b: row + 0.5 } }),
    json: (row) => (row % 5 === 0 ? null : `{"a":${row},"inner":${row % 4 === 0 ? 'null' : `{"b":${row + 0.5}}`}}`),
  },
];

const compressors = { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)), BROTLI: (bytes) => new Uint8Array(brotliCompressSync(bytes)) };
const isNull = (row, index) => index > 0 && (row * 5 + index) % (3 + (index % 6)) === 0;

/**
 * @param {(name: string, bytes: Uint8Array) => void} write
 * @returns {string[]} the records as JSON
 */
export function byHyparquet(write) {
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const count = columns.length + nested.length;
  const schema = [
    { name: 'root', num_children: count },
    ...columns.map(([name, element], index) => ({ name, ...element, repetition_type: index === 0 ? 'REQUIRED' : 'OPTIONAL' })),
    ...nested.flatMap(({ elements }) => elements),
  ];
  for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'])
    for (let variant = 0; variant < 4; variant++) {
      const columnData = [
        ...columns.map(([name, , encodings, value], index) => ({
          name,
          data: rows.map((row) => (isNull(row, index) ? null : value(row))),
          encoding: encodings[variant],
          columnIndex: variant % 2 === 0,
          offsetIndex: variant % 2 === 0,
          bloomFilter: variant === 1 && name !== 'f16',
        })),
        ...nested.map(({ name, value }) => ({ name, data: rows.map(value) })),
      ];
      const options = {
        columnData,
        schema,
        codec,
        compressors,
        rowGroupSize: variant < 2 ? 40 : ROWS,
        pageSize: variant === 3 ? 1 << 20 : 150,
      };
      write(`hyparquet.${variant}.${codec.toLowerCase()}`, new Uint8Array(parquetWriteBuffer(options)));
    }
  return rows.map((row) => {
    const members = [
      ...columns.map(([name, , , , json], index) => [name, isNull(row, index) ? null : json(row)]),
      ...nested.map(({ name, json }) => [name, json(row)]),
    ];
    return `{${members.flatMap(([name, value]) => (value === null ? [] : `"${name}":${value}`)).join(',')}}`;
  });
}
