/** Signature Version 2, posted forms, and who is taken for whom: against the published examples and by hand. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type AuthenticateOptions, authenticate } from '../src/auth/authenticate.ts';
import { staticCredentials } from '../src/auth/credentials.ts';
import { verifyForm } from '../src/auth/post-form.ts';
import { signHeaders } from '../src/auth/sign.ts';
import { equalV2Signatures, signatureV2, verifyV2 } from '../src/auth/sigv2.ts';
import { SelectError } from '../src/base/errors.ts';
import { accessKey, secretKey, temporary } from './auth/sdk.ts';

const now = new Date('2007-03-27T19:36:42Z');
const options: AuthenticateOptions = {
  credentials: staticCredentials([
    { accessKey, secretKey },
    { ...temporary, expires_ms: now.getTime() + 1000 },
  ]),
  now,
  skewMs: 15 * 60_000,
  version2: true,
  hostBucket: '',
};

interface Asked {
  readonly method?: string;
  readonly rawPath?: string;
  readonly rawQuery?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const asked = ({ method = 'GET', rawPath = '/', rawQuery = '', headers = {} }: Asked) => ({ method, rawPath, rawQuery, headers });

/** The error that authentication ends with, or the access key. */
function outcome(request: Asked, changed: Partial<AuthenticateOptions> = {}): string {
  try {
    const found = authenticate(asked(request), { ...options, ...changed });
    return found.version === undefined ? 'nobody' : `${found.version} ${found.accessKey} ${found.via}`;
  } catch (error) {
    if (error instanceof SelectError) return error.code;
    throw error;
  }
}

const known = `AWS ${accessKey} header`;

t.test('the examples of the developer guide', async (t) => {
  const bucket = 'awsexamplebucket1';
  const date = 'Tue, 27 Mar 2007 19:36:42 +0000';
  const examples: [Asked, string, string, Partial<AuthenticateOptions>][] = [
    [{ rawPath: '/photos/puppy.jpg', headers: { date } }, 'qgk2+6Sv9/oM7G3qLEjTH1a1l1g=', bucket, {}],
    [
      {
        method: 'PUT',
        rawPath: '/photos/puppy.jpg',
        headers: { date: 'Tue, 27 Mar 2007 21:15:45 +0000', 'content-type': 'image/jpeg', 'content-length': '94328' },
      },
      'iqRzw+ileNPu1fhspnRs8nOjjIA=',
      bucket,
      { now: new Date('2007-03-27T21:15:45Z') },
    ],
    [
      {
        rawQuery: 'prefix=photos&max-keys=50&marker=puppy',
        headers: { date: 'Tue, 27 Mar 2007 19:42:41 +0000', 'user-agent': 'Mozilla/5.0' },
      },
      'm0WP8eCtspQl5Ahe6L1SozdX9YA=',
      bucket,
      {},
    ],
    [{ rawQuery: 'acl', headers: { date: 'Tue, 27 Mar 2007 19:44:46 +0000' } }, '82ZHiFIjc+WbcwFKGUVEQspPn+0=', bucket, {}],
    [
      { headers: { date: 'Wed, 28 Mar 2007 01:29:59 +0000' } },
      'qGdzdERIC03wnaRNKh6OqZehG9s=',
      '',
      { now: new Date('2007-03-28T01:29:59Z') },
    ],
    [
      { rawPath: '/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re', headers: { date: 'Wed, 28 Mar 2007 01:49:49 +0000' } },
      'DNEZGsoieTZ92F3bUfSPQcbGmlM=',
      '',
      { now: new Date('2007-03-28T01:49:49Z') },
    ],
  ];
  for (const [request, signature, hostBucket, changed] of examples) {
    const headers = { ...request.headers, authorization: `AWS ${accessKey}:${signature}` };
    t.equal(outcome({ ...request, headers }, { hostBucket, ...changed }), known, signature);
    t.equal(outcome({ ...request, headers, method: 'DELETE' }, { hostBucket, ...changed }), 'SignatureDoesNotMatch');
    t.equal(outcome({ ...request, headers }, { ...changed, hostBucket: `${hostBucket}x` }), 'SignatureDoesNotMatch');
  }
});

/** Signs as the guide says, without our own code. */
function sign(text: string, secret = secretKey): string {
  return createHmac('sha1', secret).update(text, 'latin1').digest('base64');
}

const date = now.toUTCString();

function signedHeader(text: string, request: Asked, key = accessKey, secret = secretKey): Asked {
  return { ...request, headers: { ...request.headers, authorization: `AWS ${key}:${sign(text, secret)}` } };
}

t.test('what enters the string to sign', async (t) => {
  const put = { method: 'PUT', rawPath: '/b/a%20b' };
  const cases: [string, string, Asked][] = [
    [
      'an x-amz-date takes the place of the date',
      `GET\n\n\n\nx-amz-date:${date}\n/b`,
      { rawPath: '/b', headers: { 'x-amz-date': date, date: 'x' } },
    ],
    ['in ISO 8601', 'GET\n\n\n\nx-amz-date:20070327T193642Z\n/b', { rawPath: '/b', headers: { 'x-amz-date': '20070327T193642Z' } }],
    [
      'headers of Amazon in order, and repeated ones',
      `PUT\nbWQ1\ntext/plain\n${date}\nx-amz-acl:private\nx-amz-meta-a:1,2\nx-amz-meta-b:x y\n/b/a%20b`,
      {
        ...put,
        headers: {
          date,
          'content-md5': 'bWQ1',
          'content-type': 'text/plain',
          'x-amz-meta-b': ' x\r\n y',
          'x-amz-meta-a': '1,2',
          'x-amz-acl': 'private',
        },
      },
    ],
    [
      'sub-resources in order',
      `GET\n\n\n${date}\n/b/k?acl&versionId=null`,
      { rawPath: '/b/k', rawQuery: 'versionId=null&x=1&acl', headers: { date } },
    ],
    ['with an equals sign where it was sent', `GET\n\n\n${date}\n/b?uploads=`, { rawPath: '/b', rawQuery: 'uploads=', headers: { date } }],
    ['and without', `GET\n\n\n${date}\n/b?uploads`, { rawPath: '/b', rawQuery: 'uploads=', headers: { date } }],
    [
      'values decoded',
      `GET\n\n\n${date}\n/b/k?response-content-type=a/b c`,
      { rawPath: '/b/k', rawQuery: 'response-content-type=a%2Fb%20c', headers: { date } },
    ],
    ['the longer list of other clients', `GET\n\n\n${date}\n/b?encryption`, { rawPath: '/b', rawQuery: 'encryption', headers: { date } }],
    [
      'a query, of which the SDK signs nothing',
      `GET\n\n\n${date}\n/b`,
      { rawPath: '/b', rawQuery: 'select&select-type=2', headers: { date } },
    ],
    ['which Amazon does not sign', `GET\n\n\n${date}\n/b`, { rawPath: '/b', rawQuery: 'encryption', headers: { date } }],
  ];
  for (const [what, text, request] of cases) t.equal(outcome(signedHeader(text, request)), known, what);
});

t.test('refusals', async (t) => {
  const text = `GET\n\n\n${date}\n/b`;
  const request = signedHeader(text, { rawPath: '/b', headers: { date } });
  t.equal(outcome(request), known);
  t.equal(outcome(request, { version2: false }), 'InvalidRequest', 'switched off');
  t.equal(outcome({ ...request, rawQuery: 'acl' }), 'SignatureDoesNotMatch', 'another resource');
  t.equal(outcome({ ...request, rawQuery: 'x=1' }), known, 'the rest of the query is not signed');
  t.equal(outcome(signedHeader(text, { rawPath: '/b', headers: { date, 'x-amz-acl': 'public-read' } })), 'SignatureDoesNotMatch');
  t.equal(outcome(signedHeader(text, { rawPath: '/b', headers: { date } }, 'nobody')), 'InvalidAccessKeyId');
  t.equal(outcome(signedHeader(text, { rawPath: '/b', headers: { date } }, accessKey, 'other')), 'SignatureDoesNotMatch');
  t.equal(outcome(request, { now: new Date(now.getTime() + 16 * 60_000) }), 'RequestTimeTooSkewed');
  t.equal(outcome(request, { now: new Date(now.getTime() - 16 * 60_000) }), 'RequestTimeTooSkewed');
  for (const value of ['', 'yesterday', '2007-03-27', '1175024202', 'Tue, 07 Jul 1950 21:53:04 GMT']) {
    t.equal(outcome(signedHeader(`GET\n\n\n${value}\n/b`, { rawPath: '/b', headers: { date: value } })), 'AccessDenied', `date ${value}`);
  }
  for (const value of ['AWS', 'AWS ', 'AWS x', 'AWS :x', `AWS ${accessKey}:`]) {
    t.not(outcome({ rawPath: '/b', headers: { date, authorization: value } }), known, value);
  }
  t.equal(outcome({ rawPath: '/b', headers: { date, authorization: `AWS ${accessKey}:*` } }), 'SignatureDoesNotMatch');
});

t.test('presigned', async (t) => {
  const end = Math.floor(now.getTime() / 1000) + 60;
  const query = (text: string, more = ''): Asked => ({
    rawPath: '/b/k',
    rawQuery: `AWSAccessKeyId=${accessKey}&Expires=${end}&Signature=${encodeURIComponent(sign(text))}${more}`,
  });
  const text = `GET\n\n\n${end}\n/b/k`;
  t.equal(outcome(query(text)), `AWS ${accessKey} query`);
  t.equal(outcome(query(text), { now: new Date((end - 1) * 1000) }), `AWS ${accessKey} query`);
  t.equal(outcome(query(text), { now: new Date((end + 1) * 1000) }), 'AccessDenied', 'expired');
  t.equal(outcome({ ...query(text), method: 'HEAD' }), 'SignatureDoesNotMatch');
  t.equal(outcome(query(text, '&acl')), 'SignatureDoesNotMatch');
  t.equal(outcome({ ...query(text), headers: { 'x-amz-acl': 'public-read' } }), 'SignatureDoesNotMatch', 'a header that was not signed');
  const hoisted = `GET\n\n\n${end}\nx-amz-acl:private\n/b/k`;
  t.equal(outcome(query(hoisted, '&x-amz-acl=private')), `AWS ${accessKey} query`, 'a header as a parameter');
  t.equal(outcome(query(hoisted, '&x-amz-acl=public-read')), 'SignatureDoesNotMatch');
  t.equal(outcome({ ...query(hoisted, '&x-amz-acl=private'), headers: { 'x-amz-acl': 'public-read' } }), 'SignatureDoesNotMatch');
  t.equal(outcome({ rawQuery: `AWSAccessKeyId=${accessKey}&Signature=x` }), 'AccessDenied', 'without an end');
  t.equal(outcome({ rawQuery: `AWSAccessKeyId=${accessKey}&Signature=x&Expires=soon` }), 'AccessDenied');
  t.equal(outcome({ rawQuery: `AWSAccessKeyId=${accessKey}&Signature=x&Expires=-1` }), 'AccessDenied');
});

t.test('temporary keys', async (t) => {
  const { sessionToken, accessKey: key, secretKey: secret } = temporary;
  const text = `GET\n\n\n${date}\nx-amz-security-token:${sessionToken}\n/b`;
  const request = signedHeader(text, { rawPath: '/b', headers: { date, 'x-amz-security-token': sessionToken } }, key, secret);
  t.equal(outcome(request), `AWS ${key} header`);
  t.equal(outcome(request, { now: new Date(now.getTime() + 1000) }), 'ExpiredToken');
  t.equal(outcome(signedHeader(`GET\n\n\n${date}\n/b`, { rawPath: '/b', headers: { date } }, key, secret)), 'InvalidToken');
  const v4 = signHeaders(
    { method: 'GET', rawPath: '/b', rawQuery: '', headers: { host: 'h' }, credentials: temporary, region: 'r', now },
    'UNSIGNED-PAYLOAD',
  );
  t.equal(outcome({ rawPath: '/b', headers: v4 }), `AWS4-HMAC-SHA256 ${key} header`);
  t.equal(outcome({ rawPath: '/b', headers: v4 }, { now: new Date(now.getTime() + 2000) }), 'ExpiredToken');
});

t.test('nobody, or two at once', async (t) => {
  t.equal(outcome({}), 'nobody');
  t.equal(outcome({ rawQuery: 'acl&AWSAccessKeyId=x' }), 'nobody');
  t.equal(outcome({ headers: { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' } }), 'nobody');
  t.equal(
    outcome({ headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' } }),
    'InvalidRequest',
    'chunks without a seed',
  );
  const header = { authorization: `AWS ${accessKey}:x`, date };
  t.equal(outcome({ headers: header, rawQuery: 'X-Amz-Algorithm=AWS4-HMAC-SHA256' }), 'InvalidArgument');
  t.equal(outcome({ headers: header, rawQuery: 'AWSAccessKeyId=a&Signature=b&Expires=1' }), 'InvalidArgument');
  t.equal(outcome({ rawQuery: 'AWSAccessKeyId=a&Signature=b&Expires=1&X-Amz-Signature=1' }), 'InvalidArgument');
  t.equal(outcome({ headers: { authorization: 'AWS4-HMAC-SHA256 x' }, rawQuery: 'X-Amz-Credential=1' }), 'InvalidArgument');
  t.equal(outcome({ headers: { authorization: 'Basic abc' } }), 'InvalidArgument');
  t.equal(outcome({ headers: { authorization: '' } }), 'AccessDenied');
});

t.test('signatures are compared whole', async (t) => {
  const signature = signatureV2('secret', 'text');
  t.equal(equalV2Signatures(signature, signature), true);
  t.equal(equalV2Signatures(signature, signature.replace('=', '')), true, 'padding is no part of it');
  for (const other of ['', signature.slice(0, -4), `${signature}AAAA`, signature.toLowerCase()])
    t.equal(equalV2Signatures(signature, other), false);
});

t.test('a form, against the published example', async (t) => {
  const policy = Buffer.from(
    [
      '{ "expiration": "2015-12-30T12:00:00.000Z",',
      '  "conditions": [',
      '    {"bucket": "sigv4examplebucket"},',
      '    ["starts-with", "$key", "user/user1/"],',
      '    {"acl": "public-read"},',
      '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
      '    ["starts-with", "$Content-Type", "image/"],',
      '    {"x-amz-meta-uuid": "14365123651274"},',
      '    {"x-amz-server-side-encryption": "AES256"},',
      '    ["starts-with", "$x-amz-meta-tag", ""],',
      '',
      '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},',
      '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
      '    {"x-amz-date": "20151229T000000Z" }',
      '  ]',
      '}',
    ].join('\r\n'),
  ).toString('base64');
  const fields = {
    policy,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${accessKey}/20151229/us-east-1/s3/aws4_request`,
    'x-amz-date': '20151229T000000Z',
    'x-amz-signature': '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
  };
  const then = { ...options, now: new Date('2015-12-29T12:00:00Z') };
  const form = (changed: Readonly<Record<string, string | undefined>>, more = {}): string => {
    const all = Object.entries({ ...fields, ...changed }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    try {
      const found = verifyForm(new Map(all), { ...then, ...more });
      return found.version === undefined ? 'nobody' : `${found.version} ${found.accessKey}`;
    } catch (error) {
      if (error instanceof SelectError) return error.code;
      throw error;
    }
  };
  t.equal(form({}), `AWS4-HMAC-SHA256 ${accessKey}`);
  t.equal(form({ policy: `${policy}A` }), 'SignatureDoesNotMatch');
  t.equal(form({ 'x-amz-signature': fields['x-amz-signature'].replace('8', '9') }), 'SignatureDoesNotMatch');
  t.equal(form({ 'x-amz-date': '20151230T000000Z' }), 'InvalidArgument', 'another day than the credential');
  t.equal(form({ 'x-amz-date': 'x' }), 'InvalidArgument');
  t.equal(form({ 'x-amz-algorithm': 'AWS4-ECDSA' }), 'InvalidArgument');
  t.equal(form({ 'x-amz-credential': 'x' }), 'InvalidArgument');
  t.equal(form({}, { now: new Date('2015-12-28T12:00:00Z') }), 'AccessDenied', 'dated ahead');
  t.equal(form({}, { regions: ['eu-central-1'] }), 'InvalidArgument');
  for (const name of Object.keys(fields)) t.equal(form({ [name]: undefined }), 'InvalidArgument', `without ${name}`);
  const none = Object.fromEntries(Object.keys(fields).map((name) => [name, undefined]));
  t.equal(form(none), 'nobody');
  const old = { ...none, policy, awsaccesskeyid: accessKey, signature: sign(policy) };
  t.equal(form(old), `AWS ${accessKey}`);
  t.equal(form(old, { version2: false }), 'InvalidRequest');
  t.equal(form({ ...old, signature: sign(`${policy}x`) }), 'SignatureDoesNotMatch');
  t.equal(form({ ...old, signature: undefined }), 'InvalidArgument');
  t.equal(form({ ...old, awsaccesskeyid: 'nobody' }), 'InvalidAccessKeyId');
});

t.test('fuzz: whatever is sent is refused with a code', async (t) => {
  const start =
    signedHeader(`GET\n\n\n${date}\n/b?acl`, { rawPath: '/b', rawQuery: 'acl', headers: { date } }).headers?.['authorization'] ?? '';
  const noise = fc.string({ unit: fc.constantFrom('A', 'a', '=', '/', ':', ',', ' ', '\0', 'é', '%', ';', '0', '+', '\n'), maxLength: 60 });
  const words = fc.constantFrom('AWS ', 'AWS4-HMAC-SHA256 ', 'Credential=', 'SignedHeaders=host', 'Signature=', accessKey, start);
  const text = fc.array(fc.oneof(words, noise), { maxLength: 5 }).map((parts) => parts.join(''));
  const parameter = fc.constantFrom(
    'AWSAccessKeyId',
    'Signature',
    'Expires',
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
    'acl',
  );
  let refused = 0;
  fc.assert(
    fc.property(text, fc.array(fc.tuple(parameter, noise), { maxLength: 5 }), fc.boolean(), (authorization, parameters, inQuery) => {
      const rawQuery = parameters.map(([name, value]) => `${name}=${value.replaceAll('&', '')}`).join('&');
      const headers = inQuery ? { date } : { date, authorization };
      const found = outcome({ rawPath: '/b', rawQuery, headers });
      if (found === known && authorization !== start) throw new Error(`let in by ${authorization}`);
      if (found !== 'nobody') refused += 1;
    }),
    { seed: 6, numRuns: 5000 },
  );
  t.ok(refused > 2000);
});

t.test('verifyV2 says what it took', async (t) => {
  const request = signedHeader(`PUT\n\n\n${date}\n/b/k`, { method: 'PUT', rawPath: '/b/k', headers: { date } });
  t.match(verifyV2(asked(request), options), { version: 'AWS', via: 'header', time_ms: now.getTime(), payload: { kind: 'unsigned' } });
});
