/** Aggregates over frames. A batch with a row in doubt, or whose rows cannot be added exactly, is left to the general ones. */
import { rowState, SCALE_MAX, valueCode } from '../../kernels/value-kernels.ts';
import type { Aggregate } from '../../sql/plan.ts';
import { Decimal } from '../../vector/decimal.ts';
import type { Selection } from '../../vector/vector.ts';
import { accumulate, addCount, addDecimalSum, addIntSum, floatSum, type Partial, setFloatSum } from '../aggregate.ts';
import { type Frame, spellAllStates, type TypedKind } from './frame.ts';
import type { Machine } from './node.ts';
import { toValue } from './number.ts';
import { toTimestamp } from './time.ts';

/** Adds the values of frame 0; false where nothing was added since the general evaluator must. */
export function addColumn(partial: Partial, aggregate: Aggregate, machine: Machine, kind: TypedKind, rows: Selection): boolean {
  const frame = machine.frames[0]!;
  switch (aggregate.function) {
    case 'COUNT':
      return countValues(partial, machine, kind, rows);
    case 'SUM':
    case 'AVG':
      if (kind !== 'number') return false;
      return frame.clean && frame.code === valueCode.float ? addFloats(partial, frame, rows) : addNumbers(partial, frame, rows);
    case 'MIN':
      return addExtreme(partial, aggregate, frame, kind, rows, 1);
    case 'MAX':
      return addExtreme(partial, aggregate, frame, kind, rows, -1);
  }
}

function countValues(partial: Partial, machine: Machine, kind: TypedKind, rows: Selection): boolean {
  const frame = machine.frames[0]!;
  const isTruth = kind === 'truth';
  if (!isTruth && kind !== 'text' && frame.clean) {
    addCount(partial, rows.length);
    return true;
  }
  spellAllStates(frame, kind, rows, machine.memory.u32);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const state = frame.states[rows[i]!]!;
    if (state === rowState.doubt) return false;
    if (state === rowState.value || (isTruth && state === 1)) count++;
  }
  addCount(partial, count);
  return true;
}

/** Floats are summed strictly in row order: the same bytes whatever the batches. */
function addFloats(partial: Partial, { values }: Frame, rows: Selection): boolean {
  let sum = floatSum(partial) ?? 0;
  for (let i = 0; i < rows.length; i++) sum += values[rows[i]!]!;
  setFloatSum(partial, sum, rows.length);
  return true;
}

/** Exact sums, one for INT and one for each scale of DECIMAL: of doubles as long as they hold it, then in `totals`. */
const sums = new Float64Array(SCALE_MAX + 2);
const counts = new Uint32Array(SCALE_MAX + 2);
const totals: bigint[] = [];

function addNumbers(partial: Partial, frame: Frame, rows: Selection): boolean {
  const { values, states, codes, code, clean } = frame;
  sums.fill(0);
  counts.fill(0);
  totals.length = 0;
  let floats = floatSum(partial) ?? 0;
  let float_count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const state = clean ? rowState.value : states[row]!;
    if (state !== rowState.value) {
      if (state === rowState.doubt) return false;
      continue;
    }
    const value = values[row]!;
    const own = code === valueCode.mixed ? codes[row]! : code;
    if (own === valueCode.float) {
      floats += value;
      float_count++;
      continue;
    }
    const sum = sums[own + 1]! + value;
    if (sum > Number.MAX_SAFE_INTEGER || sum < -Number.MAX_SAFE_INTEGER) {
      totals[own + 1] = (totals[own + 1] ?? 0n) + BigInt(sums[own + 1]!);
      sums[own + 1] = value;
    } else sums[own + 1] = sum;
    counts[own + 1]!++;
  }
  if (!addDecimals(partial)) return false;
  addIntSum(partial, totalOf(0), counts[0]!);
  setFloatSum(partial, floats, float_count);
  return true;
}

function totalOf(index: number): bigint {
  return (totals[index] ?? 0n) + BigInt(sums[index]!);
}

function addDecimals(partial: Partial): boolean {
  let scale = SCALE_MAX;
  while (scale >= 0 && counts[scale + 1] === 0) scale--;
  if (scale < 0) return true;
  let mantissa = 0n;
  let magnitude = 0n;
  let count = 0;
  for (let own = 0; own <= scale; own++) {
    const seen = counts[own + 1]!;
    if (seen === 0) continue;
    const unit = 10n ** BigInt(scale - own);
    mantissa += totalOf(own + 1) * unit;
    magnitude += BigInt(seen) * BigInt(Number.MAX_SAFE_INTEGER) * unit;
    count += seen;
  }
  return addDecimalSum(partial, new Decimal(mantissa, scale), magnitude, count);
}

/** The least value of a column of one type, or with a `sign` of -1 the greatest; of equal ones the first. */
function addExtreme(partial: Partial, aggregate: Aggregate, frame: Frame, kind: TypedKind, rows: Selection, sign: 1 | -1): boolean {
  const { values, states, code, clean } = frame;
  if (code === valueCode.mixed || (kind !== 'number' && kind !== 'time')) return false;
  let best = 0;
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const state = clean ? rowState.value : states[row]!;
    if (state === rowState.doubt) return false;
    if (state !== rowState.value) continue;
    const value = values[row]!;
    // why: NaN has its own place in the order
    if (Number.isNaN(value)) return false;
    if (count++ === 0 || sign * value < sign * best) best = value;
  }
  if (count === 0) return true;
  const value = kind === 'time' ? toTimestamp(best, code) : toValue(best, code);
  accumulate(partial, aggregate, { kind: 'constant', value }, 1);
  addCount(partial, count - 1);
  return true;
}
