import { parsePolicy } from '../../auth/policy-parse.ts';
import { isPublic } from '../../auth/policy-public.ts';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { changeBucket } from '../bucket-settings.ts';
import type { OperationBody } from '../operation.ts';
import { readBody } from '../read-body.ts';

export const putBucketPolicy: OperationBody = {
  parameters: [],
  async handle({ services, bucket, body }) {
    await services.store.headBucket(bucket);
    const bytes_max = limits.policy_bytes_max;
    const tooLong = (): SelectError => new SelectError('MalformedPolicy', { reason: `it is longer than ${bytes_max} bytes` });
    const policy = Buffer.from(await readBody(body, bytes_max, tooLong)).toString();
    const parsed = parsePolicy(policy, bucket);
    if (services.state.bucket(bucket).publicAccessBlock?.blockPublicPolicy === true && isPublic(parsed)) {
      throw new SelectError('AccessDenied', { reason: "public policies are prevented by the bucket's BlockPublicPolicy setting" });
    }
    await changeBucket(services, bucket, { policy });
    return { status: 204, headers: {}, body: null };
  },
};
