/** Values of frames as the general evaluator has them, and rows in doubt evaluated by it. */

import type { Scan } from '../../formats/scan.ts';
import { FIELD_STATES, rowState, valueCode } from '../../kernels/value-kernels.ts';
import { floatText } from '../../vector/number.ts';
import { csvText } from '../../vector/text.ts';
import type { SqlValue } from '../../vector/value.ts';
import { type Selection, type Vector, valueAt } from '../../vector/vector.ts';
import type { Compiled } from '../evaluate.ts';
import { type Frame, spellAllStates, type TypedKind } from './frame.ts';
import type { Machine } from './node.ts';
import { toValue } from './number.ts';
import { toTimestamp } from './time.ts';

/** The values of `rows` in frame `at`; `general` evaluates those in doubt. */
export function valuesOf(machine: Machine, kind: TypedKind, at: number, scan: Scan, rows: Selection, general: Compiled): Vector {
  const frame = machine.frames[at]!;
  const doubtful = doubtfulRows(machine, kind, frame, rows);
  const decided = doubtful.length === 0 ? null : general(scan, doubtful);
  const values = new Array<SqlValue>(rows.length);
  let next = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    values[i] = decided !== null && doubtful[next] === row ? valueAt(decided, next++) : sqlValueAt(machine, kind, frame, row);
  }
  return { kind: 'values', values };
}

/** Rows in doubt, outside the memory. */
export function doubtfulRows(machine: Machine, kind: TypedKind, frame: Frame, rows: Selection): Selection {
  if (frame.clean && kind !== 'text' && kind !== 'truth') return new Uint32Array(0);
  spellAllStates(frame, kind, rows, machine.memory.u32);
  return rows.filter((row) => frame.states[row] === rowState.doubt);
}

/** The output text of a decided row that is a value, and no text. */
export function textAt(frame: Frame, kind: TypedKind, row: number): string {
  if (kind === 'truth') return frame.states[row] === 1 ? 'true' : 'false';
  const code = frame.code === valueCode.mixed ? frame.codes[row]! : frame.code;
  const value = frame.values[row]!;
  if (kind === 'number' && code === valueCode.float) return floatText(value);
  if (kind === 'number' && code <= 0) return String(value + 0);
  return csvText(kind === 'number' ? toValue(value, code) : toTimestamp(value, code));
}

function sqlValueAt(machine: Machine, kind: TypedKind, frame: Frame, row: number): SqlValue {
  if (kind === 'text') return textOf(machine, frame, row);
  const state = kind !== 'truth' && frame.clean ? rowState.value : frame.states[row]!;
  if (kind === 'truth') return state === rowState.null ? null : state === 1;
  if (state !== rowState.value) return state === rowState.missing ? undefined : null;
  const code = frame.code === valueCode.mixed ? frame.codes[row]! : frame.code;
  return kind === 'number' ? toValue(frame.values[row]!, code) : toTimestamp(frame.values[row]!, code);
}

function textOf({ memory }: Machine, { fields, step }: Frame, row: number): SqlValue {
  const field = (fields + row * step) >> 2;
  const length = memory.u32[field + 1]!;
  if (length >= FIELD_STATES) return 2 ** 32 - length === rowState.missing ? undefined : null;
  return memory.bytes.toString('utf8', memory.u32[field]!, memory.u32[field]! + length);
}
