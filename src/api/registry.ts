/** Every operation of the S3 API that is served, one line each, and how a request finds its own. */
import { SelectError } from '../base/errors.ts';
import type { ApiRequest } from './http.ts';
import type { Level, Operation, OperationBody } from './operation.ts';
import { abortMultipartUpload } from './operations/abort-multipart-upload.ts';
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { createBucket } from './operations/create-bucket.ts';
import { createMultipartUpload } from './operations/create-multipart-upload.ts';
import { deleteBucket } from './operations/delete-bucket.ts';
import { deleteBucketCors } from './operations/delete-bucket-cors.ts';
import { deleteBucketPolicy } from './operations/delete-bucket-policy.ts';
import { deleteBucketTagging } from './operations/delete-bucket-tagging.ts';
import { deleteObject } from './operations/delete-object.ts';
import { deleteObjects } from './operations/delete-objects.ts';
import { getBucketAcl } from './operations/get-bucket-acl.ts';
import { getBucketCors } from './operations/get-bucket-cors.ts';
import { getBucketLocation } from './operations/get-bucket-location.ts';
import { getBucketPolicy } from './operations/get-bucket-policy.ts';
import { getBucketPolicyStatus } from './operations/get-bucket-policy-status.ts';
import { getBucketTagging } from './operations/get-bucket-tagging.ts';
import { getObject } from './operations/get-object.ts';
import { getObjectAttributes } from './operations/get-object-attributes.ts';
import { headBucket } from './operations/head-bucket.ts';
import { headObject } from './operations/head-object.ts';
import { listBuckets } from './operations/list-buckets.ts';
import { listMultipartUploads } from './operations/list-multipart-uploads.ts';
import { listObjectVersions } from './operations/list-object-versions.ts';
import { listObjects } from './operations/list-objects.ts';
import { listObjectsV2 } from './operations/list-objects-v2.ts';
import { listParts } from './operations/list-parts.ts';
import { getObjectAcl, putObjectAcl } from './operations/object-acl.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './operations/object-tagging.ts';
import { getOwnershipControls, putOwnershipControls } from './operations/ownership-controls.ts';
import { postObject } from './operations/post-object.ts';
import { deletePublicAccessBlock, getPublicAccessBlock, putPublicAccessBlock } from './operations/public-access-block.ts';
import { putBucketAcl } from './operations/put-bucket-acl.ts';
import { putBucketCors } from './operations/put-bucket-cors.ts';
import { putBucketPolicy } from './operations/put-bucket-policy.ts';
import { putBucketTagging } from './operations/put-bucket-tagging.ts';
import { putObject } from './operations/put-object.ts';
import { selectObjectContent } from './operations/select-object-content.ts';
import * as unset from './operations/unset-configurations.ts';
import { objectLock, restoreObject } from './operations/unset-states.ts';
import { uploadPart } from './operations/upload-part.ts';
import { uploadPartCopy } from './operations/upload-part-copy.ts';
import type { Target } from './target.ts';

export const operations: readonly Operation[] = [
  entry('ListBuckets', 'service', 'GET', null, 's3:ListAllMyBuckets', listBuckets),
  entry('CreateBucket', 'bucket', 'PUT', null, 's3:CreateBucket', createBucket),
  entry('HeadBucket', 'bucket', 'HEAD', null, 's3:ListBucket', headBucket),
  entry('DeleteBucket', 'bucket', 'DELETE', null, 's3:DeleteBucket', deleteBucket),
  entry('GetBucketLocation', 'bucket', 'GET', 'location', 's3:GetBucketLocation', getBucketLocation),
  entry('GetBucketAcl', 'bucket', 'GET', 'acl', 's3:GetBucketAcl', getBucketAcl),
  entry('PutBucketAcl', 'bucket', 'PUT', 'acl', 's3:PutBucketAcl', putBucketAcl),
  entry('GetBucketPolicy', 'bucket', 'GET', 'policy', 's3:GetBucketPolicy', getBucketPolicy),
  entry('PutBucketPolicy', 'bucket', 'PUT', 'policy', 's3:PutBucketPolicy', putBucketPolicy),
  entry('DeleteBucketPolicy', 'bucket', 'DELETE', 'policy', 's3:DeleteBucketPolicy', deleteBucketPolicy),
  entry('GetBucketPolicyStatus', 'bucket', 'GET', 'policyStatus', 's3:GetBucketPolicyStatus', getBucketPolicyStatus),
  entry('GetBucketTagging', 'bucket', 'GET', 'tagging', 's3:GetBucketTagging', getBucketTagging),
  entry('PutBucketTagging', 'bucket', 'PUT', 'tagging', 's3:PutBucketTagging', putBucketTagging),
  entry('DeleteBucketTagging', 'bucket', 'DELETE', 'tagging', 's3:PutBucketTagging', deleteBucketTagging),
  entry('GetBucketCors', 'bucket', 'GET', 'cors', 's3:GetBucketCORS', getBucketCors),
  entry('PutBucketCors', 'bucket', 'PUT', 'cors', 's3:PutBucketCORS', putBucketCors),
  entry('DeleteBucketCors', 'bucket', 'DELETE', 'cors', 's3:PutBucketCORS', deleteBucketCors),
  entry('GetBucketVersioning', 'bucket', 'GET', 'versioning', 's3:GetBucketVersioning', unset.getVersioning),
  entry('GetBucketEncryption', 'bucket', 'GET', 'encryption', 's3:GetEncryptionConfiguration', unset.getEncryption),
  entry('DeleteBucketEncryption', 'bucket', 'DELETE', 'encryption', 's3:PutEncryptionConfiguration', unset.remove),
  entry('GetBucketLifecycleConfiguration', 'bucket', 'GET', 'lifecycle', 's3:GetLifecycleConfiguration', unset.getLifecycle),
  entry('DeleteBucketLifecycle', 'bucket', 'DELETE', 'lifecycle', 's3:PutLifecycleConfiguration', unset.remove),
  entry('GetBucketReplication', 'bucket', 'GET', 'replication', 's3:GetReplicationConfiguration', unset.getReplication),
  entry('DeleteBucketReplication', 'bucket', 'DELETE', 'replication', 's3:PutReplicationConfiguration', unset.remove),
  entry('GetBucketWebsite', 'bucket', 'GET', 'website', 's3:GetBucketWebsite', unset.getWebsite),
  entry('DeleteBucketWebsite', 'bucket', 'DELETE', 'website', 's3:DeleteBucketWebsite', unset.remove),
  entry('GetBucketOwnershipControls', 'bucket', 'GET', 'ownershipControls', 's3:GetBucketOwnershipControls', getOwnershipControls),
  entry('PutBucketOwnershipControls', 'bucket', 'PUT', 'ownershipControls', 's3:PutBucketOwnershipControls', putOwnershipControls),
  entry('DeleteBucketOwnershipControls', 'bucket', 'DELETE', 'ownershipControls', 's3:PutBucketOwnershipControls', unset.remove),
  entry('GetPublicAccessBlock', 'bucket', 'GET', 'publicAccessBlock', 's3:GetBucketPublicAccessBlock', getPublicAccessBlock),
  entry('PutPublicAccessBlock', 'bucket', 'PUT', 'publicAccessBlock', 's3:PutBucketPublicAccessBlock', putPublicAccessBlock),
  entry('DeletePublicAccessBlock', 'bucket', 'DELETE', 'publicAccessBlock', 's3:PutBucketPublicAccessBlock', deletePublicAccessBlock),
  entry('GetObjectLockConfiguration', 'bucket', 'GET', 'object-lock', 's3:GetBucketObjectLockConfiguration', unset.getObjectLock),
  entry('GetBucketAccelerateConfiguration', 'bucket', 'GET', 'accelerate', 's3:GetAccelerateConfiguration', unset.getAccelerate),
  entry('GetBucketLogging', 'bucket', 'GET', 'logging', 's3:GetBucketLogging', unset.getLogging),
  entry('GetBucketNotificationConfiguration', 'bucket', 'GET', 'notification', 's3:GetBucketNotification', unset.getNotification),
  entry('GetBucketRequestPayment', 'bucket', 'GET', 'requestPayment', 's3:GetBucketRequestPayment', unset.getRequestPayment),
  entry('ListObjectVersions', 'bucket', 'GET', 'versions', 's3:ListBucketVersions', listObjectVersions),
  entry('ListObjects', 'bucket', 'GET', null, 's3:ListBucket', listObjects),
  entry('ListObjectsV2', 'bucket', 'GET', 'list-type', 's3:ListBucket', listObjectsV2),
  entry('PostObject', 'bucket', 'POST', null, null, postObject),
  entry('ListMultipartUploads', 'bucket', 'GET', 'uploads', 's3:ListBucketMultipartUploads', listMultipartUploads),
  entry('DeleteObjects', 'bucket', 'POST', 'delete', null, deleteObjects),
  entry('PutObject', 'object', 'PUT', null, 's3:PutObject', putObject),
  entry('CopyObject', 'object', 'PUT', null, 's3:PutObject', copyObject),
  entry('GetObject', 'object', 'GET', null, 's3:GetObject', getObject),
  entry('HeadObject', 'object', 'HEAD', null, 's3:GetObject', headObject),
  entry('DeleteObject', 'object', 'DELETE', null, 's3:DeleteObject', deleteObject),
  entry('GetObjectAttributes', 'object', 'GET', 'attributes', 's3:GetObjectAttributes', getObjectAttributes),
  entry('GetObjectTagging', 'object', 'GET', 'tagging', 's3:GetObjectTagging', getObjectTagging),
  entry('PutObjectTagging', 'object', 'PUT', 'tagging', 's3:PutObjectTagging', putObjectTagging),
  entry('DeleteObjectTagging', 'object', 'DELETE', 'tagging', 's3:DeleteObjectTagging', deleteObjectTagging),
  entry('GetObjectAcl', 'object', 'GET', 'acl', 's3:GetObjectAcl', getObjectAcl),
  entry('PutObjectAcl', 'object', 'PUT', 'acl', 's3:PutObjectAcl', putObjectAcl),
  entry('GetObjectRetention', 'object', 'GET', 'retention', 's3:GetObjectRetention', objectLock),
  entry('PutObjectRetention', 'object', 'PUT', 'retention', 's3:PutObjectRetention', objectLock),
  entry('GetObjectLegalHold', 'object', 'GET', 'legal-hold', 's3:GetObjectLegalHold', objectLock),
  entry('PutObjectLegalHold', 'object', 'PUT', 'legal-hold', 's3:PutObjectLegalHold', objectLock),
  entry('RestoreObject', 'object', 'POST', 'restore', 's3:RestoreObject', restoreObject),
  entry('CreateMultipartUpload', 'object', 'POST', 'uploads', 's3:PutObject', createMultipartUpload),
  entry('UploadPart', 'object', 'PUT', 'uploadId', 's3:PutObject', uploadPart),
  entry('UploadPartCopy', 'object', 'PUT', 'uploadId', 's3:PutObject', uploadPartCopy),
  entry('ListParts', 'object', 'GET', 'uploadId', 's3:ListMultipartUploadParts', listParts),
  entry('CompleteMultipartUpload', 'object', 'POST', 'uploadId', 's3:PutObject', completeMultipartUpload),
  entry('AbortMultipartUpload', 'object', 'DELETE', 'uploadId', 's3:AbortMultipartUpload', abortMultipartUpload),
  entry('SelectObjectContent', 'object', 'POST', 'select', 's3:GetObject', selectObjectContent),
];

/**
 * The operation a request asks for. A query parameter that the operation does not know may turn it into another one, so none that S3
 * has is ignored, and none at all where something is written: `PUT ?renameObject` taken for a PutObject would overwrite data.
 * @throws SelectError NotImplemented, MethodNotAllowed
 */
export function findOperation(method: string, { bucket, key, query }: Target, headers: ApiRequest['headers']): Operation {
  // The one operation whose path holds neither bucket nor key.
  if (method === 'POST' && bucket === 'WriteGetObjectResponse') throw new SelectError('NotImplemented', { reason: bucket });
  const level: Level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const candidates = byMethod.get(`${level} ${method}`) ?? [];
  const subresourceAsked =
    query.size === 0 ? null : (candidates.find(({ subresource }) => subresource !== null && query.has(subresource))?.subresource ?? null);
  const ofSubresource = candidates.filter(({ subresource }) => subresource === subresourceAsked);
  const operation =
    ofSubresource.find(({ header }) => header !== undefined && headers[header] !== undefined) ??
    ofSubresource.find(({ header }) => header === undefined);
  const { subresource = null, parameters = [] } = operation ?? {};
  const isReading = method === 'GET' || method === 'HEAD';
  for (const name of query.keys()) {
    if (name !== subresource && !parameters.includes(name) && !isKnownEverywhere(name) && !(isReading && isForeign(name))) {
      throw new SelectError('NotImplemented', { reason: `the query parameter ${name.slice(0, 64)}` });
    }
  }
  if (operation !== undefined) return operation;
  throw new SelectError('MethodNotAllowed');
}

/** By level and method. */
const byMethod = new Map<string, Operation[]>();
for (const operation of operations) {
  const name = `${operation.level} ${operation.method}`;
  byMethod.set(name, [...(byMethod.get(name) ?? []), operation]);
}

/** Parts of a signature, what SDKs add to say who they are or which checksum a body would have, and notes of the user's own. */
function isKnownEverywhere(name: string): boolean {
  if (signatureParameters.has(name)) return true;
  if (/^x-amz-/i.test(name)) return /^x-amz-(user-agent|sdk-checksum-algorithm|checksum-.*)$/.test(name);
  // why: S3 leaves all other names with this beginning to its users, who find them again in the log.
  return name.startsWith('x-');
}

/**
 * Whether a parameter means nothing to any operation of S3, nor to servers like it. Links of web pages have such: the page that a form
 * leads to is told of the upload in them, others keep caches from answering.
 */
function isForeign(name: string): boolean {
  return !reservedParameters.has(name) && !/^x-amz-/i.test(name);
}

/** Beside those of the operations here: sub-resources of S3's others, and the extensions of MinIO and Ceph. */
const reservedParameters: ReadonlySet<string> = new Set([
  ...operations.flatMap(({ subresource, parameters }) => (subresource === null ? parameters : [subresource, ...parameters])),
  ...(
    'abac analytics annotation append defaultObjectAcl intelligent-tiering inventory metadataAnnotationTable metadataConfiguration ' +
    'metadataInventoryTable metadataJournalTable metadataTable metrics renameObject session torrent ' +
    'allow-unordered events lambdaArn metadata usage'
  ).split(' '),
]);

const signatureParameters = new Set([
  'AWSAccessKeyId',
  'Expires',
  'Signature',
  ...['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature', 'Security-Token', 'Content-Sha256'].map(
    (part) => `X-Amz-${part}`,
  ),
]);

function entry(
  name: string,
  level: Level,
  method: string,
  subresource: string | null,
  action: string | null,
  body: OperationBody,
): Operation {
  return { name, level, method, subresource, action, ...body };
}
