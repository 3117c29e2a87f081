/** What is refused before any operation: hosts, signatures, and everything that is not implemented. */
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import type { Operation } from '../src/api/operation.ts';
import { operations } from '../src/api/registry.ts';
import { presign } from '../src/auth/sign.ts';
import { accessKey, ask, errorCode, type RawRequest, secretKey, serve } from './support/api-server.ts';

const Bucket = 'bucket-1';

t.test('every answer says who it is from', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const request of [
    { target: '/' },
    { target: `/${Bucket}/absent` },
    { method: 'HEAD', target: `/${Bucket}/absent` },
    { target: '/', sign: null },
  ]) {
    const answer = await ask(port, request as RawRequest);
    t.match(answer.headers.get('x-amz-request-id'), /^[0-9A-F]{16}$/);
    t.ok(answer.headers.get('x-amz-id-2'));
    t.ok(answer.headers.get('date'));
    t.equal(answer.headers.get('server'), 's3lect');
  }
  const head = await ask(port, { method: 'HEAD', target: `/${Bucket}/absent` });
  t.equal(head.status, 404);
});

t.test('with default credentials only names of this machine are served', async (t) => {
  const { port } = await serve(t);
  for (const host of [
    'localhost',
    `localhost:${port}`,
    'LOCALHOST.',
    'x.localhost:1',
    '127.0.0.1',
    '127.0.0.1:9000',
    '[::1]',
    '[::1]:9000',
  ]) {
    t.not((await ask(port, { target: '/', host })).status, 403, host);
  }
  for (const host of [
    'example.org',
    'localhost.example.org',
    'example.org,x.localhost',
    'example.org/.localhost',
    '127.0.0.1.example.org',
    '127.0.0.2',
    'xlocalhost',
    '',
    '10.0.0.1:9000',
    '[::2]',
  ]) {
    const answer = await ask(port, { target: '/', host });
    t.equal(answer.status, 403, host);
    t.equal(errorCode(answer), 'AccessDenied');
  }
  t.equal((await ask(port, { target: '/', host: 'example.org', sign: null })).status, 403, 'before the signature');
  const open = await serve(t, { defaultCredentials: false, domains: ['S3.example.org'] });
  t.equal((await ask(open.port, { target: '/', host: 'example.org' })).status, 200);
  await open.client.send(new CreateBucketCommand({ Bucket }));
  await open.client.send(new PutObjectCommand({ Bucket, Key: 'k/l', Body: 'x' }));
  t.equal((await ask(open.port, { target: '/k/l', host: `${Bucket}.s3.example.org:80` })).body.toString(), 'x');
  t.equal((await ask(open.port, { target: '/', host: 's3.example.org' })).status, 200);
  t.equal(errorCode(await ask(open.port, { target: '/k', host: '.s3.example.org' })), 'InvalidBucketName', 'not a list of buckets');
});

t.test('signatures', async (t) => {
  const { port, client, newClient } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  t.equal(errorCode(await ask(port, { target: '/', sign: null })), 'AccessDenied');
  const wrong = await ask(port, { target: '/', secret: 'other' });
  t.equal(wrong.status, 403);
  t.equal(errorCode(wrong), 'SignatureDoesNotMatch');
  t.match(wrong.body.toString(), /<StringToSign>AWS4-HMAC-SHA256\n/);
  const stranger = newClient({ credentials: { accessKeyId: 'unknown', secretAccessKey: 'x' } });
  await t.rejects(stranger.send(new GetObjectCommand({ Bucket, Key: 'k' })), { name: 'InvalidAccessKeyId' });
  const body = await ask(port, { method: 'PUT', target: `/${Bucket}/k`, body: 'x', headers: { 'x-amz-meta-a': '\xe9' } });
  t.equal(body.status, 200);
  t.equal((await ask(port, { target: `/${Bucket}/k` })).headers.get('x-amz-meta-a'), '=?UTF-8?B?w6k=?=', 'a byte beyond ASCII is signed');

  const request = { method: 'GET', rawPath: `/${Bucket}/k`, rawQuery: '', headers: { host: 'localhost' }, region: 'us-east-1' };
  const query = presign({ ...request, credentials: { accessKey, secretKey } }, 60);
  t.equal((await ask(port, { target: `/${Bucket}/k?${query}`, sign: null })).body.toString(), 'x');
  t.equal(errorCode(await ask(port, { target: `/${Bucket}/l?${query}`, sign: null })), 'SignatureDoesNotMatch');

  const streaming = {
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: { 'x-amz-decoded-content-length': '1' },
    body: '1\r\ny\r\n0\r\n\r\n',
  };
  t.equal((await ask(port, { method: 'PUT', target: `/${Bucket}/k`, ...streaming })).status, 200);
  t.equal((await ask(port, { target: `/${Bucket}/k` })).body.toString(), 'y');
  for (const target of [`/${Bucket}`, `/${Bucket}/k?select&select-type=2`]) {
    const method = target.includes('?') ? 'POST' : 'PUT';
    t.equal(errorCode(await ask(port, { method, target, ...streaming })), 'InvalidRequest', `${method} ${target}`);
  }

  const elsewhere = await serve(t, { region: 'eu-central-1' });
  const refused = await ask(elsewhere.port, { target: '/' });
  t.equal(errorCode(refused), 'AuthorizationHeaderMalformed');
  t.equal(refused.headers.get('x-amz-bucket-region'), 'eu-central-1');
  t.match(refused.body.toString(), '<Region>eu-central-1</Region>');
  await elsewhere.newClient({ region: 'eu-central-1' }).send(new CreateBucketCommand({ Bucket }));
});

t.test('what is not implemented is never taken for something else', async (t) => {
  const { port, client, store } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }));
  const names = (
    'accelerate acl analytics abac cors delete encryption intelligent-tiering inventory lifecycle logging metadataConfiguration ' +
    'metadataTable metadataInventoryTable metadataJournalTable metadataAnnotationTable metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock ' +
    'replication requestPayment session tagging uploads versioning versions website annotation attributes legal-hold renameObject restore ' +
    'retention torrent uploadId uploads partNumber select-type=2'
  ).split(' ');
  for (const name of names) {
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']) {
      for (const target of [`/${Bucket}?${name}`, `/${Bucket}/k?${name}`]) {
        const level = target.includes('/k') ? 'object' : 'bucket';
        const answers = ({ subresource, parameters }: Operation) =>
          subresource === name || (subresource === null && parameters.includes(name));
        if (operations.some((known) => known.level === level && known.method === method && answers(known))) continue;
        const answer = await ask(port, { method, target });
        t.equal(answer.status, 501, `${method} ${target}`);
        if (method !== 'HEAD') t.equal(errorCode(answer), 'NotImplemented');
      }
    }
  }
  t.equal((await ask(port, { target: '/?session' })).status, 501);
  t.equal((await ask(port, { method: 'POST', target: '/WriteGetObjectResponse?x-id=WriteGetObjectResponse' })).status, 501);
  for (const name of ['unheard-of', 'v=1', '__proto__', 'constructor', 'key=k&etag=%22x%22&bucket=b']) {
    for (const target of [`/${Bucket}?${name}`, `/${Bucket}/k?${name}`]) {
      for (const method of ['PUT', 'POST', 'DELETE'])
        t.equal((await ask(port, { method, target, body: '' })).status, 501, `${method} ${target}`);
      for (const method of ['GET', 'HEAD']) {
        t.equal(
          (await ask(port, { method, target })).status,
          200,
          `${method} ${target}: what only a page means by it is ignored, as on S3`,
        );
      }
    }
  }
  t.equal(errorCode(await ask(port, { target: `/${Bucket}/k?select&select-type=2` })), 'NotImplemented', 'not the object');
  t.equal(errorCode(await ask(port, { target: `/${Bucket}?location&prefix=a` })), 'NotImplemented');
  for (const [name, value] of [
    ['x-amz-copy-source-range', 'bytes=0-1'],
    ['x-amz-server-side-encryption', 'AES256'],
    ['x-amz-server-side-encryption-customer-algorithm', 'AES256'],
    ['x-amz-object-lock-mode', 'GOVERNANCE'],
    ['x-amz-write-offset-bytes', '4'],
  ] as const) {
    const answer = await ask(port, { method: 'PUT', target: `/${Bucket}/k`, body: 'lost', headers: { [name]: value } });
    t.equal(errorCode(answer), 'NotImplemented', name);
  }
  for (const [name, value, code] of [
    ['x-amz-acl', 'public-read', 'AccessControlListNotSupported'],
    ['x-amz-storage-class', 'GLACIER', 'InvalidStorageClass'],
  ] as const) {
    const answer = await ask(port, { method: 'PUT', target: `/${Bucket}/k`, body: 'lost', headers: { [name]: value } });
    t.equal(errorCode(answer), code, name);
  }
  t.equal((await store.headObject(Bucket, 'k')).size, 4);
  t.equal(errorCode(await ask(port, { method: 'POST', target: `/${Bucket}` })), 'PreconditionFailed', 'no form');
  for (const request of [
    { method: 'POST', target: `/${Bucket}/k` },
    { method: 'PATCH', target: `/${Bucket}/k` },
    { method: 'PUT', target: '/' },
    { method: 'PROPFIND', target: '/' },
  ]) {
    const answer = await ask(port, request);
    t.equal(answer.status, 405, request.method);
    t.equal(errorCode(answer), 'MethodNotAllowed');
  }
  t.equal((await ask(port, { target: `/${Bucket}/k?x-id=GetObject` })).status, 200);
});

t.test('paths', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  for (const [path, key] of [
    ['a//b', 'a//b'],
    ['a/../b', 'a/../b'],
    ['./x', './x'],
    ['%2Fa', '/a'],
    ['a%2Fb', 'a/b'],
    ['a+b', 'a+b'],
    ['a%20b%3Fc', 'a b?c'],
    ['caf%C3%A9', 'café'],
    ['x'.repeat(600), 'x'.repeat(600)],
  ] as const) {
    t.equal((await ask(port, { method: 'PUT', target: `/${Bucket}/${path}`, body: path })).status, 200, path);
    t.equal(await (await client.send(new GetObjectCommand({ Bucket, Key: key }))).Body?.transformToString(), path);
  }
  t.equal(errorCode(await ask(port, { target: `/${Bucket}/%FF` })), 'InvalidURI');
  t.equal(errorCode(await ask(port, { target: `/${Bucket}/${'x'.repeat(1025)}` })), 'KeyTooLongError');
  t.equal(errorCode(await ask(port, { target: '//k' })), 'InvalidBucketName');
  t.equal((await ask(port, { target: `/${Bucket}/%zz` })).status, 404, 'a per cent sign that escapes nothing is itself');
  t.equal(errorCode(await ask(port, { target: 'http://example.org/' })), 'InvalidURI', 'the host is the one that was checked');
});

t.test('the registry', async (t) => {
  t.equal(new Set(operations.map(({ name }) => name)).size, operations.length);
  const selectors = operations.map(({ level, method, subresource, header }) => `${level} ${method} ${subresource} ${header}`);
  t.equal(new Set(selectors).size, operations.length);
  t.ok(operations.every(({ action }) => action === null || /^s3:[A-Z]\w+$/.test(action)));
});
