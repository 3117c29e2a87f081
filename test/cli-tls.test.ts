/** `s3lect serve` over TLS, and its certificate replaced while it runs. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { GetObjectCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import t from 'tap';
import { s3lect, serve, temporaryFolder } from './support/cli.ts';
import { outcome } from './support/users.ts';

const root = { accessKeyId: 'rootuser', secretAccessKey: 'the root secret' };
const rootEnv = { S3LECT_ROOT_USER: root.accessKeyId, S3LECT_ROOT_PASSWORD: root.secretAccessKey };

const tls = join(import.meta.dirname, '../../test/fixtures/tls');

/** The name in the certificate of a server, and the status of an answer. */
function subjectOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/health/live`, { agent, rejectUnauthorized: false }, (answer) => {
      const { CN } = (answer.socket as TLSSocket).getPeerCertificate().subject;
      answer.resume().once('end', () => resolve(`${CN} ${answer.statusCode}`));
    });
    asked.once('error', reject).end();
  });
}

t.test('TLS', async (t) => {
  const folder = temporaryFolder(t);
  const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const use = (name: string, which = ['crt', 'key']): void => {
    if (which.includes('key')) copyFileSync(join(tls, `${name}.key`), key);
    if (which.includes('crt')) copyFileSync(join(tls, `${name}.crt`), cert);
  };
  mkdirSync(join(folder, 'data/bucket'), { recursive: true });
  const args = [join(folder, 'data'), '--port', '0', '--workers', '0', '--state', join(folder, 'state')];
  const refused = async (more: readonly string[], message: RegExp): Promise<void> =>
    t.match((await s3lect(['serve', ...args, ...more])).stderr, message) as unknown as undefined;
  await refused(['--tls-cert', cert], /^s3lect: --tls-cert and --tls-key: one needs the other/);
  await refused(['--tls-cert', cert, '--tls-key', key], /^s3lect: cannot read .*server\.crt: no such file/);
  use('first', ['key']);
  use('second', ['crt']);
  await refused(['--tls-cert', cert, '--tls-key', key], /are no certificate and its key: /);

  use('first');
  const server = await serve([...args, '--tls-cert', cert, '--tls-key', key], rootEnv);
  t.teardown(() => server.child.kill('SIGKILL'));
  t.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const agent = new Agent({ rejectUnauthorized: false, keepAlive: true });
  t.teardown(() => agent.destroy());
  const once = () => subjectOf(server.url, new Agent({ maxCachedSessions: 0 }));
  t.equal(await once(), 'first 200');
  const client = new S3Client({
    endpoint: server.url,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: root,
    maxAttempts: 1,
    requestHandler: { httpsAgent: agent },
  });
  t.teardown(() => client.destroy());
  await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'x'.repeat(100_000) }));
  t.equal((await (await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }))).Body?.transformToString())?.length, 100_000);
  const Resource = 'arn:aws:s3:::bucket/*';
  const policy = (...conditions: object[]) =>
    client.send(
      new PutBucketPolicyCommand({
        Bucket: 'bucket',
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: conditions.map((Condition) => ({ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource, Condition })),
        }),
      }),
    );
  const get = () =>
    outcome(client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' })).then(({ Body }) => Body?.transformToString()));
  await policy({ Bool: { 'aws:SecureTransport': 'false' } }, { NumericLessThan: { 's3:TlsVersion': '1.3' } });
  t.equal(await get(), 'ok');
  await policy({ Bool: { 'aws:SecureTransport': 'true' } });
  t.equal(await get(), 'AccessDenied');

  use('second', ['key']);
  await sleep(1500);
  t.equal(await once(), 'first 200', 'half of a pair is not used');
  use('second', ['crt']);
  for (let tries = 0; tries < 50 && (await once()) !== 'second 200'; tries += 1) await sleep(100);
  t.equal(await once(), 'second 200', 'the next one, without a restart');
  t.equal(await get(), 'AccessDenied', 'connections go on');
  server.child.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  t.equal(code, 0);
  t.match(stderr, /^s3lect: the certificate stays as it was: .* are no certificate and its key: /);
});
