import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { type InflateStats, inflate } from '../src/formats/codecs.ts';
import type { Compression } from '../src/formats/format.ts';

const newStats = (): InflateStats => ({ compressed_bytes: 0, inflated_bytes: 0 });

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

async function inflated(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
  stats = newStats(),
  compression: Compression = 'gzip',
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of inflate(compression, inPieces(bytes, cuts), stats)) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

const failing = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => (error instanceof SelectError ? error.code : String(error)),
  );

t.test('without compression bytes pass through', async (t) => {
  const stats = newStats();
  t.equal(await inflated(Buffer.from('abc'), [1], stats, 'none'), 'abc');
  t.strictSame(stats, { compressed_bytes: 3, inflated_bytes: 3 });
});

t.test('all members of a gzip object, cut at every byte', async (t) => {
  const object = Buffer.concat([gzipSync('first,'), gzipSync(''), gzipSync('second')]);
  for (let cut = 0; cut <= object.length; cut++) {
    const stats = newStats();
    t.equal(await inflated(object, [cut], stats), 'first,second', `cut at ${cut}`);
    t.strictSame(stats, { compressed_bytes: object.length, inflated_bytes: 12 });
  }
});

t.test('any members in any pieces', async () => {
  const members = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(members, fc.array(fc.nat(8000), { maxLength: 6 }), async (members, cuts) => {
      const object = Buffer.concat(members.map((member) => gzipSync(member)));
      const places = cuts.filter((cut) => cut <= object.length).sort((a, b) => a - b);
      return (await inflated(object, places)) === Buffer.concat(members).toString('latin1');
    }),
    { numRuns: 50 },
  );
});

t.test('zeros behind the last member are padding', async (t) => {
  const object = Buffer.concat([gzipSync('text'), Buffer.alloc(1000)]);
  for (const cut of [0, object.length - 1000, object.length - 500]) t.equal(await inflated(object, [cut]), 'text', `cut at ${cut}`);
});

t.test('an empty object is empty', async (t) => {
  t.equal(await inflated(new Uint8Array(0)), '');
});

t.test('what is no gzip, or not all of it', async (t) => {
  const whole = gzipSync(Buffer.alloc(200_000, 'some text, not much of it\n'));
  t.equal(await failing(inflated(Buffer.from('a,b\nc,d\n'))), 'InvalidCompressionFormat');
  t.equal(await failing(inflated(Buffer.concat([gzipSync('x'), Buffer.from('garbage that is long enough')]))), 'InvalidCompressionFormat');
  for (const length of [1, 5, 20, whole.length - 8, whole.length - 1]) {
    t.equal(await failing(inflated(whole.subarray(0, length))), 'TruncatedInput', `${length} bytes of ${whole.length}`);
  }
  const damaged = Uint8Array.from(whole);
  damaged[damaged.length - 6]! ^= 1;
  t.equal(await failing(inflated(damaged)), 'InvalidCompressionFormat', 'its checksum is wrong');
  await t.rejects(inflated(Buffer.from('plain')), {
    message: 'GZIP is not applicable to the queried object. Please correct the request and try again.',
  });
});

t.test('what comes before the damage is returned, however slow the reader', async (t) => {
  const text = Buffer.from(Array.from({ length: 200_000 }, (_, n) => `${n * 7919},${n}\n`).join(''));
  const whole = gzipSync(text, { level: 1 });
  const half = whole.subarray(0, whole.length >> 1);
  const read = async (wait_ms: number): Promise<number> => {
    let bytes = 0;
    const reading = async (): Promise<void> => {
      for await (const piece of inflate('gzip', inPieces(half, []), newStats())) {
        t.ok(text.subarray(bytes, bytes + piece.length).equals(piece));
        bytes += piece.length;
        await new Promise((resolve) => setTimeout(resolve, wait_ms));
      }
    };
    t.equal(await failing(reading()), 'TruncatedInput');
    return bytes;
  };
  const quick = await read(0);
  t.ok(quick > text.length / 3);
  t.equal(await read(20), quick);
});

t.test('a bomb is stopped', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
  const stats = newStats();
  const read = async (): Promise<void> => {
    for await (const piece of inflate('gzip', inPieces(bomb, []), stats, { ratio_max: 100 })) void piece;
  };
  t.equal(await failing(read()), 'ExternalEvalException');
  t.ok(stats.inflated_bytes < 24 * 2 ** 20);
});

t.test("a source's own error passes through", async (t) => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield gzipSync('text').subarray(0, 12);
    throw new SelectError('PreconditionFailed');
  }
  const read = async (): Promise<void> => {
    for await (const piece of inflate('gzip', source(), newStats())) void piece;
  };
  t.equal(await failing(read()), 'PreconditionFailed');
});

t.test('ending early ends the source, and a slow reader holds it back', async (t) => {
  const member = gzipSync(Buffer.alloc(4 * 2 ** 20, 'abcdefgh'));
  let taken = 0;
  let ended = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (; ; taken++) yield member;
    } finally {
      ended = true;
    }
  }
  const pieces = inflate('gzip', source(), newStats());
  await pieces.next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  // zlib's stream holds 16 KiB of what it is to inflate, from Node 22 on 64 KiB.
  t.ok(taken * member.length < 2 ** 17, `${taken} members read ahead`);
  await pieces.return();
  t.ok(ended);
});
