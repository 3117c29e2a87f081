/** Forms that browsers post: read in whatever pieces they come, and through MinIO's client, which makes them. */
import { createHmac } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { Client } from 'minio';
import t from 'tap';
import { boundaryOf, readForm } from '../src/api/form-data.ts';
import { SelectError } from '../src/base/errors.ts';
import { accessKey, type Served, secretKey, serve } from './support/api-server.ts';
import { document } from './support/policies.ts';
import { stateWith } from './support/users.ts';

const Bucket = 'bucket-1';

/** A body of parts, each with its head; `boundary` is `x`. */
function body(...parts: readonly (readonly [disposition: string, content: string])[]): string {
  return `${parts.map(([disposition, content]) => `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`).join('')}--x--\r\n`;
}

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  for (const [index, end] of [...ends, bytes.length].entries()) yield bytes.subarray(ends[index - 1] ?? 0, end);
}

async function read(text: string, cuts: readonly number[] = [], boundary = 'x') {
  try {
    const { fields, filename, file } = await readForm(pieces(Buffer.from(text), cuts), boundary);
    const parts: Uint8Array[] = [];
    for await (const piece of file) parts.push(piece);
    return { fields: Object.fromEntries(fields), filename, file: Buffer.concat(parts).toString() };
  } catch (error) {
    if (error instanceof SelectError) return error.code;
    throw error;
  }
}

t.test('boundaries', async (t) => {
  for (const [type, boundary] of [
    ['multipart/form-data; boundary=x', 'x'],
    ['multipart/form-data;boundary="a b"', 'a b'],
    ['Multipart/Form-Data; charset=utf-8; Boundary=----WebKitFormBoundary7MA4', '----WebKitFormBoundary7MA4'],
    ['multipart/form-data; boundary=x; charset=utf-8', 'x'],
    ['multipart/form-data', undefined],
    ['multipart/form-data; boundary=', undefined],
    [`multipart/form-data; boundary=${'x'.repeat(71)}y`, undefined],
    ['multipart/mixed; boundary=x', undefined],
    ['', undefined],
  ] as const) {
    t.equal(boundaryOf(type)?.slice(0, 71), boundary, type);
  }
});

t.test('forms', async (t) => {
  const simple = body(['name="key"', 'k'], ['name="file"; filename="a.txt"', 'hello']);
  t.same(await read(simple), { fields: { key: 'k' }, filename: 'a.txt', file: 'hello' });
  t.same(await read(`preamble\r\n${simple}epilogue`), { fields: { key: 'k' }, filename: 'a.txt', file: 'hello' });
  t.same(await read(simple.replaceAll('\r\n--x\r\n', '\r\n--x  \r\n')), { fields: { key: 'k' }, filename: 'a.txt', file: 'hello' });
  t.match(
    await read(body(['name="KeY"', ''], ['name=file', ''])),
    { fields: { key: '' }, file: '' },
    'names in any case, and without quotes',
  );
  t.match(
    await read(body(['name="a"; filename="a"', 'field'], ['name="file"', 'x'])),
    { fields: { a: 'field' } },
    'a field with a file name',
  );
  t.match(await read(body(['name="file"', 'x'], ['name="late"', 'y'])), { fields: {} }, 'what follows the file does not count');
  t.match(await read(body(['name="file"; filename="C:\\dir\\ü \\"q\\".txt"', 'x'])), { filename: 'ü "q".txt' });
  t.match(await read(body(['name="file"; filename="/etc/%22x%22"', 'x'])), { filename: '"x"' });
  t.match(await read(body(['name="file"', '--x\r\n-x\r\n--\r\n\r\n'])), { file: '--x\r\n-x\r\n--\r\n\r\n' }, 'what looks like a boundary');
  t.equal(await read(body(['name="key"', 'k'])), 'InvalidArgument', 'no file');
  for (const text of ['', 'x', '--x', '--x\r\n', '--x\r\n\r\n', '--x\r\nContent-Disposition: form-data\r\n\r\n', '--xy\r\n', '--x y\r\n']) {
    t.equal(await read(text), 'MalformedPOSTRequest', JSON.stringify(text));
  }
  t.equal(await read(body(['nome="key"', 'k'])), 'MalformedPOSTRequest');
  t.equal(await read(body(['name="key"', 'k']).replace('form-data', 'attachment')), 'MalformedPOSTRequest');
  t.equal(await read(simple.slice(0, -9)), 'MalformedPOSTRequest', 'the file has no end');
  t.equal(await read(body(['name="key"', 'k'.repeat(21_000)], ['name="file"', ''])), 'MaxPostPreDataLengthExceeded');
  t.equal(
    await read(body(...Array.from({ length: 500 }, () => ['name="key"', 'k'] as const), ['name="file"', ''])),
    'MaxPostPreDataLengthExceeded',
  );
  t.match(await read(body(['name="key"', 'k'], ['name="file"', 'x'.repeat(100_000)])), { file: /^x{100000}$/ });
});

t.test('in whatever pieces they come', async (t) => {
  const text = body(
    ['name="key"', 'a\r\n--b'],
    ['name="x-amz-meta-a"', 'ü'],
    ['name="file"; filename="f"', `\r\n--\r\n-x${'y'.repeat(40)}\r\n--y`],
  );
  const whole = await read(text);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 12 }), async (cuts) => t.same(await read(text, cuts), whole)),
    { seed: 6, numRuns: 300 },
  );
});

t.test('fuzz: a damaged form is refused or read', async (t) => {
  const text = body(['name="key"', 'k'], ['name="file"; filename="f"', 'content']);
  const noise = fc.constantFrom('\r\n', '--x', '--', '"', ';', '\0', 'Content-Disposition: form-data; name="file"', '\r\n\r\n', 'é');
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(200), fc.nat(8), noise), { minLength: 1, maxLength: 4 }), async (changes) => {
      let damaged = text;
      for (const [at, length, piece] of changes) damaged = damaged.slice(0, at) + piece + damaged.slice(at + length);
      if (typeof (await read(damaged)) === 'string') refused += 1;
    }),
    { seed: 6, numRuns: 2000 },
  );
  t.ok(refused > 500);
});

async function post({ port }: Served, fields: Readonly<Record<string, string>>, file: string | Blob = 'content', name = 'f.txt') {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([file]), name);
  const answer = await fetch(`http://127.0.0.1:${port}/${Bucket}`, { method: 'POST', body: form, redirect: 'manual' });
  const text = await answer.text();
  return { status: answer.status, code: /<Code>(\w+)</.exec(text)?.[1] ?? '', text, headers: answer.headers };
}

/** Fields of a form signed with Signature Version 2. */
function signedV2(conditions: readonly unknown[], key = accessKey, secret = secretKey, expires_ms = Date.now() + 60_000) {
  const policy = Buffer.from(
    JSON.stringify({ expiration: new Date(expires_ms).toISOString(), conditions: [{ bucket: Bucket }, ...conditions] }),
  ).toString('base64');
  return { AWSAccessKeyId: key, policy, signature: createHmac('sha1', secret).update(policy).digest('base64') };
}

t.test('forms of old clients', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'owner' }) });
  const { client } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  const any = [
    ['starts-with', '$key', ''],
    ['starts-with', '$Content-Type', ''],
    ['starts-with', '$acl', ''],
    ['starts-with', '$x-amz-meta-a', ''],
  ];
  const form = { key: 'folder/${filename}', acl: 'private', 'Content-Type': 'text/plain', 'x-amz-meta-a': 'ü', 'x-ignore-me': 'x' };
  const stored = await post(served, { ...form, ...signedV2(any) });
  t.equal(stored.status, 204, stored.text);
  t.ok(stored.headers.get('etag'));
  t.match(stored.headers.get('location'), /\/bucket-1\/folder\/f\.txt$/);
  const object = await client.send(new GetObjectCommand({ Bucket, Key: 'folder/f.txt' }));
  t.equal(await object.Body?.transformToString(), 'content');
  t.equal(object.ContentType, 'text/plain');
  t.equal(object.Metadata?.['a'], '=?UTF-8?B?w7w=?=');

  t.equal((await post(served, { ...form, ...signedV2(any), signature: 'x' })).code, 'SignatureDoesNotMatch');
  t.equal((await post(served, { ...form, ...signedV2(any, 'nobody') })).code, 'InvalidAccessKeyId');
  t.equal((await post(served, { ...form, ...signedV2(any, accessKey, secretKey, Date.now() - 1000) })).code, 'AccessDenied');
  t.equal((await post(served, { ...form, ...signedV2(any.slice(1)) })).code, 'AccessDenied', 'a field without a condition');
  t.equal((await post(served, { ...form, ...signedV2(any), key: '' })).code, 'InvalidArgument');
  t.equal((await post(served, { ...form, ...signedV2(any, 'alice-key', 'alice-secret') })).code, 'AccessDenied', 'it is not her bucket');
  t.equal((await post(served, form)).code, 'AccessDenied', 'nobody may write');
  t.equal((await post(served, { ...form, ...signedV2([...any, ['content-length-range', 0, 6]]) })).code, 'EntityTooLarge');
  t.equal((await post(served, { ...form, ...signedV2([...any, ['content-length-range', 8, 9]]) })).code, 'EntityTooSmall');
  t.equal((await post(served, { ...form, ...signedV2([...any, ['content-length-range', 7, 7]]) })).status, 204);
  t.equal((await post(served, { ...form, ...signedV2(any), 'x-amz-checksum-crc32': 'AAAAAA==' })).code, 'BadDigest');
  t.equal((await post(served, { ...form, ...signedV2(any), acl: 'public-read' })).code, 'AccessControlListNotSupported');
  t.equal((await post(served, { ...form, key: 'a$&b${filename}', ...signedV2(any) }, 'x', "$&$'.txt")).status, 204);
  t.equal((await client.send(new HeadObjectCommand({ Bucket, Key: "a$&b$&$'.txt" }))).ContentLength, 1);
  const closed = await serve(t, { store: served.store, signatureV2: false });
  t.equal((await post(closed, { ...form, ...signedV2(any) })).code, 'InvalidRequest');
  t.equal(served.faults.length, 0);
});

t.test('what the sender is told', async (t) => {
  const served = await serve(t);
  await served.client.send(new CreateBucketCommand({ Bucket }));
  const open = [
    ['starts-with', '$key', ''],
    ['starts-with', '$success_action_status', ''],
    ['starts-with', '$success_action_redirect', ''],
  ];
  const told = (fields: Readonly<Record<string, string>>) => {
    const names = ['key', ...Object.keys(fields)];
    return post(served, { key: 'a b&c', ...fields, ...signedV2(open.filter(([, name]) => names.includes(name?.slice(1) ?? ''))) });
  };
  t.equal((await told({})).status, 204);
  t.equal((await told({ success_action_status: '200' })).status, 200);
  t.equal((await told({ success_action_status: '404' })).status, 204);
  const created = await told({ success_action_status: '201' });
  t.equal(created.status, 201);
  t.match(
    created.text,
    /<PostResponse><Location>http:\/\/127[^<]*\/bucket-1\/a%20b%26c<\/Location><Bucket>bucket-1<\/Bucket><Key>a b&amp;c<\/Key><ETag>&quot;[0-9a-f]{32}&quot;<\/ETag>/,
  );
  const redirected = await told({ success_action_redirect: 'https://example.org/done' });
  t.equal(redirected.status, 303);
  t.match(redirected.headers.get('location'), /^https:\/\/example\.org\/done\?bucket=bucket-1&key=a%20b%26c&etag=%22[0-9a-f]{32}%22$/);
  t.match((await told({ success_action_redirect: 'https://example.org/done?x=1' })).headers.get('location'), /\?x=1&bucket=/);
  for (const address of ['javascript:alert(1)', '/here', 'https://example.org/\r\nx: y', 'https://']) {
    const answer = await told({ success_action_redirect: address });
    t.equal(answer.status, 204, address);
    t.not(answer.headers.has('x'), true);
  }
});

t.test('forms that nobody signed, and tags', async (t) => {
  const served = await serve(t);
  const { client } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  const allow = (Action: string | string[]) =>
    client.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: document([{ Effect: 'Allow', Principal: '*', Action, Resource: `arn:aws:s3:::${Bucket}/in/*` }]),
      }),
    );
  await allow('s3:PutObject');
  t.equal((await post(served, { key: 'in/a' })).status, 204);
  t.equal((await post(served, { key: 'out/a' })).code, 'AccessDenied');
  const tagging = '<Tagging><TagSet><Tag><Key>a b</Key><Value>1+2</Value></Tag><Tag><Key>c</Key><Value></Value></Tag></TagSet></Tagging>';
  t.equal((await post(served, { key: 'in/b', tagging })).code, 'AccessDenied', 'tags are another permission');
  await allow(['s3:PutObject', 's3:PutObjectTagging']);
  t.equal((await post(served, { key: 'in/b', tagging })).status, 204);
  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'in/b' }));
  t.same(TagSet, [
    { Key: 'a b', Value: '1+2' },
    { Key: 'c', Value: '' },
  ]);
  t.equal((await post(served, { key: 'in/c', tagging: '<x/>' })).code, 'MalformedXML');
  t.equal((await post(served, { key: 'in/c', 'x-amz-server-side-encryption': 'AES256' })).code, 'NotImplemented');
});

t.test("MinIO's client", async (t) => {
  const served = await serve(t);
  await served.client.send(new CreateBucketCommand({ Bucket }));
  const minio = new Client({ endPoint: '127.0.0.1', port: served.port, useSSL: false, accessKey, secretKey, region: 'us-east-1' });
  const policy = minio.newPostPolicy();
  policy.setBucket(Bucket);
  policy.setKeyStartsWith('photos/');
  policy.setContentLengthRange(1, 1024);
  policy.setExpires(new Date(Date.now() + 60_000));
  const { postURL, formData } = await minio.presignedPostPolicy(policy);
  t.match(postURL, new RegExp(`:${served.port}/${Bucket}`));
  const fields = { ...(formData as Record<string, string>), key: 'photos/me.png' };
  t.equal((await post(served, fields)).status, 204);
  t.equal((await post(served, { ...fields, key: 'other' })).code, 'AccessDenied');
  t.equal((await post(served, fields, 'x'.repeat(1025))).code, 'EntityTooLarge');
  t.equal((await post(served, fields, '')).code, 'EntityTooSmall');
  const large = await served.client.send(new HeadObjectCommand({ Bucket, Key: 'photos/me.png' }));
  t.equal(large.ContentLength, 7, 'what was refused has changed nothing');
});
