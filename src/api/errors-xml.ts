/** An error as the XML document of S3's REST interface, and the escaping every other XML answer needs too. */
import type { SelectError } from '../base/errors.ts';

export interface ErrorContext {
  /** The path asked for, as `/bucket/key`. */
  readonly resource: string;
  readonly requestId: string;
  readonly hostId: string;
}

/** The body of an error answer; its status is `error.status`. Parameters that begin with an upper-case letter are elements of their own. */
export function errorXml(error: SelectError, { resource, requestId, hostId }: ErrorContext): string {
  const extra = Object.entries(error.params).filter(([name]) => /^[A-Z]/.test(name));
  const members = {
    Code: error.code,
    Message: error.message,
    ...Object.fromEntries(extra.map(([name, value]) => [name, String(value)])),
    Resource: resource,
    RequestId: requestId,
    HostId: hostId,
  };
  const elements = Object.entries(members).map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`);
  return `${xmlDeclaration}<Error>${elements.join('')}</Error>`;
}

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Text for an element or attribute. Characters that XML 1.0 cannot carry become U+FFFD; CR stays CR through any parser. */
export function escapeXml(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(special, (character) => entities[character] ?? '\ufffd');
}

/** What most text is, told in a fraction of the time. */
const plain = /^[\w ./:=+-]*$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the controls XML forbids are what it is about
const special = /[&<>"'\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};
