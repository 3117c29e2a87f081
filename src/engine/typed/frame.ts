/**
 * Frames: where typed expressions leave their values, in the memory of the thread, by row number. A node leaves its result in
 * the frame it is given and may use those behind it, so a stack of few frames serves an expression of any size.
 */
import { limits } from '../../base/limits.ts';
import { FRAME_ROW_BYTES, type Memory } from '../../kernels/memory.ts';
import { FIELD_STATES, rowState, valueCode } from '../../kernels/value-kernels.ts';
import type { Selection } from '../../vector/vector.ts';

/** Of what SQL types the values of a node are; `null`: NULL or MISSING for all rows. */
export type TypedKind = 'number' | 'time' | 'text' | 'truth' | 'null';

export interface Frame {
  /** Numbers and seconds; or, as u32 pairs, fields. */
  readonly values: Float64Array;
  readonly words: Uint32Array;
  readonly codes: Int8Array;
  /** States of numbers and times unless `clean`; truth values. */
  readonly states: Uint8Array;
  /** Room for a selection. */
  readonly picked: Uint32Array;
  /** What all values are (`valueCode`), or `mixed`: see `codes`. */
  code: number;
  /** Every row is a value; `states` is not filled. */
  clean: boolean;
  /** Fields of texts: here or of a column; a step of 0 is one text for all rows. */
  fields: number;
  step: number;
}

export function createFrames({ wasm, layout }: Memory): Frame[] {
  const rows = limits.batch_rows_max;
  return Array.from({ length: layout.frames_count }, (_, index) => {
    const at = layout.frames + index * FRAME_ROW_BYTES * rows;
    return {
      values: new Float64Array(wasm.buffer, at, rows),
      words: new Uint32Array(wasm.buffer, at, 2 * rows),
      picked: new Uint32Array(wasm.buffer, at + 8 * rows, rows),
      codes: new Int8Array(wasm.buffer, at + 12 * rows, rows),
      states: new Uint8Array(wasm.buffer, at + 13 * rows, rows),
      code: valueCode.int,
      clean: true,
      fields: 0,
      step: 8,
    };
  });
}

/** Says that the texts of the frame are in the frame itself. */
export function ownTexts(frame: Frame): void {
  frame.fields = frame.words.byteOffset;
  frame.step = 8;
}

/** Fills `states` of a clean frame, so that rows can be given one. */
export function spellStates(frame: Frame, rows: Selection): void {
  if (!frame.clean) return;
  for (let i = 0; i < rows.length; i++) frame.states[rows[i]!] = rowState.value;
  frame.clean = false;
}

/** Fills `codes` of a uniform frame, so that rows can have different ones. */
export function spellCodes(frame: Frame, rows: Selection): void {
  if (frame.code === valueCode.mixed) return;
  for (let i = 0; i < rows.length; i++) frame.codes[rows[i]!] = frame.code;
  frame.code = valueCode.mixed;
}

/** Leaves in `into` what an operation on both frames answers where either row is no value: NULL, or doubt. */
export function meetStates(into: Frame, other: Frame, rows: Selection): void {
  if (into.clean && other.clean) return;
  spellStates(into, rows);
  spellStates(other, rows);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const state = Math.max(into.states[row]!, other.states[row]!);
    into.states[row] = state === rowState.missing ? rowState.null : state;
  }
}

/** MISSING becomes NULL, as every operation but CAST does with it. */
export function forgetMissing(frame: Frame, rows: Selection): void {
  if (frame.clean) return;
  for (let i = 0; i < rows.length; i++) if (frame.states[rows[i]!] === rowState.missing) frame.states[rows[i]!] = rowState.null;
}

/** Fills `states` whatever the kind, truth values aside. `words`: the whole memory. */
export function spellAllStates(frame: Frame, kind: TypedKind, rows: Selection, words: Uint32Array): void {
  if (kind === 'truth') return;
  if (kind !== 'text') {
    spellStates(frame, rows);
    return;
  }
  for (let i = 0; i < rows.length; i++) {
    const length = words[((frame.fields + rows[i]! * frame.step) >> 2) + 1]!;
    frame.states[rows[i]!] = length >= FIELD_STATES ? 2 ** 32 - length : rowState.value;
  }
}

/** Copies what `rows` have to another frame; rows in between may be copied too. */
export function copyFrame(from: Frame, to: Frame, rows: Selection): void {
  to.code = from.code;
  to.clean = from.clean;
  to.step = from.step;
  to.fields = from.fields;
  if (rows.length === 0) return;
  const first = rows[0]!;
  const end = rows[rows.length - 1]! + 1;
  to.values.set(from.values.subarray(first, end), first);
  if (from.fields === from.words.byteOffset) to.fields = to.words.byteOffset;
  if (from.code === valueCode.mixed) to.codes.set(from.codes.subarray(first, end), first);
  if (!from.clean) to.states.set(from.states.subarray(first, end), first);
}

/** Rows of one kind collected from several frames into one. */
export class Gathering {
  readonly #into: Frame;
  readonly #kind: TypedKind;
  readonly #words: Uint32Array;
  #code: number | null = null;

  constructor(into: Frame, kind: TypedKind, words: Uint32Array) {
    this.#into = into;
    this.#kind = kind;
    this.#words = words;
  }

  copy(from: Frame, rows: Selection): void {
    if (rows.length === 0) return;
    if (this.#kind === 'text') copyTexts(from, this.#into, rows, this.#words);
    else if (this.#kind === 'truth') copyTruths(from, this.#into, rows);
    else {
      copyNumbers(from, this.#into, rows);
      this.#meetCode(from.code);
    }
  }

  /** Copies what is neither NULL nor MISSING, and answers the other rows. */
  copyKnown(from: Frame, rows: Selection): Selection {
    if (this.#kind === 'text') return copyKnownTexts(from, this.#into, rows, this.#words);
    if (this.#kind === 'truth') return copyKnownTruths(from, this.#into, rows);
    this.#meetCode(from.code);
    return copyKnownNumbers(from, this.#into, rows);
  }

  /** NULL where the truth is TRUE or the row is MISSING, doubt where the truth is in doubt. */
  drop({ states }: Frame, rows: Selection): void {
    if (this.#kind === 'text') dropTexts(this.#into, states, rows);
    else dropNumbers(this.#into, states, rows);
  }

  /** Rows without a value; `state` is NULL or doubt. */
  set(state: number, rows: Selection): void {
    if (this.#kind === 'text') setLengths(this.#into, 2 ** 32 - state, rows);
    else setStates(this.#into, state, rows);
  }

  finish(): void {
    ownTexts(this.#into);
    this.#into.clean = false;
    this.#into.code = this.#code ?? valueCode.int;
  }

  #meetCode(code: number): void {
    this.#code = this.#code === null || this.#code === code ? code : valueCode.mixed;
  }
}

// why: loops stand in functions of their own, so that they are compiled once for all nodes and not for each.

function copyTexts({ fields, step }: Frame, { words: into }: Frame, rows: Selection, words: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const field = (fields + row * step) >> 2;
    into[2 * row] = words[field]!;
    into[2 * row + 1] = words[field + 1]!;
  }
}

function copyTruths(from: Frame, to: Frame, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) to.states[rows[i]!] = from.states[rows[i]!]!;
}

function copyNumbers({ values, codes, states, code, clean }: Frame, to: Frame, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    to.values[row] = values[row]!;
    to.codes[row] = code === valueCode.mixed ? codes[row]! : code;
    to.states[row] = clean ? rowState.value : states[row]!;
  }
}

function setLengths({ words }: Frame, length: number, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) words[2 * rows[i]! + 1] = length;
}

function setStates({ states }: Frame, state: number, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) states[rows[i]!] = state;
}

const LENGTH_MISSING = 2 ** 32 - rowState.missing;
const LENGTH_NULL = 2 ** 32 - rowState.null;
const LENGTH_DOUBT = 2 ** 32 - rowState.doubt;

function copyKnownTexts({ fields, step }: Frame, { words: into, picked }: Frame, rows: Selection, words: Uint32Array): Selection {
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const field = (fields + row * step) >> 2;
    const length = words[field + 1]!;
    picked[count] = row;
    if (length >= LENGTH_NULL) count++;
    into[2 * row] = words[field]!;
    into[2 * row + 1] = length;
  }
  return picked.subarray(0, count);
}

function copyKnownTruths(from: Frame, { states, picked }: Frame, rows: Selection): Selection {
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    picked[count] = row;
    if (from.states[row] === rowState.null) count++;
    states[row] = from.states[row]!;
  }
  return picked.subarray(0, count);
}

function copyKnownNumbers({ values, codes, states, code, clean }: Frame, to: Frame, rows: Selection): Selection {
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const state = clean ? rowState.value : states[row]!;
    to.picked[count] = row;
    if (state === rowState.null || state === rowState.missing) count++;
    to.values[row] = values[row]!;
    to.codes[row] = code === valueCode.mixed ? codes[row]! : code;
    to.states[row] = state;
  }
  return to.picked.subarray(0, count);
}

function dropTexts({ words }: Frame, truths: Uint8Array, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const truth = truths[row]!;
    if (truth === rowState.doubt) words[2 * row + 1] = LENGTH_DOUBT;
    else if (truth === 1 || words[2 * row + 1] === LENGTH_MISSING) words[2 * row + 1] = LENGTH_NULL;
  }
}

function dropNumbers({ states }: Frame, truths: Uint8Array, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const truth = truths[row]!;
    if (truth === rowState.doubt) states[row] = truth;
    else if (truth === 1 || states[row] === rowState.missing) states[row] = rowState.null;
  }
}
