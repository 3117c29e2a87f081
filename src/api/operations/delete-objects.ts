import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Deletion } from '../../storage/store.ts';
import { actionOnVersion } from '../access.ts';
import type { ApiRequest } from '../http.ts';
import type { OperationBody, OperationContext } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml, type XmlElement } from '../request-xml.ts';
import { checkVersion } from '../versions.ts';
import { element, textElement, xmlAnswer } from '../xml-answer.ts';

export const deleteObjects: OperationBody = {
  parameters: [],
  async handle(context) {
    const { services, request, bucket, body } = context;
    checkDigest(request.headers);
    const { isQuiet, named } = readDeletions(await readXmlBody(body));
    await services.store.headBucket(bucket);
    const refusals = await Promise.all(named.map((deletion) => refusalOf(deletion, context)));
    const allowed = named.filter((_, at) => refusals[at] === undefined);
    const failures = await services.store.deleteObjects(bucket, allowed);
    const errorOf = new Map<NamedDeletion, SelectError | undefined>(allowed.map((deletion, at) => [deletion, failures[at]]));
    const entries = named.map((deletion, at) => entryXml(deletion, refusals[at] ?? errorOf.get(deletion), isQuiet));
    return xmlAnswer('DeleteResult', entries.join(''));
  },
};

interface NamedDeletion extends Deletion {
  readonly versionId: string | undefined;
}

/** @throws SelectError InvalidRequest: a list that arrived damaged would delete something else */
function checkDigest(headers: ApiRequest['headers']): void {
  const digests = Object.keys(headers).filter((name) => name === 'content-md5' || /^x-amz-checksum-(?!algorithm|mode|type)/.test(name));
  if (digests.length === 0) {
    throw new SelectError('InvalidRequest', { reason: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*' });
  }
}

/** @throws SelectError MalformedXML, InvalidArgument */
function readDeletions(document: Uint8Array): { readonly isQuiet: boolean; readonly named: readonly NamedDeletion[] } {
  const root = parseXml(document);
  if (root.name !== 'Delete') throw new SelectError('MalformedXML', { reason: 'the root element is not known' });
  const named = root.children.filter(({ name }) => name === 'Object').map(readDeletion);
  if (named.length === 0 || named.length > limits.deletions_max) {
    throw new SelectError('MalformedXML', { reason: `1 to ${limits.deletions_max} objects can be named` });
  }
  return { isQuiet: memberOf(root, 'Quiet')?.trim().toLowerCase() === 'true', named };
}

function readDeletion(object: XmlElement): NamedDeletion {
  const key = memberOf(object, 'Key');
  if (key === undefined) throw new SelectError('MalformedXML', { reason: 'an Object has no Key' });
  const [ifMatch, modified, size] = ['ETag', 'LastModifiedTime', 'Size'].map((name) => memberOf(object, name)?.trim());
  const lastModified = modified === undefined ? undefined : new Date(modified);
  if (lastModified !== undefined && Number.isNaN(lastModified.getTime())) throw notUnderstood('LastModifiedTime');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw notUnderstood('Size');
  const condition = { ifMatch, lastModified, size: size === undefined ? undefined : Number(size) };
  return { key, versionId: memberOf(object, 'VersionId'), condition };
}

function notUnderstood(member: string): SelectError {
  return new SelectError('InvalidArgument', { reason: `the value of ${member} is not valid` });
}

function memberOf({ children }: XmlElement, name: string): string | undefined {
  return children.find((child) => child.name === name)?.text;
}

/** Why one who asks for many deletions may not have this one. */
async function refusalOf({ key, versionId }: NamedDeletion, { bucket, authorize }: OperationContext): Promise<SelectError | undefined> {
  const action = 's3:DeleteObject';
  try {
    await authorize(versionId === undefined ? action : actionOnVersion(action), bucket, key);
    checkVersion(versionId);
    return undefined;
  } catch (error) {
    if (error instanceof SelectError) return error;
    throw error;
  }
}

function entryXml({ key, versionId }: NamedDeletion, error: SelectError | undefined, isQuiet: boolean): string {
  const object = textElement('Key', key) + textElement('VersionId', versionId);
  if (error !== undefined) return element('Error', object + textElement('Code', error.code) + textElement('Message', error.message));
  return isQuiet ? '' : element('Deleted', object);
}
