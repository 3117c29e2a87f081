/** MD5 of several messages at once gives what node:crypto gives of each. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { formTogether, Md5 } from '../src/kernels/md5.ts';

function expected(pieces: readonly Uint8Array[]): string {
  const hash = createHash('md5');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

t.test('every length about a block, alone and beside others', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, n) => (n * 131) & 255));
  for (let length = 0; length <= 300; length++) {
    const message = bytes.subarray(0, length);
    const alone = new Md5();
    alone.add(message);
    const together = Array.from({ length: 3 }, () => new Md5());
    for (const [n, md5] of together.entries()) for (const piece of [bytes.subarray(n), message]) md5.add(piece);
    formTogether(together.slice(1), together.slice(0, 1));
    t.equal(alone.digest().toString('hex'), expected([message]), `${length} bytes`);
    for (const [n, md5] of together.entries()) t.equal(md5.digest().toString('hex'), expected([bytes.subarray(n), message]));
  }
});

t.test('any messages in any pieces', async (t) => {
  // Of so many bytes, beginning somewhere in memory.
  const piece = fc
    .tuple(fc.oneof(fc.nat(200), fc.nat(70_000), fc.constantFrom(0, 63, 64, 65, 16_384, 32_768)), fc.nat(7), fc.nat(255))
    .map(([length, start, seed]) => {
      const memory = new Uint8Array(start + length);
      for (let at = 0; at < memory.length; at++) memory[at] = (at * 167 + (at >> 8) * 13 + seed) & 255;
      return memory.subarray(start);
    });
  /** Rounds: the messages that take part, with their pieces, and whether they are due. */
  const turn = fc.tuple(fc.nat(10), fc.array(piece, { maxLength: 4 }), fc.boolean());
  const rounds = fc.array(fc.uniqueArray(turn, { selector: ([message]) => message, maxLength: 11 }), { maxLength: 6 });
  fc.assert(
    fc.property(rounds, (rounds) => {
      const messages = Array.from({ length: 11 }, () => new Md5());
      const given: Uint8Array[][] = messages.map(() => []);
      const done: Uint8Array[] = [];
      for (const round of rounds) {
        for (const [n, pieces] of round) {
          for (const piece of pieces) messages[n]?.add(piece);
          given[n]?.push(...pieces);
        }
        const due = round.filter(([, , isDue]) => isDue).map(([n]) => messages[n] as Md5);
        done.push(
          ...formTogether(
            due,
            messages.filter((message) => !due.includes(message)),
          ),
        );
        if (due.some(({ waiting_bytes }) => waiting_bytes >= 64)) throw new Error('what is due was not taken in');
      }
      if (new Set(done).size !== done.length) throw new Error('a piece was done with twice');
      const expectations = given.map(expected);
      // What was done with may be used otherwise.
      for (const piece of done) piece.fill(0);
      for (const [n, md5] of messages.entries()) {
        const digest = md5.digest().toString('hex');
        if (digest !== expectations[n]) throw new Error(`message ${n}: ${digest}`);
      }
    }),
    { numRuns: 150 },
  );
  t.pass();
});
