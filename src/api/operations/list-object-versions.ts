import type { Identity } from '../../auth/identity.ts';
import { ownerOf } from '../../auth/state.ts';
import { SelectError } from '../../base/errors.ts';
import type { ListedObject } from '../../storage/object.ts';
import type { ListResult } from '../../storage/store.ts';
import { listedXml, prefixesXml, readListParameters } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { element, textElement, xmlAnswer } from '../xml-answer.ts';

/** Of a bucket without versions: every object is the latest and only one, `null`. */
export const listObjectVersions: OperationBody = {
  parameters: ['prefix', 'delimiter', 'key-marker', 'version-id-marker', 'max-keys', 'encoding-type'],
  async handle({ services, bucket, query }) {
    const { prefix, delimiter, maxKeys, encode, encodingType } = readListParameters(query);
    const keyMarker = query.get('key-marker') ?? '';
    const versionIdMarker = query.get('version-id-marker') ?? '';
    checkMarkers(keyMarker, versionIdMarker);
    // why: after its only version comes the next key, so both kinds of marker mean the same place.
    const page = await services.store.listObjects({ bucket, prefix, delimiter, startAfter: keyMarker, maxKeys });
    const owner = ownerOf(services.state, bucket);
    const content = [
      textElement('Name', bucket),
      textElement('Prefix', encode(prefix)),
      textElement('KeyMarker', encode(keyMarker)),
      textElement('VersionIdMarker', versionIdMarker),
      nextMarkers(page, encode),
      textElement('MaxKeys', maxKeys),
      textElement('Delimiter', delimiter === undefined ? undefined : encode(delimiter)),
      textElement('EncodingType', encodingType),
      textElement('IsTruncated', page.isTruncated),
      page.objects.map((object) => versionXml(object, encode, owner)).join(''),
      prefixesXml(page.commonPrefixes, encode),
    ];
    return xmlAnswer('ListVersionsResult', content.join(''));
  },
};

/** @throws SelectError InvalidArgument */
function checkMarkers(keyMarker: string, versionIdMarker: string): void {
  if (versionIdMarker === '') return;
  const reason =
    keyMarker === ''
      ? 'A version-id marker cannot be specified without a key marker.'
      : versionIdMarker !== 'null'
        ? 'Invalid version id specified'
        : undefined;
  if (reason !== undefined) throw new SelectError('InvalidArgument', { reason, ArgumentName: 'version-id-marker' });
}

function nextMarkers({ nextStartAfter: next, commonPrefixes }: ListResult, encode: (key: string) => string): string {
  if (next === undefined) return '';
  const version = commonPrefixes.at(-1) === next ? '' : textElement('NextVersionIdMarker', 'null');
  return textElement('NextKeyMarker', encode(next)) + version;
}

function versionXml(object: ListedObject, encode: (key: string) => string, owner: Identity): string {
  return element('Version', textElement('VersionId', 'null') + textElement('IsLatest', true) + listedXml(object, encode, owner));
}
