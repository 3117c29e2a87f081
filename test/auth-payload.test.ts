import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { ChecksumAlgorithm } from '../src/auth/checksum.ts';
import { createDigest } from '../src/auth/checksum.ts';
import { staticCredentials } from '../src/auth/credentials.ts';
import type { DecodedBody } from '../src/auth/payload.ts';
import { decodeBody } from '../src/auth/payload.ts';
import { signHeaders } from '../src/auth/sign.ts';
import { verify } from '../src/auth/sigv4.ts';
import { SelectError } from '../src/base/errors.ts';
import { limits } from '../src/base/limits.ts';
import { algorithms, oracles } from './support/checksum-oracles.ts';
import { collect, collectDelivered } from './support/collect.ts';

const credentials = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const now = new Date('2013-05-24T00:00:00Z');
const signedWord = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const signedTrailerWord = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
const unsignedTrailerWord = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
type Headers = Record<string, string>;

/** The decoder for a request that is signed properly and carries `wire` as its body, in pieces cut at `cuts`. */
function decoder(
  payloadHash: string,
  headers: Headers,
  wire: Buffer | ((seed: string) => Buffer),
  cuts: readonly number[] = [],
): DecodedBody {
  const target = { method: 'PUT', rawPath: '/examplebucket/chunkObject.txt', rawQuery: '' };
  const all = signHeaders(
    { ...target, headers: { host: 's3.amazonaws.com', ...headers }, credentials, region: 'us-east-1', now },
    payloadHash,
  );
  const identity = verify({ ...target, headers: all }, { credentials: staticCredentials([credentials]), now, skewMs: 1000 });
  return decodeBody(pieces(typeof wire === 'function' ? wire(identity.seedSignature) : wire, cuts), identity, all);
}

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts.map((share) => Math.floor(share * bytes.length)), bytes.length].toSorted((a, b) => a - b)) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

/** The code of the error that decoding ends with; undefined if it succeeds. */
async function refusal(make: () => DecodedBody): Promise<string | undefined> {
  const [iterated, delivered] = [await refusalOf(() => collect(make())), await refusalOf(() => collectDelivered(make()))];
  t.equal(delivered, iterated, 'the same however it is taken');
  return iterated;
}

async function refusalOf(take: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await take();
    return undefined;
  } catch (error) {
    if (error instanceof SelectError) return error.code;
    throw error;
  }
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hex = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const key = hmac(hmac(hmac(hmac(`AWS4${credentials.secretKey}`, '20130524'), 'us-east-1'), 's3'), 'aws4_request');
const sign = (word: string, ...lines: string[]): string =>
  hmac(key, [word, '20130524T000000Z', '20130524/us-east-1/s3/aws4_request', ...lines].join('\n')).toString('hex');

/** Frames `chunks` as the AWS documentation says; `signatures` receives those of the chunks and of the trailer. */
function frame(chunks: readonly Buffer[], seed: string | undefined, trailer?: string, signatures: string[] = []): Buffer {
  const out: (Buffer | string)[] = [];
  let previous = seed ?? '';
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    out.push(chunk.length.toString(16));
    if (seed !== undefined) {
      previous = sign('AWS4-HMAC-SHA256-PAYLOAD', previous, hex(''), hex(chunk));
      signatures.push(previous);
      out.push(`;chunk-signature=${previous}`);
    }
    out.push('\r\n', chunk, chunk.length > 0 ? '\r\n' : '');
  }
  if (trailer !== undefined) out.push(`${trailer}\r\n`);
  if (trailer !== undefined && seed !== undefined) {
    signatures.push(sign('AWS4-HMAC-SHA256-TRAILER', previous, hex(`${trailer}\n`)));
    out.push(`x-amz-trailer-signature:${signatures.at(-1)}\r\n`);
  }
  return Buffer.concat([...out, '\r\n'].map((part) => Buffer.from(part)));
}

t.test('checksums: published check values, and bit by bit', async (t) => {
  const digest = (algorithm: ChecksumAlgorithm, ...parts: Uint8Array[]) => {
    const state = createDigest(algorithm);
    for (const part of parts) state.update(part);
    return state.digest().toString('hex');
  };
  t.equal(digest('crc32', Buffer.from('123456789')), 'cbf43926');
  t.equal(digest('crc32c', Buffer.from('123456789')), 'e3069283');
  t.equal(digest('crc64nvme', Buffer.from('123456789')), 'ae8b14860a799888');
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(100),
      fc.constantFrom(...algorithms),
      (bytes, cut, algorithm) =>
        digest(algorithm, bytes.subarray(0, cut), bytes.subarray(cut)) === oracles[algorithm](bytes).toString('hex'),
    ),
  );
});

const documented = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a')];
const storage = { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '66560', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' };

t.test('the chunked upload of the AWS documentation', async (t) => {
  const signatures: string[] = [];
  const body = decoder(signedWord, { ...storage, 'content-length': '66824' }, (seed) => {
    t.equal(seed, '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9');
    const wire = frame(documented, seed, undefined, signatures);
    t.equal(wire.length, 66_824);
    return wire;
  });
  t.same(signatures, [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ]);
  t.equal(body.length, 66_560);
  t.ok((await collect(body)).equals(Buffer.alloc(66_560, 'a')));
  t.equal(body.checksum, undefined);
});

t.test('the chunked upload with a trailer of the AWS documentation', async (t) => {
  const signatures: string[] = [];
  const trailer = 'x-amz-checksum-crc32c:sOO8/Q==';
  const body = decoder(signedTrailerWord, { ...storage, 'x-amz-trailer': 'x-amz-checksum-crc32c' }, (seed) => {
    t.equal(seed, '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e');
    return frame(documented, seed, trailer, signatures);
  });
  t.same(signatures, [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
  ]);
  t.equal(body.checksum, undefined, 'not before the end');
  t.ok((await collect(body)).equals(Buffer.alloc(66_560, 'a')));
  t.same(body.checksum, { algorithm: 'crc32c', base64: 'sOO8/Q==' });
});

const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
const forms = [signedWord, signedTrailerWord, unsignedTrailerWord];

function streamed(form: string, chunks: readonly Buffer[], algorithm: ChecksumAlgorithm) {
  const data = Buffer.concat(chunks);
  const headers: Headers = { 'x-amz-decoded-content-length': String(data.length) };
  if (form !== signedWord) headers['x-amz-trailer'] = `x-amz-checksum-${algorithm}`;
  const trailer = form === signedWord ? undefined : `x-amz-checksum-${algorithm}:${oracles[algorithm](data).toString('base64')}`;
  const wire = (seed: string) => frame(chunks, form === unsignedTrailerWord ? undefined : seed, trailer);
  return { data, headers, wire };
}

t.test('any chunks, cut anywhere, come out whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...forms),
      fc.array(chunk, { maxLength: 6 }),
      cuts,
      fc.constantFrom(...algorithms),
      fc.constantFrom(collect, collectDelivered),
      async (form, chunks, at, algorithm, take) => {
        const { data, headers, wire } = streamed(form, chunks, algorithm);
        const body = decoder(form, headers, wire, at);
        if (!(await take(body)).equals(data)) throw new Error('other data');
        if (form !== signedWord && body.checksum?.algorithm !== algorithm) throw new Error('no checksum');
      },
    ),
    { numRuns: 300 },
  );
});

t.test('no byte of a chunked body can be changed, and none can be left out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...forms),
      fc.array(chunk, { minLength: 1, maxLength: 4 }),
      cuts,
      fc.nat(),
      fc.boolean(),
      fc.constantFrom(collect, collectDelivered),
      async (form, chunks, at, position, cut, take) => {
        const { data, headers, wire } = streamed(form, chunks, 'crc32');
        let flipped = 0;
        const tampered = (seed: string) => {
          const bytes = Buffer.from(wire(seed));
          flipped = position % bytes.length;
          if (cut) return bytes.subarray(0, flipped);
          bytes[flipped] = (bytes[flipped] ?? 0) ^ 0x20;
          return bytes;
        };
        try {
          const found = await take(decoder(form, headers, tampered, at));
          // why: the case of a size's digits and of a trailer's name, and blank lines at the end, carry no meaning
          if (!found.equals(data)) throw new Error(`other data, byte ${flipped}`);
        } catch (error) {
          if (!(error instanceof SelectError)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});

t.test('framing: what is refused, and how', async (t) => {
  const text = Buffer.from('hello');
  const unsigned = (wire: string, headers: Headers = {}) =>
    refusal(() => decoder(unsignedTrailerWord, { 'x-amz-decoded-content-length': '5', ...headers }, Buffer.from(wire)));
  const crc32 = `x-amz-checksum-crc32:${oracles.crc32(text).toString('base64')}`;
  const declared = { 'x-amz-trailer': 'x-amz-checksum-crc32' };
  t.equal(await unsigned('5\r\nhello\r\n0\r\n\r\n'), undefined);
  t.equal(await unsigned(`5;ext=1\r\nhello\r\n0;x\r\n${crc32}\r\n\r\n`, declared), undefined, 'unknown extensions');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\n\r\n\r\n`, declared), undefined, 'a trailer that ends with LF');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r!\r\n\r\n`, declared), 'BadDigest', 'more than the checksum');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32.replace(':', ': ')}\r\n`, declared), undefined, 'no empty line at the end');
  for (const wire of [
    '',
    '5',
    '5\r\nhel',
    '5\r\nhello',
    '5\r\nhello\r\n',
    '4\r\nhell\r\n0\r\n\r\n',
    '6\r\nhello!\r\n0\r\n\r\n',
    '5\r\nhello0\r\n\r\n',
    '5\r\nhelloX\r\n0\r\n\r\n',
    '5\nhello\r\n0\r\n\r\n',
    'x\r\nhello\r\n0\r\n\r\n',
    '-5\r\nhello\r\n0\r\n\r\n',
    '\r\nhello\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    `${'f'.repeat(16)}\r\nhello`,
    `5;${'x'.repeat(limits.chunk_header_bytes_max)}\r\nhello\r\n0\r\n\r\n`,
  ])
    t.equal(await unsigned(wire), 'IncompleteBody', JSON.stringify(wire.slice(0, 40)));
  t.equal(await unsigned('5\r\nhello\r\n0\r\n\r\n', declared), 'MalformedTrailerError', 'the declared trailer is missing');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n\r\n`), 'MalformedTrailerError', 'a trailer is not declared');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n${crc32}\r\n\r\n`, declared), 'MalformedTrailerError', 'twice');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\nx-amz-meta-a:1\r\n\r\n`, declared), 'MalformedTrailerError', 'one more');
  t.equal(await unsigned('5\r\nhello\r\n0\r\nnonsense\r\n\r\n', declared), 'MalformedTrailerError');
  t.equal(
    await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n${'\r\n'.repeat(limits.chunk_trailer_bytes_max)}`, declared),
    'MalformedTrailerError',
    'endless',
  );
  t.equal(await unsigned('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', declared), 'BadDigest');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n\r\n`, { 'x-amz-trailer': 'x-amz-meta-a' }), 'InvalidRequest');
  t.equal(
    await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n\r\n`, { 'x-amz-trailer': 'x-amz-checksum-crc32,x-amz-checksum-sha1' }),
    'InvalidRequest',
  );
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n\r\n`, { ...declared, 'x-amz-sdk-checksum-algorithm': 'SHA1' }), 'InvalidRequest');
  t.equal(await unsigned(`5\r\nhello\r\n0\r\n${crc32}\r\n\r\n`, { ...declared, 'x-amz-sdk-checksum-algorithm': 'CRC32' }), undefined);
  t.equal(await refusal(() => decoder(unsignedTrailerWord, {}, text)), 'MissingContentLength');
  t.equal(await refusal(() => decoder(unsignedTrailerWord, { 'x-amz-decoded-content-length': '1e3' }, text)), 'InvalidRequest');
  t.equal(await refusal(() => decoder('UNSIGNED-PAYLOAD', declared, text)), 'InvalidRequest', 'a trailer in a body without framing');
});

t.test('signatures of chunks and trailers', async (t) => {
  const chunks = [Buffer.from('hello'), Buffer.from('world')];
  const { headers, wire } = streamed(signedTrailerWord, chunks, 'sha256');
  const changed = (change: (text: string) => string) =>
    refusal(() => decoder(signedTrailerWord, headers, (seed) => Buffer.from(change(wire(seed).toString('latin1')), 'latin1')));
  t.equal(await changed((text) => text), undefined);
  t.equal(await changed((text) => text.replace('world', 'wOrld')), 'SignatureDoesNotMatch');
  t.equal(
    await changed((text) => text.replace(/^(5;.*\r\n)hello(\r\n5;.*\r\n)world/, '$1world$2hello')),
    'SignatureDoesNotMatch',
    'chunks in another order',
  );
  t.equal(await changed((text) => text.replace(/chunk-signature=\w+/, 'chunk-signature=')), 'SignatureDoesNotMatch');
  t.equal(await changed((text) => text.replace(/;chunk-signature=\w+/, '')), 'IncompleteBody', 'a chunk without a signature');
  t.equal(await changed((text) => text.replace(/(;chunk-signature=\w+)/, '$1$1')), 'IncompleteBody', 'two signatures');
  t.equal(
    await changed((text) => text.replace(/(\n0;chunk-signature=)\w+/, `$1${'0'.repeat(64)}`)),
    'SignatureDoesNotMatch',
    'the last, empty chunk',
  );
  t.equal(await changed((text) => text.replace(/(trailer-signature:)\w+/, `$1${'0'.repeat(64)}`)), 'SignatureDoesNotMatch');
  t.equal(await changed((text) => text.replace(/x-amz-trailer-signature.*\r\n/, '')), 'MalformedTrailerError');
  t.equal(await changed((text) => text.replace(/(sha256:)./, '$1~')), 'SignatureDoesNotMatch', 'the trailer itself');
  t.equal(
    await changed((text) => text.replace(/(sha256:.*)\r\n/, '$1\n\r\n')),
    undefined,
    'LF and an empty line before the signature, as one SDK writes',
  );
  const two = 'x-amz-checksum-a:1\nx-amz-checksum-b:2';
  t.equal(
    await refusal(() =>
      decoder(signedTrailerWord, { 'x-amz-decoded-content-length': '10' }, (seed) =>
        Buffer.from(
          frame(chunks, seed, two)
            .toString()
            .replace(/(x-amz-checksum-a:1)\n(x-amz-checksum-b:2)/, '$2\r\n$1'),
        ),
      ),
    ),
    'MalformedTrailerError',
    'trailers are sorted before they are signed, and only one is accepted',
  );
  t.equal(
    await refusal(() =>
      decoder(signedWord, { 'x-amz-decoded-content-length': '10' }, (seed) =>
        Buffer.concat([frame(chunks, seed), Buffer.from('more:data')]),
      ),
    ),
    'MalformedTrailerError',
    'bytes after the last chunk',
  );
});

t.test('bodies without framing', async (t) => {
  const text = Buffer.from('Welcome to Amazon S3.');
  const code = (payloadHash: string, headers: Headers, body = text) => refusal(() => decoder(payloadHash, headers, body, [0.3, 0.3, 0.7]));
  t.equal(await code(hex(text), {}), undefined);
  t.equal(await code(hex(text).toUpperCase(), {}), undefined, 'a hash in upper case');
  t.equal(await code(hex(text), {}, Buffer.from('welcome to Amazon S3.')), 'XAmzContentSHA256Mismatch');
  t.equal(await code(hex(''), {}), 'XAmzContentSHA256Mismatch');
  const any = 'UNSIGNED-PAYLOAD';
  t.equal(await code(any, {}), undefined);
  t.equal(await code(any, { 'content-length': '21' }), undefined);
  t.equal(await code(any, { 'content-length': '20' }), 'IncompleteBody');
  t.equal(await code(any, { 'content-length': '22' }), 'IncompleteBody');
  t.equal(await code(any, { 'content-md5': oracles.md5(text).toString('base64') }), undefined);
  t.equal(await code(any, { 'content-md5': oracles.md5(Buffer.alloc(0)).toString('base64') }), 'BadDigest');
  for (const md5 of ['', 'abc', oracles.md5(text).toString('hex')]) t.equal(await code(any, { 'content-md5': md5 }), 'InvalidDigest', md5);
  for (const algorithm of algorithms) {
    const base64 = oracles[algorithm](text).toString('base64');
    const name = `x-amz-checksum-${algorithm}`;
    const body = decoder(any, { [name]: base64, 'x-amz-checksum-type': 'FULL_OBJECT' }, text);
    await collect(body);
    t.same(body.checksum, { algorithm, base64 });
    t.equal(await code(any, { [name]: base64 }, Buffer.from('other')), 'BadDigest', algorithm);
    t.equal(await code(any, { [name]: base64.slice(0, -4) }), 'InvalidRequest', `${algorithm}, too short`);
  }
  t.equal(await code(any, { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha1': '' }), 'InvalidRequest', 'two checksums');
  t.equal(await code(any, { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' }), 'NotImplemented');
});

t.test('a body longer than declared is not passed on', async (t) => {
  const body = decoder('UNSIGNED-PAYLOAD', { 'content-length': '4' }, Buffer.from('12345678'), [0.25, 0.5, 0.75]);
  let bytes = 0;
  await t.rejects(
    async () => {
      for await (const piece of body) bytes += piece.length;
    },
    { code: 'IncompleteBody' },
  );
  t.equal(bytes, 4);
});

t.test('errors in headers come before the body is touched; a consumer that stops early closes the source', async (t) => {
  let asked = 0;
  let closed = false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: asked++ === 0 ? Buffer.from('a\r\n') : Buffer.from('x') }),
      return: async () => {
        closed = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const chain = { scope: { date: '', region: '', service: '' }, timestamp: '', signingKey: Buffer.alloc(32), seedSignature: '' };
  const identity = { ...chain, payload: { kind: 'streaming', signed: false, trailer: true } as const };
  t.throws(() => decodeBody(source, identity, { 'x-amz-decoded-content-length': '10', 'content-md5': 'x' }), { code: 'InvalidDigest' });
  t.equal(asked, 0);
  for await (const piece of decodeBody(source, identity, { 'x-amz-decoded-content-length': '10' })) {
    t.equal(piece.length, 1, 'a piece is passed on before the next is asked for');
    t.equal(asked, 2);
    break;
  }
  t.ok(closed);
});
