/** The indexes of a column chunk's pages: where each lies and which rows it holds, and bounds of its values. */
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { ColumnChunk, Extent, Leaf } from './metadata.ts';
import type { Bounds } from './prune.ts';
import { bytesOf, listOf, sizeOf, structOf, ThriftBytes, type ThriftStruct } from './thrift.ts';

/** Reads bytes of the object, all of them. Who passes it counts them. */
export type ReadExtent = (extent: Extent) => Uint8Array;

/** A data page; `first_row` counts from the start of the row group. */
export interface PageLocation extends Extent {
  readonly first_row: number;
}

/**
 * Where the data pages of a chunk are; null: the file does not say.
 * @throws {SelectError} ParquetParsingError: what it says cannot be
 */
export function readOffsetIndex(read: ReadExtent, chunk: ColumnChunk, leaf: Leaf, rows: number): PageLocation[] | null {
  const { offsetIndex, pages } = chunk;
  if (offsetIndex === null) return null;
  const locations = listOf(structAt(read, offsetIndex, leaf).field_1) ?? [];
  const corrupt = (): SelectError => corruptIndex(leaf, offsetIndex);
  let end = pages.offset;
  let row = 0;
  const found = locations.map((location): PageLocation => {
    const { field_1, field_2, field_3 } = structOf(location) ?? {};
    const [offset, bytes, first_row] = [sizeOf(field_1), sizeOf(field_2), sizeOf(field_3)];
    if (offset === undefined || bytes === undefined || first_row === undefined) throw corrupt();
    if (offset < end || bytes === 0 || offset + bytes > pages.offset + pages.bytes) throw corrupt();
    if (first_row < row || first_row > rows) throw corrupt();
    end = offset + bytes;
    row = first_row;
    return { offset, bytes, first_row };
  });
  if (rows > 0 && found[0]?.first_row !== 0) throw corrupt();
  return found;
}

/**
 * Bounds of each of `pages`; null: the file does not say, or not in an order that is ours.
 * @throws {SelectError} ParquetParsingError: what it says cannot be
 */
export function readColumnIndex(
  read: ReadExtent,
  { columnIndex }: ColumnChunk,
  leaf: Leaf,
  pages: readonly PageLocation[],
  rows: number,
): Bounds[] | null {
  if (columnIndex === null) return null;
  const { field_1, field_2, field_3, field_5 } = structAt(read, columnIndex, leaf);
  const [empty, min, max, nulls] = [listOf(field_1), listOf(field_2), listOf(field_3), listOf(field_5)];
  for (const list of [empty, min, max, nulls ?? empty]) if (list?.length !== pages.length) throw corruptIndex(leaf, columnIndex);
  return pages.map(({ first_row }, index) => {
    const page_rows = rowsEnd(pages, index, rows) - first_row;
    if (empty![index] === true) return { min: null, max: null, nulls: page_rows, rows: page_rows };
    const bound = (value: unknown): Uint8Array | null => bytesOf(value) ?? null;
    return { min: bound(min![index]), max: bound(max![index]), nulls: sizeOf(nulls?.[index]) ?? null, rows: page_rows };
  });
}

/** The last of the pages that begins at or before a row, or an offset; undefined: all are behind it. */
export function lastPage(pages: readonly PageLocation[], by: 'first_row' | 'offset', limit: number): PageLocation | undefined {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pages[middle]![by] <= limit) low = middle + 1;
    else high = middle;
  }
  return pages[low - 1];
}

/** The row of the row group behind a page. */
export function rowsEnd(pages: readonly PageLocation[], index: number, rows: number): number {
  return pages[index + 1]?.first_row ?? rows;
}

function structAt(read: ReadExtent, extent: Extent, { path }: Leaf): ThriftStruct {
  return new ThriftBytes(read(extent), extent.offset, `Column ${path.join('.')}, index of its pages`).struct(
    0,
    limits.parquet_index_values_max,
  );
}

function corruptIndex({ path }: Leaf, { offset }: Extent): SelectError {
  return new SelectError('ParquetParsingError', { offset, hint: `Column ${path.join('.')}: the index of its pages cannot be.` });
}
