import { SelectError } from '../../base/errors.ts';
import { corsRulesOf, corsXml } from '../cors.ts';
import type { OperationBody } from '../operation.ts';
import { xmlAnswer } from '../xml-answer.ts';

export const getBucketCors: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    const rules = corsRulesOf(services.state.bucket(bucket));
    if (rules === null) throw new SelectError('NoSuchCORSConfiguration');
    return xmlAnswer('CORSConfiguration', corsXml(rules));
  },
};
