/** The rows of a batch on their way out: computed columns as fields over their text. */
import type { ErrorValue } from '../../base/errors.ts';
import { putText } from '../../formats/csv-write.ts';
import type { Scan } from '../../formats/scan.ts';
import { mantissaForm, RENDERED_BYTES_MAX } from '../../kernels/column-kernels.ts';
import { rowState, valueCode } from '../../kernels/value-kernels.ts';
import { csvText, jsonText } from '../../vector/text.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import { type Selection, valueAt } from '../../vector/vector.ts';
import type { Compiled } from '../evaluate.ts';
import { type Frame, ownTexts } from '../typed/frame.ts';
import type { Machine, TypedNode } from '../typed/node.ts';
import { doubtfulRows, textAt } from '../typed/values.ts';

export class Batch {
  readonly scan: Scan;
  readonly #machine: Machine;
  readonly #json: boolean;
  /** The rows before the first failing one. */
  rows: Selection;
  error: ErrorValue | null = null;

  constructor(machine: Machine, scan: Scan, rows: Selection, json: boolean) {
    this.#machine = machine;
    this.scan = scan;
    this.rows = rows;
    this.#json = json;
  }

  /** Turns frame `at` into fields of its own, every row decided; null where that cannot be. */
  frameFields(node: TypedNode, at: number, general: Compiled): number | null {
    const frame = this.#machine.frames[at]!;
    const doubtful = doubtfulRows(this.#machine, node.kind, frame, this.rows);
    const isText = node.kind === 'text';
    const spelt = isText ? this.#ownFields(frame) : this.#render(node, frame) || this.#spell(node, frame);
    if (!spelt || !this.#decide(frame, doubtful, general, isText)) return null;
    return frame.fields;
  }

  /** Fields, in frame `at`, over what the general evaluator computes; null where they have no room. */
  valueFields(at: number, general: Compiled): number | null {
    const frame = this.#machine.frames[at]!;
    const rows = this.rows.slice();
    if (!this.#decide(frame, rows, general, false)) return null;
    ownTexts(frame);
    return frame.fields;
  }

  #ownFields(frame: Frame): boolean {
    const { u32 } = this.#machine.memory;
    const { rows } = this;
    const { fields, step, words } = frame;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const field = (fields + row * step) >> 2;
      const length = u32[field + 1]!;
      words[2 * row] = u32[field]!;
      words[2 * row + 1] = length;
    }
    ownTexts(frame);
    return true;
  }

  /** Writes the texts of numbers of one type by a kernel; false where there are several, or no room. */
  #render({ kind }: TypedNode, frame: Frame): boolean {
    const machine = this.#machine;
    const { rows } = this;
    const { code, clean, values, states } = frame;
    if (kind !== 'number' || code === valueCode.mixed || machine.texts + RENDERED_BYTES_MAX * rows.length > machine.texts_end) return false;
    const { columns } = machine;
    const [from, own, selection, json] = [values.byteOffset, clean ? 0 : states.byteOffset, rows.byteOffset, Number(this.#json)];
    machine.texts =
      code === valueCode.float
        ? columns.renderFloats(from, own, selection, rows.length, json, from, machine.texts)
        : columns.renderDecimals(from, own, selection, rows.length, Math.max(code, 0), mantissaForm.double, json, from, machine.texts);
    if (!clean) this.#markStates(frame);
    ownTexts(frame);
    return true;
  }

  /** Gives the rows without a value the field of their state. */
  #markStates({ words, states }: Frame): void {
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (states[row] !== rowState.value) words[2 * row + 1] = 2 ** 32 - states[row]!;
    }
  }

  /** Writes the text of each value, one by one. */
  #spell({ kind }: TypedNode, frame: Frame): boolean {
    const { words, states, clean } = frame;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const state = kind === 'truth' ? (states[row]! <= 1 ? rowState.value : states[row]!) : clean ? rowState.value : states[row]!;
      if (state !== rowState.value) words[2 * row + 1] = 2 ** 32 - state;
      else if (!this.#put(words, row, this.#token(textAt(frame, kind, row), kind, frame, row))) return false;
    }
    ownTexts(frame);
    return true;
  }

  /** In JSON, times and what is no finite number have quotes. */
  #token(text: string, kind: TypedNode['kind'], { values }: Frame, row: number): string {
    if (!this.#json || kind === 'truth') return text;
    return kind === 'time' || !Number.isFinite(values[row]!) ? JSON.stringify(text) : text;
  }

  /** The values of the rows in doubt; the first failing one ends the batch. `asText`: their fields hold texts, not tokens. */
  #decide(frame: Frame, doubtful: Selection, general: Compiled, asText: boolean): boolean {
    if (doubtful.length === 0) return true;
    const vector = general(this.scan, doubtful);
    for (let i = 0; i < doubtful.length; i++) {
      const row = doubtful[i]!;
      const value = valueAt(vector, i);
      if (value instanceof Failure) {
        this.error = value.error;
        this.rows = this.rows.subarray(0, this.rows.indexOf(row));
        return true;
      }
      if (!this.#putValue(frame.words, row, value, asText)) return false;
    }
    return true;
  }

  #putValue(words: Uint32Array, row: number, value: SqlValue, asText: boolean): boolean {
    if (value === null || value === undefined) {
      words[2 * row + 1] = 2 ** 32 - (value === null ? rowState.null : rowState.missing);
      return true;
    }
    if (this.#json && asText && typeof value !== 'string') return false;
    return this.#put(words, row, this.#json && !asText ? jsonText(value)! : csvText(value));
  }

  #put(words: Uint32Array, row: number, text: string): boolean {
    const { texts, texts_end, memory } = this.#machine;
    const end = putText(text, memory.u8, texts, texts_end);
    if (end < 0) return false;
    words[2 * row] = texts;
    words[2 * row + 1] = end - texts;
    this.#machine.texts = end;
    return true;
  }
}
