import { deleteConditionOf } from '../conditions.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

export const deleteObject: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, request, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    await services.store.deleteObject(bucket, key, deleteConditionOf(request.headers));
    return { status: 204, headers: {}, body: null };
  },
};
