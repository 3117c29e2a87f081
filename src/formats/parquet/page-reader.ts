/** Reads the pages of a column chunk, wherever in it they stand: header, checksum, decompression. */
import { crc32 } from 'node:zlib';
import type { Room } from './arena.ts';
import { ChunkBytes } from './chunk-bytes.ts';
import { decompress } from './decompress.ts';
import type { ColumnChunk, Leaf } from './metadata.ts';
import { encoding, type PageHeader, readPageHeader } from './page-header.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';
import type { StoredExtent } from './stored-values.ts';

/** A page in the memory of the thread: its levels, and behind them its values. */
export interface PageBody {
  readonly from: number;
  readonly end: number;
}

export class PageReader {
  readonly #space: ScanSpace;
  readonly #chunk: ColumnChunk;
  readonly #definition_max: number;
  readonly #bytes: ChunkBytes;
  readonly errors: ChunkErrors;

  constructor(space: ScanSpace, { definition_max }: Leaf, chunk: ColumnChunk, window_bytes: number, errors: ChunkErrors) {
    this.#space = space;
    this.#chunk = chunk;
    this.#definition_max = definition_max;
    this.#bytes = new ChunkBytes(space, chunk.pages, window_bytes, errors);
    this.errors = errors;
  }

  /** Where the pages of the chunk end. */
  get end(): number {
    return this.#bytes.end;
  }

  /** How often pages that were read in place were replaced. */
  get moves(): number {
    return this.#bytes.moves;
  }

  /** Bytes of the chunk that are kept in memory at once. */
  fits(length: number): boolean {
    return this.#bytes.fits(length);
  }

  /**
   * The header of the page at `offset`, which has `left` bytes at most. Where it has to be read, reads on to `until` as far as memory
   * goes.
   * @throws {SelectError} ParquetParsingError: there is none, or its page is longer than that
   */
  header(offset: number, until: number, left = this.end - offset): PageHeader {
    for (let length = Math.min(HEADER_BYTES, left); ; length = Math.min(4 * length, left)) {
      const address = this.#bytes.at(offset, length, until);
      const header = readPageHeader(this.#space.memory.u8, address, address + length);
      if (header === 'incomplete') {
        if (length < left && this.#bytes.fits(Math.min(4 * length, left))) continue;
        throw this.errors.damaged(offset, 'the header of a page is cut off');
      }
      if ('wrong' in header) throw this.errors.damaged(offset, `a page cannot be read, ${header.wrong}`);
      if (header.compressed_bytes > left - header.header_bytes)
        throw this.errors.damaged(
          offset,
          left < this.end - offset ? 'a page is longer than the index says' : 'a page is longer than its column chunk',
        );
      return header;
    }
  }

  /**
   * The page at `offset`, decompressed: in `room`, or where it was read. It stays until another page of the chunk is read. Reads on
   * to `until` where that helps.
   */
  body(offset: number, header: PageHeader, until: number, room: Room): PageBody {
    const { compressed_bytes: stored, uncompressed_bytes: size, header_bytes } = header;
    const { codec } = this.#chunk;
    const plain = codec === 'UNCOMPRESSED' || !header.is_compressed;
    if (plain && stored !== size) throw this.errors.damaged(offset, 'a page that is not compressed has two sizes');
    const from = this.#stored(offset + header_bytes, stored, until, plain ? room : this.#space.stored);
    if (header.crc !== null && crc32(this.#space.memory.u8.subarray(from, from + stored)) !== header.crc)
      throw this.errors.damaged(offset, 'the checksum of a page is wrong');
    if (plain) {
      this.#space.traffic.decompressed_bytes += size;
      return { from, end: from + size };
    }
    if (!room.reserve(size)) throw this.errors.tooLarge(offset);
    this.#decompress(offset, header, from, room.address);
    return { from: room.address, end: room.address + size };
  }

  /**
   * The levels of a page of a column without lists, and where its values are, which are read as they are wanted. Null: the
   * page is compressed, or it is better read as a whole.
   */
  parts(offset: number, header: PageHeader): { readonly body: PageBody; readonly values: StoredExtent } | null {
    const { compressed_bytes: stored, uncompressed_bytes: size, crc } = header;
    // why: a checksum is one of all bytes.
    if (this.#chunk.codec !== 'UNCOMPRESSED' || stored !== size || crc !== null || size < PARTS_BYTES_MIN) return null;
    const at = offset + header.header_bytes;
    const levels = this.#levelsBytes(at, header);
    if (levels === null || levels > size || !this.fits(levels)) return null;
    const from = levels === 0 ? 0 : this.#bytes.at(at, levels, at);
    const read: StoredExtent['read'] = (first, length, into) => {
      this.#space.traffic.decompressed_bytes += length;
      this.#bytes.copy(first, length, into);
    };
    return { body: { from, end: from + levels }, values: { read, offset: at + levels, bytes: size - levels } };
  }

  /** What the definition levels of a page take; null where that is not to be told by its beginning. */
  #levelsBytes(at: number, header: PageHeader): number | null {
    if (header.kind === 'data-v2') return header.definition_bytes + header.repetition_bytes;
    if (this.#definition_max === 0) return 0;
    if (header.definition_encoding !== encoding.rle) return null;
    return 4 + this.#space.memory.bytes.readUInt32LE(this.#bytes.at(at, 4, at));
  }

  #stored(offset: number, length: number, until: number, room: Room): number {
    if (this.#bytes.fits(length)) return this.#bytes.at(offset, length, until);
    if (!room.reserve(length)) throw this.errors.tooLarge(offset);
    this.#bytes.copy(offset, length, room.address);
    return room.address;
  }

  #decompress(offset: number, header: PageHeader, from: number, into: number): void {
    const { compressed_bytes: stored, uncompressed_bytes: size } = header;
    // why: the levels of these pages are never compressed.
    const levels = header.kind === 'data-v2' ? header.definition_bytes + header.repetition_bytes : 0;
    this.#space.memory.u8.copyWithin(into, from, from + levels);
    this.#space.traffic.decompressed_bytes += levels;
    const values = size - levels;
    // why: codecs differ in what they make of nothing.
    if (values === 0) return;
    if (!decompress(this.#space, this.#chunk.codec, from + levels, from + stored, into + levels, values))
      throw this.errors.damaged(offset, `a page is not what ${this.#chunk.codec} makes of ${size} bytes`);
  }
}

/** Smaller pages are read at once. */
const PARTS_BYTES_MIN = 64 * 1024;
/** Most headers are shorter; statistics can make them long. */
const HEADER_BYTES = 8 * 1024;
