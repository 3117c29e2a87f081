/** TO_STRING: timestamps by a pattern. */
import type { Timestamp } from './timestamp.ts';
import { monthNames, type PatternItem, parsePattern } from './timestamp-format-pattern.ts';

export type TimestampFormatter = (timestamp: Timestamp) => string;

/**
 * The writer of a pattern, made once. Fields finer than a timestamp's precision hold their smallest value, an unknown
 * offset is written as UTC. Raises the pattern errors of `parsePattern`.
 */
export function compileFormat(pattern: string): TimestampFormatter {
  const writers = parsePattern(pattern).map(writerOf);
  return (timestamp) => {
    let text = '';
    for (const write of writers) text += write(timestamp);
    return text;
  };
}

function writerOf(item: PatternItem): TimestampFormatter {
  switch (item.kind) {
    case 'text':
      return () => item.text;
    case 'number': {
      const { field, digits } = item;
      return digits === 1 ? (timestamp) => String(timestamp[field]) : (timestamp) => padded(timestamp[field], digits);
    }
    case 'short-year':
      return (timestamp) => padded(timestamp.year % 100, 2);
    case 'hour': {
      const { clock, digits } = item;
      return ({ hour }) => padded(clock === 24 ? hour : hour % 12 || 12, digits);
    }
    case 'month-name': {
      const length = { letter: 1, short: 3, full: Infinity }[item.form];
      const names = monthNames.map((name) => name.slice(0, length));
      return ({ month }) => names[month - 1]!;
    }
    case 'half':
      return ({ hour }) => (hour < 12 ? 'AM' : 'PM');
    case 'fraction': {
      const { digits } = item;
      return ({ fraction }) => fraction.slice(0, digits).padEnd(digits, '0');
    }
    case 'nanosecond':
      return ({ fraction }) => String(Number(fraction.slice(0, 9).padEnd(9, '0')));
    case 'offset':
      return offsetWriter(item);
  }
}

function offsetWriter({ colon, minutes, zulu }: Extract<PatternItem, { kind: 'offset' }>): TimestampFormatter {
  return ({ offset_minutes }) => {
    const offset = offset_minutes ?? 0;
    if (offset === 0 && zulu) return 'Z';
    const distance = Math.abs(offset);
    const rest = distance % 60;
    const hours = `${offset < 0 ? '-' : '+'}${padded((distance - rest) / 60, 2)}`;
    return rest === 0 && minutes === 'needed' ? hours : `${hours}${colon ? ':' : ''}${padded(rest, 2)}`;
  };
}

function padded(value: number, digits: number): string {
  if (digits === 2) return value < 10 ? `0${value}` : String(value);
  return String(value).padStart(digits, '0');
}
