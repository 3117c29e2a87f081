import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { descriptionFrom } from '../object-headers.ts';
import type { OperationBody } from '../operation.ts';

export const putObject: OperationBody = {
  parameters: [],
  takesChunks: true,
  unsupportedHeaders: {
    'x-amz-acl': ['private', 'bucket-owner-read', 'bucket-owner-full-control'],
    'x-amz-grant-*': [],
    'x-amz-object-lock-*': [],
    'x-amz-storage-class': ['STANDARD'],
    'x-amz-tagging': [''],
    'x-amz-website-redirect-location': [],
  },
  async handle({ services, request, bucket, key, body }) {
    const { headers, signal } = request;
    if (body.length === undefined && headers['transfer-encoding'] === undefined) throw new SelectError('MissingContentLength');
    if ((body.length ?? 0) > limits.put_bytes_max) throw new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
    const condition = { ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };
    const description = descriptionFrom(headers);
    const { etag } = await services.store.putObject({ bucket, key, body, size: body.length, condition, signal, ...description });
    const answer: Record<string, string> = { etag, 'content-length': '0' };
    if (body.checksum !== undefined) {
      answer[`x-amz-checksum-${body.checksum.algorithm}`] = body.checksum.base64;
      answer['x-amz-checksum-type'] = 'FULL_OBJECT';
    }
    return { status: 200, headers: answer, body: null };
  },
};
