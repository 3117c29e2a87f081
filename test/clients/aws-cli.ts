import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, large, sha256, sql, tables } from '../support/client-content.ts';
import { type ClientTest, newFolder, run } from './client.ts';

export const awsCli: ClientTest = {
  name: 'aws-cli',
  debian: ['awscli'],
  overTls: true,
  async run(context) {
    const { endpoint, files, folder, check } = context;
    const aws = (...args: readonly string[]): Promise<Buffer> => run(context, 'aws', ['--endpoint-url', endpoint, ...args]);
    await aws('s3', 'mb', 's3://bucket');
    for (const { key, body } of tables) {
      await aws('s3', 'cp', join(files, key), `s3://bucket/${key}`);
      check((await aws('s3', 'cp', `s3://bucket/${key}`, '-')).equals(body), `cp there and back: ${key}`);
    }
    check(/t\.csv\n.*t\.json\n.*t\.parquet\n$/s.test(String(await aws('s3', 'ls', 's3://bucket/tables/'))), 'ls');
    await aws('s3', 'cp', join(files, 'large'), 's3://bucket/large');
    await aws('s3', 'cp', 's3://bucket/large', 'large');
    check(sha256(readFileSync(join(folder, 'large'))) === sha256(large), 'cp of 64 MiB in parts');
    await aws('s3api', 'get-object', '--bucket', 'bucket', '--key', 'large', '--range', 'bytes=8388606-8388609', 'range');
    check(readFileSync(join(folder, 'range')).equals(large.subarray(8_388_606, 8_388_610)), 'a range');
    await aws('s3', 'cp', 's3://bucket/large', 's3://bucket/copy/large');
    await aws('s3', 'cp', 's3://bucket/copy/large', 'copied');
    check(sha256(readFileSync(join(folder, 'copied'))) === sha256(large), 'a copy of 64 MiB, in parts');

    await aws('s3', 'sync', join(files, 'tables'), 's3://bucket/sync');
    check(String(await aws('s3', 'sync', join(files, 'tables'), 's3://bucket/sync')) === '', 'sync again has nothing to do');
    await aws('s3', 'sync', 's3://bucket/sync', newFolder(context, 'synced'));
    await run(context, 'diff', ['-r', join(files, 'tables'), 'synced']);
    check(true, 'sync there and back');
    const link = String(await aws('s3', 'presign', 's3://bucket/tables/t.csv')).trim();
    check((await context.fetch(link)).equals(tables[0]?.body ?? Buffer.alloc(0)), 'presign');

    for (const { key, input } of tables) {
      const query = [
        '--expression',
        sql,
        '--expression-type',
        'SQL',
        '--input-serialization',
        JSON.stringify(input),
        '--output-serialization',
        '{"CSV":{}}',
      ];
      await aws('s3api', 'select-object-content', '--bucket', 'bucket', '--key', key, ...query, 'selected');
      check(readFileSync(join(folder, 'selected'), 'utf8') === answer, `select-object-content: ${key}`);
    }
    await aws('s3', 'rm', 's3://bucket/tables/t.csv');
    await aws('s3', 'rm', '--recursive', 's3://bucket');
    await aws('s3', 'rb', 's3://bucket');
    check(String(await aws('s3', 'ls')) === '', 'rm and rb');
  },
};
