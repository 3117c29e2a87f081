/** Timestamps by pattern and by part, against Date and against each other. */
import fc from 'fast-check';
import t from 'tap';
import { catalogue, SelectError } from '../src/base/errors.ts';
import { Timestamp, type TimestampPrecision } from '../src/vector/timestamp.ts';
import { compileFormat } from '../src/vector/timestamp-format.ts';
import { compileReader } from '../src/vector/timestamp-format-read.ts';
import { addToTimestamp, type DatePart, timestampDifference, timestampField } from '../src/vector/timestamp-math.ts';

const precisions: readonly TimestampPrecision[] = ['year', 'month', 'day', 'minute', 'second'];
const parts: readonly DatePart[] = ['year', 'month', 'day', 'hour', 'minute', 'second'];

const timestamps = fc
  .record({
    seconds: fc.integer({ min: Date.UTC(1, 1, 2) / 1000 - 1900 * 365.2425 * 86_400, max: Date.UTC(9999, 11, 30) / 1000 }),
    precision: fc.constantFrom(...precisions),
    fraction: fc.stringMatching(/^\d{0,9}$/),
    offset: fc.option(fc.integer({ min: -1439, max: 1439 })),
  })
  .map(({ seconds, precision, fraction, offset }) => Timestamp.fromEpoch(seconds, precision, fraction, offset))
  .filter((timestamp) => timestamp !== null);

/** The grammar of Ion's timestamps, ranges of fields aside. */
const grammar = /^(\d{4})(T|-(\d\d)(T|-(\d\d)(T?|T(\d\d):(\d\d)(:(\d\d)(\.(\d+))?)?(Z|[+-]\d\d:\d\d))))$/;

t.test('text is read as the grammar has it, whatever is done to it', (t) => {
  const edits = fc.array(fc.tuple(fc.nat(30), fc.constantFrom('', '0', '9', 'T', 'Z', '-', '+', ':', '.', ' ', '٣')), { maxLength: 3 });
  let read = 0;
  fc.assert(
    fc.property(timestamps, edits, (timestamp, edits) => {
      let text = timestamp.toText();
      for (const [at, character] of edits) text = text.slice(0, at) + character + text.slice(at + 1);
      const value = Timestamp.parse(text);
      if (value === null) return edits.length > 0;
      read++;
      return grammar.test(text) && Timestamp.parse(value.toText())?.toText() === value.toText();
    }),
    { numRuns: 3000 },
  );
  t.ok(read > 500, `${read} timestamps`);
  t.end();
});

t.test('days, hours, minutes and seconds against Date', async () => {
  fc.assert(
    fc.property(
      timestamps,
      fc.constantFrom(...parts.slice(2)),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      (timestamp, part, count) => {
        const ms = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000 }[part as 'day' | 'hour' | 'minute' | 'second'];
        const moved = addToTimestamp(part, count, timestamp);
        const expected = new Date(timestamp.epochSeconds() * 1000 + count * ms);
        if (moved === null) return expected.getUTCFullYear() < 2 || expected.getUTCFullYear() > 9998;
        return moved.epochSeconds() * 1000 === expected.getTime() && timestampDifference(part, timestamp, moved) === count;
      },
    ),
  );
});

t.test('months and years against Date, day by day', async () => {
  fc.assert(
    fc.property(
      timestamps,
      fc.constantFrom('year' as const, 'month' as const),
      fc.integer({ min: -30_000, max: 30_000 }),
      (timestamp, part, count) => {
        const moved = addToTimestamp(part, count, timestamp);
        const months = timestamp.year * 12 + timestamp.month - 1 + (part === 'year' ? count * 12 : count);
        const [year, month] = [Math.floor(months / 12), months - Math.floor(months / 12) * 12];
        if (moved === null) return year < 1 || year > 9999;
        const last = new Date(0);
        last.setUTCFullYear(year, month + 1, 0);
        return moved.year === year && moved.month === month + 1 && moved.day === Math.min(timestamp.day, last.getUTCDate());
      },
    ),
  );
});

t.test('a difference is what can be added without passing the other', async () => {
  fc.assert(
    fc.property(timestamps, timestamps, fc.constantFrom(...parts), (from, to, part) => {
      const count = timestampDifference(part, from, to);
      if (timestampDifference(part, to, from) !== 0 - count && part !== 'month' && part !== 'year') return false;
      if (part === 'month' || part === 'year')
        return Math.abs(count - ((to.year - from.year) * (part === 'year' ? 1 : 12) + (part === 'year' ? 0 : to.month - from.month))) <= 1;
      const unit = { day: 86_400, hour: 3600, minute: 60, second: 1 }[part];
      const seconds = to.epochSeconds() - from.epochSeconds();
      return Math.abs(seconds - count * unit) < unit && (count === 0 || Math.sign(count) === Math.sign(seconds));
    }),
  );
});

t.test('fields are those of the text', async () => {
  fc.assert(
    fc.property(timestamps, (timestamp) => {
      const offset = timestampField('timezone_hour', timestamp) * 60 + timestampField('timezone_minute', timestamp);
      return parts.every((part) => timestampField(part, timestamp) === timestamp[part]) && offset === (timestamp.offset_minutes ?? 0);
    }),
  );
});

t.test('a pattern with every field reads back what it wrote', async () => {
  const patterns = [
    'yyyy-MM-dd HH:mm:ss.SSSSSSSSS XXX',
    'd MMMM y, h:m:s a n xx',
    'yyyyMMddHHmmssSSSSSSSSSX',
    "XXXXX ''''a hh'h' mm,ss.SSSSSSSSS/MMM/dd/y",
  ];
  for (const pattern of patterns) {
    const write = compileFormat(pattern);
    const read = compileReader(pattern);
    fc.assert(
      fc.property(timestamps, (timestamp) => {
        const text = write(timestamp);
        return [text, text.toLowerCase(), text.toUpperCase()].every((written) => read(written)?.compare(timestamp) === 0);
      }),
    );
  }
});

t.test('ISO text as Date writes it', async () => {
  const write = compileFormat("yyyy-MM-dd'T'HH:mm:ss.SSSX");
  const date = fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true });
  fc.assert(
    fc.property(date, (date) => {
      const seconds = Math.floor(date.getTime() / 1000);
      const fraction = String(date.getTime() - seconds * 1000).padStart(3, '0');
      const timestamp = Timestamp.fromEpoch(seconds, 'second', fraction, 0);
      return timestamp !== null && write(timestamp) === date.toISOString();
    }),
  );
});

t.test('no pattern and no text makes anything but a catalogued error', async () => {
  const pattern = fc.array(
    fc.oneof(
      fc.constantFrom(...'yMdahHmsSnXx', ...'yMdahHmsSnXx', "'", "''", ' ', '-', 'Q', '日', 'MMM', 'SSS'),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 12 },
  );
  const known = (make: () => unknown): boolean => {
    try {
      make();
      return true;
    } catch (error) {
      return error instanceof SelectError && Object.hasOwn(catalogue, error.code) && error.code.includes('TimestampFormatPattern');
    }
  };
  fc.assert(
    fc.property(pattern, timestamps, fc.string({ unit: 'binary' }), (pieces, timestamp, text) => {
      const source = pieces.join('');
      return known(() => compileFormat(source)(timestamp)) && known(() => compileReader(source)(text));
    }),
    { numRuns: 2000 },
  );
});

t.test('long patterns and long texts take linear time', (t) => {
  const started = performance.now();
  const length = 200_000;
  t.equal(compileFormat("'a' ".repeat(length))(Timestamp.parse('2021T') as Timestamp).length, length * 2);
  t.throws(() => compileReader("''".repeat(length)), { code: 'EvaluatorInvalidTimestampFormatPattern' });
  t.throws(() => compileReader('y'.repeat(length)), { code: 'EvaluatorInvalidTimestampFormatPatternSymbol' });
  t.equal(compileReader('y-M')('9'.repeat(length)), null);
  t.equal(Timestamp.parse(`2021-01-01T00:00:00.${'1'.repeat(length)}Z`), null);
  t.ok(performance.now() - started < 20_000);
  t.end();
});
