import { SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';
import { tagSetXml } from '../tagging.ts';
import { xmlAnswer } from '../xml-answer.ts';

export const getBucketTagging: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    const { tagging } = services.state.bucket(bucket);
    if (tagging === undefined) throw new SelectError('NoSuchTagSet');
    return xmlAnswer('Tagging', tagSetXml(tagging));
  },
};
