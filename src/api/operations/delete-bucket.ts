import { forgetBucket } from '../bucket-settings.ts';
import type { OperationBody } from '../operation.ts';

export const deleteBucket: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.deleteBucket(bucket);
    await forgetBucket(services, bucket);
    return { status: 204, headers: {}, body: null };
  },
};
