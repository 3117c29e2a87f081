import { keys, large, sha256 } from '../support/client-content.ts';
import type { ClientTest } from './client.ts';
import { signedPut } from './signed-put.ts';

interface Operator {
  write(path: string, content: Buffer): Promise<unknown>;
  writer(path: string, options?: object): Promise<{ write(content: Buffer): Promise<void>; close(): Promise<unknown> }>;
  read(path: string, options?: { offset: bigint; size: bigint }): Promise<Buffer>;
  list(path: string, options?: object): Promise<{ path(): string }[]>;
  stat(path: string): Promise<{ contentLength: bigint | null }>;
  copy(from: string, to: string): Promise<void>;
  delete(path: string): Promise<void>;
}

/** A client written in Rust. */
export const opendal: ClientTest = {
  name: 'opendal',
  // npm does not always take the builds it is told are optional.
  npm: ['opendal@0.49.10', `@opendal/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}@0.49.10`],
  async run(context) {
    const { endpoint, accessKey, secretKey, load, check } = context;
    const library = (await load('opendal').catch(notHere)) as { Operator: new (scheme: string, options: object) => Operator };
    const credentials = { access_key_id: accessKey, secret_access_key: secretKey, region: 'us-east-1' };
    await signedPut(context, '/bucket', Buffer.alloc(0));
    const operator = new library.Operator('s3', { root: '/', bucket: 'bucket', endpoint, ...credentials });
    for (const key of keys) await operator.write(key, Buffer.from(`body of ${key}`));
    const bodies = await Promise.all(keys.map((key) => operator.read(key)));
    check(
      bodies.every((body, index) => body.toString() === `body of ${keys[index]}`),
      'write and read',
    );
    check((await operator.read('b', { offset: 5n, size: 2n })).toString() === 'of', 'a range');
    const listed = (await operator.list('', { recursive: true })).map((entry) => entry.path()).filter((path) => !path.endsWith('/'));
    check(listed.sort().join() === [...keys].sort().join(), 'list');
    const writer = await operator.writer('large', { chunk: 8n * 1024n * 1024n });
    for (let at = 0; at < large.length; at += 8 << 20) await writer.write(large.subarray(at, at + (8 << 20)));
    await writer.close();
    check(sha256(await operator.read('large')) === sha256(large), '64 MiB in parts');
    await operator.copy('b', 'copy');
    check(Number((await operator.stat('copy')).contentLength) === 9, 'copy and stat');
    for (const key of [...keys, 'large', 'copy']) await operator.delete(key);
    check(
      (await operator.list('', { recursive: true })).every((entry) => entry.path().endsWith('/')),
      'delete',
    );
  },
};

/** Its build may be for a newer system than this. */
function notHere(error: unknown): never {
  const causes = [(error as Error).cause].flat().map((cause) => (cause instanceof Error ? cause.message : ''));
  const glibc = causes.find((cause) => cause.includes('GLIBC_'));
  throw glibc === undefined ? error : new Error(`skip: its build needs a newer C library: ${/GLIBC_[\d.]+/.exec(glibc)?.[0]}`);
}
