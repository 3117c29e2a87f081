/** Strings of Parquet pages: the SIMD kernels against their plain twins, what was encoded, and crafted pages. */
import t from 'tap';
import { NEEDLE_BYTES_MAX } from '../src/kernels/kernels.ts';
import { Random, seed, twins, u8, u32 } from './support/kernels.ts';
import { Arena, bytesAt, compareMany, mutate, randomBytes, words } from './support/parquet-kernels.ts';

t.setTimeout(240_000);

const little = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];

/** A PLAIN page. */
function plain(values: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(values.flatMap((value) => [Uint8Array.from(little(value.length)), value]));
}

function texts(random: Random, count: number): Uint8Array[] {
  const longest = random.pick([0, 3, 20, 20, 200]);
  const letters = random.pick(['ab', 'abcdefgh ', 'aé漢😀']);
  return Array.from({ length: count }, () =>
    Buffer.from(Array.from({ length: random.below(longest + 1) }, () => random.pick([...letters])).join('')),
  );
}

/** Texts of fields, addresses taken off. */
function fieldsAt(fields: number, count: number, from: number): (number | string)[] {
  if (count < 0) return [];
  return words(fields, 2 * count).map((word, i) => (i % 2 === 0 ? word - from : word));
}

function textsAt(fields: number, rows: readonly number[]): Buffer[] {
  return rows.map((row) => {
    const start = u32[(fields >> 2) + 2 * row]!;
    return Buffer.from(u8.slice(start, start + u32[(fields >> 2) + 2 * row + 1]!));
  });
}

const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

t.test('PLAIN: fields of pages of every size', (t) => {
  for (const count of [0, 1, 2, 1023, 1024, 1025, 5000]) {
    for (const { parquet, kind } of twins) {
      const random = new Random(seed + count);
      // Long and short ones by turns: the quarters of the page hold different numbers of values.
      const values = all(count).map((i) => randomBytes(random, i % 1000 < 500 ? random.below(3) : random.below(60)));
      const arena = new Arena(random);
      const { from, end } = arena.input(plain(values));
      const fields = arena.output(8 * count + 8);
      t.equal(parquet.chainFields(from, end, count, fields), end, `${kind}: ${count}`);
      t.same(textsAt(fields, all(count)), values.map(Buffer.from));
      t.equal(parquet.chainFields(from, end, count + 1, fields), -1, 'no more');
      if (count > 0) t.equal(parquet.chainFields(from, end, count - 1, fields), end - 4 - values.at(-1)!.length, 'one less');
      t.ok(arena.intact);
    }
  }
  t.end();
});

t.test('PLAIN: damaged pages, whole and taken from', (t) => {
  const { wrong, damaged } = compareMany(seed, 1200, (kernels, arena, random) => {
    const count = random.chance(0.2) ? 1024 + random.below(2000) : random.below(100);
    const values = texts(random, count);
    const { from, end } = arena.input(random.chance(0.5) ? plain(values) : mutate(random, plain(values)));
    const fields = arena.output(8 * count + 8);
    const stop = kernels.chainFields(from, end, count, fields);
    const told: unknown[] = [stop < 0 ? stop : stop - from, fieldsAt(fields, stop < 0 ? -1 : count, from)];
    const chain = arena.output(32);
    kernels.chainOpen(chain, from, end, count);
    for (let calls = random.below(6); calls > 0; calls--) {
      const shift = random.below(count + 1);
      const list = random.subset(random.below(count - shift + 1), random.pick([0.05, 0.5]));
      const positions = random.chance(0.2) ? 0 : arena.words(list);
      const n = positions === 0 ? random.below(count - shift + 1) : list.length;
      const into = arena.output(8 * (count + 1));
      const rows = random.chance(0.5) ? 0 : arena.words(all(n).map((j) => j + 1));
      const taken = kernels.chainTake(chain, positions, shift, rows, n, into);
      told.push(taken, fieldsAt(into + (rows === 0 ? 0 : 8), taken, from));
    }
    return told;
  });
  t.same(wrong, []);
  t.ok(damaged > 200 && damaged < 1000, `${damaged} damaged`);
  t.end();
});

t.test('PLAIN: crafted pages', (t) => {
  const values = all(2000).map(() => Buffer.from('0123456789'));
  const page = plain(values);
  const cases: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['a length that is cut off', page.subarray(0, page.length - 11)],
    ['a text that is cut off', page.subarray(0, page.length - 1)],
    ['lengths of 2^32 - 4, which lead nowhere', Buffer.concat(all(2000).map(() => Uint8Array.from(little(-4))))],
    ['lengths of 2^31', Buffer.concat(all(2000).map(() => Uint8Array.from(little(2 ** 31))))],
  ];
  // One length, in each quarter of the page, that leads out of it and around the address space, back to where it was.
  for (const at of [0, 300, 700, 1200, 1900]) {
    for (const length of [2 ** 32 - 4 - 42, 2 ** 32 - 4, 2 ** 31, page.length, page.length - 14 * at - 3]) {
      const one = Buffer.from(page);
      one.writeUInt32LE(length, 14 * at);
      cases.push([`a length of ${length} at ${at}`, one]);
    }
  }
  for (const [name, bytes] of cases) {
    for (const { parquet, kind } of twins) {
      const arena = new Arena(new Random(1));
      const { from, end } = arena.input(bytes);
      const fields = arena.output(8 * 2000 + 8);
      t.equal(parquet.chainFields(from, end, 2000, fields), -1, `${kind}: ${name}`);
      const chain = arena.output(32);
      parquet.chainOpen(chain, from, end, 2000);
      t.equal(parquet.chainTake(chain, arena.words([1999]), 0, 0, 1, fields), -1);
      t.ok(arena.intact);
    }
  }
  t.end();
});

t.test('DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY, their lengths decoded', (t) => {
  const { wrong, damaged } = compareMany(seed, 1500, (kernels, arena, random) => {
    const values = texts(random, random.below(60)).toSorted(Buffer.compare);
    const prefixes = values.map((value, i) => {
      let shared = 0;
      while (i > 0 && shared < value.length && value[shared] === values[i - 1]![shared]) shared++;
      return random.chance(0.2) ? random.below(shared + 1) : shared;
    });
    const suffixes = values.map((value, i) => value.length - prefixes[i]!);
    const spoil = (lengths: number[]): number[] =>
      lengths.map((length) => (random.chance(0.01) ? random.pick([-1, 1, length + 1, 2 ** 31 - 1, -(2 ** 31)]) : length));
    const spoilt = random.chance(0.5);
    const before = arena.words(spoilt ? spoil(prefixes) : prefixes);
    const rest = arena.words(spoilt ? spoil(suffixes) : suffixes);
    const text = Buffer.concat(values.map((value, i) => value.subarray(prefixes[i])));
    const { from, end } = arena.input(text.subarray(0, random.chance(0.1) ? random.below(text.length + 1) : text.length));
    const fields = arena.output(8 * values.length);
    const stop = kernels.lengthFields(rest, values.length, from, end, fields);
    const told: unknown[] = [stop < 0 ? stop : stop - from, fieldsAt(fields, stop < 0 ? -1 : values.length, from)];
    const bytes = kernels.prefixBytes(before, rest, values.length);
    told.push(bytes);
    const room = random.chance(0.9) && bytes >= 0 && bytes < 1e5 ? bytes : random.below(1000);
    const into = arena.output(room, 1);
    const written = kernels.prefixFields(before, rest, values.length, from, end, into, into + room, fields);
    told.push(written < 0 ? written : written - into, fieldsAt(fields, written < 0 ? -1 : values.length, into));
    if (written >= 0) told.push(bytesAt(into, written - into));
    if (written >= 0 && !spoilt && !Buffer.concat(values).equals(u8.subarray(into, written))) throw new Error('not what was encoded');
    return told;
  });
  t.same(wrong, []);
  t.ok(damaged > 200 && damaged < 1300, `${damaged} damaged`);
  t.end();
});

t.test('questions about bytes', (t) => {
  const { wrong } = compareMany(seed, 1500, (kernels, arena, random) => {
    const values = random.chance(0.8) ? texts(random, random.below(80)) : all(20).map(() => randomBytes(random, random.below(30)));
    const count = values.length;
    const { from, end } = arena.input(plain(values));
    const fields = arena.output(8 * count + 8);
    kernels.chainFields(from, end, count, fields);
    const list = random.subset(count, 0.5);
    const told: unknown[] = [
      kernels.fieldsUtf8(fields, 0, count),
      kernels.fieldsUtf8(fields, arena.words(list), list.length),
      kernels.fieldsAre(fields, count, random.below(4)),
    ];
    const some = values.filter(({ length }) => length > 0);
    const source =
      some.length > 0 && random.chance(0.7) ? random.pick(some) : random.pick([randomBytes(random, 5), Uint8Array.from([3, 0, 0])]);
    const start = random.below(source.length);
    const needle = source.subarray(start, start + 1 + random.below(Math.min(source.length - start, NEEDLE_BYTES_MAX)));
    const at = arena.input(needle).from;
    const out = arena.output(4 * count);
    const kept = kernels.fieldsContaining(fields, count, at, needle.length, 50, out);
    told.push(kept, words(out, kept));
    const hit = kernels.findBytes(from, end, at, needle.length);
    told.push(hit < 0 ? hit : hit - from);
    const contains = values.flatMap((value, i) => (Buffer.from(value).includes(Buffer.from(needle)) ? [50 + i] : []));
    if (JSON.stringify(contains) !== JSON.stringify(words(out, kept))) throw new Error('not what contains it');
    return told;
  });
  t.same(wrong, []);
  t.end();
});

t.test('a needle at any place, and none behind the end', (t) => {
  for (const { parquet } of twins) {
    const arena = new Arena(new Random(seed));
    for (const length of [1, 2, 3, 16, 33, NEEDLE_BYTES_MAX]) {
      const needle = arena.input(Uint8Array.from({ length }, (_, i) => 1 + (i % 7))).from;
      for (let at = 0; at < 70; at++) {
        const { from, end } = arena.input(new Uint8Array(at + length).fill(1 + ((length - 1) % 7), 0, at).fill(0, at));
        u8.copyWithin(from + at, needle, needle + length);
        if (length > 1) t.equal(parquet.findBytes(from, end, needle, length), from + at);
        t.equal(parquet.findBytes(from, end - 1, needle, length) < 0, length > 1 || at === 0);
      }
    }
  }
  t.end();
});
