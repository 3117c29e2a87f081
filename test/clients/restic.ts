import { type ClientTest, newFolder, run } from './client.ts';

/** It has no Select. */
export const restic: ClientTest = {
  name: 'restic',
  debian: ['restic'],
  async run(context) {
    const { endpoint, files, check } = context;
    const env = { RESTIC_PASSWORD: 'password', RESTIC_REPOSITORY: `s3:${endpoint}/backups/one` };
    const restic = (...args: readonly string[]): Promise<Buffer> => run(context, 'restic', ['--no-cache', ...args], { env });
    await restic('init');
    await restic('backup', files);
    check(/"files_new": ?4/.test(String(await restic('backup', '--force', '--json', files))), 'init and backup');
    await restic('check', '--read-data');
    check(true, 'check of all data');
    await restic('restore', 'latest', '--target', newFolder(context, 'restored'));
    await run(context, 'diff', ['-r', files, `restored${files}`]);
    check(true, 'restore');
    await restic('forget', '--keep-last', '1', '--prune');
    await restic('check');
    check(true, 'forget and prune');
  },
};
