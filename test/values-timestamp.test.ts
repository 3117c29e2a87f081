import fc from 'fast-check';
import t from 'tap';
import { Timestamp } from '../src/vector/timestamp.ts';

const timestamp = (text: string): Timestamp => {
  const value = Timestamp.parse(text);
  if (value === null) throw new Error(`no timestamp: ${text}`);
  return value;
};

t.test('text keeps precision and offset', async (t) => {
  for (const text of [
    '2010T',
    '2010-02T',
    '2015-01-01',
    '2007-04-05T14:30Z',
    '2017-01-02T03:04:05.006+07:30',
    '2017-01-02T03:04:05-00:00',
    '2017-01-02T03:04-23:59',
    '2016-02-29T23:59:59.000000000000Z',
    '0001-01-01',
    '9999-12-31T23:59:59Z',
  ]) {
    t.equal(timestamp(text).toText(), text);
  }
  t.equal(timestamp('2015-01-01T').toText(), '2015-01-01');
  t.equal(timestamp('2015-01-01T00:00+00:00').toText(), '2015-01-01T00:00Z');
});

t.test('text that is no timestamp', async (t) => {
  for (const text of [
    '',
    '2010',
    '2010-02',
    ' 2010T',
    '2010T ',
    '2010-1-1',
    '2010-13T',
    '2010-00T',
    '2010-02-30',
    '2015-02-29',
    '1900-02-29',
    '0000T',
    '10000T',
    '2010-02-03T04:05',
    '2010-02-03Z',
    '2010-02-03T04Z',
    '2010-02-03T24:00Z',
    '2010-02-03T04:60Z',
    '2010-02-03T04:05:60Z',
    '2010-02-03T04:05:06.Z',
    '2010-02-03T04:05.5Z',
    '2010-02-03T04:05+24:00',
    '2010-02-03T04:05+00:60',
    '2010-02-03t04:05z',
    '2010-02-03 04:05Z',
    `2010-02-03T04:05:06.${'1'.repeat(65)}Z`,
  ]) {
    t.equal(Timestamp.parse(text), null, text);
  }
});

t.test('order is that of the instants', async (t) => {
  for (const [left, right, order] of [
    ['2010T', '2010-01-01T00:00:00.000Z', 0],
    ['2010-01-01T00:00+01:00', '2009-12-31T23:00Z', 0],
    ['2010-01-01T00:00-00:00', '2010-01-01T00:00Z', 0],
    ['2010-01-01T00:00:00.1Z', '2010-01-01T00:00:00.10Z', 0],
    ['2010-01-01T00:00:00.09Z', '2010-01-01T00:00:00.1Z', -1],
    ['2010-01-01T00:00:01Z', '2010-01-01T00:00:00.999Z', 1],
    ['0001-01-01', '0099-01-01', -1],
    ['1969-12-31T23:59:59.5Z', '1970T', -1],
  ] as const) {
    t.equal(timestamp(left).compare(timestamp(right)), order, `${left} ${right}`);
    t.equal(timestamp(right).compare(timestamp(left)), 0 - order, `${right} ${left}`);
  }
});

t.test('instants against Date', async () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }),
      fc.integer({ min: -1439, max: 1439 }),
      (date, offset) => {
        const seconds = Math.floor(date.getTime() / 1000);
        const value = Timestamp.fromEpoch(seconds, 'second', '', offset);
        return (
          value !== null &&
          value.epochSeconds() === seconds &&
          timestamp(value.toText()).epochSeconds() === seconds &&
          new Date(value.toText()).getTime() === seconds * 1000
        );
      },
    ),
  );
});

t.test('fields finer than the precision are dropped', async (t) => {
  const seconds = Date.UTC(2020, 4, 6, 7, 8, 9) / 1000;
  t.equal(Timestamp.fromEpoch(seconds, 'year', '5', 60)?.toText(), '2020T');
  t.equal(Timestamp.fromEpoch(seconds, 'month', '5', 60)?.toText(), '2020-05T');
  t.equal(Timestamp.fromEpoch(seconds, 'day', '5', 60)?.toText(), '2020-05-06');
  t.equal(Timestamp.fromEpoch(seconds, 'minute', '5', 60)?.toText(), '2020-05-06T08:08+01:00');
  t.equal(Timestamp.fromEpoch(seconds, 'second', '5', -60)?.toText(), '2020-05-06T06:08:09.5-01:00');
  t.equal(Timestamp.fromEpoch(-1e12, 'second', '', 0), null);
});
