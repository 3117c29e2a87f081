import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { ObjectInfo } from '../../storage/object.ts';
import { partCount, partsOf } from '../../storage/part-layout.ts';
import { checksumXml, objectChecksumXml } from '../checksums.ts';
import type { ApiRequest } from '../http.ts';
import { readCount } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';
import { element, textElement, xmlAnswer } from '../xml-answer.ts';

export const getObjectAttributes: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, request, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    const wanted = readWanted(request.headers);
    const info = await services.store.headObject(bucket, key);
    const content = attributes.map((name) => (wanted.has(name) ? writers[name](info, request.headers) : ''));
    const answer = xmlAnswer('GetObjectAttributesResponse', content.join(''));
    answer.headers['last-modified'] = info.lastModified.toUTCString();
    return answer;
  },
};

/** In the order of the document. */
const attributes = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;

const writers: Readonly<Record<(typeof attributes)[number], (info: ObjectInfo, headers: ApiRequest['headers']) => string>> = {
  ETag: ({ etag }) => textElement('ETag', etag.replaceAll('"', '')),
  Checksum: ({ checksum }) => (checksum === undefined ? '' : element('Checksum', objectChecksumXml(checksum))),
  ObjectParts: partsXml,
  StorageClass: ({ storageClass }) => textElement('StorageClass', storageClass),
  ObjectSize: ({ size }) => textElement('ObjectSize', size),
};

/** @throws SelectError InvalidArgument */
function readWanted(headers: ApiRequest['headers']): ReadonlySet<string> {
  const names = (headers['x-amz-object-attributes'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const known: readonly string[] = attributes;
  if (names.length > 0 && names.every((name) => known.includes(name))) return new Set(names);
  throw new SelectError('InvalidArgument', {
    reason: `x-amz-object-attributes must name some of ${known.join(', ')}`,
    ArgumentName: 'x-amz-object-attributes',
  });
}

function partsXml({ parts, checksum }: ObjectInfo, headers: ApiRequest['headers']): string {
  if (parts === undefined) return '';
  const maxParts = readCount('x-amz-max-parts', headers['x-amz-max-parts'], limits.list_keys_max);
  const after = readCount('x-amz-part-number-marker', headers['x-amz-part-number-marker'] || '0', limits.part_number_max);
  const total = partCount(parts);
  const page = partsOf(parts, after + 1, maxParts);
  const last = page.at(-1)?.number ?? after;
  const entries = page.map(({ number, range, checksum: value }) =>
    element(
      'Part',
      (checksum === undefined ? '' : checksumXml(checksum.algorithm, value)) +
        textElement('PartNumber', number) +
        textElement('Size', range.end - range.start),
    ),
  );
  return element(
    'ObjectParts',
    textElement('IsTruncated', maxParts > 0 && last < total) +
      textElement('MaxParts', maxParts) +
      textElement('NextPartNumberMarker', last) +
      textElement('PartNumberMarker', after) +
      textElement('PartsCount', total) +
      entries.join(''),
  );
}
