import { answerOf, objectParameters } from '../object-answer.ts';
import { bodyOf } from '../object-body.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

export const getObject: OperationBody = {
  parameters: objectParameters,
  async handle({ services, request, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    const object = await services.store.openObject(bucket, key);
    let kept = false;
    try {
      const { status, headers, range } = answerOf(object.info, request, query);
      if (status === 304) return { status, headers, body: null };
      kept = true;
      return { status, headers, body: await bodyOf(object, range) };
    } finally {
      if (!kept) await object.close();
    }
  },
};
