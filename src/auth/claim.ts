/** Reads what a request claims about its signature, from its Authorization header or its query string; believes nothing yet. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { QueryPair, RequestHeaders } from './canonical.ts';
import { decodeComponent } from './canonical.ts';
import type { Scope } from './sign.ts';
import { algorithm, formatTimestamp } from './sign.ts';

/** Where a signature stands. */
export type Via = 'header' | 'query' | 'form';

export interface Claim {
  readonly via: Via;
  readonly accessKey: string;
  readonly scope: Scope;
  /** Lower case, sorted, each once. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** ISO 8601 basic format, as it enters the string to sign. */
  readonly timestamp: string;
  readonly time_ms: number;
  /** Of a presigned request. */
  readonly expires_s?: number;
}

/** Throws the error S3 gives for a request without credentials, or with a form not supported. */
export function readClaim(headers: RequestHeaders, query: readonly QueryPair[]): Claim {
  const { authorization } = headers;
  const names = new Set(query.map(([name]) => name));
  if (names.has('X-Amz-Algorithm')) return readQuery(query);
  if (authorization !== undefined && authorization.trim() !== '') return readHeader(authorization, headers);
  if (names.has('X-Amz-Signature') || names.has('X-Amz-Credential')) throw missingParameters();
  throw new SelectError('AccessDenied', { reason: 'the request is not signed' });
}

/** The error for a claim that cannot be read: its code says where the claim stood. */
export function malformed(via: Via, reason: string, params: Record<string, string> = {}): SelectError {
  return new SelectError(malformedCodes[via], { reason, ...params });
}

const malformedCodes = {
  header: 'AuthorizationHeaderMalformed',
  query: 'AuthorizationQueryParametersError',
  form: 'InvalidArgument',
} as const;

function readHeader(authorization: string, headers: RequestHeaders): Claim {
  const [word = ''] = authorization.split(/[ \t]/, 1);
  if (word.startsWith('AWS4-') && word !== algorithm) throw new SelectError('NotImplemented', { reason: `signing algorithm ${word}` });
  if (word !== algorithm) throw new SelectError('InvalidArgument', { reason: 'unsupported authorization type' });
  const time = readTime(headers['x-amz-date'] ?? headers['date']);
  const end = authorization.lastIndexOf('Signature=') + 'Signature='.length;
  const rest = authorization.slice(end);
  const known = /^[0-9a-f]{64}$/.test(rest) ? knownSigners.get(authorization.slice(0, end)) : undefined;
  const signer = known ?? readSigner(authorization.slice(word.length));
  if (time === undefined)
    throw new SelectError('AccessDenied', { reason: 'AWS authentication requires a valid Date or x-amz-date header' });
  const { accessKey, scope, signedHeaders } = signer;
  const claim = checkDay({
    via: 'header',
    accessKey,
    scope,
    signedHeaders,
    signature: known === undefined ? signer.signature : rest,
    ...time,
  });
  if (known === undefined && authorization.endsWith(`Signature=${signer.signature}`)) remember(authorization.slice(0, end), signer);
  return claim;
}

/** What an Authorization header says of the signer, and the signature. */
type Signer = Pick<Claim, 'accessKey' | 'scope' | 'signedHeaders' | 'signature'>;

/** By all of the header but the signature, which is all that changes while a client goes on. In order of insertion. */
const knownSigners = new Map<string, Signer>();

function remember(text: string, signer: Signer): void {
  if (text.length > limits.signer_text_max) return;
  const oldest = knownSigners.keys().next();
  if (knownSigners.size >= limits.signers_cached_max && !oldest.done) knownSigners.delete(oldest.value);
  knownSigners.set(text, signer);
}

function readSigner(parts: string): Signer {
  const fields = new Map<string, string>();
  for (const text of parts.split(',')) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(equals, 0)).trim();
    if (!['Credential', 'SignedHeaders', 'Signature'].includes(name))
      throw malformed('header', 'it holds something else than its three parts');
    if (fields.has(name)) throw malformed('header', `${name} is given twice`);
    fields.set(name, text.slice(equals + 1).trim());
  }
  const part = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined || value === '') throw malformed('header', `${name} is missing`);
    return value;
  };
  const { accessKey, scope } = readCredential('header', part('Credential'));
  return { accessKey, scope, signedHeaders: readSignedHeaders('header', part('SignedHeaders')), signature: part('Signature') };
}

function readQuery(query: readonly QueryPair[]): Claim {
  const part = (name: string): string => {
    const found = query.filter(([other]) => other === name);
    const value = decodeComponent(found[0]?.[1] ?? '');
    if (found.length === 0 || value === '') throw missingParameters();
    if (found.length > 1 || value === undefined) throw malformed('query', `${name} is not valid`);
    return value;
  };
  const word = part('X-Amz-Algorithm');
  if (word !== algorithm) {
    if (word.startsWith('AWS4-')) throw new SelectError('NotImplemented', { reason: `signing algorithm ${word}` });
    throw malformed('query', `X-Amz-Algorithm only supports "${algorithm}"`);
  }
  const { accessKey, scope } = readCredential('query', part('X-Amz-Credential'));
  const signature = part('X-Amz-Signature');
  const date = part('X-Amz-Date');
  const signedHeaders = readSignedHeaders('query', part('X-Amz-SignedHeaders'));
  const expires = part('X-Amz-Expires');
  const time = /^\d{8}T/.test(date) ? readTime(date) : undefined;
  if (time === undefined) throw malformed('query', "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const expires_s = /^\d{1,9}$/.test(expires) ? Number(expires) : 0;
  if (/^-\d+$/.test(expires)) throw malformed('query', 'X-Amz-Expires must be non-negative');
  if (!/^\d+$/.test(expires)) throw malformed('query', 'X-Amz-Expires should be a number');
  if (/^0+$/.test(expires)) throw malformed('query', 'X-Amz-Expires must be at least a second');
  if (expires_s < 1 || expires_s > limits.presign_expires_s_max) {
    throw malformed(
      'query',
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  return checkDay({ via: 'query', accessKey, scope, signedHeaders, signature, expires_s, ...time });
}

/** `AK/yyyymmdd/region/service/aws4_request`; the access key itself may hold slashes. */
export function readCredential(via: Via, credential: string): { accessKey: string; scope: Scope } {
  const match = /^(.+)\/([^/]*)\/([^/]*)\/([^/]*)\/([^/]*)$/.exec(credential);
  const where = via === 'header' ? '' : 'Error parsing the X-Amz-Credential parameter; ';
  if (match === null) {
    throw malformed(via, `${where}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"`);
  }
  const [, accessKey = '', date = '', region = '', service = '', terminator = ''] = match;
  if (!/^\d{8}$/.test(date))
    throw malformed(via, `${where}incorrect date format. This date in the credential must be in the format "yyyyMMdd"`);
  if (!/^[\w.-]{0,64}$/.test(region)) throw malformed(via, `${where}the region is not a region's name`);
  if (service !== 's3') throw malformed(via, `${where}incorrect service "${service.slice(0, 64)}". This endpoint belongs to "s3"`);
  if (terminator !== 'aws4_request') throw malformed(via, `${where}incorrect terminal. This endpoint uses "aws4_request"`);
  return { accessKey, scope: { date, region, service } };
}

function readSignedHeaders(via: Via, text: string): string[] {
  const names = [...new Set(text.toLowerCase().split(';'))].toSorted();
  if (!names.every((name) => /^[!#$%&'*+.^`|~\w-]+$/.test(name))) throw malformed(via, 'SignedHeaders holds what is no header name');
  if (!names.includes('host')) throw malformed(via, 'the host header must be signed');
  return names;
}

/** Reads ISO 8601 basic format, and the HTTP date that a Date header may hold instead. */
export function readTime(text: string | undefined): { timestamp: string; time_ms: number } | undefined {
  if (text === undefined) return undefined;
  if (text === lastTime?.timestamp) return lastTime;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  if (year !== undefined) {
    const time_ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(time_ms) || formatTimestamp(new Date(time_ms)) !== text) return undefined;
    lastTime = { timestamp: text, time_ms };
    return lastTime;
  }
  if (!/^[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (GMT|UTC|[+-]0000)$/.test(text)) return undefined;
  const time_ms = Date.parse(text);
  return Number.isNaN(time_ms) ? undefined : { timestamp: formatTimestamp(new Date(time_ms)), time_ms };
}

/** Requests of one second have the same. */
let lastTime: { readonly timestamp: string; readonly time_ms: number } | undefined;

/** @throws SelectError where the day of the credential is not that of the request */
export function checkDay<Dated extends Pick<Claim, 'via' | 'scope' | 'timestamp'>>(claim: Dated): Dated {
  if (claim.timestamp.slice(0, 8) === claim.scope.date) return claim;
  const reason = `invalid credential date "${claim.scope.date}"; this date is not the same as X-Amz-Date: "${claim.timestamp.slice(0, 8)}"`;
  throw malformed(claim.via, claim.via === 'header' ? reason : `Error parsing the X-Amz-Credential parameter; ${reason}`);
}

function missingParameters(): SelectError {
  return malformed(
    'query',
    'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, ' +
      'X-Amz-SignedHeaders, and X-Amz-Expires parameters',
  );
}
