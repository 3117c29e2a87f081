/** Conditions, and what evaluates its operands only for the rows that reach them. */
import { rowState } from '../../kernels/value-kernels.ts';
import type { Selection } from '../../vector/vector.ts';
import { type Frame, Gathering, spellAllStates, type TypedKind } from './frame.ts';
import type { Machine, TypedNode } from './node.ts';

const FALSE = 0;
const TRUE = 1;

/** AND or OR: an operand that decides a row decides it whatever the others are, even ones in doubt. */
export function logic(machine: Machine, op: 'and' | 'or', operands: readonly TypedNode[]): TypedNode {
  const deciding = op === 'or' ? TRUE : FALSE;
  return {
    kind: 'truth',
    frames: 1 + Math.max(...operands.map(({ frames }) => frames)),
    run(scan, rows, at) {
      const frame = machine.frames[at]!;
      const operand = machine.frames[at + 1]!;
      fillTruth(frame, rows, 1 - deciding);
      let pending: Selection = rows;
      for (const node of operands) {
        if (pending.length === 0) break;
        node.run(scan, pending, at + 1);
        pending = settle(frame, operand.states, pending, deciding);
      }
    },
  };
}

function fillTruth({ states }: Frame, rows: Selection, truth: number): void {
  if (rows.length > 0) states.fill(truth, rows[0], rows[rows.length - 1]! + 1);
}

/** Takes an operand into the result, and answers the rows it did not decide. */
function settle({ states, picked }: Frame, operand: Uint8Array, rows: Selection, deciding: number): Selection {
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const truth = operand[row]!;
    picked[count] = row;
    if (truth === deciding) states[row] = deciding;
    else count++;
    if (truth > TRUE && truth > states[row]!) states[row] = truth;
  }
  return picked.subarray(0, count);
}

/** NOT. */
export function not(machine: Machine, operand: TypedNode): TypedNode {
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      invert(machine.frames[at]!, rows);
    },
  };
}

function invert({ states }: Frame, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) if (states[rows[i]!]! <= TRUE) states[rows[i]!]! ^= 1;
}

/** IS NULL, MISSING, TRUE or FALSE. */
export function isState(machine: Machine, operand: TypedNode, what: 'null' | 'missing' | 'true' | 'false', negated: boolean): TypedNode {
  const { kind } = operand;
  const { u32 } = machine.memory;
  const wanted = wantedStates(what, kind) ^ (negated ? 0b111 : 0);
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      spellAllStates(frame, kind, rows, u32);
      for (let i = 0; i < rows.length; i++) {
        const state = frame.states[rows[i]!]!;
        if (state !== rowState.doubt) frame.states[rows[i]!] = (wanted >> state) & 1;
      }
    },
  };
}

export interface TypedBranch {
  readonly when: TypedNode;
  readonly result: TypedNode;
}

/** CASE. */
export function caseWhen(machine: Machine, kind: TypedKind, branches: readonly TypedBranch[], otherwise: TypedNode): TypedNode {
  const { u32 } = machine.memory;
  const needed = branches.flatMap(({ when, result }) => [1 + when.frames, 2 + result.frames]);
  return {
    kind,
    frames: Math.max(...needed, 2 + otherwise.frames),
    run(scan, rows, at) {
      const frame = machine.frames[at]!;
      const condition = machine.frames[at + 1]!;
      const gathering = new Gathering(frame, kind, u32);
      const gather = (node: TypedNode, reached: Selection): void => {
        if (reached.length === 0) return;
        if (node.kind === 'null') {
          gathering.set(rowState.null, reached);
          return;
        }
        node.run(scan, reached, at + 2);
        gathering.copy(machine.frames[at + 2]!, reached);
      };
      let pending: Selection = rows;
      for (const { when, result } of branches) {
        if (pending.length === 0) break;
        when.run(scan, pending, at + 1);
        const { states } = condition;
        gathering.set(rowState.doubt, machine.pick(pending, condition, states, 1 << rowState.doubt));
        gather(result, machine.pick(pending, condition, states, 1 << TRUE));
        pending = machine.pick(pending, frame, states, (1 << FALSE) | (1 << rowState.null));
      }
      gather(otherwise, pending);
      gathering.finish();
    },
  };
}

/** COALESCE. */
export function coalesce(machine: Machine, kind: TypedKind, operands: readonly TypedNode[]): TypedNode {
  const { u32 } = machine.memory;
  return {
    kind,
    frames: 1 + Math.max(...operands.map(({ frames }) => frames)),
    run(scan, rows, at) {
      const frame = machine.frames[at]!;
      const operand = machine.frames[at + 1]!;
      const gathering = new Gathering(frame, kind, u32);
      let pending: Selection = rows;
      for (const node of operands) {
        if (pending.length === 0) break;
        if (node.kind === 'null') continue;
        node.run(scan, pending, at + 1);
        pending = gathering.copyKnown(operand, pending);
      }
      gathering.set(rowState.null, pending);
      gathering.finish();
    },
  };
}

/** NULLIF: `equal` is the comparison of both, `value` the first. */
export function nullIf(machine: Machine, value: TypedNode, equal: TypedNode): TypedNode {
  const { u32 } = machine.memory;
  const { kind } = value;
  return {
    kind,
    frames: 1 + Math.max(value.frames, equal.frames),
    run(scan, rows, at) {
      const frame = machine.frames[at]!;
      const gathering = new Gathering(frame, kind, u32);
      value.run(scan, rows, at + 1);
      gathering.copy(machine.frames[at + 1]!, rows);
      equal.run(scan, rows, at + 1);
      gathering.drop(machine.frames[at + 1]!, rows);
      gathering.finish();
    },
  };
}

/** Rows that no typed node can decide. */
export function inDoubt(machine: Machine, kind: TypedKind): TypedNode {
  const { u32 } = machine.memory;
  return {
    kind,
    frames: 1,
    run(_, rows, at) {
      const gathering = new Gathering(machine.frames[at]!, kind, u32);
      gathering.set(rowState.doubt, rows);
      gathering.finish();
    },
  };
}

/** Bits of the states for which a test is TRUE. Truth values are never MISSING. */
function wantedStates(what: 'null' | 'missing' | 'true' | 'false', kind: TypedKind): number {
  const missing = kind === 'truth' ? 0 : 1 << rowState.missing;
  switch (what) {
    case 'null':
      return missing | (1 << rowState.null);
    case 'missing':
      return missing;
    case 'true':
      return 1 << TRUE;
    case 'false':
      return 1 << FALSE;
  }
}
