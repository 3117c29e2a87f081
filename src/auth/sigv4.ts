/**
 * Verification of Signature Version 4, in a header or in the query string (presigned). Takes plain data and knows no HTTP framework.
 * Errors carry, beside what their message needs, what S3 adds to the error's XML: parameters that begin with an upper-case letter
 * are named as those elements (Region, HeadersNotSigned, StringToSign, ...).
 */
import { SelectError } from '../base/errors.ts';
import type { CanonicalParts, QueryPair, RequestHeaders } from './canonical.ts';
import { canonicalPath, canonicalQuery, canonicalRequest, decodeComponent, parseQuery } from './canonical.ts';
import type { Claim, Via } from './claim.ts';
import { malformed, readClaim } from './claim.ts';
import type { CredentialStore } from './credentials.ts';
import { checkToken, lookupCredentials } from './credentials.ts';
import type { Scope } from './sign.ts';
import { algorithm, equalSignatures, formatTimestamp, signatureFor, signingKey, stringToSign, unsignedPayload } from './sign.ts';

export interface SignedRequest {
  readonly method: string;
  /** As sent on the request line, still percent-encoded, up to the `?`. Never passed through a URL parser: those drop dot segments. */
  readonly rawPath: string;
  /** As sent, after the `?`; empty if there is none. */
  readonly rawQuery: string;
  /** Lower-case names, one character a byte; all values of a repeated header joined with commas, none left out. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface VerifyOptions {
  readonly credentials: CredentialStore;
  readonly now?: Date;
  /** How far the request's time may be from ours. */
  readonly skewMs: number;
  /** The regions to accept, ours first; any if absent. */
  readonly regions?: readonly string[];
}

/** What the signer declared about the body. Only `PutObject` and `UploadPart` may be sent `streaming`. */
export type PayloadDeclaration =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'sha256'; readonly hex: string }
  | { readonly kind: 'streaming'; readonly signed: boolean; readonly trailer: boolean };

export interface VerifiedIdentity {
  readonly version: typeof algorithm;
  readonly accessKey: string;
  readonly via: Via;
  readonly scope: Scope;
  readonly timestamp: string;
  readonly time_ms: number;
  readonly signedHeaders: readonly string[];
  /** Key and first signature of the chain that signs the chunks of a streamed body. */
  readonly signingKey: Buffer;
  readonly seedSignature: string;
  readonly payload: PayloadDeclaration;
}

/**
 * Who signed this request, if its signature is right.
 * @throws SelectError AccessDenied (not signed, expired, x-amz-* headers left unsigned), InvalidAccessKeyId, SignatureDoesNotMatch,
 * AuthorizationHeaderMalformed, AuthorizationQueryParametersError, RequestTimeTooSkewed, InvalidRequest, InvalidToken,
 * ExpiredToken, InvalidArgument, NotImplemented (Signature Version 4A)
 */
export function verify(request: SignedRequest, options: VerifyOptions): VerifiedIdentity {
  const { headers } = request;
  const query = parseQuery(request.rawQuery);
  const claim = readClaim(headers, query);
  checkRegion(claim, options.regions);
  const credentials = lookupCredentials(options.credentials, claim.accessKey);
  const now = options.now ?? new Date();
  checkTime(claim, now, options.skewMs);
  checkToken(credentials, headers['x-amz-security-token'] ?? parameter(query, 'X-Amz-Security-Token'), now);
  checkAllSigned(claim, headers);
  const payloadHash = payloadHashOf(claim, headers, query);
  const payload = readPayload(payloadHash);
  const key = signingKey(credentials.secretKey, claim.scope);
  checkSignature(
    claim,
    key,
    {
      method: request.method,
      path: canonicalPath(request.rawPath),
      query: canonicalQuery(claim.via === 'query' ? query.filter(([name]) => name !== 'X-Amz-Signature') : query),
      headers,
      signedHeaders: claim.signedHeaders,
      payloadHash,
    },
    request.rawPath,
  );
  const { accessKey, via, scope, timestamp, time_ms, signedHeaders, signature } = claim;
  return {
    version: algorithm,
    accessKey,
    via,
    scope,
    timestamp,
    time_ms,
    signedHeaders,
    signingKey: key,
    seedSignature: signature,
    payload,
  };
}

/** @throws SelectError that names our region, for clients to sign for it */
export function checkRegion(claim: Pick<Claim, 'via' | 'scope'>, regions: readonly string[] | undefined): void {
  if (regions === undefined || regions.includes(claim.scope.region)) return;
  const [region = ''] = regions;
  const where = claim.via === 'header' ? '' : 'Error parsing the X-Amz-Credential parameter; ';
  throw malformed(claim.via, `${where}the region '${claim.scope.region}' is wrong; expecting '${region}'`, { Region: region });
}

function checkTime(claim: Claim, now: Date, skewMs: number): void {
  const ahead_ms = claim.time_ms - now.getTime();
  if (claim.expires_s === undefined) {
    if (Math.abs(ahead_ms) <= skewMs) return;
    const params = { RequestTime: claim.timestamp, ServerTime: now.toISOString(), MaxAllowedSkewMilliseconds: String(skewMs) };
    throw new SelectError('RequestTimeTooSkewed', params);
  }
  if (ahead_ms > skewMs) throw new SelectError('AccessDenied', { reason: 'Request is not yet valid', ServerTime: now.toISOString() });
  if (ahead_ms + claim.expires_s * 1000 < 0) {
    const expires = formatTimestamp(new Date(claim.time_ms + claim.expires_s * 1000));
    throw new SelectError('AccessDenied', { reason: 'Request has expired', Expires: expires, ServerTime: now.toISOString() });
  }
}

/** An unsigned x-amz-* header could turn a request into another one: a presigned PUT into a copy of any object. */
function checkAllSigned(claim: Claim, headers: RequestHeaders): void {
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name));
  if (unsigned.length > 0) {
    const reason = 'There were headers present in the request which were not signed';
    throw new SelectError('AccessDenied', { reason, HeadersNotSigned: unsigned.join(', ') });
  }
}

function payloadHashOf(claim: Claim, headers: RequestHeaders, query: readonly QueryPair[]): string {
  const header = headers['x-amz-content-sha256'];
  if (claim.via === 'query') return parameter(query, 'X-Amz-Content-Sha256') ?? header ?? unsignedPayload;
  if (header === undefined) {
    throw new SelectError('InvalidRequest', { reason: 'Missing required header for this request: x-amz-content-sha256' });
  }
  return header;
}

/** What a request says of its body that no Signature Version 4 covers. */
export function declaredPayload(headers: RequestHeaders): PayloadDeclaration {
  const payload = readPayload(headers['x-amz-content-sha256'] ?? unsignedPayload);
  if (payload.kind === 'streaming' && payload.signed) {
    throw new SelectError('InvalidRequest', { reason: 'signed chunks need a request that Signature Version 4 signs' });
  }
  return payload;
}

function readPayload(payloadHash: string): PayloadDeclaration {
  switch (payloadHash) {
    case unsignedPayload:
      return { kind: 'unsigned' };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'streaming', signed: true, trailer: false };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'streaming', signed: true, trailer: true };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'streaming', signed: false, trailer: true };
    case 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER':
      throw new SelectError('NotImplemented', { reason: `x-amz-content-sha256 ${payloadHash}` });
  }
  if (/^[0-9a-fA-F]{64}$/.test(payloadHash)) return { kind: 'sha256', hex: payloadHash.toLowerCase() };
  const reason = 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the STREAMING- words, or a valid sha256 value';
  throw new SelectError('InvalidArgument', { reason, ArgumentName: 'x-amz-content-sha256' });
}

/** Tries the path in canonical spelling, then as sent: clients differ on characters such as `!*'()`, and both name the same bytes. */
function checkSignature(claim: Claim, key: Buffer, parts: CanonicalParts, rawPath: string): void {
  const present = claim.signedHeaders.every((name) => parts.headers[name] !== undefined);
  const paths = rawPath === parts.path || !/^[!-~]+$/.test(rawPath) ? [parts.path] : [parts.path, rawPath];
  const candidates = paths.map((path) => {
    const canonical = canonicalRequest({ ...parts, path });
    const text = stringToSign(claim.timestamp, claim.scope, canonical);
    return { canonical, text, signature: signatureFor(key, text) };
  });
  if (present && candidates.some(({ signature }) => equalSignatures(signature, claim.signature))) return;
  throw new SelectError('SignatureDoesNotMatch', {
    AWSAccessKeyId: claim.accessKey,
    SignatureProvided: claim.signature,
    StringToSign: candidates[0]?.text ?? '',
    CanonicalRequest: candidates[0]?.canonical ?? '',
  });
}

function parameter(query: readonly QueryPair[], name: string): string | undefined {
  const value = query.find(([other]) => other === name)?.[1];
  return value === undefined ? undefined : decodeComponent(value);
}
