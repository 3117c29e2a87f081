/** CAST: every pair of types. A cast that cannot be is a failure value. */
import { Decimal } from './decimal.ts';
import { JsonValue } from './json-value.ts';
import { floatText, readDecimal, readFloat, readInt } from './number.ts';
import { csvText, excerpt, typeNameOf } from './text.ts';
import { Timestamp } from './timestamp.ts';
import { Failure, type SqlValue, type TypeName } from './value.ts';

/** NULL and MISSING pass unchanged, and so does a failure. Failures: CastFailed, InvalidCast, IntegerOverflow. */
export function castValue(value: SqlValue, to: TypeName): SqlValue {
  if (value === null || value === undefined || value instanceof Failure) return value;
  if (value instanceof JsonValue) return typeNameOf(value) === to.toUpperCase() ? value : invalidCast(value, to.toUpperCase());
  switch (to) {
    case 'bool':
      return toBool(value);
    case 'int':
      return toInt(value);
    case 'float':
      return toFloat(value);
    case 'decimal':
      return toDecimal(value);
    case 'string':
      return csvText(value);
    case 'timestamp':
      return toTimestamp(value);
    case 'list':
    case 'struct':
      return invalidCast(value, to.toUpperCase());
  }
}

/** Text that is no value of the type `to`. */
export function castFailed(value: SqlValue, to: string): Failure {
  return new Failure({ code: 'CastFailed', params: { from: typeNameOf(value), to, value: excerpt(csvText(value)) } });
}

type Castable = Exclude<SqlValue, undefined | null | JsonValue | Failure>;

function toBool(value: Castable): SqlValue {
  if (typeof value === 'string') return value.toLowerCase() === 'true';
  if (value instanceof Decimal) return !value.isZero();
  if (value instanceof Timestamp) return invalidCast(value, 'BOOL');
  return typeof value === 'boolean' ? value : Number(value) !== 0;
}

function toInt(value: Castable): SqlValue {
  if (typeof value === 'string') {
    const read = readInt(value);
    return read === undefined ? castFailed(value, 'INT') : (read ?? overflow(value));
  }
  if (value instanceof Timestamp) return invalidCast(value, 'INT');
  if (value instanceof Decimal) return value.toBigint() ?? overflow(value);
  if (typeof value !== 'number') return BigInt(value);
  const truncated = Math.trunc(value);
  // why: 2^63 is a double, the largest 64-bit integer is not.
  return truncated >= -(2 ** 63) && truncated < 2 ** 63 ? BigInt(truncated) : overflow(value);
}

function toFloat(value: Castable): SqlValue {
  if (typeof value === 'string') return readFloat(value) ?? castFailed(value, 'FLOAT');
  if (value instanceof Timestamp) return invalidCast(value, 'FLOAT');
  return value instanceof Decimal ? value.toNumber() : Number(value);
}

function toDecimal(value: Castable): SqlValue {
  if (typeof value === 'string') return readDecimal(value) ?? castFailed(value, 'DECIMAL');
  if (value instanceof Timestamp) return invalidCast(value, 'DECIMAL');
  if (value instanceof Decimal) return value;
  return typeof value === 'number' ? (Decimal.fromNumber(value) ?? castFailed(value, 'DECIMAL')) : Decimal.fromBigint(BigInt(value));
}

function toTimestamp(value: Castable): SqlValue {
  if (typeof value === 'string') return Timestamp.parse(value) ?? castFailed(value, 'TIMESTAMP');
  return value instanceof Timestamp ? value : invalidCast(value, 'TIMESTAMP');
}

function invalidCast(value: SqlValue, to: string): Failure {
  return new Failure({ code: 'InvalidCast', params: { from: typeNameOf(value), to } });
}

function overflow(value: string | number | Decimal): Failure {
  const text = typeof value === 'number' ? floatText(value) : typeof value === 'string' ? excerpt(value) : value.toText();
  return new Failure({ code: 'IntegerOverflow', params: { value: text } });
}
