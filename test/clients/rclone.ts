import { join } from 'node:path';
import { large } from '../support/client-content.ts';
import { type ClientTest, newFolder, run } from './client.ts';

/** It has no Select. */
export const rclone: ClientTest = {
  name: 'rclone',
  debian: ['rclone'],
  async run(context) {
    const { endpoint, files, accessKey, secretKey, check } = context;
    const settings = {
      TYPE: 's3',
      PROVIDER: 'Other',
      ENDPOINT: endpoint,
      ACCESS_KEY_ID: accessKey,
      SECRET_ACCESS_KEY: secretKey,
      REGION: 'us-east-1',
    };
    const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`RCLONE_CONFIG_S_${name}`, value]));
    const list = async (...args: readonly string[]): Promise<string> =>
      String(await rclone('lsf', ...args))
        .trim()
        .split('\n')
        .sort()
        .join(' ');
    const rclone = (...args: readonly string[]): Promise<Buffer> =>
      run(context, 'rclone', ['--config', '/dev/null', '--s3-upload-cutoff', '20M', '--s3-chunk-size', '8M', ...args], { env });
    await rclone('mkdir', 's:bucket');
    await rclone('copy', files, 's:bucket/files');
    await rclone('check', files, 's:bucket/files', '--download');
    check(true, 'copy and check, byte for byte, 64 MiB in parts among them');
    check(
      (await list('-R', 's:bucket')) === 'files/ files/large files/tables/ files/tables/t.csv files/tables/t.json files/tables/t.parquet',
      'lsf',
    );
    check(
      (await rclone('cat', '--offset', '8388606', '--count', '4', 's:bucket/files/large')).equals(large.subarray(8_388_606, 8_388_610)),
      'a range',
    );
    await rclone('sync', 's:bucket/files', newFolder(context, 'synced'));
    await run(context, 'diff', ['-r', files, 'synced']);
    check(true, 'sync back');
    await rclone('copyto', 's:bucket/files/large', 's:bucket/copy/large');
    await rclone('moveto', 's:bucket/files/tables/t.csv', 's:bucket/moved');
    await rclone('check', join(files, 'tables'), 's:bucket/files/tables', '--one-way', '--exclude', 't.csv');
    check((await list('s:bucket')) === 'copy/ files/ moved', 'copy and move on the server');
    await rclone('sync', newFolder(context, 'empty'), 's:bucket');
    check((await list('-R', 's:bucket')) === '', 'sync from an empty folder deletes');
    await rclone('rmdir', 's:bucket');
    check((await list('s:')) === '', 'rmdir');
  },
};
