/** JSON kernels: the SIMD ones against their plain twins on random text, valid or not, and both against JSON.parse. */
import t, { type Test } from 'tap';
import { limits } from '../src/base/limits.ts';
import { locateProgram, sourceProgram } from '../src/formats/json-program.ts';
import { FRAME_BYTES, jsonFlag, STATE_BYTES, walkStatus } from '../src/kernels/json-kernels.ts';
import { FIELD_MISSING, indexFlag, type Kernels } from '../src/kernels/kernels.ts';
import type { PathStep } from '../src/vector/path.ts';
import { bytes, constants, layout, Random, seed, twins, u8, u32 } from './support/kernels.ts';
import { mixedText, parses, randomValue, spoiled, validText } from './support/random-json.ts';

/** What the twins tell alike; the others are their own. */
const FLAGS = indexFlag.highByte | jsonFlag.newlineInside | jsonFlag.deep;
const COLUMNS = 7;
const STRIDE = 8 * 4096;
const member = (name: string, exact = false): PathStep => ({ kind: 'member', name, exact });
const index = (at: number): PathStep => ({ kind: 'index', index: at });
const elements: PathStep = { kind: 'elements' };
const members: PathStep = { kind: 'members' };

const sources: readonly (readonly PathStep[])[] = [
  [],
  [elements],
  [member('a'), elements],
  [members],
  [member('a')],
  [member('b', true), index(1), elements],
  [elements, elements],
  [members, member('a'), elements],
];
const columns: readonly (readonly PathStep[])[] = [
  [member('a')],
  [member('b', true)],
  [member('a'), member('a')],
  [member('items'), index(1)],
  [index(0), member('b')],
  [member('k'.repeat(70))],
  [member('a","b')],
  [member('\\u0061', true)],
  [index(0)],
];
/** Columns without elements of lists, which are looked for in another way where no record has lists. */
const named: readonly (readonly PathStep[])[] = [
  [member('a')],
  [member('b', true)],
  [member('a'), member('a')],
  [member(':')],
  [member('n'.repeat(16))],
  [member('n'.repeat(28))],
  [member('k'.repeat(70))],
  [member('a","b')],
  [member('\\u0061', true)],
];

/** Values that are none, and those that are no strings. */
const broken = ['', '01', '1.', '.5', 'tru', '-', '1.2.3', '1234567890123456.5.1', '1234567890123456.', '"a"1', '"a":"b"', '1,', ',1'];
const numbers = [
  '0',
  '-1',
  '1.50',
  '12345678901234567890',
  '1e5',
  '100',
  '0.1',
  '17',
  '12949.09',
  '1234567890123456',
  '1234567890123456.5',
  'true',
  'false',
  'null',
];

t.setTimeout(120_000);

t.test('random text in windows of every size: twins agree on flags, records, columns, texts, output and errors', (t) => {
  const random = new Random(seed);
  for (let run = 0; run < 3000; run++) {
    constants.reset();
    const source = random.pick(sources);
    const text = Buffer.from(random.chance(0.6) ? validText(random) : mixedText(random));
    // Bytes beyond ASCII, in any order, are no UTF-8.
    for (let spoils = random.chance(0.2) ? 1 + random.below(4) : 0; spoils > 0; spoils--) {
      text[random.below(text.length)] = 0x80 + random.below(128);
    }
    if (!agree(t, random, text, source)) break;
  }
  t.end();
});

t.test('texts of many blocks, mostly of flat records: the same', (t) => {
  const random = new Random(seed + 2);
  for (let run = 0; run < 60; run++) {
    constants.reset();
    const inList = random.chance(0.3);
    const escapes = random.chance(0.5);
    const nested = random.chance(0.4) ? random.pick([0.02, 0.5]) : 0;
    const records = Array.from({ length: 20 + random.below(200) }, () =>
      random.chance(nested) ? randomValue(random, 3) : flatRecord(random, escapes),
    );
    const valid = inList ? `[${records.join(random.pick([',', ',\n', ' , ']))}]` : records.join(random.pick(['\n', '\n', '\r\n', ' ']));
    if (!agree(t, random, Buffer.from(random.chance(0.3) ? spoiled(random, valid) : valid), inList ? [elements] : [])) break;
  }
  t.end();
});

t.test('texts of records that look alike: the same', (t) => {
  const random = new Random(seed + 3);
  for (let run = 0; run < 150; run++) {
    constants.reset();
    const text = alikeRecords(random).join('\n');
    if (!agree(t, random, Buffer.from(random.chance(0.2) ? spoiled(random, text) : text), [])) break;
  }
  t.end();
});

t.test('each value that is none, as the last of records that look alike: the same', (t) => {
  const random = new Random(seed + 4);
  for (const value of [...broken, ...numbers]) {
    constants.reset();
    if (!agree(t, random, Buffer.from(`{"b":1,"a":2}\n{"b":1,"a":2}\n{"b":1,"a":${value}}\n`.repeat(9)), [])) break;
  }
  t.end();
});

t.test('what is known of a record that did not fit is not believed of another in its place', (t) => {
  constants.reset();
  const { json } = twins[0]!;
  const record = '{"a":1,"b":2}\n';
  const style = constants.recordDelimiter(Buffer.from('\n'));
  const second = constants.u32s([1]);
  const write = (text: string, selection: number, count: number, room: number): number => {
    u8.fill(0, layout.json_state, layout.json_state + STATE_BYTES);
    json.jsonPath(layout.json_state, sourceProgram(constants, []));
    u8.set(Buffer.from(text), layout.read);
    json.walkIndex(layout.read, text.length, 1);
    t.equal(json.jsonWalk(layout.read, 1, 10), text.length / record.length);
    json.jsonWriteRecords(selection, count, style, layout.output, layout.output + room);
    return json.jsonWrittenRows();
  };
  t.equal(write(record.repeat(4), 0, 4, 200), 4, 'all records');
  t.equal(write(record.repeat(4), 0, 4, record.length + 20), 1, 'one record');
  t.equal(write(`${record}${record.replace('"b":', '"b";')}`, second, 1, 200), 0, 'no record');
  t.equal(json.jsonBlocked(), 1);
  t.end();
});

/** Whether the twins tell the same of a text in random windows. */
function agree(t: Test, random: Random, text: Buffer, source: readonly PathStep[]): boolean {
  const cuts = Array.from({ length: 3 }, () => 1 + random.below(Math.max(1, text.length)));
  const lines = random.chance(0.5);
  const [fast, plain] = twins.map((kernels) => readAll(kernels, text, source, cuts, lines));
  if (JSON.stringify(fast) === JSON.stringify(plain)) return true;
  t.same(fast, plain, JSON.stringify({ text: text.toString(), source, cuts, lines }));
  return false;
}

/** Records of the same members in the same order, but for some. */
function alikeRecords(random: Random): string[] {
  const names = ['a', 'b', 'ab', 'B', 'é', 'n'.repeat(12), 'n'.repeat(13), 'n'.repeat(16), 'n'.repeat(28), 'n'.repeat(29), 'n'.repeat(40)];
  const keys = Array.from({ length: 1 + random.below(random.chance(0.1) ? 80 : 8) }, () => random.pick(names));
  const space = random.chance(0.1) ? ' ' : '';
  const kinds = keys.map(() => random.below(3));
  const value = (kind: number): string => {
    if (random.chance(0.004)) return random.pick([...broken, '.', '-5', '[]', '{"a":1}', '"a" ', '"\\u0061"', '1 ', '00', '0.', '01.5']);
    if (kind === 0) return `"${random.text(['', 'a', 'ab', 'text ', ',', ':1,', 'n'.repeat(16), 'x'.repeat(random.below(80))], 3)}"`;
    return kind === 1 ? String(random.below(2_000_000) / random.pick([1, 100])) : random.pick(numbers);
  };
  return Array.from({ length: 10 + random.below(100) }, () => {
    const members = keys.map((key, index) => `"${key}":${space}${value(kinds[index]!)}`);
    if (random.chance(0.02)) members.splice(random.below(members.length), 1);
    if (random.chance(0.01)) members.splice(random.below(members.length), 0, '"other": 1');
    const record = `{${members.join(',')}}`;
    if (!random.chance(0.01)) return record;
    const at = random.pick([...record.matchAll(/[:,{}]/g)]).index;
    return record.slice(0, at) + random.pick([':', ',', ';', ' ']) + record.slice(at + 1);
  });
}

/** An object of scalars: keys that are found and their like, equal ones, text as long as a key, brackets and escapes in strings. */
function flatRecord(random: Random, escapes: boolean): string {
  const space = random.chance(0.1) ? random.pick([' ', '\t', '  ']) : '';
  const keys = [
    'a',
    'a',
    'b',
    'b',
    'A',
    'c',
    'ab',
    '',
    'k'.repeat(70),
    'K'.repeat(70),
    'x'.repeat(random.below(150)),
    '\\u0061',
    'é',
    'a\\"',
  ];
  const texts = [
    '',
    'a',
    'b',
    'x'.repeat(random.below(80)),
    ',',
    ':1,',
    '}',
    '{',
    '[|]',
    'é',
    '€x',
    '\u{1f600}',
    '\\"',
    '\\\\',
    '\\u0061b',
  ];
  const without = (all: readonly string[]): readonly string[] => (escapes ? all : all.filter((text) => !text.includes('\\')));
  const members = Array.from({ length: random.below(9) }, () => {
    const value = random.chance(0.005)
      ? random.pick(broken)
      : random.chance(0.5)
        ? random.pick(numbers)
        : `"${random.text(without(texts), 3)}"`;
    return `"${random.pick(without(keys))}"${space}:${space}${value}`;
  });
  return random.chance(0.02) ? `[${random.pick(numbers)}${space}, "a"]` : `{${members.join(`,${space}`)}}`;
}

/** Everything the kernels say of a text that is read in windows that end at `cuts`, as far as they get. */
function readAll(kernels: Kernels, text: Buffer, source: readonly PathStep[], cuts: readonly number[], lines: boolean): unknown[] {
  const { json } = kernels;
  const told: unknown[] = [];
  u8.fill(0, layout.json_state, layout.json_state + STATE_BYTES + FRAME_BYTES * limits.path_steps_max);
  json.jsonPath(layout.json_state, sourceProgram(constants, source));
  const programs = [columns, named].map((paths) => locateProgram(constants, paths));
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
    if (cut <= at) continue;
    const base = layout.read;
    u8.set(text.subarray(at, cut), base);
    u8.set(Buffer.from('"}]{,:'), base + cut - at);
    const last = cut === text.length;
    told.push(json.walkIndex(base, cut - at, Number(lines)) & FLAGS, json.jsonControlAt() - (json.jsonControlAt() < 0 ? 0 : base));
    told.push(json.jsonEncodingAt() - (json.jsonEncodingAt() < 0 ? 0 : base));
    let from = base;
    for (;;) {
      const rows = json.jsonWalk(from, Number(last), 1 + (cuts[0]! % 4));
      const status = json.walkStatus();
      told.push(
        rows,
        status,
        json.walkNext() - base,
        state(),
        Array.from(u32.subarray(layout.rows >> 2, (layout.rows >> 2) + 2 * rows), (address) => address - base),
      );
      if (json.jsonControlAt() < 0) told.push(...columnsOf(kernels, rows, programs));
      from = json.walkNext();
      if (status !== walkStatus.full) break;
    }
    at += from - base;
    if (json.walkStatus() === walkStatus.bad) break;
  }
  return told;
}

function state(): string {
  const frames = u32[layout.json_state >> 2]!;
  return bytes.toString('hex', layout.json_state, layout.json_state + STATE_BYTES + frames * FRAME_BYTES);
}

/** Tokens of the columns, the texts of strings, and all four ways of output: of rows in order, for elsewhere columns may differ. */
function columnsOf({ json }: Kernels, all: number, [program, flat]: readonly number[]): unknown[] {
  const told: unknown[] = [];
  const valid: number[] = [];
  for (let row = 0; row < all; row++) {
    const start = u32[(layout.rows >> 2) + 2 * row]!;
    const end = u32[(layout.rows >> 2) + 2 * row + 1]!;
    const error = json.jsonError(start, end, 5);
    told.push(error < 0 ? error : error - layout.read);
    if (start === end || json.jsonError(start, end, 1000) < 0) valid.push(row);
  }
  const selection = constants.u32s(valid);
  const rows = valid.length;
  json.jsonLocate(selection, rows, flat!, named.length, layout.fields, STRIDE);
  for (let column = 0; column < named.length; column++) told.push(valid.map((row) => fieldAt(layout.fields + column * STRIDE, row)));
  json.jsonLocate(selection, rows, program!, COLUMNS, layout.fields, STRIDE);
  for (let column = 0; column < COLUMNS; column++) {
    const fields = layout.fields + column * STRIDE;
    for (const row of valid) told.push(fieldAt(fields, row));
    u8.fill(0, layout.undecided, layout.undecided + all);
    const texts = layout.fields + (COLUMNS + 1) * STRIDE;
    const kept = json.jsonStrings(fields, selection, rows, texts, layout.selections[0]);
    told.push(json.jsonOthers(), [...u8.subarray(layout.undecided, layout.undecided + all)]);
    for (const row of u32.subarray(layout.selections[0] >> 2, (layout.selections[0] >> 2) + kept)) told.push(row, fieldAt(texts, row));
  }
  const list = constants.u32s(columns.map((_, column) => layout.fields + column * STRIDE));
  const keys = constants.fields(columns.map((_, column) => Buffer.from(`"${column}":`)));
  const csv = constants.style(
    {
      fieldDelimiter: Buffer.from(','),
      recordDelimiter: Buffer.from('\n'),
      quote: Buffer.from('"'),
      escape: Buffer.from('"'),
      always: false,
    },
    false,
  );
  const style = constants.recordDelimiter(Buffer.from('\n'));
  const end = layout.output + layout.output_bytes;
  json.jsonWriteColumns(list, COLUMNS, keys, selection, rows, style, layout.output, end);
  told.push(written(json));
  json.jsonWriteRecords(0, all, style, layout.output, end);
  told.push(written(json));
  json.jsonWriteCsv(list, COLUMNS, selection, rows, csv, layout.output, end);
  told.push(written(json));
  json.jsonWriteCsvRecords(0, all, csv, layout.output, end);
  told.push(written(json));
  const needle = constants.bytes(Buffer.from('ab'));
  const hits = json.jsonContaining(all, needle, 2, layout.selections[1]);
  told.push([...u32.subarray(layout.selections[1] >> 2, (layout.selections[1] >> 2) + hits)]);
  return told;
}

function fieldAt(fields: number, row: number): string | null {
  const start = u32[(fields >> 2) + 2 * row]!;
  const length = u32[(fields >> 2) + 2 * row + 1]!;
  return length === FIELD_MISSING ? null : bytes.toString('latin1', start, start + length);
}

function written(json: Kernels['json']): unknown[] {
  return [json.jsonWrittenRows(), json.jsonBlocked(), bytes.toString('latin1', layout.output, json.jsonWrittenEnd())];
}

t.test('jsonError and JSON.parse agree on what is JSON', (t) => {
  const random = new Random(seed + 1);
  for (let run = 0; run < 20_000; run++) {
    const text = random.chance(0.3) ? `${randomValue(random, 3)} ` : spoiled(random, randomValue(random, 3));
    const start = layout.read;
    const length = u8.subarray(start).length > 0 ? new TextEncoder().encodeInto(text, u8.subarray(start, start + 60_000)).written : 0;
    const [fast, plain] = twins.map(({ json }) => json.jsonError(start, start + length, 1000));
    const isJson = parses(text);
    if (fast !== plain || (fast === -1) !== isJson) {
      t.same([fast, plain, fast === -1], [plain, plain, isJson], JSON.stringify(text));
      break;
    }
  }
  t.end();
});

t.test('strings: odd runs of backslashes, escapes and quotes across the edges of blocks', (t) => {
  for (let before = 0; before < 130; before++) {
    for (let run = 0; run < 6; run++) {
      const text = `{"${'x'.repeat(before)}":"${'\\'.repeat(2 * run)}","a":"${'\\\\'.repeat(run)}\\"end","b":1}`;
      if (!parses(text)) continue;
      const expected = [JSON.stringify(JSON.parse(text).a), '1'];
      for (const kernels of twins) {
        constants.reset();
        load(kernels, text);
        kernels.json.jsonLocate(0, 1, locateProgram(constants, [[member('a')], [member('b')]]), 2, layout.fields, STRIDE);
        const found = [fieldAt(layout.fields, 0), fieldAt(layout.fields + STRIDE, 0)];
        if (found.join() !== expected.join()) return void t.same(found, expected, `${kernels.kind} ${text}`);
      }
    }
  }
  t.end();
});

t.test('escapes: every kind, surrogates, and what JSON.parse makes of them', (t) => {
  const cases = [
    '\\u0041',
    '\\u00e9\\u20ac',
    '\\ud83d\\ude00',
    'a\\ud83d\\ude00b',
    '\\n\\r\\t\\b\\f\\/\\\\\\"',
    'é\\u00e9',
    '\\ud83dx',
    '\\ude00',
    '\\ud83d\\ud83d\\ude00',
  ];
  for (const text of cases) {
    const expected = Buffer.from((JSON.parse(`"${text}"`) as string).toWellFormed()).toString();
    for (const kernels of twins) {
      constants.reset();
      load(kernels, `{"a":"${text}"}`);
      kernels.json.jsonLocate(0, 1, locateProgram(constants, [[member('a')]]), 1, layout.fields, STRIDE);
      kernels.json.jsonStrings(layout.fields, 0, 1, layout.fields + STRIDE, layout.selections[0]);
      t.equal(Buffer.from(fieldAt(layout.fields + STRIDE, 0) ?? '', 'latin1').toString(), expected, `${kernels.kind} ${text}`);
    }
  }
  t.end();
});

function load({ json }: Kernels, text: string): void {
  const { written: size } = new TextEncoder().encodeInto(text, u8.subarray(layout.read, layout.read + 60_000));
  u8.fill(0, layout.json_state, layout.json_state + STATE_BYTES);
  json.jsonPath(layout.json_state, sourceProgram(constants, []));
  json.walkIndex(layout.read, size, 1);
  json.jsonWalk(layout.read, 1, 10);
}
