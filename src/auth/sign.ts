/**
 * Signature Version 4 from the signer's side, and the steps a verifier repeats: signing key, string to sign, signature.
 * Source: "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { canonicalPath, canonicalQuery, canonicalRequest, encodeComponent, parseQuery } from './canonical.ts';
import type { Credentials } from './credentials.ts';

export const algorithm = 'AWS4-HMAC-SHA256';
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** What a signing key is good for. */
export interface Scope {
  /** Day in UTC, `yyyymmdd`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export interface UnsignedRequest {
  readonly method: string;
  /** Percent-encoded, as it will be sent (see `encodePath`). */
  readonly rawPath: string;
  readonly rawQuery: string;
  /** Lower-case names; `host` must be among them, and all of them are signed. Byte strings, as HTTP sends them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly region: string;
  readonly now?: Date;
}

/** All headers to send: those given, and those that sign them. `payloadHash` is the SHA-256 of the body in hexadecimal or a word for it. */
export function signHeaders(request: UnsignedRequest, payloadHash: string = unsignedPayload): Record<string, string> {
  const { credentials } = request;
  const timestamp = formatTimestamp(request.now ?? new Date());
  const scope: Scope = { date: timestamp.slice(0, 8), region: request.region, service: 's3' };
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': timestamp, 'x-amz-content-sha256': payloadHash };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const signed = signatureOf({ ...request, headers }, parseQuery(request.rawQuery), { timestamp, scope, payloadHash });
  headers['authorization'] =
    `${algorithm} Credential=${credentials.accessKey}/${scopeText(scope)}, SignedHeaders=${signed.names.join(';')}, Signature=${signed.signature}`;
  return headers;
}

/** The query string that lets anyone send this request, with these headers and any body, for `expires_s` seconds (at most a week). */
export function presign(request: UnsignedRequest, expires_s: number): string {
  assert(
    Number.isInteger(expires_s) && expires_s >= 1 && expires_s <= limits.presign_expires_s_max,
    'a presigned request lives 1 s to 7 days',
  );
  const { credentials } = request;
  const timestamp = formatTimestamp(request.now ?? new Date());
  const scope: Scope = { date: timestamp.slice(0, 8), region: request.region, service: 's3' };
  const parameters: [string, string][] = [
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${credentials.accessKey}/${scopeText(scope)}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', String(expires_s)],
    ['X-Amz-SignedHeaders', Object.keys(request.headers).toSorted().join(';')],
  ];
  if (credentials.sessionToken !== undefined) parameters.push(['X-Amz-Security-Token', credentials.sessionToken]);
  const added = parameters.map(([name, value]) => `${name}=${encodeComponent(value)}`).join('&');
  const rawQuery = request.rawQuery === '' ? added : `${request.rawQuery}&${added}`;
  const signed = signatureOf(request, parseQuery(rawQuery), { timestamp, scope, payloadHash: unsignedPayload });
  return `${rawQuery}&X-Amz-Signature=${signed.signature}`;
}

export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

/** The key that signs for one day, region and service. Derived keys are cached; the secret is part of the cache's key. */
export function signingKey(secretKey: string, scope: Scope): Buffer {
  const id = `${secretKey}\n${scope.date}\n${scope.region}\n${scope.service}`;
  const cached = signingKeys.get(id);
  if (cached !== undefined) return cached;
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, scope.date), scope.region), scope.service), 'aws4_request');
  const oldest = signingKeys.keys().next();
  if (signingKeys.size >= limits.signing_keys_cached_max && !oldest.done) signingKeys.delete(oldest.value);
  signingKeys.set(id, key);
  return key;
}

export function stringToSign(timestamp: string, scope: Scope, canonical: string): string {
  return `${algorithm}\n${timestamp}\n${scopeText(scope)}\n${hash('sha256', Buffer.from(canonical, 'latin1'))}`;
}

/** HMAC-SHA256 of a string to sign, as 64 lower-case hexadecimal digits. */
export function signatureFor(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Compares what we computed with what a stranger sent, in a time that does not depend on where they differ. */
export function equalSignatures(computed: string, provided: string): boolean {
  return /^[0-9a-f]{64}$/.test(provided) && timingSafeEqual(Buffer.from(computed, 'latin1'), Buffer.from(provided, 'latin1'));
}

/** ISO 8601 basic format in UTC, to the second: `20130524T000000Z`. */
export function formatTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** In order of insertion, so that the oldest is the first to go. */
const signingKeys = new Map<string, Buffer>();

interface Stamp {
  readonly timestamp: string;
  readonly scope: Scope;
  readonly payloadHash: string;
}

function signatureOf(request: UnsignedRequest, query: ReturnType<typeof parseQuery>, stamp: Stamp): { names: string[]; signature: string } {
  const names = Object.keys(request.headers).toSorted();
  const canonical = canonicalRequest({
    method: request.method,
    path: canonicalPath(request.rawPath),
    query: canonicalQuery(query),
    headers: request.headers,
    signedHeaders: names,
    payloadHash: stamp.payloadHash,
  });
  const key = signingKey(request.credentials.secretKey, stamp.scope);
  return { names, signature: signatureFor(key, stringToSign(stamp.timestamp, stamp.scope, canonical)) };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
