/** Predicates and number reading: SIMD against the plain kernels, and both against what JavaScript says. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { type Bound, bound, type Kernels, numberReading } from '../src/kernels/kernels.ts';
import { rowState, valueReading } from '../src/kernels/value-kernels.ts';
import { compileLike, parseLikePattern } from '../src/vector/like.ts';
import {
  constants,
  dialect,
  f64,
  fieldTexts,
  layout,
  place,
  placeFields,
  Random,
  reference,
  seed,
  selectionAt,
  simd,
  twins,
  u8,
  u32,
} from './support/kernels.ts';

const { fields, undecided } = layout;
const [first, second] = layout.selections;
const options = { seed, numRuns: 400 };

/** A column of texts, some of them MISSING. */
function column(texts: fc.Arbitrary<string>): fc.Arbitrary<(string | null)[]> {
  return fc.array(fc.option(texts, { freq: 8 }), { maxLength: 40 });
}

/** Lays the column out and selects some of its rows; answers the selection. */
function layColumn(texts: readonly (string | null)[], random: Random): { rows: number[]; selection: number } {
  constants.reset();
  placeFields(
    texts.map((text) => (text === null ? null : Buffer.from(text))),
    fields,
    random,
  );
  const all = random.chance(0.5);
  const rows = texts.map((_, row) => row).filter(() => all || random.chance(0.5));
  u32.set(rows, first >> 2);
  return { rows, selection: all ? 0 : first };
}

interface Kept {
  readonly rows: number[];
  readonly undecided: number[];
}

function select(kernels: Kernels, count: number, run: (kernels: Kernels, into: number) => number): Kept {
  u8.fill(0, undecided, undecided + count);
  const kept = run(kernels, second);
  return { rows: selectionAt(second, kept), undecided: [...u8.subarray(undecided, undecided + count)] };
}

/** Both twins keep the rows `wanted` says. */
function check(
  texts: readonly (string | null)[],
  rows: readonly number[],
  wanted: (text: string | null) => boolean | null,
  run: (kernels: Kernels, into: number) => number,
): void {
  const expected = {
    rows: rows.filter((row) => wanted(texts[row]!) !== false),
    undecided: texts.map((text, row) => Number(rows.includes(row) && wanted(text) === null)),
  };
  for (const kernels of twins) {
    const found = select(kernels, texts.length, run);
    if (!isDeepStrictEqual(found, expected)) throw new Error(`${kernels.kind}: ${JSON.stringify({ found, expected })}`);
  }
}

const digits = (most: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: most });
const decimalText = fc.tuple(fc.constantFrom('', '', '-'), digits(13), fc.constantFrom('', '.'), digits(13)).map((parts) => parts.join(''));
const numberText = fc.oneof(
  { weight: 4, arbitrary: decimalText },
  { weight: 2, arbitrary: fc.double({ noNaN: true }).map(String) },
  { weight: 2, arbitrary: fc.integer().map(String) },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789.-+eE /:\xb0'), maxLength: 26 }) },
  fc.constantFrom(
    '',
    '-',
    '.',
    '-.',
    ' 1',
    '1 ',
    '--1',
    '1.2.3',
    '0',
    '-0',
    '00000000',
    '000000000000001',
    '0000000000000001',
    'NaN',
    'Infinity',
    '1,2',
  ),
);

/** The number a kernel must decide the text to be, null where it must not. */
function decided(text: string | null, reading: number): number | null {
  const pattern = reading === numberReading.int ? /^-?\d+$/ : /^-?(\d+\.?\d*|\.\d+)$/;
  if (text === null || !pattern.test(text)) return null;
  const unsigned = text.replace('-', '');
  return unsigned.length <= 24 && unsigned.replace('.', '').length <= 15 ? Number(text) : null;
}

t.test('numbers are read exactly or not at all', async () => {
  const random = new Random(seed);
  const values = layout.frames;
  const codes = values + 8 * 64;
  const states = codes + 64;
  fc.assert(
    fc.property(column(numberText), fc.constantFrom('float', 'int'), (texts, reading) => {
      const { rows, selection } = layColumn(texts, random);
      const wanted = rows.map((row) => decided(texts[row]!, reading === 'int' ? numberReading.int : numberReading.decimal));
      for (const kernels of twins) {
        kernels.values.readValues(
          fields,
          8,
          selection === 0 ? layout.identity : selection,
          rows.length,
          valueReading[reading],
          values,
          codes,
          states,
        );
        const found = rows.map((row) => (u8[states + row] === rowState.value ? f64[(values >> 3) + row]! : null));
        if (!isDeepStrictEqual(found, wanted)) {
          throw new Error(`${kernels.kind}: ${JSON.stringify({ found, wanted, texts: rows.map((row) => texts[row]) })}`);
        }
      }
    }),
    { ...options, numRuns: 3000 },
  );
});

t.test('number ranges', async () => {
  const random = new Random(seed);
  const edge = fc.oneof(
    numberText.map(Number).filter((value) => !Number.isNaN(value)),
    fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
  );
  fc.assert(
    fc.property(
      column(numberText),
      edge,
      edge,
      fc.constantFrom(...Object.values(numberReading)),
      fc.boolean(),
      (texts, lowest, high, reading, negated) => {
        const { rows, selection } = layColumn(texts, random);
        // Often one of the column's own numbers: bounds are inclusive.
        const low = texts.map((text) => decided(text, reading)).find((value) => value !== null && value <= high) ?? lowest;
        const wanted = (text: string | null): boolean | null => {
          if (text === null || (text === '' && reading === numberReading.untyped)) return false;
          const value = decided(text, reading);
          return value === null ? null : (value >= low && value <= high) !== negated;
        };
        check(texts, rows, wanted, (kernels, into) =>
          kernels.selectNumber(fields, selection, rows.length, low, high, reading, negated, into),
        );
      },
    ),
    options,
  );
});

const shortText = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'é', '\u{1f600}', '~'), maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', 'ab'), maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc
    .tuple(fc.constantFrom('eight by', 'eight bytes and'), fc.string({ unit: fc.constantFrom('a', '~', 'é'), maxLength: 3 }))
    .map((parts) => parts.join('')),
);
const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

t.test('text ranges, in byte order', async () => {
  const random = new Random(seed);
  const bounds = fc.constantFrom<Bound>(...Object.values(bound));
  fc.assert(
    fc.property(column(shortText), shortText, bounds, shortText, bounds, fc.boolean(), (texts, low, lowBound, high, highBound, negated) => {
      const { rows, selection } = layColumn(texts, random);
      const [lowBytes, highBytes] = [Buffer.from(low), Buffer.from(high)];
      const at = {
        low: constants.bytes(lowBytes),
        lowLength: lowBytes.length,
        lowBound,
        high: constants.bytes(highBytes),
        highLength: highBytes.length,
        highBound,
      };
      const wanted = (text: string | null): boolean => {
        if (text === null) return false;
        const above = lowBound === bound.none || order(text, low) >= (lowBound === bound.inclusive ? 0 : 1);
        const below = highBound === bound.none || order(text, high) <= (highBound === bound.inclusive ? 0 : -1);
        return (above && below) !== negated;
      };
      check(texts, rows, wanted, (kernels, into) => kernels.selectText(fields, selection, rows.length, at, negated, into));
    }),
    { ...options, numRuns: 1500 },
  );
});

t.test('sets of texts, and presence', async () => {
  const random = new Random(seed);
  fc.assert(
    fc.property(column(shortText), fc.uniqueArray(shortText, { maxLength: 9 }), fc.boolean(), (texts, others, negated) => {
      const { rows, selection } = layColumn(texts, random);
      const members = [...new Set([...others, ...texts.slice(0, 3).filter((text) => text !== null)])].sort(order);
      const set = constants.textSet(members.map((member) => Buffer.from(member)));
      check(
        texts,
        rows,
        (text) => (text !== null && members.includes(text)) !== negated,
        (kernels, into) => kernels.selectIn(fields, selection, rows.length, set, members.length, negated, into),
      );
      check(
        texts,
        rows,
        (text) => (text !== null) !== negated,
        (kernels, into) => kernels.selectPresent(fields, selection, rows.length, negated, into),
      );
    }),
    options,
  );
});

t.test('LIKE', async () => {
  const random = new Random(seed);
  const patternText = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', 'é', '\u{1f600}'), maxLength: 8 });
  fc.assert(
    fc.property(column(shortText), patternText, fc.boolean(), (texts, text, negated) => {
      const { rows, selection } = layColumn(texts, random);
      const pattern = parseLikePattern(text, null);
      const matches = compileLike(pattern);
      const program = constants.likeProgram(pattern);
      check(
        texts,
        rows,
        (value) => value !== null && matches(value) !== negated,
        (kernels, into) => kernels.selectLike(fields, selection, rows.length, program, negated, into),
      );
    }),
    { ...options, numRuns: 3000 },
  );
});

t.test('records whose column contains a text', async (t) => {
  const random = new Random(seed);
  let kept = 0;
  for (let round = 0; round < 3000; round++) {
    constants.reset();
    const quotes = random.chance(0.5);
    const field = (): string => {
      const text = random.text(['a', 'b', 'ab', 'é'], random.chance(0.1) ? 70 : 8);
      return quotes && random.chance(0.5) ? `"${text}${random.text([',', 'a', '""', 'b', '\n'], 4)}"` : text;
    };
    const records = Array.from({ length: random.below(8) }, () => Array.from({ length: 1 + random.below(4) }, field).join(','));
    const text = Buffer.from(records.map((record) => `${random.chance(0.1) ? '#ab\n' : ''}${record}\n`).join(''));
    const base = place(text, round % 64, random);
    const needle = Buffer.from(random.chance(0.1) ? 'ab'.repeat(1 + random.below(64)) : random.text(['a', 'b', ',', 'é'], 4) || 'b');
    const at = constants.bytes(needle);
    const wantedColumn = random.below(4);
    const found = twins.map((kernels) => {
      kernels.csvDialect(dialect());
      const ends = kernels.csvIndex(base, 0, text.length, 0, false);
      const flags = kernels.flags();
      const { rows } = kernels.csvRecords(base, 0, ends, base, 8192);
      const selected = selectionAt(second, kernels.selectContaining(rows, wantedColumn, at, needle.length, fields, flags, second));
      const irregular = (flags & 2) !== 0;
      return { irregular, selected, texts: fieldTexts(fields, selected) };
    });
    if (found[0]!.irregular) continue;
    kept += found[1]!.selected.length;
    if (!isDeepStrictEqual(found[0], found[1])) {
      t.strictSame(found[0], found[1], JSON.stringify({ text: String(text), needle: String(needle), wantedColumn }));
      return;
    }
  }
  t.ok(kept > 1000, `${kept} rows kept`);
});

t.test('what both refuse to decide they mark for every row', async (t) => {
  placeFields([Buffer.from('x'), Buffer.from('1'), Buffer.from('')], fields, new Random(seed));
  for (const kernels of [simd, reference]) {
    const found = select(kernels, 3, (each, into) => each.selectNumber(fields, 0, 3, 5, 9, numberReading.decimal, true, into));
    t.strictSame(found, { rows: [0, 1, 2], undecided: [1, 0, 1] }, kernels.kind);
  }
});
