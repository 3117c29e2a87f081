/** What a request is about: the bucket and key that its Host header and path name, in path style or virtual-hosted style. */
import { canonicalPath, decodeComponent, parseQuery } from '../auth/canonical.ts';
import { SelectError } from '../base/errors.ts';
import type { ApiRequest } from './http.ts';

export interface Target {
  /** The bucket, where the Host header names it and not the path; else empty. */
  readonly hostBucket: string;
  /** Empty for a request to the service itself. */
  readonly bucket: string;
  /** Empty for a request to a bucket. */
  readonly key: string;
  /** Parameters by name, decoded; of a repeated one the first. */
  readonly query: ReadonlyMap<string, string>;
}

/**
 * `domains`: host names below which a first label is a bucket, as in `bucket.localhost`.
 * @throws SelectError InvalidURI (no absolute path, or not UTF-8), InvalidBucketName (empty)
 */
export function readTarget({ rawPath, rawQuery, headers }: ApiRequest, domains: readonly string[]): Target {
  // why: a URL in place of a path would bring another host than the one checked.
  if (!rawPath.startsWith('/')) throw new SelectError('InvalidURI');
  const query = readQuery(rawQuery);
  const hostname = hostnameOf(headers['host'] ?? '');
  const domain = domains.find((name) => hostname.endsWith(`.${name}`));
  const path = decode(canonicalPath(rawPath)).slice(1);
  if (domain !== undefined && hostname.length === domain.length + 1) throw new SelectError('InvalidBucketName');
  if (domain !== undefined) {
    const bucket = hostname.slice(0, -domain.length - 1);
    return { hostBucket: bucket, bucket, key: path, query };
  }
  const slash = path.indexOf('/');
  if (slash < 0) return { hostBucket: '', bucket: path, key: '', query };
  if (slash === 0) throw new SelectError('InvalidBucketName');
  return { hostBucket: '', bucket: path.slice(0, slash), key: path.slice(slash + 1), query };
}

/** Whether a Host header names this machine, and nothing beside it, by a name that no other machine's name server can answer for. */
export function isLoopbackHost(host: string): boolean {
  return /^(([\w.-]+\.)?localhost|127\.0\.0\.1|\[::1\])$/.test(hostnameOf(host));
}

/** The host of a Host header in lower case, without port and without the dot of a fully qualified name. */
function hostnameOf(host: string): string {
  return host.trim().toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

function readQuery(rawQuery: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  if (rawQuery === '') return query;
  for (const [name, value] of parseQuery(rawQuery)) {
    const text = decode(name);
    if (!query.has(text)) query.set(text, decode(value));
  }
  return query;
}

function decode(encoded: string): string {
  const text = decodeComponent(encoded);
  if (text === undefined) throw new SelectError('InvalidURI');
  return text;
}
