/** Bloom filters of column chunks: values that a chunk certainly has not. Of a filter only the blocks that are asked for are read. */
import { sbbfContains } from 'hyparquet/src/bloom.js';
import { xxhash64 } from 'hyparquet/src/xxhash.js';
import { orderOf } from '../../vector/compare.ts';
import { Decimal } from '../../vector/decimal.ts';
import { fromLiteral } from '../../vector/literal.ts';
import type { ScanPredicate } from '../../vector/predicate.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import type { Literal, SqlValue } from '../../vector/value.ts';
import { boundValue } from './bounds.ts';
import type { ColumnChunk, Leaf } from './metadata.ts';
import type { ReadExtent } from './page-index.ts';
import { sizeOf, structOf, ThriftBytes, type ThriftStruct } from './thrift.ts';

/**
 * Whether a chunk may have a value that satisfies a predicate, by its bloom filter. True where there is none, and where the
 * predicate asks for more than a few values.
 * @throws {SelectError} ParquetParsingError: what stands there is no filter
 */
export function filterMayHold(read: ReadExtent, { bloomFilter }: ColumnChunk, leaf: Leaf, predicate: ScanPredicate): boolean {
  const values = valuesSought(predicate);
  if (bloomFilter === null || values === null || values.length > VALUES_MAX) return true;
  const sought = values.map((value) => plainBytes(fromLiteral(value), leaf));
  if (sought.includes(null)) return true;
  const head_bytes = bloomFilter.bytes === 0 ? HEADER_BYTES_MAX : Math.min(bloomFilter.bytes, HEADER_BYTES_MAX);
  const head = new ThriftBytes(
    read({ offset: bloomFilter.offset, bytes: head_bytes }),
    bloomFilter.offset,
    `Column ${leaf.path.join('.')}, bloom filter`,
  );
  const { end } = head.fields(0);
  const bytes = filterBytes(head.struct(0));
  if (bytes === null) return true;
  if (bloomFilter.bytes !== 0 && end + bytes > bloomFilter.bytes) throw head.corrupt(0, 'a bloom filter is longer than its place');
  return sought.some((plain) => {
    const hash = xxhash64(plain!);
    const block = Number(((hash >> 32n) * BigInt(bytes / BLOCK_BYTES)) >> 32n);
    const words = read({ offset: bloomFilter.offset + end + block * BLOCK_BYTES, bytes: BLOCK_BYTES });
    const view = new DataView(words.buffer, words.byteOffset, BLOCK_BYTES);
    return sbbfContains(
      Uint32Array.from({ length: BLOCK_BYTES / 4 }, (_, word) => view.getUint32(4 * word, true)),
      hash,
    );
  });
}

const BLOCK_BYTES = 32;
/** A header is a number and three empty structures: half of it at most. */
const HEADER_BYTES_MAX = 64;
/** Each costs a read. */
const VALUES_MAX = 16;

/** Null: a kind of filter that is not known here. */
function filterBytes({ field_1, field_2, field_3, field_4 }: ThriftStruct): number | null {
  const bytes = sizeOf(field_1) ?? 0;
  const known = [field_2, field_3, field_4].every((union) => structOf(structOf(union)?.field_1) !== undefined);
  return known && bytes > 0 && bytes % BLOCK_BYTES === 0 ? bytes : null;
}

/** The only values that satisfy a predicate; null: there are others. */
function valuesSought(predicate: ScanPredicate): readonly Literal[] | null {
  if (predicate.negated) return null;
  if (predicate.kind === 'member') return predicate.values;
  if (predicate.kind !== 'range' || predicate.low === null || predicate.high === null) return null;
  const { low, high, lowInclusive, highInclusive } = predicate;
  return lowInclusive && highInclusive && orderOf(fromLiteral(low), fromLiteral(high)) === 0 ? [low] : null;
}

/** The bytes of a value that equals `value`, where only one can; else null. */
function plainBytes(value: SqlValue, leaf: Leaf): Uint8Array | null {
  const { physical, logical } = leaf;
  if (physical === 'BYTE_ARRAY') return typeof value === 'string' && logical.kind !== 'decimal' ? Buffer.from(value) : null;
  if (physical === 'FIXED_LEN_BYTE_ARRAY' && typeof value === 'string' && logical.kind === 'bytes') return Buffer.from(value);
  const bytes = candidate(value, leaf);
  const equal = bytes === null ? undefined : boundValue(bytes, leaf);
  return equal !== undefined && orderOf(equal, value) === 0 ? bytes : null;
}

function candidate(value: SqlValue, { physical, width, logical }: Leaf): Buffer | null {
  // why: zeros of both signs are equal.
  if (typeof value === 'number') return value === 0 || Number.isNaN(value) ? null : floatBytes(value, physical);
  if (logical.kind === 'uuid') return typeof value === 'string' ? Buffer.from(value.replaceAll('-', ''), 'hex') : null;
  const integer = integerOf(value, logical);
  if (integer === null) return null;
  if (physical === 'INT32' || physical === 'INT64') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, integer));
    return bytes.subarray(0, physical === 'INT32' ? 4 : 8);
  }
  if (physical !== 'FIXED_LEN_BYTE_ARRAY' || logical.kind !== 'decimal' || width > FIXED_BYTES_MAX) return null;
  return Buffer.from(
    BigInt.asUintN(8 * width, integer)
      .toString(16)
      .padStart(2 * width, '0'),
    'hex',
  );
}

const FIXED_BYTES_MAX = 64;

function floatBytes(value: number, physical: Leaf['physical']): Buffer | null {
  const bytes = Buffer.alloc(physical === 'FLOAT' ? 4 : 8);
  if (physical === 'FLOAT') bytes.writeFloatLE(value);
  else if (physical === 'DOUBLE') bytes.writeDoubleLE(value);
  else return null;
  return bytes;
}

/** What an integer column stores for a value, before it is known to fit. */
function integerOf(value: SqlValue, logical: Leaf['logical']): bigint | null {
  if (typeof value === 'bigint') return value;
  if (value instanceof Decimal) {
    const scale = logical.kind === 'decimal' ? logical.scale : 0;
    const gap = scale - value.scale;
    return gap < 0 || gap > SCALE_GAP_MAX ? null : value.mantissa * 10n ** BigInt(gap);
  }
  if (!(value instanceof Timestamp)) return null;
  const seconds = value.epochSeconds();
  if (logical.kind === 'date') return BigInt(Math.floor(seconds / DAY_SECONDS));
  if (logical.kind !== 'timestamp') return null;
  const digits = { millis: 3, micros: 6, nanos: 9 }[logical.unit];
  return BigInt(seconds) * 10n ** BigInt(digits) + BigInt(value.fraction.padEnd(digits, '0').slice(0, digits));
}

const SCALE_GAP_MAX = 76;
const DAY_SECONDS = 86_400;
