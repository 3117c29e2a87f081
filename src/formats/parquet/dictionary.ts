/** The dictionary of a column chunk: its entries as loaded values, made once. */
import { Room } from './arena.ts';
import { encoding, type PageHeader } from './page-header.ts';
import type { PageBody } from './page-reader.ts';
import type { ScanSpace } from './scan-space.ts';
import { NO_TEXTS, TextArea } from './text-area.ts';
import type { ValueLoader } from './value-loader.ts';
import { VALUE_TEXT_BYTES } from './value-texts.ts';

export interface Dictionary {
  readonly size: number;
  /** Address of its loaded values. */
  readonly values: number;
  /** Its texts are UTF-8, all of them. */
  readonly utf8: boolean;
}

/** No page refers to an entry of it. */
export const NO_DICTIONARY: Dictionary = { size: 0, values: 0, utf8: true };

export class DictionaryRooms {
  readonly #space: ScanSpace;
  /** The page itself, which fields may be over. */
  readonly page: Room;
  readonly #fields: Room;
  readonly #values: Room;
  readonly #texts: Room;

  constructor(space: ScanSpace) {
    this.#space = space;
    this.page = new Room(space.arena);
    this.#fields = new Room(space.arena);
    this.#values = new Room(space.arena);
    this.#texts = new Room(space.arena);
  }

  /** Loads the entries of a page, which was read to `page` or stands elsewhere for a while. */
  load(loader: ValueLoader, offset: number, header: PageHeader, body: PageBody): Dictionary {
    const { errors, form } = loader;
    const { values: size } = header;
    if (header.encoding !== encoding.plain && header.encoding !== encoding.plain_dictionary)
      throw errors.unsupported(offset, `dictionary of encoding ${header.encoding}`);
    const values = form.take === null ? this.#byteArrays(loader, offset, size, body) : this.#fixed(loader, offset, size, body);
    const utf8 = form.kind !== 'string' || this.#space.parquet.fieldsUtf8(values, 0, size) === -1;
    return { size, values, utf8 };
  }

  #fixed(loader: ValueLoader, offset: number, size: number, { from, end }: PageBody): number {
    const { errors, form } = loader;
    const bytes = form.stored_bytes === 0 ? (size + 7) >> 3 : size * form.stored_bytes;
    if (bytes > end - from) throw errors.damaged(offset, `the dictionary is too short for ${size} entries`);
    this.#reserve(loader, this.#values, loader.bytes * size, offset);
    let texts = NO_TEXTS;
    if (form.finish !== 'none') {
      this.#reserve(loader, this.#texts, VALUE_TEXT_BYTES * size, offset);
      texts = new TextArea(this.#texts.address, VALUE_TEXT_BYTES * size);
    }
    const page = form.kind === 'string' ? this.#keep(loader, offset, from, end) : from;
    loader.fixed(page, { positions: 0, shift: 0, rows: 0, count: size }, this.#values.address, texts, offset);
    loader.distant.keep();
    return this.#values.address;
  }

  #byteArrays(loader: ValueLoader, offset: number, size: number, { from, end }: PageBody): number {
    const { errors, form } = loader;
    // why: each entry has a length of four bytes.
    if (4 * size > end - from) throw errors.damaged(offset, `the dictionary is too short for ${size} entries`);
    this.#reserve(loader, this.#fields, 8 * (size + 8), offset);
    const page = form.finish === 'decimal' ? from : this.#keep(loader, offset, from, end);
    if (this.#space.parquet.chainFields(page, page + end - from, size, this.#fields.address) === -1)
      throw errors.damaged(offset, 'the dictionary ends in the middle of an entry');
    if (form.finish !== 'decimal') return this.#fields.address;
    this.#reserve(loader, this.#values, loader.bytes * size, offset);
    loader.decimals(this.#fields.address, 0, size, this.#values.address, offset);
    return this.#values.address;
  }

  /** The page in a room of its own: fields over it outlast the next page. */
  #keep(loader: ValueLoader, offset: number, from: number, end: number): number {
    if (from === this.page.address) return from;
    this.#reserve(loader, this.page, end - from, offset);
    this.#space.memory.u8.copyWithin(this.page.address, from, end);
    return this.page.address;
  }

  #reserve({ errors }: ValueLoader, room: Room, bytes: number, offset: number): void {
    if (!room.reserve(bytes)) throw errors.tooLarge(offset);
  }
}
