import { answer, keys, large, MiB, sha256, sql, tables } from '../support/client-content.ts';
import type { ClientTest } from './client.ts';

/** What is used of it, in its own words. */
interface Request<Output> {
  promise(): Promise<Output>;
}
interface S3 {
  createBucket(input: object): Request<unknown>;
  putObject(input: object): Request<{ ETag: string }>;
  getObject(input: object): Request<{ Body: Buffer }>;
  upload(input: object, options: object): Request<unknown>;
  listObjectsV2(input: object): Request<{ Contents: { Key: string }[]; NextContinuationToken?: string }>;
  selectObjectContent(input: object): Request<{ Payload: AsyncIterable<{ Records?: { Payload: Buffer } }> }>;
  deleteObjects(input: object): Request<{ Deleted: unknown[] }>;
  deleteBucket(input: object): Request<unknown>;
  getSignedUrl(operation: string, input: object): string;
}

export const awsSdkV2: ClientTest = {
  name: 'aws-sdk-v2',
  npm: ['aws-sdk@2.1693.0'],
  async run({ endpoint, accessKey, secretKey, load, check }) {
    process.env['AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE'] = '1';
    const sdk = (await load('aws-sdk')) as { default: { S3: new (options: object) => S3 } };
    for (const signatureVersion of ['v4', 'v2']) {
      const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
      const s3 = new sdk.default.S3({ endpoint, region: 'us-east-1', s3ForcePathStyle: true, signatureVersion, ...credentials });
      const Bucket = `bucket-${signatureVersion}`;
      await s3.createBucket({ Bucket }).promise();
      for (const Key of keys) await s3.putObject({ Bucket, Key, Body: `body of ${Key}` }).promise();
      const get = async (Key: string, more: object = {}): Promise<Buffer> => (await s3.getObject({ Bucket, Key, ...more }).promise()).Body;
      const bodies = await Promise.all(keys.map((Key) => get(Key)));
      check(
        bodies.every((body, index) => body.toString() === `body of ${keys[index]}`),
        `${signatureVersion}: put and get`,
      );
      check((await get('b', { Range: 'bytes=5-6' })).toString() === 'of', `${signatureVersion}: a range`);
      const first = await s3.listObjectsV2({ Bucket, MaxKeys: 3 }).promise();
      const second = await s3.listObjectsV2({ Bucket, ContinuationToken: first.NextContinuationToken }).promise();
      check([...first.Contents, ...second.Contents].map(({ Key }) => Key).join() === keys.join(), `${signatureVersion}: list, in pages`);
      await s3.upload({ Bucket, Key: 'large', Body: large }, { partSize: 8 * MiB }).promise();
      check(sha256(await get('large')) === sha256(large), `${signatureVersion}: 64 MiB in parts`);
      const link = await fetch(s3.getSignedUrl('getObject', { Bucket, Key: 'b' }));
      check((await link.text()) === 'body of b', `${signatureVersion}: a presigned link`);
      for (const { key: Key, body: Body, input: InputSerialization } of tables) {
        await s3.putObject({ Bucket, Key, Body }).promise();
        const query = { Expression: sql, ExpressionType: 'SQL', InputSerialization, OutputSerialization: { CSV: {} } };
        const { Payload } = await s3.selectObjectContent({ Bucket, Key, ...query }).promise();
        let text = '';
        for await (const { Records } of Payload) text += Records?.Payload.toString() ?? '';
        check(text === answer, `${signatureVersion}: select ${Key}`);
      }
      const Objects = [...keys, 'large', ...tables.map(({ key }) => key)].map((Key) => ({ Key }));
      const { Deleted } = await s3.deleteObjects({ Bucket, Delete: { Objects } }).promise();
      await s3.deleteBucket({ Bucket }).promise();
      check(Deleted.length === Objects.length, `${signatureVersion}: delete`);
    }
  },
};
