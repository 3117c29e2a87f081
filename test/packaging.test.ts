/** The files that make a service of the server: what they say of it is so. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { options } from '../src/base/options.ts';
import { commands } from '../src/cli/commands.ts';

const root = join(import.meta.dirname, '../..');
const dockerfile = readFileSync(join(root, 'packaging/Dockerfile'), 'utf8');
const unit = readFileSync(join(root, 'packaging/s3lect.service'), 'utf8');

t.test('options, commands and paths are there', async (t) => {
  const known = new Set<string>(options.flatMap(({ env }) => env));
  for (const text of [dockerfile, unit]) {
    const named = [...text.matchAll(/\bS3LECT_\w+/g)].map(([name]) => name);
    t.ok(named.length > 2);
    t.same(
      named.filter((name) => !known.has(name)),
      [],
    );
    const [, command = ''] = /^(?:CMD \["|ExecStart=\/usr\/bin\/env s3lect )(\w+)/m.exec(text) ?? [];
    t.ok(
      commands.some(({ name }) => name === command),
      command,
    );
  }
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  t.ok(copied.length > 4);
  t.same(
    copied.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

t.test('neither runs as root, nor with a secret of its own', async (t) => {
  t.match(dockerfile, /^USER 65532:65532$/m);
  t.match(unit, /^User=s3lect$/m);
  for (const text of [dockerfile, unit]) t.notMatch(text, /^(ENV|Environment=)?\s*S3LECT_ROOT_PASSWORD=/m);
});

t.test('systemd takes the unit', async (t) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
    t.pass('systemd is not installed');
    return;
  }
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(root, 'packaging/s3lect.service')], { encoding: 'utf8' });
  t.same([status, stderr], [0, '']);
});
