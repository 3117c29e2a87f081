/** Buffered text: what is taken, put back and cut is the source's bytes, in parts that can be moved without harm to the rest. */
import t from 'tap';
import { freeMemory } from '../src/base/free-memory.ts';
import { copyOf, TextStream } from '../src/engine/text-stream.ts';

const text = Buffer.from(Array.from({ length: 2000 }, (_, n) => `${n},${n * 7919}\n`).join(''));

/** Chunks that fill their buffers, as decompression gives them. */
async function* owned(chunk_bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += chunk_bytes) yield Uint8Array.from(text.subarray(at, at + chunk_bytes));
}

/** Chunks of one buffer that is somebody else's. */
async function* foreign(chunk_bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += chunk_bytes) yield text.subarray(at, at + chunk_bytes);
}

const compressed = (): number => 0;

t.test('taken parts are the text, and may be moved', async (t) => {
  for (const source of [owned, foreign]) {
    for (const chunk_bytes of [7, 100, 5000, text.length]) {
      for (const taken_bytes of [97, 1000, 4999, 12_000]) {
        const stream = new TextStream(source(chunk_bytes), { compressed, owned: source === owned });
        const copies: Uint8Array[] = [];
        for (;;) {
          await stream.fill(taken_bytes + 1);
          if (stream.buffered_bytes === 0) break;
          const parts = stream.take(Math.min(taken_bytes, stream.buffered_bytes));
          copies.push(copyOf(parts));
          freeMemory(parts);
        }
        t.ok(Buffer.concat(copies).equals(text), `${source.name}: ${taken_bytes} of ${chunk_bytes}`);
      }
    }
  }
});

t.test('what is put back comes first', async (t) => {
  const stream = new TextStream(owned(64), { compressed, owned: true });
  await stream.fill(300);
  const parts = stream.take(200);
  stream.unread(copyOf(parts, 150));
  freeMemory(parts);
  t.equal(stream.peek(70).toString(), text.subarray(150, 220).toString());
  stream.skip(75);
  t.ok(copyOf(stream.take(20)).every((byte, index) => byte === text[225 + index]));
});

t.test('the last end, wherever chunks are cut', async (t) => {
  const find = (bytes: Uint8Array): number => bytes.lastIndexOf(10) + 1;
  for (const chunk_bytes of [1, 2, 3, 50, 1000]) {
    const stream = new TextStream(owned(chunk_bytes), { compressed, owned: true });
    await stream.fill(1000);
    for (let bytes = 0; bytes < 400; bytes++) {
      if (stream.lastEnd(bytes, find) !== find(text.subarray(0, bytes))) t.fail(`${bytes} bytes in chunks of ${chunk_bytes}`);
    }
  }
  t.end();
});

t.test('what came before a failure is kept', async (t) => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('abc');
    throw new RangeError('damaged');
  }
  const stream = new TextStream(failing(), { compressed, owned: false });
  await stream.fill(10);
  t.strictSame([stream.ended, stream.buffered_bytes], [true, 3]);
  t.throws(() => stream.check(), RangeError);
  await stream.close();
});
