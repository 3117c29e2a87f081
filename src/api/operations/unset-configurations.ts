/**
 * Configurations that no bucket here can be given: their operations answer as S3 does for a bucket that never had one, and
 * removing one that is not there succeeds. To set one is not implemented, and so has no entry here.
 */
import { type ErrorCode, SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';
import { element, xmlAnswer } from '../xml-answer.ts';

export const getBucketAccelerateConfiguration = answering('AccelerateConfiguration');
export const getBucketEncryption = missing('ServerSideEncryptionConfigurationNotFoundError');
export const getBucketLifecycleConfiguration = missing('NoSuchLifecycleConfiguration');
export const getBucketLogging = answering('BucketLoggingStatus');
export const getBucketNotificationConfiguration = answering('NotificationConfiguration');
export const getBucketOwnershipControls = missing('OwnershipControlsNotFoundError');
export const getBucketReplication = missing('ReplicationConfigurationNotFoundError');
export const getBucketRequestPayment = answering('RequestPaymentConfiguration', element('Payer', 'BucketOwner'));
export const getBucketVersioning = answering('VersioningConfiguration');
export const getBucketWebsite = missing('NoSuchWebsiteConfiguration');
export const getObjectLockConfiguration = missing('ObjectLockConfigurationNotFoundError');
export const getPublicAccessBlock = missing('NoSuchPublicAccessBlockConfiguration');

export const deleteUnsetConfiguration: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    return { status: 204, headers: {}, body: null };
  },
};

function missing(code: ErrorCode): OperationBody {
  return {
    parameters: [],
    async handle({ services, bucket }) {
      await services.store.headBucket(bucket);
      throw new SelectError(code);
    },
  };
}

function answering(root: string, content = ''): OperationBody {
  return {
    parameters: [],
    async handle({ services, bucket }) {
      await services.store.headBucket(bucket);
      return xmlAnswer(root, content);
    },
  };
}
