/** Aggregates over a column of a typed format as it was loaded: exact, however large its values. */
import { columnValues } from '../../formats/parquet/values.ts';
import type { LoadedColumn } from '../../formats/scan.ts';
import type { Memory } from '../../kernels/memory.ts';
import { FIELD_STATES, rowState } from '../../kernels/value-kernels.ts';
import type { Aggregate } from '../../sql/plan.ts';
import { Decimal } from '../../vector/decimal.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import { type Selection, valueAt } from '../../vector/vector.ts';
import { accumulate, addCount, addDecimalSum, addIntSum, type Partial } from '../aggregate.ts';
import type { Machine } from './node.ts';

/** Adds the values of `rows`; false where nothing was added since it has to be done another way. */
export function addLoaded(partial: Partial, aggregate: Aggregate, machine: Machine, column: LoadedColumn, rows: Selection): boolean {
  if (aggregate.function === 'COUNT') {
    addCount(partial, countValues(machine.memory, column, rows));
    return true;
  }
  const { kind, wide } = column;
  const isExtreme = aggregate.function === 'MIN' || aggregate.function === 'MAX';
  if (kind === 'string') return isExtreme && addText(partial, aggregate, machine.memory, column.values, rows);
  if (kind === 'float' || kind === 'json' || wide) return false;
  if (isExtreme) return addExtreme(partial, aggregate, machine, column, rows);
  return (kind === 'int' || kind === 'decimal') && addSum(partial, machine, column, rows);
}

function countValues({ u8, u32 }: Memory, { kind, values, states }: LoadedColumn, rows: Selection): number {
  let count = 0;
  if (kind === 'string' || kind === 'json') {
    for (let i = 0; i < rows.length; i++) if (u32[(values >> 2) + 2 * rows[i]! + 1]! < FIELD_STATES) count++;
  } else if (states === 0) count = rows.length;
  else for (let i = 0; i < rows.length; i++) if (u8[states + rows[i]!] !== rowState.null) count++;
  return count;
}

function hasDoubt({ u8 }: Memory, { states }: LoadedColumn, rows: Selection): boolean {
  return states !== 0 && rows.some((row) => u8[states + row] === rowState.doubt);
}

/** Leaves least, greatest and sum at `machine.tally`; answers how many values there are. */
function tally({ columns, tally: into }: Machine, { values, states }: LoadedColumn, rows: Selection): number {
  return columns.tallyInts(values, states, rows.byteOffset, rows.length, into);
}

function addSum(partial: Partial, machine: Machine, column: LoadedColumn, rows: Selection): boolean {
  const count = tally(machine, column, rows);
  if (count === 0) return true;
  const words = new BigInt64Array(machine.memory.wasm.buffer, machine.tally, 4);
  const sum = (words[3]! << 64n) | BigInt.asUintN(64, words[2]!);
  if (column.kind === 'int') {
    addIntSum(partial, sum, count);
    return true;
  }
  const [least, greatest] = [words[0]!, words[1]!];
  const most = (greatest > 0n ? greatest : 0n) + (least < 0n ? -least : 0n);
  return addDecimalSum(partial, new Decimal(sum, column.scale), BigInt(count) * most, count);
}

/** The values between the two extremes have no failure where these have none. */
function addExtreme(partial: Partial, aggregate: Aggregate, machine: Machine, column: LoadedColumn, rows: Selection): boolean {
  if (hasDoubt(machine.memory, column, rows)) return false;
  const count = tally(machine, column, rows);
  if (count === 0) return true;
  const extremes = columnValues(machine.memory, { ...column, values: machine.tally, states: 0 }, Uint32Array.of(0, 1));
  const [least, greatest] = [valueAt(extremes, 0), valueAt(extremes, 1)];
  if (least instanceof Failure || greatest instanceof Failure) return false;
  addWinner(partial, aggregate, aggregate.function === 'MIN' ? least : greatest, count);
  return true;
}

function addWinner(partial: Partial, aggregate: Aggregate, value: SqlValue, count: number): void {
  accumulate(partial, aggregate, { kind: 'constant', value }, 1);
  addCount(partial, count - 1);
}

/** The least or greatest text, in the order of its bytes; it alone becomes a string. */
function addText(partial: Partial, aggregate: Aggregate, memory: Memory, fields: number, rows: Selection): boolean {
  const { u32, bytes } = memory;
  const sign = aggregate.function === 'MIN' ? -1 : 1;
  let [start, end, prefix, count] = [0, 0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    const field = (fields >> 2) + 2 * rows[i]!;
    const length = u32[field + 1]!;
    if (length >= FIELD_STATES) continue;
    const from = u32[field]!;
    const own = prefixOf(memory, from, length);
    const wins =
      count === 0 || sign * (own - prefix) > 0 || (own === prefix && sign * bytes.compare(bytes, start, end, from, from + length) > 0);
    count++;
    if (wins) [start, end, prefix] = [from, from + length, own];
  }
  if (count > 0) addWinner(partial, aggregate, bytes.toString('utf8', start, end), count);
  return true;
}

/** The first four bytes as a number: most texts are told apart by it. */
function prefixOf({ u8 }: Memory, at: number, length: number): number {
  const byte = (index: number): number => (index < length ? u8[at + index]! : 0);
  return byte(0) * 2 ** 24 + byte(1) * 2 ** 16 + byte(2) * 2 ** 8 + byte(3);
}
