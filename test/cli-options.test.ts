/** The option table, and what flags, environment and file make of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CommandName, type OptionEntry, options, optionsOf } from '../src/base/options.ts';
import { readArguments } from '../src/cli/arguments.ts';
import { rootCredentials } from '../src/cli/configuration.ts';
import { type OptionSources, resolveOptions, UsageError } from '../src/cli/option-values.ts';
import { s3lect, temporaryFolder } from './support/cli.ts';

const commands: readonly CommandName[] = ['serve', 'query', 'explain', 'schema', 'user'];

t.test('the table: names, flags and variables are unique where they meet', async (t) => {
  const duplicates = (words: readonly string[]): string[] => words.filter((word, index) => words.indexOf(word) !== index);
  t.same(duplicates(options.map(({ name }) => name)), [], 'names');
  for (const command of commands) {
    const entries = optionsOf(command);
    t.same(duplicates(entries.map(({ flag }) => flag).filter((flag) => flag !== '')), [], `flags of ${command}`);
    t.same(duplicates(entries.flatMap(({ env }) => env)), [], `variables of ${command}`);
  }
  for (const { flag, env, doc, secret, commands } of options as readonly OptionEntry[]) {
    t.match(flag, /^(--[a-z][a-z0-9-]*)?$/);
    t.ok(env.length > 0 && env[0]?.startsWith('S3LECT_'), `${flag} has a variable of ours first`);
    t.match(doc, /\.$/);
    // Of a command that is over at once others may catch a glimpse; it is the operator's choice.
    if (secret === true && !commands.includes('user')) t.equal(flag, '', 'a secret has no flag');
  }
});

interface Given {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: unknown;
}

function sources(command: CommandName, { args = [], env = {}, file }: Given): OptionSources {
  return { flags: readArguments(command, command, args).flags, env, file: file === undefined ? null : { path: 'x.json', content: file } };
}

const serve = (given: Given) => resolveOptions('serve', sources('serve', given));

t.test('precedence: flag, environment, file, default', async (t) => {
  const port = (given: Given): unknown => serve(given).values.port;
  const args = ['--port', '1'];
  const env = { S3LECT_PORT: '2' };
  const file = { port: 3 };
  t.equal(port({ args, env, file }), 1);
  t.equal(port({ env, file }), 2);
  t.equal(port({ file }), 3);
  t.equal(port({}), 9000);
  t.equal(port({ env: { S3LECT_PORT: '' }, file }), 3, 'an empty variable is not set');
  t.equal(serve({ env: { MINIO_ROOT_USER: 'minio' } }).values.rootUser, 'minio', 'an alias');
  t.equal(serve({ env: { MINIO_ROOT_USER: 'minio', S3LECT_ROOT_USER: 'ours' } }).values.rootUser, 'ours', 'our name wins over an alias');
  t.same(serve({ args: ['--bucket', 'a=/x', '--bucket=b=/y'], env: { S3LECT_BUCKETS: 'c=/z' } }).values.buckets, ['a=/x', 'b=/y']);
  t.same(serve({ env: { S3LECT_BUCKETS: 'c=/z,d=/w' } }).values.buckets, ['c=/z', 'd=/w']);
  t.same(serve({ file: { buckets: ['e=/v'], input: 'csv' } }).values.buckets, ['e=/v'], 'a file may hold options of other commands');
  t.equal(serve({ args: ['--scan-range', 'inclusive'] }).values.scanRangeBoundaries, 'inclusive');
  const query = resolveOptions('query', sources('query', { args: ['--scan-range', '-5', '--stats'] })).values;
  t.same([query.scanRange, query.stats, query.noHeaderOut], ['-5', true, false]);
});

t.test('errors name their source', async (t) => {
  const refused = (given: Given, message: string, command: CommandName = 'serve'): void => {
    t.throws(() => resolveOptions(command, sources(command, given)), new UsageError(message), message);
  };
  refused({ args: ['--port', 'abc'] }, '--port: "abc" is not an integer');
  refused({ args: ['--port', '1', '--port', '2'] }, '--port: given more than once');
  refused({ env: { S3LECT_PORT: '70000' } }, 'S3LECT_PORT: 70000 is not between 0 and 65535');
  refused({ file: { port: '9000' } }, 'x.json: port: must be an integer');
  refused({ file: { buckets: 'a=b' } }, 'x.json: buckets: must be an array of strings');
  refused({ file: { prot: 1 } }, 'x.json: unknown option "prot"; did you mean port?');
  refused({ file: { config: 'y.json' } }, 'x.json: config: a file cannot name another');
  refused({ file: [] }, 'x.json: must hold one JSON object');
  refused({ args: ['--prot', '1'] }, 'serve: unknown option --prot; did you mean --port?');
  refused({ args: ['--port'] }, '--port: needs a value');
  refused({ args: ['--header', 'maybe'] }, '--header: "maybe" is none of use, ignore, none', 'query');
  refused({ env: { S3LECT_STATS: 'on' } }, 'S3LECT_STATS: "on" is neither true nor false', 'query');
});

t.test('root credentials', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'password');
  writeFileSync(path, 'from-a-file\n');
  t.same(rootCredentials(serve({})), { accessKey: 's3lect', secretKey: 's3lect-secret', published: true });
  const env = { S3LECT_ROOT_USER: 'root', S3LECT_ROOT_PASSWORD: 'a secret of mine' };
  t.same(rootCredentials(serve({ env })), { accessKey: 'root', secretKey: 'a secret of mine', published: false });
  t.same(rootCredentials(serve({ env: { MINIO_ROOT_USER: 'root', MINIO_ROOT_PASSWORD_FILE: path } })).secretKey, 'from-a-file');
  t.ok(rootCredentials(serve({ env: { ...env, S3LECT_ROOT_PASSWORD: 's3lect-secret' } })).published, 'set, but known to all');

  const refused = (given: Given, message: string): void => {
    t.throws(() => rootCredentials(serve(given)), new UsageError(message), message);
  };
  refused({ env: { S3LECT_ROOT_USER: 'root' } }, 'S3LECT_ROOT_USER: set without a password (S3LECT_ROOT_PASSWORD)');
  refused({ env: { S3LECT_ROOT_PASSWORD: 'long enough' } }, 'S3LECT_ROOT_PASSWORD: set without a user (S3LECT_ROOT_USER)');
  refused({ env: { ...env, S3LECT_ROOT_PASSWORD: 'short' } }, 'S3LECT_ROOT_PASSWORD: must have 8 characters or more');
  refused({ env: { ...env, S3LECT_ROOT_PASSWORD_FILE: path } }, 'S3LECT_ROOT_PASSWORD and S3LECT_ROOT_PASSWORD_FILE are both set: use one');
  refused(
    { args: ['--root-password-file', join(folder, 'none')], env: { S3LECT_ROOT_USER: 'root' } },
    `--root-password-file: cannot read ${join(folder, 'none')}: no such file or directory`,
  );
});

t.test('a broken file with a password in it', async (t) => {
  const path = join(temporaryFolder(t), 'x.json');
  writeFileSync(path, '{ "rootPassword": "hush-hush" "port": 1 }');
  const { code, stdout, stderr } = await s3lect(['serve', '--config', path]);
  t.equal(code, 2);
  t.equal(stderr.split('\n')[0], `s3lect: ${path}: is not valid JSON`);
  t.notMatch(stdout + stderr, 'hush');
});

t.test('help is written from the table', async (t) => {
  const general = await s3lect(['--help']);
  t.equal(general.code, 0);
  for (const command of commands) {
    t.match(general.stdout, new RegExp(`^  ${command} `, 'm'));
    const { code, stdout } = await s3lect([command, '--help']);
    t.equal(code, 0);
    for (const { flag, env } of optionsOf(command)) t.ok(stdout.includes(flag) && stdout.includes(env[0] ?? ''), `${command} ${flag}`);
  }
  t.match((await s3lect(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

t.test('words that are no command', async (t) => {
  const wrong = async (args: readonly string[], line: string): Promise<void> => {
    const { code, stdout, stderr } = await s3lect(args);
    t.same([code, stdout, stderr.split('\n')[0]], [2, '', line]);
  };
  await wrong([], 's3lect: no command given');
  await wrong(['qurey'], 's3lect: unknown command "qurey"; did you mean query?');
  await wrong(['frobnicate'], 's3lect: unknown command "frobnicate"');
  await wrong(['--verison'], 's3lect: unknown option "--verison"; did you mean --version?');
});
