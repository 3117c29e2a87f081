import { tables } from '../support/client-content.ts';
import type { ClientTest } from './client.ts';
import { signedPut } from './signed-put.ts';

interface Frame {
  select(...columns: unknown[]): Frame;
  collect(): Promise<{ rows(): unknown[][] }>;
}
interface Polars {
  scanParquet(path: string, options: object): Frame;
  scanCSV(path: string, options: object): Frame;
  col(name: string): { sum(): unknown };
}

/** Polars, which has the client of object_store: it reads ranges of what it needs. */
export const polars: ClientTest = {
  name: 'polars',
  npm: ['nodejs-polars@0.26.1', 'nodejs-polars-linux-x64-gnu@0.26.1'],
  async run(context) {
    const { endpoint, accessKey, secretKey, load, check } = context;
    const { default: pl } = (await load('nodejs-polars')) as { default: Polars };
    await signedPut(context, '/bucket', Buffer.alloc(0));
    for (const { key, body } of tables) await signedPut(context, `/bucket/${key}`, body);
    const cloudOptions = {
      aws_endpoint_url: endpoint,
      aws_access_key_id: accessKey,
      aws_secret_access_key: secretKey,
      aws_region: 'us-east-1',
      aws_allow_http: 'true',
    };
    const sums = async (frame: Frame): Promise<string> =>
      JSON.stringify((await frame.select(pl.col('n').sum(), pl.col('x').sum()).collect()).rows());
    const expected = JSON.stringify([[12_497_500, 2_497_500]]);
    check((await sums(pl.scanParquet('s3://bucket/tables/t.parquet', { cloudOptions }))) === expected, 'scanParquet');
    check((await sums(pl.scanParquet('s3://bucket/tables/*.parquet', { cloudOptions }))) === expected, 'scanParquet of a glob');
    check((await sums(pl.scanCSV('s3://bucket/tables/t.csv', { cloudOptions }))) === expected, 'scanCSV');
  },
};
