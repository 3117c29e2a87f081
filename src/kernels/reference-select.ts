/** Predicates over located fields, and numbers read from them. */
import { bound, FIELD_MISSING, numberReading, type TextBounds } from './kernels.ts';
import type { Memory } from './memory.ts';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NUMBER_CHARACTERS_MAX = 24;
/** A mantissa of so many digits and a power of ten below it are exact doubles: their quotient is the correctly rounded number. */
const DIGITS_MAX = 15;

/** Kinds of pieces in a LIKE program. */
const TEXT = 0;
const ANY_ONE = 1;
/** One character of a pattern; null is any one character. */
type Part = (string | null)[];

export class ReferencePredicates {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  number(
    fields: number,
    selection: number,
    count: number,
    low: number,
    high: number,
    reading: number,
    negated: boolean,
    into: number,
  ): number {
    const { u8, layout } = this.#memory;
    return this.#keep(fields, selection, count, into, (start, length, row) => {
      if (length === FIELD_MISSING || (length === 0 && reading === numberReading.untyped)) return false;
      const value = this.#numberAt(start, length, reading);
      if (!Number.isNaN(value)) return (value >= low && value <= high) !== negated;
      u8[layout.undecided + row] = 1;
      return true;
    });
  }

  text(fields: number, selection: number, count: number, bounds: TextBounds, negated: boolean, into: number): number {
    const low = this.#bytes(bounds.low, bounds.lowLength);
    const high = this.#bytes(bounds.high, bounds.highLength);
    const least = bounds.lowBound === bound.inclusive ? 0 : 1;
    const most = bounds.highBound === bound.inclusive ? 0 : -1;
    return this.#keep(fields, selection, count, into, (start, length) => {
      if (length === FIELD_MISSING) return false;
      const text = this.#bytes(start, length);
      const above = bounds.lowBound === bound.none || Buffer.compare(text, low) >= least;
      const below = bounds.highBound === bound.none || Buffer.compare(text, high) <= most;
      return (above && below) !== negated;
    });
  }

  in(fields: number, selection: number, count: number, set: number, size: number, negated: boolean, into: number): number {
    const { u32, bytes } = this.#memory;
    const members = new Set<string>();
    for (let i = 0; i < size; i++) {
      const start = u32[(set >> 2) + 2 * i]!;
      members.add(bytes.toString('latin1', start, start + u32[(set >> 2) + 2 * i + 1]!));
    }
    return this.#keep(
      fields,
      selection,
      count,
      into,
      (start, length) => (length !== FIELD_MISSING && members.has(bytes.toString('latin1', start, start + length))) !== negated,
    );
  }

  like(fields: number, selection: number, count: number, program: number, negated: boolean, into: number): number {
    const parts = likeParts(this.#memory, program);
    return this.#keep(
      fields,
      selection,
      count,
      into,
      (start, length) => length !== FIELD_MISSING && matches([...this.#bytes(start, length).toString()], parts) !== negated,
    );
  }

  present(fields: number, selection: number, count: number, negated: boolean, into: number): number {
    return this.#keep(fields, selection, count, into, (_, length) => (length !== FIELD_MISSING) !== negated);
  }

  /** Rows, of the first `count`, whose text contains `needle`. */
  containing(fields: number, count: number, needle: Buffer, into: number): number {
    return this.#keep(fields, 0, count, into, (start, length) => length !== FIELD_MISSING && this.#bytes(start, length).includes(needle));
  }

  #forEach(fields: number, selection: number, count: number, visit: (start: number, length: number, row: number) => void): void {
    const { u32 } = this.#memory;
    for (let index = 0; index < count; index++) {
      const row = selection === 0 ? index : u32[(selection >> 2) + index]!;
      visit(u32[(fields >> 2) + 2 * row]!, u32[(fields >> 2) + 2 * row + 1]!, row);
    }
  }

  /** Writes the rows `test` wants to `into`, which may be the selection itself. */
  #keep(
    fields: number,
    selection: number,
    count: number,
    into: number,
    test: (start: number, length: number, row: number) => boolean,
  ): number {
    const { u32 } = this.#memory;
    let kept = 0;
    this.#forEach(fields, selection, count, (start, length, row) => {
      if (test(start, length, row)) u32[(into >> 2) + kept++] = row;
    });
    return kept;
  }

  #bytes(start: number, length: number): Buffer {
    return this.#memory.bytes.subarray(start, start + length);
  }

  /** A number written as an optional minus, digits and at most one point; NaN where that is not the whole text or not exact. */
  #numberAt(start: number, length: number, reading: number): number {
    if (length === FIELD_MISSING) return Number.NaN;
    const { u8 } = this.#memory;
    const end = start + length;
    const negative = length > 0 && u8[start] === MINUS;
    let at = negative ? start + 1 : start;
    if (end - at > NUMBER_CHARACTERS_MAX) return Number.NaN;
    let mantissa = 0;
    let digits = 0;
    let scale = -1;
    for (; at < end; at++) {
      const digit = u8[at]! - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (++digits > DIGITS_MAX) return Number.NaN;
        mantissa = 10 * mantissa + digit;
        if (scale >= 0) scale++;
      } else if (u8[at] === POINT && scale < 0 && reading !== numberReading.int) scale = 0;
      else return Number.NaN;
    }
    if (digits === 0) return Number.NaN;
    const value = scale > 0 ? mantissa / 10 ** scale : mantissa;
    return negative ? -value : value;
  }
}

/** Whether the parts stand in the text in this order: the first at its start, the last at its end, the others leftmost. */
export function matches(text: readonly string[], parts: readonly Part[]): boolean {
  const fits = (part: Part, at: number): boolean => part.every((character, i) => character === null || character === text[at + i]);
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return text.length === first.length && fits(first, 0);
  const lastAt = text.length - last.length;
  let at = first.length;
  if (at > lastAt || !fits(first, 0)) return false;
  for (const part of parts.slice(1, -1)) {
    while (at + part.length <= lastAt && !fits(part, at)) at++;
    at += part.length;
    if (at > lastAt) return false;
  }
  return fits(last, lastAt);
}

/** The pattern of a LIKE program, cut at `%`. */
export function likeParts({ u32, bytes }: Memory, program: number): Part[] {
  const parts: Part[] = [[]];
  const end = program + 4 + u32[program >> 2]!;
  for (let at = program + 4; at < end; at += 8) {
    const kind = u32[at >> 2]!;
    if (kind === TEXT) {
      const length = u32[(at >> 2) + 1]!;
      parts.at(-1)!.push(...bytes.toString('utf8', at + 8, at + 8 + length));
      at += (length + 3) & ~3;
    } else if (kind === ANY_ONE) parts.at(-1)!.push(null);
    else parts.push([]);
  }
  return parts;
}
