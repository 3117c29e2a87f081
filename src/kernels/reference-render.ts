/** The plain twin of the kernels that turn columns of values into text. */
import { mantissaForm, type RenderKernels } from './column-kernels.ts';
import type { Memory } from './memory.ts';
import { FIELD_STATES, rowState } from './value-kernels.ts';

/** Rendering kernels over `memory`. */
export function referenceRender(memory: Memory): RenderKernels {
  const i64 = new BigInt64Array(memory.wasm.buffer);
  const int = (values: number, row: number): bigint => i64[(values >> 3) + row]!;
  const wideInt = (values: number, row: number): bigint =>
    (i64[(values >> 3) + 2 * row + 1]! << 64n) | BigInt.asUintN(64, i64[(values >> 3) + 2 * row]!);
  const render = renderer(memory);
  return {
    renderInts: (values, states, rows, count, json, fields, at) =>
      render(states, rows, count, json, fields, at, (row) => String(int(values, row))),
    renderTruths: (values, states, rows, count, json, fields, at) =>
      render(states, rows, count, json, fields, at, (row) => String(int(values, row) !== 0n)),
    renderFloats: (values, states, rows, count, json, fields, at) =>
      render(states, rows, count, json, fields, at, (row) => floatText(memory.f64[(values >> 3) + row]!, json === 1)),
    renderDecimals(values, states, rows, count, scale, mantissas, json, fields, at) {
      const mantissaOf = {
        [mantissaForm.int64]: int,
        [mantissaForm.int128]: wideInt,
        [mantissaForm.double]: (_: number, row: number) => BigInt(memory.f64[(values >> 3) + row]!),
      }[mantissas]!;
      return render(states, rows, count, json, fields, at, (row) => decimalText(mantissaOf(values, row), scale));
    },
    renderTimes: (values, states, rows, count, digits, utc, json, fields, at) =>
      render(states, rows, count, json, fields, at, (row) => {
        const text = timeText(int(values, row), digits, utc === 1);
        return text === null || json === 0 ? text : `"${text}"`;
      }),
    renderFields(values, rows, count, json, fields) {
      const { u32 } = memory;
      for (const row of rowsOf(memory, rows, count)) {
        const length = u32[(values >> 2) + 2 * row + 1]!;
        if (length < FIELD_STATES) putField(memory, fields, row, u32[(values >> 2) + 2 * row]!, length);
        else putState(memory, fields, row, 2 ** 32 - length, json);
      }
    },
  };
}

type Render = (
  states: number,
  rows: number,
  count: number,
  json: number,
  fields: number,
  at: number,
  /** null: it has no text. */
  textOf: (row: number) => string | null,
) => number;

function renderer(memory: Memory): Render {
  return (states, rows, count, json, fields, at, textOf) => {
    let next = at;
    for (const row of rowsOf(memory, rows, count)) {
      const state = states === 0 ? rowState.value : memory.u8[states + row]!;
      const text = state === rowState.value ? textOf(row) : null;
      if (text === null) {
        putState(memory, fields, row, state === rowState.value ? rowState.doubt : state, json);
        continue;
      }
      const length = memory.bytes.write(text, next);
      putField(memory, fields, row, next, length);
      next += length;
    }
    return next;
  };
}

function rowsOf({ u32 }: Memory, rows: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (rows === 0 ? index : u32[(rows >> 2) + index]!));
}

function putField({ u32 }: Memory, fields: number, row: number, start: number, length: number): void {
  u32[(fields >> 2) + 2 * row] = start;
  u32[(fields >> 2) + 2 * row + 1] = length;
}

function putState(memory: Memory, fields: number, row: number, state: number, json: number): void {
  const isDoubt = state === rowState.doubt;
  putField(memory, fields, row, 0, isDoubt ? FIELD_STATES : json === 1 ? 2 ** 32 - rowState.missing : 0);
}

function floatText(value: number, json: boolean): string {
  if (!Number.isFinite(value)) return json ? `"${value}"` : String(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-3 && magnitude < 1e7)) return `${sign}${magnitude}${Number.isInteger(value) ? '.0' : ''}`;
  const [digits = '', exponent = ''] = magnitude.toExponential().split('e');
  return `${sign}${digits}${digits.includes('.') ? '' : '.0'}E${exponent.replace('+', '')}`;
}

export function decimalText(mantissa: bigint, scale: number): string {
  const sign = mantissa < 0n ? '-' : '';
  const digits = String(mantissa < 0n ? -mantissa : mantissa);
  if (scale === 0) return sign + digits;
  const exponent = digits.length - 1 - scale;
  if (exponent < -6) return `${sign}${digits[0]}${digits.length === 1 ? '' : `.${digits.slice(1)}`}E${exponent}`;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

const day_ms = 86_400_000;

function timeText(count: bigint, digits: number, utc: boolean): string | null {
  const unit = 10n ** BigInt(digits);
  const perDay = digits === 0 ? 1n : 86_400n * unit;
  const days = (count - (((count % perDay) + perDay) % perDay)) / perDay;
  if (days < -719_162n || days > 2_932_896n) return null;
  const day = new Date(Number(days) * day_ms).toISOString().slice(0, 10);
  if (digits === 0) return day;
  const rest = count - days * perDay;
  const time = new Date(Number(rest / unit) * 1000).toISOString().slice(11, 19);
  return `${day}T${time}.${String(rest % unit).padStart(digits, '0')}${utc ? 'Z' : '-00:00'}`;
}
