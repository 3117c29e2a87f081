/** Kernels over columns of values: SIMD against the plain twins, and their texts against those of the general evaluator. */
import t from 'tap';
import { renderTexts } from '../src/formats/parquet/render.ts';
import { columnValues } from '../src/formats/parquet/values.ts';
import type { LoadedColumn } from '../src/formats/scan.ts';
import { mantissaForm, RENDERED_BYTES_MAX } from '../src/kernels/column-kernels.ts';
import { FIELD_STATES, rowState } from '../src/kernels/value-kernels.ts';
import { csvText, jsonText } from '../src/vector/text.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';
import { bytes, f64, layout, memory, Random, seed, twins, u8, u32 } from './support/kernels.ts';

const ROWS = 64;
const values = layout.decode;
const statesAt = values + 32 * ROWS + 128;
const fields = statesAt + ROWS + 128;
const texts = fields + 8 * ROWS + 128;
const rowsAt = layout.selections[0];
const i64 = new BigInt64Array(memory.wasm.buffer);

type Kind = Pick<LoadedColumn, 'kind' | 'scale' | 'wide' | 'unit' | 'utc'>;

const plain: Kind = { kind: 'int', scale: 0, wide: false, unit: 'days', utc: false };
const kinds: readonly Kind[] = [
  plain,
  { ...plain, kind: 'bool' },
  { ...plain, kind: 'float' },
  ...[0, 1, 2, 5, 6, 7, 18, 38].flatMap((scale) => [false, true].map((wide): Kind => ({ ...plain, kind: 'decimal', scale, wide }))),
  { ...plain, kind: 'timestamp' },
  ...(['millis', 'micros', 'nanos'] as const).flatMap((unit) =>
    [false, true].map((utc): Kind => ({ ...plain, kind: 'timestamp', unit, utc })),
  ),
  { ...plain, kind: 'string' },
  { ...plain, kind: 'json' },
];

const bits64 = (random: Random): bigint => (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
const signed = (random: Random): bigint => BigInt.asIntN(64, bits64(random)) >> BigInt(random.below(64));
const wideInt = (random: Random): bigint => {
  const magnitude = ((bits64(random) << 64n) | bits64(random)) % 10n ** BigInt(1 + random.below(38));
  return random.chance(0.5) ? -magnitude : magnitude;
};

function float(random: Random): number {
  const view = new DataView(new ArrayBuffer(8));
  switch (random.below(6)) {
    case 0:
      view.setBigUint64(0, bits64(random));
      return view.getFloat64(0);
    case 1:
      return random.pick([
        0,
        -0,
        Number.NaN,
        Infinity,
        -Infinity,
        1e7,
        9_999_999.5,
        1e-3,
        0.000_999_9,
        5e-324,
        1.7976931348623157e308,
        2 ** 53,
        0.1 + 0.2,
      ]);
    case 2:
      return 2 ** (random.below(2100) - 1075) * (1 + random.below(3) * Number.EPSILON);
    case 3:
      return Math.fround(random.next() * 10 ** random.below(9));
    default:
      return (Math.round(random.next() * 10 ** random.below(17)) / 10 ** random.below(12)) * (random.chance(0.5) ? -1 : 1);
  }
}

/** Counts about the ends of the calendar, about the epoch, and anywhere. */
function count(random: Random, unit: LoadedColumn['unit']): bigint {
  const per_day = { days: 1n, millis: 86_400_000n, micros: 86_400_000_000n, nanos: 86_400_000_000_000n }[unit];
  const near = random.pick([-719_162n, 2_932_897n, 0n, 11_016n, BigInt(random.below(3_652_059) - 719_162)]) * per_day;
  return BigInt.asIntN(
    64,
    random.chance(0.1)
      ? signed(random)
      : near +
          BigInt(random.below(5) - 2) * (random.chance(0.5) ? 1n : per_day) +
          (unit === 'days' ? 0n : BigInt(random.below(2 ** 31)) * 1000n),
  );
}

/** Fills the column with random values, and answers what it is. */
function lay(random: Random, kind: Kind, rows: number): LoadedColumn {
  let at = layout.read + 128;
  for (let row = 0; row < rows; row++) {
    const slot = (values >> 3) + row;
    switch (kind.kind) {
      case 'int':
        i64[slot] = signed(random);
        break;
      case 'bool':
        i64[slot] = BigInt(random.below(2));
        break;
      case 'float':
        f64[slot] = float(random);
        break;
      case 'timestamp':
        i64[slot] = count(random, kind.unit);
        break;
      case 'decimal':
        if (kind.wide) {
          const value = random.chance(0.3) ? signed(random) : wideInt(random);
          i64[(values >> 3) + 2 * row] = BigInt.asIntN(64, value);
          i64[(values >> 3) + 2 * row + 1] = BigInt.asIntN(64, value >> 64n);
        } else i64[slot] = signed(random);
        break;
      default: {
        const text = Buffer.from(kind.kind === 'json' ? '{"a":[1,null]}' : random.text(['a', 'é', '"', ' ', '\n'], 20));
        const state = random.chance(0.2) ? random.pick([rowState.null, rowState.missing, rowState.doubt]) : null;
        u8.set(text, at);
        u32[2 * slot] = at;
        u32[2 * slot + 1] = state === null ? text.length : 2 ** 32 - state;
        at += text.length + 16;
      }
    }
  }
  const hasStates = kind.kind !== 'string' && kind.kind !== 'json' && random.chance(0.6);
  for (let row = 0; row < rows; row++)
    u8[statesAt + row] = random.chance(0.2) ? random.pick([rowState.null, rowState.doubt]) : rowState.value;
  return { ...kind, values, states: hasStates ? statesAt : 0 };
}

function choose(random: Random, rows: number): { address: number; rows: number[] } {
  if (random.chance(0.4)) return { address: 0, rows: Array.from({ length: rows }, (_, row) => row) };
  const chosen = random.subset(rows, 0.6);
  u32.set(chosen, rowsAt >> 2);
  return { address: rowsAt, rows: chosen };
}

const stateOf = (column: LoadedColumn, row: number): number => {
  if (column.kind !== 'string' && column.kind !== 'json') return column.states === 0 ? rowState.value : u8[column.states + row]!;
  const length = u32[(values >> 2) + 2 * row + 1]!;
  return length >= FIELD_STATES ? 2 ** 32 - length : rowState.value;
};

/** What a field says: its text, or its state as a number. */
function seen(row: number): string | number {
  const start = u32[(fields >> 2) + 2 * row]!;
  const length = u32[(fields >> 2) + 2 * row + 1]!;
  return length >= FIELD_STATES ? 2 ** 32 - length : bytes.toString('utf8', start, start + length);
}

/** What it should say of a value. */
function wanted(value: SqlValue, column: LoadedColumn, state: number, form: 'csv' | 'json'): string | number {
  if (state === rowState.doubt || value instanceof Failure) return rowState.doubt;
  if (state !== rowState.value) return form === 'json' ? rowState.missing : '';
  return form === 'csv' || column.kind === 'string' ? csvText(value) : jsonText(value)!;
}

t.test('texts of values', (t) => {
  const random = new Random(seed);
  let told = 0;
  for (const kind of kinds) {
    for (let round = 0; round < 60; round++) {
      const size = 1 + random.below(ROWS);
      const column = lay(random, kind, size);
      const { address, rows } = choose(random, size);
      const form = random.pick(['csv', 'json'] as const);
      const selection = Uint32Array.from(rows);
      const read = columnValues(memory, column, selection);
      const expected = rows.map((row, index) =>
        wanted(read.kind === 'values' ? read.values[index] : null, column, stateOf(column, row), form),
      );
      for (const kernels of twins) {
        const end = texts + rows.length * RENDERED_BYTES_MAX;
        u8.fill(0xee, texts, end + 256);
        const next = renderTexts({ simd: kernels }, column, { address, count: rows.length }, form, fields, texts, end);
        const got = rows.map(seen);
        if (JSON.stringify(got) !== JSON.stringify(expected))
          return void t.strictSame(got, expected, `${kernels.kind}: ${JSON.stringify(kind)} as ${form}`);
        if (next > end || u8.subarray(end + 64, end + 256).some((byte) => byte !== 0xee))
          return void t.fail(`${kernels.kind}: ${kind.kind} wrote past its room`);
        told += got.length;
      }
    }
  }
  t.ok(told > 30_000, `${told} texts`);
  t.end();
});

t.test('mantissas as doubles', (t) => {
  const random = new Random(seed);
  const doubles = values + 16 * ROWS;
  for (let round = 0; round < 400; round++) {
    const scale = random.below(9);
    for (let row = 0; row < ROWS; row++) {
      const value = signed(random) >> 11n;
      i64[(values >> 3) + row] = value;
      f64[(doubles >> 3) + row] = random.chance(0.1) && value === 0n ? -0 : Number(value);
    }
    const [ints, ...others] = [
      ...twins.map(({ columns }) => [columns, mantissaForm.int64, values] as const),
      ...twins.map(({ columns }) => [columns, mantissaForm.double, doubles] as const),
    ].map(([columns, form, from]) => {
      columns.renderDecimals(from, 0, 0, ROWS, scale, form, 0, fields, texts);
      return Array.from({ length: ROWS }, (_, row) => seen(row)).join(' ');
    });
    if (others.some((told) => told !== ints)) return void t.strictSame(others, ints);
  }
  t.pass('have the same texts');
  t.end();
});

t.test('frames of values', (t) => {
  const random = new Random(seed);
  const into = layout.frames;
  const intoStates = into + 8 * ROWS;
  for (const kind of kinds) {
    for (let round = 0; round < 60; round++) {
      const size = 1 + random.below(ROWS);
      const column = lay(random, kind, size);
      const { address, rows } = choose(random, size);
      const { states, wide, unit } = column;
      const [fast, plain] = twins.map(({ columns }) => {
        f64.fill(-1, into >> 3, (into >> 3) + ROWS);
        const answer = ((): number => {
          switch (kind.kind) {
            case 'bool':
              columns.loadTruths(values, states, address, rows.length, intoStates);
              return 0;
            case 'float':
              return columns.loadFloats(values, states, address, rows.length, into, intoStates);
            case 'timestamp':
              return columns.loadTimes(
                values,
                states,
                address,
                rows.length,
                { days: 0, millis: 3, micros: 6, nanos: 9 }[unit],
                into,
                intoStates,
              );
            default:
              return columns.loadInts(values, states, address, rows.length, Number(wide), into, intoStates);
          }
        })();
        const told = rows.map((row) => [
          u8[intoStates + row],
          u8[intoStates + row] === 0 && kind.kind !== 'bool' ? String(f64[(into >> 3) + row]) : null,
        ]);
        return JSON.stringify([answer, told]);
      });
      if (kind.kind !== 'string' && kind.kind !== 'json' && fast !== plain) return void t.equal(fast, plain, JSON.stringify(kind));
    }
  }
  t.pass('the twins agree');
  t.end();
});

t.test('aggregates of values', (t) => {
  const random = new Random(seed);
  const into = layout.frames;
  for (let round = 0; round < 400; round++) {
    const column = lay(random, plain, 1 + random.below(ROWS));
    const { address, rows } = choose(random, column.values === 0 ? 0 : ROWS);
    for (const row of rows) if (random.chance(0.3)) i64[(values >> 3) + row] = random.pick([2n ** 63n - 1n, -(2n ** 63n), -1n, 2n ** 32n]);
    const told = twins.map(({ columns }) => {
      i64.fill(0n, into >> 3, (into >> 3) + 4);
      const count = columns.tallyInts(column.values, column.states, address, rows.length, into);
      return [count, ...i64.subarray(into >> 3, (into >> 3) + 4)].join(' ');
    });
    if (told[0] !== told[1]) return void t.equal(told[0], told[1]);
  }
  t.pass('the twins agree');
  t.end();
});
