/**
 * Walks over the entries of one leaf in the order of the file: each has a repetition and a definition level, and where that is the
 * highest a value. For columns with lists, whose rows have as many entries as they like.
 */
import { limits } from '../../base/limits.ts';
import { Room } from './arena.ts';
import { type Dictionary, DictionaryRooms, NO_DICTIONARY } from './dictionary.ts';
import type { DistantTimes } from './distant-times.ts';
import type { ColumnChunk, Leaf } from './metadata.ts';
import type { PageHeader } from './page-header.ts';
import { lastPage, type PageLocation } from './page-index.ts';
import { type Levels, layOutPage, readLevels } from './page-levels.ts';
import { PageReader } from './page-reader.ts';
import { PageValues } from './page-values.ts';
import { ChunkErrors, type ScanSpace } from './scan-space.ts';
import { valueForm } from './value-form.ts';
import { ValueLoader } from './value-loader.ts';

export class LeafCursor {
  readonly #space: ScanSpace;
  readonly #leaf: Leaf;
  readonly #chunk: ColumnChunk;
  readonly #rows: number;
  readonly #locations: readonly PageLocation[];
  readonly #reader: PageReader;
  readonly #room: Room;
  readonly #repetitions: Room;
  readonly #definitions: Room;
  readonly #rooms: DictionaryRooms;
  readonly #loader: ValueLoader;
  readonly values: PageValues;
  readonly errors: ChunkErrors;
  #dictionary: Dictionary | null = null;
  /** Where the next page stands, and entries in and pages before it. */
  #next = 0;
  #entries = 0;
  #pages = 0;
  /** The entry within its page, how many that has, and the row the entry belongs to. */
  #entry = 0;
  #count = 0;
  #row = -1;
  /** The next page is one that an offset index told of. */
  #jumped = false;
  /** Levels of the entry; a repetition of -1: there are no more. */
  repetition = -1;
  definition = 0;
  /** Values before the entry in its page. */
  position = 0;
  /** Offset of the page, for errors. */
  offset = 0;

  constructor(
    space: ScanSpace,
    leaf: Leaf,
    chunk: ColumnChunk,
    rows: number,
    window_bytes: number,
    locations: readonly PageLocation[] | null,
  ) {
    this.#space = space;
    this.#leaf = leaf;
    this.#chunk = chunk;
    this.#rows = rows;
    this.#locations = locations ?? [];
    this.errors = new ChunkErrors(leaf.path);
    this.#reader = new PageReader(space, leaf, chunk, window_bytes, this.errors);
    this.#room = new Room(space.arena);
    this.#repetitions = new Room(space.arena);
    this.#definitions = new Room(space.arena);
    this.#rooms = new DictionaryRooms(space);
    this.#loader = new ValueLoader(space, valueForm(leaf), this.errors);
    this.values = new PageValues(space, leaf, this.#loader);
    this.#restart();
  }

  /** Timestamps of INT96 that are loaded as codes. */
  get distant(): DistantTimes {
    return this.#loader.distant;
  }

  /** The row that the entry belongs to; behind the last one, how many there are. */
  get row(): number {
    return this.#row;
  }

  /** Goes to the next entry. */
  advance(): void {
    if (this.definition === this.#leaf.definition_max) this.position++;
    this.#entry++;
    this.#settle();
  }

  /** Goes to the first entry of `row`. */
  seek(row: number): void {
    if (row < this.#row || (row === this.#row && this.repetition !== 0)) this.#restart();
    this.#jump(row);
    while (this.#row < row && this.repetition !== -1) this.#nextRow(row);
    if (this.#row !== row || this.repetition !== 0) throw this.#endsEarly();
  }

  /** Starts again in front of the first page. */
  #restart(): void {
    this.#next = this.#chunk.pages.offset;
    this.#entries = 0;
    this.#pages = 0;
    this.#entry = 0;
    this.#count = 0;
    this.#row = -1;
    this.repetition = 0;
    this.definition = -1;
  }

  /** Goes to the page that the offset index knows `row` to be in, if that is ahead. */
  #jump(row: number): void {
    const found = lastPage(this.#locations, 'first_row', row);
    if (found === undefined || found.offset < this.#next) return;
    this.#findDictionary();
    this.#next = found.offset;
    this.#entry = 0;
    this.#count = 0;
    this.#row = found.first_row - 1;
    this.#jumped = true;
    this.definition = -1;
  }

  /** Goes to the next entry with which a row begins. `target`: pages of rows before it need not be read. */
  #nextRow(target: number): void {
    const { u8 } = this.#space.memory;
    const { definition_max } = this.#leaf;
    const [repetitions, definitions] = [this.#repetitions.address, this.#definitions.address];
    let { position } = this;
    let entry = this.#entry;
    do {
      if (entry < this.#count && u8[definitions + entry] === definition_max) position++;
      entry++;
    } while (entry < this.#count && u8[repetitions + entry] !== 0);
    this.#entry = entry;
    this.position = position;
    this.#settle(target);
  }

  /** Reads the levels of the entry, of the next page where this one has ended. `target`: see `#nextRow`. */
  #settle(target = 0): void {
    while (this.#entry >= this.#count) {
      if (!this.#nextPage(target)) {
        this.#row++;
        this.repetition = -1;
        return;
      }
    }
    const { u8 } = this.#space.memory;
    this.repetition = u8[this.#repetitions.address + this.#entry]!;
    this.definition = u8[this.#definitions.address + this.#entry]!;
    if (this.repetition === 0) this.#row++;
    else if (this.#row === -1) throw this.errors.damaged(this.offset, 'its first value continues a row');
  }

  /** Opens the next data page; false at the end of the chunk. */
  #nextPage(target: number): boolean {
    for (;;) {
      const offset = this.#next;
      if (offset >= this.#reader.end) return false;
      const place = lastPage(this.#locations, 'offset', offset);
      const until = place?.offset === offset ? offset + place.bytes : this.#reader.end;
      const header = this.#reader.header(offset, until, until - offset);
      this.offset = offset;
      this.#next = offset + header.header_bytes + header.compressed_bytes;
      if (++this.#pages > limits.parquet_chunk_pages_max) throw this.errors.damaged(offset, 'it has too many pages');
      if (header.kind === 'dictionary') this.#readDictionary(offset, header, until);
      else if (header.kind !== 'index' && header.values > 0 && !this.#skips(header, target)) {
        this.#openPage(offset, header, until);
        return true;
      }
    }
  }

  /** Whether a page ends before the row in which the next one begins; it does not have to be read then. */
  #skips(header: PageHeader, target: number): boolean {
    // why: only these begin with a row and say how many they have.
    if (header.kind !== 'data-v2' || this.#row + header.rows >= target) return false;
    this.#row += header.rows;
    this.#entries += header.values;
    return true;
  }

  #openPage(offset: number, header: PageHeader, until: number): void {
    const { errors } = this;
    const { values: count } = header;
    this.#entries += count;
    if (this.#locations.length === 0 && this.#entries > this.#chunk.values)
      throw errors.damaged(offset, `its pages hold more than ${this.#chunk.values} values`);
    const body = this.#reader.body(offset, header, until, this.#room);
    const { repetition, definition, values } = layOutPage(this.#space, this.#leaf, header, body, offset, errors);
    this.#fill(this.#repetitions, repetition, count);
    if ((header.kind === 'data-v2' || this.#jumped) && this.#space.memory.u8[this.#repetitions.address] !== 0)
      throw errors.damaged(offset, 'a page begins in the middle of a row');
    this.#jumped = false;
    this.#fill(this.#definitions, definition, count);
    this.values.open(offset, header.encoding, values, this.#countStored(count), this.#dictionary ?? NO_DICTIONARY);
    this.#entry = 0;
    this.#count = count;
    this.position = 0;
  }

  #fill(room: Room, levels: Levels | null, count: number): void {
    if (!room.reserve(count)) throw this.errors.tooLarge(this.offset);
    if (levels === null) this.#space.memory.u8.fill(0, room.address, room.address + count);
    else readLevels(this.#space, levels, count, room.address, this.offset, this.errors);
  }

  #countStored(count: number): number {
    const { u8 } = this.#space.memory;
    const { definition_max } = this.#leaf;
    const { address } = this.#definitions;
    let stored = 0;
    for (let entry = address; entry < address + count; entry++) if (u8[entry] === definition_max) stored++;
    return stored;
  }

  /** Before pages are passed over: theirs is the first. */
  #findDictionary(): void {
    const { offset } = this.#chunk.pages;
    if (this.#dictionary !== null || this.#next !== offset || this.#locations[0]?.offset === offset) return;
    const until = this.#locations[0]?.offset ?? offset;
    const header = this.#reader.header(offset, until, until - offset);
    if (header.kind === 'dictionary') this.#readDictionary(offset, header, until);
  }

  #readDictionary(offset: number, header: PageHeader, until: number): void {
    if (this.#dictionary !== null) return;
    const body = this.#reader.body(offset, header, until, this.#rooms.page);
    this.#dictionary = this.#rooms.load(this.#loader, offset, header, body);
  }

  #endsEarly(): Error {
    return this.errors.damaged(this.offset, `its pages hold ${this.#row} rows of ${this.#rows}`);
  }
}
