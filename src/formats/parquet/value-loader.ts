/** Loads values of one leaf: from where a page or a dictionary stores them to the form in which columns are loaded. */
import { DistantTimes } from './distant-times.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';
import type { TextArea } from './text-area.ts';
import type { Items, ValueForm } from './value-form.ts';
import { VALUE_TEXT_BYTES, writeTimes, writeUuids } from './value-texts.ts';

export class ValueLoader {
  readonly #space: ScanSpace;
  readonly form: ValueForm;
  readonly errors: ChunkErrors;
  /** Of INT96. */
  readonly distant: DistantTimes;

  constructor(space: ScanSpace, form: ValueForm, errors: ChunkErrors) {
    this.#space = space;
    this.form = form;
    this.errors = errors;
    this.distant = new DistantTimes(space.memory);
  }

  /** Bytes of a loaded value. */
  get bytes(): 8 | 16 {
    return this.form.wide ? 16 : 8;
  }

  /** From values of a fixed width, as PLAIN has them. `offset`: of their page, for errors. */
  fixed(values: number, { positions, shift, rows, count }: Items, into: number, texts: TextArea, offset: number): void {
    const { form } = this;
    const lost = form.take!(this.#space.parquet, values, positions, shift, rows, count, into);
    if (lost > 0 && form.kind === 'decimal') throw this.errors.damaged(offset, 'a decimal has too many digits');
    if (lost > 0 && !this.distant.encode(values, { positions, shift, rows, count }, into))
      throw this.errors.damaged(offset, 'too many timestamps are out of the range of 64 bits');
    if (form.finish !== 'none') this.#writeTexts(rows, count, into, texts, offset);
  }

  /** From fields over byte arrays, one behind the other, where values are not these fields themselves (`finish` is `decimal`). */
  decimals(fields: number, rows: number, count: number, into: number, offset: number): void {
    const { parquet } = this.#space;
    const lost = this.form.wide ? parquet.fieldsBig128(fields, rows, count, into) : parquet.fieldsBig64(fields, rows, count, into);
    if (lost > 0) throw this.errors.damaged(offset, 'a decimal has too many digits');
  }

  #writeTexts(rows: number, count: number, into: number, texts: TextArea, offset: number): void {
    const { memory } = this.#space;
    const at = texts.take(VALUE_TEXT_BYTES * count);
    if (at === -1) throw this.errors.tooLarge(offset);
    if (this.form.finish === 'uuid') writeUuids(memory, into, rows, count, at);
    else if (!writeTimes(memory, this.form.time_unit, into, rows, count, at))
      throw this.errors.damaged(offset, 'a time is no time of a day');
  }
}
