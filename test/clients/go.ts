import { join } from 'node:path';
import { answer, sql } from '../support/client-content.ts';
import { type ClientTest, run } from './client.ts';

/** Programs in Go with the clients that Debian packages, built without the network. */
function goClient(name: string, file: string, package_: string): ClientTest {
  return {
    name,
    debian: ['golang-go', package_],
    overTls: true,
    async run(context) {
      const { env, endpoint, accessKey, secretKey, files, folder: home } = context;
      const sources = [file, 'check'].map((source) => join(import.meta.dirname, '../../../test/clients/go', `${source}.go`));
      const program = join(home, 'program');
      const goroot = String(
        await run(context, 'sh', ['-c', 'd=$DEBIAN_ROOT/usr/lib/go-1.19; [ -d "$d" ] && echo "$d" || go env GOROOT']),
      ).trim();
      const build = { ...env, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: join(home, 'cache'), GOROOT: goroot, CGO_ENABLED: '0' };
      await run(context, 'go', ['build', '-o', program, ...sources], { env: build });
      const printed = await run(context, program, [endpoint, accessKey, secretKey, files, sql, answer]);
      for (const line of printed.toString().trim().split('\n')) context.check(true, line);
    },
  };
}

export const minioGo = goClient('minio-go', 'minio', 'golang-github-minio-minio-go-v7-dev');
export const awsGo = goClient('aws-sdk-go-v2', 'aws', 'golang-github-aws-aws-sdk-go-v2-dev');
