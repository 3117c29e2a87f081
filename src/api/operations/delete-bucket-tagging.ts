import type { OperationBody } from '../operation.ts';

export const deleteBucketTagging: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    await services.state.changeBucket(bucket, { tagging: undefined });
    return { status: 204, headers: {}, body: null };
  },
};
