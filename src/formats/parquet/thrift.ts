/** Thrift's compact protocol, in which Parquet keeps everything but values. No size that it claims is believed. */
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/** Fields by their number, untyped: what a reader expects it asks for with `intOf`, `listOf` and the like. */
export type ThriftStruct = { readonly [field in `field_${FieldNumber}`]?: unknown };

/** By number: names of the fields that are read anywhere. */
const FIELD_NAMES = [undefined, ...Array.from({ length: 15 }, (_, index) => `field_${index + 1}` as const)];

/** Their numbers. */
type FieldNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

/** Thrift at some place of the object. Positions are indices into `bytes`; errors name offsets in the object. */
export class ThriftBytes {
  readonly bytes: Uint8Array;
  readonly #offset: number;
  readonly #what: string;
  #at = 0;
  #values = 0;
  #values_max = 0;

  /** `offset`: where `bytes` lie in the object. `what` they are, for errors. */
  constructor(bytes: Uint8Array, offset: number, what = 'Metadata') {
    this.bytes = bytes;
    this.#offset = offset;
    this.#what = what;
  }

  /** Walks over the struct at `at`; answers where each of its fields stands, and where it ends. */
  fields(at: number): { readonly fields: ReadonlyMap<number, number>; readonly end: number } {
    const fields = new Map<number, number>();
    this.#begin(at);
    this.#walkStruct(0, fields);
    return { fields, end: this.#at };
  }

  /** Where the elements of the list at `at` begin, which have to be structs, `max` at most. */
  structs(at: number, max: number): number[] {
    this.#begin(at);
    const { type, size } = this.#listHead();
    if (type !== STRUCT && size > 0) throw this.corrupt(at, 'a list holds other things than structures');
    if (size > max) throw this.corrupt(at, `a list has more than ${max} elements`);
    const places: number[] = [];
    for (let index = 0; index < size; index++) {
      places.push(this.#at);
      this.#walkStruct(1, null);
    }
    return places;
  }

  /** The struct at `at`. @throws {SelectError} ParquetParsingError: it is damaged, or has more than `values_max` values */
  struct(at: number, values_max: number = limits.parquet_struct_values_max): ThriftStruct {
    this.#begin(at);
    this.#values_max = values_max;
    return this.#readStruct(0);
  }

  /** The integer at `at`, and the text; both where another type stands are some other value. */
  int(at: number): number {
    this.#begin(at);
    return zigzag(this.#varint());
  }

  text(at: number): string {
    this.#begin(at);
    const bytes = this.#varint();
    const start = this.#at;
    this.#skip(bytes);
    return Buffer.from(this.bytes.subarray(start, this.#at)).toString();
  }

  corrupt(at: number, what: string): SelectError {
    return new SelectError('ParquetParsingError', { offset: this.#offset + at, hint: `${this.#what}: ${what}.` });
  }

  #begin(at: number): void {
    this.#at = at;
    this.#values = 0;
  }

  #walkStruct(depth: number, places: Map<number, number> | null): void {
    if (depth > DEPTH_MAX) throw this.corrupt(this.#at, 'structures are nested too deep');
    for (let field = 0; ; ) {
      const head = this.#byte();
      const type = head & 15;
      if (type === STOP) return;
      field = head >> 4 === 0 ? zigzag(this.#varint()) : field + (head >> 4);
      places?.set(field, this.#at);
      this.#walkValue(type, depth + 1);
    }
  }

  #walkValue(type: number, depth: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#skip(1);
    else if (type === I16 || type === I32 || type === I64) this.#varint();
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === LIST) this.#walkList(depth);
    else if (type === STRUCT) this.#walkStruct(depth, null);
    else throw this.corrupt(this.#at, 'a field has an unknown type');
  }

  #walkList(depth: number): void {
    if (depth > DEPTH_MAX) throw this.corrupt(this.#at, 'structures are nested too deep');
    const { type, size } = this.#listHead();
    for (let index = 0; index < size; index++) this.#walkValue(type === TRUE || type === FALSE ? BYTE : type, depth + 1);
  }

  #readStruct(depth: number): ThriftStruct {
    if (depth > DEPTH_MAX) throw this.corrupt(this.#at, 'structures are nested too deep');
    const struct: Record<string, unknown> = {};
    for (let field = 0; ; ) {
      const head = this.#byte();
      const type = head & 15;
      if (type === STOP) return struct;
      field = head >> 4 === 0 ? zigzag(this.#varint()) : field + (head >> 4);
      const value = this.#readValue(type, depth + 1);
      const name = FIELD_NAMES[field];
      if (name !== undefined) struct[name] = value;
    }
  }

  #readValue(type: number, depth: number): unknown {
    if (++this.#values > this.#values_max) throw this.corrupt(this.#at, 'a structure is too large');
    switch (type) {
      case TRUE:
      case FALSE:
        return type === TRUE;
      case BYTE:
        return (this.#byte() << 24) >> 24;
      case I16:
      case I32:
      case I64:
        return zigzag(this.#varint());
      case DOUBLE:
        this.#skip(8);
        return undefined;
      case BINARY: {
        const bytes = this.#varint();
        const start = this.#at;
        this.#skip(bytes);
        return this.bytes.subarray(start, this.#at);
      }
      case LIST:
        return this.#readList(depth);
      case STRUCT:
        return this.#readStruct(depth);
      default:
        throw this.corrupt(this.#at, 'a field has an unknown type');
    }
  }

  #readList(depth: number): unknown[] {
    if (depth > DEPTH_MAX) throw this.corrupt(this.#at, 'structures are nested too deep');
    const { type, size } = this.#listHead();
    const isTruth = type === TRUE || type === FALSE;
    const values: unknown[] = [];
    for (let index = 0; index < size; index++) {
      const value = this.#readValue(isTruth ? BYTE : type, depth + 1);
      values.push(isTruth ? value === 1 : value);
    }
    return values;
  }

  #listHead(): { readonly type: number; readonly size: number } {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    // why: no element is shorter than a byte, so this bounds every list by what is really there.
    if (size > this.bytes.length - this.#at) throw this.corrupt(this.#at, 'a list is longer than the metadata');
    return { type: head & 15, size };
  }

  #byte(): number {
    const byte = this.bytes[this.#at++];
    if (byte === undefined) throw this.corrupt(this.#at - 1, 'it ends in the middle');
    return byte;
  }

  #skip(bytes: number): void {
    if (bytes > this.bytes.length - this.#at) throw this.corrupt(this.#at, 'a value is longer than the metadata');
    this.#at += bytes;
  }

  /** Its low 53 bits or so: exact for every size that can be right. */
  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#byte();
      value += (byte & 127) * unit;
      unit *= 128;
      if (byte < 128) return value;
    }
    throw this.corrupt(this.#at, 'a number is too long');
  }
}

/** Types of the compact protocol. Parquet uses no others. */
const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** Parquet's own structures are half as deep. */
const DEPTH_MAX = 24;
const VARINT_BYTES_MAX = 10;

const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/** A field as a number that can be a size, a count or an offset; undefined where it is absent or something else. */
export function sizeOf(value: unknown): number | undefined {
  const number = intOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

export function intOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** A copy: the parsed bytes may be many, and what is kept of them few. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value.slice() : undefined;
}

export function textOf(value: unknown): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString() : undefined;
}

export function structOf(value: unknown): ThriftStruct | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? (value as ThriftStruct)
    : undefined;
}

export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
