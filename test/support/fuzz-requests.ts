/** Requests that are wrong in random places: bytes of whole requests, and documents, headers and parameters that are signed as they are. */
import { presign, signHeaders } from '../../src/auth/sign.ts';
import { accessKey, type RawRequest, rawRequest, secretKey } from './api-server.ts';

export const bucket = 'fuzzed';

export type Random = (below: number) => number;

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)] as T;
}

export interface WrongRequest {
  readonly bytes: Buffer;
  /** Head and body are there, so an answer is owed. */
  readonly isWhole: boolean;
}

/** One request that nobody ought to send. */
export function wrongRequest(random: Random): WrongRequest {
  const broken = [mutatedBytes, wrongHeaders, wrongChunks];
  const whole = [wrongDocument, wrongDocument, wrongDocument, wrongTarget, wrongQuery, wrongSignature];
  const make = pick(random, [...broken, ...whole]);
  return { bytes: make(random), isWhole: whole.includes(make) };
}

const select = (sql: string, more = ''): string =>
  '<SelectObjectContentRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
  `<Expression>${sql}</Expression><ExpressionType>SQL</ExpressionType><InputSerialization><CompressionType>NONE</CompressionType><CSV>` +
  '<FileHeaderInfo>USE</FileHeaderInfo><FieldDelimiter>,</FieldDelimiter></CSV></InputSerialization><OutputSerialization><JSON/>' +
  `</OutputSerialization>${more}</SelectObjectContentRequest>`;

const tags = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';

/** Requests with a document as their body, which are right. */
const documents: readonly RawRequest[] = [
  { method: 'POST', target: `/${bucket}/t.csv?select&select-type=2`, body: select('SELECT s.a, s.b FROM S3Object s WHERE s.a &gt; 1') },
  {
    method: 'POST',
    target: `/${bucket}/t.csv?select=&select-type=2`,
    body: select(
      'SELECT COUNT(*) FROM S3Object',
      '<ScanRange><Start>3</Start><End>20</End></ScanRange><RequestProgress><Enabled>TRUE</Enabled></RequestProgress>',
    ),
  },
  {
    method: 'POST',
    target: `/${bucket}/parts?uploadId=0`,
    body: '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"5d41402abc4b2a76b9719d911017c592"</ETag></Part></CompleteMultipartUpload>',
  },
  {
    method: 'POST',
    target: `/${bucket}?delete`,
    body: '<Delete><Quiet>true</Quiet><Object><Key>x</Key></Object><Object><Key>y/z</Key></Object></Delete>',
  },
  {
    method: 'PUT',
    target: `/${bucket}?ownershipControls`,
    body: '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>',
  },
  {
    method: 'PUT',
    target: `/${bucket}?publicAccessBlock`,
    body: '<PublicAccessBlockConfiguration><IgnorePublicAcls>true</IgnorePublicAcls></PublicAccessBlockConfiguration>',
  },
  {
    method: 'PUT',
    target: `/${bucket}?policy`,
    body: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'one',
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: ['s3:GetObject'],
          Resource: `arn:aws:s3:::${bucket}/public/*`,
          Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, StringLike: { 'aws:Referer': '${aws:username}*' } },
        },
      ],
    }),
  },
  {
    method: 'PUT',
    target: `/${bucket}?cors`,
    body: '<CORSConfiguration><CORSRule><AllowedOrigin>http://*.example.org</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>',
  },
  { method: 'PUT', target: `/${bucket}?tagging`, body: tags },
  { method: 'PUT', target: `/${bucket}/t.csv?tagging`, body: tags },
  {
    method: 'PUT',
    target: `/${bucket}-2`,
    body: '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>',
  },
  {
    method: 'PUT',
    target: `/${bucket}?acl`,
    body: '<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList><Grant><Grantee><ID>x</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>',
  },
];

/** And others. */
const requests: readonly RawRequest[] = [
  ...documents,
  { target: `/${bucket}/t.csv` },
  { target: `/${bucket}/t.csv`, headers: { range: 'bytes=2-5', 'if-none-match': '"x"' } },
  { target: `/${bucket}?list-type=2&prefix=a&delimiter=/&max-keys=2` },
  { target: `/${bucket}?versions&key-marker=a` },
  { target: `/${bucket}?uploads` },
  { target: '/' },
  {
    method: 'PUT',
    target: `/${bucket}/new`,
    body: 'hello',
    headers: { 'content-type': 'text/plain', 'x-amz-meta-a': 'b', 'x-amz-tagging': 'a=b' },
  },
  { method: 'PUT', target: `/${bucket}/copy`, headers: { 'x-amz-copy-source': `/${bucket}/t.csv` } },
  { method: 'POST', target: `/${bucket}/parts?uploads` },
  { method: 'DELETE', target: `/${bucket}/absent` },
  { method: 'OPTIONS', target: `/${bucket}/t.csv`, headers: { origin: 'http://x', 'access-control-request-method': 'GET' }, sign: null },
  {
    method: 'POST',
    target: `/${bucket}`,
    headers: { 'content-type': 'multipart/form-data; boundary=xyz' },
    body: '--xyz\r\nContent-Disposition: form-data; name="key"\r\n\r\nformed\r\n--xyz\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbytes\r\n--xyz--\r\n',
    sign: null,
  },
];

/** What parsers stumble over. */
const pieces: readonly string[] = [
  '\r\n',
  '\n',
  '\0',
  '\xff\xfe',
  ' ',
  '\t',
  ':',
  '%',
  '%00',
  '%zz',
  '%2e%2e%2f',
  '/../',
  '//',
  '?',
  '&',
  '=',
  ';',
  ',',
  '"',
  "'",
  '<',
  '>',
  '<!DOCTYPE x [<!ENTITY e "x">]>',
  '&e;',
  '&#0;',
  '&#x110000;',
  '&amp;',
  '<![CDATA[',
  ']]>',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '<!--',
  '{',
  '}',
  '[',
  ']',
  '"a":',
  'null',
  'true',
  '\\u0000',
  '__proto__',
  'constructor',
  '${',
  '*',
  '-1',
  '0',
  '1e400',
  '99999999999999999999',
  'NaN',
  '0x10',
  'é',
  '\u{1f600}',
  'a'.repeat(300),
  '('.repeat(200),
  '<a>'.repeat(200),
  '[['.repeat(200),
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Expect: 100-continue\r\n',
  'Connection: upgrade\r\nUpgrade: x\r\n',
  'HTTP/1.0',
  'bytes=',
  'x-amz-',
];

/** Changes text in one to four places. */
function mutate(random: Random, text: Buffer): Buffer {
  let bytes = text;
  for (let left = 1 + random(4); left > 0; left--) {
    const [at, length] = [random(bytes.length + 1), random(1 + random(40))];
    const other = random(bytes.length + 1);
    const parts: readonly (() => Buffer[])[] = [
      () => [bytes.subarray(0, at), Buffer.from(pick(random, pieces)), bytes.subarray(at)],
      () => [bytes.subarray(0, at), Buffer.from(pick(random, pieces)), bytes.subarray(at + length)],
      () => [bytes.subarray(0, at), bytes.subarray(at + length)],
      () => [bytes.subarray(0, at), bytes.subarray(other, other + length), bytes.subarray(at)],
      () => [bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at + 1)],
      () => [bytes.subarray(0, at)],
    ];
    bytes = Buffer.concat(pick(random, parts)());
  }
  return bytes;
}

function bytesOf(request: RawRequest): Buffer {
  const { head, body } = rawRequest(request);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function mutatedBytes(random: Random): Buffer {
  return mutate(random, bytesOf(pick(random, requests)));
}

/** A first line that the parser of HTTP takes. */
function wrongTarget(random: Random): Buffer {
  const { head, body } = rawRequest(pick(random, requests));
  const [method = '', target = '', rest = ''] = head.split(/ (.*?) (?=HTTP\/1\.1\r\n)/s);
  const other = mutate(random, Buffer.from(target))
    .toString('latin1')
    .replace(/[^\x21-\x7e]/g, pick(random, ['', '%', '%ff', '%0', '%00', '%C3%28', '%2F']));
  const line = `${random(4) === 0 ? pick(random, ['OPTIONS', 'PATCH', 'DELETE']) : method} ${random(2) === 0 ? '/' : ''}${other} `;
  return Buffer.concat([Buffer.from(line + rest, 'latin1'), body]);
}

function wrongDocument(random: Random): Buffer {
  const request = pick(random, documents);
  const body = String(request.body);
  const change = pick(random, [
    mutateElements,
    mutateElements,
    mutateElements,
    (_: Random, text: string) => mutate(random, Buffer.from(text)),
  ]);
  return bytesOf({ ...request, body: body.startsWith('{') ? mutateJson(random, body) : change(random, body) });
}

/** A document that parses, and holds what it should not: elements that are gone, doubled, renamed, emptied or filled with something else. */
function mutateElements(random: Random, text: string): Buffer {
  let document = text;
  for (let left = 1 + random(3); left > 0; left--) {
    const names = [...document.matchAll(/<(\w+)[\s>]/g)].map(([, name]) => name ?? '');
    if (names.length === 0) break;
    const name = pick(random, names);
    const filling = pick(random, pieces)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replace(/\p{Cc}/gu, ' ');
    const changes: readonly ((whole: string) => string)[] = [
      () => '',
      (whole) => whole + whole,
      (whole) => whole.replaceAll(name, pick(random, ['Other', ...names])),
      () => `<${name}/>`,
      () => `<${name}>${filling}</${name}>`,
      (whole) => `<${name}>${whole}</${name}>`,
    ];
    document = document.replace(new RegExp(`<${name}(?: [^>]*)?>.*?</${name}>`, 's'), pick(random, changes));
  }
  return Buffer.from(document);
}

/** A document that parses, with members and values of other kinds. */
function mutateJson(random: Random, text: string): Buffer {
  const strange = [null, 0, -1, 1e300, '', '*', '${', [], {}, [[]], { a: null }, ['a', 1], 'a'.repeat(3000), true];
  const document = JSON.parse(text, (_, value) => (random(8) === 0 ? pick<unknown>(random, [...strange, [value], { x: value }]) : value));
  return random(4) === 0 ? mutate(random, Buffer.from(text)) : Buffer.from(JSON.stringify(document));
}

const headerNames: readonly string[] =
  `range if-match if-none-match if-modified-since if-unmodified-since x-amz-copy-source x-amz-copy-source-range
  x-amz-copy-source-if-match x-amz-metadata-directive x-amz-tagging x-amz-tagging-directive x-amz-storage-class x-amz-acl content-md5 content-encoding
  content-type x-amz-checksum-crc32 x-amz-checksum-sha256 x-amz-checksum-algorithm x-amz-checksum-type x-amz-sdk-checksum-algorithm x-amz-trailer
  x-amz-decoded-content-length x-amz-meta-a x-amz-object-attributes x-amz-max-parts x-amz-mp-object-size x-amz-expected-bucket-owner
  x-amz-website-redirect-location expect origin accept-encoding transfer-encoding te x-amz-security-token x-amz-grant-read`.split(/\s+/);

/** A value that HTTP can carry. */
function headerValue(random: Random): string {
  const value = mutate(
    random,
    Buffer.from(pick(random, ['', 'bytes=0-1', `/${bucket}/t.csv`, 'CRC32', '"x"', 'Wed, 21 Oct 2015 07:28:00 GMT', 'a=b&c=d'])),
  );
  return value
    .toString('latin1')
    .replace(/\p{Cc}/gu, '')
    .trim();
}

function wrongHeaders(random: Random): Buffer {
  const request = pick(random, requests);
  const names = Array.from({ length: 1 + random(3) }, () => pick(random, headerNames));
  return bytesOf({ ...request, headers: { ...request.headers, ...Object.fromEntries(names.map((name) => [name, headerValue(random)])) } });
}

const parameters: readonly string[] =
  `prefix delimiter marker max-keys encoding-type continuation-token start-after fetch-owner list-type versions
  key-marker version-id-marker uploads upload-id-marker max-uploads uploadId partNumber part-number-marker max-parts versionId tagging acl policy
  policyStatus publicAccessBlock ownershipControls cors attributes select select-type delete location versioning lifecycle response-content-type response-expires renameObject x-id
  X-Amz-Expires X-Amz-Date AWSAccessKeyId Signature Expires restore legal-hold`.split(/\s+/);

function wrongQuery(random: Random): Buffer {
  const request = pick(random, requests);
  const text = Array.from({ length: 1 + random(3) }, () => {
    const value = mutate(random, Buffer.from(pick(random, ['', '1', '2', 'a/b', 'url', '0'])));
    return `${pick(random, parameters)}=${encodeURIComponent(value.toString('latin1'))}`;
  });
  return bytesOf({ ...request, target: `${request.target}${request.target.includes('?') ? '&' : '?'}${text.join('&')}` });
}

function wrongSignature(random: Random): Buffer {
  const [rawPath, host, region] = [`/${bucket}/t.csv`, 'localhost', 'us-east-1'];
  const credentials = { accessKey, secretKey };
  const signed = { method: 'GET', rawPath, rawQuery: '', headers: { host }, credentials, region };
  const broken = (text: string): string =>
    mutate(random, Buffer.from(text))
      .toString('latin1')
      .replace(/[\r\n\0]/g, '');
  if (random(3) === 0)
    return Buffer.from(`GET ${rawPath}?${broken(presign(signed, 60)).replaceAll(' ', '+')} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, 'latin1');
  const headers =
    random(2) === 0
      ? signHeaders(signed)
      : { host, date: new Date().toUTCString(), authorization: `AWS ${accessKey}:c2lnbmF0dXJlIG9mIDIwIGI=` };
  const name = pick(random, Object.keys(headers));
  const lines = Object.entries({ ...headers, [name]: broken(headers[name] ?? '') }).map(([key, value]) => `${key}: ${value}\r\n`);
  return Buffer.from(`GET ${rawPath} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}

/** Bodies in chunks of Amazon's and of HTTP. */
function wrongChunks(random: Random): Buffer {
  const signature = 'a'.repeat(64);
  const amazons = `5;chunk-signature=${signature}\r\nhello\r\n0;chunk-signature=${signature}\r\n\r\n`;
  const unsigned = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n';
  const kinds: readonly RawRequest[] = [
    { target: '', body: amazons, payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    { target: '', body: unsigned, payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', headers: { 'x-amz-trailer': 'x-amz-checksum-crc32' } },
    { target: '', body: '5\r\nhello\r\n0\r\n\r\n', payload: 'UNSIGNED-PAYLOAD', headers: { 'transfer-encoding': 'chunked' } },
  ];
  const { headers = {}, body = '', ...kind } = pick(random, kinds);
  const decoded = { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': pick(random, ['5', '5', '5', '6', '0', '-1', 'x']) };
  return bytesOf({
    ...kind,
    method: 'PUT',
    target: `/${bucket}/chunks`,
    headers: { ...headers, ...(kind.payload === 'UNSIGNED-PAYLOAD' ? {} : decoded) },
    body: mutate(random, Buffer.from(String(body))),
  });
}
