import type { OperationBody } from '../operation.ts';

export const deleteBucket: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.deleteBucket(bucket);
    await services.state.forgetBucket(bucket);
    return { status: 204, headers: {}, body: null };
  },
};
