import { SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';

export const getBucketPolicy: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    const { policy } = services.state.bucket(bucket);
    if (policy === undefined) throw new SelectError('NoSuchBucketPolicy');
    const body = Buffer.from(policy);
    return { status: 200, headers: { 'content-type': 'application/json', 'content-length': String(body.length) }, body };
  },
};
