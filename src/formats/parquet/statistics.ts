/** The bounds of a column in a row group, where they are of use: what old and careless writers get wrong is left out. */
import type { ColumnStatistics, Leaf } from './metadata.ts';
import { bytesOf, sizeOf, type ThriftStruct } from './thrift.ts';

/** `ordered`: `min_value` and `max_value` are in the order the format defines for the type. */
export function readStatistics(statistics: ThriftStruct | undefined, leaf: Leaf, ordered: boolean): ColumnStatistics | null {
  if (statistics === undefined) return null;
  const nulls = sizeOf(statistics.field_3) ?? null;
  const [min, max] = boundsOf(statistics, leaf, ordered);
  const whole = isWhole(leaf, min) && isWhole(leaf, max);
  const exact = min !== null && max !== null && statistics.field_7 !== false && statistics.field_8 !== false;
  const told = statistics.field_7 === true && statistics.field_8 === true;
  return min === null && max === null && nulls === null ? null : { min, max, nulls, exact: exact && (whole || told) };
}

function boundsOf(statistics: ThriftStruct, leaf: Leaf, ordered: boolean): [Uint8Array | null, Uint8Array | null] {
  if (!isOrdered(leaf, ordered)) return [null, null];
  const max = boundOf(statistics.field_5, leaf);
  const min = boundOf(statistics.field_6, leaf);
  if (min !== null || max !== null || !hasLegacyOrder(leaf)) return [min, max];
  return [boundOf(statistics.field_2, leaf), boundOf(statistics.field_1, leaf)];
}

/** Bounds of its values, in new fields and indexes of pages, are in an order that is ours. */
export function isOrdered(leaf: Leaf, ordered: boolean): boolean {
  return leaf.physical !== 'INT96' && (ordered || hasLegacyOrder(leaf));
}

/** What compares as signed numbers, as `min` and `max` of before 2017 compared everything, and as no writer could get wrong. */
function hasLegacyOrder({ physical, logical }: Leaf): boolean {
  if (physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY') return false;
  return logical.kind !== 'int' || logical.signed;
}

function boundOf(value: unknown, { physical }: Leaf): Uint8Array | null {
  const bytes = bytesOf(value);
  const width = widths[physical];
  return bytes === undefined || (width !== undefined && bytes.length !== width) ? null : bytes;
}

/** Bounds of bytes may be cut off. */
function isWhole({ physical, width }: Leaf, bound: Uint8Array | null): boolean {
  if (physical === 'BYTE_ARRAY') return false;
  return physical !== 'FIXED_LEN_BYTE_ARRAY' || bound?.length === width;
}

const widths: Readonly<Record<string, number>> = { BOOLEAN: 1, INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };
