/** Timestamps as Ion knows them: the precision and the offset a value was written with are part of it. */

import { limits } from '../base/limits.ts';

export type TimestampPrecision = 'year' | 'month' | 'day' | 'minute' | 'second';

/** Local time at the offset. Fields finer than the precision hold their smallest value. */
export interface TimestampFields {
  readonly precision: TimestampPrecision;
  /** 1 to 9999. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Digits of the second's fraction, trailing zeros kept; '' without one, and for precisions above `second`. */
  readonly fraction: string;
  /** Minutes east of UTC, -1439 to 1439; null is unknown (`-00:00`), and for dates. */
  readonly offset_minutes: number | null;
}

export class Timestamp implements TimestampFields {
  readonly precision: TimestampPrecision;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: string;
  readonly offset_minutes: number | null;

  private constructor(fields: TimestampFields) {
    this.precision = fields.precision;
    this.year = fields.year;
    this.month = fields.month;
    this.day = fields.day;
    this.hour = fields.hour;
    this.minute = fields.minute;
    this.second = fields.second;
    this.fraction = fields.fraction;
    this.offset_minutes = fields.offset_minutes;
  }

  /** Null where a field is out of its range. */
  static of(fields: TimestampFields): Timestamp | null {
    const { year, month, day, hour, minute, second, fraction, offset_minutes } = fields;
    const valid =
      inRange(year, 1, 9999) &&
      inRange(month, 1, 12) &&
      inRange(day, 1, daysInMonth(year, month)) &&
      inRange(hour, 0, 23) &&
      inRange(minute, 0, 59) &&
      inRange(second, 0, 59) &&
      inRange(offset_minutes ?? 0, -offset_minutes_max, offset_minutes_max) &&
      fraction.length <= limits.timestamp_fraction_digits_max;
    return valid ? new Timestamp(fields) : null;
  }

  /**
   * Reads Ion's text: `2010T`, `2010-02T`, `2010-02-03`, `2010-02-03T`, `2010-02-03T04:05Z`, with `:ss` and `.f+`, the
   * offset `Z` or `+hh:mm`; it is needed with a time and not allowed without. Null for other text.
   */
  static parse(text: string): Timestamp | null {
    const match = timestamp_grammar.exec(text);
    if (match === null) return null;
    const [, year, month, day, hour, minute, second, fraction, offset] = match;
    return Timestamp.of({
      precision:
        second !== undefined
          ? 'second'
          : hour !== undefined
            ? 'minute'
            : day !== undefined
              ? 'day'
              : month !== undefined
                ? 'month'
                : 'year',
      year: Number(year),
      month: Number(month ?? 1),
      day: Number(day ?? 1),
      hour: Number(hour ?? 0),
      minute: Number(minute ?? 0),
      second: Number(second ?? 0),
      fraction: fraction ?? '',
      offset_minutes: offset === undefined ? null : offsetOf(offset),
    });
  }

  /** The instant `seconds` (whole, since 1970-01-01T00:00Z) seen at an offset; null outside the years 1 to 9999. */
  static fromEpoch(seconds: number, precision: TimestampPrecision, fraction: string, offset_minutes: number | null): Timestamp | null {
    const local = new Date((seconds + (offset_minutes ?? 0) * 60) * 1000);
    const reaches = (other: TimestampPrecision): boolean => ranks[precision] >= ranks[other];
    return Timestamp.of({
      precision,
      year: local.getUTCFullYear(),
      month: reaches('month') ? local.getUTCMonth() + 1 : 1,
      day: reaches('day') ? local.getUTCDate() : 1,
      hour: reaches('minute') ? local.getUTCHours() : 0,
      minute: reaches('minute') ? local.getUTCMinutes() : 0,
      second: reaches('second') ? local.getUTCSeconds() : 0,
      fraction: reaches('second') ? fraction : '',
      offset_minutes: reaches('minute') ? offset_minutes : null,
    });
  }

  /** Whole seconds since 1970-01-01T00:00Z; an unknown offset counts as UTC. */
  epochSeconds(): number {
    const days = daysFromEpoch(this.year, this.month, this.day);
    return ((days * 24 + this.hour) * 60 + this.minute - (this.offset_minutes ?? 0)) * 60 + this.second;
  }

  /** -1, 0 or 1, by instant: precision and offset do not count. */
  compare(other: Timestamp): number {
    const seconds = this.epochSeconds() - other.epochSeconds();
    if (seconds !== 0) return Math.sign(seconds);
    const length = Math.max(this.fraction.length, other.fraction.length);
    const fraction = this.fraction.padEnd(length, '0');
    const otherFraction = other.fraction.padEnd(length, '0');
    return fraction === otherFraction ? 0 : fraction < otherFraction ? -1 : 1;
  }

  /** Ion's text at the value's own precision; a day without its `T`. */
  toText(): string {
    const year = pad(this.year, 4);
    if (this.precision === 'year') return `${year}T`;
    const month = `${year}-${pad(this.month, 2)}`;
    if (this.precision === 'month') return `${month}T`;
    const day = `${month}-${pad(this.day, 2)}`;
    if (this.precision === 'day') return day;
    const minute = `${day}T${pad(this.hour, 2)}:${pad(this.minute, 2)}`;
    const offset = offsetText(this.offset_minutes);
    if (this.precision === 'minute') return minute + offset;
    return `${minute}:${pad(this.second, 2)}${this.fraction === '' ? '' : `.${this.fraction}`}${offset}`;
  }
}

/** Days of a month, 28 to 31, in the proleptic Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const offset_minutes_max = 24 * 60 - 1;
const ranks: Readonly<Record<TimestampPrecision, number>> = { year: 0, month: 1, day: 2, minute: 3, second: 4 };
const timestamp_grammar = /^(\d{4})(?:T|-(\d\d)(?:T|-(\d\d)(?:T?|T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d))))$/;

function inRange(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

/** Minutes, null for `-00:00`, out of range for hours or minutes that are. */
function offsetOf(text: string): number | null {
  if (text === 'Z') return 0;
  if (text === '-00:00') return null;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4));
  if (minutes > 59) return Infinity;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function offsetText(offset_minutes: number | null): string {
  if (offset_minutes === null) return '-00:00';
  if (offset_minutes === 0) return 'Z';
  const minutes = Math.abs(offset_minutes);
  return `${offset_minutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

function daysFromEpoch(year: number, month: number, day: number): number {
  const date = new Date(0);
  // why: Date.UTC reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / 86_400_000;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
