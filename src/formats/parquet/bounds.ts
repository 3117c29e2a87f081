/** The values that the bounds of statistics stand for. */
import { orderOf } from '../../vector/compare.ts';
import { Decimal } from '../../vector/decimal.ts';
import { csvText } from '../../vector/text.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Leaf, LogicalType, TimeUnit } from './metadata.ts';

/** The SQL value of a PLAIN value; undefined where it has none, or none that is ordered as the bytes are. Bytes of text are not cut here. */
export function boundValue(bytes: Uint8Array, { physical, width, logical }: Leaf): SqlValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (physical) {
    case 'BOOLEAN':
      return bytes.length === 1 ? bytes[0] !== 0 : undefined;
    case 'INT32':
      return bytes.length === 4
        ? integerValue(BigInt(isUnsigned(logical) ? view.getUint32(0, true) : view.getInt32(0, true)), logical)
        : undefined;
    case 'INT64':
      if (bytes.length !== 8) return undefined;
      return integerValue(isUnsigned(logical) ? view.getBigUint64(0, true) : view.getBigInt64(0, true), logical);
    case 'FLOAT':
      return bytes.length === 4 ? view.getFloat32(0, true) : undefined;
    case 'DOUBLE':
      return bytes.length === 8 ? view.getFloat64(0, true) : undefined;
    case 'INT96':
      return undefined;
    case 'BYTE_ARRAY':
      return logical.kind === 'decimal' ? decimalOf(bigEndian(bytes), logical.scale) : undefined;
    case 'FIXED_LEN_BYTE_ARRAY':
      if (bytes.length !== width) return undefined;
      if (logical.kind === 'decimal') return decimalOf(bigEndian(bytes), logical.scale);
      if (logical.kind === 'float16') return halfFloat(view.getUint16(0, true));
      return logical.kind === 'uuid' ? uuidText(bytes) : undefined;
  }
}

/** The value of a bound that is not cut off; undefined where it has none: bytes that are no text, a date in the year 10000. */
export function wholeValue(bytes: Uint8Array, leaf: Leaf): SqlValue {
  if (leaf.logical.kind !== 'text' && leaf.logical.kind !== 'bytes') return boundValue(bytes, leaf);
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The least or greatest of some bounds, as CSV has it; null where one of them is null or has no value, and of none. */
export function extremeText(bounds: readonly (Uint8Array | null)[], leaf: Leaf, side: 'min' | 'max'): string | null {
  let best: SqlValue;
  for (const bytes of bounds) {
    const value = bytes === null ? undefined : wholeValue(bytes, leaf);
    if (value === undefined) return null;
    const order = best === undefined ? Number.NaN : (orderOf(value, best) ?? 0);
    if (Number.isNaN(order) || (side === 'min' ? order < 0 : order > 0)) best = value;
  }
  return best === undefined ? null : csvText(best);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isUnsigned(logical: LogicalType): boolean {
  return logical.kind === 'int' && !logical.signed;
}

function integerValue(value: bigint, logical: LogicalType): SqlValue {
  switch (logical.kind) {
    case 'none':
      return value;
    case 'int':
      return logical.bits === 64 && !logical.signed ? decimalOf(value, 0) : value;
    case 'decimal':
      return decimalOf(value, logical.scale);
    case 'date':
      return Timestamp.fromEpoch(Number(value) * DAY_SECONDS, 'day', '', null) ?? undefined;
    case 'timestamp':
      return timestampOf(value, logical.unit, logical.utc);
    default:
      return undefined;
  }
}

const DAY_SECONDS = 86_400;
const mantissa_limit = 10n ** 38n;

function decimalOf(mantissa: bigint, scale: number): SqlValue {
  return mantissa < mantissa_limit && mantissa > -mantissa_limit ? new Decimal(mantissa, scale) : undefined;
}

const fractionDigits: Readonly<Record<TimeUnit, number>> = { millis: 3, micros: 6, nanos: 9 };

function timestampOf(value: bigint, unit: TimeUnit, utc: boolean): SqlValue {
  const digits = fractionDigits[unit];
  const perSecond = 10n ** BigInt(digits);
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const seconds = Number((value - fraction) / perSecond);
  return Timestamp.fromEpoch(seconds, 'second', fraction.toString().padStart(digits, '0'), utc ? 0 : null) ?? undefined;
}

function bigEndian(bytes: Uint8Array): bigint {
  // why: no decimal of 38 digits takes more, and a bound can be as long as the file likes.
  if (bytes.length === 0 || bytes.length > DECIMAL_BYTES_MAX) return mantissa_limit;
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

const DECIMAL_BYTES_MAX = 64;

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
