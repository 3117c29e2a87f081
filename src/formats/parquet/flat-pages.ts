/**
 * The data pages of a column without lists, by row: each value stands in a row of its own, so pages can be skipped. Where the file
 * has an offset index they are known from the beginning; else they are found one behind the other.
 */
import { limits } from '../../base/limits.ts';
import type { Room } from './arena.ts';
import { GAP_BYTES } from './chunk-bytes.ts';
import type { ColumnChunk } from './metadata.ts';
import { encoding, type PageHeader } from './page-header.ts';
import type { PageLocation } from './page-index.ts';
import type { PageBody, PageReader } from './page-reader.ts';
import type { StoredExtent } from './stored-values.ts';

/** Whether any row of `[first, end)` is wanted. */
export type WantsRows = (first: number, end: number) => boolean;

export interface FlatPage {
  readonly header: PageHeader;
  readonly body: PageBody;
  /** Null: they are part of the body; else that has the levels alone. */
  readonly values: StoredExtent | null;
}

export class FlatPages {
  readonly #reader: PageReader;
  readonly #locations: readonly PageLocation[] | null;
  readonly #rows: number;
  readonly #start: number;
  readonly #stretches: boolean;
  /** Of the pages found so far: the offset and the first row of each. */
  readonly #offsets: number[] = [];
  readonly #firsts: number[] = [];
  readonly #headers: PageHeader[] = [];
  /** Where the next page stands, and its first row. */
  #next: number;
  #found_rows = 0;
  #empty = 0;
  #dictionary: { readonly offset: number; readonly header: PageHeader } | null | undefined;

  /** `rows`: of the row group. `stretches`: large pages are better read in parts. */
  constructor(reader: PageReader, { pages }: ColumnChunk, rows: number, locations: readonly PageLocation[] | null, stretches: boolean) {
    this.#reader = reader;
    this.#rows = rows;
    this.#stretches = stretches;
    this.#start = pages.offset;
    this.#next = pages.offset;
    this.#locations = locations;
    for (const { offset, first_row } of locations ?? []) {
      this.#offsets.push(offset);
      this.#firsts.push(first_row);
    }
    if (locations !== null) this.#found_rows = rows;
  }

  firstRow(page: number): number {
    return this.#firsts[page]!;
  }

  endRow(page: number): number {
    return this.#firsts[page + 1] ?? this.#found_rows;
  }

  offset(page: number): number {
    return this.#offsets[page]!;
  }

  /** The page of `row`. `near`: a page that may be a little before it. @throws {SelectError} ParquetParsingError */
  find(row: number, near: number): number {
    let page = near < this.#firsts.length && this.firstRow(near) <= row ? near : this.#search(row);
    for (; ; page++) {
      if (page === this.#firsts.length) this.#walk();
      if (row < this.endRow(page)) return page;
    }
  }

  /** Whether the values of the page are codes of the dictionary. */
  hasCodes(page: number): boolean {
    return isCodes(this.#header(page, this.offset(page)).encoding);
  }

  /**
   * The page, decompressed; reads on as far as the pages behind it are wanted. Where its values are codes, `dictionary` is called
   * before: it may read another page.
   */
  open(page: number, room: Room, wants: WantsRows, dictionary: () => void): FlatPage {
    const offset = this.offset(page);
    const until = this.#until(page, wants);
    if (this.#stretches) {
      const header = this.#header(page, offset);
      const parts = header.encoding === encoding.plain ? this.#reader.parts(offset, header) : null;
      if (parts !== null) return { header, body: parts.body, values: parts.values };
    }
    // why: a dictionary still to be read would take the place of the page, so both are read at once, or of the page its header first.
    const begins = this.#locations !== null && this.#dictionary === undefined;
    if (begins && page === 0) this.#findDictionary(until);
    const header = this.#header(page, begins && page > 0 ? offset : until);
    if (isCodes(header.encoding)) dictionary();
    return { header, body: this.#reader.body(offset, header, until, room), values: null };
  }

  /** The dictionary's page, decompressed; null where the chunk has none. */
  openDictionary(room: Room): { readonly header: PageHeader; readonly offset: number; readonly body: PageBody } | null {
    if (this.#dictionary === undefined) this.#findDictionary();
    const found = this.#dictionary;
    if (!found) return null;
    const { offset, header } = found;
    return { header, offset, body: this.#reader.body(offset, header, this.#ahead(offset), room) };
  }

  #search(row: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle]! <= row) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  #header(page: number, until: number): PageHeader {
    const known = this.#headers[page];
    if (known !== undefined) return known;
    const offset = this.offset(page);
    const header = this.#reader.header(offset, until, this.#locations?.[page]?.bytes);
    const rows = this.endRow(page) - this.firstRow(page);
    if (!isData(header) || header.values !== rows)
      throw this.#reader.errors.damaged(offset, `the offset index says that ${rows} rows are here`);
    this.#headers[page] = header;
    return header;
  }

  /** Finds the next data page that is not empty. */
  #walk(): void {
    const { errors, end } = this.#reader;
    for (;;) {
      const offset = this.#next;
      if (offset >= end) throw errors.damaged(offset, `its pages hold ${this.#found_rows} rows of ${this.#rows}`);
      const header = this.#reader.header(offset, this.#ahead(offset));
      this.#next = offset + header.header_bytes + header.compressed_bytes;
      if (offset === this.#start) this.#dictionary = header.kind === 'dictionary' ? { offset, header } : null;
      if (isData(header) && header.values > 0) {
        this.#add(offset, header);
        return;
      }
      if (header.kind === 'dictionary' && offset !== this.#start) throw errors.damaged(offset, 'a dictionary stands behind other pages');
      this.#empty++;
      if (this.#empty > limits.parquet_chunk_pages_max) throw errors.damaged(offset, 'it has too many pages without rows');
    }
  }

  #add(offset: number, header: PageHeader): void {
    const { errors } = this.#reader;
    if (header.values > this.#rows - this.#found_rows)
      throw errors.damaged(offset, `its pages hold more rows than the row group's ${this.#rows}`);
    if (this.#firsts.length === limits.parquet_chunk_pages_max) throw errors.damaged(offset, 'it has too many pages');
    this.#offsets.push(offset);
    this.#firsts.push(this.#found_rows);
    this.#headers.push(header);
    this.#found_rows += header.values;
  }

  /** Reads on to `until` where the offset index says that pages follow. */
  #findDictionary(until = 0): void {
    if (this.#locations === null) {
      this.#walk();
      return;
    }
    this.#dictionary = null;
    const first = this.#locations[0];
    if (first !== undefined && this.#start >= first.offset) return;
    const end = first?.offset ?? this.#start;
    const header = this.#reader.header(this.#start, Math.max(until, end), end - this.#start);
    if (header.kind === 'dictionary') this.#dictionary = { offset: this.#start, header };
  }

  /** How far to read on from `offset` when nothing is known of the pages there. */
  #ahead(offset: number): number {
    const { end } = this.#reader;
    if (this.#locations !== null) return this.#locations[0]?.offset ?? offset;
    if (this.#stretches) return offset;
    return this.#reader.fits(end - this.#start) ? end : offset;
  }

  #until(page: number, wants: WantsRows): number {
    const locations = this.#locations;
    if (locations === null) return this.#reader.end;
    let last = page;
    for (let gap = 0, next = page + 1; next < locations.length && gap <= GAP_BYTES; next++) {
      if (wants(this.firstRow(next), this.endRow(next))) {
        last = next;
        gap = 0;
      } else gap += locations[next]!.bytes;
    }
    return locations[last]!.offset + locations[last]!.bytes;
  }
}

const isCodes = (values: number): boolean => values === encoding.plain_dictionary || values === encoding.rle_dictionary;

const isData = ({ kind }: PageHeader): boolean => kind === 'data' || kind === 'data-v2';
