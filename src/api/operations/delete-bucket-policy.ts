import type { OperationBody } from '../operation.ts';

export const deleteBucketPolicy: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    await services.state.changeBucket(bucket, { policy: undefined });
    return { status: 204, headers: {}, body: null };
  },
};
