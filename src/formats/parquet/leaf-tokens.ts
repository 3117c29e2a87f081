/** The values of a leaf as JSON, at its cursor. */
import { Timestamp } from '../../vector/timestamp.ts';
import { Room } from './arena.ts';
import type { JsonBuffer } from './json-buffer.ts';
import type { LeafCursor } from './leaf-cursor.ts';
import type { Leaf } from './metadata.ts';
import { renderTexts } from './render.ts';
import type { ScanSpace } from './scan-space.ts';
import { TextArea } from './text-area.ts';
import { type ValueForm, valueForm } from './value-form.ts';

/** Values are made so many at a time. */
const PIECE = 1024;
/** Their texts, which are short where they are not values themselves. */
const TEXTS_BYTES = 128 * PIECE;

export class LeafTokens {
  readonly #space: ScanSpace;
  readonly #cursor: LeafCursor;
  readonly #form: ValueForm;
  readonly #values: Room;
  readonly #fields: Room;
  readonly #texts: Room;
  /** The piece: the page it is of, its first position, and how many values it has. */
  #page = -1;
  #first = 0;
  #count = 0;

  constructor(space: ScanSpace, leaf: Leaf, cursor: LeafCursor) {
    this.#space = space;
    this.#cursor = cursor;
    this.#form = valueForm(leaf);
    this.#values = new Room(space.arena);
    this.#fields = new Room(space.arena);
    this.#texts = new Room(space.arena);
  }

  /** Writes the value. `quoted`: as a string, whatever it is. */
  write(into: JsonBuffer, quoted: boolean): void {
    const { position, offset } = this.#cursor;
    if (offset !== this.#page || position < this.#first || position >= this.#first + this.#count) this.#load(position, offset);
    const { u32, u8 } = this.#space.memory;
    const field = (this.#fields.address >> 2) + 2 * (position - this.#first);
    const [from, length] = [u32[field]!, u32[field + 1]!];
    if (this.#form.kind === 'string') into.string(from, length);
    else if (!quoted || u8[from] === QUOTE) into.copy(from, length);
    else {
      into.byte(QUOTE);
      into.copy(from, length);
      into.byte(QUOTE);
    }
  }

  #load(position: number, offset: number): void {
    const { values, errors } = this.#cursor;
    const { thread, memory, parquet } = this.#space;
    this.#page = -1;
    const count = Math.min(PIECE, values.stored - position);
    if (count <= 0) throw errors.damaged(offset, 'it has fewer values than its levels say');
    if (!this.#values.reserve(16 * PIECE) || !this.#fields.reserve(8 * PIECE) || !this.#texts.reserve(TEXTS_BYTES))
      throw errors.tooLarge(offset);
    const area = new TextArea(this.#texts.address, TEXTS_BYTES);
    this.#cursor.distant.clear();
    values.load({ positions: 0, shift: position, rows: 0, count }, this.#values.address, area);
    const { kind, scale, wide, unit, utc } = this.#form;
    if (kind === 'string' && !values.areUtf8 && parquet.fieldsUtf8(this.#values.address, 0, count) !== -1) throw errors.notUtf8(offset);
    const column = { kind, values: this.#values.address, states: 0, scale, wide, unit, utc };
    area.at = renderTexts(thread, column, { address: memory.layout.identity, count }, 'json', this.#fields.address, area.at, area.end);
    if (this.#cursor.distant.some) this.#writeDistant(count, area, offset);
    this.#page = offset;
    this.#first = position;
    this.#count = count;
  }

  /** The texts of timestamps that have codes. */
  #writeDistant(count: number, area: TextArea, offset: number): void {
    const { bytes, u32, wasm } = this.#space.memory;
    const counts = new BigInt64Array(wasm.buffer);
    for (let index = 0; index < count; index++) {
      const moment = this.#cursor.distant.valueOf(counts[(this.#values.address >> 3) + index]!);
      if (!(moment instanceof Timestamp)) continue;
      const text = `"${moment.toText()}"`;
      const at = area.take(text.length);
      if (at === -1) throw this.#cursor.errors.tooLarge(offset);
      bytes.write(text, at, 'latin1');
      u32[(this.#fields.address >> 2) + 2 * index] = at;
      u32[(this.#fields.address >> 2) + 2 * index + 1] = text.length;
    }
  }
}

const QUOTE = 0x22;
