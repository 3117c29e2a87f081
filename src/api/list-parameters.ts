/** What the two versions of ListObjects share: their parameters, and how keys stand in their answers. */
import { encodePath } from '../auth/canonical.ts';
import type { Identity } from '../auth/identity.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ListedObject } from '../storage/object.ts';
import { escapeXml } from './errors-xml.ts';
import { element, ownerXml, textElement } from './xml-answer.ts';

export interface ListParameters {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly maxKeys: number;
  readonly encodingType: string | undefined;
  /** A key as it stands in the answer: as it is, or percent-encoded, for XML cannot hold every key. */
  encode(key: string): string;
}

/** @throws SelectError InvalidArgument */
export function readListParameters(query: ReadonlyMap<string, string>): ListParameters {
  const encodingType = query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new SelectError('InvalidArgument', { reason: 'Invalid Encoding Method specified in Request' });
  }
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') || undefined,
    maxKeys: readCount('max-keys', query.get('max-keys'), limits.list_keys_max),
    encodingType,
    encode: encodingType === undefined ? (key) => key : encodePath,
  };
}

/** A number of things wanted, cut to the most there may be, which is also its default. */
export function readCount(name: string, text: string | undefined, max: number): number {
  if (text === undefined || text === '') return max;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff) {
    throw new SelectError('InvalidArgument', { reason: `${name} is not an integer between 0 and 2147483647` });
  }
  return Math.min(Number(text), max);
}

/** `owner`: undefined where it is not to be told. */
export function contentsXml(objects: readonly ListedObject[], encode: (key: string) => string, owner: Identity | undefined): string {
  return objects.map((object) => element('Contents', listedXml(object, encode, owner))).join('');
}

/** What every list says of an object. */
export function listedXml(object: ListedObject, encode: (key: string) => string, owner: Identity | undefined): string {
  const { key, lastModified, etag, size, storageClass, checksum } = object;
  // why: one text, and not an element at a time: a page has a thousand of them.
  const checksumXml =
    checksum === undefined
      ? ''
      : `<ChecksumAlgorithm>${checksum.algorithm.toUpperCase()}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`;
  return (
    `<Key>${escapeXml(encode(key))}</Key><LastModified>${lastModified.toISOString()}</LastModified>` +
    `<ETag>${etag.replaceAll('"', '&quot;')}</ETag>${checksumXml}<Size>${size}</Size>${owner === undefined ? '' : ownerXml(owner)}` +
    `<StorageClass>${escapeXml(storageClass)}</StorageClass>`
  );
}

export function prefixesXml(prefixes: readonly string[], encode: (key: string) => string): string {
  return prefixes.map((prefix) => element('CommonPrefixes', textElement('Prefix', encode(prefix)))).join('');
}
