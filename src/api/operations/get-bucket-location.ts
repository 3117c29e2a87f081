import { escapeXml } from '../errors-xml.ts';
import type { OperationBody } from '../operation.ts';
import { xmlAnswer } from '../xml-answer.ts';

export const getBucketLocation: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    // why: S3 names every region but its first.
    return xmlAnswer('LocationConstraint', services.region === 'us-east-1' ? '' : escapeXml(services.region));
  },
};
