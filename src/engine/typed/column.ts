/** Columns of typed formats as nodes. */
import { assert } from '../../base/assert.ts';
import type { LoadedColumn, Scan } from '../../formats/scan.ts';
import { timeDigits } from '../../kernels/column-kernels.ts';
import { rowState, SCALE_MAX, valueCode } from '../../kernels/value-kernels.ts';
import type { StaticType } from '../../sql/expression.ts';
import type { Selection } from '../../vector/vector.ts';
import type { Frame, TypedKind } from './frame.ts';
import type { Machine, TypedNode } from './node.ts';
import { momentCode } from './time.ts';

const kinds: Partial<Record<StaticType, TypedKind>> = {
  bool: 'truth',
  int: 'number',
  float: 'number',
  decimal: 'number',
  string: 'text',
  timestamp: 'time',
};

/** A column whose type is known; null for lists and structs. */
export function typedColumn(machine: Machine, slot: number, type: StaticType): TypedNode | null {
  const kind = kinds[type];
  if (kind === undefined) return null;
  return {
    kind,
    frames: 1,
    run(scan, rows, at) {
      loadFrame(machine, loadedColumn(scan, slot), machine.frames[at]!, rows);
    },
  };
}

/** The values of a typed column for the selected rows of the batch. */
function loadedColumn(scan: Scan, slot: number): LoadedColumn {
  assert(scan.typed !== null, 'a column of a known type is one of a typed format');
  return scan.typed.load(slot);
}

function loadFrame({ columns }: Machine, column: LoadedColumn, frame: Frame, rows: Selection): void {
  const { kind, values, states, scale, wide, unit, utc } = column;
  const [selection, count] = [rows.byteOffset, rows.length];
  const [into, intoStates] = [frame.values.byteOffset, frame.states.byteOffset];
  switch (kind) {
    case 'int':
      frame.clean = columns.loadInts(values, states, selection, count, 0, into, intoStates) === 0;
      frame.code = valueCode.int;
      return;
    case 'decimal':
      frame.clean = columns.loadInts(values, states, selection, count, Number(wide), into, intoStates) === 0;
      frame.code = Math.min(scale, SCALE_MAX);
      if (scale > SCALE_MAX) doubtAll(frame, rows);
      return;
    case 'float':
      frame.clean = columns.loadFloats(values, states, selection, count, into, intoStates) === 0;
      frame.code = valueCode.float;
      return;
    case 'timestamp':
      frame.clean =
        columns.loadTimes(values, states, selection, count, unit === 'days' ? timeDigits.day : timeDigits[unit], into, intoStates) === 0;
      frame.code = unit === 'days' ? valueCode.day : momentCode(timeDigits[unit], utc);
      return;
    case 'bool':
      columns.loadTruths(values, states, selection, count, intoStates);
      return;
    case 'string':
    case 'json':
      frame.fields = values;
      frame.step = 8;
  }
}

/** Powers of ten beyond the scale are no exact doubles. */
function doubtAll(frame: Frame, rows: Selection): void {
  for (let i = 0; i < rows.length; i++) frame.states[rows[i]!] = rowState.doubt;
  frame.clean = false;
}
