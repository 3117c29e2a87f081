import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { headersOf } from '../src/api/http.ts';
import { encodeComponent, encodePath } from '../src/auth/canonical.ts';
import { staticCredentials } from '../src/auth/credentials.ts';
import { presign, signHeaders, signingKey } from '../src/auth/sign.ts';
import type { SignedRequest, VerifiedIdentity, VerifyOptions } from '../src/auth/sigv4.ts';
import { verify } from '../src/auth/sigv4.ts';
import { SelectError } from '../src/base/errors.ts';
import type { Generated } from './auth/sdk.ts';
import { accessKey, generated, now, secretKey, signed, temporary } from './auth/sdk.ts';

const emptyHash = createHash('sha256').digest('hex');
const host = 'examplebucket.s3.amazonaws.com';
const options: VerifyOptions = { credentials: staticCredentials([{ accessKey, secretKey }, temporary]), now, skewMs: 900_000 };

/** The code of the error that verification ends with, and its parameters; undefined if it succeeds. */
function refusal(request: SignedRequest, changed: Partial<VerifyOptions> = {}): SelectError | undefined {
  try {
    verify(request, { ...options, ...changed });
    return undefined;
  } catch (error) {
    if (error instanceof SelectError) return error;
    throw error;
  }
}

function authorization(names: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKey}/20130524/us-east-1/s3/aws4_request, SignedHeaders=${names}, Signature=${signature}`;
}

t.test('the examples of the AWS documentation', async (t) => {
  t.equal(
    signingKey(secretKey, { date: '20130524', region: 'us-east-1', service: 's3' }).toString('hex'),
    'dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378',
  );
  const putHash = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
  const examples: [string, string, string, Record<string, string>, string][] = [
    ['GET', '/test.txt', '', { range: 'bytes=0-9' }, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'],
    [
      'PUT',
      '/test$file.text',
      '',
      {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': putHash,
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    ['GET', '/', 'lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['GET', '/', 'max-keys=2&prefix=J', {}, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ];
  for (const [method, rawPath, rawQuery, extra, signature] of examples) {
    const headers: Record<string, string> = { host, 'x-amz-content-sha256': emptyHash, 'x-amz-date': '20130524T000000Z', ...extra };
    headers['authorization'] = authorization(Object.keys(headers).toSorted().join(';'), signature);
    const identity = verify({ method, rawPath, rawQuery, headers }, options);
    t.match(identity, { accessKey, via: 'header', seedSignature: signature, scope: { region: 'us-east-1' } }, `${method} ${rawPath}`);
    t.same(identity.payload, { kind: 'sha256', hex: headers['x-amz-content-sha256'] });
  }
});

t.test('the documented presigned request', async (t) => {
  const unsigned = {
    method: 'GET',
    rawPath: '/test.txt',
    rawQuery: '',
    headers: { host },
    credentials: { accessKey, secretKey },
    region: 'us-east-1',
    now,
  };
  const rawQuery = presign(unsigned, 86_400);
  t.match(rawQuery, /&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/);
  const request = { method: 'GET', rawPath: '/test.txt', rawQuery, headers: { host, range: 'bytes=0-9' } };
  t.match(verify(request, options), { accessKey, via: 'query', payload: { kind: 'unsigned' } });
  t.equal(refusal(request, { now: new Date('2013-05-24T23:59:59Z') }), undefined, 'valid to its last second');
  t.match(refusal(request, { now: new Date('2013-05-25T00:00:01Z') }), { code: 'AccessDenied', params: { reason: 'Request has expired' } });
  t.match(refusal(request, { now: new Date('2013-05-23T23:44:59Z') }), {
    code: 'AccessDenied',
    params: { reason: 'Request is not yet valid' },
  });
  t.match(refusal({ ...request, method: 'HEAD' }), { code: 'SignatureDoesNotMatch' });
  t.match(refusal({ ...request, headers: { host, 'x-amz-copy-source': '/other/key' } }), {
    code: 'AccessDenied',
    params: { HeadersNotSigned: 'x-amz-copy-source' },
  });
  t.match(refusal({ ...request, rawQuery: `${rawQuery}&versionId=1` }), { code: 'SignatureDoesNotMatch' });
  for (const [from, to, reason] of [
    [/Expires=\d+/, 'Expires=0', /second/],
    [/Expires=\d+/, 'Expires=-1', /non-negative/],
    [/Expires=\d+/, 'Expires=604801', /week/],
    [/Expires=\d+/, 'Expires=99999999999', /week/],
    [/Expires=\d+/, 'Expires=x', /number/],
    [/&X-Amz-Expires=\d+/, '', /parameters/],
    [/&X-Amz-Signature=\w+/, '', /parameters/],
    [/Date=\w+/, 'Date=20130524', /ISO8601/],
    [/Date=20130524/, 'Date=20130525', /credential date/],
    [/us-east-1%2Fs3/, 'us-east-1%2Fsts', /service/],
    [/aws4_request/, 'aws5_request', /terminal/],
    [/%2F20130524/, '', /Credential/],
    [/SignedHeaders=host/, 'SignedHeaders=range', /host/],
    [/X-Amz-Date/, 'X-Amz-Date=20130524T000000Z&X-Amz-Date', /X-Amz-Date/],
    [/Algorithm=[\w-]+/, 'Algorithm=AWS3', /Algorithm/],
    [/X-Amz-Algorithm=[\w-]+&/, '', /parameters/],
  ] as const) {
    const error = refusal({ ...request, rawQuery: rawQuery.replace(from, to) });
    t.match(error, { code: 'AuthorizationQueryParametersError', params: { reason } }, `${from} -> ${to}`);
  }
  t.match(refusal(request, { regions: ['eu-west-1'] }), { code: 'AuthorizationQueryParametersError', params: { Region: 'eu-west-1' } });
  t.throws(() => presign(unsigned, 604_801), /assertion/);
});

t.test('what the AWS SDK signs, verifies; what was changed afterwards, does not', async () => {
  for (const how of ['header', 'query'] as const) {
    await fc.assert(
      fc.asyncProperty(generated, async (it) => {
        const request = await signed(it, how);
        const identity = verify(request, options);
        if (identity.via !== how || identity.scope.region !== 'eu-central-1') throw new Error('wrong identity');
        const { host: _, ...headers } = request.headers;
        const tampered: SignedRequest[] = [
          { ...request, method: request.method === 'GET' ? 'PUT' : 'GET' },
          { ...request, rawPath: `${request.rawPath}/` },
          { ...request, rawPath: request.rawPath.replace('/bucket', '//bucket') },
          { ...request, rawQuery: `${request.rawQuery}&x` },
          { ...request, headers: { ...request.headers, host: 'localhost:9001' } },
          { ...request, headers },
          ...Object.keys(it.headers).map((key) => ({ ...request, headers: { ...request.headers, [key]: `${it.headers[key]}x` } })),
        ];
        for (const changed of tampered) {
          if (refusal(changed)?.code !== 'SignatureDoesNotMatch') throw new Error(`accepted ${JSON.stringify(changed)}`);
        }
        const secret = staticCredentials([{ accessKey, secretKey: `${secretKey}x` }]);
        if (refusal(request, { credentials: secret })?.code !== 'SignatureDoesNotMatch') throw new Error('accepted with another secret');
      }),
      { numRuns: 150 },
    );
  }
});

t.test('every single changed digit of a signature is refused', async (t) => {
  const request = await signed({ method: 'GET', key: 'k', query: [], headers: {}, body: undefined, bare: true }, 'header');
  const text = request.headers['authorization'] ?? '';
  for (let digit = 1; digit <= 64; digit++) {
    const changed = text.slice(0, -digit) + (text.at(-digit) === '0' ? '1' : '0') + text.slice(text.length - digit + 1);
    t.equal(refusal({ ...request, headers: { ...request.headers, authorization: changed } })?.code, 'SignatureDoesNotMatch');
  }
  for (const changed of [
    text.slice(0, -1),
    `${text}0`,
    text
      .toUpperCase()
      .replace(/^.*(?=SIGNATURE)/, text.slice(0, text.indexOf('Signature=')))
      .replace('SIGNATURE', 'Signature'),
  ]) {
    t.equal(refusal({ ...request, headers: { ...request.headers, authorization: changed } })?.code, 'SignatureDoesNotMatch');
  }
});

t.test('our own signer: equal to the SDK, and verified', async () => {
  await fc.assert(
    fc.asyncProperty(generated, fc.boolean(), async (it, session) => {
      const credentials = session ? temporary : ({ accessKey, secretKey } as typeof temporary);
      const rawPath = `/bucket/${encodePath(it.key)}`;
      const rawQuery = it.query
        .flatMap(([key, values]) => values.map((value) => `${encodeComponent(key)}=${encodeComponent(value)}`))
        .join('&');
      const headers = { host: 'localhost:9000', ...it.headers };
      const payloadHash = createHash('sha256')
        .update(it.body ?? '')
        .digest('hex');
      const unsigned = { method: it.method, rawPath, rawQuery, headers, credentials, region: 'eu-central-1', now };
      const ours = signHeaders(unsigned, payloadHash);
      const theirs = await signed({ ...it, bare: false }, 'header', credentials);
      if (theirs.rawPath !== rawPath) throw new Error(`path ${rawPath}, SDK ${theirs.rawPath}`);
      if (ours['authorization'] !== theirs.headers['authorization']) throw new Error('another signature than the SDK');
      verify({ method: it.method, rawPath, rawQuery, headers: ours }, options);
      verify({ method: it.method, rawPath, rawQuery: presign(unsigned, 60), headers }, options);
    }),
    { numRuns: 150 },
  );
});

const plain: Generated = {
  method: 'POST',
  key: 'a b',
  query: [
    ['select', ['']],
    ['select-type', ['2']],
  ],
  headers: {},
  body: 'x',
  bare: false,
};

t.test('equivalent spellings of one request', async (t) => {
  const request = await signed(plain, 'header');
  const accepted = (changed: Partial<SignedRequest>, what: string) => t.equal(refusal({ ...request, ...changed }), undefined, what);
  for (const rawQuery of ['select&select-type=2', 'select=&select-type=2', 'select-type=2&select', 'sele%63t&&select%2dtype=%32&'])
    accepted({ rawQuery }, rawQuery);
  accepted({ rawPath: '/%62ucket/a%20b' }, 'an escaped unreserved character');
  const { authorization: text = '', host: localhost = '', ...others } = request.headers;
  accepted({ headers: { ...request.headers, authorization: text.replaceAll(', ', ',') } }, 'no blanks between the parts');
  accepted({ headers: { ...request.headers, authorization: text.replaceAll(', ', ' ,  ') } }, 'many blanks between the parts');
  accepted(
    { headers: { ...request.headers, 'if-none-match': '*', 'user-agent': 'x', 'x-amzn-trace-id': '1' } },
    'unsigned headers that are not x-amz-',
  );
  const raw = ['Host', localhost, 'AUTHORIZATION', text, ...Object.entries(others).flat()];
  accepted({ headers: headersOf(raw) }, 'raw headers');
  t.equal(
    refusal({ ...request, headers: headersOf([...raw, 'x-amz-date', '20130524T000000Z']) })?.code,
    'AccessDenied',
    'a repeated header counts',
  );
  t.equal(refusal({ ...request, rawPath: '/bucket%2Fa%20b' })?.code, 'SignatureDoesNotMatch', 'an escaped slash is another path');
  const slash = signHeaders(
    { method: 'GET', rawPath: '/b/x%2Fy', rawQuery: '', headers: { host }, credentials: { accessKey, secretKey }, region: 'r', now },
    emptyHash,
  );
  t.equal(refusal({ method: 'GET', rawPath: '/b/x%2fy', rawQuery: '', headers: slash }), undefined, 'an escape in lower case');
  const lists = { 'x-custom': 'a,b' };
  const joined = await signed({ ...plain, headers: lists }, 'header');
  const { 'x-custom': _, ...rest } = joined.headers;
  t.equal(
    refusal({ ...joined, headers: headersOf([...Object.entries(rest).flat(), 'X-Custom', 'a', 'x-custom', 'b']) }),
    undefined,
    'repeated headers, joined in order',
  );
  t.equal(
    refusal({ ...joined, headers: headersOf([...Object.entries(rest).flat(), 'X-Custom', 'b', 'x-custom', 'a']) })?.code,
    'SignatureDoesNotMatch',
  );
});

t.test('a signed header that is missing is not the same as an empty one', async (t) => {
  const request = await signed({ ...plain, headers: { range: '' } }, 'header');
  t.equal(refusal(request), undefined);
  const { range: _, ...headers } = request.headers;
  t.equal(refusal({ ...request, headers })?.code, 'SignatureDoesNotMatch');
});

t.test('a value that ends in the byte 0xA0 keeps it', async (t) => {
  const value = Buffer.from('voilà').toString('latin1');
  const headers = signHeaders({
    method: 'PUT',
    rawPath: '/b/k',
    rawQuery: '',
    headers: { host, 'x-amz-meta-a': value },
    credentials: { accessKey, secretKey },
    region: 'r',
    now,
  });
  t.equal(refusal({ method: 'PUT', rawPath: '/b/k', rawQuery: '', headers }), undefined);
  const cut = { ...headers, 'x-amz-meta-a': value.slice(0, -1) };
  t.equal(refusal({ method: 'PUT', rawPath: '/b/k', rawQuery: '', headers: cut })?.code, 'SignatureDoesNotMatch');
});

t.test('refusals of header authentication', async (t) => {
  const request = await signed(plain, 'header');
  const text = request.headers['authorization'] ?? '';
  const code = (headers: Record<string, string | undefined>, changed: Partial<VerifyOptions> = {}) => {
    const merged = Object.entries({ ...request.headers, ...headers }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return refusal({ ...request, headers: Object.fromEntries(merged) }, changed);
  };
  const replaced = (from: string | RegExp, to: string) => code({ authorization: text.replace(from, to) })?.code;
  t.match(code({ authorization: undefined }), { code: 'AccessDenied', status: 403 }, 'not signed');
  t.match(code({ authorization: '' }), { code: 'AccessDenied', status: 403 }, 'nor by an empty header');
  t.match(code({ authorization: 'Basic abc' }), { code: 'InvalidArgument', status: 400 });
  t.equal(replaced('HMAC-SHA256', 'ECDSA-P256-SHA256'), 'NotImplemented');
  t.equal(replaced(accessKey, 'AKIAUNKNOWN'), 'InvalidAccessKeyId');
  t.equal(replaced(accessKey, '__proto__'), 'InvalidAccessKeyId');
  for (const [from, to] of [
    [/, Signature=.*/, ''],
    [/SignedHeaders=[^,]*, /, ''],
    [/Credential=[^,]*, /, ''],
    [/Signature=.*/, 'Signature='],
    [/$/, ', Signature=00'],
    [/$/, ', x=1'],
    ['/s3/', '/sts/'],
    ['aws4_request', 'aws4'],
    ['/20130524/', '/2013/'],
    ['/20130524/', '/20130525/'],
    [`${accessKey}/`, ''],
    ['host', 'accept'],
    ['host;', 'host; ;'],
    [/SignedHeaders=[^,]*/, 'SignedHeaders=;'],
  ] as const)
    t.equal(replaced(from, to), 'AuthorizationHeaderMalformed', `${from} -> ${to}`);
  t.match(code({}, { regions: ['us-east-1', 'r'] }), {
    code: 'AuthorizationHeaderMalformed',
    params: { Region: 'us-east-1', reason: /'eu-central-1' is wrong; expecting 'us-east-1'/ },
  });
  t.equal(code({}, { regions: ['us-east-1', 'eu-central-1'] }), undefined);
  t.match(code({ 'x-amz-content-sha256': undefined }), { code: 'InvalidRequest', params: { reason: /: x-amz-content-sha256$/ } });
  t.equal(code({ 'x-amz-content-sha256': 'abc' })?.code, 'InvalidArgument');
  t.equal(code({ 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' })?.code, 'NotImplemented');
  t.equal(code({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })?.code, 'SignatureDoesNotMatch', 'the body cannot be made unsigned');
  t.match(code({ 'x-amz-acl': 'public-read' }), { code: 'AccessDenied', params: { HeadersNotSigned: 'x-amz-acl' } });
  t.equal(code({ 'x-amz-date': undefined })?.code, 'AccessDenied');
  for (const date of ['20130524T000000', '20130524T250000Z', '2013-05-24T00:00:00Z', '', 'yesterday'])
    t.equal(code({ 'x-amz-date': date })?.code, 'AccessDenied', date);
});

t.test('clock skew, and a Date header alone', async (t) => {
  const request = await signed(plain, 'header');
  for (const [seconds, code] of [
    [900, undefined],
    [-900, undefined],
    [901, 'RequestTimeTooSkewed'],
    [-901, 'RequestTimeTooSkewed'],
  ] as const) {
    t.equal(refusal(request, { now: new Date(now.getTime() + seconds * 1000) })?.code, code, `${seconds} s`);
  }
  for (const date of ['Fri, 24 May 2013 00:00:00 GMT', '20130524T000000Z']) {
    const scope = { date: '20130524', region: 'us-east-1', service: 's3' };
    const canonical = `GET\n/\n\ndate:${date}\nhost:${host}\nx-amz-content-sha256:${emptyHash}\n\ndate;host;x-amz-content-sha256\n${emptyHash}`;
    const text = `AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n${createHash('sha256').update(canonical).digest('hex')}`;
    const signature = createHmac('sha256', signingKey(secretKey, scope)).update(text).digest('hex');
    const headers = {
      date,
      host,
      'x-amz-content-sha256': emptyHash,
      authorization: authorization('date;host;x-amz-content-sha256', signature),
    };
    t.equal(refusal({ method: 'GET', rawPath: '/', rawQuery: '', headers }), undefined, date);
  }
});

t.test('session tokens', async (t) => {
  const request = await signed(plain, 'header', temporary);
  t.equal((verify(request, options) satisfies VerifiedIdentity).accessKey, temporary.accessKey);
  t.equal(refusal(await signed(plain, 'query', temporary)), undefined);
  const { 'x-amz-security-token': _, ...headers } = request.headers;
  t.equal(refusal({ ...request, headers })?.code, 'InvalidToken');
  t.equal(refusal({ ...request, headers: { ...headers, 'x-amz-security-token': 'other' } })?.code, 'InvalidToken');
  const withToken = await signed(plain, 'header', { accessKey, secretKey, sessionToken: 'ignored' });
  t.equal(refusal(withToken), undefined, 'a token is ignored where the credentials have none');
});
