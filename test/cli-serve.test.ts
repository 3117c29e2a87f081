/** `s3lect serve` as a child process: start, what it prints, what it refuses, how it ends. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { s3lect, serve, shell, temporaryFolder } from './support/cli.ts';

t.test('first start: samples, and three commands that work as printed', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const server = await serve([data, '--port', '0', '--workers', '1']);
  t.teardown(() => server.child.kill('SIGKILL'));
  t.match(server.printed.split('\n')[0], /^s3lect listening on http:\/\/127\.0\.0\.1:\d+$/);
  t.ok(server.port > 0);
  t.ok(existsSync(join(data, 'samples/airports.csv')) && existsSync(join(data, 'samples/seattle-weather.csv')));
  t.same(readdirSync(join(data, '..')), ['data'], 'nothing else is left behind');

  const local = await shell(localCommand(server.printed));
  t.equal(local.code, 0, local.stderr);
  t.equal(local.stdout.trim().split('\n').length, 6);

  const javascript = commandLine(server.printed, 'node --input-type=module');
  t.ok(javascript.split('\n').length <= 10);
  const counted = await shell(javascript);
  t.equal(counted.code, 0, counted.stderr);
  t.match(counted.stdout, /^\{"airports":\d+\}\n$/);

  const aws = commandLine(server.printed, 'AWS_ACCESS_KEY_ID=s3lect AWS_SECRET_ACCESS_KEY=s3lect-secret aws ');
  t.match(aws, `--endpoint-url ${server.url} --region us-east-1 s3api select-object-content --bucket samples --key airports.csv`);
  t.match(aws, /--expression "SELECT .*" --input-serialization '\{.*\}' --output-serialization '\{.*\}' \/dev\/stdout$/);
  if (spawnSync('aws', ['--version']).status === 0) {
    // Node gives its children sockets, and /dev/stdout of a socket cannot be opened.
    const answer = await shell(`set -o pipefail; ${aws} | cat`);
    t.equal(answer.code, 0, answer.stderr);
    t.equal(answer.stdout, local.stdout.slice(local.stdout.indexOf('\n') + 1), 'the same rows');
  } else t.comment('the aws command line is not installed: its line was not run');

  server.child.kill('SIGTERM');
  const { code, signal, stderr } = await server.ended;
  t.same([code, signal, stderr], [0, null, '']);
});

t.test('s3lect query over s3://', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'data/bucket'), { recursive: true });
  writeFileSync(join(folder, 'data/bucket/people.csv'), 'name,age\nAda,36\nAlan,41\n');
  writeFileSync(join(folder, 'data/bucket/empty.csv'), '');
  const env = { S3LECT_ROOT_USER: 'root', S3LECT_ROOT_PASSWORD: 'a secret of mine' };
  const server = await serve([join(folder, 'data'), '--port', '0', '--workers', '1'], env);
  t.teardown(() => server.child.kill('SIGKILL'));
  t.notMatch(server.printed, 'a secret of mine');
  t.match(server.printed, 'AWS_SECRET_ACCESS_KEY="$S3LECT_ROOT_PASSWORD"');
  const shown = await shell(commandLine(server.printed, 'node --input-type=module'), { env });
  t.equal(shown.stdout, '{"records":2}\n');

  const keys = { AWS_ACCESS_KEY_ID: 'root', AWS_SECRET_ACCESS_KEY: 'a secret of mine', AWS_ENDPOINT_URL: server.url };
  const query = (key: string, sql: string, args: readonly string[] = [], env = keys) =>
    s3lect(['query', `s3://bucket/${key}`, sql, ...args], { env });
  const all = 'SELECT s.name FROM S3Object s';
  const rows = await query('people.csv', all);
  t.same([rows.code, rows.stdout, rows.stderr], [0, 'name\nAda\nAlan\n', '']);
  t.match((await query('people.csv', all, ['--output', 'table', '--stats'])).stdout, /│ name │\n[\s\S]*2 rows\n$/);
  t.equal((await query('empty.csv', 'SELECT * FROM S3Object s')).code, 0);
  const wrong = await query('people.csv', 'SELECT s.name FROM S3Object s WHERE');
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /^s3lect: Parse\w+: .*\nSELECT s\.name FROM S3Object s WHERE\n +\^\n$/);
  const late = await query('people.csv', 'SELECT CAST(s.name AS INT) FROM S3Object s');
  t.same([late.code, late.stderr.slice(0, 20)], [1, 's3lect: CastFailed: ']);
  t.match((await query('none.csv', all)).stderr, /^s3lect: NoSuchKey: /);
  t.match((await query('people.csv', all, [], { ...keys, AWS_SECRET_ACCESS_KEY: 'x' })).stderr, /^s3lect: SignatureDoesNotMatch: /);
  t.match((await query('people.csv', all, ['--endpoint', 'http://127.0.0.1:1'])).stderr, /^s3lect: ECONNREFUSED: /);
  server.child.kill('SIGINT');
  t.equal((await server.ended).code, 0);
});

t.test('further buckets', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['data', 'other']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "other/it's.csv"), 'a,b\n1,2\n');
  const server = await serve([join(folder, 'data'), '--port', '0', '--workers', '0', '--bucket', `more=${join(folder, 'other')}`]);
  t.teardown(() => server.child.kill('SIGKILL'));
  t.equal((await shell(localCommand(server.printed))).stdout, 'a,b\n1,2\n', 'a name that needs quotes');
  t.equal((await shell(commandLine(server.printed, 'node --input-type=module'))).stdout, '{"records":1}\n');
});

t.test('what it refuses', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  mkdirSync(data);
  const refused = async (args: readonly string[], code: number, message: RegExp): Promise<void> => {
    const result = await s3lect(['serve', ...args]);
    t.same([result.code, result.stdout], [code, ''], args.join(' '));
    t.match(result.stderr.split('\n')[0], message);
  };
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
    await refused([data, '--host', host], 2, /^s3lect: refusing to listen on .*default credentials.*S3LECT_ROOT_USER/);
  }
  await refused([data, '--port', '99999'], 2, /^s3lect: --port: 99999 is not between/);
  await refused([data, 'more'], 2, /--bucket NAME=DIR/);
  await refused([data, '--bucket', 'x'], 2, /^s3lect: --bucket: "x" is not NAME=DIR/);
  await refused([data, '--state', join(data, 'state')], 2, /^s3lect: --state: .* which is served/);
  await refused([join(folder, 'no/such')], 1, /^s3lect: cannot create .*: no such file or directory$/);
  writeFileSync(join(folder, 'file'), '');
  await refused([join(folder, 'file')], 1, /^s3lect: cannot serve .*: it is no folder$/);
  const holder = createServer().listen(0, '127.0.0.1');
  t.teardown(() => holder.close());
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as { port: number };
  await refused([data, '--port', String(port)], 1, /^s3lect: cannot listen on http:\/\/127\.0\.0\.1:\d+: address already in use$/);
});

/** The command among what a server printed that begins with these words. */
function commandLine(printed: string, start: string): string {
  const lines = printed.slice(printed.indexOf(`\n${start}`) + 1);
  return lines.split('\n\n')[0]?.trim() ?? '';
}

function localCommand(printed: string): string {
  return commandLine(printed.slice(printed.indexOf('Without the server')), 'node ');
}
