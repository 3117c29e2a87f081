import { ownerOf } from '../../auth/state.ts';
import { contentsXml, prefixesXml, readListParameters } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

/** The first version of the operation: pages begin after a key, the marker. */
export const listObjects: OperationBody = {
  parameters: ['prefix', 'delimiter', 'marker', 'max-keys', 'encoding-type'],
  async handle({ services, bucket, query }) {
    const { prefix, delimiter, maxKeys, encode, encodingType } = readListParameters(query);
    const marker = query.get('marker') ?? '';
    const page = await services.store.listObjects({ bucket, prefix, delimiter, startAfter: marker, maxKeys });
    const next = page.nextStartAfter;
    const content = [
      textElement('Name', bucket),
      textElement('Prefix', encode(prefix)),
      textElement('Marker', encode(marker)),
      // why: without a delimiter the last key of the page is the next marker, and S3 leaves it out.
      textElement('NextMarker', next === undefined || delimiter === undefined ? undefined : encode(next)),
      textElement('MaxKeys', maxKeys),
      textElement('Delimiter', delimiter === undefined ? undefined : encode(delimiter)),
      textElement('EncodingType', encodingType),
      textElement('IsTruncated', page.isTruncated),
      contentsXml(page.objects, encode, ownerOf(services.state, bucket)),
      prefixesXml(page.commonPrefixes, encode),
    ];
    return xmlAnswer('ListBucketResult', content.join(''));
  },
};
