import { answerOf, objectParameters } from '../object-answer.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

export const headObject: OperationBody = {
  parameters: objectParameters,
  async handle({ services, request, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    const { status, headers } = answerOf(await services.store.headObject(bucket, key), request, query);
    return { status, headers, body: null };
  },
};
