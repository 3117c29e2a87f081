/** What holds for every codec: real files, cuts, damage, bombs, cancellation, a slow reader. */
import t from 'tap';
import { inflate } from '../src/formats/codecs.ts';
import type { Compression } from '../src/formats/format.ts';
import { blocksText, fixture, newStats, outcome, text } from './support/codecs.ts';

interface Case {
  readonly compression: Compression;
  readonly file: string;
  readonly blocks: string;
  /** Each block has a checksum; else there is one at the end, behind the text. */
  readonly blockChecksums: boolean;
  /** Cuts that leave a whole object: between its chunks. */
  readonly wholeAt: (object: Uint8Array, length: number) => boolean;
}

const never = (): boolean => false;
const cases: readonly Case[] = [
  { compression: 'bzip2', file: 'text.csv.bz2', blocks: 'blocks.csv.bz2', blockChecksums: true, wholeAt: never },
  { compression: 'zstd', file: 'text.csv.zst', blocks: 'blocks.csv.zst', blockChecksums: false, wholeAt: never },
  { compression: 'lz4', file: 'text.csv.lz4', blocks: 'blocks.csv.lz4', blockChecksums: false, wholeAt: never },
  // The framing format has no end: behind its header and behind every chunk it may end.
  { compression: 'snappy', file: 'text.csv.sz', blocks: 'blocks.csv.sz', blockChecksums: true, wholeAt: (_, length) => length === 10 },
];

for (const { compression, file, blocks, blockChecksums, wholeAt } of cases) {
  const name = compression.toUpperCase();

  t.test(`${name}: objects of its own tool, in any pieces`, async (t) => {
    for (const piece_bytes of [1, 7, 1000, 1e6]) {
      const object = fixture(file);
      const { text: read, code, stats } = await outcome(compression, object, { piece_bytes });
      t.equal(code, null);
      t.ok(read.equals(text), `pieces of ${piece_bytes}`);
      t.strictSame(stats, { compressed_bytes: object.length, inflated_bytes: text.length });
    }
    const many = await outcome(compression, fixture(blocks));
    t.equal(many.code, null);
    t.ok(many.text.equals(blocksText), 'an object of several blocks');
  });

  t.test(`${name}: nothing, and objects one behind the other`, async (t) => {
    t.match(await outcome(compression, new Uint8Array(0)), { code: null, text: Buffer.alloc(0) });
    const object = Buffer.concat([fixture(file), fixture(blocks), fixture(file)]);
    const { text: read, code, stats } = await outcome(compression, object);
    t.equal(code, null);
    t.ok(read.equals(Buffer.concat([text, blocksText, text])));
    t.equal(stats.compressed_bytes, object.length);
  });

  t.test(`${name}: cut at every byte`, async (t) => {
    const object = fixture(file);
    const wrong: string[] = [];
    for (let length = 1; length < object.length; length++) {
      const { text: read, code } = await outcome(compression, object.subarray(0, length), { piece_bytes: 1e6 });
      const expected = wholeAt(object, length) ? null : 'TruncatedInput';
      if (code !== expected || !read.equals(text.subarray(0, read.length))) wrong.push(`${length}: ${code}`);
    }
    t.strictSame(wrong, []);
  });

  t.test(`${name}: cut in a later block, what came before is delivered`, async (t) => {
    const object = fixture(blocks);
    const { text: read, code } = await outcome(compression, object.subarray(0, object.length - 100));
    t.equal(code, 'TruncatedInput');
    t.ok(read.length > 0 && read.length < blocksText.length, `${read.length} bytes`);
    t.ok(read.equals(blocksText.subarray(0, read.length)));
  });

  t.test(`${name}: damaged anywhere, it is found`, async (t) => {
    const object = fixture(file);
    const wrong: string[] = [];
    for (let at = 0; at < object.length; at += 3) {
      const damaged = Uint8Array.from(object);
      damaged[at]! ^= 1 << (at % 8);
      const { text: read, code } = await outcome(compression, damaged, { piece_bytes: 1e6 });
      const known = code === null || code === 'InvalidCompressionFormat' || code === 'TruncatedInput';
      const right = read.equals(text.subarray(0, read.length));
      if (!known || (!right && blockChecksums) || (code === null && !read.equals(text))) wrong.push(`${at}: ${code}`);
    }
    t.strictSame(wrong, []);
  });

  t.test(`${name}: what is something else`, async (t) => {
    for (const other of ['a', 'id,name\n1,x\n2,y\n', 'x'.repeat(100_000)]) {
      const { code, message } = await outcome(compression, Buffer.from(other));
      t.equal(code, 'InvalidCompressionFormat', `${other.length} bytes`);
      t.match(message, `${name} is not applicable to the queried object. Please correct the request and try again.`);
    }
    const behind = await outcome(compression, Buffer.concat([fixture(file), Buffer.from('id,name\n1,x\n')]));
    t.equal(behind.code, 'InvalidCompressionFormat', 'text behind it');
    t.match(behind.message, 'is damaged');
    t.ok(behind.text.equals(text), 'what came before is delivered');
  });

  t.test(`${name}: a source's own error passes through, behind what came before`, async (t) => {
    const object = fixture(blocks);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield object.subarray(0, object.length - 50);
      throw new Error('the disk is gone');
    }
    let read_bytes = 0;
    const read = async (): Promise<void> => {
      for await (const piece of inflate(compression, source(), newStats())) read_bytes += piece.length;
    };
    await t.rejects(read(), { message: 'the disk is gone' });
    if (compression !== 'lz4' && compression !== 'snappy') t.ok(read_bytes > 0);
  });

  t.test(`${name}: ending early ends the source, and a slow reader holds it back`, async (t) => {
    const object = fixture(blocks);
    let taken = 0;
    let ended = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (; ; taken++) yield object;
      } finally {
        ended = true;
      }
    }
    const pieces = inflate(compression, source(), newStats());
    await pieces.next();
    const before = taken;
    await new Promise((resolve) => setTimeout(resolve, 30));
    t.equal(taken, before, 'nothing is read while nobody reads');
    t.ok(taken * object.length < 8 * 2 ** 20, `${taken} objects read ahead`);
    await pieces.return();
    t.ok(ended);
  });
}

t.test('bombs are stopped', async (t) => {
  for (const [compression, file] of [
    ['bzip2', 'zeros.bz2'],
    ['zstd', 'zeros.zst'],
  ] as const) {
    const { code, stats } = await outcome(compression, fixture(file));
    t.equal(code, 'ExternalEvalException', compression);
    t.ok(stats.inflated_bytes < 20 * 2 ** 20, `${stats.inflated_bytes} bytes`);
  }
});

t.test('a block of bzip2 whose text is fifty times as long comes in parts', async (t) => {
  const { text: read, code } = await outcome('bzip2', fixture('zeros.bz2'), { ratio_max: 1e9 });
  t.equal(code, null);
  t.equal(read.length, 40 * 2 ** 20);
  t.ok(read.every((byte) => byte === 0));
});
