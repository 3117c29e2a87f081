import { ownerOf } from '../../auth/state.ts';
import { checkAcl } from '../acl.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';

export const putBucketAcl: OperationBody = {
  parameters: [],
  async handle({ services, request, bucket, body }) {
    await services.store.headBucket(bucket);
    checkAcl(request.headers, await readXmlBody(body), ownerOf(services.state, bucket));
    return { status: 200, headers: { 'content-length': '0' }, body: null };
  },
};
