import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import t from 'tap';
import type { RecordWriter } from '../src/formats/csv-write.ts';
import { resultWriter } from '../src/formats/result-writer.ts';
import { type OutputSerialization, resolveOutput } from '../src/formats/serialization.ts';
import { Failure, MISSING, type SqlValue } from '../src/vector/value.ts';

const writerOf = (output: OutputSerialization): RecordWriter => resultWriter(resolveOutput(output));

function write(output: OutputSerialization, values: readonly SqlValue[], names = values.map((_, i) => `_${i + 1}`)): string {
  const into = new Uint8Array(64 * 1024);
  const end = writerOf(output).write(names, values, into, 0, into.length);
  return Buffer.from(into.subarray(0, end)).toString();
}

t.test('CSV, quotes as needed', async (t) => {
  const cases: readonly [SqlValue[], string][] = [
    [['a', 'b'], 'a,b\n'],
    [[1n, true, null, MISSING, ''], '1,true,,,\n'],
    [[' lead', 'June 27', 'tab\t', '\\', '#'], ' lead,June 27,tab\t,\\,#\n'],
    [['a,b', 'c"d', 'e\nf', 'g\rh'], '"a,b","c""d","e\nf","g\rh"\n'],
    [['ä', '😀,', 'x'.repeat(70)], `ä,"😀,",${'x'.repeat(70)}\n`],
    [[], '\n'],
    [[null], '\n'],
  ];
  for (const [values, text] of cases) t.equal(write({ CSV: {} }, values), text, JSON.stringify(text));
});

t.test('CSV dialects', async (t) => {
  const values = ['a', "b'c", null, '', MISSING, 1n];
  t.equal(write({ CSV: { QuoteFields: 'ALWAYS' } }, values), `"a","b'c","","","","1"\n`);
  t.equal(write({ CSV: { QuoteFields: 'ALWAYS', QuoteCharacter: "'", QuoteEscapeCharacter: '\\' } }, values), `'a','b\\'c','','','','1'\n`);
  t.equal(write({ CSV: { QuoteFields: 'ALWAYS', QuoteCharacter: '' } }, values), "a,b'c,,,,1\n", 'without a quote nothing is quoted');
  t.equal(write({ CSV: { QuoteCharacter: '' } }, ['a,b']), 'a,b\n');
  t.equal(
    write({ CSV: { QuoteEscapeCharacter: '\\' } }, ['a\\b', 'c\\"d']),
    'a\\b,"c\\\\\\"d"\n',
    'an escape is escaped inside quotes only',
  );
  t.equal(write({ CSV: { FieldDelimiter: '||', RecordDelimiter: '\r\n' } }, ['a|', 'b,', 'c']), '"a|"||b,||c\r\n');
  t.equal(write({ CSV: { FieldDelimiter: '╦', QuoteCharacter: '«' } }, ['a╦', 'b«', 'c"']), '«a╦«╦«b"««╦c"\n');
});

t.test('JSON', async (t) => {
  t.equal(write({ JSON: {} }, ['a', 1n, true, null, MISSING]), '{"_1":"a","_2":1,"_3":true,"_4":null}\n');
  t.equal(write({ JSON: { RecordDelimiter: ',' } }, [MISSING]), '{},');
  t.equal(write({ JSON: {} }, [MISSING, 'b'], ['a', 'b']), '{"b":"b"}\n', 'no comma before the first key that is there');
  t.equal(write({ JSON: {} }, [1n, 2n], ['a', 'a']), '{"a":1,"a":2}\n');
  t.equal(write({ JSON: {} }, ['"\\\n\u0001 ä 😀'], ['k"\n']), '{"k\\"\\n":"\\"\\\\\\n\\u0001 ä 😀"}\n');
});

t.test('a record that does not fit leaves no partial answer', async (t) => {
  const values = ['äöü', 'plain text, quoted', 12345n, null, 'x'.repeat(80)];
  const names = ['a', 'ä', 'c', 'd', 'e'];
  const dialects: OutputSerialization[] = [{ CSV: { QuoteFields: 'ALWAYS' } }, { CSV: { RecordDelimiter: '\r\n' } }, { JSON: {} }];
  for (const output of dialects) {
    const writer = writerOf(output);
    const whole = Buffer.from(write(output, values, names));
    for (let room = 0; room <= whole.length + 2; room++) {
      const into = new Uint8Array(whole.length + 20).fill(0xee);
      const end = writer.write(names, values, into, 5, 5 + room);
      t.equal(end, room < whole.length ? -1 : 5 + whole.length);
      t.ok(
        into.subarray(5 + room).every((byte) => byte === 0xee),
        'nothing is written behind the end',
      );
      if (end > 0) t.ok(whole.equals(into.subarray(5, end)));
    }
  }
});

t.test('a failure is never written', async (t) => {
  const failure = new Failure({ code: 'CastFailed', params: {} });
  for (const output of [{ CSV: {} }, { JSON: {} }]) t.throws(() => write(output, [failure]), /assertion/);
});

const field = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.string({ maxLength: 20, unit: fc.constantFrom(',', ';', '|', '"', "'", '\\', '\r', '\n', 'a', ' ', 'ä', '╦', '😀') }),
);
const records = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 5 });
const dialect = fc.record({
  QuoteFields: fc.constantFrom('ASNEEDED', 'ALWAYS'),
  RecordDelimiter: fc.constantFrom('\n', '\r\n', ';', '╦\n'),
  FieldDelimiter: fc.constantFrom(',', '||', '😀', '\t'),
  QuoteCharacter: fc.constantFrom('"', "'", '«'),
  QuoteEscapeCharacter: fc.constantFrom(undefined, '\\'),
});

t.test('another reader reads back what was written as CSV', async () => {
  fc.assert(
    fc.property(records, dialect, (rows, choice) => {
      const CSV = { ...choice, QuoteEscapeCharacter: choice.QuoteEscapeCharacter ?? choice.QuoteCharacter };
      const text = rows.map((row) => write({ CSV }, row)).join('');
      const read = parse(Buffer.from(text), {
        delimiter: CSV.FieldDelimiter,
        record_delimiter: CSV.RecordDelimiter,
        quote: CSV.QuoteCharacter,
        escape: CSV.QuoteEscapeCharacter,
        relax_column_count: true,
      });
      return JSON.stringify(read) === JSON.stringify(rows);
    }),
    { numRuns: 500 },
  );
});

t.test('JSON.parse reads back what was written as JSON', async () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value), (row) => {
      const names = Object.keys(row);
      const text = write(
        { JSON: {} },
        names.map((name) => row[name]),
        names,
      );
      return JSON.stringify(JSON.parse(text)) === JSON.stringify(row);
    }),
  );
});
