/** Plain twins of the kernels of expressions: numbers and timestamps read into columns. Text: `reference-text.ts`. */
import type { Memory } from './memory.ts';
import { ReferenceTexts } from './reference-text.ts';
import { orderBit, rowState, UNCLEAN, type ValueKernels, valueCode, valueReading } from './value-kernels.ts';

const DIGITS_MAX = 15;
/** What the number kernel looks at: longer text is in doubt. */
const NUMBER_CHARACTERS_MAX = 24;

/** Kernels of expressions over `memory`. */
export function referenceValues(memory: Memory): ValueKernels {
  return new ReferenceValues(memory);
}

/** A value and what it is; null where it is in doubt. */
type Read = { readonly value: number; readonly code: number } | null;

class ReferenceValues extends ReferenceTexts implements ValueKernels {
  readValues(
    fields: number,
    step: number,
    rows: number,
    count: number,
    reading: number,
    values: number,
    codes: number,
    states: number,
  ): number {
    const otherwise = reading === valueReading.float ? valueCode.float : valueCode.int;
    return this.#read(fields, step, rows, count, values, codes, states, otherwise, (text) => {
      if (text === '' && reading === valueReading.untyped) return rowState.null;
      return readNumber(text, reading);
    });
  }

  readTimes(fields: number, step: number, rows: number, count: number, values: number, codes: number, states: number): number {
    return this.#read(fields, step, rows, count, values, codes, states, valueCode.day, readTime);
  }

  compareNumbers(left: number, right: number, rows: number, count: number, wanted: number, clean: number, states: number): void {
    const { u8, f64 } = this.memory;
    this.forEach(rows, count, (row) => {
      if (clean === 0 && u8[states + row] !== rowState.value) return;
      const x = f64[(left >> 3) + row]!;
      const y = f64[(right >> 3) + row]!;
      const order = x < y ? orderBit.less : x === y ? orderBit.equal : x > y ? orderBit.greater : orderBit.unordered;
      u8[states + row] = Number((wanted & order) !== 0);
    });
  }

  #read(
    fields: number,
    step: number,
    rows: number,
    count: number,
    values: number,
    codes: number,
    states: number,
    otherwise: number,
    read: (text: string) => Read | typeof rowState.null,
  ): number {
    const { u8, f64 } = this.memory;
    const seen = new Set<number>();
    let unclean = 0;
    this.forEach(rows, count, (row) => {
      const state = this.stateOf(fields + row * step);
      const result = state === rowState.value ? read(this.textAt(fields + row * step)) : null;
      if (result !== null && typeof result === 'object') {
        seen.add(result.code);
        f64[(values >> 3) + row] = result.value;
        u8[codes + row] = result.code;
        u8[states + row] = rowState.value;
        return;
      }
      unclean = UNCLEAN;
      u8[states + row] = state !== rowState.value ? state : (result ?? rowState.doubt);
    });
    const [only = otherwise] = seen;
    return ((seen.size > 1 ? valueCode.mixed : only) & 0xff) | unclean;
  }
}

function readNumber(text: string, reading: number): Read {
  const digits = text.replace('-', '');
  const point = digits.indexOf('.');
  if (text.length > NUMBER_CHARACTERS_MAX + 1 || !/^-?(\d+\.?\d*|\.\d+)$/.test(text)) return null;
  if (digits.length - (point < 0 ? 0 : 1) > DIGITS_MAX || (point >= 0 && reading === valueReading.int)) return null;
  if (reading === valueReading.float) return { value: Number(text), code: valueCode.float };
  const value = Number(text.replace('.', ''));
  if (point >= 0) return { value, code: digits.length - point - 1 };
  return { value, code: reading === valueReading.decimal ? 0 : valueCode.int };
}

function readTime(text: string): Read {
  const match = /^(\d{4}-\d\d-\d\d)(T|T(\d\d):(\d\d)(:(\d\d))?Z)?$/.exec(text);
  if (match === null) return null;
  const [, date = '', , hour, minute = '00', , second] = match;
  if (date.startsWith('0000') || Number(hour ?? 0) > 23) return null;
  const instant = new Date(`${date}T${hour ?? '00'}:${minute}:${second ?? '00'}Z`);
  if (Number.isNaN(instant.getTime()) || instant.toISOString().slice(0, 10) !== date) return null;
  return {
    value: instant.getTime() / 1000,
    code: hour === undefined ? valueCode.day : second === undefined ? valueCode.minute : valueCode.second,
  };
}
