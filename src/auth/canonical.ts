/**
 * The canonical forms that Signature Version 4 hashes, in the variant of S3: paths are neither normalised nor encoded twice.
 * Text taken from a request is a byte string, one character a byte, as Node's HTTP parser gives it.
 * Source: "Signature Calculations for the Authorization Header" of the S3 API reference.
 */

/** Name and value of a query parameter, both in canonical encoding. */
export type QueryPair = readonly [name: string, value: string];

/** Values by lower-case name. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

export interface CanonicalParts {
  readonly method: string;
  /** Already in canonical encoding. */
  readonly path: string;
  readonly query: string;
  readonly headers: RequestHeaders;
  /** Lower case, sorted, each present in `headers`. */
  readonly signedHeaders: readonly string[];
  /** The value of x-amz-content-sha256. */
  readonly payloadHash: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  const headers = parts.signedHeaders.map((name) => `${name}:${collapseSpaces(parts.headers[name] ?? '')}\n`).join('');
  return [parts.method, parts.path, parts.query, headers, parts.signedHeaders.join(';'), parts.payloadHash].join('\n');
}

/** The path as sent, each byte in its one canonical spelling. `/` and `%2F` stay what they are: S3 tells them apart in the signature. */
export function canonicalPath(rawPath: string): string {
  if (plainPath.test(rawPath)) return rawPath === '' ? '/' : rawPath;
  return reencode(rawPath, '/');
}

/** The parameters of a query string as sent. A missing value equals an empty one; `+` is a plus sign; repeated names are kept. */
export function parseQuery(rawQuery: string): QueryPair[] {
  if (rawQuery === '') return [];
  return rawQuery
    .split('&')
    .filter((text) => text !== '')
    .map((text) => {
      const equals = text.indexOf('=');
      return equals < 0 ? [reencode(text), ''] : [reencode(text.slice(0, equals)), reencode(text.slice(equals + 1))];
    });
}

export function canonicalQuery(pairs: readonly QueryPair[]): string {
  return pairs
    .toSorted(([name1, value1], [name2, value2]) => compare(name1, name2) || compare(value1, value2))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Percent-encodes text as UTF-8 for a query, every reserved character included. */
export function encodeComponent(text: string): string {
  return reencode(encodePercent(text));
}

/** Percent-encodes the path of a bucket or key as UTF-8, keeping `/`. */
export function encodePath(path: string): string {
  if (plainPath.test(path)) return path;
  return reencode(encodePercent(path), '/');
}

/** The text behind a canonically encoded name or value; undefined if its bytes are not UTF-8. */
export function decodeComponent(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

const unreserved = /[A-Za-z0-9\-._~]/;
const plainPath = /^[A-Za-z0-9\-._~/]*$/;
const allCanonical = /^[A-Za-z0-9\-._~]*$/;
const escapeOrReserved = /%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~]/g;

/** Decodes once and encodes again: unreserved characters of RFC 3986 plain, `kept` as sent, the rest as `%XX` in upper case. */
function reencode(text: string, kept = ''): string {
  if (allCanonical.test(text)) return text;
  return text.replace(escapeOrReserved, (found, hex: string | undefined) => {
    if (hex === undefined) return found === kept ? found : percent(found.charCodeAt(0));
    const byte = Number.parseInt(hex, 16);
    const character = String.fromCharCode(byte);
    return unreserved.test(character) ? character : percent(byte);
  });
}

/** Makes a byte string out of text: its own `%` and everything beyond ASCII escaped. */
function encodePercent(text: string): string {
  return text.replaceAll('%', '%25').replace(/[^\0-\x7f]+/g, (found) => [...Buffer.from(found)].map(percent).join(''));
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Only blanks and tabs: a byte 0xA0 may be the end of a UTF-8 character, though JavaScript's `trim` takes it for a space. */
function collapseSpaces(value: string): string {
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}

function compare(text1: string, text2: string): number {
  return text1 < text2 ? -1 : text1 > text2 ? 1 : 0;
}
