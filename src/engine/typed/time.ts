/** Timestamps of frames: a day at an unknown offset, a moment in UTC without a fraction, or one of 3, 6 or 9 digits. See `valueCode`. */
import { rowState, UNCLEAN, valueCode } from '../../kernels/value-kernels.ts';
import { Timestamp, type TimestampPrecision } from '../../vector/timestamp.ts';
import type { Selection } from '../../vector/vector.ts';
import { type Frame, forgetMissing, meetStates, spellStates } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';

const day_seconds = 86_400;
const codes: Partial<Record<TimestampPrecision, number>> = { day: valueCode.day, minute: valueCode.minute, second: valueCode.second };
const precisions: Readonly<Record<number, TimestampPrecision>> = {
  [valueCode.day]: 'day',
  [valueCode.minute]: 'minute',
  [valueCode.second]: 'second',
};
const per_second = 1e6;

/** The code of moments with a fraction. */
export function momentCode(digits: 3 | 6 | 9, utc: boolean): number {
  const index = digits / 3 - 1;
  return (utc ? valueCode.millis : valueCode.millisLocal) + index;
}

/** A timestamp as a frame holds it; null where it cannot. */
export function fromTimestamp(timestamp: Timestamp): { readonly value: number; readonly code: number } | null {
  const { precision, fraction, offset_minutes } = timestamp;
  const { length } = fraction;
  if (length === 3 || length === 6 || length === 9) {
    if (offset_minutes !== 0 && offset_minutes !== null) return null;
    const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
    const value = timestamp.epochSeconds() * per_second + micros;
    const exact = Number(fraction.slice(6)) === 0 && Number.isSafeInteger(value);
    return exact ? { value, code: momentCode(length, offset_minutes === 0) } : null;
  }
  const code = codes[precision];
  if (code === undefined || fraction !== '' || offset_minutes !== (precision === 'day' ? null : 0)) return null;
  return { value: timestamp.epochSeconds(), code };
}

/** The SQL value of a timestamp of a frame. */
export function toTimestamp(value: number, code: number): Timestamp | null {
  if (code >= valueCode.millis) {
    const local = code >= valueCode.millisLocal;
    const digits = 3 * (code - (local ? valueCode.millisLocal : valueCode.millis) + 1);
    const seconds = Math.floor(value / per_second);
    const fraction = String(value - seconds * per_second).padStart(6, '0');
    return Timestamp.fromEpoch(seconds, 'second', fraction.padEnd(9, '0').slice(0, digits), local ? null : 0);
  }
  const precision = precisions[code]!;
  return Timestamp.fromEpoch(value, precision, '', precision === 'day' ? null : 0);
}

/** Times with and without a fraction as microseconds, so that they compare; what is beyond 53 bits then is in doubt in both. */
export function alignTimes(left: Frame, right: Frame, rows: Selection): void {
  if (!hasMoments(left, rows) && !hasMoments(right, rows)) return;
  toMicros(left, rows);
  toMicros(right, rows);
  if (right.clean) return;
  spellStates(left, rows);
  for (let i = 0; i < rows.length; i++) if (right.states[rows[i]!] === rowState.doubt) left.states[rows[i]!] = rowState.doubt;
}

function hasMoments({ code, codes: own }: Frame, rows: Selection): boolean {
  if (code !== valueCode.mixed) return code >= valueCode.millis;
  for (let i = 0; i < rows.length; i++) if (own[rows[i]!]! >= valueCode.millis) return true;
  return false;
}

function toMicros(frame: Frame, rows: Selection): void {
  const { values, code, codes: own } = frame;
  if (code !== valueCode.mixed && code >= valueCode.millis) return;
  const mixed = code === valueCode.mixed;
  spellStates(frame, rows);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (mixed && own[row]! >= valueCode.millis) continue;
    values[row]! *= per_second;
    if (!Number.isSafeInteger(values[row]) && frame.states[row] === rowState.value) frame.states[row] = rowState.doubt;
  }
  frame.code = valueCode.micros;
}

/** Whole seconds, rounded down: what fields and distances go by. */
function toSeconds({ values, code, codes: own }: Frame, rows: Selection): void {
  if (code !== valueCode.mixed && code < valueCode.millis) return;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if ((code === valueCode.mixed ? own[row]! : code) >= valueCode.millis) values[row] = Math.floor(values[row]! / per_second);
  }
}

/** Text read as timestamps. */
export function readTimes(machine: Machine, operand: TypedNode): TypedNode {
  return {
    kind: 'time',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      const { values, codes: codesOf, states } = frame;
      const seen = machine.kernels.readTimes(
        frame.fields,
        frame.step,
        rows.byteOffset,
        rows.length,
        values.byteOffset,
        codesOf.byteOffset,
        states.byteOffset,
      );
      frame.code = (seen << 24) >> 24;
      frame.clean = (seen & UNCLEAN) === 0;
    },
  };
}

export type TimeField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'timezone_hour' | 'timezone_minute';

/** EXTRACT. */
export function extract(machine: Machine, field: TimeField, operand: TypedNode): TypedNode {
  return {
    kind: 'number',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      forgetMissing(frame, rows);
      toSeconds(frame, rows);
      extractField(field, frame.values, rows);
      frame.code = valueCode.int;
    },
  };
}

export type TimeUnit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** DATE_DIFF. */
export function difference(machine: Machine, unit: TimeUnit, from: TypedNode, to: TypedNode): TypedNode {
  return {
    kind: 'number',
    frames: framesOf([from, to]),
    run(scan, rows, at) {
      from.run(scan, rows, at);
      to.run(scan, rows, at + 1);
      const left = machine.frames[at]!;
      const right = machine.frames[at + 1]!;
      meetStates(left, right, rows);
      toSeconds(left, rows);
      toSeconds(right, rows);
      if (unit === 'year' || unit === 'month') monthsBetween(left, right, rows, unit === 'year' ? 12 : 1);
      else secondsBetween(left, right, rows, unit_seconds[unit]);
      left.code = valueCode.int;
    },
  };
}

const unit_seconds = { day: day_seconds, hour: 3600, minute: 60, second: 1 } as const;

function secondsBetween(left: Frame, right: Frame, rows: Selection, unit: number): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    left.values[row] = Math.trunc((right.values[row]! - left.values[row]!) / unit);
  }
}

function monthsBetween(left: Frame, right: Frame, rows: Selection, divisor: number): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const from = dateOf(Math.floor(left.values[row]! / day_seconds));
    const to = dateOf(Math.floor(right.values[row]! / day_seconds));
    let months = (to >> 5) - (from >> 5);
    if (months > 0 && (to & 31) < (from & 31)) months--;
    else if (months < 0 && (to & 31) > (from & 31)) months++;
    left.values[row] = Math.trunc(months / divisor);
  }
}

function extractField(field: TimeField, values: Float64Array, rows: Selection): void {
  if (field === 'year') {
    for (let i = 0; i < rows.length; i++) values[rows[i]!] = Math.floor((dateOf(Math.floor(values[rows[i]!]! / day_seconds)) >> 5) / 12);
    return;
  }
  for (let i = 0; i < rows.length; i++) {
    const seconds = values[rows[i]!]!;
    const days = Math.floor(seconds / day_seconds);
    values[rows[i]!] = fieldOf(field, days, seconds - days * day_seconds);
  }
}

function fieldOf(field: Exclude<TimeField, 'year'>, days: number, time: number): number {
  switch (field) {
    case 'month':
      return ((dateOf(days) >> 5) % 12) + 1;
    case 'day':
      return dateOf(days) & 31;
    case 'hour':
      return Math.floor(time / 3600);
    case 'minute':
      return Math.floor(time / 60) % 60;
    case 'second':
      return time % 60;
    default:
      return 0;
  }
}

/**
 * The date that many days after 1970-01-01, from year 1 on: months since year 0 times 32, plus the day of the month. Years are
 * counted from March in cycles of 400, so that the leap day is the last of its year.
 */
function dateOf(days: number): number {
  const since = (days + 719_468) | 0;
  const cycle = (since / 146_097) | 0;
  const dayOfCycle = (since - cycle * 146_097) | 0;
  const yearOfCycle = ((dayOfCycle - ((dayOfCycle / 1460) | 0) + ((dayOfCycle / 36_524) | 0) - ((dayOfCycle / 146_096) | 0)) / 365) | 0;
  const dayOfYear = (dayOfCycle - (365 * yearOfCycle + (yearOfCycle >> 2) - ((yearOfCycle / 100) | 0))) | 0;
  const month = ((5 * dayOfYear + 2) / 153) | 0;
  const day = (dayOfYear - (((153 * month + 2) / 5) | 0) + 1) | 0;
  return (((cycle * 400 + yearOfCycle) * 12 + month + 2) << 5) + day;
}
