/**
 * Parquet files out of rows of JSON and the types of their columns, for cases of the corpus.
 *
 * A type is a name; `[type]`: a list; `{ name: type }`: a group; `{ "*": type }`: a map of texts to the type. `!` behind a name: never
 * NULL. Values are JSON's; numbers of more digits than a double holds, decimals and times are texts.
 */
import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { Decimal } from '../../src/vector/decimal.ts';
import { Timestamp } from '../../src/vector/timestamp.ts';

export type ColumnType = string | readonly [ColumnType] | { readonly [member: string]: ColumnType };

/** Rows of a row group, bytes of a page. */
export interface FileOptions {
  readonly rowGroupSize: number;
  readonly pageSize: number;
}

/** The bytes of a file. Values that a row does not name are NULL. */
export function parquetTable(
  types: Readonly<Record<string, ColumnType>>,
  rows: readonly Record<string, unknown>[],
  options: FileOptions,
): Uint8Array {
  const columns = Object.entries(types);
  const schema = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(([name, type]) => elementsOf(name, type))];
  const columnData = columns.map(([name, type]) => ({
    name,
    data: rows.map((row) => written(type, row[name] ?? null)),
    columnIndex: true,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, ...options }));
}

function elementsOf(name: string, type: ColumnType): SchemaElement[] {
  const optional = { repetition_type: 'OPTIONAL' } as const;
  if (typeof type === 'string') {
    const required = type.endsWith('!');
    return [{ name, ...scalar(required ? type.slice(0, -1) : type).element, repetition_type: required ? 'REQUIRED' : 'OPTIONAL' }];
  }
  if (isList(type)) {
    const repeated: SchemaElement = { name: 'list', repetition_type: 'REPEATED', num_children: 1 };
    return [{ name, converted_type: 'LIST', num_children: 1, ...optional }, repeated, ...elementsOf('element', type[0])];
  }
  const value = type['*'];
  if (value !== undefined) {
    const repeated: SchemaElement = { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 };
    return [
      { name, converted_type: 'MAP', num_children: 1, ...optional },
      repeated,
      ...elementsOf('key', 'string!'),
      ...elementsOf('value', value),
    ];
  }
  const members = Object.entries(type);
  return [{ name, num_children: members.length, ...optional }, ...members.flatMap(([member, inner]) => elementsOf(member, inner))];
}

function written(type: ColumnType, value: unknown): unknown {
  if (value === null) return null;
  if (typeof type === 'string') return scalar(type.replace('!', '')).value(value);
  if (isList(type)) return (value as unknown[]).map((item) => written(type[0], item));
  const inner = type['*'];
  const entries = Object.entries(value as object);
  if (inner !== undefined) return entries.map(([key, item]) => ({ key, value: written(inner, item) }));
  return Object.fromEntries(
    Object.entries(type).map(([member, own]) => [member, written(own, (value as Record<string, unknown>)[member] ?? null)]),
  );
}

function isList(type: ColumnType): type is readonly [ColumnType] {
  return Array.isArray(type);
}

interface Scalar {
  readonly element: Omit<SchemaElement, 'name'>;
  readonly value: (value: unknown) => unknown;
}

const same = (value: unknown): unknown => value;
const number = (value: unknown): unknown => Number(value);
const big = (value: unknown): unknown => BigInt(value as number | string);

const scalars: Readonly<Record<string, (parameters: readonly string[]) => Scalar>> = {
  bool: () => ({ element: { type: 'BOOLEAN' }, value: same }),
  int: () => ({ element: { type: 'INT64' }, value: big }),
  int8: () => ({ element: { type: 'INT32', converted_type: 'INT_8' }, value: number }),
  int16: () => ({ element: { type: 'INT32', converted_type: 'INT_16' }, value: number }),
  int32: () => ({ element: { type: 'INT32' }, value: number }),
  uint32: () => ({ element: { type: 'INT32', converted_type: 'UINT_32' }, value: number }),
  uint64: () => ({ element: { type: 'INT64', converted_type: 'UINT_64' }, value: big }),
  float: () => ({ element: { type: 'DOUBLE' }, value: number }),
  float32: () => ({ element: { type: 'FLOAT' }, value: number }),
  float16: () => ({ element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } }, value: number }),
  string: () => ({ element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, value: same }),
  enum: () => ({ element: { type: 'BYTE_ARRAY', converted_type: 'ENUM' }, value: (text) => Buffer.from(text as string) }),
  json: () => ({ element: { type: 'BYTE_ARRAY', converted_type: 'JSON' }, value: same }),
  bytes: () => ({ element: { type: 'BYTE_ARRAY' }, value: (text) => Buffer.from(text as string, 'latin1') }),
  uuid: () => ({ element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } }, value: same }),
  date: () => ({
    element: { type: 'INT32', converted_type: 'DATE' },
    value: (text) => (typeof text === 'number' ? text : secondsOf(text) / 86_400),
  }),
  decimal: ([precision = '18', scale = '0']) => decimal(Number(precision), Number(scale)),
  timestamp: ([unit = 'micros', zone = 'utc']) => timestamp(unit, zone === 'utc'),
  time: ([unit = 'micros']) => time(unit),
};

/** `name` or `name(parameter,…)`. */
function scalar(type: string): Scalar {
  const [, name = '', parameters = ''] = /^(\w+)(?:\((.*)\))?$/.exec(type) ?? [];
  const make = scalars[name];
  if (make === undefined) throw new Error(`no type ${type}`);
  return make(parameters === '' ? [] : parameters.split(','));
}

function decimal(precision: number, scale: number): Scalar {
  const backing: Omit<SchemaElement, 'name'> =
    precision <= 9 ? { type: 'INT32' } : precision <= 18 ? { type: 'INT64' } : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16 };
  const unit = Decimal.parse(`1e${scale}`)!;
  return {
    element: { ...backing, converted_type: 'DECIMAL', precision, scale },
    value: (text) => {
      const scaled = Decimal.parse(String(text))!.mul(unit)!;
      return scaled.mantissa * 10n ** BigInt(-scaled.scale);
    },
  };
}

const per_second: Readonly<Record<string, bigint>> = { millis: 1000n, micros: 1_000_000n, nanos: 1_000_000_000n };

function timestamp(unit: string, isAdjustedToUTC: boolean): Scalar {
  const logical = { type: 'TIMESTAMP', isAdjustedToUTC, unit: unit.toUpperCase() } as SchemaElement['logical_type'];
  return {
    element: { type: 'INT64', logical_type: logical },
    value: (text) => (typeof text === 'number' ? BigInt(text) : countOf(Timestamp.parse(text as string)!, unit)),
  } as Scalar;
}

function countOf(moment: Timestamp, unit: string): bigint {
  const units = per_second[unit]!;
  const nanos = BigInt(moment.fraction.slice(0, 9).padEnd(9, '0'));
  return BigInt(moment.epochSeconds()) * units + nanos / (1_000_000_000n / units);
}

function time(unit: string): Scalar {
  const converted = unit === 'millis' ? 'TIME_MILLIS' : 'TIME_MICROS';
  const count = (text: unknown): bigint => countOf(Timestamp.parse(`1970-01-01T${String(text)}Z`)!, unit);
  return {
    element: { type: unit === 'millis' ? 'INT32' : 'INT64', converted_type: converted },
    value: (text) => (unit === 'millis' ? Number(count(text)) : count(text)),
  };
}

function secondsOf(text: unknown): number {
  return Timestamp.parse(text as string)!.epochSeconds();
}
