/** Whole documents through windows of any size and splits cut anywhere, against csv-parse. */

import { isDeepStrictEqual } from 'node:util';
import { parse } from 'csv-parse/sync';
import t, { type Test } from 'tap';
import { CsvWindows } from '../src/formats/csv-window.ts';
import type { ByteSource, QuoteState } from '../src/formats/scan.ts';
import type { CsvDialect } from '../src/kernels/kernels.ts';
import { constants, dialect, fieldTexts, layout, memory, Random, reference, seed, simd } from './support/kernels.ts';

const COLUMNS = 6;
const STRIDE = 8 * 8192;

function sourceOf(text: Buffer): ByteSource {
  return { size: text.length, read: (into, at, length, offset) => text.copy(into, at, offset, Math.min(offset + length, text.length)) };
}

interface Part {
  readonly records: string[][];
  /** Counts only if the start was assumed right. */
  readonly error: unknown;
  readonly assumedStart: QuoteState;
  readonly endState: QuoteState;
}

interface Reading {
  readonly text: Buffer;
  readonly csv: CsvDialect;
  readonly window_bytes: number;
  /** Rows per batch. */
  readonly rows_max: number;
  /** Read by the plain kernels only. */
  readonly plain: boolean;
}

/** The records of the object bytes `start < b <= end` (`start <= b` for the first). */
function readSplit(reading: Reading, index: number, start: number, end: number, startState: QuoteState): Part {
  constants.reset();
  const gaps = constants.u32s(Array<number>(COLUMNS).fill(0));
  const windows = new CsvWindows({
    memory,
    simd: reading.plain ? reference : simd,
    reference,
    dialect: reading.csv,
    source: sourceOf(reading.text),
    split: { index, start, end, first: index === 0 },
    startState: index === 0 ? 'outside' : startState,
    resume: null,
    record_bytes_max: 65_536,
    window_bytes: reading.window_bytes,
    unfinished: false,
  });
  const records: string[][] = [];
  let error: unknown = null;
  try {
    readRows(windows, reading.rows_max, gaps, records);
  } catch (thrown) {
    error = thrown;
  }
  return { records, error, assumedStart: windows.assumedStart, endState: windows.endState };
}

function readRows(windows: CsvWindows, rows_max: number, gaps: number, records: string[][]): void {
  for (let rows = windows.nextRows(rows_max); rows > 0; rows = windows.nextRows(rows_max)) {
    windows.kernels.csvLocate(0, rows, gaps, COLUMNS, layout.fields, STRIDE, windows.flags);
    const numbers = Array.from({ length: rows }, (_, row) => row);
    const texts = Array.from({ length: COLUMNS }, (_, column) => fieldTexts(layout.fields + column * STRIDE, numbers));
    for (const row of numbers) records.push(texts.map((column) => column[row]!).filter((field) => field !== null));
  }
}

/** All records, split by split; a split whose start was guessed wrong is read again, as the driver does. */
function readAll(reading: Reading, cuts: readonly number[]): string[][] {
  const records: string[][] = [];
  let state: QuoteState = 'outside';
  const bounds = [0, ...cuts, reading.text.length];
  for (let index = 0; index + 1 < bounds.length; index++) {
    const [start, end] = [bounds[index]!, bounds[index + 1]!];
    let part = readSplit(reading, index, start, end, 'unknown');
    if (part.assumedStart !== state) part = readSplit(reading, index, start, end, state);
    if (part.error !== null) throw part.error;
    records.push(...part.records);
    state = part.endState;
  }
  return records;
}

function oracle(text: Buffer, csv: CsvDialect): string[][] {
  const records: string[][] = parse(text, {
    delimiter: String(csv.fieldDelimiter),
    record_delimiter: csv.trimCarriageReturn ? ['\r\n', '\n'] : String(csv.recordDelimiter),
    quote: csv.quote.length === 0 ? null : String(csv.quote),
    escape: csv.escape.length === 0 ? null : String(csv.escape),
    comment: String(csv.comment),
    comment_no_infix: true,
    skip_empty_lines: true,
    relax_column_count: true,
  });
  return records.map((record) => record.slice(0, COLUMNS).map((field) => Buffer.from(field).toString('latin1')));
}

function documentOf(random: Random, csv: CsvDialect, most: number): Buffer {
  const [delimiter, record, quote, mark, comment] = [csv.fieldDelimiter, csv.recordDelimiter, csv.quote, csv.escape, csv.comment].map(
    String,
  ) as [string, string, string, string, string];
  const inside = ['a', 'word', ' ', 'é', delimiter, mark + quote, comment, ...(csv.quotedRecordDelimiters ? [record, record] : [])];
  if (mark !== quote) inside.push(mark + mark);
  const quotedShare = quote === '' ? 0 : random.pick([0, 0.1, 0.9]);
  const long = random.chance(0.2);
  const field = (): string => {
    const length = long && random.chance(0.05) ? 400 : 7;
    if (random.chance(quotedShare)) return quote + random.text(inside, length) + quote;
    return random.text(['a', 'bc', '12', '.', ' ', 'é', ...(record === '\r\n' ? ['\n'] : [])], length);
  };
  let text = '';
  for (let left = random.below(most); left > 0; left--) {
    const fields = Array.from({ length: 1 + random.below(COLUMNS) }, field).join(delimiter);
    text += (random.chance(0.05) ? '' : random.chance(0.05) ? `${comment} ${delimiter} x` : fields) + record;
  }
  if (random.chance(0.5)) text += field();
  // Carriage returns before the delimiter: all or none, as a program writes them; csv-parse then trims them alike.
  return Buffer.from(csv.trimCarriageReturn && random.chance(0.3) ? text.replaceAll('\n', '\r\n') : text);
}

async function compareAll(
  t: Test,
  rounds: number,
  dialects: readonly CsvDialect[],
  cut: (random: Random, size: number) => number[],
): Promise<void> {
  const random = new Random(seed);
  let records = 0;
  for (const csv of dialects) {
    for (let round = 0; round < rounds; round++) {
      const text = documentOf(random, csv, random.pick([4, 30, 120]));
      const reading: Reading = {
        text,
        csv,
        window_bytes: 64 * random.pick([1, 2, 3, 16, 64]),
        rows_max: random.pick([1, 3, 8192]),
        plain: random.chance(0.3),
      };
      const cuts = cut(random, text.length);
      const wanted = oracle(text, csv);
      const found = readAll(reading, cuts);
      records += found.length;
      if (isDeepStrictEqual(found, wanted)) continue;
      const at = wanted.findIndex((record, i) => !isDeepStrictEqual(record, found[i]));
      const context = {
        csv: Object.values(csv).map(String),
        round,
        window: reading.window_bytes,
        rows: reading.rows_max,
        plain: reading.plain,
        cuts,
        at,
        text: String(text),
      };
      return void t.strictSame(
        { length: found.length, record: found[at] },
        { length: wanted.length, record: wanted[at] },
        JSON.stringify(context),
      );
    }
  }
  t.ok(records > 2000, `${records} records`);
}

const COMMON = [
  dialect(),
  dialect({ quotedRecords: false }),
  dialect({ record: '\r\n' }),
  dialect({ delimiter: '\t', record: ';', quote: "'" }),
  dialect({ quote: '' }),
];
const EXOTIC = [
  dialect({ delimiter: '::', quotedRecords: false }),
  dialect({ delimiter: '€', quote: '«', comment: '\u{1f600}' }),
  dialect({ record: 'é\n' }),
  dialect({ record: '\u{1f600}', delimiter: '¦', quote: '"', quotedRecords: false }),
  dialect({ escape: '\\' }),
];

/** Cuts at characters' first bytes and in their middle alike, as fixed boundaries fall. */
function anyCuts(random: Random, size: number): number[] {
  const cuts = Array.from({ length: random.below(6) }, () => random.below(size + 1));
  return [...new Set(cuts)].sort((a, b) => a - b);
}

t.test('whole objects, common dialects', (t) => compareAll(t, 120, COMMON, () => []));

t.test('whole objects, dialects only the plain kernels read', (t) => compareAll(t, 60, EXOTIC, () => []));

t.test('splits cut anywhere hold each record once', (t) => compareAll(t, 250, COMMON, anyCuts));

t.test('splits of dialects only the plain kernels read', (t) =>
  compareAll(
    t,
    60,
    EXOTIC.filter((csv) => !csv.quotedRecordDelimiters),
    anyCuts,
  ),
);
