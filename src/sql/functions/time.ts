/** Functions of timestamps. */
import { assert } from '../../base/assert.ts';
import { type ErrorValue, SelectError } from '../../base/errors.ts';
import { excerpt } from '../../vector/text.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import { compileFormat } from '../../vector/timestamp-format.ts';
import { compileReader } from '../../vector/timestamp-format-read.ts';
import { addToTimestamp, type DatePart, timestampDifference, timestampField } from '../../vector/timestamp-math.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { CallContext, FunctionEntry, Kernel } from './function.ts';

export const timeFunctions: readonly FunctionEntry[] = [
  {
    name: 'DATE_ADD',
    aliases: [],
    parameters: [
      { name: 'part', type: 'text' },
      { name: 'quantity', type: 'integer' },
      { name: 'timestamp', type: 'timestamp' },
    ],
    returns: 'timestamp',
    nulls: 'propagate',
    kernel: ([part]) => {
      const unit = part as DatePart;
      return ([, quantity, timestamp]) => addToTimestamp(unit, Number(quantity), timestamp as Timestamp) ?? outOfRange('DATE_ADD');
    },
    doc:
      'The timestamp moved by a number of `year`, `month`, `day`, `hour`, `minute` or `second`. It becomes as precise as the part where it is ' +
      'coarser; a day that the new month lacks becomes its last.',
    examples: [
      { sql: 'DATE_ADD(year, 3, `2021-05-06T`)', result: '2024-05-06' },
      { sql: 'DATE_ADD(month, 1, `2024-01-31T`)', result: '2024-02-29' },
      { sql: 'DATE_ADD(month, -2, `2021T`)', result: '2020-11T' },
      { sql: 'DATE_ADD(hour, 5, `2021-05-06T`)', result: '2021-05-06T05:00-00:00' },
      { sql: 'DATE_ADD(second, 90, `2021-05-06T07:08:09.5+02:00`)', result: '2021-05-06T07:09:39.5+02:00' },
    ],
  },
  {
    name: 'DATE_DIFF',
    aliases: [],
    parameters: [
      { name: 'part', type: 'text' },
      { name: 'from', type: 'timestamp' },
      { name: 'to', type: 'timestamp' },
    ],
    returns: 'int',
    nulls: 'propagate',
    kernel: ([part]) => {
      const unit = part as DatePart;
      return ([, from, to]) => BigInt(timestampDifference(unit, from as Timestamp, to as Timestamp));
    },
    doc:
      'How many whole parts (`year`, `month`, `day`, `hour`, `minute`, `second`) lie between two timestamps, negative where the second is the ' +
      'earlier. Years and months are counted by local dates, the others by the time that passes: a day is 24 hours.',
    examples: [
      { sql: 'DATE_DIFF(month, `2021-01-31T`, `2021-03-30T`)', result: '1' },
      { sql: 'DATE_DIFF(year, `2021T`, `2018T`)', result: '-3' },
      { sql: 'DATE_DIFF(day, `2021-05-06T22:00Z`, `2021-05-07T21:59Z`)', result: '0' },
      { sql: 'DATE_DIFF(minute, `2021-05-06T22:00Z`, `2021-05-06T22:00+01:30`)', result: '-90' },
    ],
  },
  {
    name: 'EXTRACT',
    aliases: [],
    parameters: [
      { name: 'part', type: 'text' },
      { name: 'timestamp', type: 'timestamp' },
    ],
    returns: 'int',
    nulls: 'propagate',
    kernel: ([part]) => {
      const field = part as DatePart | 'timezone_hour' | 'timezone_minute';
      return ([, timestamp]) => BigInt(timestampField(field, timestamp as Timestamp));
    },
    doc:
      'Written `EXTRACT(part FROM timestamp)`. A field of the timestamp, local to its offset: `year`, `month`, `day`, `hour`, `minute`, `second` ' +
      '(without its fraction), `timezone_hour`, `timezone_minute`.',
    examples: [
      { sql: 'EXTRACT(year FROM `2021-05T`)', result: '2021' },
      { sql: 'EXTRACT(day FROM `2021-05T`)', result: '1' },
      { sql: 'EXTRACT(hour FROM `2021-05-06T07:08:09+09:30`)', result: '7' },
      { sql: 'EXTRACT(timezone_minute FROM `2021-05-06T07:08-03:30`)', result: '-30' },
    ],
  },
  {
    name: 'TO_STRING',
    aliases: [],
    parameters: [
      { name: 'timestamp', type: 'timestamp' },
      { name: 'pattern', type: 'text' },
    ],
    returns: 'string',
    nulls: 'propagate',
    kernel: ([, pattern]) => {
      const formatterOf = prepared(pattern, compileFormat);
      return ([timestamp, text]) => {
        const format = formatterOf(text as string);
        return typeof format === 'function' ? format(timestamp as Timestamp) : new Failure(format);
      };
    },
    doc:
      'The timestamp by a pattern: `y yy yyyy` year, `M MM MMM MMMM MMMMM` month as number, short name, name, letter, `d dd` day, `H HH` hour 0 to ' +
      '23, `h hh` hour 1 to 12, `a` AM or PM, `m mm` minute, `s ss` second, `S` to `SSSSSSSSS` fraction, `n` nanoseconds, `X` to `XXXXX` offset or `Z`, ' +
      '`x` to `xxxxx` offset. Space and `/-,:.` stand for themselves, other text between single quotes.',
    examples: [
      { sql: "TO_STRING(`2021-05-06T19:08:09.5Z`, 'MMMM d, y')", result: 'May 6, 2021' },
      { sql: "TO_STRING(`2021-05-06T19:08:09.5Z`, 'h:mm a')", result: '7:08 PM' },
      { sql: "TO_STRING(`2021-05-06T19:08:09.5+02:00`, 'yyyy-MM-dd''T''HH:mm:ss.SSSXXX')", result: '2021-05-06T19:08:09.500+02:00' },
    ],
  },
  {
    name: 'TO_TIMESTAMP',
    aliases: [],
    parameters: [
      { name: 'text', type: 'text' },
      { name: 'pattern', type: 'text', optional: true },
    ],
    returns: 'timestamp',
    nulls: 'propagate',
    kernel: toTimestampKernel,
    doc:
      'The timestamp that the text is, by the pattern (as of TO_STRING; `MMMMM` aside), or as Ion writes it: `2021T`, `2021-05T`, `2021-05-06`, ' +
      '`2021-05-06T07:08Z`, `2021-05-06T07:08:09.5+02:00`.',
    examples: [
      { sql: "TO_TIMESTAMP('2021-05T')", result: '2021-05T' },
      { sql: "TO_TIMESTAMP('6 May 21', 'd MMM yy')", result: '2021-05-06' },
      { sql: "TO_TIMESTAMP('20210506 0708 +0200', 'yyyyMMdd HHmm xx')", result: '2021-05-06T07:08+02:00' },
    ],
  },
  {
    name: 'UTCNOW',
    aliases: [],
    parameters: [],
    returns: 'timestamp',
    nulls: 'propagate',
    kernel: (_, context) => {
      const now = timeOfQuery(context);
      return () => now;
    },
    doc: 'The time at which the query began, in UTC to the millisecond: the same for every row.',
    examples: [
      { sql: 'DATE_DIFF(second, UTCNOW(), UTCNOW())', result: '0' },
      { sql: 'EXTRACT(timezone_hour FROM UTCNOW())', result: '0' },
    ],
  },
];

function toTimestampKernel(constants: readonly SqlValue[]): Kernel {
  if (constants.length < 2) return ([text]) => Timestamp.parse(text as string) ?? unreadable(text as string);
  const readerOf = prepared(constants[1], compileReader);
  return ([text, pattern]) => {
    const read = readerOf(pattern as string);
    if (typeof read !== 'function') return new Failure(read);
    return read(text as string) ?? unreadable(text as string);
  };
}

/**
 * What `compile` makes of a pattern, or why it cannot: made at once for one that is constant, which may raise, else for
 * each that differs from the last.
 */
function prepared<T>(constant: SqlValue, compile: (pattern: string) => T): (pattern: string) => T | ErrorValue {
  if (typeof constant === 'string') {
    const made = compile(constant);
    return () => made;
  }
  let last: { readonly pattern: string; readonly made: T | ErrorValue } | null = null;
  return (pattern) => {
    if (last?.pattern !== pattern) last = { pattern, made: orError(() => compile(pattern)) };
    return last.made;
  };
}

function orError<T>(make: () => T): T | ErrorValue {
  try {
    return make();
  } catch (error) {
    if (error instanceof SelectError) return error.toValue();
    throw error;
  }
}

function unreadable(text: string): Failure {
  return new Failure({ code: 'ValueParseFailure', params: { value: excerpt(text) } });
}

function outOfRange(name: string): Failure {
  return new Failure({ code: 'ExternalEvalException', params: { reason: `the result of ${name} is not between the years 1 and 9999` } });
}

function timeOfQuery({ utcnow_ms }: CallContext): Timestamp {
  const seconds = Math.floor(utcnow_ms / 1000);
  const now = Timestamp.fromEpoch(seconds, 'second', String(utcnow_ms - seconds * 1000).padStart(3, '0'), 0);
  assert(now !== null, 'the clock is between the years 1 and 9999');
  return now;
}
