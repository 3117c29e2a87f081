import fc from 'fast-check';
import sax from 'sax';
import t from 'tap';
import { errorXml, escapeXml } from '../src/api/errors-xml.ts';
import { parseSelectRequest, parseXml, type SelectRequest } from '../src/api/request-xml.ts';
import { type ErrorCode, SelectError } from '../src/base/errors.ts';
import { limits } from '../src/base/limits.ts';
import { resolveInput } from '../src/formats/serialization.ts';

const parse = (xml: string): SelectRequest => parseSelectRequest(Buffer.from(xml));
const codeOf = (action: () => unknown): ErrorCode | null => {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof SelectError) return error.code;
    throw error;
  }
};

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const EXPRESSION = '<Expression>SELECT 1</Expression><ExpressionType>SQL</ExpressionType>';
const INPUT = '<InputSerialization><CSV/></InputSerialization>';
const OUTPUT = '<OutputSerialization><JSON/></OutputSerialization>';
const wrap = (inner: string): string => `<SelectObjectContentRequest>${inner}</SelectObjectContentRequest>`;
const withCsv = (inner: string): string => wrap(`${EXPRESSION}<InputSerialization><CSV>${inner}</CSV></InputSerialization>${OUTPUT}`);

t.test('what the clients send', async (t) => {
  const expected = { recordDelimiter: '\r\n', fieldDelimiter: '\t', header: 'use' };
  const fields: readonly [client: string, record: string, field: string][] = [
    ['botocore, aws-cli, minio-py', '\r\n', '\t'],
    ['aws-sdk-java 1', '&#13;&#10;', '&#9;'],
    ['aws-sdk-go', '&#xD;&#xA;', '&#x9;'],
    ['aws-sdk-js 3', '&#x0D;&#x0A;', '\t'],
    ['minio-js', '&#xD;\n', '\t'],
  ];
  for (const [client, record, field] of fields) {
    const csv = `<FileHeaderInfo>Use</FileHeaderInfo><RecordDelimiter>${record}</RecordDelimiter><FieldDelimiter>${field}</FieldDelimiter>`;
    t.match(resolveInput(parse(withCsv(csv)).input), expected, client);
  }
  t.match(resolveInput(parse(withCsv('<Comments>\ufdd0</Comments>')).input), { comment: '\ufdd0' }, 'Trino');
  t.match(resolveInput(parse(withCsv('<Comments>&#xFDD0;</Comments>')).input), { comment: '\ufdd0' }, 'Trino, escaped');
  t.match(resolveInput(parse(withCsv('<FieldDelimiter>╦</FieldDelimiter>')).input), { fieldDelimiter: '╦' });
  t.match(resolveInput(parse(withCsv('<FieldDelimiter> </FieldDelimiter>')).input), { fieldDelimiter: ' ' });
  t.match(resolveInput(parse(withCsv('<FieldDelimiter>\u0001</FieldDelimiter>')).input), { fieldDelimiter: '\u0001' }, 'Hive');
});

t.test('a whole request, as an SDK with a namespace sends it', async (t) => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><SelectObjectContentRequest ${NAMESPACE}><Expression>SELECT s.&quot;a&quot; FROM S3Object s WHERE s.b &lt; 5 AND s.c = &apos;001&apos;</Expression><ExpressionType>SQL</ExpressionType><RequestProgress><Enabled>true</Enabled></RequestProgress><InputSerialization><CSV><FileHeaderInfo>USE</FileHeaderInfo><AllowQuotedRecordDelimiter>FALSE</AllowQuotedRecordDelimiter></CSV><CompressionType>NONE</CompressionType></InputSerialization><OutputSerialization><CSV><QuoteFields>ASNEEDED</QuoteFields></CSV></OutputSerialization><ScanRange><Start>0</Start><End>1048576</End></ScanRange></SelectObjectContentRequest>`;
  t.strictSame(parse(xml), {
    expression: `SELECT s."a" FROM S3Object s WHERE s.b < 5 AND s.c = '001'`,
    expressionType: 'SQL',
    input: { CSV: { FileHeaderInfo: 'USE', AllowQuotedRecordDelimiter: false }, CompressionType: 'NONE' },
    output: { CSV: { QuoteFields: 'ASNEEDED' } },
    scanRange: { Start: 0, End: 1048576 },
    requestProgress: true,
  });
});

t.test('any order of members, either root, pretty or not', async (t) => {
  const members = [...EXPRESSION.split(/(?<=<\/Expression>)/), INPUT, OUTPUT, '<ScanRange><End>9</End></ScanRange>'];
  const expected = parse(wrap(members.join('')));
  fc.assert(
    fc.property(fc.shuffledSubarray(members, { minLength: members.length }), fc.constantFrom('', '\n  '), (order, space) => {
      const parsed = parse(`${space.trim()}<SelectRequest>${order.map((member) => space + member).join('')}${space}</SelectRequest>`);
      return JSON.stringify(parsed) === JSON.stringify(expected);
    }),
  );
  t.strictSame(parse(`\ufeff${wrap(members.join('<!-- -->'))}\n`), expected, 'a byte order mark, comments, a line end');
  t.strictSame(parse(wrap(members.join('')).replace('SELECT 1', '<![CDATA[SELECT 1]]>')), expected, 'CDATA');
  t.strictSame(parse(wrap(members.join('')).replace('<CSV/>', '<CSV />').replace('<JSON/>', '<JSON></JSON>')), expected, 'empty elements');
});

t.test('any expression and delimiter arrives as it was escaped', async () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme-composite' });
  fc.assert(
    fc.property(text, text, (expression, delimiter) => {
      const csv = `<RecordDelimiter>${escapeXml(delimiter)}</RecordDelimiter>`;
      const parsed = parse(withCsv(csv).replace('SELECT 1', () => escapeXml(expression)));
      return parsed.expression === expression && parsed.input.CSV?.RecordDelimiter === delimiter;
    }),
  );
});

const malformed: Readonly<Record<string, string>> = {
  'no document': '   ',
  'plain text': 'SELECT 1',
  JSON: '{"Expression":"SELECT 1"}',
  'cut off': wrap(EXPRESSION).slice(0, -5),
  'crossed tags': '<SelectRequest><Expression></SelectRequest></Expression>',
  'another root': '<Delete/>',
  'a second root': `${wrap(EXPRESSION + INPUT + OUTPUT)}<SelectRequest/>`,
  'text behind the root': `${wrap(EXPRESSION + INPUT + OUTPUT)}x`,
  'a document type': `<!DOCTYPE a [<!ENTITY b "c">]>${wrap(EXPRESSION + INPUT + OUTPUT)}`,
  'an unknown entity': wrap(`<Expression>&b;</Expression>`),
  'a bare ampersand': wrap('<Expression>a & b</Expression>'),
  'an unknown member': wrap(`${EXPRESSION + INPUT + OUTPUT}<Key>a</Key>`),
  'an inherited name': wrap(`${EXPRESSION + INPUT + OUTPUT}<toString/>`),
  'a prototype': wrap(`${EXPRESSION + INPUT + OUTPUT}<__proto__>x</__proto__>`),
  'a repeated member': wrap(EXPRESSION + INPUT + OUTPUT + OUTPUT),
  'a repeated inner member': withCsv('<Comments>a</Comments><Comments>b</Comments>'),
  'an attribute': wrap(EXPRESSION + INPUT + OUTPUT).replace('<CSV/>', '<CSV a="b"/>'),
  'text where elements belong': withCsv('text'),
  'text beside elements': withCsv('<Comments>a</Comments>text'),
  'elements where text belongs': withCsv('<Comments><a/></Comments>'),
  'a boolean that is none': withCsv('<AllowQuotedRecordDelimiter>1</AllowQuotedRecordDelimiter>'),
  'half a surrogate pair': withCsv('<Comments>&#xD800;</Comments>'),
  'a reference to a control character': withCsv('<Comments>&#1;</Comments>'),
  'a null character': withCsv('<Comments>&#0;</Comments>'),
  'too deep': `${'<a>'.repeat(50)}${'</a>'.repeat(50)}`,
  'too many elements': wrap('<a/>'.repeat(10_000)),
  'too long': wrap(`<Expression>${' '.repeat(limits.request_xml_bytes_max)}</Expression>`),
};

t.test('what is refused as malformed', async (t) => {
  for (const [name, xml] of Object.entries(malformed))
    t.equal(
      codeOf(() => parse(xml)),
      'MalformedXML',
      name,
    );
  t.equal(
    codeOf(() => parseSelectRequest(Uint8Array.of(0x3c, 0x61, 0xff, 0x3e))),
    'MalformedXML',
    'not UTF-8',
  );
  t.throws(() => parse('<a>\n<b></a>'), /at line 2, column/, 'says where');
});

t.test('what else is refused', async (t) => {
  const cases: readonly [ErrorCode, string][] = [
    ['EmptyRequestBody', ''],
    ['MissingRequiredParameter', wrap(INPUT + OUTPUT)],
    ['MissingRequiredParameter', wrap(`<Expression/><ExpressionType>SQL</ExpressionType>${INPUT}${OUTPUT}`)],
    ['MissingRequiredParameter', wrap(`<Expression>SELECT 1</Expression>${INPUT}${OUTPUT}`)],
    ['MissingRequiredParameter', wrap(EXPRESSION + OUTPUT)],
    ['MissingRequiredParameter', wrap(EXPRESSION + INPUT)],
    ['InvalidExpressionType', wrap(EXPRESSION + INPUT + OUTPUT).replace('SQL', 'XPATH')],
    ['InvalidScanRange', wrap(`${EXPRESSION + INPUT + OUTPUT}<ScanRange><Start>x</Start></ScanRange>`)],
    ['InvalidScanRange', wrap(`${EXPRESSION + INPUT + OUTPUT}<ScanRange><Start>1.5</Start></ScanRange>`)],
    ['InvalidScanRange', wrap(`${EXPRESSION + INPUT + OUTPUT}<ScanRange><End/></ScanRange>`)],
  ];
  for (const [code, xml] of cases)
    t.equal(
      codeOf(() => parse(xml)),
      code,
      xml.slice(0, 100),
    );
  t.strictSame(
    parse(wrap(`${EXPRESSION + INPUT + OUTPUT}<ScanRange><Start>-1</Start></ScanRange>`)).scanRange,
    { Start: -1 },
    'left to its resolution',
  );
});

t.test('a mutilated request is parsed or refused, never worse', async () => {
  const whole = wrap(`${EXPRESSION + INPUT + OUTPUT}<ScanRange><Start>1</Start></ScanRange>`);
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.nat(20),
      fc.string({ maxLength: 8, unit: fc.constantFrom('<', '>', '/', '&', ';', '!', '[', ']', '-', '?', 'a', '"', '=') }),
      (at, length, junk) => {
        codeOf(() => parse(whole.slice(0, at) + junk + whole.slice(at + length)));
      },
    ),
    { numRuns: 1000 },
  );
});

t.test('other requests', async (t) => {
  const xml = `<CreateBucketConfiguration ${NAMESPACE} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`;
  t.strictSame(parseXml(Buffer.from(xml)), {
    name: 'CreateBucketConfiguration',
    text: '',
    children: [{ name: 'LocationConstraint', text: 'eu-west-1', children: [] }],
  });
});

t.test('errors as XML', async (t) => {
  const error = new SelectError('NoSuchKey');
  t.equal(
    errorXml(error, { resource: '/b/a&b<c>', requestId: 'R', hostId: 'H' }),
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>' +
      '<Resource>/b/a&amp;b&lt;c&gt;</Resource><RequestId>R</RequestId><HostId>H</HostId></Error>',
  );
});

t.test('escaped text is read back, whatever it was', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const parser = sax.parser(true);
      let read = '';
      parser.ontext = (part) => {
        read += part;
      };
      parser.write(`<a>${escapeXml(text)}</a>`).close();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot carry
      return read === text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
    }),
  );
});
