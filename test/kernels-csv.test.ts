/** CSV kernels: SIMD against the plain ones over the same bytes, wherever they lie and wherever they are cut. */
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { type CsvDialect, indexFlag, type Kernels } from '../src/kernels/kernels.ts';
import { bytes, constants, dialect, fieldTexts, layout, place, Random, reference, seed, simd, u32 } from './support/kernels.ts';

const DIALECTS: readonly CsvDialect[] = [
  dialect(),
  dialect({ quotedRecords: false }),
  dialect({ record: '\r\n' }),
  dialect({ record: '\r\n', delimiter: '\t', quotedRecords: false }),
  dialect({ record: ';', quote: "'" }),
  dialect({ record: '\r', delimiter: '|' }),
  dialect({ quote: '' }),
  dialect({ delimiter: '\0', comment: '\u{fdd0}' }),
  dialect({ comment: '\u{1f600}', quote: "'" }),
  dialect({ comment: '' }),
  dialect({ comment: '"' }),
];

interface Found {
  readonly flags: number;
  readonly ends: readonly number[];
  readonly rows: readonly string[];
  readonly next: number;
  readonly trimmed: number;
  readonly columns: readonly (readonly (string | null)[])[];
}

/** Index, records and columns of `[base, base + length)`; `cuts`: where the index is interrupted and continued. */
function read(kernels: Kernels, base: number, length: number, cuts: readonly number[], wanted: readonly number[], quoted = false): Found {
  let count = 0;
  let from = 0;
  let flags = 0;
  let inside = quoted;
  for (const to of [...cuts, length]) {
    count = kernels.csvIndex(base, from, to, count, inside);
    flags = (flags & ~indexFlag.endsQuoted) | kernels.flags();
    inside = (flags & indexFlag.endsQuoted) !== 0;
    from = to;
  }
  const ends = [...u32.subarray(layout.ends >> 2, (layout.ends >> 2) + count)];
  // why: a first record that began before the window has no start to be read from.
  const first = quoted ? 1 : 0;
  const start = quoted ? base + (ends[0] ?? length) : base;
  const { rows, next, trimmed } = kernels.csvRecords(base, Math.min(first, count), count, start, 8192);
  const numbers = Array.from({ length: rows }, (_, row) => row);
  const at = (row: number, side: number): number => u32[(layout.rows >> 2) + 2 * row + side]!;
  const gaps = constants.u32s(wanted.map((column, i) => (i === 0 ? column : column - wanted[i - 1]! - 1)));
  const stride = 8 * 1024;
  kernels.csvLocate(0, rows, gaps, wanted.length, layout.fields, stride, flags);
  return {
    flags,
    ends,
    rows: numbers.map((row) => `${at(row, 0) - base}-${at(row, 1) - base} ${bytes.toString('latin1', at(row, 0), at(row, 1))}`),
    next: next - base,
    trimmed,
    columns: wanted.map((_, i) => fieldTexts(layout.fields + i * stride, numbers)),
  };
}

/** What both must have found alike. */
function comparable(found: Found): object {
  const { flags, ends, rows, next, trimmed, columns } = found;
  const { highByte, endsQuoted, quote } = indexFlag;
  return { flags: flags & (highByte | endsQuoted | quote), ends, rows, next, trimmed, columns };
}

function isDoubtful({ flags }: Found, { quotedRecordDelimiters }: CsvDialect): boolean {
  return (flags & (indexFlag.irregular | (quotedRecordDelimiters ? 0 : indexFlag.quotedDelimiter))) !== 0;
}

/** A field as a writer would write it. */
function regularField(random: Random, csv: CsvDialect): string {
  const [delimiter, record, quote] = [csv.fieldDelimiter, csv.recordDelimiter, csv.quote].map(String) as [string, string, string];
  if (quote === '' || random.chance(0.6)) return random.text(['a', 'bc', '1', '-', '.', ' ', 'é', '#'], random.chance(0.1) ? 80 : 6);
  const inside = ['a', 'b', ' ', 'é', '#', delimiter, quote + quote, ...(csv.quotedRecordDelimiters ? [record, '\r', '\n'] : [])];
  return quote + random.text(inside, random.chance(0.1) ? 90 : 7) + quote;
}

/** Records with nothing in them that RFC 4180 does not have, blank lines and comments aside. */
function regularDocument(random: Random, csv: CsvDialect): string {
  const [delimiter, record, comment] = [csv.fieldDelimiter, csv.recordDelimiter, csv.comment].map(String) as [string, string, string];
  let text = '';
  for (let left = random.below(9); left > 0; left--) {
    const fields = Array.from({ length: 1 + random.below(6) }, () => regularField(random, csv));
    const content = random.chance(0.07) ? '' : random.chance(0.07) ? `${comment}x${delimiter}y` : fields.join(delimiter);
    text += content + (csv.trimCarriageReturn && random.chance(0.3) ? '\r' : '') + record;
  }
  return text + (random.chance(0.3) ? regularField(random, csv) : '');
}

/** Runs `check` for every dialect and many rounds until one answers what is wrong; answers how many records were compared. */
async function fuzz(
  t: Test,
  rounds: number,
  dialects: readonly CsvDialect[],
  check: (random: Random, csv: CsvDialect, round: number) => Outcome,
): Promise<void> {
  const random = new Random(seed);
  let records = 0;
  for (const csv of dialects) {
    simd.csvDialect(csv);
    reference.csvDialect(csv);
    for (let round = 0; round < rounds; round++) {
      constants.reset();
      const outcome = check(random, csv, round);
      if (typeof outcome === 'number') records += outcome;
      else
        return void t.strictSame(
          outcome.found,
          outcome.wanted,
          JSON.stringify({ csv: Object.values(csv).map(String), round, text: outcome.text }),
        );
    }
  }
  t.ok(records > rounds * dialects.length, `${records} records compared`);
}

/** How many records were alike, or what was not. */
type Outcome = number | { readonly found: unknown; readonly wanted: unknown; readonly text: string };

function compare(text: Buffer, found: object, wanted: object): Outcome {
  if (isDeepStrictEqual(found, wanted)) return (wanted as Found).rows.length;
  return { found, wanted, text: text.toString('latin1') };
}

const PIECES = ['a', 'b', '1', 'é', '#', '\r', '\n', '\r\n', '\0', ' '];

/** Delimiters, quotes and text in any order. */
function anyDocument(random: Random, csv: CsvDialect): string {
  const [delimiter, record, quote, comment] = [csv.fieldDelimiter, csv.recordDelimiter, csv.quote, csv.comment].map(String) as [
    string,
    string,
    string,
    string,
  ];
  const quotes = random.chance(0.4) ? [] : [quote, quote, delimiter + quote, quote + delimiter, quote + record, record + quote];
  return random.text([...PIECES, delimiter, delimiter, record, record, comment, ...quotes], random.pick([4, 12, 40, 140]));
}

t.test('regular CSV is read alike at every alignment and never called irregular', (t) =>
  fuzz(
    t,
    640,
    DIALECTS.filter(({ comment }) => String(comment) !== '"'),
    (random, csv, round) => {
      const text = Buffer.from(regularDocument(random, csv));
      const base = place(text, round % 64, random);
      const wanted = random.subset(7, 0.4);
      const fast = read(simd, base, text.length, [], wanted);
      const plain = read(reference, base, text.length, [], wanted);
      const commented = csv.comment.length > 0 && (fast.flags & (indexFlag.quotedDelimiter | indexFlag.endsQuoted)) !== 0;
      if (fast.flags & indexFlag.irregular)
        return commented || text.at(-1) === 13 ? 0 : { found: 'irregular', wanted: 'regular', text: String(text) };
      if (isDoubtful(fast, csv)) return 0;
      // why: the fast pass also sees quotes in comments.
      if (plain.flags & ~fast.flags) return { found: fast.flags, wanted: plain.flags, text: String(text) };
      return compare(text, comparable(fast), comparable(plain));
    },
  ),
);

t.test('whatever the bytes, SIMD reads as the plain kernels do or calls them irregular', (t) =>
  fuzz(t, 2000, [...DIALECTS, dialect({ escape: '\\' })], (random, csv, round) => {
    const text = Buffer.from(anyDocument(random, csv));
    const base = place(text, round % 64, random);
    const wanted = random.subset(5, 0.5);
    const fast = read(simd, base, text.length, [], wanted);
    if (isDoubtful(fast, csv)) return 0;
    return compare(text, comparable(fast), comparable(read(reference, base, text.length, [], wanted)));
  }),
);

t.test('a window read in parts is read as a whole', (t) =>
  fuzz(t, 400, DIALECTS, (random, csv, round) => {
    const text = Buffer.from(random.chance(0.7) ? regularDocument(random, csv) : anyDocument(random, csv));
    const base = place(text, round % 64, random);
    const cuts = Array.from({ length: 1 + random.below(3) }, () => Math.min(text.length, random.pick([0, 64, 128]) + random.below(4)));
    cuts.sort((a, b) => a - b);
    const fast = read(simd, base, text.length, cuts, [0, 2]);
    if (isDoubtful(fast, csv)) return 0;
    return compare(text, comparable(fast), comparable(read(reference, base, text.length, [], [0, 2])));
  }),
);

t.test('a window that begins inside quotes', (t) =>
  fuzz(
    t,
    700,
    DIALECTS.filter(({ quote, quotedRecordDelimiters }) => quote.length > 0 && quotedRecordDelimiters),
    (random, csv, round) => {
      const text = Buffer.from(regularDocument(random, csv));
      const base = place(text, round % 64, random);
      const inside = Array.from({ length: text.length }, (_, at) => at).filter((at) => {
        reference.csvIndex(base, 0, at, 0, false);
        return (reference.flags() & indexFlag.endsQuoted) !== 0;
      });
      if (inside.length === 0) return 0;
      const from = random.pick(inside);
      const fast = read(simd, base + from, text.length - from, [], [1, 3], true);
      if (isDoubtful(fast, csv)) return 0;
      const plain = read(reference, base + from, text.length - from, [], [1, 3], true);
      const outcome = compare(text, comparable(fast), comparable(plain));
      if (typeof outcome !== 'number') return outcome;
      // The same records as a reader of the whole document finds after that point.
      const whole = read(reference, base, text.length, [], [1, 3]);
      const later = whole.ends.filter((end) => end > from).map((end) => end - from);
      return isDeepStrictEqual(plain.ends, later) ? 1 + plain.rows.length : { found: plain.ends, wanted: later, text: String(text) };
    },
  ),
);
