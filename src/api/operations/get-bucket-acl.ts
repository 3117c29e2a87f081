import { ownerOf } from '../../auth/state.ts';
import { ownerAclXml } from '../acl.ts';
import type { OperationBody } from '../operation.ts';
import { xmlAnswer } from '../xml-answer.ts';

export const getBucketAcl: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    return xmlAnswer('AccessControlPolicy', ownerAclXml(ownerOf(services.state, bucket)));
  },
};
