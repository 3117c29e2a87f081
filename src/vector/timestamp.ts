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
    const length = text.length;
    const year = digitsAt(text, 0, 4);
    if (year < 0) return null;
    if (length === 5) return text.charCodeAt(4) === unit_t ? Timestamp.date('year', year, 1, 1) : null;
    const month = digitsAt(text, 5, 2);
    if (text.charCodeAt(4) !== unit_dash || month < 0) return null;
    if (length === 8) return text.charCodeAt(7) === unit_t ? Timestamp.date('month', year, month, 1) : null;
    const day = digitsAt(text, 8, 2);
    if (text.charCodeAt(7) !== unit_dash || day < 0) return null;
    if (length === 10) return Timestamp.date('day', year, month, day);
    if (text.charCodeAt(10) !== unit_t) return null;
    if (length === 11) return Timestamp.date('day', year, month, day);
    const hour = digitsAt(text, 11, 2);
    const minute = digitsAt(text, 14, 2);
    if (text.charCodeAt(13) !== unit_colon || hour < 0 || minute < 0) return null;
    if (text.charCodeAt(16) !== unit_colon) return Timestamp.time('minute', [year, month, day, hour, minute, 0], '', text, 16);
    const second = digitsAt(text, 17, 2);
    if (second < 0) return null;
    let end = 19;
    if (text.charCodeAt(19) === unit_point) {
      end = 20;
      while (isDigit(text.charCodeAt(end))) end++;
      if (end === 20) return null;
    }
    return Timestamp.time('second', [year, month, day, hour, minute, second], text.slice(20, end), text, end);
  }

  private static date(precision: TimestampPrecision, year: number, month: number, day: number): Timestamp | null {
    return Timestamp.of({ precision, year, month, day, hour: 0, minute: 0, second: 0, fraction: '', offset_minutes: null });
  }

  /** A moment whose offset is the text from `at`. */
  private static time(
    precision: TimestampPrecision,
    [year, month, day, hour, minute, second]: readonly [number, number, number, number, number, number],
    fraction: string,
    text: string,
    at: number,
  ): Timestamp | null {
    const offset_minutes = offsetAt(text, at);
    if (offset_minutes === undefined) return null;
    return Timestamp.of({ precision, year, month, day, hour, minute, second, fraction, offset_minutes });
  }

  /** The instant `seconds` (whole, since 1970-01-01T00:00Z) seen at an offset; null outside the years 1 to 9999. */
  static fromEpoch(seconds: number, precision: TimestampPrecision, fraction: string, offset_minutes: number | null): Timestamp | null {
    const local = seconds + (offset_minutes ?? 0) * 60;
    const days = Math.floor(local / day_seconds);
    const time = local - days * day_seconds;
    // why: years that cannot be would make the arithmetic below inexact
    if (Math.abs(days) > days_max) return null;
    const [year, month, day] = dateOf(days);
    const reaches = (other: TimestampPrecision): boolean => ranks[precision] >= ranks[other];
    return Timestamp.of({
      precision,
      year,
      month: reaches('month') ? month : 1,
      day: reaches('day') ? day : 1,
      hour: reaches('minute') ? Math.floor(time / 3600) : 0,
      minute: reaches('minute') ? Math.floor(time / 60) % 60 : 0,
      second: reaches('second') ? time % 60 : 0,
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
const [unit_t, unit_dash, unit_colon, unit_point] = [84, 45, 58, 46];
const day_seconds = 86_400;
/** From the first of March in the year 0 to the first of January 1970. */
const days_to_epoch = 719_468;
/** More than the years 1 to 9999 have. */
const days_max = 4_000_000;
const ranks: Readonly<Record<TimestampPrecision, number>> = { year: 0, month: 1, day: 2, minute: 3, second: 4 };

function inRange(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

/** The number that `count` digits from `at` are; negative where there are fewer. */
function digitsAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const unit = text.charCodeAt(index);
    if (!isDigit(unit)) return -1;
    value = value * 10 + unit - 48;
  }
  return value;
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

/** The minutes of the offset that the text from `at` is, null for `-00:00`; undefined for other text. */
function offsetAt(text: string, at: number): number | null | undefined {
  if (text[at] === 'Z') return text.length === at + 1 ? 0 : undefined;
  const sign = text[at];
  const hours = digitsAt(text, at + 1, 2);
  const minutes = digitsAt(text, at + 4, 2);
  if (text.length !== at + 6 || (sign !== '+' && sign !== '-') || text[at + 3] !== ':') return undefined;
  if (hours < 0 || minutes < 0 || minutes > 59) return undefined;
  if (sign === '+') return hours * 60 + minutes;
  return hours === 0 && minutes === 0 ? null : -(hours * 60 + minutes);
}

function offsetText(offset_minutes: number | null): string {
  if (offset_minutes === null) return '-00:00';
  if (offset_minutes === 0) return 'Z';
  const minutes = Math.abs(offset_minutes);
  return `${offset_minutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

/**
 * Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years are counted from March, so that the leap day
 * is the last of its year, and months by their common rhythm of 153 days in five.
 */
function daysFromEpoch(year: number, month: number, day: number): number {
  const march = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return march * 365 + leapDays(march) + dayOfYear - days_to_epoch;
}

/** The date that many days after 1970-01-01: year, month, day. */
function dateOf(days: number): readonly [year: number, month: number, day: number] {
  const since = days + days_to_epoch;
  let march = Math.floor(since / 365.2425);
  let dayOfYear = since - march * 365 - leapDays(march);
  if (dayOfYear < 0) {
    march--;
    dayOfYear = since - march * 365 - leapDays(march);
  } else if (dayOfYear >= 365 + leapDays(march + 1) - leapDays(march)) {
    march++;
    dayOfYear = since - march * 365 - leapDays(march);
  }
  const monthOfYear = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthOfYear + 2) / 5) + 1;
  return monthOfYear < 10 ? [march, monthOfYear + 3, day] : [march + 1, monthOfYear - 9, day];
}

function leapDays(year: number): number {
  return Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
