import { ownerOf } from '../../auth/state.ts';
import { SelectError } from '../../base/errors.ts';
import { contentsXml, prefixesXml, readListParameters } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { readToken, writeToken } from '../tokens.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const listObjectsV2: OperationBody = {
  parameters: ['prefix', 'delimiter', 'continuation-token', 'start-after', 'max-keys', 'encoding-type', 'fetch-owner'],
  async handle({ services, bucket, query }) {
    if (query.get('list-type') !== '2') throw new SelectError('InvalidArgument', { reason: 'list-type is not 2' });
    const { prefix, delimiter, maxKeys, encode, encodingType } = readListParameters(query);
    const startAfter = query.get('start-after');
    const token = query.get('continuation-token');
    const after = readToken(token) ?? startAfter;
    const page = await services.store.listObjects({ bucket, prefix, delimiter, startAfter: after, maxKeys });
    const next = page.nextStartAfter;
    const content = [
      textElement('Name', bucket),
      textElement('Prefix', encode(prefix)),
      textElement('StartAfter', startAfter === undefined ? undefined : encode(startAfter)),
      textElement('ContinuationToken', token),
      textElement('NextContinuationToken', next === undefined ? undefined : writeToken(next)),
      textElement('KeyCount', page.objects.length + page.commonPrefixes.length),
      textElement('MaxKeys', maxKeys),
      textElement('Delimiter', delimiter === undefined ? undefined : encode(delimiter)),
      textElement('EncodingType', encodingType),
      textElement('IsTruncated', page.isTruncated),
      contentsXml(page.objects, encode, query.get('fetch-owner') === 'true' ? ownerOf(services.state, bucket) : undefined),
      prefixesXml(page.commonPrefixes, encode),
    ];
    return xmlAnswer('ListBucketResult', content.join(''));
  },
};
