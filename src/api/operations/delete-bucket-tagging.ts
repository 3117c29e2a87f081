import { changeBucket } from '../bucket-settings.ts';
import type { OperationBody } from '../operation.ts';

export const deleteBucketTagging: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    await changeBucket(services, bucket, { tagging: undefined });
    return { status: 204, headers: {}, body: null };
  },
};
