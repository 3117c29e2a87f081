import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

export const deleteObject: OperationBody = {
  parameters: ['versionId'],
  unsupportedHeaders: { 'if-match': [], 'x-amz-if-match-*': [] },
  async handle({ services, bucket, key, query }) {
    checkVersion(query);
    await services.store.deleteObject(bucket, key);
    return { status: 204, headers: {}, body: null };
  },
};
