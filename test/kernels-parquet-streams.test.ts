/** The hybrid, deltas and split streams of Parquet: the SIMD kernels against their plain twins, and both against what was encoded. */
import t from 'tap';
import { filterHint } from '../src/kernels/parquet-kernels.ts';
import { layout, Random, seed, simd, twins, u8 } from './support/kernels.ts';
import { Arena, bytesAt, compareMany, hybrid, mutate, pack, randomBytes, varint, words, zigzag } from './support/parquet-kernels.ts';

t.setTimeout(240_000);

/** Values of `width` bits with runs of the same among them. */
function codes(random: Random, count: number, size: number): number[] {
  const values: number[] = [];
  while (values.length < count) {
    const value = random.below(size);
    for (let n = random.chance(0.1) ? 1 + random.below(400) : 1; n > 0; n--) values.push(value);
  }
  return values.slice(0, count);
}

t.test('hybrid: every width, filtered, taken and unpacked in any pieces', (t) => {
  for (let width = 0; width <= 32; width++) {
    const { wrong, damaged } = compareMany(seed + 1000 * width, 50, (kernels, arena, random) => {
      const size = width === 32 ? 0xffff_ffff : random.chance(0.5) ? 2 ** width : 1 + random.below(2 ** Math.min(width, 16));
      const count = random.below(random.chance(0.1) ? 3000 : 200);
      const values = codes(random, count, size);
      const encoded = hybrid(random, values, width, random.chance(0.3));
      const { from, end } = arena.input(random.chance(0.3) ? mutate(random, encoded) : encoded);
      const told: unknown[] = [];
      const stream = arena.output(32);
      told.push(kernels.hybridOpen(stream, from, end, width, random.chance(0.8) ? size : random.below(size + 1)));
      const table = arena.input(Uint8Array.from({ length: Math.min(size, 1 << 16) }, () => random.below(2))).from;
      for (let first = 0; told.length < 40; ) {
        if (random.chance(0.1)) first = random.below(count + 1);
        const n = Math.min(random.below(random.chance(0.2) ? 4000 : 100), count - first + (random.chance(0.02) ? 9 : 0));
        if (n < 0) break;
        const out = arena.output(4 * n);
        const base = random.below(1000);
        const kind = random.below(size > 1 << 16 ? 2 : 4);
        if (kind === 0) told.push(words(out, kernels.hybridUnpack(stream, first, n, out)), 'unpacked');
        else if (kind === 1) {
          const wanted = random.subset(n, random.pick([0.01, 0.2, 0.9]));
          const taken = kernels.hybridTake(stream, arena.words(wanted), first, wanted.length, out);
          told.push(taken, words(out, taken));
        } else if (kind === 2) {
          const wanted = random.subset(n, random.pick([0.01, 0.2, 0.9]));
          const positions = arena.words(wanted);
          const rows = random.chance(0.5) ? positions : arena.words(random.subset(n + 100, 1).slice(0, wanted.length));
          const into = random.chance(0.3) ? rows : out;
          const kept = kernels.hybridRefine(stream, positions, first, rows, wanted.length, table, into);
          told.push(kept, words(into, kept), 'refined');
        } else {
          const kept = kernels.hybridFilter(stream, first, n, table, random.pick(Object.values(filterHint)), base, out);
          told.push(kept, words(out, kept));
        }
        first += n;
        if (first >= count) break;
      }
      return told;
    });
    t.same(wrong, [], `width ${width}, ${damaged} damaged`);
  }
  t.end();
});

t.test('hybrid: what was encoded is what comes out', (t) => {
  const random = new Random(seed);
  for (let width = 0; width <= 32; width++) {
    const values = codes(random, 3000, 2 ** width);
    for (const { parquet } of twins) {
      const arena = new Arena(random);
      const { from, end } = arena.input(hybrid(random, values, width, true));
      const stream = arena.output(32);
      const out = arena.output(4 * values.length);
      parquet.hybridOpen(stream, from, end, width, 0xffff_ffff);
      t.equal(parquet.hybridUnpack(stream, 0, values.length, out), values.length);
      t.same(words(out, values.length), values, `width ${width}`);
      t.equal(parquet.hybridUnpack(stream, values.length + 7, 1, out), -1, 'there are no more');
    }
  }
  t.end();
});

t.test('hybrid: crafted streams', (t) => {
  const cases: readonly (readonly [string, readonly number[], number, number])[] = [
    ['nothing', [], 8, 256],
    ['a header without end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 8, 256],
    ['runs of nothing', [0, 0, 0, 0, 0, 0], 8, 256],
    ['no groups', [1, 1, 1], 8, 256],
    ['a run of 2^31 without a value', varint(2 ** 32 - 2), 8, 256],
    ['2^31 groups and no bytes', varint(2 ** 32 - 1), 8, 256],
    ['2^34 groups of width 0', [0xff, 0xff, 0xff, 0xff, 0x7f], 0, 0],
    ['a code that is too large, repeated', [200, 1, 77], 8, 77],
    ['a code that is too large, packed', [3, 1, 2, 3, 4, 5, 6, 77, 7], 8, 77],
    ['a narrow code that is too large', [3, 0b11_100_100, 0b11_10_01_00], 2, 3],
    ['bits above the width', [200, 1, 0xff], 3, 8],
  ];
  for (const [name, bytes, width, size] of cases) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(1));
      const { from, end } = arena.input(Uint8Array.from(bytes));
      const stream = arena.output(32);
      const out = arena.output(4 * 64);
      const table = arena.input(new Uint8Array(256).fill(1)).from;
      parquet.hybridOpen(stream, from, end, width, size);
      t.equal(parquet.hybridUnpack(stream, 0, 64, out), -1, `${kind}: ${name}`);
      t.equal(parquet.hybridFilter(stream, 0, 64, table, filterHint.any, 0, out), -1);
      t.equal(parquet.hybridFilter(stream, 0, 64, table, filterHint.rare, 0, out), -1);
      t.equal(parquet.hybridTake(stream, arena.words([6, 7]), 0, 2, out), -1);
      t.equal(parquet.hybridRefine(stream, arena.words([6, 7]), 0, arena.words([1, 2]), 2, table, out), -1);
      t.ok(arena.intact);
    }
  }
  t.equal(simd.parquet.hybridOpen(layout.decode, 64, 65, 33, 1), -1, 'no width of 33 bits');
  t.end();
});

t.test('tables', (t) => {
  const { wrong } = compareMany(seed, 200, (kernels, arena, random) => {
    const size = 1 + random.below(500);
    const table = arena.output(size, 1);
    u8.fill(0, table, table + size);
    const marked = random.subset(size, 0.3);
    kernels.markTable(arena.words(marked.map((entry) => entry + 3)), marked.length, -3, table);
    return [bytesAt(table, size)];
  });
  t.same(wrong, []);
  t.end();
});

function extreme(values: readonly bigint[], before: (x: bigint, y: bigint) => boolean): bigint {
  return values.reduce((best, x) => (before(x, best) ? x : best));
}

/** Encodes integers as DELTA_BINARY_PACKED, with widths larger than needed now and then. */
function delta(random: Random, values: readonly bigint[], bits: 32 | 64): Uint8Array {
  const miniblocks = random.pick([1, 2, 4, 8]);
  const per = random.pick([32, 64, 1280]);
  const bytes = [...varint(miniblocks * per), ...varint(miniblocks), ...varint(values.length), ...zigzag(values[0] ?? 0n)];
  for (let at = 1; at < values.length; at += miniblocks * per) {
    const block = values.slice(at, at + miniblocks * per).map((value, i) => BigInt.asIntN(bits, value - values[at + i - 1]!));
    const least = extreme(block, (x, y) => x < y);
    bytes.push(...zigzag(least));
    const rest = block.map((x) => BigInt.asUintN(bits, x - least));
    const widths = Array.from({ length: miniblocks }, (_, k) => {
      const most = extreme([0n, ...rest.slice(k * per, (k + 1) * per)], (x, y) => x > y);
      return Math.min(64, most.toString(2).length * Number(most > 0n) + random.below(2));
    });
    // Widths of miniblocks that are not there may be anything.
    bytes.push(...widths.map((width, k) => (k * per >= block.length ? 255 : width)));
    for (let k = 0; k * per < block.length; k++) {
      const last = at + miniblocks * per >= values.length && (k + 1) * per >= block.length;
      const mini = rest.slice(k * per, (k + 1) * per);
      if (!last || random.chance(0.7)) while (mini.length < per) mini.push(0n);
      bytes.push(...pack(mini, widths[k]!));
    }
  }
  return Uint8Array.from(bytes);
}

for (const bits of [32, 64] as const) {
  t.test(`DELTA_BINARY_PACKED of ${bits} bits`, (t) => {
    const random = new Random(seed);
    const name = bits === 32 ? 'deltaInt32' : 'deltaInt64';
    for (let spread = 0; spread <= bits; spread++) {
      const values = Array.from(
        { length: random.below(4000) },
        () =>
          BigInt.asIntN(bits, (BigInt(random.below(2 ** 32)) << 32n) + BigInt(random.below(2 ** 32))) >> BigInt(Math.max(0, bits - spread)),
      );
      const encoded = delta(random, values, bits);
      for (const { parquet, kind } of twins) {
        const arena = new Arena(random);
        const { from, end } = arena.input(encoded);
        const out = arena.output((values.length * bits) / 8);
        t.equal(parquet[name](from, end, values.length, out), end, `${kind}: ${values.length} values of ${spread} bits`);
        const view = new DataView(u8.buffer);
        const read = values.map((_, i) => (bits === 32 ? BigInt(view.getInt32(out + 4 * i, true)) : view.getBigInt64(out + 8 * i, true)));
        t.same(read, values);
        t.equal(parquet[name](from, end, values.length + 1, out), -1, 'not as many as asked');
        t.ok(arena.intact);
      }
    }
    const { wrong, damaged } = compareMany(seed, 1500, (kernels, arena, random) => {
      const values = Array.from({ length: random.below(200) }, () => BigInt(random.below(2 ** random.below(33))));
      const { from, end } = arena.input(mutate(random, delta(random, values, bits)));
      const out = arena.output((values.length * bits) / 8);
      const stop = kernels[name](from, end, values.length, out);
      return [stop < 0 ? stop : stop - from, stop < 0 ? '' : bytesAt(out, (values.length * bits) / 8)];
    });
    t.same(wrong, []);
    t.ok(damaged > 150 && damaged < 1350, `${damaged} of 1500 damaged`);
    t.end();
  });
}

t.test('DELTA_BINARY_PACKED: crafted heads', (t) => {
  const heads: readonly (readonly [string, readonly number[]])[] = [
    ['nothing', []],
    ['no miniblocks', [...varint(128), 0, ...varint(100), 0]],
    ['more miniblocks than bytes', [...varint(2 ** 30), ...varint(2 ** 25), ...varint(100), 0, 0, 1, 1, 1]],
    ['miniblocks of nothing', [0, 1, ...varint(100), 0, 0]],
    ['miniblocks of 8', [...varint(64), 8, ...varint(100), 0, 0]],
    ['a block of 2^62', [...varint(2n ** 62n), 1, ...varint(100), 0, 0, 0]],
    ['2^32 + 100 values', [...varint(128), 4, ...varint(2n ** 32n + 100n), 0, 0, 0, 0, 0, 0]],
    ['a number without end', new Array<number>(20).fill(255)],
    ['a width of 65', [...varint(128), 4, ...varint(100), 0, 0, 65, 0, 0, 0, ...new Array<number>(400).fill(0)]],
    ['a width and no bits', [...varint(128), 4, ...varint(100), 0, 0, 1, 1, 1, 1]],
  ];
  for (const [name, bytes] of heads) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(1));
      const { from, end } = arena.input(Uint8Array.from(bytes));
      const out = arena.output(800);
      t.equal(parquet.deltaInt32(from, end, 100, out), -1, `${kind}: ${name}`);
      t.equal(parquet.deltaInt64(from, end, 100, out), -1);
      t.ok(arena.intact);
    }
  }
  t.end();
});

t.test('BYTE_STREAM_SPLIT of any width', (t) => {
  for (const width of [1, 2, 3, 4, 5, 8, 12, 16]) {
    const random = new Random(seed + width);
    for (const count of [0, 1, 15, 16, 17, 100, 1000]) {
      const values = randomBytes(random, count * width);
      const split = Uint8Array.from({ length: count * width }, (_, i) => values[(i % count) * width + Math.floor(i / count)]!);
      for (const { parquet } of twins) {
        const arena = new Arena(random);
        const { from, end } = arena.input(split);
        const out = arena.output(count * width);
        t.equal(parquet.splitStreams(from, end, count, width, out), 0);
        t.equal(bytesAt(out, count * width), Buffer.from(values).toString('hex'));
        if (count > 0) t.equal(parquet.splitStreams(from, end - 1, count, width, out), -1);
        t.ok(arena.intact);
      }
    }
  }
  t.end();
});
