/** The plain twin of the kernels that turn columns of values into frames and aggregates. */
import type { ColumnKernels, LoadKernels } from './column-kernels.ts';
import type { Memory } from './memory.ts';
import { rowState, UNCLEAN } from './value-kernels.ts';

/** Loading kernels over `memory`. */
export function referenceLoad({ wasm, u8, u32, f64 }: Memory): LoadKernels & Pick<ColumnKernels, 'tallyInts'> {
  const i64 = new BigInt64Array(wasm.buffer);
  /** `valueOf` answers a number for a frame, null for a row in doubt. */
  const fill = (
    states: number,
    rows: number,
    count: number,
    intoStates: number,
    valueOf: (row: number) => number | null,
    put: (row: number, value: number) => void,
  ): number => {
    let unclean = 0;
    for (let index = 0; index < count; index++) {
      const row = rows === 0 ? index : u32[(rows >> 2) + index]!;
      let state: number = states === 0 ? rowState.value : u8[states + row]!;
      if (state === rowState.value) {
        const value = valueOf(row);
        if (value === null) state = rowState.doubt;
        else put(row, value);
      }
      u8[intoStates + row] = state;
      if (state !== rowState.value) unclean = UNCLEAN;
    }
    return unclean;
  };
  const putNumber =
    (into: number) =>
    (row: number, value: number): void => {
      f64[(into >> 3) + row] = value;
    };
  return {
    loadInts: (values, states, rows, count, wide, into, intoStates) =>
      fill(
        states,
        rows,
        count,
        intoStates,
        (row) => {
          if (wide === 0) return exact(i64[(values >> 3) + row]!);
          const at = (values >> 3) + 2 * row;
          return exact((i64[at + 1]! << 64n) | BigInt.asUintN(64, i64[at]!));
        },
        putNumber(into),
      ),
    loadFloats: (values, states, rows, count, into, intoStates) =>
      fill(states, rows, count, intoStates, (row) => f64[(values >> 3) + row]!, putNumber(into)),
    loadTruths(values, states, rows, count, intoStates) {
      const truths: [number, number][] = [];
      fill(
        states,
        rows,
        count,
        intoStates,
        (row) => Number(i64[(values >> 3) + row]),
        (row, truth) => truths.push([row, truth]),
      );
      for (const [row, truth] of truths) u8[intoStates + row] = truth;
    },
    loadTimes: (values, states, rows, count, digits, into, intoStates) =>
      fill(states, rows, count, intoStates, (row) => timeOf(i64[(values >> 3) + row]!, digits), putNumber(into)),
    tallyInts(values, states, rows, count, into) {
      const present: bigint[] = [];
      for (let index = 0; index < count; index++) {
        const row = rows === 0 ? index : u32[(rows >> 2) + index]!;
        if (states === 0 || u8[states + row] === rowState.value) present.push(i64[(values >> 3) + row]!);
      }
      if (present.length === 0) return 0;
      const sum = present.reduce((total, value) => total + value);
      const ordered = BigInt64Array.from(present).sort();
      i64[into >> 3] = ordered[0]!;
      i64[(into >> 3) + 1] = ordered[ordered.length - 1]!;
      i64[(into >> 3) + 2] = BigInt.asIntN(64, sum);
      i64[(into >> 3) + 3] = sum >> 64n;
      return present.length;
    },
  };
}

function exact(value: bigint): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) && BigInt(number) === value ? number : null;
}

const day_first = -719_162n;
const day_end = 2_932_897n;

function timeOf(count: bigint, digits: number): number | null {
  if (digits === 0) return count >= day_first && count < day_end ? Number(count) * 86_400 : null;
  const nanos = count * 10n ** BigInt(9 - digits);
  const day = 86_400_000_000_000n;
  if (nanos % 1000n !== 0n || nanos < day_first * day || nanos >= day_end * day) return null;
  return exact(nanos / 1000n);
}
