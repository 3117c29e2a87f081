/** Checksums in headers and XML documents. */
import { type Checksum, type ChecksumAlgorithm, canCombine, createDigest, isChecksumAlgorithm } from '../auth/checksum.ts';
import { SelectError } from '../base/errors.ts';
import type { UploadChecksum } from '../storage/multipart.ts';
import type { ObjectChecksum } from '../storage/object.ts';
import type { ApiRequest } from './http.ts';
import { textElement } from './xml-answer.ts';

/** The headers that tell a checksum; nothing where there is none. */
export function checksumHeaders(checksum: ObjectChecksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [headerOf(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export function headerOf(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm}`;
}

/** The element that holds a checksum, such as ChecksumCRC32. */
export function checksumXml(algorithm: ChecksumAlgorithm, value: string | undefined): string {
  return textElement(elementOf(algorithm), value);
}

export function objectChecksumXml(checksum: ObjectChecksum | undefined): string {
  return checksum === undefined ? '' : checksumXml(checksum.algorithm, checksum.value) + textElement('ChecksumType', checksum.type);
}

/** The algorithm whose checksum an element of this name holds. */
export function algorithmOf(elementName: string): ChecksumAlgorithm | undefined {
  const name = elementName.startsWith('Checksum') ? elementName.slice('Checksum'.length).toLowerCase() : '';
  return isChecksumAlgorithm(name) ? name : undefined;
}

/**
 * The algorithm that a header names.
 * @throws SelectError NotImplemented, InvalidRequest
 */
export function readAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  if (name === undefined) return undefined;
  const algorithm = name.toLowerCase();
  if (isChecksumAlgorithm(algorithm)) return algorithm;
  if (algorithm.startsWith('xxhash')) throw new SelectError('NotImplemented', { reason: `the checksum algorithm ${name}` });
  throw new SelectError('InvalidRequest', { reason: 'the checksum algorithm provided is not supported' });
}

/**
 * The checksum that the object of an upload is to have.
 * @throws SelectError NotImplemented, InvalidRequest (an algorithm or a type that is not known, or one that does not go with the other)
 */
export function readUploadChecksum(headers: ApiRequest['headers']): UploadChecksum | undefined {
  const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']);
  const type = readChecksumType(headers);
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw new SelectError('InvalidRequest', { reason: 'x-amz-checksum-type needs x-amz-checksum-algorithm beside it' });
  }
  const chosen = type ?? (canCombine(algorithm, 'COMPOSITE') ? 'COMPOSITE' : 'FULL_OBJECT');
  if (canCombine(algorithm, chosen)) return { algorithm, type: chosen };
  const reason = `the ${chosen} checksum type cannot be used with the ${algorithm} checksum algorithm`;
  throw new SelectError('InvalidRequest', { reason });
}

/** @throws SelectError InvalidRequest */
export function readChecksumType(headers: ApiRequest['headers']): UploadChecksum['type'] | undefined {
  const type = headers['x-amz-checksum-type'];
  if (type === undefined || type === 'COMPOSITE' || type === 'FULL_OBJECT') return type;
  throw new SelectError('InvalidRequest', { reason: 'x-amz-checksum-type is neither COMPOSITE nor FULL_OBJECT' });
}

/**
 * The checksum of an object that is to be, where a request names it in a header; one of parts may end in their number, `-N`.
 * @throws SelectError InvalidRequest (more than one), BadDigest (not of the algorithm's length), NotImplemented
 */
export function readObjectChecksum(headers: ApiRequest['headers']): Checksum | undefined {
  const names = Object.keys(headers).filter((name) => name.startsWith('x-amz-checksum-') && !notChecksums.has(name));
  const [name] = names;
  if (name === undefined) return undefined;
  if (names.length > 1) throw new SelectError('InvalidRequest', { reason: 'more than one checksum is given' });
  const algorithm = readAlgorithm(name.slice('x-amz-checksum-'.length));
  const base64 = headers[name];
  if (algorithm === undefined || base64 === undefined) return undefined;
  const bytes = Buffer.from(base64.replace(/-\d+$/, ''), 'base64').length;
  if (bytes !== createDigest(algorithm).digest().length) throw new SelectError('BadDigest', { checksum: algorithm.toUpperCase() });
  return { algorithm, base64 };
}

const notChecksums = new Set(['algorithm', 'mode', 'type'].map((word) => `x-amz-checksum-${word}`));

function elementOf(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm.toUpperCase()}`;
}
