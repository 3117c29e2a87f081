/**
 * Access control lists, which say nothing here: the owner of a bucket owns what is in it, and policies say who else may do what
 * (on S3, "bucket owner enforced"). They can be read, and set to what they are.
 */
import type { Identity } from '../auth/identity.ts';
import { SelectError } from '../base/errors.ts';
import type { ApiRequest } from './http.ts';
import { parseXml, type XmlElement } from './request-xml.ts';
import { element, ownerXml, textElement } from './xml-answer.ts';

/** The content of an AccessControlPolicy: the owner may do everything. */
export function ownerAclXml(owner: Identity): string {
  const namespace = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"';
  const grantee = `<Grantee ${namespace}>${textElement('ID', owner.id)}${textElement('DisplayName', owner.name)}</Grantee>`;
  return ownerXml(owner) + element('AccessControlList', element('Grant', grantee + textElement('Permission', 'FULL_CONTROL')));
}

/**
 * Checks the list that the headers of a request ask for.
 * @throws SelectError `code` (another one than the owner's)
 */
export function checkAclHeaders(headers: ApiRequest['headers'], code: AclError = 'AccessControlListNotSupported'): void {
  const canned = headers['x-amz-acl'];
  const granting = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'));
  if (granting || (canned !== undefined && !harmless.includes(canned))) throw new SelectError(code);
}

/** On a bucket that is there, and on one that is to be made. */
type AclError = 'AccessControlListNotSupported' | 'InvalidBucketAclWithObjectOwnership';

/**
 * Checks what a request to set a list asks for: the list named by a header, or a document.
 * @throws SelectError AccessControlListNotSupported (another one than the owner's), MalformedACLError, MalformedXML
 */
export function checkAcl(headers: ApiRequest['headers'], document: Uint8Array, owner: Identity): void {
  checkAclHeaders(headers);
  if (document.length === 0 && headers['x-amz-acl'] !== undefined) return;
  if (document.length === 0) throw new SelectError('MalformedACLError');
  if (!grantsOf(parseXml(document)).every((grant) => isOwners(grant, owner))) throw new SelectError('AccessControlListNotSupported');
}

/** Canned lists that give nobody but the owner of the bucket anything. */
const harmless: readonly string[] = ['private', 'bucket-owner-read', 'bucket-owner-full-control'];

function grantsOf(root: XmlElement): readonly XmlElement[] {
  const list = root.children.find(({ name }) => name === 'AccessControlList');
  if (root.name !== 'AccessControlPolicy' || list === undefined || list.children.length === 0) throw new SelectError('MalformedACLError');
  return list.children;
}

function isOwners({ name, children }: XmlElement, owner: Identity): boolean {
  const text = (parent: readonly XmlElement[], member: string): string | undefined => parent.find((child) => child.name === member)?.text;
  const grantee = children.find((child) => child.name === 'Grantee')?.children ?? [];
  return name === 'Grant' && text(children, 'Permission') === 'FULL_CONTROL' && text(grantee, 'ID') === owner.id;
}
