/** States that no object here can have: their operations answer as S3 does in a bucket that was never set up for them. */
import { SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

/** GetObjectRetention, PutObjectRetention, GetObjectLegalHold, PutObjectLegalHold. */
export const objectLock = refusing(() => new SelectError('InvalidRequest', { reason: 'Bucket is missing Object Lock Configuration' }));

/** RestoreObject: what is not archived need not be restored. */
export const restoreObject = refusing(({ storageClass }) => new SelectError('InvalidObjectState', { StorageClass: storageClass }));

function refusing(errorOf: (info: { readonly storageClass: string }) => SelectError): OperationBody {
  return {
    parameters: ['versionId'],
    async handle({ services, bucket, key, query }) {
      checkVersion(query.get('versionId'));
      throw errorOf(await services.store.headObject(bucket, key));
    },
  };
}
