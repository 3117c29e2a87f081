import { parsePolicy } from '../../auth/policy-parse.ts';
import { isPublic } from '../../auth/policy-public.ts';
import type { OperationBody } from '../operation.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const getBucketPolicyStatus: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    const { policy } = services.state.bucket(bucket);
    const isOpen = policy !== undefined && isPublic(parsePolicy(policy, bucket));
    return xmlAnswer('PolicyStatus', textElement('IsPublic', isOpen));
  },
};
