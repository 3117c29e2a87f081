/** TO_TIMESTAMP with a pattern: text to timestamps. */
import { Timestamp, type TimestampPrecision } from './timestamp.ts';
import { monthNames, type PatternField, type PatternItem, parsePattern, patternError } from './timestamp-format-pattern.ts';

/** Null for text that does not match, or names no moment there is. */
export type TimestampReader = (text: string) => Timestamp | null;

/**
 * The reader of a pattern, made once. The finest field of the pattern is the precision of what it reads (an hour alone has
 * zero minutes); a time without an offset has an unknown one; a fraction loses its trailing zeros. The case of letters does
 * not matter. Raises the pattern errors of `parsePattern`, and EvaluatorInvalidTimestampFormatPatternSymbolForParsing for
 * the first letter of a month, EvaluatorTimestampFormatPatternDuplicateFields,
 * EvaluatorTimestampFormatPatternHourClockAmPmMismatch, EvaluatorInvalidTimestampFormatPattern where a field lacks a coarser one.
 */
export function compileReader(pattern: string): TimestampReader {
  const items = parsePattern(pattern);
  refuseUnreadable(items, pattern);
  const steps = items.map((item, index) => stepOf(item, digitsAfter(items, index)));
  const fields = fieldsOf(items);
  const precision = precisions.find(([field]) => fields.has(field))?.[1] ?? 'year';
  const reading: Reading = {
    text: '',
    year: 1,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    fraction: '',
    half: 0,
    offset_minutes: null,
  };
  return (text) => {
    reading.text = text;
    let at = 0;
    for (const step of steps) {
      at = step(reading, at);
      if (at < 0) return null;
    }
    return at === text.length ? timestampOf(reading, precision) : null;
  };
}

/** What has been read of one text; a reader keeps it for the next, since every field of its pattern is set each time. */
interface Reading {
  text: string;
  year: number;
  month: number;
  day: number;
  /** As written, on either clock. */
  hour: number;
  minute: number;
  second: number;
  fraction: string;
  /** Hours to add: 12 for PM. */
  half: number;
  offset_minutes: number | null;
}

/** Reads one item at a place of the text; the place behind it, negative where it is not there. */
type Step = (reading: Reading, at: number) => number;

const mismatch = -1;
const precisions: readonly (readonly [PatternField, TimestampPrecision])[] = [
  ['fraction', 'second'],
  ['second', 'second'],
  ['minute', 'minute'],
  ['hour', 'minute'],
  ['day', 'day'],
  ['month', 'month'],
];
/** Coarsest first: each needs all before it. */
const orderedFields: readonly PatternField[] = ['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction'];
/** Two digits from here are of the years 1970 to 1999, below of 2000 to 2069. */
const short_year_pivot = 70;

function fieldsOf(items: readonly PatternItem[]): ReadonlySet<PatternField> {
  return new Set(items.flatMap((item) => (item.kind === 'text' ? [] : [item.field])));
}

function refuseUnreadable(items: readonly PatternItem[], pattern: string): void {
  const fields = fieldsOf(items);
  const isLetter = (item: PatternItem): boolean => item.kind === 'month-name' && item.form === 'letter';
  if (items.some(isLetter)) throw patternError('EvaluatorInvalidTimestampFormatPatternSymbolForParsing', pattern);
  if (items.filter(({ kind }) => kind !== 'text').length > fields.size) {
    throw patternError('EvaluatorTimestampFormatPatternDuplicateFields', pattern);
  }
  const finest = Math.max(
    orderedFields.findLastIndex((field) => fields.has(field)),
    fields.has('half') || fields.has('offset') ? orderedFields.indexOf('hour') : 0,
  );
  if (orderedFields.slice(0, finest + 1).some((field) => !fields.has(field))) {
    throw patternError('EvaluatorInvalidTimestampFormatPattern', pattern);
  }
  const hour = items.find((item) => item.kind === 'hour');
  if (hour !== undefined && (hour.clock === 12) !== fields.has('half')) {
    throw patternError('EvaluatorTimestampFormatPatternHourClockAmPmMismatch', pattern);
  }
}

/** Digits that the numbers of fixed length just behind an item need. */
function digitsAfter(items: readonly PatternItem[], index: number): number {
  let digits = 0;
  for (const item of items.slice(index + 1)) {
    if (!('fixed' in item) || !item.fixed) break;
    digits += item.digits;
  }
  return digits;
}

function stepOf(item: PatternItem, reserved: number): Step {
  switch (item.kind) {
    case 'text':
      return textStep(item.text);
    case 'month-name':
      return monthNameStep(item.form === 'full');
    case 'half':
      return (reading, at) => {
        const text = reading.text.slice(at, at + 2).toUpperCase();
        reading.half = text === 'PM' ? 12 : 0;
        return text === 'PM' || text === 'AM' ? at + 2 : mismatch;
      };
    case 'offset':
      return offsetStep(item);
    default:
      return numberStep(item, reserved);
  }
}

function textStep(text: string): Step {
  const lower = text.toLowerCase();
  return (reading, at) => {
    const end = at + text.length;
    return reading.text.startsWith(text, at) || reading.text.slice(at, end).toLowerCase() === lower ? end : mismatch;
  };
}

function monthNameStep(full: boolean): Step {
  const names = monthNames.map((name) => name.toLowerCase());
  const byStart = new Map(names.map((name, index) => [name.slice(0, 3), index]));
  return (reading, at) => {
    const index = byStart.get(reading.text.slice(at, at + 3).toLowerCase());
    if (index === undefined) return mismatch;
    reading.month = index + 1;
    if (!full) return at + 3;
    const end = at + names[index]!.length;
    return reading.text.slice(at, end).toLowerCase() === names[index] ? end : mismatch;
  };
}

type NumberItem = Exclude<PatternItem, { kind: 'text' | 'month-name' | 'half' | 'offset' }>;

function numberStep(item: NumberItem, reserved: number): Step {
  const { digits, fixed } = item;
  const set = setterOf(item);
  return (reading, at) => {
    const { text } = reading;
    const most = fixed ? at + digits : text.length;
    let end = at;
    while (end < most && isDigit(text.charCodeAt(end))) end++;
    if (!fixed) end -= reserved;
    return end - at >= digits && set(reading, at, end) ? end : mismatch;
  };
}

/** Stores the digits `at` to `end` of the text; false for an hour or a fraction that is out of its range. */
function setterOf(item: NumberItem): (reading: Reading, at: number, end: number) => boolean {
  switch (item.kind) {
    case 'number': {
      const { field } = item;
      return (reading, at, end) => {
        reading[field] = numberAt(reading.text, at, end);
        return true;
      };
    }
    case 'short-year':
      return (reading, at, end) => {
        const year = numberAt(reading.text, at, end);
        reading.year = year + (year < short_year_pivot ? 2000 : 1900);
        return true;
      };
    case 'hour': {
      const { clock } = item;
      return (reading, at, end) => {
        const hour = numberAt(reading.text, at, end);
        reading.hour = clock === 12 && hour === 12 ? 0 : hour;
        return clock === 24 || (hour >= 1 && hour <= 12);
      };
    }
    case 'fraction':
      return (reading, at, end) => {
        reading.fraction = withoutTrailingZeros(reading.text.slice(at, end));
        return true;
      };
    case 'nanosecond':
      return (reading, at, end) => {
        const nanoseconds = numberAt(reading.text, at, end);
        reading.fraction = withoutTrailingZeros(String(nanoseconds).padStart(9, '0'));
        return nanoseconds < 1_000_000_000;
      };
  }
}

/** `+hh`, then minutes as the pattern has them; `Z` where the pattern writes zero so. */
function offsetStep({ colon, minutes, zulu }: Extract<PatternItem, { kind: 'offset' }>): Step {
  return (reading, at) => {
    const { text } = reading;
    const sign = text[at];
    if (zulu && (sign === 'Z' || sign === 'z')) {
      reading.offset_minutes = 0;
      return at + 1;
    }
    if ((sign !== '+' && sign !== '-') || !areDigits(text, at + 1, at + 3)) return mismatch;
    let end = at + 3;
    let distance = numberAt(text, at + 1, end) * 60;
    const minutesAt = colon ? end + 1 : end;
    if ((!colon || text[end] === ':') && areDigits(text, minutesAt, minutesAt + 2)) {
      end = minutesAt + 2;
      const rest = numberAt(text, minutesAt, end);
      if (rest > 59) return mismatch;
      distance += rest;
    } else if (minutes === 'always') return mismatch;
    reading.offset_minutes = sign === '-' && distance > 0 ? -distance : distance;
    return end;
  };
}

function timestampOf(reading: Reading, precision: TimestampPrecision): Timestamp | null {
  const { year, month, day, hour, half, minute, second, fraction, offset_minutes } = reading;
  return Timestamp.of({ precision, year, month, day, hour: hour + half, minute, second, fraction, offset_minutes });
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

function areDigits(text: string, at: number, end: number): boolean {
  for (let index = at; index < end; index++) if (!isDigit(text.charCodeAt(index))) return false;
  return true;
}

function numberAt(text: string, at: number, end: number): number {
  let value = 0;
  for (let index = at; index < end; index++) value = value * 10 + text.charCodeAt(index) - 48;
  return value;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
