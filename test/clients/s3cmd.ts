import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { large, sha256, tables } from '../support/client-content.ts';
import { type ClientTest, newFolder, run } from './client.ts';

/** With both versions of the signature. It has no Select. */
export const s3cmd: ClientTest = {
  name: 's3cmd',
  debian: ['s3cmd'],
  async run(context) {
    const { port, files, folder, accessKey, secretKey, check } = context;
    const config = join(folder, 's3cfg');
    const lines = {
      access_key: accessKey,
      secret_key: secretKey,
      host_base: `127.0.0.1:${port}`,
      host_bucket: `127.0.0.1:${port}`,
      use_https: 'False',
    };
    writeFileSync(
      config,
      `[default]\n${Object.entries(lines)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join('')}`,
    );
    for (const version of ['v4', 'v2'] as const) {
      const options = ['-c', config, '--no-progress', '--multipart-chunk-size-mb=15', ...(version === 'v2' ? ['--signature-v2'] : [])];
      const s3cmd = (...args: readonly string[]): Promise<Buffer> => run(context, 's3cmd', [...options, ...args]);
      const bucket = `s3://bucket-${version}`;
      await s3cmd('mb', bucket);
      for (const { key, body } of tables) {
        await s3cmd('put', join(files, key), `${bucket}/${key}`);
        await s3cmd('get', '--force', `${bucket}/${key}`, 'got');
        check(readFileSync(join(folder, 'got')).equals(body), `${version}: put and get ${key}`);
      }
      const listed = String(await s3cmd('ls', '--recursive', bucket));
      check(
        tables.every(({ key }) => listed.includes(`${bucket}/${key}\n`)),
        `${version}: ls`,
      );
      await s3cmd('put', join(files, 'large'), `${bucket}/large`);
      await s3cmd('get', '--force', `${bucket}/large`, 'large');
      check(sha256(readFileSync(join(folder, 'large'))) === sha256(large), `${version}: 64 MiB in parts`);
      await s3cmd('sync', `${join(files, 'tables')}/`, `${bucket}/sync/`);
      await s3cmd('sync', `${bucket}/sync/`, `${newFolder(context, `synced-${version}`)}/`);
      await run(context, 'diff', ['-r', join(files, 'tables'), `synced-${version}`]);
      check(true, `${version}: sync there and back`);
      await s3cmd('cp', `${bucket}/tables/t.csv`, `${bucket}/copy`);
      check(String(await s3cmd('info', `${bucket}/copy`)).includes(`File size: ${tables[0]?.body.length}`), `${version}: cp and info`);
      await s3cmd('del', '--recursive', '--force', bucket);
      await s3cmd('rb', bucket);
      check(!String(await s3cmd('ls')).includes(bucket), `${version}: del and rb`);
    }
  },
};
