/** Date parts of timestamps: DATE_ADD, DATE_DIFF, EXTRACT. */
import { daysInMonth, Timestamp, type TimestampPrecision } from './timestamp.ts';

/** What a timestamp can be moved by, and distances counted in. */
export type DatePart = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/**
 * The timestamp moved by a whole number of parts. A precision coarser than the part becomes that of the part (for an hour:
 * minutes), an offset stays as it is, a day that its new month lacks becomes the month's last. Null outside the years 1 to
 * 9999.
 */
export function addToTimestamp(part: DatePart, quantity: number, timestamp: Timestamp): Timestamp | null {
  const months = part === 'year' ? quantity * 12 : part === 'month' ? quantity : null;
  if (months === null) {
    const precision = finer(timestamp.precision, part === 'hour' ? 'minute' : part);
    const seconds = timestamp.epochSeconds() + quantity * seconds_of[part as keyof typeof seconds_of];
    return Timestamp.fromEpoch(seconds, precision, timestamp.fraction, timestamp.offset_minutes);
  }
  const count = timestamp.year * 12 + timestamp.month - 1 + months;
  const year = Math.floor(count / 12);
  const month = count - year * 12 + 1;
  const { hour, minute, second, fraction, offset_minutes } = timestamp;
  return Timestamp.of({
    precision: part === 'year' ? timestamp.precision : finer(timestamp.precision, 'month'),
    year,
    month,
    day: Math.min(timestamp.day, daysInMonth(year, month)),
    hour,
    minute,
    second,
    fraction,
    offset_minutes,
  });
}

/**
 * Whole parts from `from` to `to`, toward zero. Years and months by the local dates, each at its own offset; the others by
 * the time that passes, fractions of a second aside.
 */
export function timestampDifference(part: DatePart, from: Timestamp, to: Timestamp): number {
  if (part !== 'year' && part !== 'month') return Math.trunc((to.epochSeconds() - from.epochSeconds()) / seconds_of[part]);
  let months = (to.year - from.year) * 12 + to.month - from.month;
  if (months > 0 && to.day < from.day) months--;
  else if (months < 0 && to.day > from.day) months++;
  return part === 'month' ? months : Math.trunc(months / 12);
}

/** The field of a timestamp, local to its offset; what its precision does not reach is its smallest value, an unknown offset 0. */
export function timestampField(part: DatePart | 'timezone_hour' | 'timezone_minute', timestamp: Timestamp): number {
  switch (part) {
    case 'timezone_hour':
      return Math.trunc((timestamp.offset_minutes ?? 0) / 60);
    case 'timezone_minute':
      return (timestamp.offset_minutes ?? 0) % 60;
    default:
      return timestamp[part];
  }
}

const seconds_of = { day: 86_400, hour: 3_600, minute: 60, second: 1 } as const;
const order: readonly TimestampPrecision[] = ['year', 'month', 'day', 'minute', 'second'];

function finer(first: TimestampPrecision, second: TimestampPrecision): TimestampPrecision {
  return order.indexOf(first) >= order.indexOf(second) ? first : second;
}
