/** Nodes over numbers: text read as numbers, constants, casts, arithmetic, comparison, IN. */
import { rowState, UNCLEAN, valueCode, valueReading } from '../../kernels/value-kernels.ts';
import type { ArithmeticOperator } from '../../sql/expression.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Selection } from '../../vector/vector.ts';
import { type Frame, spellStates, type TypedKind } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';
import { calculate, fill, fromValue, negate, toDecimals, toFloats, toInts } from './number.ts';

/** Text read as numbers: by CAST, or as literals are typed. */
export function readNumbers(machine: Machine, operand: TypedNode, reading: keyof typeof valueReading): TypedNode {
  return {
    kind: 'number',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      const { fields, step, values, codes, states } = frame;
      const seen = machine.kernels.readValues(
        fields,
        step,
        rows.byteOffset,
        rows.length,
        valueReading[reading],
        values.byteOffset,
        codes.byteOffset,
        states.byteOffset,
      );
      frame.code = (seen << 24) >> 24;
      frame.clean = (seen & UNCLEAN) === 0;
    },
  };
}

/** The same number or time for all rows. */
export function constantNode(
  machine: Machine,
  kind: TypedKind,
  { value, code }: { readonly value: number; readonly code: number },
): TypedNode {
  return {
    kind,
    frames: 1,
    run(_scan, rows, at) {
      fill(machine.frames[at]!, rows, value, code);
    },
  };
}

/** CAST of numbers to numbers. */
export function castNumbers(machine: Machine, operand: TypedNode, to: 'int' | 'float' | 'decimal'): TypedNode {
  const convert = to === 'int' ? toInts : to === 'float' ? toFloats : toDecimals;
  return inPlace(machine, operand, convert);
}

export function negateNumbers(machine: Machine, operand: TypedNode): TypedNode {
  return inPlace(machine, operand, negate);
}

export function calculateNumbers(machine: Machine, operator: ArithmeticOperator, left: TypedNode, right: TypedNode): TypedNode {
  return {
    kind: 'number',
    frames: framesOf([left, right]),
    run(scan, rows, at) {
      left.run(scan, rows, at);
      right.run(scan, rows, at + 1);
      calculate(operator, machine.frames[at]!, machine.frames[at + 1]!, rows);
    },
  };
}

/** Numbers of so many digits are told apart by the doubles nearest to them. */
const long_min = 1e15;

/** IN of numbers; null where one of them needs more than a double to be told from others. NULL is none of them. */
export function inNumbers(machine: Machine, operand: TypedNode, values: readonly SqlValue[], negated: boolean): TypedNode | null {
  const members: number[] = [];
  for (const value of values) {
    const member = fromValue(value);
    if (member === null || Number.isNaN(member.value)) return null;
    if (member.code !== valueCode.float && Math.abs(member.value) >= long_min) return null;
    members.push(member.code > 0 ? member.value / 10 ** member.code : member.value);
  }
  const table = new DoubleSet(members);
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      spellStates(frame, rows);
      if (frame.code !== valueCode.float) doubtLong(frame, rows);
      toFloats(frame, rows);
      table.find(frame, rows, negated);
    },
  };
}

/** Exact numbers of more digits than a double tells apart. */
function doubtLong({ values, states, code, codes }: Frame, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const isLong = values[row]! >= long_min || values[row]! <= -long_min;
    if (isLong && (code !== valueCode.mixed || codes[row] !== valueCode.float)) states[row] = rowState.doubt;
  }
}

/**
 * A set of doubles by the hash of their bits, looked up for a whole batch. Most values are in no set: a map of one bit for each of
 * many hashes tells so without a search.
 */
class DoubleSet {
  readonly #table: Float64Array;
  readonly #table_shift: number;
  readonly #map: Uint32Array;
  readonly #map_shift: number;

  constructor(members: readonly number[]) {
    const bits = Math.ceil(Math.log2(2 * members.length + 2));
    this.#table = new Float64Array(2 ** bits).fill(Number.NaN);
    this.#table_shift = 32 - bits;
    const map_bits = Math.min(bits + MAP_BITS_MORE, 32);
    this.#map = new Uint32Array(2 ** (map_bits - 5));
    this.#map_shift = 32 - map_bits;
    const value = new Float64Array(1);
    const words = new Uint32Array(value.buffer);
    for (const member of members) {
      value[0] = member + 0;
      const hashed = hash(words[0]!, words[1]!);
      this.#map[(hashed >>> this.#map_shift) >>> 5]! |= 1 << (hashed >>> this.#map_shift);
      this.#table[this.#slotOf(hashed, member)] = member;
    }
  }

  /** Turns the states of numbers into truth values. */
  find({ values, words, states }: Frame, rows: Selection, negated: boolean): void {
    const map = this.#map;
    const shift = this.#map_shift;
    const no = Number(negated);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const state = states[row]!;
      if (state === rowState.doubt) continue;
      // why: minus zero is zero, but has other bits
      const value = values[row]! + 0;
      values[row] = value;
      const hashed = hash(words[2 * row]!, words[2 * row + 1]!);
      const near = hashed >>> shift;
      const found = (map[near >>> 5]! >>> near) & 1 && state === rowState.value && this.#table[this.#slotOf(hashed, value)] === value;
      states[row] = found ? 1 - no : no;
    }
  }

  /** Where the value is, or would be. */
  #slotOf(hashed: number, value: number): number {
    const table = this.#table;
    let slot = hashed >>> this.#table_shift;
    while (table[slot] !== value && !Number.isNaN(table[slot]!)) slot = (slot + 1) & (table.length - 1);
    return slot;
  }
}

const MAP_BITS_MORE = 4;

function hash(low: number, high: number): number {
  return Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> 0;
}

function inPlace(machine: Machine, operand: TypedNode, change: (frame: Frame, rows: Selection) => void): TypedNode {
  return {
    kind: 'number',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      change(machine.frames[at]!, rows);
    },
  };
}
