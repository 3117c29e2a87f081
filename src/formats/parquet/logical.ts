/** What stored values mean: logical types, and the converted types of older files, which say the same. */
import { SelectError } from '../../base/errors.ts';
import type { TypeName } from '../../vector/value.ts';
import type { LogicalType, PhysicalType, TimeUnit } from './metadata.ts';
import { intOf, structOf, type ThriftStruct } from './thrift.ts';

/** What a schema element says of its type. */
export interface Annotation {
  readonly physical: PhysicalType;
  readonly width: number;
  readonly logical: ThriftStruct | undefined;
  readonly converted: number | undefined;
  readonly scale: number | undefined;
  readonly precision: number | undefined;
}

/** @throws {SelectError} ParquetParsingError: the type cannot stand on values of this kind */
export function logicalTypeOf(column: string, annotation: Annotation): LogicalType {
  const named = (annotation.logical && fromLogical(annotation.logical)) ?? fromConverted(annotation);
  const type = named ?? unannotated(annotation.physical);
  if (!fits(type, annotation)) {
    const stored = annotation.width > 0 ? `${annotation.physical}(${annotation.width})` : annotation.physical;
    throw new SelectError('ParquetParsingError', { hint: `Column ${column}: ${nameOf(type)} cannot be stored as ${stored}.` });
  }
  return type;
}

/** The SQL type of a column's values. */
export function sqlTypeOf(physical: PhysicalType, logical: LogicalType): TypeName {
  switch (logical.kind) {
    case 'none':
      if (physical === 'BOOLEAN') return 'bool';
      return physical === 'FLOAT' || physical === 'DOUBLE' ? 'float' : 'int';
    case 'int':
      // why: half of the values of an unsigned 64-bit integer are beyond INT.
      return logical.bits === 64 && !logical.signed ? 'decimal' : 'int';
    case 'float16':
      return 'float';
    case 'decimal':
      return 'decimal';
    case 'date':
    case 'timestamp':
      return 'timestamp';
    case 'text':
    case 'bytes':
    case 'uuid':
    case 'time':
      return 'string';
  }
}

/** As Parquet's own texts write it, for people. */
export function nameOf(type: LogicalType): string {
  switch (type.kind) {
    case 'none':
      return '';
    case 'text':
      return 'STRING';
    case 'bytes':
      return 'BYTES';
    case 'int':
      return `INTEGER(${type.bits},${type.signed})`;
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'time':
    case 'timestamp':
      return `${type.kind.toUpperCase()}(${type.unit.toUpperCase()},${type.utc ? 'UTC' : 'local'})`;
    default:
      return type.kind.toUpperCase();
  }
}

/** Undefined: a type of a later version, whose values are read as they are stored. */
function fromLogical(union: ThriftStruct): LogicalType | undefined {
  if (union.field_1 !== undefined || union.field_4 !== undefined || union.field_12 !== undefined) return { kind: 'text' };
  const decimal = structOf(union.field_5);
  if (decimal !== undefined) return { kind: 'decimal', scale: intOf(decimal.field_1) ?? -1, precision: intOf(decimal.field_2) ?? -1 };
  if (union.field_6 !== undefined) return { kind: 'date' };
  const time = structOf(union.field_7);
  if (time !== undefined) return { kind: 'time', unit: unitOf(time), utc: time.field_1 === true };
  const timestamp = structOf(union.field_8);
  if (timestamp !== undefined) return { kind: 'timestamp', unit: unitOf(timestamp), utc: timestamp.field_1 === true };
  const integer = structOf(union.field_10);
  if (integer !== undefined) return { kind: 'int', bits: (intOf(integer.field_1) ?? 0) as 8, signed: integer.field_2 === true };
  if (union.field_13 !== undefined) return { kind: 'bytes' };
  if (union.field_14 !== undefined) return { kind: 'uuid' };
  if (union.field_15 !== undefined) return { kind: 'float16' };
  return undefined;
}

function unitOf(type: ThriftStruct): TimeUnit {
  const unit = structOf(type.field_2);
  if (unit?.field_3 !== undefined) return 'nanos';
  return unit?.field_2 === undefined ? 'millis' : 'micros';
}

/** By number, as in the format's `ConvertedType`; null: says nothing of values. Their times are UTC. */
const convertedTypes: readonly (LogicalType | null)[] = [
  { kind: 'text' },
  null,
  null,
  null,
  { kind: 'text' },
  null,
  { kind: 'date' },
  { kind: 'time', unit: 'millis', utc: true },
  { kind: 'time', unit: 'micros', utc: true },
  { kind: 'timestamp', unit: 'millis', utc: true },
  { kind: 'timestamp', unit: 'micros', utc: true },
  { kind: 'int', bits: 8, signed: false },
  { kind: 'int', bits: 16, signed: false },
  { kind: 'int', bits: 32, signed: false },
  { kind: 'int', bits: 64, signed: false },
  { kind: 'int', bits: 8, signed: true },
  { kind: 'int', bits: 16, signed: true },
  { kind: 'int', bits: 32, signed: true },
  { kind: 'int', bits: 64, signed: true },
  { kind: 'text' },
  { kind: 'bytes' },
];

const CONVERTED_DECIMAL = 5;

function fromConverted({ converted, scale, precision }: Annotation): LogicalType | undefined {
  if (converted === CONVERTED_DECIMAL) return { kind: 'decimal', scale: scale ?? 0, precision: precision ?? -1 };
  return (converted === undefined ? undefined : convertedTypes[converted]) ?? undefined;
}

function unannotated(physical: PhysicalType): LogicalType {
  if (physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY') return { kind: 'bytes' };
  if (physical === 'INT96') return { kind: 'timestamp', unit: 'nanos', utc: false };
  return { kind: 'none' };
}

function fits(type: LogicalType, { physical, width }: Annotation): boolean {
  const isBytes = physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY';
  switch (type.kind) {
    case 'none':
      return !isBytes;
    case 'text':
    case 'bytes':
      return isBytes;
    case 'uuid':
      return physical === 'FIXED_LEN_BYTE_ARRAY' && width === 16;
    case 'float16':
      return physical === 'FIXED_LEN_BYTE_ARRAY' && width === 2;
    case 'int':
      return [8, 16, 32, 64].includes(type.bits) && physical === (type.bits === 64 ? 'INT64' : 'INT32');
    case 'decimal':
      return (
        (isBytes || physical === 'INT32' || physical === 'INT64') && type.precision > 0 && type.scale >= 0 && type.scale <= type.precision
      );
    case 'date':
      return physical === 'INT32';
    case 'time':
      return physical === (type.unit === 'millis' ? 'INT32' : 'INT64');
    case 'timestamp':
      return physical === 'INT64' || (physical === 'INT96' && type.unit === 'nanos' && !type.utc);
  }
}
