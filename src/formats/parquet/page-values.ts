/** The values of an open page, whatever their encoding: by position, in the form in which columns are loaded. */
import { DAMAGED, PARQUET_STREAM_BYTES } from '../../kernels/parquet-kernels.ts';
import { Room } from './arena.ts';
import { type Dictionary, NO_DICTIONARY } from './dictionary.ts';
import type { Leaf } from './metadata.ts';
import { encoding } from './page-header.ts';
import type { PageBody } from './page-reader.ts';
import type { ScanSpace } from './scan-space.ts';
import { type StoredExtent, StoredValues } from './stored-values.ts';
import type { TextArea } from './text-area.ts';
import type { Items } from './value-form.ts';
import type { ValueLoader } from './value-loader.ts';

/**
 * How the values can be reached: `codes` by the entries of the dictionary, `fixed` where they lie as PLAIN, `fields` by fields over
 * each, `chain` by walking over lengths, `truths` as u32. `none`: the page has NULLs only.
 */
type Access = 'none' | 'codes' | 'fixed' | 'fields' | 'chain' | 'truths';

export class PageValues {
  readonly #space: ScanSpace;
  readonly #leaf: Leaf;
  readonly #loader: ValueLoader;
  readonly #stream: Room;
  readonly #decoded: Room;
  readonly #fields: Room;
  readonly #lengths: Room;
  readonly #prefixes: Room;
  /** Null: they are in memory. */
  #stored: StoredValues | null = null;
  readonly #stored_values: StoredValues;
  dictionary: Dictionary = NO_DICTIONARY;
  #offset = 0;
  access: Access = 'none';
  /** Values stored. */
  stored = 0;
  /** Of `fixed` and `truths` their address, of `fields` that of the fields. */
  values = 0;
  /** Of `chain`: the page. */
  #body: PageBody = { from: 0, end: 0 };

  constructor(space: ScanSpace, leaf: Leaf, loader: ValueLoader) {
    this.#space = space;
    this.#leaf = leaf;
    this.#loader = loader;
    this.#stream = new Room(space.arena);
    this.#decoded = new Room(space.arena);
    this.#fields = new Room(space.arena);
    this.#lengths = new Room(space.arena);
    this.#prefixes = new Room(space.arena);
    this.#stored_values = new StoredValues(space, loader.form.stored_bytes, loader.errors);
  }

  /** Texts among them are known to be UTF-8. */
  get areUtf8(): boolean {
    return this.access === 'codes' && this.dictionary.utf8;
  }

  /** Address of the stream of codes. */
  get stream(): number {
    return this.#stream.address;
  }

  /**
   * Opens the `stored` values of the page at `offset`, which are behind its levels. `dictionary`: of the chunk.
   * @throws {SelectError} UnsupportedParquetType: their encoding is unknown, or is none for this type; ParquetParsingError
   */
  open(offset: number, values_encoding: number, body: PageBody, stored: number, dictionary: Dictionary): void {
    this.#offset = offset;
    this.#body = body;
    this.stored = stored;
    this.access = 'none';
    this.#stored = null;
    if (stored === 0) return;
    this.#reserve(this.#stream, PARQUET_STREAM_BYTES);
    if (!this.#openAs(values_encoding, body, dictionary))
      throw this.#loader.errors.unsupported(offset, `${this.#leaf.physical} in encoding ${values_encoding}`);
  }

  /** Opens PLAIN values that are read when they are asked for. @throws {SelectError} ParquetParsingError: they are cut off */
  openStored(offset: number, extent: StoredExtent, stored: number): void {
    this.#offset = offset;
    this.stored = stored;
    this.#setFixed(0, extent.bytes);
    this.#stored = this.#stored_values;
    this.values = this.#stored.open(extent);
  }

  /** Of `fixed`: the address of `count` values from the `first` on, `together_max` at most. */
  fixedAt(first: number, count: number): number {
    this.#stored?.need(first, count);
    return this.values + first * this.#loader.form.stored_bytes;
  }

  get together_max(): number {
    return this.#stored?.count_max ?? this.stored;
  }

  /** False: values of this type have no such encoding. */
  #openAs(values_encoding: number, body: PageBody, dictionary: Dictionary): boolean {
    const { physical } = this.#leaf;
    switch (values_encoding) {
      case encoding.plain:
        this.#openPlain(body);
        return true;
      case encoding.plain_dictionary:
      case encoding.rle_dictionary:
        this.#openCodes(body, dictionary);
        return true;
      case encoding.rle:
        if (physical !== 'BOOLEAN') return false;
        this.#openTruths(body);
        return true;
      case encoding.delta_binary_packed:
        if (physical !== 'INT32' && physical !== 'INT64') return false;
        this.#openDeltas(body, physical === 'INT32' ? 4 : 8);
        return true;
      case encoding.delta_length_byte_array:
        if (physical !== 'BYTE_ARRAY') return false;
        this.#openLengths(body);
        return true;
      case encoding.delta_byte_array:
        if (physical !== 'BYTE_ARRAY' && physical !== 'FIXED_LEN_BYTE_ARRAY') return false;
        this.#openPrefixes(body);
        return true;
      case encoding.byte_stream_split:
        if (this.#loader.form.stored_bytes <= 0 || physical === 'INT96') return false;
        this.#openSplit(body);
        return true;
      default:
        return false;
    }
  }

  /** Loads values at positions into the slots of their rows, `PIECE_VALUES` at most. */
  load(items: Items, into: number, texts: TextArea): void {
    const { positions, shift, rows, count } = items;
    if (count === 0) return;
    const { parquet, scratch } = this.#space;
    switch (this.access) {
      case 'none':
        return;
      case 'codes':
        this.takeCodes(positions, shift, count, scratch.codes);
        this.loadEntries(scratch.codes, rows, count, into);
        return;
      case 'fixed':
        this.#stored?.needItems(items);
        this.#loader.fixed(this.values, items, into, texts, this.#offset);
        return;
      case 'truths':
        parquet.takeUint32(this.values, positions, shift, rows, count, into);
        return;
      case 'fields':
      case 'chain':
        if (this.#loader.form.finish === 'decimal') {
          this.#takeFields(positions, shift, 0, count, scratch.fields);
          this.#loader.decimals(scratch.fields, rows, count, into, this.#offset);
        } else this.#takeFields(positions, shift, rows, count, into);
    }
  }

  /** Takes codes at positions as u32. */
  takeCodes(positions: number, shift: number, count: number, into: number): void {
    const { parquet } = this.#space;
    const done =
      positions === 0
        ? parquet.hybridUnpack(this.stream, shift, count, into)
        : parquet.hybridTake(this.stream, positions, shift, count, into);
    if (done === DAMAGED) throw this.damagedCodes();
  }

  damagedCodes(): Error {
    return this.#loader.errors.damaged(this.#offset, 'the dictionary codes of a page are cut off or beyond the dictionary');
  }

  /** Loads entries of the dictionary by their codes. */
  loadEntries(codes: number, rows: number, count: number, into: number): void {
    const { parquet } = this.#space;
    const { values } = this.dictionary;
    if (this.#loader.form.wide) parquet.takeInt128(values, codes, 0, rows, count, into);
    else parquet.takeInt64(values, codes, 0, rows, count, into);
  }

  /** All values as fields by position, where they are a `chain`; false where that takes too much memory. */
  openFields(): boolean {
    if (this.access !== 'chain') return this.access === 'fields';
    const bytes = 8 * (this.stored + 8);
    if (bytes > FIELDS_BYTES_MAX || !this.#fields.reserveSpare(bytes)) return false;
    const { from, end } = this.#body;
    if (this.#space.parquet.chainFields(from, end, this.stored, this.#fields.address) === DAMAGED)
      throw this.#damaged('a value is cut off');
    this.#setFields(this.#fields.address);
    return true;
  }

  #takeFields(positions: number, shift: number, rows: number, count: number, into: number): void {
    const { parquet } = this.#space;
    if (this.access === 'fields') parquet.takeInt64(this.values, positions, shift, rows, count, into);
    else if (parquet.chainTake(this.stream, positions, shift, rows, count, into) === DAMAGED) throw this.#damaged('a value is cut off');
  }

  #openPlain({ from, end }: PageBody): void {
    if (this.#loader.form.take === null) {
      this.access = 'chain';
      this.#space.parquet.chainOpen(this.stream, from, end, this.stored);
    } else this.#setFixed(from, end);
  }

  #openCodes({ from, end }: PageBody, dictionary: Dictionary): void {
    this.dictionary = dictionary;
    this.access = 'codes';
    const { memory, parquet } = this.#space;
    const width = from < end ? memory.u8[from]! : -1;
    if (width === -1 || parquet.hybridOpen(this.stream, from + 1, end, width, dictionary.size) === DAMAGED)
      throw this.#damaged('the width of its dictionary codes is missing or cannot be');
  }

  /** Runs of truth values, behind the length of all of them. */
  #openTruths({ from, end }: PageBody): void {
    const { memory, parquet } = this.#space;
    const bytes = end - from < 4 ? -1 : memory.bytes.readUInt32LE(from);
    if (bytes === -1 || bytes > end - from - 4) throw this.#damaged('its values are cut off');
    this.#reserve(this.#decoded, 4 * (this.stored + 8));
    parquet.hybridOpen(this.stream, from + 4, from + 4 + bytes, 1, 2);
    if (parquet.hybridUnpack(this.stream, 0, this.stored, this.#decoded.address) === DAMAGED) throw this.#damaged('its values are cut off');
    this.access = 'truths';
    this.values = this.#decoded.address;
  }

  #openDeltas({ from, end }: PageBody, width: 4 | 8): void {
    this.#reserve(this.#decoded, width * (this.stored + 64));
    this.#deltas(from, end, width, this.#decoded.address);
    this.#setFixed(this.#decoded.address, this.#decoded.address + width * this.stored);
  }

  #openLengths({ from, end }: PageBody): void {
    this.#reserve(this.#lengths, 4 * (this.stored + 64));
    this.#reserve(this.#fields, 8 * (this.stored + 8));
    const text = this.#deltas(from, end, 4, this.#lengths.address);
    if (this.#space.parquet.lengthFields(this.#lengths.address, this.stored, text, end, this.#fields.address) === DAMAGED)
      throw this.#damaged('a value is cut off');
    this.#setFields(this.#fields.address);
  }

  #openPrefixes({ from, end }: PageBody): void {
    const { parquet } = this.#space;
    const { stored } = this;
    this.#reserve(this.#prefixes, 4 * (stored + 64));
    this.#reserve(this.#lengths, 4 * (stored + 64));
    this.#reserve(this.#fields, 8 * (stored + 8));
    const prefixes = this.#prefixes.address;
    const suffixes = this.#lengths.address;
    const text = this.#deltas(this.#deltas(from, end, 4, prefixes), end, 4, suffixes);
    const bytes = parquet.prefixBytes(prefixes, suffixes, stored);
    if (bytes === DAMAGED) throw this.#damaged('a value is longer than the one it continues');
    this.#reserve(this.#decoded, bytes);
    const into = this.#decoded.address;
    if (parquet.prefixFields(prefixes, suffixes, stored, text, end, into, into + bytes, this.#fields.address) === DAMAGED)
      throw this.#damaged('a value is cut off');
    if (this.#leaf.physical === 'BYTE_ARRAY') {
      this.#setFields(this.#fields.address);
      return;
    }
    if (parquet.fieldsAre(this.#fields.address, stored, this.#leaf.width) === 0)
      throw this.#damaged(`a value is not ${this.#leaf.width} bytes long`);
    this.#setFixed(into, into + bytes);
  }

  #openSplit({ from, end }: PageBody): void {
    const { stored_bytes } = this.#loader.form;
    this.#reserve(this.#decoded, stored_bytes * this.stored);
    const into = this.#decoded.address;
    if (this.#space.parquet.splitStreams(from, end, this.stored, stored_bytes, into) === DAMAGED)
      throw this.#damaged('its values are cut off');
    this.#setFixed(into, into + stored_bytes * this.stored);
  }

  /** Answers the address behind them. */
  #deltas(from: number, end: number, width: 4 | 8, into: number): number {
    const { parquet } = this.#space;
    const behind = width === 4 ? parquet.deltaInt32(from, end, this.stored, into) : parquet.deltaInt64(from, end, this.stored, into);
    if (behind === DAMAGED) throw this.#damaged('its differences are cut off, or not as many as its values');
    return behind;
  }

  #setFixed(from: number, end: number): void {
    const { stored_bytes } = this.#loader.form;
    const bytes = stored_bytes === 0 ? (this.stored + 7) >> 3 : stored_bytes * this.stored;
    if (bytes > end - from) throw this.#damaged('its values are cut off');
    this.access = 'fixed';
    this.values = from;
  }

  #setFields(fields: number): void {
    this.access = 'fields';
    this.values = fields;
  }

  #reserve(room: Room, bytes: number): void {
    if (!room.reserve(bytes)) throw this.#loader.errors.tooLarge(this.#offset);
  }

  #damaged(what: string): Error {
    return this.#loader.errors.damaged(this.#offset, `a page cannot be read, ${what}`);
  }
}

/** Beyond it, values are found by walking over them. */
const FIELDS_BYTES_MAX = 16 * 1024 * 1024;
