/** Filters and takes of Parquet values: the SIMD kernels against their plain twins, and against values that are known. */
import t from 'tap';
import { INT96_ENDS, openBound, type ParquetKernels } from '../src/kernels/parquet-kernels.ts';
import { Random, seed, simd, twins, u8 } from './support/kernels.ts';
import { Arena, bytesAt, compareMany, randomBytes, words } from './support/parquet-kernels.ts';

t.setTimeout(240_000);

type Value = number | bigint;
type Write = (view: DataView, at: number, value: Value) => void;
type Range = (
  kernels: ParquetKernels,
  at: number,
  rows: number,
  count: number,
  bounds: readonly [Value, Value],
  negated: number,
  into: number,
  arena: Arena,
) => number;

interface Kind {
  readonly name: string;
  readonly bytes: number;
  readonly write: Write;
  readonly value: (random: Random) => Value;
  readonly range: Range;
}

const BASE = 500;

/** Values of few bits and of many, and those at the ends. */
function integer(random: Random, bits: number): bigint {
  if (random.chance(0.2)) return random.pick([0n, 1n, -1n, 2n ** BigInt(bits - 1) - 1n, -(2n ** BigInt(bits - 1))]);
  let value = 0n;
  for (let i = 0; i < 4; i++) value = (value << 32n) | BigInt(random.below(2 ** 32));
  return BigInt.asIntN(bits, BigInt.asIntN(1 + random.below(bits), value));
}

const doubles = [
  0,
  -0,
  1,
  -1,
  0.1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
];

const write128: Write = (view, at, value) => {
  view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
  view.setBigInt64(at + 8, BigInt.asIntN(64, BigInt(value) >> 64n), true);
};

const kinds: readonly Kind[] = [
  {
    name: 'Int32',
    bytes: 4,
    write: (view, at, value) => view.setInt32(at, Number(value), true),
    value: (random) => Number(integer(random, 32)),
    range: (kernels, at, rows, count, [low, high], negated, into) =>
      kernels.filterInt32(at, rows, count, Number(low), Number(high), negated, BASE, into),
  },
  {
    name: 'Int64',
    bytes: 8,
    write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
    value: (random) => integer(random, 64),
    range: (kernels, at, rows, count, [low, high], negated, into) =>
      kernels.filterInt64(at, rows, count, BigInt(low), BigInt(high), negated, BASE, into),
  },
  {
    name: 'Int128',
    bytes: 16,
    write: write128,
    value: (random) => integer(random, 128),
    range: (kernels, at, rows, count, [low, high], negated, into, arena) => {
      const bounds = arena.input(new Uint8Array(32), 8).from;
      write128(new DataView(u8.buffer), bounds, low);
      write128(new DataView(u8.buffer), bounds + 16, high);
      return kernels.filterInt128(at, rows, count, bounds, negated, BASE, into);
    },
  },
  ...(['Float32', 'Float64'] as const).flatMap((name) =>
    [0, openBound.low, openBound.high, openBound.low | openBound.high].map(
      (open): Kind => ({
        name,
        bytes: name === 'Float32' ? 4 : 8,
        write: (view, at, value) =>
          name === 'Float32' ? view.setFloat32(at, Number(value), true) : view.setFloat64(at, Number(value), true),
        value: (random) => {
          if (random.chance(0.4)) return random.pick(doubles);
          const value = (random.next() - 0.5) * 10 ** random.below(30);
          return random.chance(0.5) ? Math.fround(value) : value;
        },
        range: (kernels, at, rows, count, [low, high], negated, into) =>
          kernels[`filter${name}`](at, rows, count, Number(low), Number(high), open, negated, BASE, into),
      }),
    ),
  ),
];

function write(kind: Kind, at: number, values: readonly Value[]): void {
  const view = new DataView(u8.buffer);
  for (const [i, value] of values.entries()) kind.write(view, at + kind.bytes * i, value);
}

t.test('ranges', (t) => {
  for (const kind of kinds) {
    let kept = 0;
    const { wrong } = compareMany(seed, 500, (kernels, arena, random) => {
      const count = random.below(random.chance(0.1) ? 700 : 60);
      const values = Array.from({ length: count }, () => kind.value(random));
      const at = arena.output(kind.bytes * count, 1);
      write(kind, at, values);
      const pick = (): Value => (count > 0 && random.chance(0.5) ? random.pick(values) : kind.value(random));
      const list = random.subset(count, 0.6);
      const rows = random.chance(0.5) ? arena.words(list) : 0;
      const n = rows === 0 ? count : list.length;
      const out = arena.output(4 * n);
      if (rows !== 0 && random.chance(0.5)) u8.copyWithin(out, rows, rows + 4 * n);
      const found = kind.range(kernels, at, rows, n, [pick(), pick()], random.below(2), out, arena);
      kept += found;
      return [found, words(out, found)];
    });
    t.same(wrong, [], kind.name);
    t.ok(kept > 1000, `${kept} kept`);
  }
  t.end();
});

t.test('a range of 64 bits that holds few values here and many there', (t) => {
  const { wrong } = compareMany(seed, 40, ({ filterInt64 }, arena, random) => {
    const count = 20_000 + random.below(64);
    let share = 0;
    const values = BigInt64Array.from({ length: count }, (_, i) => {
      if (i % 2048 === 0) share = random.pick([0, 0, 0.002, 0.04, 0.05, 0.5, 1]);
      return BigInt(random.below(100)) + (random.chance(share) ? 1000n : 0n);
    });
    const at = arena.input(new Uint8Array(values.buffer)).from;
    const out = arena.output(4 * count);
    const found = filterInt64(at, 0, count, 1000n, 2n ** 63n - 1n, random.below(2), BASE, out);
    return [found, words(out, found)];
  });
  t.same(wrong, []);
  t.end();
});

t.test('in place', (t) => {
  const arena = new Arena(new Random(seed));
  const at = arena.input(new Uint8Array(Int32Array.from({ length: 100 }, (_, i) => i).buffer), 4).from;
  const rows = arena.words(Array.from({ length: 50 }, (_, i) => 2 * i));
  const kept = simd.parquet.filterInt32(at, rows, 50, 10, 20, 0, 0, rows);
  t.same(words(rows, kept), [10, 12, 14, 16, 18, 20]);
  t.end();
});

t.test('ranges of integers without a sign go round', (t) => {
  for (const { parquet } of twins) {
    const arena = new Arena(new Random(seed));
    const at = arena.input(new Uint8Array(Uint32Array.from([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]).buffer), 4).from;
    const out = arena.output(64);
    t.same(words(out, parquet.filterInt32(at, 0, 5, 1, 0x8000_0000, 0, 0, out)), [1, 2, 3]);
    t.same(words(out, parquet.filterInt32(at, 0, 5, 0x8000_0000, 0xffff_ffff, 1, 0, out)), [0, 1, 2]);
    const wide = arena.input(new Uint8Array(BigUint64Array.from([0n, 1n, 2n ** 63n, 2n ** 64n - 1n]).buffer), 8).from;
    t.same(words(out, parquet.filterInt64(wide, 0, 4, 1n, 2n ** 63n, 0, 0, out)), [1, 2]);
  }
  t.end();
});

t.test('floats: bounds that are no f32, and none', (t) => {
  const values = [Number.NEGATIVE_INFINITY, -1, Math.fround(0.1), 1, 16_777_216, Number.POSITIVE_INFINITY, Number.NaN];
  const cases: readonly (readonly [number, number, number, number, readonly number[]])[] = [
    [0.1, 1, 0, 0, [2, 3]],
    [Math.fround(0.1), 1, openBound.low, 0, [3]],
    [-1, 0.1, 0, 0, [1]],
    [-1, 0.1, 0, 1, [0, 2, 3, 4, 5, 6]],
    [16_777_217, 1e300, 0, 0, []],
    [16_777_216, 1e300, openBound.low | openBound.high, 0, []],
    [1e300, Number.POSITIVE_INFINITY, 0, 0, [5]],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0, [0, 1, 2, 3, 4, 5]],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, openBound.low | openBound.high, 0, [1, 2, 3, 4]],
    [Number.NaN, 1, 0, 0, []],
    [Number.NaN, 1, 0, 1, [0, 1, 2, 3, 4, 5, 6]],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, openBound.low, 0, []],
  ];
  // Sixteen times over: once in lanes.
  const many = Array.from({ length: 16 }, () => values).flat();
  for (const [low, high, open, negated, expected] of cases) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(seed));
      const at = arena.input(new Uint8Array(Float32Array.from(many).buffer), 4).from;
      const out = arena.output(4 * many.length);
      const rows = words(out, parquet.filterFloat32(at, 0, many.length, low, high, open, negated, 0, out));
      const all = Array.from({ length: 16 }, (_, k) => expected.map((row) => row + k * values.length)).flat();
      t.same(rows, all, `${kind}: ${low} to ${high}, ${open}, ${negated}`);
    }
  }
  t.end();
});

t.test('members', (t) => {
  for (const { name, bytes, value, write: put } of kinds.filter(({ name }) => ['Int64', 'Int128', 'Float64'].includes(name)).slice(0, 3)) {
    const { wrong } = compareMany(seed, 500, (kernels, arena, random) => {
      const count = random.below(60);
      const values = Array.from({ length: count }, () => value(random));
      const set = [
        ...new Set([...values.filter(() => random.chance(0.3)), ...Array.from({ length: random.below(5) }, () => value(random))]),
      ]
        .filter((member) => !Number.isNaN(member))
        .sort((a, b) => (a < b ? -1 : 1));
      const kind = { bytes, write: put } as Kind;
      const at = arena.output(bytes * count);
      write(kind, at, values);
      const setAt = arena.output(bytes * set.length);
      write(kind, setAt, set);
      const list = random.subset(count, 0.6);
      const rows = random.chance(0.5) ? arena.words(list) : 0;
      const n = rows === 0 ? count : list.length;
      const out = arena.output(4 * n);
      const found = kernels[`member${name as 'Int64' | 'Int128' | 'Float64'}`](at, rows, n, setAt, set.length, random.below(2), BASE, out);
      return [found, words(out, found)];
    });
    t.same(wrong, [], name);
  }
  t.end();
});

type Take = (
  kernels: ParquetKernels,
  values: number,
  positions: number,
  shift: number,
  rows: number,
  count: number,
  into: number,
) => unknown;

/** Of each take: bytes of a stored value and of a loaded one. */
const takes: Readonly<Record<string, readonly [number, number, Take]>> = {
  takeInt32: [4, 8, (kernels, ...args) => kernels.takeInt32(...args)],
  takeUint32: [4, 8, (kernels, ...args) => kernels.takeUint32(...args)],
  takeInt64: [8, 8, (kernels, ...args) => kernels.takeInt64(...args)],
  takeUint64: [8, 16, (kernels, ...args) => kernels.takeUint64(...args)],
  takeInt128: [16, 16, (kernels, ...args) => kernels.takeInt128(...args)],
  takeFloat32: [4, 8, (kernels, ...args) => kernels.takeFloat32(...args)],
  takeBits: [1 / 8, 8, (kernels, ...args) => kernels.takeBits(...args)],
  takeInt96: [
    12,
    8,
    (kernels, ...args) => kernels.takeInt96(...([...args.slice(0, 5), 1000, args[5]] as Parameters<ParquetKernels['takeInt96']>)),
  ],
  ...Object.fromEntries(
    [1, 2, 5, 7, 8, 9, 12, 16, 17, 20].flatMap((width): [string, [number, number, Take]][] => [
      [`takeBig64 of ${width}`, [width, 8, (kernels, values, ...rest) => kernels.takeBig64(values, width, ...rest)]],
      [`takeBig128 of ${width}`, [width, 16, (kernels, values, ...rest) => kernels.takeBig128(values, width, ...rest)]],
    ]),
  ),
};

t.test('takes', (t) => {
  for (const [name, [stored, loaded, take]] of Object.entries(takes)) {
    const { wrong } = compareMany(seed, 150, (kernels, arena, random) => {
      const count = 8 * random.below(30);
      const bytes = randomBytes(random, count * stored);
      // Small numbers among them, and big ones that are only signs in front.
      for (let at = 0; at < bytes.length; at++) if (random.chance(0.4)) bytes[at] = random.pick([0, 255]);
      // No NaN: which of them a conversion gives is not said.
      if (name === 'takeFloat32') for (let at = 3; at < bytes.length; at += 4) bytes[at]! &= 0xbf;
      const at = arena.input(bytes).from;
      const shift = random.below(count + 1);
      const list = random.subset(count - shift, 0.5);
      const positions = random.chance(0.3) ? 0 : arena.words(list);
      const n = positions === 0 ? count - shift : list.length;
      const slots = random.chance(0.3) ? 0 : arena.words(Array.from({ length: n }, (_, j) => 2 * j + 1));
      const out = arena.output(loaded * 2 * (n + 1));
      u8.fill(0, out, out + loaded * 2 * (n + 1));
      return [take(kernels, at, positions, shift, slots, n, out), bytesAt(out, loaded * 2 * (n + 1))];
    });
    t.same(wrong, [], name);
  }
  t.end();
});

t.test('every FLOAT16', (t) => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const [fast, plain] = twins.map(({ parquet }) => {
    const arena = new Arena(new Random(seed));
    const at = arena.input(new Uint8Array(all.buffer), 2).from;
    const out = arena.output(8 * all.length);
    parquet.takeFloat16(at, 0, 0, 0, all.length, out);
    return [...new Float64Array(u8.buffer, out, all.length)];
  });
  t.same(fast, plain);
  t.same([fast![0x3c00], fast![0xc000], fast![1], fast![0x7bff], fast![0x8000]], [1, -2, 2 ** -24, 65_504, -0]);
  t.end();
});

t.test('INT96 at the ends of its range', (t) => {
  const view = new DataView(new ArrayBuffer(12));
  const nanos = 1_000_000_000n;
  const [least, greatest, ends] = [-(2n ** 63n), 2n ** 63n - 1n, BigInt(INT96_ENDS)];
  const cases: readonly (readonly [bigint, number, number, bigint, number])[] = [
    [0n, 2_440_588, 1, 0n, 0],
    [-1n, 2_440_588, 1000, -1n, 1],
    [86_399n * nanos + 123n, 2_440_587, 1, -nanos + 123n, 0],
    [1500n, 2_440_588, 1000, 1n, 1],
    [0n, 5_373_484, 1000, 253_402_214_400_000_000n, 0],
    [0n, 5_373_484, 1, greatest, 1],
    [greatest - ends, 2_440_588, 1, greatest - ends, 0],
    [greatest - ends + 1n, 2_440_588, 1, greatest, 1],
    [greatest, 2_440_589, 1, greatest, 1],
    [least + ends, 2_440_588, 1, least + ends, 0],
    [least + ends - 1n, 2_440_588, 1, least, 1],
    [least, 2_440_587, 1, least, 1],
    [least, -(2 ** 31), 1000, least, 1],
    [least, -(2 ** 31), 1_000_000, -(2n ** 31n + 2_440_588n) * 86_400_000n - 9_223_372_036_855n, 1],
  ];
  for (const [part, day, unit, expected, inexact] of cases) {
    view.setBigInt64(0, part, true);
    view.setInt32(8, day, true);
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(seed));
      const at = arena.input(new Uint8Array(view.buffer)).from;
      const out = arena.output(8);
      t.equal(parquet.takeInt96(at, 0, 0, 0, 1, unit, out), inexact, `${kind}: ${day} and ${part} in ${unit}`);
      const counts = new DataView(u8.buffer).getBigInt64(out, true);
      t.equal(counts, expected);
    }
  }
  t.end();
});

t.test('fields: big-endian numbers of any length, fixed widths', (t) => {
  const { wrong } = compareMany(seed, 300, (kernels, arena, random) => {
    const count = random.below(20);
    const rows = random.chance(0.5) ? arena.words(random.subset(count, 0.5)) : 0;
    const n = rows === 0 ? count : words(rows, count).filter((row) => row < count).length && random.below(2);
    const fields = arena.output(8 * count);
    const list = new DataView(u8.buffer);
    for (let row = 0; row < count; row++) {
      const bytes = randomBytes(random, random.below(20)).map((byte) => (random.chance(0.5) ? random.pick([0, 255]) : byte));
      list.setUint32(fields + 8 * row, arena.input(bytes).from, true);
      list.setUint32(fields + 8 * row + 4, bytes.length, true);
    }
    const out = arena.output(16 * count);
    u8.fill(0, out, out + 16 * count);
    const told: unknown[] = [kernels.fieldsBig64(fields, rows, n, out)];
    told.push(bytesAt(out, 8 * count), kernels.fieldsBig128(fields, rows, n, out), bytesAt(out, 16 * count));
    const at = arena.input(randomBytes(random, 100)).from;
    kernels.takeFixed(at, 5, 0, 3, 0, Math.min(count, 17), out);
    const starts = words(out, 2 * Math.min(count, 17)).map((word, i) => (i % 2 === 0 ? word - at : word));
    return [...told, starts];
  });
  t.same(wrong, []);
  t.end();
});
