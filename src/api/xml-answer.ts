/** Answers that are XML documents. */
import type { Identity } from '../auth/identity.ts';
import { escapeXml, xmlDeclaration } from './errors-xml.ts';
import type { ApiResponse } from './http.ts';

/** A document in S3's namespace; `content` is XML already. */
export function xmlAnswer(root: string, content: string): ApiResponse {
  const body = Buffer.from(`${xmlDeclaration}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`);
  return { status: 200, headers: { 'content-type': 'application/xml', 'content-length': String(body.length) }, body };
}

export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** An element with text, or nothing where there is none. */
export function textElement(name: string, text: string | number | boolean | undefined): string {
  return text === undefined ? '' : element(name, escapeXml(String(text)));
}

export function ownerXml({ id, name }: Pick<Identity, 'id' | 'name'>, tag = 'Owner'): string {
  return element(tag, textElement('ID', id) + textElement('DisplayName', name));
}
