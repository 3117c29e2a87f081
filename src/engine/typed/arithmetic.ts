/** Nodes over numbers: text read as numbers, constants, casts, arithmetic, comparison, IN. */
import { rowState, UNCLEAN, valueCode, valueReading } from '../../kernels/value-kernels.ts';
import type { ArithmeticOperator, CompareOperator } from '../../sql/expression.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Selection } from '../../vector/vector.ts';
import type { Frame, TypedKind } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';
import { calculate, compare, fromValue, negate, toDecimals, toFloats, toInts } from './number.ts';

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
export function constantNode(machine: Machine, kind: TypedKind, { value, code }: { readonly value: number; readonly code: number }): TypedNode {
  return {
    kind,
    frames: 1,
    run(_scan, rows, at) {
      const frame = machine.frames[at]!;
      for (let i = 0; i < rows.length; i++) frame.values[rows[i]!] = value;
      frame.code = code;
      frame.clean = true;
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

/** A comparison of numbers, or of times. */
export function compareNumbers(machine: Machine, operator: CompareOperator, left: TypedNode, right: TypedNode): TypedNode {
  const times = left.kind === 'time';
  return {
    kind: 'truth',
    frames: framesOf([left, right]),
    run(scan, rows, at) {
      left.run(scan, rows, at);
      right.run(scan, rows, at + 1);
      compare(operator, machine.frames[at]!, machine.frames[at + 1]!, rows, times);
    },
  };
}

/** Numbers of so many digits are told apart by the doubles nearest to them. */
const digits_max = 15;

/** IN of numbers; null where one of them needs more than a double to be told from others. NULL is none of them. */
export function inNumbers(machine: Machine, operand: TypedNode, values: readonly SqlValue[], negated: boolean): TypedNode | null {
  const members: number[] = [];
  for (const value of values) {
    const member = fromValue(value);
    if (member === null || Number.isNaN(member.value)) return null;
    if (member.code !== valueCode.float && Math.abs(member.value) >= 10 ** digits_max) return null;
    members.push(member.code > 0 ? member.value / 10 ** member.code : member.value);
  }
  const table = new DoubleSet(members);
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      doubtLong(frame, rows);
      toFloats(frame, rows);
      table.find(frame, rows, negated);
    },
  };
}

/** Exact numbers of more digits than a double tells apart. */
function doubtLong(frame: Frame, rows: Selection): void {
  const { values, states, code, codes, clean } = frame;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (clean) states[row] = rowState.value;
    if (Math.abs(values[row]!) >= 10 ** digits_max && (code === valueCode.mixed ? codes[row] : code) !== valueCode.float) states[row] = rowState.doubt;
  }
  frame.clean = false;
}

/** A set of doubles by the hash of their bits, looked up for a whole batch. */
class DoubleSet {
  readonly #table: Float64Array;
  readonly #shift: number;

  constructor(members: readonly number[]) {
    const bits = Math.ceil(Math.log2(2 * members.length + 2));
    this.#table = new Float64Array(2 ** bits).fill(Number.NaN);
    this.#shift = 32 - bits;
    const value = new Float64Array(1);
    const words = new Uint32Array(value.buffer);
    for (const member of members) {
      value[0] = member + 0;
      let slot = hash(words[0]!, words[1]!) >>> this.#shift;
      while (this.#table[slot] === this.#table[slot] && this.#table[slot] !== member) slot = (slot + 1) & (this.#table.length - 1);
      this.#table[slot] = member;
    }
  }

  /** Turns the states of numbers into truth values. */
  find({ values, words, states }: Frame, rows: Selection, negated: boolean): void {
    const table = this.#table;
    const mask = table.length - 1;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const state = states[row]!;
      let found = false;
      if (state === rowState.doubt) continue;
      if (state === rowState.value) {
        // why: minus zero is zero, but has other bits
        const value = values[row]! + 0;
        values[row] = value;
        let slot = hash(words[2 * row]!, words[2 * row + 1]!) >>> this.#shift;
        let member = table[slot]!;
        while (member === member && member !== value) {
          slot = (slot + 1) & mask;
          member = table[slot]!;
        }
        found = member === value;
      }
      states[row] = Number(found !== negated);
    }
  }
}

function hash(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0;
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
