import { checkAclHeaders } from '../acl.ts';
import { checksumHeaders } from '../checksums.ts';
import { writeConditionOf } from '../conditions.ts';
import { describedBy } from '../object-headers.ts';
import type { OperationBody } from '../operation.ts';
import { checkUploadLength } from '../read-body.ts';

export const putObject: OperationBody = {
  parameters: [],
  takesChunks: true,
  unsupportedHeaders: { 'x-amz-object-lock-*': [] },
  async handle({ services, request, bucket, key, body }) {
    const { headers } = request;
    checkUploadLength(headers, body);
    checkAclHeaders(headers);
    const description = describedBy(headers);
    const condition = writeConditionOf(headers);
    const result = await services.store.putObject({ bucket, key, body, size: body.length, condition, ...description });
    return { status: 200, headers: { etag: result.etag, ...checksumHeaders(result.checksum), 'content-length': '0' }, body: null };
  },
};
