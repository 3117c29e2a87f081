/** Requests signed beforehand, and in the old way: what real clients make of them, over HTTP. */
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { Client } from 'minio';
import t from 'tap';
import { presign } from '../src/auth/sign.ts';
import { Engine } from '../src/engine/query.ts';
import { NodeHash } from './auth/sdk.ts';
import { accessKey, errorCode, type Served, secretKey, serve } from './support/api-server.ts';
import { document } from './support/policies.ts';
import { clientOf, stateWith } from './support/users.ts';

const Bucket = 'bucket-1';

interface Presigned {
  readonly method?: string;
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expires_s?: number;
  readonly ago_s?: number;
  readonly as?: string;
  readonly sessionToken?: string;
}

/** A URL as the SDK's presigner makes it: it hoists headers of Amazon into the query. */
async function presigned(
  { port }: Served,
  { method = 'GET', key = 'k', query = {}, headers = {}, expires_s = 60, ago_s = 0, as, sessionToken }: Presigned,
) {
  const credentials =
    as === undefined
      ? { accessKeyId: accessKey, secretAccessKey: secretKey }
      : { accessKeyId: `${as}-key`, secretAccessKey: `${as}-secret`, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const signer = new SignatureV4({ credentials, region: 'us-east-1', service: 's3', sha256: NodeHash, uriEscapePath: false });
  const request = {
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    port,
    path: `/${Bucket}/${key}`,
    query: { ...query },
    headers: { host: `127.0.0.1:${port}`, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', ...headers },
  };
  const result = await signer.presign(request, { expiresIn: expires_s, signingDate: new Date(Date.now() - ago_s * 1000) });
  const parameters = Object.entries(result.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `http://127.0.0.1:${port}${result.path}?${parameters.join('&')}`;
}

async function send(url: string, init: RequestInit = {}) {
  const answer = await fetch(url, init);
  const text = await answer.text();
  return { status: answer.status, text, code: /<Code>(\w+)</.exec(text)?.[1], headers: answer.headers };
}

t.test('presigned by the AWS SDK', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'readonly', session: { token: 'to/ken+=' } }) });
  const { client } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  const url = await presigned(served, { method: 'PUT' });
  t.equal((await send(url, { method: 'PUT', body: 'hello' })).status, 200);
  t.equal(
    (await send(url, { method: 'PUT', body: 'hello again', headers: { 'content-type': 'text/plain' } })).status,
    200,
    'a header that is not signed',
  );
  const read = await send(await presigned(served, {}));
  t.same([read.status, read.text, read.headers.get('content-type')], [200, 'hello again', 'text/plain']);
  t.equal((await send(await presigned(served, {}), { method: 'HEAD' })).status, 403, 'signed for another method');
  t.equal((await send(url)).code, 'SignatureDoesNotMatch');
  t.equal((await send(await presigned(served, {}), { headers: { range: 'bytes=0-4' } })).text, 'hello');
  const named = await send(await presigned(served, { query: { 'response-content-disposition': 'attachment; filename="ü"' } }));
  t.match(named.headers.get('content-disposition'), 'attachment');
  t.equal((await send((await presigned(served, {})).replace('/k?', '/l?'))).code, 'SignatureDoesNotMatch');
  t.equal((await send(`${await presigned(served, {})}&versionId=null`)).code, 'SignatureDoesNotMatch');
  t.equal(
    (await send(await presigned(served, {}), { headers: { 'x-amz-meta-a': 'x' } })).code,
    'AccessDenied',
    'a header of Amazon that is not signed',
  );
  t.equal((await send(await presigned(served, {}), { headers: { authorization: 'AWS a:b' } })).code, 'InvalidArgument', 'two signatures');
  t.equal((await send(await presigned(served, { as: 'alice', sessionToken: 'to/ken+=' }))).status, 200);
  t.equal((await send(await presigned(served, { as: 'alice' }))).code, 'InvalidToken');
  t.equal(
    (await send(await presigned(served, { as: 'alice', sessionToken: 'to/ken+=', method: 'PUT' }), { method: 'PUT', body: 'x' })).code,
    'AccessDenied',
  );
  t.equal(served.faults.length, 0);
});

t.test('until when', async (t) => {
  const served = await serve(t);
  await served.client.send(new CreateBucketCommand({ Bucket }));
  await served.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const code = async (asked: Presigned) => (await send(await presigned(served, asked))).code;
  t.equal(await code({ expires_s: 60, ago_s: 50 }), undefined);
  t.equal(await code({ expires_s: 60, ago_s: 62 }), 'AccessDenied');
  t.equal(await code({ expires_s: 604_800, ago_s: 604_000 }), undefined);
  t.equal(await code({ ago_s: -800 }), undefined, 'a clock that is fast');
  t.equal(await code({ ago_s: -1000 }), 'AccessDenied', 'dated ahead');
  const expires = async (value: string) =>
    (await send((await presigned(served, {})).replace('X-Amz-Expires=60', `X-Amz-Expires=${value}`))).code;
  for (const value of ['604801', '0', '-1', '', 'week', '1e3', '99999999999'])
    t.equal(await expires(value), 'AuthorizationQueryParametersError', value);
  t.equal(await expires('61'), 'SignatureDoesNotMatch');
});

t.test('headers that stand in the query', async (t) => {
  const served = await serve(t);
  const { client } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'secret', Body: 'x' }));
  const headers = { 'x-amz-meta-name': 'ü 1', 'x-amz-acl': 'private', 'x-amz-tagging': 'a=b', 'x-amz-storage-class': 'STANDARD_IA' };
  const url = await presigned(served, { method: 'PUT', headers });
  t.match(url, 'x-amz-meta-name=', 'the presigner puts them there');
  t.equal((await send(url, { method: 'PUT', body: 'x' })).status, 200);
  const stored = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  t.equal(stored.Metadata?.['name'], '=?UTF-8?Q?=C3=BC_1?=');
  t.equal(stored.StorageClass, 'STANDARD_IA');
  t.equal(
    (await send(await presigned(served, { method: 'PUT', headers: { 'x-amz-acl': 'public-read' } }), { method: 'PUT', body: 'x' })).code,
    'AccessControlListNotSupported',
  );
  const query = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-sdk-checksum-algorithm': 'CRC32', 'x-id': 'PutObject' };
  t.equal(
    (await send(await presigned(served, { method: 'PUT', query }), { method: 'PUT', body: 'not empty' })).status,
    200,
    'the checksum of a body nobody knew',
  );
  const plain = await presigned(served, { method: 'PUT' });
  const copy = await send(plain, { method: 'PUT', headers: { 'x-amz-copy-source': `/${Bucket}/secret` } });
  t.equal(copy.code, 'AccessDenied', 'nobody adds a source to copy from');
  t.equal((await send(`${plain}&x-amz-copy-source=%2F${Bucket}%2Fsecret`, { method: 'PUT' })).code, 'SignatureDoesNotMatch');
});

t.test('a part of an upload, and conditions on how it was signed', async (t) => {
  const served = await serve(t);
  const { client } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  const part = await send(await presigned(served, { method: 'PUT', query: { partNumber: '1', uploadId: UploadId } }), {
    method: 'PUT',
    body: 'part',
  });
  t.equal(part.status, 200, part.text);
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const deny = (Condition: Record<string, Record<string, string>>) =>
    client.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: document([{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*`, Condition }]),
      }),
    );
  await deny({ StringEquals: { 's3:authType': 'REST-QUERY-STRING' } });
  t.equal((await send(await presigned(served, {}))).code, 'AccessDenied');
  await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  await deny({ NumericGreaterThan: { 's3:signatureAge': '30000' } });
  t.equal((await send(await presigned(served, { ago_s: 10 }))).status, 200);
  t.equal((await send(await presigned(served, { ago_s: 40 }))).code, 'AccessDenied');
});

t.test("MinIO's client", async (t) => {
  const served = await serve(t);
  await served.client.send(new CreateBucketCommand({ Bucket }));
  const minio = new Client({ endPoint: '127.0.0.1', port: served.port, useSSL: false, accessKey, secretKey });
  const put = await send(await minio.presignedPutObject(Bucket, 'a b/ü+.txt', 60), { method: 'PUT', body: 'hello' });
  t.equal(put.status, 200, put.text);
  t.equal((await send(await minio.presignedGetObject(Bucket, 'a b/ü+.txt', 60))).text, 'hello');
  const disposed = await send(await minio.presignedGetObject(Bucket, 'a b/ü+.txt', 60, { 'response-content-type': 'text/x' }));
  t.equal(disposed.headers.get('content-type'), 'text/x');
  const url = await minio.presignedGetObject(Bucket, 'a b/ü+.txt', 60);
  t.equal(
    (await send(url.replace(/Signature=./, (found) => `${found.slice(0, -1)}${found.endsWith('0') ? '1' : '0'}`))).code,
    'SignatureDoesNotMatch',
  );
});

const query = `<SelectObjectContentRequest><Expression>SELECT * FROM S3Object</Expression><ExpressionType>SQL</ExpressionType>
<InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>`;

t.test('Signature Version 2', async (t) => {
  const engine = new Engine({ workers: 0 });
  t.teardown(() => engine.close());
  const served = await serve(t, { engine, state: stateWith({ name: 'alice', policy: 'readonly' }) });
  const { client, port } = served;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'a,b\n' }));
  const v2 = (method: string, resource: string, init: RequestInit = {}, keys = [accessKey, secretKey], at = served.port) => {
    const date = new Date().toUTCString();
    const type = (init.headers as Record<string, string> | undefined)?.['content-type'] ?? '';
    const [key = '', secret = ''] = keys;
    const signature = createHmac('sha1', secret).update(`${method}\n\n${type}\n\nx-amz-date:${date}\n${resource}`).digest('base64');
    const headers = { ...init.headers, 'x-amz-date': date, authorization: `AWS ${key}:${signature}` };
    return send(`http://127.0.0.1:${at}${resource}`, { ...init, method, headers });
  };
  t.equal((await v2('GET', `/${Bucket}/k`)).text, 'a,b\n');
  t.equal((await v2('PUT', `/${Bucket}/n`, { body: 'x', headers: { 'content-type': 'text/plain' } })).status, 200);
  t.equal((await v2('GET', `/${Bucket}/k`, {}, ['alice-key', 'alice-secret'])).status, 200);
  t.equal(
    (await v2('PUT', `/${Bucket}/n`, { body: 'x', headers: { 'content-type': 'text/plain' } }, ['alice-key', 'alice-secret'])).code,
    'AccessDenied',
  );
  t.equal((await v2('GET', `/${Bucket}/k`, {}, ['alice-key', 'bob-secret'])).code, 'SignatureDoesNotMatch');
  const select = await v2('POST', `/${Bucket}/k?select&select-type=2`, { body: query, headers: { 'content-type': 'text/xml' } });
  t.equal(select.status, 200, 'from this machine');
  t.match(select.text, 'a,b\n');
  const strict = await serve(t, { store: served.store, signatureV2: false });
  t.equal((await v2('GET', `/${Bucket}/k`, {}, undefined, strict.port)).code, 'InvalidRequest');
  const expires = Math.floor(Date.now() / 1000) + 60;
  const signature = createHmac('sha1', secretKey).update(`GET\n\n\n${expires}\n/${Bucket}/k`).digest('base64');
  const url = `http://127.0.0.1:${port}/${Bucket}/k?AWSAccessKeyId=${accessKey}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
  t.equal((await send(url)).text, 'a,b\n');
  t.equal((await send(url.replace('/k?', '/n?'))).code, 'SignatureDoesNotMatch');
  t.equal(served.faults.length, 0);
});

t.test('botocore, where Python has it', async (t) => {
  if (spawnSync('python3', ['-c', 'import boto3']).status !== 0) {
    t.comment('boto3 is not installed: it was not tried');
    t.pass('nothing to try');
    return;
  }
  const served = await serve(t);
  await served.client.send(new CreateBucketCommand({ Bucket }));
  const script = `
import boto3, sys, urllib.request, urllib.parse
from botocore.config import Config
url, bucket, key, secret = sys.argv[1:]
def client(version):
    return boto3.client('s3', endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret, region_name='us-east-1',
        config=Config(signature_version=version, s3={'addressing_style': 'path'}, retries={'max_attempts': 1}))
for version in ('s3v4', 's3'):
    c = client(version)
    c.put_object(Bucket=bucket, Key='a b/\\u00fc+', Body=b'x', Metadata={'m': ' a  b '}, ContentType='text/plain')
    assert c.get_object(Bucket=bucket, Key='a b/\\u00fc+')['Body'].read() == b'x'
    assert c.head_object(Bucket=bucket, Key='a b/\\u00fc+', VersionId='null')['ContentLength'] == 1
    assert len(c.list_objects_v2(Bucket=bucket, Prefix='a b/')['Contents']) == 1
    c.get_bucket_location(Bucket=bucket)
    upload = c.create_multipart_upload(Bucket=bucket, Key='m')['UploadId']
    part = c.upload_part(Bucket=bucket, Key='m', UploadId=upload, PartNumber=1, Body=b'part')
    c.complete_multipart_upload(Bucket=bucket, Key='m', UploadId=upload, MultipartUpload={'Parts': [{'PartNumber': 1, 'ETag': part['ETag']}]})
    c.copy_object(Bucket=bucket, Key='copy', CopySource={'Bucket': bucket, 'Key': 'm'})
    c.put_object_tagging(Bucket=bucket, Key='m', Tagging={'TagSet': [{'Key': 'a', 'Value': 'b'}]})
    c.delete_objects(Bucket=bucket, Delete={'Objects': [{'Key': 'copy'}]})
    get = c.generate_presigned_url('get_object', {'Bucket': bucket, 'Key': 'a b/\\u00fc+', 'ResponseContentType': 'text/x'}, 60)
    assert urllib.request.urlopen(get).headers['content-type'] == 'text/x'
    put = c.generate_presigned_url('put_object', {'Bucket': bucket, 'Key': 'p'}, 60)
    urllib.request.urlopen(urllib.request.Request(put, data=b'presigned', method='PUT', headers={'content-type': ''})).read()
    assert c.get_object(Bucket=bucket, Key='p')['Body'].read() == b'presigned'
    post = c.generate_presigned_post(bucket, 'form/\${filename}', Fields={'acl': 'private'}, Conditions=[{'acl': 'private'}, ['content-length-range', 0, 10]])
    parts = [(f'form-data; name="{n}"', v) for n, v in post['fields'].items()] + [('form-data; name="file"; filename="f"', 'form')]
    body = ''.join(f'--x\\r\\nContent-Disposition: {d}\\r\\n\\r\\n{v}\\r\\n' for d, v in parts) + '--x--\\r\\n'
    urllib.request.urlopen(urllib.request.Request(post['url'], data=body.encode(), headers={'content-type': 'multipart/form-data; boundary=x'})).read()
    assert c.get_object(Bucket=bucket, Key='form/f')['Body'].read() == b'form'
    print(version, 'ok')
`;
  // Not waited for in this thread, which is the server's.
  const child = spawn('python3', ['-W', 'ignore', '-c', script, `http://127.0.0.1:${served.port}`, Bucket, accessKey, secretKey]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  t.equal(code, 0, output);
  t.match(output, 's3v4 ok\ns3 ok\n');
  t.equal(served.faults.length, 0);
});

t.test('what is said of a signature that does not match', async (t) => {
  const served = await serve(t, { state: stateWith({ name: 'alice', policy: 'none' }) });
  const rawQuery = presign(
    {
      method: 'GET',
      rawPath: '/',
      rawQuery: '',
      headers: { host: 'localhost' },
      credentials: { accessKey, secretKey: 'another secret' },
      region: 'us-east-1',
    },
    60,
  );
  const { text, code } = await send(`http://localhost:${served.port}/?${rawQuery}`);
  t.equal(code, 'SignatureDoesNotMatch');
  t.match(text, '<StringToSign>AWS4-HMAC-SHA256');
  t.match(text, '<CanonicalRequest>GET');
  t.notMatch(text, secretKey);
  t.equal(errorCode({ body: Buffer.from(text) }), code);
  t.notMatch(
    JSON.stringify(
      await clientOf(served, 'alice')
        .send(new GetObjectCommand({ Bucket, Key: 'k' }))
        .catch((error: Error) => ({ ...error, text: error.message })),
    ),
    'alice-secret',
  );
});
