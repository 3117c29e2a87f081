import { limits } from '../../base/limits.ts';
import { changeBucket } from '../bucket-settings.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseTagging } from '../tagging.ts';

export const putBucketTagging: OperationBody = {
  parameters: [],
  async handle({ services, bucket, body }) {
    await services.store.headBucket(bucket);
    const tags = parseTagging(await readXmlBody(body), limits.bucket_tags_max);
    const tagging = Object.keys(tags).length === 0 ? undefined : tags;
    await changeBucket(services, bucket, { tagging });
    return { status: 204, headers: {}, body: null };
  },
};
