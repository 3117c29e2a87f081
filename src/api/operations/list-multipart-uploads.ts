import { identityOf, ownerOf } from '../../auth/state.ts';
import { limits } from '../../base/limits.ts';
import { prefixesXml, readCount, readListParameters } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { element, ownerXml, textElement, xmlAnswer } from '../xml-answer.ts';

export const listMultipartUploads: OperationBody = {
  parameters: ['prefix', 'delimiter', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
  async handle({ services, bucket, query }) {
    const { prefix, delimiter, encode, encodingType } = readListParameters(query);
    const maxUploads = readCount('max-uploads', query.get('max-uploads'), limits.list_keys_max);
    const afterKey = query.get('key-marker') ?? '';
    // why: S3 ignores the id without the key.
    const afterUploadId = afterKey === '' ? '' : (query.get('upload-id-marker') ?? '');
    const page = await services.store.listUploads({ bucket, prefix, delimiter, afterKey, afterUploadId, maxUploads });
    const owner = ownerOf(services.state, bucket);
    const entries = page.uploads.map(({ key, uploadId, initiatedAt, storageClass, checksum, initiator }) =>
      element(
        'Upload',
        textElement('Key', encode(key)) +
          textElement('UploadId', uploadId) +
          ownerXml(identityOf(services.state, initiator), 'Initiator') +
          ownerXml(owner) +
          textElement('StorageClass', storageClass) +
          textElement('Initiated', initiatedAt.toISOString()) +
          textElement('ChecksumAlgorithm', checksum?.algorithm.toUpperCase()) +
          textElement('ChecksumType', checksum?.type),
      ),
    );
    const content = [
      textElement('Bucket', bucket),
      textElement('KeyMarker', encode(afterKey)),
      textElement('UploadIdMarker', afterUploadId),
      textElement('NextKeyMarker', page.next === undefined ? undefined : encode(page.next.key)),
      textElement('NextUploadIdMarker', page.next?.uploadId),
      textElement('Prefix', encode(prefix)),
      textElement('Delimiter', delimiter === undefined ? undefined : encode(delimiter)),
      textElement('EncodingType', encodingType),
      textElement('MaxUploads', maxUploads),
      textElement('IsTruncated', page.isTruncated),
      entries.join(''),
      prefixesXml(page.commonPrefixes, encode),
    ];
    return xmlAnswer('ListMultipartUploadsResult', content.join(''));
  },
};
