import { changeBucket } from '../bucket-settings.ts';
import { parseCors } from '../cors.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';

export const putBucketCors: OperationBody = {
  parameters: [],
  async handle({ services, bucket, body }) {
    await services.store.headBucket(bucket);
    const rules = parseCors(await readXmlBody(body));
    await changeBucket(services, bucket, { cors: JSON.stringify(rules) });
    return { status: 200, headers: { 'content-length': '0' }, body: null };
  },
};
