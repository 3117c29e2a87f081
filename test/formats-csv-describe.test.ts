import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { type CsvDescription, describeCsv } from '../src/formats/csv-describe.ts';
import type { CsvInput } from '../src/formats/format.ts';
import { type CsvInputMember, resolveInput } from '../src/formats/serialization.ts';

const describe = (text: string | Uint8Array, member: CsvInputMember, atEnd = true, record_bytes_max = 1000): CsvDescription | 'more' =>
  describeCsv(typeof text === 'string' ? Buffer.from(text) : text, atEnd, resolveInput({ CSV: member }) as CsvInput, record_bytes_max);

/** Names and where data starts, as the text that stands there. */
function header(text: string, member: CsvInputMember = {}): unknown {
  const described = describe(text, { FileHeaderInfo: 'USE', ...member });
  if (described === 'more') return described;
  return [described.schema.names, Buffer.from(text).subarray(described.dataStart).toString()];
}

t.test('header records', async (t) => {
  const cases: readonly [string, CsvInputMember, readonly string[], string][] = [
    ['a,b\n1,2\n', {}, ['a', 'b'], '1,2\n'],
    ['a,b\r\n1,2\r\n', {}, ['a', 'b'], '1,2\r\n'],
    ['a,b\r\n1,2\r\n', { RecordDelimiter: '\r\n' }, ['a', 'b'], '1,2\r\n'],
    ['a,b\r1,2\r', { RecordDelimiter: '\r' }, ['a', 'b'], '1,2\r'],
    ['\ufeffa,b\n1', {}, ['a', 'b'], '1'],
    ['\ufeff"a",b\n1', {}, ['a', 'b'], '1'],
    ['\n\r\n#x,y\n#"\na\n1', {}, ['a'], '1'],
    ['a', {}, ['a'], ''],
    ['', {}, [], ''],
    ['#only\n\n', {}, [], ''],
    ['a,,b,\n1', {}, ['a', '', 'b', ''], '1'],
    [',\n1', {}, ['', ''], '1'],
    ['"a b","c""d","e,f"\n1', {}, ['a b', 'c"d', 'e,f'], '1'],
    ['"a"x,b"c"\n1', {}, ['"a"x', 'b"c"'], '1'],
    ['"a"x\n"b",c\n1', { AllowQuotedRecordDelimiter: true }, ['"a"x'], '"b",c\n1'],
    ['"a\nb",c\n1', { AllowQuotedRecordDelimiter: true }, ['a\nb', 'c'], '1'],
    ['"a\r\nb","c\r"\r\n1', { AllowQuotedRecordDelimiter: true }, ['a\r\nb', 'c\r'], '1'],
    ['#"\n"a"""\n1', { AllowQuotedRecordDelimiter: true }, ['a"'], '1'],
    ['"a\\"b\\\\","c\\d"\n1', { QuoteEscapeCharacter: '\\' }, ['a"b\\', 'c\\d'], '1'],
    ['"a\\"\nb",c\n1', { QuoteEscapeCharacter: '\\', AllowQuotedRecordDelimiter: true }, ['a"\nb', 'c'], '1'],
    ["'a,b',c\n1", { QuoteCharacter: "'" }, ['a,b', 'c'], '1'],
    ['"a,b",c\n1', { QuoteCharacter: '' }, ['"a', 'b"', 'c'], '1'],
    ['a||b|c||«d||e«\n1', { FieldDelimiter: '||', QuoteCharacter: '«', QuoteEscapeCharacter: '«' }, ['a', 'b|c', 'd||e'], '1'],
    ['äö╦ü╦😀^Y1', { FieldDelimiter: '╦', RecordDelimiter: '^Y' }, ['äö', 'ü', '😀'], '1'],
    ['\ufdd0x\n#a\n1', { Comments: '\ufdd0' }, ['#a'], '1'],
  ];
  for (const [text, member, names, rest] of cases) t.strictSame(header(text, member), [names, rest], JSON.stringify([text, member]));
});

t.test('without names', async (t) => {
  t.strictSame(describe('a,b\n1', { FileHeaderInfo: 'IGNORE' }), { schema: { kind: 'positional', names: null }, dataStart: 4 });
  t.strictSame(describe('\n#c\na,b\n1', { FileHeaderInfo: 'IGNORE' }), { schema: { kind: 'positional', names: null }, dataStart: 8 });
  t.strictSame(describe('a,b\n1', {}), { schema: { kind: 'positional', names: null }, dataStart: 0 });
  t.strictSame(describe('\ufeff#\na', {}), { schema: { kind: 'positional', names: null }, dataStart: 3 });
});

t.test('any prefix gives the answer of the whole, or asks for more', async (t) => {
  const texts = ['\ufeff\n#c\r\n"ä,b","c""d"\r\n1,2\r\n', '"a\nb",c\nd'];
  for (const member of [
    {},
    { AllowQuotedRecordDelimiter: true },
    { RecordDelimiter: '\r\n' },
    { FileHeaderInfo: 'IGNORE' },
    { FileHeaderInfo: 'NONE' },
  ]) {
    for (const text of texts) {
      const bytes = Buffer.from(text);
      const outcome = (prefix: Uint8Array, atEnd: boolean): unknown => {
        try {
          return describe(prefix, { FileHeaderInfo: 'USE', ...member }, atEnd);
        } catch (error) {
          return error;
        }
      };
      const whole = outcome(bytes, true);
      for (let length = 0; length < bytes.length; length++) {
        const described = outcome(bytes.subarray(0, length), false);
        if (described !== 'more') t.strictSame(described, whole, `${length} bytes of ${JSON.stringify(text)}`);
      }
    }
  }
});

t.test('limits', async (t) => {
  const use = { FileHeaderInfo: 'USE' };
  t.equal(describe('x'.repeat(1000), use, false), 'more');
  t.throws(() => describe('x'.repeat(1001), use, false), { code: 'OverMaxRecordSize' });
  t.throws(() => describe(`${'x'.repeat(1001)}\n`, use), { code: 'OverMaxRecordSize' });
  t.throws(() => describe(`"${'x\n'.repeat(1001)}`, { ...use, AllowQuotedRecordDelimiter: true }, false), { code: 'OverMaxRecordSize' });
  t.throws(() => describe('#\n'.repeat(3000), use, false), { code: 'OverMaxRecordSize' }, 'a preamble without end');
  t.throws(() => describe(','.repeat(limits.columns_max), use, true, 1e6), { code: 'OverMaxColumn' });
});

t.test('quotes that nothing closes', async (t) => {
  const use = { FileHeaderInfo: 'USE' };
  const allowed = { ...use, AllowQuotedRecordDelimiter: true };
  t.throws(() => describe('#\na,"b\nc",d\n', use), { code: 'CSVEscapingRecordDelimiter', params: { offset: 2 } });
  t.throws(() => describe('a,"b', use), { code: 'CSVEscapingRecordDelimiter', params: { offset: 0 } });
  t.throws(() => describe('\na,"b\n1,2\n', allowed), { code: 'CSVUnescapedQuote', params: { offset: 1 } });
  t.equal(describe('\na,"b\n1,2\n', allowed, false), 'more');
});

t.test('text that is no UTF-8', async (t) => {
  const use = { FileHeaderInfo: 'USE' };
  const bad = Buffer.concat([Buffer.from('\ufeff#c\nä\ufffd,'), Uint8Array.of(0x62, 0xff, 0x0a)]);
  t.throws(() => describe(bad, use), { code: 'InvalidTextEncoding', params: { offset: bad.length - 2 } });
  t.throws(() => describe(Uint8Array.of(0x61, 0xe2, 0x82), use), { code: 'InvalidTextEncoding', params: { offset: 1 } });
  t.strictSame(header('\ufffd,b\n1'), [['\ufffd', 'b'], '1'], 'the replacement character itself is fine');
});

t.test('names are those of another reader', async () => {
  const text = fc.string({ maxLength: 12, unit: fc.constantFrom(',', '"', '\n', 'a', 'ä', ' ', '\\', '😀') });
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 6 }), fc.constantFrom('"', '\\'), (names, escapeWith) => {
      const quote = (name: string): string => `"${name.replace(/["\\]/g, (c) => (c === '"' || escapeWith === '\\' ? escapeWith + c : c))}"`;
      const record = `${names.map(quote).join(',')}\n`;
      const [oracle] = parse(record, { escape: escapeWith });
      const described = describe(`${record}1`, {
        FileHeaderInfo: 'USE',
        QuoteEscapeCharacter: escapeWith,
        AllowQuotedRecordDelimiter: true,
      });
      return described !== 'more' && JSON.stringify(described.schema.names) === JSON.stringify(oracle);
    }),
  );
});
