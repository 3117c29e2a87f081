/** Comparison and BETWEEN of texts, numbers and timestamps. */
import { orderBit } from '../../kernels/value-kernels.ts';
import type { CompareOperator } from '../../sql/expression.ts';
import type { Selection } from '../../vector/vector.ts';
import { copyFrame, type Frame, type TypedKind } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';
import { compare } from './number.ts';

/** A comparison of two nodes of one kind, which is text, number or time. */
export function comparison(machine: Machine, operator: CompareOperator, left: TypedNode, right: TypedNode): TypedNode {
  const { kind } = left;
  return {
    kind: 'truth',
    frames: framesOf([left, right]),
    run(scan, rows, at) {
      left.run(scan, rows, at);
      right.run(scan, rows, at + 1);
      compareFrames(machine, kind, operator, machine.frames[at]!, machine.frames[at + 1]!, rows);
    },
  };
}

/** BETWEEN, of three nodes of one kind: NULL where any of them is. */
export function between(machine: Machine, operand: TypedNode, low: TypedNode, high: TypedNode): TypedNode {
  const { kind } = operand;
  return {
    kind: 'truth',
    frames: Math.max(framesOf([operand, operand, low]), framesOf([operand, operand, high])),
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const above = machine.frames[at]!;
      const below = machine.frames[at + 1]!;
      copyFrame(above, below, rows);
      low.run(scan, rows, at + 2);
      compareFrames(machine, kind, '>=', above, machine.frames[at + 2]!, rows);
      high.run(scan, rows, at + 2);
      compareFrames(machine, kind, '<=', below, machine.frames[at + 2]!, rows);
      conjoin(above, below, rows);
    },
  };
}

const orders: Readonly<Record<CompareOperator, number>> = {
  '=': orderBit.equal,
  '<>': orderBit.less | orderBit.greater | orderBit.unordered,
  '<': orderBit.less,
  '<=': orderBit.less | orderBit.equal,
  '>': orderBit.greater,
  '>=': orderBit.greater | orderBit.equal,
};

/** Leaves the truth in the states of the left frame. */
function compareFrames(machine: Machine, kind: TypedKind, operator: CompareOperator, left: Frame, right: Frame, rows: Selection): void {
  if (kind !== 'text') {
    compare(machine.kernels, orders[operator], left, right, rows, kind === 'time');
    return;
  }
  const { fields, step, states } = left;
  machine.kernels.compareTexts(fields, step, right.fields, right.step, rows.byteOffset, rows.length, orders[operator], states.byteOffset);
}

function conjoin({ states }: Frame, { states: others }: Frame, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const most = Math.max(states[row]!, others[row]!);
    states[row] = most > 1 ? most : states[row]! & others[row]!;
  }
}
