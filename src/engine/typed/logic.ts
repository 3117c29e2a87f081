/** Conditions, and what evaluates its operands only for the rows that reach them. */
import { rowState } from '../../kernels/value-kernels.ts';
import type { Selection } from '../../vector/vector.ts';
import { Gathering, spellAllStates, type TypedKind } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';

const FALSE = 0;
const TRUE = 1;

/** AND or OR: an operand that decides a row decides it whatever the others are, even ones in doubt. */
export function logic(machine: Machine, op: 'and' | 'or', operands: readonly TypedNode[]): TypedNode {
  const deciding = op === 'or' ? TRUE : FALSE;
  return {
    kind: 'truth',
    frames: 1 + Math.max(...operands.map(({ frames }) => frames)),
    run(scan, rows, at) {
      const { states, picked } = machine.frames[at]!;
      const operand = machine.frames[at + 1]!.states;
      for (let i = 0; i < rows.length; i++) states[rows[i]!] = 1 - deciding;
      let pending: Selection = rows;
      for (const node of operands) {
        if (pending.length === 0) break;
        node.run(scan, pending, at + 1);
        let count = 0;
        for (let i = 0; i < pending.length; i++) {
          const row = pending[i]!;
          const truth = operand[row]!;
          picked[count] = row;
          if (truth === deciding) states[row] = deciding;
          else count++;
          if (truth > TRUE && truth > states[row]!) states[row] = truth;
        }
        pending = picked.subarray(0, count);
      }
    },
  };
}

/** NOT. */
export function not(machine: Machine, operand: TypedNode): TypedNode {
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const { states } = machine.frames[at]!;
      for (let i = 0; i < rows.length; i++) if (states[rows[i]!]! <= TRUE) states[rows[i]!]! ^= 1;
    },
  };
}

/** Both comparisons of a BETWEEN: NULL where either is. */
export function both(machine: Machine, low: TypedNode, high: TypedNode): TypedNode {
  return {
    kind: 'truth',
    frames: framesOf([low, high]),
    run(scan, rows, at) {
      low.run(scan, rows, at);
      high.run(scan, rows, at + 1);
      const { states } = machine.frames[at]!;
      const others = machine.frames[at + 1]!.states;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const most = Math.max(states[row]!, others[row]!);
        states[row] = most > TRUE ? most : states[row]! & others[row]!;
      }
    },
  };
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
  readonly then: TypedNode;
}

/** CASE. */
export function caseWhen(machine: Machine, kind: TypedKind, branches: readonly TypedBranch[], otherwise: TypedNode): TypedNode {
  const { u32 } = machine.memory;
  const needed = branches.flatMap(({ when, then }) => [1 + when.frames, 2 + then.frames]);
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
      for (const { when, then } of branches) {
        if (pending.length === 0) break;
        when.run(scan, pending, at + 1);
        const { states } = condition;
        gathering.set(rowState.doubt, machine.pick(pending, condition, states, 1 << rowState.doubt));
        gather(then, machine.pick(pending, condition, states, 1 << TRUE));
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
  const unknown = wantedStates('null', kind);
  return {
    kind,
    frames: 1 + Math.max(...operands.map(({ frames }) => frames)),
    run(scan, rows, at) {
      const frame = machine.frames[at]!;
      const operand = machine.frames[at + 1]!;
      const gathering = new Gathering(frame, kind, u32);
      const { states } = operand;
      let pending: Selection = rows;
      for (const node of operands) {
        if (pending.length === 0) break;
        if (node.kind === 'null') continue;
        node.run(scan, pending, at + 1);
        spellAllStates(operand, kind, pending, u32);
        gathering.copy(operand, machine.pick(pending, operand, states, ~unknown));
        pending = machine.pick(pending, frame, states, unknown);
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
    frames: framesOf([value, value, equal]),
    run(scan, rows, at) {
      const frame = machine.frames[at]!;
      const gathering = new Gathering(frame, kind, u32);
      value.run(scan, rows, at + 1);
      const from = machine.frames[at + 1]!;
      gathering.copy(from, rows);
      equal.run(scan, rows, at + 2);
      const compared = machine.frames[at + 2]!;
      spellAllStates(from, kind, rows, u32);
      gathering.set(rowState.null, machine.pick(rows, compared, from.states, 1 << rowState.missing));
      gathering.set(rowState.null, machine.pick(rows, compared, compared.states, 1 << TRUE));
      gathering.set(rowState.doubt, machine.pick(rows, compared, compared.states, 1 << rowState.doubt));
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
