/** `s3lect serve` as a service: its log, how it takes its leave, and `s3lect config print`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import t from 'tap';
import { s3lect, serve, temporaryFolder } from './support/cli.ts';
import { logsOf } from './support/storage-log.ts';

t.test('the access log has standard output to itself', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'bucket'));
  const server = await serve([folder, '--port', '0', '--workers', '0', '--access-log', 'stdout']);
  t.teardown(() => server.child.kill('SIGKILL'));
  t.equal((await fetch(`${server.url}/bucket/k`)).status, 403);
  t.equal((await fetch(`${server.url}/health/ready`)).status, 200);
  t.match(await (await fetch(`${server.url}/metrics`)).text(), /^s3lect_connections \d+$/m);
  server.child.kill('SIGTERM');
  const { code, stdout, stderr } = await server.ended;
  t.equal(code, 0);
  t.match(stderr, /^s3lect listening on /);
  const lines = stdout.trim().split('\n');
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? ''), { status: 403, bucket: 'bucket', key: 'k', error: 'AccessDenied' });
});

t.test('a log that cannot be written does not keep the server from serving, nor from stopping', async (t) => {
  const folder = temporaryFolder(t);
  const server = await serve([folder, '--port', '0', '--workers', '0', '--access-log', '/dev/full']);
  t.teardown(() => server.child.kill('SIGKILL'));
  for (let n = 0; n < 3; n++) t.equal((await fetch(`${server.url}/bucket/k`)).status, 404);
  server.child.kill('SIGHUP');
  server.child.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  t.equal(code, 0);
  t.match(stderr, /^s3lect: the access log is not whole: .*\n$/);
  const refused = await s3lect(['serve', folder, '--port', '0', '--access-log', join(folder, 'no/such/log')]);
  t.equal(refused.code, 1);
  t.match(refused.stderr, /^s3lect: cannot write the access log to .*: no such file or directory\n/);
});

t.test('load balancers learn of the end before it comes', async (t) => {
  const folder = temporaryFolder(t);
  const server = await serve([folder, '--port', '0', '--workers', '0', '--drain-delay-ms', '1000']);
  t.teardown(() => server.child.kill('SIGKILL'));
  const ready = async (): Promise<number> => (await fetch(`${server.url}/health/ready`)).status;
  t.equal(await ready(), 200);
  server.child.kill('SIGTERM');
  for (let n = 0; n < 50 && (await ready()) === 200; n++) await sleep(10);
  t.equal(await ready(), 503);
  t.equal((await fetch(`${server.url}/health/live`)).status, 200);
  t.equal((await server.ended).code, 0);
});

t.test('a server that is told to stop leaves no log of uploads', async (t) => {
  const folder = temporaryFolder(t);
  const bucket = join(folder, 'bucket');
  mkdirSync(bucket);
  const server = await serve([folder, '--port', '0', '--workers', '0']);
  t.teardown(() => server.child.kill('SIGKILL'));
  const credentials = { accessKeyId: 's3lect', secretAccessKey: 's3lect-secret' };
  const client = new S3Client({ endpoint: server.url, forcePathStyle: true, region: 'us-east-1', credentials });
  t.teardown(() => client.destroy());
  const keys = Array.from({ length: 40 }, (_, n) => `k-${n}`);
  for (let round = 0; round < 20 && logsOf(bucket).length === 0; round++) {
    await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: Key }))));
  }
  const logs = logsOf(bucket);
  server.child.kill('SIGTERM');
  t.match(await server.ended, { code: 0, stderr: '' });
  t.ok(logs.length > 0 || process.platform !== 'linux', 'it had one');
  t.same(logsOf(bucket), []);
  for (const key of keys) t.equal(readFileSync(join(bucket, key), 'utf8'), key);
});

t.test('config print', async (t) => {
  const folder = temporaryFolder(t);
  const buckets = ['first', 'second'].map((name) => `${name}=${join(folder, name)}`);
  for (const name of ['first', 'second']) mkdirSync(join(folder, name));
  const env = { S3LECT_ROOT_USER: 'someone', S3LECT_ROOT_PASSWORD: 'a secret of mine', S3LECT_BUCKETS: buckets.join() };
  const { code, stdout, stderr } = await s3lect(['config', 'print', '--port', '81', '--metrics', 'off'], { env });
  t.equal(code, 0);
  t.match(JSON.parse(stdout), { port: 81, metrics: 'off', rootUser: 'someone', buckets, host: '127.0.0.1' });
  t.notMatch(stdout + stderr, 'a secret of mine');
  t.match(stderr, 'rootPassword is set and not shown');
  // It is what --config takes.
  const file = join(folder, 'config.json');
  writeFileSync(file, stdout);
  const again = await s3lect(['config', 'print', '--config', file], { env: { S3LECT_ROOT_PASSWORD: 'a secret of mine' } });
  t.equal(again.stdout, readFileSync(file, 'utf8'));
  for (const args of [['config'], ['config', 'show'], ['config', 'print', 'more', 'than']]) {
    t.equal((await s3lect(args)).code, 2, args.join(' '));
  }
  for (const [code, ...args] of [
    [2, '--port', 'x'],
    [2, '--host', '0.0.0.0'],
    [2, '--bucket', `Upper_Case=${folder}`],
    [1, '--bucket', `absent=${join(folder, 'absent')}`],
    [2, '--bucket', buckets[0] ?? '', '--state', join(folder, 'first/state')],
    [2, folder, '--state', join(folder, 'state')],
    [2, '--tls-cert', join(folder, 'absent.crt')],
  ] as const) {
    const [printed, served] = await Promise.all([s3lect(['config', 'print', ...args]), s3lect(['serve', ...args], { cwd: folder })]);
    t.equal(printed.code, code, args.join(' '));
    t.equal(served.stderr, printed.stderr, 'serve would not start with it');
  }
  t.equal((await s3lect(['config', 'print'], { env: { S3LECT_ROOT_USER: 'someone' } })).code, 2, 'serve would not start with it');
  t.match((await s3lect(['config', '--help'])).stdout, /^Usage: s3lect config print \[DIR\] \[OPTIONS\]$/m);
});
