/** Levels, bitmaps, rows and positions of Parquet: the SIMD kernels against their plain twins, and against what was encoded. */
import t from 'tap';
import { rowState } from '../src/kernels/value-kernels.ts';
import { type Random, seed, u8, u32 } from './support/kernels.ts';
import { type Arena, bytesAt, compareMany, hybrid, mutate, pack, randomBytes, words } from './support/parquet-kernels.ts';

t.setTimeout(240_000);

const bitmapBytes = (count: number): number => ((count + 127) >> 6) * 8;

/** Levels with runs of the same among them. */
function levels(random: Random, max: number): number[] {
  const all: number[] = [];
  for (let left = random.below(12); left > 0; left--) {
    const level = random.below(max + 1);
    const mixed = random.chance(0.6);
    const length = random.below(random.chance(0.2) ? 1500 : 80);
    for (let i = 0; i < length; i++) all.push(mixed ? random.below(max + 1) : level);
  }
  return all;
}

const widthOf = (max: number): number => 32 - Math.clz32(max);

t.test('levels as bitmaps and as bytes', (t) => {
  let right = 0;
  const { wrong, damaged } = compareMany(seed, 1500, (kernels, arena, random) => {
    const max = random.pick([0, 1, 1, 1, 1, 2, 3, 4, 7, 20, 255]);
    const all = levels(random, max);
    const encoded = hybrid(random, all, widthOf(max), random.chance(0.3));
    const untouched = random.chance(0.6);
    const { from, end } = arena.input(untouched ? encoded : mutate(random, encoded));
    const wanted = random.chance(0.8) ? max : random.below(max + 1);
    const bitmap = arena.output(bitmapBytes(all.length));
    const into = arena.output(all.length, 1);
    const ones = kernels.levelsBitmap(from, end, all.length, widthOf(max), max, wanted, bitmap);
    const done = kernels.levelsBytes(from, end, all.length, widthOf(max), max, into);
    if (untouched && ones === all.filter((level) => level === wanted).length && done === 0) right++;
    const answer: unknown[] = [untouched, ones, done];
    if (done === 0) answer.push(bytesAt(into, all.length));
    if (ones >= 0) answer.push(bytesAt(bitmap, bitmapBytes(all.length)));
    if (done === 0) {
      const again = arena.output(bitmapBytes(all.length));
      answer.push(kernels.bytesBitmap(into, all.length, wanted, again), bytesAt(again, bitmapBytes(all.length)));
      const rows = arena.output(4 * all.length);
      const kept = kernels.bytesRows(into, all.length, wanted, 99, rows);
      answer.push(kept, words(rows, kept));
    }
    return answer;
  });
  t.same(wrong, []);
  t.ok(right > 1600, `${right} as encoded`);
  t.ok(damaged > 100, `${damaged} damaged`);
  t.end();
});

t.test('levels: what does not fit', (t) => {
  const { wrong } = compareMany(seed, 1, (kernels, arena) => {
    const { from, end } = arena.input(Uint8Array.from([200, 1, 1, 200, 1, 2]));
    // Ten times 1, if a level could have 17 bits.
    const wide = arena.input(Uint8Array.from([20, 1, 0, 0]));
    const bitmap = arena.output(64);
    return [
      kernels.levelsBitmap(wide.from, wide.end, 10, 17, 2, 1, bitmap),
      kernels.levelsBytes(wide.from, wide.end, 10, 17, 2, bitmap),
      kernels.levelsBitmap(from, end, 100, 1, 1, 1, bitmap) === 100,
      kernels.levelsBitmap(from, end, 101, 1, 1, 1, bitmap),
      kernels.levelsBitmap(from, end, 101, 2, 2, 1, bitmap) === 100,
      kernels.levelsBitmap(from, end, 201, 2, 2, 1, bitmap),
      kernels.levelsBytes(from, end, 10, 9, 256, bitmap),
      kernels.levelsBytesPacked(from, end, 49, 1, 1, bitmap),
      kernels.levelsBytesPacked(from, end, 10, 4, 2, bitmap),
    ];
  });
  t.same(wrong, []);
  t.end();
});

t.test('levels of the deprecated encoding', (t) => {
  const { wrong, damaged } = compareMany(seed, 300, (kernels, arena, random) => {
    const max = random.pick([1, 2, 3, 7, 100, 255]);
    const width = widthOf(max);
    const all = levels(random, max).slice(0, 500);
    // Highest bit first: the same as lowest first, all turned round.
    const packed = pack(
      all.map((level) => reversed(level, width)),
      width,
    ).map((byte) => reversed(byte, 8));
    const { from, end } = arena.input(random.chance(0.7) ? Uint8Array.from(packed) : mutate(random, Uint8Array.from(packed)));
    const into = arena.output(all.length, 1);
    const done = kernels.levelsBytesPacked(from, end, all.length, width, max, into);
    return [
      done,
      done < 0 ? '' : bytesAt(into, all.length),
      done < 0 ? '' : bytesAt(into, all.length) === Buffer.from(all).toString('hex'),
    ];
  });
  t.same(wrong, []);
  t.ok(damaged > 20 && damaged < 150, `${damaged} damaged`);
  t.end();
});

function reversed(value: number, width: number): number {
  let out = 0;
  for (let bit = 0; bit < width; bit++) out |= ((value >> bit) & 1) << (width - 1 - bit);
  return out;
}

/** A bitmap whose words are mixed, empty or full. */
function bitmap(random: Random, arena: Arena, count: number): number {
  const bytes = new Uint8Array(bitmapBytes(count));
  for (let at = 0; at < bytes.length; at += 8)
    bytes.set(random.chance(0.5) ? randomBytes(random, 8) : new Uint8Array(8).fill(random.pick([0, 255])), at);
  return arena.input(bytes, 8).from;
}

t.test('rows and positions', (t) => {
  const { wrong } = compareMany(seed, 1000, (kernels, arena, random) => {
    const count = random.below(random.chance(0.2) ? 3000 : 300);
    const bits = bitmap(random, arena, count);
    const ranks = arena.output(4 * ((count + 63) >> 6));
    kernels.ranks(bits, count, ranks);
    const told: unknown[] = [words(ranks, (count + 63) >> 6)];
    const at = random.below(count + 1);
    if (at < count) told.push(kernels.rankAt(bits, ranks, at));
    const shift = random.below(count + 1);
    // Rows of a batch that begins somewhere else than the page: rows as they are, or bits of their own for each.
    const list = random.subset(count - shift, random.pick([0.05, 0.5, 1]));
    const rows = random.chance(0.3) ? 0 : arena.words(list);
    const n = rows === 0 ? count - shift : list.length;
    const apart = rows !== 0 && random.chance(0.5);
    const skipped = apart ? random.below(shift + 1) : 0;
    const bitsOf = apart ? arena.words(list.map((row) => row + skipped)) : rows;
    const inPlace = rows !== 0 && random.chance(0.5);
    const present = arena.output(4 * n);
    if (inPlace) u8.copyWithin(present, rows, rows + 4 * n);
    const positions = arena.output(4 * n);
    if (inPlace && apart) u8.copyWithin(positions, bitsOf, bitsOf + 4 * n);
    const states = random.chance(0.5) ? arena.output(count) : 0;
    const fields = random.chance(0.5) ? arena.output(8 * count) : 0;
    const kept = kernels.present(
      bits,
      ranks,
      inPlace && apart ? positions : bitsOf,
      shift - skipped,
      inPlace ? present : rows,
      n,
      present,
      positions,
      states,
      fields,
    );
    told.push(kept, words(present, kept), words(positions, kept));
    for (const row of rows === 0 ? Array.from({ length: n }, (_, j) => j) : list) {
      if (states !== 0) told.push(u8[states + row]);
      const state = (u8[bits + ((row + shift) >> 3)]! >> ((row + shift) & 7)) & 1 ? rowState.value : rowState.null;
      if (states !== 0 && u8[states + row] !== state) throw new Error('wrong state');
      if (fields !== 0 && state === rowState.null) told.push(u32[(fields >> 2) + 2 * row + 1] === 2 ** 32 - rowState.null);
    }
    const first = random.below(count + 1);
    const out = arena.output(4 * (count - first));
    const wanted = random.below(2);
    const found = kernels.bitRows(bits, first, count - first, wanted, 1000, out);
    told.push(found, words(out, found));
    const still = arena.output(4 * n);
    const filtered = kernels.filterBits(bits, rows, shift, n, wanted, still);
    told.push(filtered, words(still, filtered));
    const mapped = arena.output(4 * kept);
    if (found > 0) {
      const picked = arena.words(Array.from({ length: kept }, () => random.below(found)));
      kernels.rowsAt(out, picked, kept, mapped);
      told.push(words(mapped, kept));
    }
    return told;
  });
  t.same(wrong, []);
  t.end();
});
