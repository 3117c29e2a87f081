/** Cross-origin requests: a bucket's rules, the browser's question beforehand, and what a page may read of an answer. */
import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { corsXml, parseCors } from '../src/api/cors.ts';
import { MemoryState } from '../src/auth/state.ts';
import { Engine } from '../src/engine/query.ts';
import { put, selectRequest } from './support/api-select.ts';
import { ask, errorCode, failure, RawConnection, rawRequest, serve } from './support/api-server.ts';

const Bucket = 'bucket-1';

const rules = [
  {
    ID: 'all the world reads',
    AllowedMethods: ['GET', 'HEAD'],
    AllowedOrigins: ['*'],
  },
  {
    AllowedMethods: ['PUT', 'POST'],
    AllowedOrigins: ['https://*.example.org', 'http://localhost:8080'],
    AllowedHeaders: ['x-amz-*', 'Content-Type', 'authorization'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 600,
  },
];

t.test('the rules of a bucket', async (t) => {
  const { client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  t.equal(await failure(client.send(new GetBucketCorsCommand({ Bucket }))), 'NoSuchCORSConfiguration 404');
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
  t.match((await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, rules);
  await client.send(new DeleteBucketCorsCommand({ Bucket }));
  await client.send(new DeleteBucketCorsCommand({ Bucket }));
  t.equal(await failure(client.send(new GetBucketCorsCommand({ Bucket }))), 'NoSuchCORSConfiguration 404');
  t.equal(
    await failure(client.send(new PutBucketCorsCommand({ Bucket: 'absent', CORSConfiguration: { CORSRules: rules } }))),
    'NoSuchBucket 404',
  );
});

t.test('rules that are none', async (t) => {
  const rule = (content: string): string => `<CORSConfiguration><CORSRule>${content}</CORSRule></CORSConfiguration>`;
  const get = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>';
  for (const [code, document] of [
    ['MalformedXML', '<CORSConfiguration/>'],
    ['MalformedXML', '<Other/>'],
    ['MalformedXML', '<CORSConfiguration><Other/></CORSConfiguration>'],
    ['MalformedXML', rule('')],
    ['MalformedXML', rule('<AllowedOrigin>*</AllowedOrigin>')],
    ['MalformedXML', rule('<AllowedMethod>GET</AllowedMethod>')],
    ['MalformedXML', rule(`${get}<MaxAgeSeconds>soon</MaxAgeSeconds>`)],
    ['InvalidRequest', rule('<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>')],
    ['InvalidRequest', rule('<AllowedOrigin>*</AllowedOrigin><AllowedMethod>get</AllowedMethod>')],
    ['InvalidRequest', rule('<AllowedOrigin>http://*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>')],
    ['InvalidRequest', rule(`${get}<AllowedHeader>x-*-*</AllowedHeader>`)],
    ['InvalidRequest', rule(`${get}<ExposeHeader>*</ExposeHeader>`)],
    ['InvalidRequest', rule(`${get}<ExposeHeader>a&#10;b</ExposeHeader>`)],
    ['InvalidRequest', `<CORSConfiguration>${`<CORSRule>${get}</CORSRule>`.repeat(101)}</CORSConfiguration>`],
  ] as const) {
    t.throws(() => parseCors(Buffer.from(document)), { code }, document.slice(0, 120));
  }
  const written = corsXml(parseCors(Buffer.from(rule(get))));
  t.same(parseCors(Buffer.from(`<CORSConfiguration>${written}</CORSConfiguration>`)), parseCors(Buffer.from(rule(get))));
});

t.test('a browser asks first', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  const preflight = (headers: Record<string, string>, target = `/${Bucket}/k?select&select-type=2`) =>
    ask(port, { method: 'OPTIONS', target, headers, sign: null });
  const post = { origin: 'https://app.example.org', 'access-control-request-method': 'POST' };
  t.equal(errorCode(await preflight(post)), 'AccessForbidden', 'there are no rules');
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
  const names = 'X-Amz-Date, x-amz-content-sha256,content-type, Authorization';
  const yes = await preflight({ ...post, 'access-control-request-headers': names });
  t.equal(yes.status, 200);
  t.equal(yes.headers.get('access-control-allow-origin'), post.origin);
  t.equal(yes.headers.get('access-control-allow-methods'), 'PUT, POST');
  t.equal(yes.headers.get('access-control-allow-headers'), 'x-amz-date, x-amz-content-sha256, content-type, authorization');
  t.equal(yes.headers.get('access-control-expose-headers'), 'ETag');
  t.equal(yes.headers.get('access-control-max-age'), '600');
  t.equal(yes.headers.get('access-control-allow-credentials'), 'true');
  t.equal(yes.headers.get('vary'), 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
  const all = await preflight({ origin: 'http://anyone', 'access-control-request-method': 'GET' });
  t.equal(all.headers.get('access-control-allow-origin'), '*');
  t.equal(all.headers.get('access-control-allow-credentials'), undefined);

  for (const [what, code, headers] of [
    ['no origin', 'BadRequest', { 'access-control-request-method': 'POST' }],
    ['no method', 'BadRequest', { origin: post.origin }],
    ['no such method', 'BadRequest', { ...post, 'access-control-request-method': 'PATCH' }],
    ['another origin', 'AccessForbidden', { ...post, origin: 'https://example.org' }],
    ['an origin that ends like it', 'AccessForbidden', { ...post, origin: 'https://.example.org.evil' }],
    ['another method', 'AccessForbidden', { ...post, 'access-control-request-method': 'DELETE' }],
    ['another header', 'AccessForbidden', { ...post, 'access-control-request-headers': 'x-amz-date, x-other' }],
  ] as const) {
    const answer = await preflight(headers as Record<string, string>);
    t.equal(errorCode(answer), code, what);
    if (code === 'AccessForbidden') t.match(answer.body.toString(), /<Message>CORSResponse: This CORS.*<ResourceType>OBJECT</, what);
    t.equal(answer.headers.get('access-control-allow-origin'), undefined, what);
  }
  t.equal(errorCode(await preflight(post, '/absent/k')), 'AccessForbidden');
  t.equal((await preflight(post, '/')).status, 403);
});

t.test('a page reads what it was allowed to', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Metadata: { one: '1' } }));
  const from = (origin: string, method = 'GET', target = `/${Bucket}/k`) => ask(port, { method, target, headers: { origin } });
  t.equal((await from('http://anyone')).headers.get('access-control-allow-origin'), undefined, 'there are no rules');
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
  const got = await from('http://anyone');
  t.equal(got.body.toString(), 'x');
  t.equal(got.headers.get('access-control-allow-origin'), '*');
  t.match(got.headers.get('access-control-expose-headers'), /\bx-amz-meta-one\b/);
  t.match(got.headers.get('access-control-expose-headers'), /\bx-amz-request-id\b/);
  const missing = await from('http://anyone', 'GET', `/${Bucket}/absent`);
  t.equal(errorCode(missing), 'NoSuchKey');
  t.equal(missing.headers.get('access-control-allow-origin'), '*', 'errors are for reading too');
  const put = await from('https://app.example.org', 'PUT');
  t.equal(put.status, 200);
  t.equal(put.headers.get('access-control-allow-origin'), 'https://app.example.org');
  t.match(put.headers.get('access-control-expose-headers'), /^ETag, /);
  t.equal((await from('https://elsewhere', 'PUT')).headers.get('access-control-allow-origin'), undefined);
  const refused = await ask(port, { target: `/${Bucket}/k`, headers: { origin: 'http://anyone' }, secret: 'wrong' });
  t.equal(errorCode(refused), 'SignatureDoesNotMatch');
  t.equal(refused.headers.get('access-control-allow-origin'), '*');
});

t.test('caches are told that answers depend on the origin', async (t) => {
  const { port, client } = await serve(t);
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const varies = async (method: string, headers: Record<string, string> = {}, key = 'k') =>
    (await ask(port, { method, target: `/${Bucket}/${key}`, headers })).headers.get('vary');
  t.equal(await varies('GET'), undefined, 'there are no rules');
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules.slice(1) } }));
  const all = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';
  t.equal(await varies('GET', { origin: 'https://app.example.org' }), all);
  t.equal(await varies('GET', { origin: 'https://elsewhere' }), all, 'an origin that may not read it');
  t.equal(await varies('GET'), all, 'no origin');
  t.equal(await varies('GET', {}, 'absent'), all, 'an error');
  const ranged = await ask(port, { method: 'GET', target: `/${Bucket}/k`, headers: { range: 'bytes=5-' } });
  t.equal(ranged.status, 416);
  t.equal(ranged.headers.get('vary'), all);
});

t.test('settings that cannot be read are an error, for pages too', async (t) => {
  const state = new MemoryState();
  const { port, client, faults } = await serve(t, { state });
  await client.send(new CreateBucketCommand({ Bucket }));
  state.bucket = () => {
    throw new Error('damaged');
  };
  for (const headers of [{}, { origin: 'http://anyone' }]) {
    const answer = await ask(port, { target: `/${Bucket}/k`, headers: headers as Record<string, string> });
    t.equal(`${answer.status} ${errorCode(answer)}`, '500 InternalError');
  }
  t.equal(faults.length, 2);
});

t.test('what a page sees of a query, and of a server that has too much to do', async (t) => {
  const engine = new Engine({ workers: 0 });
  t.teardown(() => engine.close());
  const { port, client, store } = await serve(t, { engine, requests_active_max: 1 });
  await put(store, 'k', '1\n2\n');
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
  const headers = { origin: 'https://app.example.org' };
  const select = (expression: string) => ask(port, { ...selectRequest('k', expression), headers });
  for (const [expression, status] of [
    ['SELECT * FROM S3Object', 200],
    ['SELECT', 400],
  ] as const) {
    const answer = await select(expression);
    t.equal(answer.status, status);
    t.equal(answer.headers.get('access-control-allow-origin'), headers.origin);
    t.match(answer.headers.get('access-control-expose-headers'), /\bx-amz-request-id\b/);
  }
  const busy = new RawConnection(port);
  t.teardown(() => busy.close());
  busy.write(rawRequest({ method: 'PUT', target: `/${Bucket}/new`, body: 'xy', headers: { expect: '100-continue' } }).head);
  await busy.until((received) => received.includes('100 Continue'));
  const refused = await select('SELECT * FROM S3Object');
  t.equal(`${refused.status} ${errorCode(refused)}`, '503 SlowDown');
  t.equal(refused.headers.get('access-control-allow-origin'), headers.origin, 'a page is told, and can wait');
});
