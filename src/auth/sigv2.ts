/**
 * Verification of Signature Version 2, which old clients still send, in a header or in the query string. It signs neither body nor
 * most of the query, so what it lets in has to be weighed by the caller.
 * Source: "Signing and authenticating REST requests" of the S3 developer guide.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SelectError } from '../base/errors.ts';
import type { CredentialStore } from './credentials.ts';
import { checkToken, lookupCredentials } from './credentials.ts';
import type { PayloadDeclaration, SignedRequest } from './sigv4.ts';
import { declaredPayload } from './sigv4.ts';

export interface VerifiedV2 {
  readonly version: 'AWS';
  readonly accessKey: string;
  readonly via: 'header' | 'query';
  readonly time_ms: number;
  readonly payload: PayloadDeclaration;
}

export interface VerifyV2Options {
  readonly credentials: CredentialStore;
  readonly now: Date;
  readonly skewMs: number;
  /** The bucket that the Host header names; empty where the path does. */
  readonly hostBucket: string;
}

/**
 * Who signed a request of which `isV2Request` is true.
 * @throws SelectError AccessDenied (expired, no date), InvalidAccessKeyId, InvalidArgument, InvalidToken, ExpiredToken,
 * RequestTimeTooSkewed, SignatureDoesNotMatch
 */
export function verifyV2(request: SignedRequest, options: VerifyV2Options): VerifiedV2 {
  const parameters = readParameters(request.rawQuery);
  const claim = request.headers['authorization'] === undefined ? queryClaim(parameters) : headerClaim(request.headers);
  const { accessKey, signature, via } = claim;
  const credentials = lookupCredentials(options.credentials, accessKey);
  const time_ms = via === 'header' ? checkDate(request.headers, options) : checkExpiry(claim.expires, options.now);
  const token = request.headers['x-amz-security-token'] ?? parameters.find(([name]) => name === 'x-amz-security-token')?.[1];
  checkToken(credentials, token, options.now);
  const candidates = stringsToSign(request, parameters, claim, options.hostBucket);
  if (!candidates.some((text) => equalV2Signatures(signatureV2(credentials.secretKey, text), signature))) {
    const params = { AWSAccessKeyId: accessKey, SignatureProvided: signature, StringToSign: candidates[0] ?? '' };
    throw new SelectError('SignatureDoesNotMatch', params);
  }
  return { version: 'AWS', accessKey, via, time_ms, payload: declaredPayload(request.headers) };
}

/** Whether a request claims to be signed in this way. */
export function isV2Request(headers: SignedRequest['headers'], names: ReadonlySet<string>): boolean {
  return /^AWS[ \t]/.test(headers['authorization'] ?? '') || (names.has('AWSAccessKeyId') && names.has('Signature'));
}

/** HMAC-SHA1 of a string to sign, in base64. */
export function signatureV2(secretKey: string, text: string): string {
  return createHmac('sha1', secretKey).update(text, 'latin1').digest('base64');
}

/** In a time that does not depend on where they differ. */
export function equalV2Signatures(computed: string, provided: string): boolean {
  // 20 bytes; whether they are padded does not matter.
  if (!/^[A-Za-z0-9+/]{27}=?$/.test(provided)) return false;
  return timingSafeEqual(Buffer.from(computed, 'base64'), Buffer.from(provided, 'base64'));
}

/**
 * Parameters that are part of the resource. The first list is that of the clients of Amazon; others sign more, and Amazon's second SDK for
 * JavaScript does not sign what makes a POST a query, which is why a request is tried with each.
 */
const subresources = new Set(
  `accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics notification object-lock partNumber
  policy replication requestPayment response-cache-control response-content-disposition response-content-encoding
  response-content-language response-content-type response-expires restore select select-type storageClass tagging torrent uploadId
  uploads versionId versioning versions website`.split(/\s+/),
);
const moreSubresources = new Set([
  ...subresources,
  ...'encryption legal-hold retention policyStatus publicAccessBlock ownershipControls attributes'.split(' '),
]);

const withoutSelect = new Set([...subresources].filter((name) => !name.startsWith('select')));

interface ClaimV2 {
  readonly via: 'header' | 'query';
  readonly accessKey: string;
  readonly signature: string;
  /** As sent, of a presigned request. */
  readonly expires: string;
}

/** Name, value (decoded), and whether there was a `=`. */
type Parameter = readonly [name: string, value: string, hasValue: boolean];

function readParameters(rawQuery: string): Parameter[] {
  const decode = (text: string): string =>
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return rawQuery
    .split('&')
    .filter((text) => text !== '')
    .map((text) => {
      const equals = text.indexOf('=');
      return equals < 0 ? [decode(text), '', false] : [decode(text.slice(0, equals)), decode(text.slice(equals + 1)), true];
    });
}

function headerClaim({ authorization = '' }: SignedRequest['headers']): ClaimV2 {
  const credential = authorization.replace(/^AWS[ \t]+/, '');
  const colon = credential.lastIndexOf(':');
  if (colon < 1 || colon === credential.length - 1) {
    throw new SelectError('InvalidArgument', {
      reason: 'AWS authorization header is invalid. Expected AwsAccessKeyId:signature',
      ArgumentName: 'Authorization',
    });
  }
  return { via: 'header', accessKey: credential.slice(0, colon), signature: credential.slice(colon + 1).trim(), expires: '' };
}

function queryClaim(parameters: readonly Parameter[]): ClaimV2 {
  const part = (name: string): string => {
    const found = parameters.filter(([other]) => other === name);
    const [, value = ''] = found[0] ?? [];
    if (found.length === 1 && value !== '') return value;
    const reason = 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters';
    throw new SelectError('AccessDenied', { reason });
  };
  return { via: 'query', accessKey: part('AWSAccessKeyId'), signature: part('Signature'), expires: part('Expires') };
}

function checkDate(headers: SignedRequest['headers'], { now, skewMs }: VerifyV2Options): number {
  const text = headers['x-amz-date'] ?? headers['date'] ?? '';
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time_ms = iso === text && !/^[A-Z][a-z]{2,8}, /.test(text) ? Number.NaN : Date.parse(iso);
  // S3 takes no time before 1970 for one.
  if (Number.isNaN(time_ms) || time_ms < 0)
    throw new SelectError('AccessDenied', { reason: 'AWS authentication requires a valid Date or x-amz-date header' });
  if (Math.abs(time_ms - now.getTime()) > skewMs) {
    const params = { RequestTime: text, ServerTime: now.toISOString(), MaxAllowedSkewMilliseconds: String(skewMs) };
    throw new SelectError('RequestTimeTooSkewed', params);
  }
  return time_ms;
}

/** When it was signed is not told: it counts as signed now. */
function checkExpiry(expires: string, now: Date): number {
  if (!/^\d{1,12}$/.test(expires)) {
    throw new SelectError('AccessDenied', { reason: `Invalid date (should be seconds since epoch): ${expires.slice(0, 64)}` });
  }
  if (Number(expires) * 1000 < now.getTime()) {
    const end = new Date(Number(expires) * 1000).toISOString();
    throw new SelectError('AccessDenied', { reason: 'Request has expired', Expires: end, ServerTime: now.toISOString() });
  }
  return now.getTime();
}

/** All the texts that clients may have signed: they differ in the parameters they count, in the `=` behind an empty one, and in slashes. */
function stringsToSign(request: SignedRequest, parameters: readonly Parameter[], claim: ClaimV2, hostBucket: string): string[] {
  const { method, rawPath, headers } = request;
  const amz = new Map<string, string>();
  const hoisted = claim.via === 'query' ? parameters.filter(([name]) => name.startsWith('x-amz-')) : [];
  for (const [name, value] of [...hoisted, ...Object.entries(headers)]) {
    if (name.startsWith('x-amz-')) amz.set(name, value.replace(/\r?\n[ \t]+/g, ' ').trim());
  }
  const date = claim.via === 'query' ? claim.expires : amz.has('x-amz-date') ? '' : (headers['date'] ?? '');
  const lines = [...amz].toSorted(([name1], [name2]) => (name1 < name2 ? -1 : 1)).map(([name, value]) => `${name}:${value}\n`);
  const head = [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', date].join('\n');
  const path = `${hostBucket === '' ? '' : `/${hostBucket}`}${rawPath === '' ? '/' : rawPath}`;
  const resources = [subresources, moreSubresources, withoutSelect].flatMap((names) => {
    const signed = parameters.filter(([name]) => names.has(name)).toSorted(([name1], [name2]) => (name1 < name2 ? -1 : 1));
    const join = (withEquals: (parameter: Parameter) => boolean): string =>
      signed.map((parameter) => (withEquals(parameter) ? `${parameter[0]}=${parameter[1]}` : parameter[0])).join('&');
    return [join(([, , hasValue]) => hasValue), join(([, value]) => value !== '')];
  });
  // A bucket is signed with a slash behind it by some, whether or not it is asked for with one.
  const paths = /^\/[^/]+\/?$/.test(path) ? [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`] : [path];
  const texts = paths.flatMap((each) => resources.map((query) => `${each}${query === '' ? '' : `?${query}`}`));
  return [...new Set(texts)].map((resource) => `${head}\n${lines.join('')}${resource}`);
}
