/** What is peculiar to LZ4 frames, Zstandard frames and the three forms of Snappy. */
import t from 'tap';
import { fixture, outcome, text } from './support/codecs.ts';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** A skippable frame, the same in LZ4 and Zstandard. */
const skippable = (bytes: number, nibble = 0): Buffer => Buffer.concat([u32(0x184d2a50 + nibble), u32(bytes), Buffer.alloc(bytes, 7)]);

t.test('skippable frames are passed over', async (t) => {
  for (const [compression, file] of [
    ['lz4', 'text.csv.lz4'],
    ['zstd', 'text.csv.zst'],
  ] as const) {
    const object = Buffer.concat([skippable(0), fixture(file), skippable(300_000, 15), fixture(file), skippable(5)]);
    const { code, text: read, stats } = await outcome(compression, object);
    t.equal(code, null, compression);
    t.ok(read.equals(Buffer.concat([text, text])));
    t.equal(stats.compressed_bytes, object.length);
    t.match(await outcome(compression, object.subarray(0, object.length - 2)), { code: 'TruncatedInput' });
    t.match(await outcome(compression, skippable(9).subarray(0, 3)), { code: 'TruncatedInput' });
  }
});

/** Flags, sizes and the checksum of both, from `lz4`. */
const lz4Head = (flags: number, sizes: number, checksum: number): Buffer =>
  Buffer.concat([u32(0x184d2204), Buffer.of(flags, sizes, checksum)]);

t.test('LZ4: stored blocks, empty frames, and what is refused', async (t) => {
  // Version 1, blocks stand alone, no checksums; 64 KiB.
  const head = lz4Head(0x60, 0x40, 0x82);
  const stored = Buffer.concat([head, u32(0x8000_0003), Buffer.from('a,b'), u32(0)]);
  t.match(await outcome('lz4', stored), { code: null, text: Buffer.from('a,b') });
  t.match(await outcome('lz4', Buffer.concat([head, u32(0)])), { code: null, text: Buffer.alloc(0) });
  const refused: readonly (readonly [string, Buffer, RegExp])[] = [
    ['a wrong header checksum', Buffer.concat([lz4Head(0x60, 0x40, 0x83), u32(0)]), /damaged/],
    ['another version', Buffer.concat([lz4Head(0xa0, 0x40, 0), u32(0)]), /damaged/],
    ['a block longer than the frame allows', Buffer.concat([head, u32(0x8001_0001), Buffer.alloc(70_000)]), /damaged/],
    ['a dictionary', Buffer.concat([lz4Head(0x61, 0x40, 0), u32(0), u32(0)]), /Dictionaries/],
    ['the format before frames', Buffer.concat([u32(0x184c2102), u32(1), Buffer.of(0)]), /old format/],
  ];
  for (const [name, object, message] of refused) t.match(await outcome('lz4', object), { code: 'InvalidCompressionFormat', message }, name);
});

t.test('LZ4: matches that reach out of the block', async (t) => {
  const head = lz4Head(0x60, 0x40, 0x82);
  for (const block of ['10610200', '106100000000', 'f0', 'f0ff', '1f61010000ff', '50616263']) {
    const bytes = Buffer.from(block, 'hex');
    const { code } = await outcome('lz4', Buffer.concat([head, u32(bytes.length), bytes, u32(0)]));
    t.equal(code, 'InvalidCompressionFormat', block);
  }
});

t.test('Snappy: Hadoop blocks and one raw block', async (t) => {
  for (const file of ['text.csv.hadoop.snappy', 'text.csv.raw.snappy']) {
    const object = fixture(file);
    for (const piece_bytes of [1, 1000, 1e6]) {
      const { code, text: read, stats } = await outcome('snappy', object, { piece_bytes });
      t.ok(code === null && read.equals(text), `${file}: ${code}`);
      t.equal(stats.compressed_bytes, object.length);
    }
  }
  const hadoop = fixture('text.csv.hadoop.snappy');
  t.match(await outcome('snappy', hadoop.subarray(0, hadoop.length - 1)), { code: 'TruncatedInput' });
  const raw = fixture('text.csv.raw.snappy');
  t.match(await outcome('snappy', raw.subarray(0, raw.length - 1)), { code: 'InvalidCompressionFormat' });
  const long = Buffer.concat([Buffer.of(0x81, 0x80, 0x80, 0x04), Buffer.alloc(100)]);
  t.match(await outcome('snappy', long), { code: 'InvalidCompressionFormat', message: /framing format/ }, 'a raw block of more than 8 MiB');
});

t.test('Snappy: padding and chunks to skip, chunks nobody may skip', async (t) => {
  const object = fixture('text.csv.sz');
  const chunk = (type: number, bytes: number): Buffer => Buffer.concat([Buffer.of(type, bytes & 0xff, bytes >> 8, 0), Buffer.alloc(bytes)]);
  const header = object.subarray(0, 10);
  const more = Buffer.concat([header, chunk(0xfe, 60_000), header, chunk(0x80, 0), object.subarray(10), chunk(0xfd, 5)]);
  const { code, text: read } = await outcome('snappy', more);
  t.ok(code === null && read.equals(text), `${code}`);
  t.match(await outcome('snappy', Buffer.concat([object, chunk(0x02, 9)])), { code: 'InvalidCompressionFormat', message: /type 2/, text });
});

t.test('Zstandard: windows that are too long, dictionaries', async (t) => {
  const magic = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);
  // No single segment; a window of 2^31 bytes; an empty last block.
  const window = Buffer.concat([magic, Buffer.of(0x00, 0xa8, 0x01, 0x00, 0x00)]);
  t.match(await outcome('zstd', window), { code: 'InvalidCompressionFormat', message: /128 MiB/ });
  const dictionary = Buffer.concat([magic, Buffer.of(0x01, 0x00, 0x05, 0x01, 0x00, 0x00)]);
  t.match(await outcome('zstd', dictionary), { code: 'InvalidCompressionFormat', message: /Dictionaries/ });
});
