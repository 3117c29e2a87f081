import { identityOf, ownerOf } from '../../auth/state.ts';
import { limits } from '../../base/limits.ts';
import { checksumXml } from '../checksums.ts';
import { readCount } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { uploadPlaceOf } from '../uploads.ts';
import { element, ownerXml, textElement, xmlAnswer } from '../xml-answer.ts';

export const listParts: OperationBody = {
  parameters: ['max-parts', 'part-number-marker'],
  async handle(context) {
    const { services, bucket, key, query } = context;
    const place = uploadPlaceOf(context);
    const after = readCount('part-number-marker', query.get('part-number-marker') || '0', Number.POSITIVE_INFINITY);
    const maxParts = readCount('max-parts', query.get('max-parts'), limits.list_keys_max);
    const { upload, parts, isTruncated } = await services.store.listParts({ ...place, after, maxParts });
    const owner = ownerOf(services.state, bucket);
    const { checksum } = upload;
    const entries = parts.map((part) =>
      element(
        'Part',
        textElement('PartNumber', part.number) +
          textElement('LastModified', part.lastModified.toISOString()) +
          textElement('ETag', part.etag) +
          textElement('Size', part.size) +
          (checksum === undefined ? '' : checksumXml(checksum.algorithm, part.checksum)),
      ),
    );
    const content = [
      textElement('Bucket', bucket),
      textElement('Key', key),
      textElement('UploadId', upload.uploadId),
      ownerXml(identityOf(services.state, upload.initiator), 'Initiator'),
      ownerXml(owner),
      textElement('StorageClass', upload.storageClass),
      textElement('PartNumberMarker', after),
      textElement('NextPartNumberMarker', parts.at(-1)?.number ?? 0),
      textElement('MaxParts', maxParts),
      textElement('IsTruncated', isTruncated),
      textElement('ChecksumAlgorithm', checksum?.algorithm.toUpperCase()),
      textElement('ChecksumType', checksum?.type),
      entries.join(''),
    ];
    return xmlAnswer('ListPartsResult', content.join(''));
  },
};
