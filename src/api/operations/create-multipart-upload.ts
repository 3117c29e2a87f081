import { checkAclHeaders } from '../acl.ts';
import { readUploadChecksum } from '../checksums.ts';
import { describedBy } from '../object-headers.ts';
import type { OperationBody } from '../operation.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const createMultipartUpload: OperationBody = {
  parameters: [],
  unsupportedHeaders: { 'x-amz-object-lock-*': [] },
  async handle({ services, request, identity, bucket, key }) {
    const { headers } = request;
    checkAclHeaders(headers);
    const description = describedBy(headers);
    const checksum = readUploadChecksum(headers);
    const initiator = identity.kind === 'root' ? undefined : identity.id;
    const { uploadId } = await services.store.createUpload({ bucket, key, checksum, initiator, ...description });
    const answer = xmlAnswer(
      'InitiateMultipartUploadResult',
      textElement('Bucket', bucket) + textElement('Key', key) + textElement('UploadId', uploadId),
    );
    if (checksum !== undefined) {
      answer.headers['x-amz-checksum-algorithm'] = checksum.algorithm.toUpperCase();
      answer.headers['x-amz-checksum-type'] = checksum.type;
    }
    return answer;
  },
};
