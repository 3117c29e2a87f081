/** Checksums of several bodies at once, and of objects put together of parts. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type ChecksumAlgorithm, canCombine, combineChecksums, createDigest } from '../src/auth/checksum.ts';

const crcNames = ['crc32', 'crc32c', 'crc64nvme'] as const;

function checksum(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  const digest = createDigest(algorithm);
  digest.update(bytes);
  return digest.digest().toString('base64');
}

t.test('bodies that arrive side by side do not mix', async (t) => {
  const property = fc.property(fc.constantFrom(...crcNames), fc.array(fc.tuple(fc.nat(2), fc.uint8Array())), (algorithm, pieces) => {
    const digests = [0, 1, 2].map(() => createDigest(algorithm));
    for (const [body, piece] of pieces) digests[body]?.update(piece);
    digests.forEach((digest, body) => {
      const whole = Buffer.concat(pieces.filter(([other]) => other === body).map(([, piece]) => piece));
      t.equal(digest.digest().toString('base64'), checksum(algorithm, whole));
    });
  });
  fc.assert(property, { numRuns: 60 });
});

t.test('the CRC of a whole is had from those of its parts', async (t) => {
  const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 });
  const property = fc.property(fc.constantFrom(...crcNames), parts, (algorithm, list) => {
    const known = list.map((bytes) => ({ base64: checksum(algorithm, bytes), size: bytes.length }));
    t.equal(combineChecksums(algorithm, 'FULL_OBJECT', known), checksum(algorithm, Buffer.concat(list)));
  });
  fc.assert(property, { numRuns: 200 });
  const large = Buffer.alloc(5 * 1024 * 1024 + 1, 'text ');
  const known = [large, large, large.subarray(7)].map((bytes) => ({ base64: checksum('crc64nvme', bytes), size: bytes.length }));
  t.equal(combineChecksums('crc64nvme', 'FULL_OBJECT', known), checksum('crc64nvme', Buffer.concat([large, large, large.subarray(7)])));
});

t.test('composite checksums', async (t) => {
  const parts = ['A', 'B', 'C'].map((letter) => {
    const size = 5 * 1024 * 1024;
    return { base64: checksum('sha256', Buffer.alloc(size, letter)), size };
  });
  // Source: the public ceph/s3-tests suite.
  t.same(
    parts.map(({ base64 }) => base64),
    [
      '275VF5loJr1YYawit0XSHREhkFXYkkPKGuoK0x9VKxI=',
      'mrHwOfjTL5Zwfj74F05HOQGLdUb7E5szdCbxgUSq6NM=',
      'Vw7oB/nKQ5xWb3hNgbyfkvDiivl+U+/Dft48nfJfDow=',
    ],
  );
  t.equal(combineChecksums('sha256', 'COMPOSITE', parts), 'uWBwpe1dxI4Vw8Gf0X9ynOdw/SS6VBzfWm9giiv1sf4=-3');
  const md5s = ['x', 'y'].map((text) => createHash('md5').update(text).digest());
  const composite = createHash('md5').update(Buffer.concat(md5s)).digest('base64');
  t.equal(
    combineChecksums(
      'md5',
      'COMPOSITE',
      md5s.map((md5) => ({ base64: md5.toString('base64'), size: 1 })),
    ),
    `${composite}-2`,
  );
  t.same(
    (['crc32', 'crc64nvme', 'sha256'] as const).map((name) => [canCombine(name, 'FULL_OBJECT'), canCombine(name, 'COMPOSITE')]),
    [
      [true, true],
      [true, false],
      [false, true],
    ],
  );
});
