/** Writing kernels: SIMD against the plain ones, and both against a CSV and a JSON reader. */

import { isDeepStrictEqual } from 'node:util';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { type CsvStyle, jsonForm, type Kernels, type WriteResult } from '../src/kernels/kernels.ts';
import { rowState } from '../src/kernels/value-kernels.ts';
import { bytes, constants, dialect, layout, place, placeFields, Random, reference, seed, simd, twins, u8, u32 } from './support/kernels.ts';

const { fields, output } = layout;
const COLUMNS = 3;
const STRIDE = 8 * 64;

/** A text, or the state of a field without one. */
type Cell = string | number;

interface Written extends WriteResult {
  readonly text: string;
}

/** What a kernel wrote between `output` and `output + room`; it must not write far past the room. */
function written(kernels: Kernels, room: number, run: (kernels: Kernels, end: number) => void): Written {
  u8.fill(0xee, output, output + room + 512);
  run(kernels, output + room);
  const result = kernels.written();
  const beyond = u8.subarray(Math.max(result.end, output) + 64 + room, output + room + 512);
  return { ...result, text: beyond.every((byte) => byte === 0xee) ? bytes.toString('latin1', output, result.end) : 'wrote past the room' };
}

function bothWrite(room: number, run: (kernels: Kernels, end: number) => void): { same: boolean; fast: Written; plain: Written } {
  const [fast, plain] = twins.map((kernels) => written(kernels, room, run)) as [Written, Written];
  return { same: isDeepStrictEqual(fast, plain), fast, plain };
}

function style(random: Random): CsvStyle {
  const quote = random.pick(['"', '"', "'", '']);
  const mark = quote === '' ? '' : random.pick([quote, quote, '\\']);
  const [fieldDelimiter, recordDelimiter] = [random.pick([',', '\t', '|', '\0']), random.pick(['\n', '\r\n', '\r', ';', '\x02\x03'])];
  return {
    fieldDelimiter: Buffer.from(fieldDelimiter),
    recordDelimiter: Buffer.from(recordDelimiter),
    quote: Buffer.from(quote),
    escape: Buffer.from(mark),
    always: random.chance(0.3),
  };
}

/** Texts of three columns, laid out as fields; the list of the columns' addresses. */
function layColumns(random: Random, alphabet: readonly string[]): { texts: Cell[][]; list: number } {
  const rows = random.below(20);
  const { missing, null: nothing, doubt } = rowState;
  const states = random.chance(0.2) ? [missing, nothing, doubt] : [missing, nothing];
  const cell = (): Cell => (random.chance(0.1) ? random.pick(states) : random.text(alphabet, random.chance(0.15) ? 60 : 5));
  const texts = Array.from({ length: COLUMNS }, () => Array.from({ length: rows }, cell));
  // One call lays all columns out behind one another: their fields are interleaved to the strides.
  const flat = texts.flatMap((column) => [...column, ...Array<Cell>(64 - rows).fill(missing)]);
  placeFields(
    flat.map((text) => (typeof text === 'number' ? null : Buffer.from(text))),
    fields,
    random,
  );
  flat.forEach((text, field) => {
    if (typeof text === 'number') u32[(fields >> 2) + 2 * field + 1] = 2 ** 32 - text;
  });
  return { texts, list: constants.u32s(texts.map((_, column) => fields + column * STRIDE)) };
}

function choose(random: Random, rows: number): { selection: number; chosen: number[] } {
  const all = random.chance(0.5);
  const chosen = Array.from({ length: rows }, (_, row) => row).filter(() => all || random.chance(0.6));
  u32.set(chosen, layout.selections[0] >> 2);
  return { selection: all ? 0 : layout.selections[0], chosen };
}

const TEXT = ['a', 'b', 'é', ' ', ',', '"', "'", '\\', '\t', '|', '\n', '\r', ';', '\x02', '\0', 'long text without anything'];

t.test('columns as CSV', async (t) => {
  const random = new Random(seed);
  let read_back = 0;
  for (let round = 0; round < 1000; round++) {
    constants.reset();
    const { texts, list } = layColumns(random, TEXT);
    const { selection, chosen } = choose(random, texts[0]!.length);
    const csv = style(random);
    const at = constants.style(csv, false);
    const room = random.chance(0.6) ? 8192 : random.below(300);
    const { same, fast, plain } = bothWrite(room, (kernels, end) =>
      kernels.writeCsv(list, COLUMNS, selection, chosen.length, at, output, end),
    );
    if (!same) return void t.strictSame(fast, plain, JSON.stringify({ texts, chosen, csv: Object.values(csv).map(String), room }));
    const doubtful = chosen.findIndex((row) => texts.some((column) => column[row] === rowState.doubt));
    if (room >= 8192 && fast.blocked !== doubtful >= 0) return void t.equal(fast.blocked, doubtful >= 0, 'blocked by a field in doubt');
    if (csv.quote.length === 0 || room < 8192) continue;
    const text = (cell: Cell): string => (typeof cell === 'number' ? '' : Buffer.from(cell).toString('latin1'));
    const readable = doubtful < 0 ? chosen : chosen.slice(0, doubtful);
    const wanted = readable.map((row) => texts.map((column) => text(column[row]!)));
    const found = parse(fast.text, {
      delimiter: String(csv.fieldDelimiter),
      record_delimiter: String(csv.recordDelimiter),
      quote: String(csv.quote),
      escape: String(csv.escape),
    });
    if (!isDeepStrictEqual(found, wanted))
      return void t.strictSame(found, wanted, JSON.stringify({ text: fast.text, csv: Object.values(csv).map(String) }));
    read_back += chosen.length;
  }
  t.ok(read_back > 1000, `${read_back} records read back`);
});

t.test('columns as JSON', async (t) => {
  const random = new Random(seed);
  const names = ['a', 'é "x"', ''];
  for (let round = 0; round < 1000; round++) {
    constants.reset();
    const { texts, list } = layColumns(random, [...TEXT, '\b', '\f', '\x1f', '\x7f', '\u{1f600}']);
    const { selection, chosen } = choose(random, texts[0]!.length);
    const keys = constants.fields(names.map((name) => Buffer.from(`${JSON.stringify(name)}:`)));
    const recordDelimiter = random.pick(['\n', '\r\n', ',', '\u{1f600}\u{1f601}']);
    const at = constants.recordDelimiter(Buffer.from(recordDelimiter));
    const room = random.chance(0.6) ? 16_384 : random.below(500);
    const forms = names.map(() =>
      random.pick([jsonForm.text, jsonForm.text, jsonForm.token, jsonForm.sparse, jsonForm.token | jsonForm.sparse]),
    );
    const plainly = random.chance(0.4);
    const formsAt = plainly ? 0 : constants.bytes(Uint8Array.from(forms));
    const { same, fast, plain } = bothWrite(room, (kernels, end) =>
      kernels.writeJson(list, COLUMNS, keys, formsAt, selection, chosen.length, at, output, end),
    );
    if (!same) return void t.strictSame(fast, plain, JSON.stringify({ texts, chosen, forms, room }));
    const member = (cell: Cell, form: number): string | null => {
      if (cell === rowState.missing || (cell === rowState.null && form & jsonForm.sparse)) return null;
      if (cell === rowState.null) return 'null';
      return form & jsonForm.token ? String(cell) : JSON.stringify(cell);
    };
    const json = chosen.slice(0, fast.rows).map((row) => {
      const members = names.map((name, i) => [name, member(texts[i]![row]!, plainly ? jsonForm.text : forms[i]!)] as const);
      return `{${members.flatMap(([name, token]) => (token === null ? [] : [`${JSON.stringify(name)}:${token}`])).join(',')}}`;
    });
    const found = Buffer.from(fast.text, 'latin1').toString();
    const exact = json.map((record) => record + recordDelimiter).join('') === found;
    if (!exact) return void t.equal(found, json.join(recordDelimiter), 'as JSON.stringify writes it');
    const doubtful = chosen.findIndex((row) => texts.some((column) => column[row] === rowState.doubt));
    const most = doubtful < 0 ? chosen.length : doubtful;
    if (room >= 16_384 && (fast.rows !== most || fast.blocked !== doubtful >= 0)) return void t.equal(fast.rows, most, 'all rows fit');
  }
  t.pass('the bytes of JSON.stringify');
});

t.test('whole records', async (t) => {
  const random = new Random(seed);
  let blocked = 0;
  for (let round = 0; round < 1000; round++) {
    constants.reset();
    const record = random.pick(['\n', '\n', ';', '\r', '\r\n']);
    const csv = dialect({ record });
    const carriage = random.chance(0.3) ? '\r' : '';
    const content = (): string =>
      random.text(['a', 'é', ',', 'bcdefgh', carriage && random.chance(0.2) ? carriage : 'x'], random.chance(0.1) ? 90 : 6);
    const text = Buffer.from(
      Array.from({ length: random.below(12) }, () => content() + (random.chance(0.2) ? carriage : '') + record).join(''),
    );
    const base = place(text, round % 64, random);
    for (const kernels of twins) kernels.csvDialect(csv);
    const ends = reference.csvIndex(base, 0, text.length, 0, false);
    const { rows } = reference.csvRecords(base, 0, ends, base, 8192);
    const { selection, chosen } = choose(random, rows);
    const same_delimiter = random.chance(0.6);
    const recordDelimiter = same_delimiter ? record : random.pick(['\n', '\r\n', '|']);
    const out = { ...style(random), recordDelimiter: Buffer.from(recordDelimiter) };
    const at = constants.style(out, same_delimiter);
    const room = random.chance(0.6) ? 8192 : random.below(200);
    const { same, fast, plain } = bothWrite(room, (kernels, end) => kernels.writeRecords(selection, chosen.length, at, output, end));
    if (!same)
      return void t.strictSame(
        fast,
        plain,
        JSON.stringify({ text: String(text), record, recordDelimiter, chosen, room, quote: String(out.quote) }),
      );
    blocked += Number(plain.blocked);
  }
  t.ok(blocked > 50, `${blocked} times a record with a CR stopped the copy`);
});

t.test('both write nothing where nothing fits', async (t) => {
  constants.reset();
  placeFields([Buffer.from('abc')], fields, new Random(seed));
  const at = constants.style(style(new Random(1)), false);
  const list = constants.u32s([fields]);
  for (const kernels of [simd, reference]) {
    kernels.writeCsv(list, 1, 0, 1, at, output, output);
    t.strictSame(kernels.written(), { rows: 0, end: output, blocked: false }, kernels.kind);
  }
});
