/** The indexes of a row group's pages and values, each read at most once for a scan. */
import { SelectError } from '../../base/errors.ts';
import type { EncodedScan } from './encoded-scan.ts';
import { type ColumnChunk, type Extent, type Leaf, largestChunk, type RowGroup } from './metadata.ts';
import { type PageLocation, readOffsetIndex } from './page-index.ts';
import type { ScanSpace } from './scan-space.ts';
import { type RowRange, selectRows } from './select-rows.ts';

export class PageIndexes {
  readonly #space: ScanSpace;
  readonly #group: RowGroup;
  readonly #known = new Map<number, Uint8Array>();

  constructor(space: ScanSpace, group: RowGroup) {
    this.#space = space;
    this.#group = group;
  }

  /** The rows that may satisfy all predicates. */
  select({ schema, prunings }: EncodedScan): RowRange[] {
    return selectRows((extent) => this.#read(extent), this.#group, schema, prunings);
  }

  /**
   * The rows of a part of the row group, from `start` on: a page of its largest column belongs to the part that holds its first row, so
   * that it is decoded once. Where pages begin nobody can tell without an index: then the part as it is.
   */
  part(start: number, end: number, leaves: readonly Leaf[]): RowRange {
    const { rows, chunks } = this.#group;
    const isWhole = start === 0 && end === rows;
    const chunk = isWhole ? null : largestChunk(chunks);
    const pages = chunk === null ? null : readOffsetIndex((extent) => this.#read(extent), chunk, leaves[chunk.leaf]!, rows);
    if (pages === null) return { start, end };
    const beginning = (row: number): number => pages.find(({ first_row }) => first_row >= row)?.first_row ?? rows;
    return { start: beginning(start), end: beginning(end) };
  }

  /** Where the pages of a chunk are; null where the file does not say, or where it is read as fast without. */
  locate(chunk: ColumnChunk, leaf: Leaf): PageLocation[] | null {
    return chunk.pages.bytes < CHUNK_BYTES_MIN ? null : readOffsetIndex((extent) => this.#read(extent), chunk, leaf, this.#group.rows);
  }

  #read({ offset, bytes: length }: Extent): Uint8Array {
    const known = this.#known.get(offset);
    if (known !== undefined && known.length === length) return known;
    const { source, traffic } = this.#space;
    const bytes = new Uint8Array(length);
    const read = source.read(bytes, 0, length, offset);
    traffic.read_bytes += read;
    traffic.decompressed_bytes += read;
    if (read < length)
      throw new SelectError('ParquetParsingError', { offset: offset + read, hint: 'The object ends in the middle of an index.' });
    this.#known.set(offset, bytes);
    return bytes;
  }
}

/** A chunk of fewer bytes is read at once, whatever is needed of it. */
const CHUNK_BYTES_MIN = 64 * 1024;
