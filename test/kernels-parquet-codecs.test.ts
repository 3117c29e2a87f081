/** Decompression of pages: what real encoders wrote, damage of every kind, and the SIMD decoders against their plain twins. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import t, { type Test } from 'tap';
import type { ParquetCodecs } from '../src/kernels/parquet-kernels.ts';
import { Random, seed, twins, u8 } from './support/kernels.ts';
import { fixture, sources } from './support/parquet-codecs.ts';
import { Arena, bytesAt, compareMany, digest, mutate, randomBytes, varint } from './support/parquet-kernels.ts';

t.setTimeout(240_000);

type Codec = keyof ParquetCodecs;

interface Sample {
  readonly name: string;
  readonly codec: Codec;
  readonly compressed: Uint8Array;
  readonly plain: Uint8Array;
}

const samples: readonly Sample[] = [
  ...readdirSync(join(import.meta.dirname, '../../test/fixtures/parquet-codecs')).map((name): Sample => {
    const [source, , codec] = name.split('.') as [string, string, string];
    return { name, codec: codec === 'zst' ? 'zstd' : 'lz4', compressed: fixture(name), plain: sources[source]! };
  }),
  ...Object.entries(sources).map(
    ([name, plain]): Sample => ({ name: `${name}.snappy`, codec: 'snappy', compressed: snappyCompress(plain), plain }),
  ),
];
const samplesOf = (codec: Codec): readonly Sample[] => samples.filter((sample) => sample.codec === codec);

/** Small enough to be decoded a thousand times. */
const small = (codec: Codec): readonly Sample[] => samplesOf(codec).filter(({ plain }) => plain.length <= 60_000);

t.test('what the encoders wrote', (t) => {
  for (const { name, codec, compressed, plain } of samples) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(seed));
      const { from, end } = arena.input(compressed);
      const out = arena.output(plain.length, 1);
      t.equal(parquet[codec](from, end, out, out + plain.length), plain.length, `${kind}: ${name}`);
      t.ok(Buffer.from(plain).equals(u8.subarray(out, out + plain.length)), 'the same bytes');
      if (plain.length > 0) t.equal(parquet[codec](from, end, out, out + plain.length - 1), -1, 'no room');
      t.ok(arena.intact);
    }
  }
  t.end();
});

t.test('cut at any byte', (t) => {
  for (const codec of ['snappy', 'lz4', 'zstd'] as const) {
    const { compressed, plain } = samplesOf(codec).find(({ name }) => name.startsWith(codec === 'zstd' ? 'noise' : 'short'))!;
    for (const { parquet, kind } of twins) {
      for (let length = 1; length < compressed.length; length++) {
        const arena = new Arena(new Random(length));
        const { from, end } = arena.input(compressed.subarray(0, length));
        const out = arena.output(plain.length, 1);
        const written = parquet[codec](from, end, out, out + plain.length);
        // A block of LZ4 may end wherever literals do: the page header tells that something is missing.
        if (codec === 'lz4' ? written >= plain.length : written !== -1) t.fail(`${kind}: ${codec} cut to ${length} answers ${written}`);
        if (!arena.intact) t.fail(`${codec} cut to ${length}: wrote outside`);
      }
    }
  }
  t.pass('nothing told a whole page');
  t.end();
});

for (const codec of ['snappy', 'lz4', 'zstd'] as const) {
  t.test(`${codec}: damaged bytes, twins agree`, (t) => {
    let accepted = 0;
    const { wrong, damaged } = compareMany(seed, 1500, (kernels, arena, random) => {
      const { compressed, plain } = random.pick(random.chance(0.95) ? small(codec) : samplesOf(codec));
      const bytes = mutate(random, compressed);
      const { from, end } = arena.input(bytes);
      const room = random.chance(0.7) ? plain.length : random.below(plain.length + 1);
      const out = arena.output(room, 1);
      const written = kernels[codec](from, end, out, out + room);
      if (written >= 0) accepted++;
      return [written, digest(out, written)];
    });
    t.same(wrong, []);
    t.ok(damaged > 300, `${damaged} damaged`);
    t.ok(accepted > 200, `${accepted / 2} accepted`);
    t.end();
  });

  t.test(`${codec}: noise behind a good start`, (t) => {
    const { wrong } = compareMany(seed, 3000, (kernels, arena, random) => {
      const start = random.pick(small(codec)).compressed.subarray(0, random.below(20));
      const { from, end } = arena.input(Buffer.concat([start, randomBytes(random, random.below(300))]));
      const room = random.below(3000);
      const out = arena.output(room, 1);
      const written = kernels[codec](from, end, out, out + room);
      return [written, bytesAt(out, written)];
    });
    t.same(wrong, []);
    t.end();
  });
}

/**
 * A block of elements of every kind, most of them short, as encoders never mix them; now and then one reaches before the start, or nowhere.
 * `literals`: their share. `ahead`: bytes of output before, made by few elements.
 */
function snappyElements(random: Random, count: number, literals = 0.4, ahead = 0): { readonly block: Uint8Array; readonly size: number } {
  const bytes: number[] = [];
  let size = 0;
  if (ahead > 0) {
    bytes.push(59 << 2, ...randomBytes(random, 60));
    for (size = 60; size < ahead; size += 64) {
      const offset = 1 + random.below(Math.min(size, 65_535));
      bytes.push(2 | (63 << 2), offset & 255, offset >> 8);
    }
  }
  for (let left = count; left > 0; left--) {
    if (size === 0 || random.chance(literals)) {
      const length = 1 + random.below(random.pick([4, 4, 4, 20, 70, 700]));
      const more = length - 1;
      bytes.push(...(more < 60 ? [more << 2] : more < 256 ? [60 << 2, more] : [61 << 2, more & 255, more >> 8]));
      bytes.push(...randomBytes(random, length));
      size += length;
    } else {
      const wrong = random.chance(0.3 / count);
      const offset = wrong ? random.pick([0, size + 1]) : 1 + random.below(Math.min(size, random.pick([2, 8, 16, 32, 64, 1 << 20])));
      const length = 1 + random.below(random.pick([8, 16, 64]));
      if (random.chance(0.6) && length >= 4 && length <= 11 && offset < 2048)
        bytes.push(1 | ((length - 4) << 2) | ((offset >> 8) << 5), offset & 255);
      else if (random.chance(0.1) || offset > 65_535)
        bytes.push(3 | ((length - 1) << 2), offset & 255, (offset >> 8) & 255, offset >> 16, 0);
      else bytes.push(2 | ((length - 1) << 2), offset & 255, (offset >> 8) & 255);
      size += length;
    }
  }
  const told = random.chance(0.9) ? size : Math.max(0, size + random.below(9) - 4);
  return { block: Uint8Array.from([...varint(told), ...bytes]), size: told };
}

t.test('snappy: elements of every kind, twins agree', (t) => {
  let accepted = 0;
  const { wrong, damaged } = compareMany(seed, 1500, (kernels, arena, random) => {
    const { block, size } = snappyElements(random, random.below(300));
    const { from, end } = arena.input(block);
    const out = arena.output(size, 1);
    const written = kernels.snappy(from, end, out, out + size);
    if (written > 200) accepted++;
    return [written, bytesAt(out, written)];
  });
  t.same(wrong, []);
  t.ok(damaged > 150, `${damaged} damaged`);
  t.ok(accepted > 1500, `${accepted / 2} accepted`);
  t.end();
});

t.test('snappy: many copies behind so much that all offsets are possible, twins agree', (t) => {
  let accepted = 0;
  const { wrong, damaged } = compareMany(seed, 300, (kernels, arena, random) => {
    const { block, size } = snappyElements(random, random.below(4000), random.pick([0, 0.02, 0.1, 0.4]), 65_400 + random.below(400));
    const { from, end } = arena.input(random.chance(0.3) ? mutate(random, block) : block);
    const out = arena.output(size, 1);
    const written = kernels.snappy(from, end, out, out + size);
    if (written > 0) accepted++;
    return [written, digest(out, written)];
  });
  t.same(wrong, []);
  t.ok(damaged > 30, `${damaged} damaged`);
  t.ok(accepted > 200, `${accepted / 2} accepted`);
  t.end();
});

/** Runs crafted bytes on both twins: all are to be refused, and nothing written outside `room` bytes. */
function refused(t: Test, codec: Codec, cases: readonly (readonly [string, readonly number[], number])[]): void {
  for (const [name, bytes, room] of cases) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(1));
      const { from, end } = arena.input(Uint8Array.from(bytes));
      const out = arena.output(room, 1);
      t.equal(parquet[codec](from, end, out, out + room), -1, `${kind}: ${name}`);
      t.ok(arena.intact);
    }
  }
}

/** A copy whose offset takes two bytes. */
const copyOf = (length: number, offset: number): number[] => [2 | ((length - 1) << 2), offset & 255, offset >> 8];
const times = (count: number, bytes: readonly number[]): number[] => Array.from({ length: count }, () => bytes).flat();

t.test('crafted blocks', (t) => {
  refused(t, 'snappy', [
    ['nothing', [], 10],
    ['a length without end', [255, 255, 255, 255, 255, 1], 10],
    ['a length of 2^35', [255, 255, 255, 255, 127], 10],
    ['nothing but literals of four bytes', [...varint(100), ...times(2000, [12, 65, 65, 65, 65])], 100],
    ['nothing but copies', [...varint(100), 0, 65, ...times(2000, [1 | (7 << 2), 1])], 100],
    ['a copy before the start', [...varint(10), 0, 65, 1 | (2 << 2), 2], 10],
    ['a copy from 0 bytes back', [...varint(10), 0, 65, 1, 0], 10],
    [
      'a copy from 0 bytes back, far behind',
      [...varint(76_001), 0, 65, ...times(2000, copyOf(36, 1)), ...times(500, [1 | (4 << 2), 0])],
      76_001,
    ],
    ['a copy from 2^32 - 1 bytes back', [...varint(10), 0, 65, 3, 255, 255, 255, 255], 10],
    ['a literal of 2^32 bytes', [...varint(10), 63 << 2, 255, 255, 255, 255, ...times(10, [65])], 10],
    ['a literal that is not there', [...varint(100), 59 << 2, 1, 2, 3], 100],
    ['a length that is not there', [...varint(100), 62 << 2, 1], 100],
    ['an element that is cut off', [...varint(5), 0, 65, 2, 1], 5],
    ['less than it says', [...varint(9), 12, 65, 65, 65, 65], 9],
  ]);
  refused(t, 'lz4', [
    ['nothing', [], 10],
    ['a length without end', times(100, [255]), 10],
    ['literals that are not there', [0xa0, 1, 2], 10],
    ['a copy before the start', [0x10, 65, 2, 0, 0], 10],
    ['a copy from 0 bytes back', [0x10, 65, 0, 0, 0], 10],
    ['an offset that is cut off', [0x10, 65, 1], 10],
    ['a copy at the end', [0x10, 65, 1, 0], 10],
    ['a copy of too many', [0x1f, 65, 1, 0, 255, 255, 0, 0], 100],
  ]);
  refused(t, 'lz4Hadoop', [
    ['a size that is cut off', [0, 0, 0], 10],
    ['more than there is room for', [0, 0, 0, 11, 0, 0, 0, 2, 0x10, 65], 10],
    ['a block that is cut off', [0, 0, 0, 1, 0, 0, 0, 3, 0x10, 65], 10],
    ['no block', [0, 0, 0, 1], 10],
    ['an empty block', [0, 0, 0, 1, 0, 0, 0, 0], 10],
  ]);
  t.end();
});

t.test('LZ4 in the framing of Hadoop', (t) => {
  const big = (value: number): number[] => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
  const [one, two] = ['short.1.lz4', 'runs.9.lz4'].map((wanted) => samples.find(({ name }) => name === wanted)!) as [Sample, Sample];
  const block = ({ compressed }: Sample): number[] => [...big(compressed.length), ...compressed];
  const framed = Uint8Array.from([
    ...big(one.plain.length),
    ...block(one),
    ...big(0),
    ...big(one.plain.length + two.plain.length),
    ...block(one),
    ...block(two),
  ]);
  const expected = Buffer.concat([one.plain, one.plain, two.plain]);
  for (const { parquet } of twins) {
    const arena = new Arena(new Random(1));
    const { from, end } = arena.input(framed);
    const out = arena.output(expected.length, 1);
    t.equal(parquet.lz4Hadoop(from, end, out, out + expected.length), expected.length);
    t.ok(expected.equals(u8.subarray(out, out + expected.length)));
    t.equal(parquet.lz4Hadoop(from, end - 1, out, out + expected.length), -1);
  }
  t.end();
});

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** A frame of one segment and a size of one byte. */
const frame = (...blocks: readonly (readonly number[])[]): number[] => [...MAGIC, 0x20, 0, ...blocks.flat()];
const blockHead = (kind: number, size: number, last = 1): number[] => [
  last | (kind << 1) | ((size & 31) << 3),
  (size >> 5) & 255,
  size >> 13,
];
const compressed = (...bytes: number[]): number[] => [...blockHead(2, bytes.length), ...bytes];

t.test('crafted frames of Zstandard', (t) => {
  /** Three literals `abc`. */
  const abc = [3 << 3, 97, 98, 99];
  refused(t, 'zstd', [
    ['no magic', [1, 2, 3, 4, 5, 6, 7, 8, 9], 10],
    ['a frame that is cut off', [...MAGIC, 0x20], 10],
    ['a head that is cut off', [...MAGIC, 0xe0, 0, 0, 0], 10],
    ['a reserved bit', [...MAGIC, 0x28, 0, ...blockHead(0, 0)], 10],
    ['a dictionary', [...MAGIC, 0x21, 7, 0, ...blockHead(0, 0)], 10],
    ['a block of the reserved kind', frame(blockHead(3, 0)), 10],
    ['a block that is not there', frame(blockHead(0, 5), [1, 2]), 10],
    ['no last block', frame(blockHead(0, 1, 0), [1]), 10],
    ['2 MiB of one byte', frame(blockHead(1, 0x1f_ffff), [65]), 1000],
    ['a block of nothing', frame(compressed()), 10],
    ['no sequences section', frame(compressed(...abc)), 10],
    ['bytes behind no sequences', frame(compressed(...abc, 0, 0)), 10],
    ['tables that repeat none', frame(compressed(...abc, 1, 0xfc, 1)), 10],
    ['a tree that repeats none', frame(compressed(3 | (1 << 4), 1 << 6, 0, 1, 0)), 10],
    ['more literals than a block has', frame(compressed(1 | (3 << 2) | (15 << 4), 255, 255, 65, 0)), 2_000_000],
    ['a literal length that does not exist', frame(compressed(...abc, 1, 0b01010100, 36, 0, 0, 1)), 100],
    ['a match length that does not exist', frame(compressed(...abc, 1, 0b01010100, 0, 0, 53, 1)), 100],
    ['an offset that does not exist', frame(compressed(...abc, 1, 0b01010100, 0, 32, 0, 1)), 100],
    ['a sequence without bits', frame(compressed(...abc, 1, 0, 0)), 100],
    ['a match before the start', frame(compressed(...abc, 1, 0b01010100, 3, 2, 0, 0b111)), 100],
    // With room to spare, sequences are executed in another loop.
    ['a match before the start, and room', frame(compressed(...abc, 1, 0b01010100, 3, 2, 0, 0b111)), 1000],
    ['more literals than there are, and room', frame(compressed(...abc, 1, 0b01010100, 4, 0, 0, 1)), 1000],
    ['a match of more than fits', frame(compressed(...abc, 1, 0b01010100, 3, 0, 52, 255, 255, 1)), 100],
    ['more literals than there are', frame(compressed(...abc, 1, 0b01010100, 4, 0, 0, 1)), 100],
    ['one less than an offset of 1', frame(compressed(...abc, 2, 0b01010100, 0, 0, 0, 1)), 100],
    ['65,535 sequences in one byte', frame(compressed(...abc, 255, 255, 255, 0b01010100, 0, 0, 0, 1)), 1000],
    ['bits left over', frame(compressed(...abc, 1, 0b01010100, 3, 0, 0, 0xff)), 100],
    ['a tree of no weights', frame(compressed(2 | (1 << 4), 1 << 6, 0, 128, 0, 0)), 100],
    ['a tree of 129 bytes that are not there', frame(compressed(2 | (1 << 4), 1 << 6, 0, 255)), 100],
    ['a skippable frame without end', [0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 0], 100],
  ]);
  t.end();
});

t.test('frames behind one another, and what is to be skipped', (t) => {
  const { compressed: one, plain } = samples.find(({ name }) => name === 'text.3.zst')!;
  const skipped = [0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
  const repeated = frame(blockHead(1, 3, 0), [66], blockHead(0, 2), [67, 68]);
  const bytes = Buffer.concat([Uint8Array.from(skipped), one, Uint8Array.from(skipped), one, Uint8Array.from(repeated)]);
  const expected = Buffer.concat([plain, plain, Buffer.from('BBBCD')]);
  for (const { parquet } of twins) {
    const arena = new Arena(new Random(1));
    const { from, end } = arena.input(bytes);
    const out = arena.output(expected.length, 1);
    t.equal(parquet.zstd(from, end, out, out + expected.length), expected.length);
    t.ok(expected.equals(u8.subarray(out, out + expected.length)));
  }
  t.end();
});

t.test('a block cannot use what another page left behind', (t) => {
  // Of each: a page, and one that is the same but for repeating tables, or a tree, that it has not.
  const abc = [3 << 3, 97, 98, 99];
  const pairs: readonly (readonly [string, number, readonly number[], readonly number[]])[] = [
    ['tables', 6, frame(compressed(...abc, 1, 0b01010100, 3, 0, 0, 1)), frame(compressed(...abc, 1, 0xfc, 1))],
    ['a tree', 3, frame(compressed(0x32, 0xc0, 0, 128, 0x10, 0b1010, 0)), frame(compressed(0x33, 0x40, 0, 0b1010, 0))],
  ];
  for (const [name, size, whole, repeating] of pairs) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(1));
      const out = arena.output(size, 1);
      const first = arena.input(Uint8Array.from(whole));
      t.equal(parquet.zstd(first.from, first.end, out, out + size), size, `${kind}: ${name} of its own`);
      const second = arena.input(Uint8Array.from(repeating));
      t.equal(parquet.zstd(second.from, second.end, out, out + size), -1, `${name} of another page`);
      t.ok(arena.intact);
    }
  }
  t.end();
});
