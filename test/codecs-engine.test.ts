/** Compressed objects through the whole engine: the same answers on any number of threads, errors at their turn, early ends. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { Engine, type PreparedQuery, type QueryObject } from '../src/engine/query.ts';
import { resolveInput, resolveOutput } from '../src/formats/serialization.ts';
import { blocksText, fixture, inPieces } from './support/codecs.ts';

const files = { BZIP2: 'blocks.csv.bz2', ZSTD: 'blocks.csv.zst', LZ4: 'blocks.csv.lz4', SNAPPY: 'blocks.csv.sz' } as const;

function objectOf(bytes: Uint8Array): QueryObject {
  return { ref: null, size: bytes.length, etag: '', stream: () => inPieces(bytes, 10_000) };
}

function prepare(engine: Engine, compression: string, bytes: Uint8Array, expression = 'SELECT * FROM S3Object s'): Promise<PreparedQuery> {
  return engine.prepare({
    object: objectOf(bytes),
    expression,
    input: resolveInput({ CSV: {}, CompressionType: compression }),
    output: resolveOutput({ CSV: {} }),
    sink: 'blocks',
  });
}

async function read(query: PreparedQuery): Promise<{ text: Buffer; code: string | null }> {
  const blocks: Uint8Array[] = [];
  try {
    for await (const { bytes } of query.run()) blocks.push(bytes);
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    return { text: Buffer.concat(blocks), code: error.code };
  }
  return { text: Buffer.concat(blocks), code: null };
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

for (const workers of [0, 1, 2]) {
  t.test(`${workers} workers`, async (t) => {
    const engine = new Engine({ workers });
    t.teardown(() => engine.close());
    for (const [compression, file] of Object.entries(files)) {
      const object = fixture(file);
      const query = await prepare(engine, compression, object);
      const { text, code } = await read(query);
      t.equal(code, null, compression);
      t.equal(hash(text), hash(blocksText), `${compression}: the same bytes`);
      t.match(query.stats, { scanned_bytes: object.length, processed_bytes: blocksText.length }, 'scanned bytes are compressed ones');

      const cut = await read(await prepare(engine, compression, object.subarray(0, object.length - 20)));
      t.equal(cut.code, 'TruncatedInput');
      t.ok(cut.text.equals(blocksText.subarray(0, cut.text.length)), `${compression}: a prefix, then the error`);
    }
  });
}

t.test('many at a time, some of them ended early', async (t) => {
  const engine = new Engine({ workers: 2 });
  t.teardown(() => engine.close());
  const runs = Array.from({ length: 24 }, async (_, index) => {
    const [compression, file] = Object.entries(files)[index % 4]!;
    const query = await prepare(engine, compression, fixture(file), index % 3 === 0 ? 'SELECT * FROM S3Object s LIMIT 3' : undefined);
    if (index % 5 === 0) {
      await query.cancel();
      return true;
    }
    const { text, code } = await read(query);
    const lines = blocksText.subarray(0, text.length);
    return code === null && text.equals(lines) && (index % 3 === 0 ? text.length < 100 : text.length === blocksText.length);
  });
  t.strictSame(await Promise.all(runs), Array(24).fill(true));
});

t.test('what the first bytes show is an error before any output', async (t) => {
  const engine = new Engine({ workers: 1 });
  t.teardown(() => engine.close());
  for (const compression of Object.keys(files)) {
    await t.rejects(prepare(engine, compression, Buffer.from('id,name\n1,x\n')), { code: 'InvalidCompressionFormat' }, compression);
  }
});
