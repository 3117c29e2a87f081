/** An object's description as HTTP headers, in both directions. */
import { SelectError } from '../base/errors.ts';
import type { ContentHeaders, ObjectInfo } from '../storage/object.ts';
import { contentHeaderNames } from '../storage/object.ts';
import type { ApiRequest } from './http.ts';

const metadataPrefix = 'x-amz-meta-';

/** What a PutObject request says of its object. `aws-chunked` was the transfer's encoding, not the object's. */
export function descriptionFrom(headers: ApiRequest['headers']): {
  contentType: string | undefined;
  metadata: Record<string, string>;
  contentHeaders: ContentHeaders;
} {
  // why: without a prototype, `__proto__` is a name like any other.
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = value;
  }
  const contentHeaders: { -readonly [Name in keyof ContentHeaders]: ContentHeaders[Name] } = {};
  for (const name of contentHeaderNames) {
    const value = name === 'content-encoding' ? storedEncoding(headers[name]) : headers[name];
    if (value !== undefined && value !== '') contentHeaders[name] = value;
  }
  return { contentType: headers['content-type'] || undefined, metadata, contentHeaders };
}

/** The headers of GetObject and HeadObject, but for those of the length. */
export function descriptionOf(info: ObjectInfo, query: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = {
    etag: info.etag,
    'last-modified': info.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': printable(info.contentType),
  };
  for (const name of contentHeaderNames) {
    const value = info.contentHeaders[name];
    if (value !== undefined) headers[name] = printable(value);
  }
  for (const [name, value] of Object.entries(info.metadata)) {
    if (/^[!#$%&'*+.^`|~\w-]+$/.test(name)) headers[metadataPrefix + name] = printable(value);
  }
  for (const [parameter, name] of responseOverrides) {
    const value = query.get(parameter);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new SelectError('InvalidArgument', { reason: parameter });
    headers[name] = value;
  }
  return headers;
}

/** Parameters of GetObject and HeadObject that set a header of the answer. */
const responseOverrides: readonly (readonly [parameter: string, header: string])[] = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
].map((name) => [`response-${name}`, name] as const);

export const responseOverrideParameters = responseOverrides.map(([parameter]) => parameter);

function storedEncoding(value: string | undefined): string | undefined {
  return value
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding.toLowerCase() !== 'aws-chunked')
    .join(',');
}

/** Stored text may come from a file that another program wrote; a header takes one byte a character and no controls. */
function printable(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
