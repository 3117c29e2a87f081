/** Timestamps of frames: seconds since the epoch, a day at an unknown offset or a moment in UTC without a fraction. */
import { UNCLEAN, valueCode } from '../../kernels/value-kernels.ts';
import { Timestamp, type TimestampPrecision } from '../../vector/timestamp.ts';
import type { Selection } from '../../vector/vector.ts';
import { type Frame, forgetMissing, meetStates } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';

const day_seconds = 86_400;
const codes: Partial<Record<TimestampPrecision, number>> = { day: valueCode.day, minute: valueCode.minute, second: valueCode.second };
const precisions: Readonly<Record<number, TimestampPrecision>> = {
  [valueCode.day]: 'day',
  [valueCode.minute]: 'minute',
  [valueCode.second]: 'second',
};

/** A timestamp as a frame holds it; null where it cannot. */
export function fromTimestamp(timestamp: Timestamp): { readonly value: number; readonly code: number } | null {
  const { precision, fraction, offset_minutes } = timestamp;
  const code = codes[precision];
  if (code === undefined || fraction !== '' || offset_minutes !== (precision === 'day' ? null : 0)) return null;
  return { value: timestamp.epochSeconds(), code };
}

/** The SQL value of a timestamp of a frame. */
export function toTimestamp(seconds: number, code: number): Timestamp | null {
  const precision = precisions[code]!;
  return Timestamp.fromEpoch(seconds, precision, '', precision === 'day' ? null : 0);
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
