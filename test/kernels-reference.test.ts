/** The plain kernels' reading of CSV, case by case: what is a quoted field, and where records end. */
import t from 'tap';
import { type CsvDialect, indexFlag } from '../src/kernels/kernels.ts';
import { bytes, constants, dialect, layout, place, Random, reference, u32 } from './support/kernels.ts';

/** The records of a text as fields, and the flags. */
function records(text: string | Buffer, csv: CsvDialect): { records: string[][]; flags: number; rest: string } {
  constants.reset();
  const content = typeof text === 'string' ? Buffer.from(text) : text;
  const base = place(content, 3, new Random(1));
  reference.csvDialect(csv);
  const ends = reference.csvIndex(base, 0, content.length, 0, false);
  const flags = reference.flags();
  const { rows, next } = reference.csvRecords(base, 0, ends, base, 8192);
  const columns = 5;
  reference.csvLocate(0, rows, constants.u32s(Array<number>(columns).fill(0)), columns, layout.fields, 8 * 64, flags);
  const cell = (row: number, column: number): string[] => {
    const field = (layout.fields >> 2) + 2 * (row + 64 * column);
    const length = u32[field + 1]!;
    return length === 0xffffffff ? [] : [bytes.toString('utf8', u32[field]!, u32[field]! + length)];
  };
  const found = Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => cell(row, column)).flat());
  return { records: found, flags, rest: bytes.toString('utf8', next, base + content.length) };
}

const plain = dialect();
const strict = dialect({ quotedRecords: false });
const backslash = dialect({ escape: '\\' });
const wide = dialect({ delimiter: '::', record: '¶\n', quote: '«', comment: '\u{fdd0}' });
const wideEscape = dialect({ quote: '«', escape: '¬' });
const unquoted = dialect({ quote: '' });

const CASES: readonly (readonly [name: string, csv: CsvDialect, text: string, wanted: string[][]])[] = [
  ['fields', plain, 'a,b\n,\nc\n', [['a', 'b'], ['', ''], ['c']]],
  ['blank lines and comments are no records', plain, '\n#x,y\na\n\r\n#\n', [['a']]],
  ['a comment character elsewhere is text', plain, 'a#,#b\n', [['a#', '#b']]],
  ['a comment ends with its line whatever quotes it holds', plain, '#,"x\na,b\n', [['a', 'b']]],
  ['a CR before the record delimiter belongs to it', plain, 'a,b\r\n"c"\r\n', [['a', 'b'], ['c']]],
  ['only one CR does', plain, 'a\r\r\n', [['a\r']]],
  ['quoted fields', plain, '"a,b","","c\nd"\n', [['a,b', '', 'c\nd']]],
  ['doubled quotes', plain, '"a""b","""","""a"""\n', [['a"b', '"', '"a"']]],
  ['a quote inside an unquoted field is text', plain, 'a"b,c"\n', [['a"b', 'c"']]],
  ['text behind a closing quote makes the field unquoted', plain, '"abc"def,"x"\n', [['"abc"def', 'x']]],
  ['as far as its first delimiter', plain, '"a,b"c,"d\ne"f\n', [['"a', 'b"c', '"d'], ['e"f']]],
  ['a CR in the middle is such text', plain, '"a"\rb,c\n', [['"a"\rb', 'c']]],
  ['another escape', backslash, '"a\\"b","c\\\\","\\d",\\"\n', [['a"b', 'c\\', '\\d', '\\"']]],
  ['with which quotes are not doubled', backslash, '"a""b",c\n', [['"a""b"', 'c']]],
  [
    'delimiters, quotes and comments of several bytes',
    wide,
    'a:b::«c::«« ¶\n»«::d¶\n\u{fdd0}x¶\n¶\ne¶f\n¶\n',
    [['a:b', 'c::« ¶\n»', 'd'], ['e¶f\n']],
  ],
  ['escape and quote of several bytes', wideEscape, '«a¬«b¬¬»«,«c\n', []],
  ['no quotes', unquoted, '"a,b"\n""\n', [['"a', 'b"'], ['""']]],
  ['a record delimiter only in its whole', dialect({ record: '\r\n' }), 'a\nb\r\n"c"\n,d\r\n', [['a\nb'], ['"c"\n', 'd']]],
  ['quoted fields without record delimiters, where those are not allowed', strict, '"a,b"\n"c"\n', [['a,b'], ['c']]],
];

for (const [name, csv, text, wanted] of CASES) t.test(name, async (t) => t.strictSame(records(text, csv).records, wanted));

t.test('a record delimiter inside quotes stops the index where it is not allowed', async (t) => {
  const { records: found, flags, rest } = records('a\nb,"c\nd"\ne\n', strict);
  t.strictSame(found, [['a']]);
  t.ok(flags & indexFlag.quotedDelimiter);
  t.equal(rest, 'b,"c\nd"\ne\n');
});

t.test('nothing ends a record that the window cuts where it could still be quoted', async (t) => {
  for (const [csv, text] of [
    [plain, '"a\nb"'],
    [plain, '"a\nb"\r'],
    [backslash, '"a\nb\\'],
    [wide, '«a¶\nb«:'],
    [wide, Buffer.from('«a¶\nb«').subarray(0, -1)],
    [wide, Buffer.concat([Buffer.from('«a¶\nb«'), Buffer.from([0xc2])])],
  ] as const) {
    t.strictSame(records(text, csv).records, [], JSON.stringify(String(text)));
  }
});

t.test('time is linear in the bytes', async (t) => {
  const time = (csv: CsvDialect, unit: string, tail: string): void => {
    const start = process.hrtime.bigint();
    const text = unit.repeat(100_000 / unit.length) + tail;
    records(text, csv);
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    t.ok(ms < 2000, `${JSON.stringify(unit)}: ${Math.round(ms)} ms`);
  };
  time(plain, '"x,""', 'y\n');
  time(plain, '"x,""x,', '"y\n');
  time(plain, '"', 'y\n');
  time(backslash, '"x,\\"', '"y\n');
  time(dialect({ delimiter: '"', quote: "'", escape: '"' }), `'x"`, `'y\n`);
});
