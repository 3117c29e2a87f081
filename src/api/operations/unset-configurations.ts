/**
 * Configurations that no bucket here can be given: their operations answer as S3 does for a bucket that never had one, and
 * removing one that is not there succeeds. To set one is not implemented, and so has no entry here.
 */
import { type ErrorCode, SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';
import { element, xmlAnswer } from '../xml-answer.ts';

export const getAccelerate = answering('AccelerateConfiguration');
export const getEncryption = missing('ServerSideEncryptionConfigurationNotFoundError');
export const getLifecycle = missing('NoSuchLifecycleConfiguration');
export const getLogging = answering('BucketLoggingStatus');
export const getNotification = answering('NotificationConfiguration');
export const getReplication = missing('ReplicationConfigurationNotFoundError');
export const getRequestPayment = answering('RequestPaymentConfiguration', element('Payer', 'BucketOwner'));
export const getVersioning = answering('VersioningConfiguration');
export const getWebsite = missing('NoSuchWebsiteConfiguration');
export const getObjectLock = missing('ObjectLockConfigurationNotFoundError');

export const remove: OperationBody = {
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
