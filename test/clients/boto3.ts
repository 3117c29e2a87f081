import { join } from 'node:path';
import { answer, sql } from '../support/client-content.ts';
import { type ClientTest, run } from './client.ts';

const script = join(import.meta.dirname, '../../../test/clients/boto3-client.py');

/** Debian's, and the one that the first Python of the path has, which may be a newer one; each with both versions of the signature. */
export const boto3: ClientTest = {
  name: 'boto3',
  debian: ['python3-boto3'],
  overTls: true,
  async run(context) {
    const found = new Map<string, string>();
    for (const python of ['/usr/bin/python3', 'python3']) {
      const env = python === 'python3' ? { PYTHONPATH: process.env['PYTHONPATH'] ?? '' } : {};
      const printed = await run(context, python, ['-c', 'import boto3; print(boto3.__version__)'], { env }).catch(() => null);
      const version = printed?.toString().trim();
      if (version !== undefined && !found.has(version)) found.set(version, python);
    }
    for (const [release, python] of found) {
      const env = python === 'python3' ? { PYTHONPATH: process.env['PYTHONPATH'] ?? '' } : {};
      // botocore 1.28 to 1.29 signs sub-resources twice, which no server takes.
      for (const version of release.startsWith('1.26.') ? ['s3v4'] : ['s3v4', 's3']) {
        const printed = await run(
          context,
          python,
          [script, context.endpoint, version, `${release}-${version}`, context.files, sql, answer],
          { env },
        );
        for (const line of printed.toString().trim().split('\n')) context.check(true, `${release} ${line}`);
      }
    }
    context.check(found.size > 0, 'there is a Python with boto3');
  },
};
