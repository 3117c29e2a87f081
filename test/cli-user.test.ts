/** `s3lect user` while the server runs, and that no secret is written anywhere. */
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, ListBucketsCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import t from 'tap';
import { presign } from '../src/auth/sign.ts';
import { readArguments } from '../src/cli/arguments.ts';
import { runUser } from '../src/cli/user.ts';
import { type Serving, s3lect, serve, temporaryFolder } from './support/cli.ts';
import { document } from './support/policies.ts';
import { outcome } from './support/users.ts';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The keys in what a command has printed. */
function keysIn(text: string): Keys {
  const value = (name: string): string | undefined => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1];
  const sessionToken = value('AWS_SESSION_TOKEN');
  return {
    accessKeyId: value('AWS_ACCESS_KEY_ID') ?? '',
    secretAccessKey: value('AWS_SECRET_ACCESS_KEY') ?? '',
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function clientFor(t: { teardown(run: () => void): void }, { url }: Pick<Serving, 'url'>, credentials: Keys): S3Client {
  const client = new S3Client({ endpoint: url, forcePathStyle: true, region: 'us-east-1', credentials, maxAttempts: 1 });
  t.teardown(() => client.destroy());
  return client;
}

const root: Keys = { accessKeyId: 'rootuser', secretAccessKey: 'the root secret' };
const rootEnv = { S3LECT_ROOT_USER: root.accessKeyId, S3LECT_ROOT_PASSWORD: root.secretAccessKey };

t.test('users of a server that runs', async (t) => {
  const folder = temporaryFolder(t);
  const [data, state, log] = ['data', 'state', 'access.log'].map((name) => join(folder, name)) as [string, string, string];
  mkdirSync(join(data, 'bucket'), { recursive: true });
  const server = await serve([data, '--port', '0', '--workers', '0', '--state', state, '--access-log', log], rootEnv);
  t.teardown(() => server.child.kill('SIGKILL'));
  t.match(server.printed, `users and settings are in ${state}.`);
  t.equal(existsSync(state), false, 'nothing is kept yet');
  const user = async (...args: readonly string[]) => s3lect(['user', ...args, '--state', state]);
  const secrets = [root.secretAccessKey];

  const added = await user('add', 'alice', '--policy', 'readonly');
  t.equal(added.code, 0, added.stderr);
  t.equal(statSync(state).mode & 0o777, 0o700);
  const keys = keysIn(added.stdout);
  secrets.push(keys.secretAccessKey);
  const alice = clientFor(t, server, keys);
  const list = (client: S3Client) => outcome(client.send(new ListBucketsCommand({})));
  const put = (client: S3Client) => outcome(client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'x' })));
  t.equal(await list(alice), 'ok', 'at once');
  t.equal(await put(alice), 'AccessDenied');
  t.equal((await user('policy', 'alice', 'readwrite')).code, 0);
  t.equal(await put(alice), 'ok');

  const temporary = keysIn((await user('session', 'alice', '--duration-s', '3600', '--policy', 'readonly')).stdout);
  secrets.push(temporary.secretAccessKey, temporary.sessionToken ?? '');
  t.equal(await list(clientFor(t, server, temporary)), 'ok');
  t.equal(await put(clientFor(t, server, temporary)), 'AccessDenied', 'no more than the session may');
  const { sessionToken: _, ...halves } = temporary;
  t.equal(await list(clientFor(t, server, halves)), 'InvalidToken');

  const second = keysIn((await user('key', 'alice')).stdout);
  secrets.push(second.secretAccessKey);
  t.equal(await put(clientFor(t, server, second)), 'ok');
  t.equal((await user('remove', 'alice', keys.accessKeyId)).code, 0);
  t.equal(await list(alice), 'InvalidAccessKeyId');
  t.equal(await put(clientFor(t, server, second)), 'ok', 'the other key stays');
  const listed = await user('list');
  t.match(listed.stdout, /^alice +readwrite +S3LK\w{16} until [^ ,]+,S3LK\w{16} +arn:aws:iam::000000000000:user\/alice +[0-9a-f]{64}\n$/);
  t.ok(secrets.every((secret) => !listed.stdout.includes(secret)));
  t.equal((await user('remove', 'alice')).code, 0);
  t.equal(await list(clientFor(t, server, second)), 'InvalidAccessKeyId');
  await useSecretsInEveryWay(server, root, temporary.sessionToken ?? '');

  server.child.kill('SIGTERM');
  const { stdout, stderr, code } = await server.ended;
  t.equal(code, 0);
  const lines = readFileSync(log, 'utf8');
  t.ok(lines.split('\n').length > 15, 'there is something in the log');
  t.match(lines, '"identity":"arn:aws:iam::000000000000:user/alice"');
  for (const secret of secrets)
    t.ok(secret !== '' && ![lines, stdout, stderr].some((text) => text.includes(secret)), 'no secret is written');
  t.notMatch(lines + stdout + stderr, /Signature=|[0-9a-f]{64}/, 'and no signature');
});

/** Requests that carry what must not be logged: presigned, in the old way, as a form, and ones that are refused. */
async function useSecretsInEveryWay(
  { url }: Serving,
  { accessKeyId: accessKey, secretAccessKey: secretKey }: Keys,
  token: string,
): Promise<void> {
  const { host } = new URL(url);
  const unsigned = { method: 'GET', rawPath: '/bucket/k', rawQuery: '', headers: { host }, region: 'us-east-1' };
  const rawQuery = presign({ ...unsigned, credentials: { accessKey, secretKey, sessionToken: token } }, 60);
  await fetch(`${url}/bucket/k?${rawQuery}`);
  await fetch(`${url}/bucket/k?${rawQuery}&x=%zz`);
  const date = new Date().toUTCString();
  const signature = createHmac('sha1', secretKey).update(`GET\n\n\n\nx-amz-date:${date}\n/bucket/k`).digest('base64');
  await fetch(`${url}/bucket/k`, { headers: { 'x-amz-date': date, authorization: `AWS ${accessKey}:${signature}` } });
  await fetch(`${url}/bucket/k`, {
    headers: { authorization: `AWS ${accessKey}:${secretKey.replaceAll(' ', '')}`, 'x-amz-security-token': token },
  });
  await fetch(`${url}/bucket/k`, { headers: { authorization: `Bearer ${token}` } });
  const form = new FormData();
  for (const [name, value] of Object.entries({
    key: 'f',
    AWSAccessKeyId: accessKey,
    policy: 'e30=',
    signature,
    'x-amz-security-token': token,
  }))
    form.append(name, value);
  form.append('file', new Blob(['x']), 'f');
  await fetch(`${url}/bucket`, { method: 'POST', body: form });
}

t.test('policies of buckets outlive the server', async (t) => {
  const folder = temporaryFolder(t);
  const args = [join(folder, 'data'), '--port', '0', '--workers', '0', '--state', join(folder, 'state')];
  const anonymous = (url: string) => fetch(`${url}/new-bucket/k`).then(({ status }) => status);
  mkdirSync(join(folder, 'data'));
  const first = await serve(args, rootEnv);
  t.teardown(() => first.child.kill('SIGKILL'));
  const client = clientFor(t, first, root);
  await client.send(new CreateBucketCommand({ Bucket: 'new-bucket' }));
  await client.send(new PutObjectCommand({ Bucket: 'new-bucket', Key: 'k', Body: 'x' }));
  t.equal(await anonymous(first.url), 403);
  const Policy = document([{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::new-bucket/*' }]);
  await client.send(new PutBucketPolicyCommand({ Bucket: 'new-bucket', Policy }));
  t.equal(await anonymous(first.url), 200);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await serve(args, rootEnv);
  t.teardown(() => second.child.kill('SIGKILL'));
  t.equal(await anonymous(second.url), 200);
  second.child.kill('SIGTERM');
  await second.ended;
});

t.test('what user refuses', async (t) => {
  const folder = temporaryFolder(t);
  const state = join(folder, 'state');
  const refused = async (args: readonly string[], message: RegExp, env: Record<string, string> = {}): Promise<void> => {
    Object.assign(process.env, env);
    await t.rejects(runUser(readArguments('user', 'user', [...args, '--state', state])), { message }, args.join(' '));
    for (const name of Object.keys(env)) delete process.env[name];
  };
  writeFileSync(
    join(folder, 'bad.json'),
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObjects","Resource":"*"}]}',
  );
  await refused([], /nothing is asked for: it takes add, list, remove, policy, key, session$/);
  await refused(['ad', 'alice'], /unknown "ad"; did you mean add/);
  await refused(['add'], /the name of the user is missing/);
  await refused(['add', 'a/b'], /a name has 1 to 64 letters/);
  await refused(['add', 'alice', 'bob'], /"bob" is one word too many/);
  await refused(['add', 'alice', '--policy', join(folder, 'bad.json')], /"s3:GetObjects" is no action of S3/);
  await refused(['add', 'alice', '--policy', 'readwrit'], /readwrit is no policy; did you mean readwrite/);
  await refused(['add', 'alice', '--access-key', 'a/b'], /--access-key: must be printable/);
  await refused(['add', 'alice'], /--secret-key: must have 8 characters or more/, { S3LECT_USER_SECRET_KEY: 'short' });
  t.equal(existsSync(join(state, 'users.json')), false);
  const env = { S3LECT_USER_SECRET_KEY: 'a secret of mine' };
  const added = await s3lect(['user', 'add', 'alice', '--access-key', 'alice-key', '--state', state], { env });
  t.equal(added.stdout, 'Added alice, policy owner.\nAWS_ACCESS_KEY_ID=alice-key\n', 'a secret that was given is not printed');
  await refused(['add', 'Alice'], /there is a user Alice already/);
  await refused(['add', 'bob', '--access-key', 'alice-key'], /the access key alice-key is one of alice/);
  await refused(['policy', 'alise', 'admin'], /there is no user alise in \S+; did you mean alice/);
  await refused(['remove', 'alice', 'other-key'], /alice has no access key other-key/);
  mkdirSync(join(folder, 'shared'), { mode: 0o755 });
  writeFileSync(join(folder, 'shared/x'), '');
  const shared = await s3lect(['user', 'add', 'alice', '--state', join(folder, 'shared')]);
  t.match(shared.stderr, /others may enter it, and it holds x/);
});
