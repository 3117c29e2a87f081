import type { OperationBody } from '../operation.ts';

export const headBucket: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    const headers = { 'x-amz-bucket-region': services.region, 'x-amz-access-point-alias': 'false', 'content-type': 'application/xml' };
    return { status: 200, headers, body: null };
  },
};
