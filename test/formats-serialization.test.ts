import t from 'tap';
import { type ErrorCode, SelectError } from '../src/base/errors.ts';
import {
  type InputSerialization,
  type OutputSerialization,
  resolveInput,
  resolveOutput,
  resolveScanRange,
  type ScanRangeMember,
} from '../src/formats/serialization.ts';

const codeOf = (action: () => unknown): ErrorCode | null => {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof SelectError) return error.code;
    throw error;
  }
};

t.test('defaults are those of the service', async (t) => {
  t.strictSame(resolveInput({ CSV: {} }), {
    format: 'csv',
    compression: 'none',
    header: 'none',
    recordDelimiter: '\n',
    fieldDelimiter: ',',
    quote: '"',
    escape: '"',
    comment: '#',
    allowQuotedRecordDelimiter: false,
  });
  t.strictSame(resolveOutput({ CSV: {} }), {
    format: 'csv',
    quoteFields: 'asneeded',
    recordDelimiter: '\n',
    fieldDelimiter: ',',
    quote: '"',
    escape: '"',
  });
  t.strictSame(resolveOutput({ JSON: {} }), { format: 'json', recordDelimiter: '\n' });
});

t.test('enumerations are matched in any case', async (t) => {
  t.match(resolveInput({ CSV: { FileHeaderInfo: 'Use' }, CompressionType: 'gzip' }), { header: 'use', compression: 'gzip' });
  for (const name of ['BZIP2', 'ZSTD', 'LZ4', 'SNAPPY']) {
    t.match(resolveInput({ CSV: {}, CompressionType: name }), { compression: name.toLowerCase() });
  }
  t.match(resolveInput({ CSV: { FileHeaderInfo: 'ignore' }, CompressionType: 'None' }), { header: 'ignore', compression: 'none' });
  t.match(resolveOutput({ CSV: { QuoteFields: 'Always' } }), { quoteFields: 'always' });
});

t.test('characters are Unicode characters, not bytes', async (t) => {
  const exotic = resolveInput({ CSV: { Comments: '\ufdd0', FieldDelimiter: '╦', RecordDelimiter: '\r\n', QuoteCharacter: '😀' } });
  t.match(exotic, { comment: '\ufdd0', fieldDelimiter: '╦', recordDelimiter: '\r\n', quote: '😀' });
  t.match(resolveInput({ CSV: { FieldDelimiter: '😀😀' } }), { fieldDelimiter: '😀😀' });
});

t.test('an empty character means what it means to the service', async (t) => {
  t.match(resolveInput({ CSV: { FieldDelimiter: '', QuoteCharacter: '', Comments: '', QuoteEscapeCharacter: '' } }), {
    fieldDelimiter: '\0',
    quote: '',
    comment: '\0',
    escape: '"',
  });
  t.match(resolveOutput({ CSV: { FieldDelimiter: '', QuoteCharacter: '' } }), { fieldDelimiter: '\0', quote: '' });
});

t.test('a character may be a delimiter once nothing is quoted with it', async (t) => {
  t.match(resolveInput({ CSV: { FieldDelimiter: '"', QuoteCharacter: '' } }), { fieldDelimiter: '"', quote: '' });
  t.match(resolveInput({ CSV: { FieldDelimiter: '"', QuoteCharacter: "'" } }), { fieldDelimiter: '"', quote: "'" });
});

const inputs: readonly [ErrorCode, InputSerialization][] = [
  ['InvalidDataSource', {}],
  ['InvalidDataSource', { CompressionType: 'GZIP' }],
  ['ObjectSerializationConflict', { CSV: {}, JSON: { Type: 'LINES' } }],
  ['ObjectSerializationConflict', { JSON: { Type: 'LINES' }, Parquet: {} }],
  ['InvalidCompressionFormat', { CSV: {}, CompressionType: 'LZMA' }],
  ['InvalidCompressionFormat', { CSV: {}, CompressionType: '__proto__' }],
  ['InvalidCompressionFormat', { Parquet: {}, CompressionType: 'GZIP' }],
  ['InvalidJsonType', { JSON: { Type: 'ARRAY' } }],
  ['InvalidJsonType', { JSON: {} }],
  ['InvalidFileHeaderInfo', { CSV: { FileHeaderInfo: 'YES' } }],
  ['InvalidFileHeaderInfo', { CSV: { FileHeaderInfo: 'toString' } }],
  ['MissingRequiredParameter', { CSV: { RecordDelimiter: '' } }],
  ['InvalidRequestParameter', { CSV: { RecordDelimiter: 'abc' } }],
  ['InvalidRequestParameter', { CSV: { FieldDelimiter: '|||' } }],
  ['InvalidRequestParameter', { CSV: { FieldDelimiter: 'x'.repeat(1_000_000) } }],
  ['InvalidRequestParameter', { CSV: { QuoteCharacter: '""' } }],
  ['InvalidRequestParameter', { CSV: { QuoteEscapeCharacter: '\\\\' } }],
  ['InvalidRequestParameter', { CSV: { Comments: '//' } }],
  ['InvalidRequestParameter', { CSV: { QuoteCharacter: '\ud800' } }],
  ['InvalidRequestParameter', { CSV: { QuoteCharacter: ',' } }],
  ['InvalidRequestParameter', { CSV: { QuoteCharacter: '\n' } }],
  ['InvalidRequestParameter', { CSV: { QuoteEscapeCharacter: ',' } }],
  ['InvalidRequestParameter', { CSV: { FieldDelimiter: '"' } }],
  ['InvalidRequestParameter', { CSV: { FieldDelimiter: '\n' } }],
  ['InvalidRequestParameter', { CSV: { FieldDelimiter: '\r', RecordDelimiter: '\r\n' } }],
];

t.test('input serializations that are refused', async (t) => {
  for (const [code, input] of inputs)
    t.equal(
      codeOf(() => resolveInput(input)),
      code,
      JSON.stringify(input).slice(0, 80),
    );
  t.throws(() => resolveInput({ CSV: { RecordDelimiter: '' } }), {
    message: 'RecordDelimiter is required. Please check the service documentation and try again',
  });
});

const outputs: readonly [ErrorCode, OutputSerialization][] = [
  ['MissingRequiredParameter', {}],
  ['ObjectSerializationConflict', { CSV: {}, JSON: {} }],
  ['InvalidQuoteFields', { CSV: { QuoteFields: 'SOMETIMES' } }],
  ['MissingRequiredParameter', { CSV: { RecordDelimiter: '' } }],
  ['MissingRequiredParameter', { JSON: { RecordDelimiter: '' } }],
  ['InvalidRequestParameter', { CSV: { QuoteCharacter: 'ab' } }],
  ['InvalidRequestParameter', { CSV: { QuoteCharacter: ',' } }],
  ['InvalidRequestParameter', { JSON: { RecordDelimiter: 'abc' } }],
];

t.test('output serializations that are refused', async (t) => {
  for (const [code, output] of outputs)
    t.equal(
      codeOf(() => resolveOutput(output)),
      code,
      JSON.stringify(output),
    );
});

t.test('scan ranges', async (t) => {
  const csv = resolveInput({ CSV: {} });
  t.equal(resolveScanRange(undefined, csv), null);
  t.strictSame(resolveScanRange({ Start: 0, End: 0 }, csv), { start: 0, end: 0 });
  t.strictSame(resolveScanRange({ Start: 5 }, csv), { start: 5, end: null });
  t.strictSame(resolveScanRange({ End: 2 ** 63 }, csv), { start: null, end: Number.MAX_SAFE_INTEGER });
  const refused: readonly ScanRangeMember[] = [{}, { Start: 2, End: 1 }, { Start: -1 }, { End: 1.5 }, { End: Number.NaN }];
  for (const range of refused)
    t.equal(
      codeOf(() => resolveScanRange(range, csv)),
      'InvalidScanRange',
      JSON.stringify(range),
    );
  const gzip = resolveInput({ CSV: {}, CompressionType: 'GZIP' });
  const quoted = resolveInput({ CSV: { AllowQuotedRecordDelimiter: true } });
  t.equal(
    codeOf(() => resolveScanRange({ Start: 0 }, gzip)),
    'UnsupportedScanRangeInput',
  );
  t.equal(
    codeOf(() => resolveScanRange({ Start: 0 }, quoted)),
    'UnsupportedScanRangeInput',
  );
  t.equal(resolveScanRange(undefined, gzip), null);
});
