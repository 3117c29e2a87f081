/** Parquet files of one column, page by page as a test wants them. */
import { crc32 } from 'node:zlib';
import { thriftBytes } from './parquet.ts';

/** Fields of `SchemaElement` by number, but for the name. */
export type Element = Record<string, unknown>;

export const optionalInt32: Element = { field_1: 1, field_3: 1 };
export const requiredInt32: Element = { field_1: 1, field_3: 0 };
export const optionalInt96: Element = { field_1: 3, field_3: 1 };
export const optionalText: Element = { field_1: 6, field_3: 1, field_6: 0 };
export const requiredText: Element = { field_1: 6, field_3: 0, field_6: 0 };

export interface PageOptions {
  readonly values: number;
  readonly encoding?: number;
  readonly definition_encoding?: number;
  readonly crc?: 'right' | 'wrong';
  readonly uncompressed_bytes?: number;
  readonly compressed_bytes?: number;
}

/** A data page of version 1: `body` is what stands behind its header. */
export function dataPage(body: Uint8Array, { values, encoding = 0, definition_encoding = 3, ...sizes }: PageOptions): Uint8Array {
  return page(0, body, { field_5: { field_1: values, field_2: encoding, field_3: definition_encoding, field_4: 3 } }, sizes);
}

export function dictionaryPage(body: Uint8Array, values: number): Uint8Array {
  return page(2, body, { field_7: { field_1: values, field_2: 0 } }, {});
}

export function indexPage(body: Uint8Array): Uint8Array {
  return page(1, body, { field_6: {} }, {});
}

function page(
  type: number,
  body: Uint8Array,
  struct: Record<string, unknown>,
  { crc, uncompressed_bytes = body.length, compressed_bytes = body.length }: Omit<PageOptions, 'values'>,
): Uint8Array {
  const sum = crc === undefined ? {} : { field_4: (crc32(body) ^ (crc === 'right' ? 0 : 1)) | 0 };
  return Buffer.concat([thriftBytes({ field_1: type, field_2: uncompressed_bytes, field_3: compressed_bytes, ...sum, ...struct }), body]);
}

/** A file whose only column `c` has these pages, in one row group. */
export function fileOfPages(element: Element, rows: number, pages: readonly Uint8Array[], codec = 0): Uint8Array {
  const chunk = Buffer.concat(pages);
  const meta = {
    field_1: element['field_1'],
    field_2: [0],
    field_3: ['c'],
    field_4: codec,
    field_5: BigInt(rows),
    field_6: BigInt(chunk.length),
    field_7: BigInt(chunk.length),
    field_9: 4n,
  };
  const footer = thriftBytes({
    field_1: 2,
    field_2: [
      { field_4: 'root', field_5: 1 },
      { ...element, field_4: 'c' },
    ],
    field_3: BigInt(rows),
    field_4: [{ field_1: [{ field_2: 4n, field_3: meta }], field_2: BigInt(chunk.length), field_3: BigInt(rows) }],
  });
  const end = Buffer.alloc(8);
  end.writeUInt32LE(footer.length);
  end.write('PAR1', 4);
  return Buffer.concat([Buffer.from('PAR1'), chunk, footer, end]);
}

export function int32s(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** INT96: nanoseconds of a day, and the Julian day. */
export function int96s(...times: readonly (readonly [day: number, nanos: bigint])[]): Uint8Array {
  return Buffer.concat(
    times.map(([day, nanos]) => {
      const bytes = Buffer.alloc(12);
      bytes.writeBigInt64LE(nanos);
      bytes.writeInt32LE(day, 8);
      return bytes;
    }),
  );
}

/** PLAIN byte arrays. */
export function byteArrays(...texts: (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text as string);
      return [int32s(bytes.length), bytes];
    }),
  );
}

/** Levels of a data page of version 1: runs of the RLE/bit-packed hybrid, behind their length. */
export function levels(...runs: readonly (readonly [count: number, level: number])[]): Uint8Array {
  const bytes = Buffer.from(runs.flatMap(([count, level]) => [...varint(count << 1), level]));
  return Buffer.concat([int32s(bytes.length), bytes]);
}

/** Dictionary codes of `width` bits, as runs, behind their width. */
export function codes(width: number, ...runs: readonly (readonly [count: number, code: number])[]): Uint8Array {
  const bytes = runs.flatMap(([count, code]) => [...varint(count << 1), ...int32s(code).subarray(0, (width + 7) >> 3)]);
  return Uint8Array.from([width, ...bytes]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
