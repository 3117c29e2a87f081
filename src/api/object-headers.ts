/** An object's description as HTTP headers, in both directions. */
import { decodeComponent, parseQuery } from '../auth/canonical.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ContentHeaders, DescriptionRequest, ObjectInfo, Tags } from '../storage/object.ts';
import { contentHeaderNames, storageClassDefault } from '../storage/object.ts';
import { decodeWords, encodeWords } from './encoded-words.ts';
import type { ApiRequest } from './http.ts';
import { tagsFrom } from './tagging.ts';

const metadataPrefix = 'x-amz-meta-';

/**
 * What a request that makes an object says of it. `aws-chunked` was the transfer's encoding, not the object's.
 * @throws SelectError InvalidStorageClass, InvalidArgument (tags that cannot be read), InvalidTag, BadRequest (too many tags)
 */
export function describedBy(headers: ApiRequest['headers']): DescriptionRequest {
  // why: without a prototype, `__proto__` is a name like any other.
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = decodeWords(value);
  }
  const contentHeaders: { -readonly [Name in keyof ContentHeaders]: ContentHeaders[Name] } = {};
  for (const name of contentHeaderNames) {
    const value = name === 'content-encoding' ? storedEncoding(headers[name]) : headers[name];
    if (value !== undefined && value !== '') contentHeaders[name] = value;
  }
  return {
    contentType: headers['content-type'] || undefined,
    metadata,
    contentHeaders,
    storageClass: readStorageClass(headers['x-amz-storage-class']),
    tags: readTags(headers['x-amz-tagging']),
  };
}

/** A header as it would have been sent, of a request that says it as text: in its query, or in a form. */
export function headerOf(name: string, text: string): string {
  // why: headers have one character a byte, and metadata a form for text.
  return name.startsWith(metadataPrefix) ? encodeWords(text) : Buffer.from(text).toString('latin1');
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
    if (/^[!#$%&'*+.^`|~\w-]+$/.test(name)) headers[metadataPrefix + name] = encodeWords(value);
  }
  if (info.storageClass !== storageClassDefault) headers['x-amz-storage-class'] = printable(info.storageClass);
  const tags = Object.keys(info.tags).length;
  if (tags > 0) headers['x-amz-tagging-count'] = String(tags);
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

/** Classes that say how an object is stored, and ask for nothing before it can be read. */
const storageClasses: readonly string[] = [
  storageClassDefault,
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
];

function readStorageClass(name: string | undefined): string | undefined {
  if (name !== undefined && !storageClasses.includes(name)) throw new SelectError('InvalidStorageClass');
  return name;
}

function readTags(header: string | undefined): Tags | undefined {
  if (header === undefined || header === '') return undefined;
  const pairs = parseQuery(header.replaceAll('+', '%20')).map(([name, value]) => [decodeComponent(name), decodeComponent(value)]);
  if (pairs.some(([name, value]) => name === undefined || value === undefined)) {
    throw new SelectError('InvalidArgument', {
      reason: 'x-amz-tagging must hold tags as URL-encoded query parameters',
      ArgumentName: 'x-amz-tagging',
    });
  }
  return tagsFrom(
    pairs.map(([name = '', value = '']) => [name, value]),
    limits.object_tags_max,
  );
}

function storedEncoding(value: string | undefined): string | undefined {
  return value
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding.toLowerCase() !== 'aws-chunked')
    .join(', ');
}

/** Stored text may come from a file that another program wrote; a header takes one byte a character and no controls. */
function printable(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
