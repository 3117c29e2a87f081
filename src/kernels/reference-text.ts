/** Plain twins of the kernels of text in expressions. */
import type { Memory } from './memory.ts';
import { likeParts, matches } from './reference-select.ts';
import { FIELD_STATES, orderBit, rowState, UNCLEAN } from './value-kernels.ts';

/** What a kernel that makes text answers for a row: a text, or a state. */
type Made = Buffer | number;

export class ReferenceTexts {
  protected readonly memory: Memory;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  textLengths(fields: number, step: number, rows: number, count: number, values: number, states: number): number {
    const { u8, f64 } = this.memory;
    let unclean = 0;
    this.forEach(rows, count, (row) => {
      const state = unknownOf(this.stateOf(fields + row * step));
      u8[states + row] = state;
      if (state === rowState.value) f64[(values >> 3) + row] = [...this.textAt(fields + row * step)].length;
      else unclean = UNCLEAN;
    });
    return unclean;
  }

  compareTexts(
    left: number,
    leftStep: number,
    right: number,
    rightStep: number,
    rows: number,
    count: number,
    wanted: number,
    truth: number,
  ): void {
    this.#decide(rows, count, truth, (row) => {
      const a = left + row * leftStep;
      const b = right + row * rightStep;
      const state = Math.max(unknownOf(this.stateOf(a)), unknownOf(this.stateOf(b)));
      if (state !== rowState.value) return state;
      const order = Buffer.compare(this.bytesAt(a), this.bytesAt(b));
      return (wanted & (order < 0 ? orderBit.less : order === 0 ? orderBit.equal : orderBit.greater)) !== 0;
    });
  }

  likeTexts(fields: number, step: number, rows: number, count: number, program: number, negated: number, truth: number): void {
    const parts = likeParts(this.memory, program);
    this.#decide(rows, count, truth, (row) => {
      const state = unknownOf(this.stateOf(fields + row * step));
      return state !== rowState.value ? state : matches([...this.textAt(fields + row * step)], parts) !== (negated !== 0);
    });
  }

  inTexts(fields: number, step: number, rows: number, count: number, set: number, size: number, negated: number, truth: number): void {
    const members = new Set(Array.from({ length: size }, (_, index) => this.bytesAt(set + 8 * index).toString('latin1')));
    this.#decide(rows, count, truth, (row) => {
      const state = this.stateOf(fields + row * step);
      if (state === rowState.doubt) return state;
      return (state === rowState.value && members.has(this.bytesAt(fields + row * step).toString('latin1'))) !== (negated !== 0);
    });
  }

  caseTexts(fields: number, step: number, rows: number, count: number, upper: number, into: number, at: number, end: number): number {
    return this.#make(rows, count, into, at, end, (row) => {
      const state = unknownOf(this.stateOf(fields + row * step));
      if (state !== rowState.value) return state;
      const text = this.textAt(fields + row * step);
      if (/[\x80-\uffff]/.test(text)) return rowState.doubt;
      return Buffer.from(upper === 0 ? text.toLowerCase() : text.toUpperCase());
    });
  }

  concatTexts(
    left: number,
    leftStep: number,
    right: number,
    rightStep: number,
    rows: number,
    count: number,
    into: number,
    at: number,
    end: number,
  ): number {
    return this.#make(rows, count, into, at, end, (row) => {
      const a = left + row * leftStep;
      const b = right + row * rightStep;
      const state = Math.max(unknownOf(this.stateOf(a)), unknownOf(this.stateOf(b)));
      return state !== rowState.value ? state : Buffer.concat([this.bytesAt(a), this.bytesAt(b)]);
    });
  }

  substringTexts(fields: number, step: number, rows: number, count: number, skip: number, take: number, into: number): void {
    this.#cut(fields, step, rows, count, into, (text) => {
      const characters = [...text];
      return [characters.slice(0, skip).join(''), characters.slice(skip, skip + take).join('')];
    });
  }

  trimTexts(fields: number, step: number, rows: number, count: number, set: number, sides: number, into: number): void {
    const isMember = (unit: number): boolean => unit < 128 && this.memory.u8[set + unit] !== 0;
    this.#cut(fields, step, rows, count, into, (text) => {
      let from = 0;
      let to = text.length;
      while (sides & 1 && from < to && isMember(text.charCodeAt(from))) from++;
      while (sides & 2 && from < to && isMember(text.charCodeAt(to - 1))) to--;
      return [text.slice(0, from), text.slice(from, to)];
    });
  }

  protected forEach(rows: number, count: number, visit: (row: number) => void): void {
    for (let index = 0; index < count; index++) visit(this.memory.u32[(rows >> 2) + index]!);
  }

  protected stateOf(field: number): number {
    const length = this.memory.u32[(field >> 2) + 1]!;
    return length >= FIELD_STATES ? 2 ** 32 - length : rowState.value;
  }

  protected textAt(field: number): string {
    return this.bytesAt(field).toString();
  }

  protected bytesAt(field: number): Buffer {
    const { u32, bytes } = this.memory;
    const start = u32[field >> 2]!;
    return bytes.subarray(start, start + u32[(field >> 2) + 1]!);
  }

  #decide(rows: number, count: number, truth: number, decide: (row: number) => boolean | number): void {
    this.forEach(rows, count, (row) => {
      this.memory.u8[truth + row] = Number(decide(row));
    });
  }

  #make(rows: number, count: number, into: number, from: number, end: number, make: (row: number) => Made): number {
    const { u8 } = this.memory;
    let at = from;
    this.forEach(rows, count, (row) => {
      const made = make(row);
      if (typeof made === 'number') this.#setState(into + 8 * row, made);
      else if (at + made.length > end) this.#setState(into + 8 * row, rowState.doubt);
      else {
        u8.set(made, at);
        this.#setField(into + 8 * row, at, made.length);
        at += made.length;
      }
    });
    return at;
  }

  /** Fields over a part of each text; `cut` answers what stands before the part, and the part. */
  #cut(
    fields: number,
    step: number,
    rows: number,
    count: number,
    into: number,
    cut: (text: string) => [before: string, part: string],
  ): void {
    this.forEach(rows, count, (row) => {
      const state = unknownOf(this.stateOf(fields + row * step));
      if (state !== rowState.value) return this.#setState(into + 8 * row, state);
      const [before, part] = cut(this.textAt(fields + row * step));
      this.#setField(into + 8 * row, this.memory.u32[(fields + row * step) >> 2]! + Buffer.byteLength(before), Buffer.byteLength(part));
    });
  }

  #setField(field: number, start: number, length: number): void {
    this.memory.u32[field >> 2] = start;
    this.memory.u32[(field >> 2) + 1] = length;
  }

  #setState(field: number, state: number): void {
    this.#setField(field, 0, 2 ** 32 - state);
  }
}

/** What an operation answers that takes no unknown: NULL for MISSING too. */
function unknownOf(state: number): number {
  return state === rowState.missing ? rowState.null : state;
}
