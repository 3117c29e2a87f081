/** The output texts of a dictionary's entries: made once, when enough of its codes are written. */
import { RENDERED_BYTES_MAX } from '../../kernels/column-kernels.ts';
import { Room } from './arena.ts';
import type { Dictionary } from './dictionary.ts';
import { renderTexts } from './render.ts';
import type { ScanSpace } from './scan-space.ts';
import type { ValueForm } from './value-form.ts';

type TextForm = 'csv' | 'json';

export class DictionaryTexts {
  readonly #space: ScanSpace;
  readonly #form: ValueForm;
  readonly #fields: Record<TextForm, Room>;
  readonly #texts: Record<TextForm, Room>;
  readonly #made = { csv: false, json: false };
  /** Values written by now. */
  #written = 0;

  constructor(space: ScanSpace, form: ValueForm) {
    this.#space = space;
    this.#form = form;
    this.#fields = { csv: new Room(space.arena), json: new Room(space.arena) };
    this.#texts = { csv: new Room(space.arena), json: new Room(space.arena) };
  }

  /** Address of the entries' fields, for `count` more values to write; 0: it does not pay to make them, or there is no room. */
  entries(dictionary: Dictionary, form: TextForm, count: number): number {
    this.#written += count;
    const fields = this.#fields[form];
    if (this.#made[form]) return fields.address;
    const { size } = dictionary;
    const texts = this.#texts[form];
    if (this.#written < size / 2) return 0;
    if (!fields.reserveSpare(8 * size) || !texts.reserveSpare(RENDERED_BYTES_MAX * size)) return 0;
    const { kind, scale, wide, unit, utc } = this.#form;
    const column = { kind, values: dictionary.values, states: 0, scale, wide, unit, utc };
    const end = texts.address + RENDERED_BYTES_MAX * size;
    renderTexts(this.#space.thread, column, { address: 0, count: size }, form, fields.address, texts.address, end);
    this.#made[form] = true;
    return fields.address;
  }
}
