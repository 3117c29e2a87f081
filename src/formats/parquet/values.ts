/** Columns of values as SQL values, for the general evaluator. */
import type { Memory } from '../../kernels/memory.ts';
import { FIELD_STATES, rowState } from '../../kernels/value-kernels.ts';
import { Decimal } from '../../vector/decimal.ts';
import { JsonValue } from '../../vector/json-value.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import type { LoadedColumn } from '../scan.ts';

/** What a count of a timestamp stands for; undefined: for itself. */
export type MomentOf = (count: bigint) => SqlValue | undefined;

/** The values of `rows`, dense in their order. A date outside the years 1 to 9999 is a failure. */
export function columnValues(memory: Memory, column: LoadedColumn, rows: Selection, momentOf: MomentOf = itself): Vector {
  const valueOf = reader(memory, column, momentOf);
  const values = new Array<SqlValue>(rows.length);
  const { states } = column;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    values[i] = states !== 0 && memory.u8[states + row] === rowState.null ? null : valueOf(row);
  }
  return { kind: 'values', values };
}

const itself: MomentOf = () => undefined;

type ValueOf = (row: number) => SqlValue;

function reader(memory: Memory, { kind, values, states, wide, scale, unit, utc }: LoadedColumn, momentOf: MomentOf): ValueOf {
  const { wasm, f64, bytes, u32 } = memory;
  const i64 = new BigInt64Array(wasm.buffer);
  const at = values >> 3;
  const textOf = (row: number): string | null => {
    const length = u32[(values >> 2) + 2 * row + 1]!;
    const start = u32[(values >> 2) + 2 * row]!;
    return length >= FIELD_STATES ? null : bytes.toString('utf8', start, start + length);
  };
  switch (kind) {
    case 'int':
      return (row) => i64[at + row]!;
    case 'bool':
      return (row) => i64[at + row] !== 0n;
    case 'float':
      return (row) => f64[at + row]!;
    case 'decimal':
      if (!wide) return (row) => new Decimal(i64[at + row]!, scale);
      return (row) => new Decimal((i64[at + 2 * row + 1]! << 64n) | BigInt.asUintN(64, i64[at + 2 * row]!), scale);
    case 'timestamp': {
      if (unit === 'days') return (row) => dayOf(i64[at + row]!);
      const plain = momentReader(i64, at, unit, utc);
      return states === 0 ? plain : (row) => momentOf(i64[at + row]!) ?? plain(row);
    }
    case 'string':
      return textOf;
    case 'json':
      return (row) => {
        const text = textOf(row);
        return text === null ? null : new JsonValue(text);
      };
  }
}

const fractionDigits = { millis: 3, micros: 6, nanos: 9 } as const;

/** Moments keep the digits of their unit: `07:08:09.000`. */
function momentReader(i64: BigInt64Array, at: number, unit: keyof typeof fractionDigits, utc: boolean): ValueOf {
  const digits = fractionDigits[unit];
  const per_second = 10n ** BigInt(digits);
  return (row) => {
    const count = i64[at + row]!;
    const fraction = ((count % per_second) + per_second) % per_second;
    const seconds = Number((count - fraction) / per_second);
    return Timestamp.fromEpoch(seconds, 'second', String(fraction).padStart(digits, '0'), utc ? 0 : null) ?? outOfRange(count, unit);
  };
}

function dayOf(days: bigint): SqlValue {
  return Timestamp.fromEpoch(Number(days) * 86_400, 'day', '', null) ?? outOfRange(days, 'days');
}

function outOfRange(count: bigint, unit: LoadedColumn['unit']): Failure {
  return new Failure({ code: 'ValueParseFailure', params: { value: `${count} ${unit} since 1970-01-01 lie outside the years 1 to 9999` } });
}
