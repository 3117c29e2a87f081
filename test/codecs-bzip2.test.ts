/** Bzip2 of blocks that no compressor writes: magics inside of blocks at every bit, and other threads than one. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { type BlockTask, type Decoding, decodeBlock, decodingHere, type ResultOf } from '../src/formats/codecs/block.ts';
import { type Marker, scanMarkers } from '../src/formats/codecs/bzip2-markers.ts';
import { type CraftedBlock, craftBzip2 } from './support/bzip2.ts';
import { blocksText, fixture, outcome } from './support/codecs.ts';

/** As symbols of a crafted block: a code is its symbol there. */
const blockMagic = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const endMagic = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
const junk = (count: number, seed: number): number[] => Array.from({ length: count }, (_, i) => 2 + ((i * 73 + seed * 31) % 250));
const filler = (index: number): CraftedBlock => ({ symbols: junk(200 + index, index), origin: index });

/** Results come late and in any order, as from several threads. */
function decodingSlowly(ahead: number): Decoding & { tasks: number } {
  const decoding = {
    ...decodingHere,
    ahead,
    tasks: 0,
    block: async <Task extends BlockTask>(task: Task): Promise<ResultOf<Task>> => {
      decoding.tasks++;
      const result = decodeBlock(task) as ResultOf<Task>;
      await new Promise((resolve) => setTimeout(resolve, (decoding.tasks * 7) % 5));
      return result;
    },
  };
  return decoding;
}

t.test('what is crafted here is bzip2', async (t) => {
  const { object, text } = craftBzip2([filler(1), { symbols: [...junk(100, 3), 0, 1, 1, 254, 255, 256, 0], origin: 50 }]);
  t.match(await outcome('bzip2', object), { code: null, text });
  const tool = spawnSync('bzip2', ['-dc'], { input: object });
  if (tool.error === undefined) t.ok(tool.stdout.equals(text), 'bzip2 reads the same');
  else t.comment('there is no bzip2 here to ask');
});

t.test('a magic inside of a block is not believed', async (t) => {
  for (const magic of [blockMagic, endMagic]) {
    for (let lead = 0; lead < 8; lead++) {
      // Symbols of nine bits shift what follows by one bit each.
      const shift = Array.from({ length: lead }, () => 255);
      const symbols = [...shift, ...junk(60, lead), ...magic, ...junk(50, 5), ...magic, ...magic, ...junk(300, 2)];
      const { object, text } = craftBzip2([filler(3), { symbols, origin: 7 }, filler(4), { symbols, origin: 100 }, filler(5)]);
      for (const ahead of [1, 3, 16]) {
        const { code, text: read } = await outcome('bzip2', object, { decoding: decodingSlowly(ahead) });
        t.ok(code === null && read.equals(text), `shifted by ${lead}, ${ahead} ahead: ${code}`);
      }
    }
  }
});

t.test('many false magics cost a bounded number of tasks', async (t) => {
  const symbols = Array.from({ length: 200 }, () => blockMagic).flat();
  const { object, text } = craftBzip2([
    { symbols, origin: 3 },
    { symbols, origin: 4 },
  ]);
  const decoding = decodingSlowly(4);
  const { code, text: read } = await outcome('bzip2', object, { decoding, piece_bytes: 1e6 });
  t.ok(code === null && read.equals(text), `${code}`);
  t.ok(decoding.tasks < 20, `${decoding.tasks} tasks`);
});

t.test('blocks in any order, pieces of any size', async (t) => {
  const object = Buffer.concat([fixture('blocks.csv.bz2'), fixture('blocks.csv.bz2')]);
  for (const ahead of [1, 2, 5, 16]) {
    for (const piece_bytes of [1, 1000, 1e6]) {
      const { code, text, stats } = await outcome('bzip2', object, { decoding: decodingSlowly(ahead), piece_bytes });
      t.ok(code === null && text.equals(Buffer.concat([blocksText, blocksText])), `${ahead} ahead, pieces of ${piece_bytes}: ${code}`);
      t.equal(stats.compressed_bytes, object.length);
    }
  }
});

t.test('an empty stream, zeros behind the end', async (t) => {
  const { object } = craftBzip2([]);
  t.match(await outcome('bzip2', object), { code: null, text: Buffer.alloc(0) });
  const padded = Buffer.concat([fixture('text.csv.bz2'), Buffer.alloc(5000)]);
  t.match(await outcome('bzip2', padded), { code: null });
});

t.test('the checksum of a stream is checked, not only those of its blocks', async (t) => {
  const object = Uint8Array.from(fixture('text.csv.bz2'));
  object[object.length - 3]! ^= 0x10;
  t.match(await outcome('bzip2', object), { code: 'InvalidCompressionFormat', message: /checksum/ });
});

t.test('any symbols: the text the plain decoder gives', async () => {
  const block = fc.record({
    symbols: fc.array(fc.integer({ min: 0, max: 256 }), { minLength: 1, maxLength: 400 }),
    origin: fc.constant(0),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 3 }), async (blocks) => {
      // Long runs are numbers of many digits, and longer than a block: no more than ten digits in a row.
      const tame = blocks.map(({ symbols, origin }) => ({
        symbols: symbols.map((symbol, i) => (i % 10 === 0 ? Math.max(2, symbol) : symbol)),
        origin,
      }));
      const { object, text } = craftBzip2(tame);
      const { code, text: read } = await outcome('bzip2', object);
      return code === null && read.equals(text);
    }),
    { numRuns: 60 },
  );
});

t.test('magics are found at every bit', async (t) => {
  for (let bit = 0; bit < 64; bit++) {
    const magic = bit % 2 === 0 ? 0x314159265359n : 0x177245385090n;
    const bytes = Buffer.alloc(24, bit);
    let value = BigInt(`0x${bytes.toString('hex')}`);
    const shift = BigInt(192 - 48 - 20 - bit);
    value = (value & ~(0xffffffffffffn << shift)) | (magic << shift);
    bytes.write(value.toString(16).padStart(48, '0'), 'hex');
    for (let cut = 0; cut <= 24; cut += 5) {
      const markers: Marker[] = [];
      const from = scanMarkers(bytes.subarray(0, cut), 1000, 0, markers);
      scanMarkers(bytes, 1000, from, markers);
      t.strictSame(markers, [{ bit: 8000 + 20 + bit, kind: bit % 2 === 0 ? 'block' : 'end' }], `bit ${bit}, cut at ${cut}`);
    }
  }
});
