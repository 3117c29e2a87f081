/** Kernels of expressions: SIMD against the plain twins, over texts of every shape, states, constants and selections. */
import fc from 'fast-check';
import t from 'tap';
import { rowState, type ValueKernels, valueReading } from '../src/kernels/value-kernels.ts';
import type { LikePattern } from '../src/vector/like.ts';
import { bytes, constants, f64, layout, placeFields, Random, reference, seed, simd, u8, u32 } from './support/kernels.ts';

const options = { seed, numRuns: 1500 };
const random = new Random(seed);

/** What stands for a state in a column of texts. */
const states = [rowState.missing, rowState.null, rowState.doubt] as const;
type Cell = string | (typeof states)[number];

const left = layout.fields;
const right = left + 8 * 64;
const rowsAt = layout.selections[0];
const madeFields = right + 8 * 64;
const values = layout.frames;
const others = values + 8 * 64;
const codes = others + 8 * 64;
const statesAt = codes + 64;
const texts = layout.output;

const pick = (...parts: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...parts), { maxLength: 9 }).map((all) => all.join(''));
const digits = fc.array(fc.constantFrom(...'0123456789'), { maxLength: 18 }).map((all) => all.join(''));
const numberText = fc.oneof(
  digits,
  fc
    .tuple(fc.constantFrom('', '-', '+', '--', ' '), digits, fc.constantFrom('', '.', '.', '..', 'e', ','), digits)
    .map((parts) => parts.join('')),
  pick('1', '0', '.', '-', '9', 'x'),
);
const two = (most: number): fc.Arbitrary<string> => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
const timeText = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(1900, 2000, 2024, 1, 9999)).map((year) => String(year).padStart(4, '0')),
    two(14),
    two(33),
    fc.constantFrom('', '', 'T', 'Z', 'x'),
    fc.option(fc.tuple(two(25), two(61), fc.option(two(61)), fc.constantFrom('Z', 'Z', '+01:00', '', '-00:00')), { nil: undefined }),
    fc.constantFrom('-', '-', '-', '-', '/', ''),
  )
  .map(([year, month, day, end, time, dash]) => {
    const date = `${year}${dash}${month}-${day}`;
    return time === undefined ? date + end : `${date}T${time[0]}:${time[1]}${time[2] === null ? '' : `:${time[2]}`}${time[3]}`;
  });
const anyText = fc.oneof(
  pick('a', 'B', 'ab', ' ', 'z', '1', '_', '%', '@', '[', '`', '{'),
  pick('a', 'Ä', 'é', '€', '👍', ' '),
  pick('the quick ', 'brown fox ', 'JUMPS over'),
);

function column(text: fc.Arbitrary<string>): fc.Arbitrary<Cell[]> {
  return fc.array(fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: fc.constantFrom(...states) }), {
    minLength: 1,
    maxLength: 40,
  });
}

/** Lays a column out among garbage and selects some of its rows. */
function lay(cells: readonly Cell[], fields: number): number[] {
  placeFields(
    cells.map((cell) => (typeof cell === 'string' ? Buffer.from(cell) : null)),
    fields,
    random,
  );
  cells.forEach((cell, row) => {
    if (typeof cell !== 'string') u32[(fields >> 2) + 2 * row + 1] = 2 ** 32 - cell;
  });
  const rows = random.subset(cells.length, 0.8);
  u32.set(rows, rowsAt >> 2);
  return rows;
}

/** Runs both kernels; `see` reads what they wrote. */
function agree(run: (kernels: ValueKernels) => unknown, see: () => unknown, cells: unknown): void {
  const outcomes = [simd.values, reference.values].map((kernels) => JSON.stringify([run(kernels), see()]));
  if (outcomes[0] !== outcomes[1]) throw new Error(`${JSON.stringify(cells)}: SIMD ${outcomes[0]}, reference ${outcomes[1]}`);
}

function madeTexts(rows: readonly number[]): unknown {
  return rows.map((row) => {
    const start = u32[(madeFields >> 2) + 2 * row]!;
    const length = u32[(madeFields >> 2) + 2 * row + 1]!;
    return length > 2 ** 31 ? length - 2 ** 32 : bytes.toString('utf8', start, start + length);
  });
}

const numbersSeen = (rows: readonly number[], withCodes: boolean) => (): unknown =>
  rows.map((row) =>
    u8[statesAt + row] === 0
      ? [f64[(values >> 3) + row], Object.is(f64[(values >> 3) + row], -0), withCodes ? u8[codes + row] : 0]
      : u8[statesAt + row],
  );
const truthSeen = (rows: readonly number[]) => (): unknown => rows.map((row) => u8[statesAt + row]);

t.test('numbers', async (t) => {
  for (const [name, reading] of Object.entries(valueReading)) {
    fc.assert(
      fc.property(column(numberText), (cells) => {
        const rows = lay(cells, left);
        agree((kernels) => kernels.readValues(left, 8, rowsAt, rows.length, reading, values, codes, statesAt), numbersSeen(rows, true), [
          name,
          cells,
        ]);
      }),
      options,
    );
  }
  t.pass('for random values');
});

t.test('comparisons of numbers', async (t) => {
  const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, 1, 1.5));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, number, fc.constantFrom(0, 0, ...states)), { minLength: 1, maxLength: 40 }),
      fc.nat(15),
      fc.nat(1),
      (cells, wanted, clean) => {
        const rows = lay(
          cells.map(() => ''),
          left,
        );
        agree(
          (kernels) => {
            cells.forEach(([x, y, state], row) => {
              f64[(values >> 3) + row] = x;
              f64[(others >> 3) + row] = y;
              u8[statesAt + row] = state;
            });
            kernels.compareNumbers(values, others, rowsAt, rows.length, wanted, clean, statesAt);
          },
          truthSeen(rows),
          [cells, wanted, clean],
        );
      },
    ),
    options,
  );
  t.pass('for random values');
});

t.test('timestamps', async (t) => {
  fc.assert(
    fc.property(column(timeText), (cells) => {
      const rows = lay(cells, left);
      agree((kernels) => kernels.readTimes(left, 8, rowsAt, rows.length, values, codes, statesAt), numbersSeen(rows, true), cells);
    }),
    { ...options, numRuns: 4000 },
  );
  t.pass('for random values');
});

t.test('lengths, case, parts', async (t) => {
  const set = constants.take(128);
  for (const character of ' a1') u8[set + character.charCodeAt(0)] = 1;
  fc.assert(
    fc.property(
      column(anyText),
      fc.nat(12),
      fc.oneof(fc.nat(12), fc.constant(0xffffffff)),
      fc.nat(3),
      fc.nat(60),
      (cells, skip, take, sides, room) => {
        const rows = lay(cells, left);
        const { length } = rows;
        agree((kernels) => kernels.textLengths(left, 8, rowsAt, length, values, statesAt), numbersSeen(rows, false), cells);
        for (const upper of [0, 1]) {
          for (const end of [texts + room, texts + 10_000]) {
            agree(
              (kernels) => kernels.caseTexts(left, 8, rowsAt, length, upper, madeFields, texts, end),
              () => madeTexts(rows),
              cells,
            );
          }
        }
        agree(
          (kernels) => kernels.substringTexts(left, 8, rowsAt, length, skip, take, madeFields),
          () => madeTexts(rows),
          [cells, skip, take],
        );
        agree(
          (kernels) => kernels.trimTexts(left, 8, rowsAt, length, set, sides, madeFields),
          () => madeTexts(rows),
          [cells, sides],
        );
      },
    ),
    options,
  );
  t.pass('for random values');
});

t.test('two texts', async (t) => {
  fc.assert(
    fc.property(column(anyText), column(anyText), fc.boolean(), fc.nat(7), fc.nat(60), (first, second, constant, wanted, room) => {
      const others = constant ? [second[0]!] : first.map((_, row) => second[row % second.length]!);
      const at = constants.fields(others.map((cell) => Buffer.from(typeof cell === 'string' ? cell : '')));
      others.forEach((cell, row) => {
        if (typeof cell !== 'string') u32[(at >> 2) + 2 * row + 1] = 2 ** 32 - cell;
      });
      const rows = lay(first, left);
      const step = constant ? 0 : 8;
      agree((kernels) => kernels.compareTexts(left, 8, at, step, rowsAt, rows.length, wanted, statesAt), truthSeen(rows), [first, others]);
      for (const end of [texts + room, texts + 10_000]) {
        agree(
          (kernels) => kernels.concatTexts(left, 8, at, step, rowsAt, rows.length, madeFields, texts, end),
          () => madeTexts(rows),
          [first, others],
        );
      }
      constants.reset();
    }),
    options,
  );
  t.pass('for random values');
});

t.test('patterns and sets', async (t) => {
  const piece = fc.oneof(
    pick('a', 'b', 'é')
      .filter((text) => text !== '')
      .map((text) => ({ text })),
    fc.constantFrom('any-one', 'any-run'),
  );
  const shape = fc.array(piece, { maxLength: 7 }) as fc.Arbitrary<LikePattern[number][]>;
  const members = fc.uniqueArray(fc.oneof(pick('a', 'b', 'é'), pick('12345678', '1', '2')), { maxLength: 30 });
  fc.assert(
    fc.property(
      column(fc.oneof(pick('a', 'b', 'é', 'ab', '👍'), pick('12345678', '1', '2'))),
      shape,
      members,
      fc.nat(1),
      (cells, pattern, set, negated) => {
        constants.reset();
        const program = constants.likeProgram(pattern);
        const at = constants.textSet(set.map((text) => Buffer.from(text)));
        const rows = lay(cells, left);
        agree((kernels) => kernels.likeTexts(left, 8, rowsAt, rows.length, program, negated, statesAt), truthSeen(rows), [cells, pattern]);
        agree((kernels) => kernels.inTexts(left, 8, rowsAt, rows.length, at, set.length, negated, statesAt), truthSeen(rows), [cells, set]);
      },
    ),
    { ...options, numRuns: 4000 },
  );
  t.pass('for random values');
});
