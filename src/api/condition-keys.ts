/** What is true of a request, as the conditions of policies name it. Only what was signed or is seen on the connection counts. */
import { isIP } from 'node:net';
import { accountId, type Identity } from '../auth/identity.ts';
import { bucketOwnerKey, listActions } from '../auth/policy-actions.ts';
import { plainAddress } from '../auth/policy-conditions.ts';
import type { ApiRequest } from './http.ts';

/** How a request was signed. */
export interface SignatureKind {
  readonly type: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST';
  /** As in the condition key `s3:signatureversion`. */
  readonly version: 'AWS4-HMAC-SHA256' | 'AWS';
  /** When it was made; milliseconds since 1970. */
  readonly time_ms: number;
  /** With a temporary key. */
  readonly temporary: boolean;
}

export interface KeySources {
  readonly request: ApiRequest;
  readonly query: ReadonlyMap<string, string>;
  readonly identity: Identity;
  readonly signature: SignatureKind | undefined;
  readonly region: string;
}

/** What is the same for all that a request does. */
export function requestKeys({ request, identity, signature, region }: KeySources): ReadonlyMap<string, readonly string[]> {
  const now = new Date();
  const { headers } = request;
  const address = plainAddress(request.remote);
  const isUser = identity.kind === 'user';
  const types = { root: 'Account', user: 'User', anonymous: 'Anonymous' } as const;
  const named: Readonly<Record<string, string | undefined>> = {
    'aws:SourceIp': isIP(address) === 0 ? undefined : address,
    'aws:SecureTransport': String(request.secure),
    's3:TlsVersion': request.tlsVersion,
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:UserAgent': headers['user-agent'],
    'aws:Referer': headers['referer'],
    'aws:RequestedRegion': region,
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': 'false',
    'aws:PrincipalType': types[identity.kind],
    'aws:PrincipalArn': identity.kind === 'anonymous' ? undefined : identity.arn,
    'aws:PrincipalAccount': identity.kind === 'anonymous' ? undefined : accountId,
    'aws:userid': identity.id,
    'aws:username': isUser ? identity.name : undefined,
    'aws:ResourceAccount': accountId,
    's3:ResourceAccount': accountId,
    's3:x-amz-content-sha256': headers['x-amz-content-sha256'],
    's3:authType': signature?.type,
    's3:signatureversion': signature?.version,
    's3:signatureAge': signature?.type === 'REST-HEADER' ? undefined : ageOf(signature, now),
    'aws:MultiFactorAuthPresent': signature?.temporary === true ? 'false' : undefined,
  };
  return new Map(present(named));
}

/** What belongs to one action and what it is done to. */
export function actionKeys({ request, query }: KeySources, action: string, owner: string): ReadonlyMap<string, readonly string[]> {
  const keys = new Map(present({ [bucketOwnerKey]: owner, 's3:VersionId': query.get('versionId') }));
  if (listActions.includes(action.toLowerCase())) {
    const named = { 's3:prefix': query.get('prefix'), 's3:delimiter': query.get('delimiter'), 's3:max-keys': query.get('max-keys') };
    for (const [key, values] of present(named)) keys.set(key, values);
  }
  if (!/^s3:(Put|Create)/.test(action)) return keys;
  const { headers } = request;
  for (const header of conditionHeaders) {
    const value = headers[header];
    if (value !== undefined) keys.set(`s3:${header}`, [header === 'x-amz-copy-source' ? copySource(value) : value]);
  }
  const tags = [...new URLSearchParams(headers['x-amz-tagging'] ?? '')];
  for (const [name, value] of tags) keys.set(`s3:requestobjecttag/${name.toLowerCase()}`, [value]);
  if (tags.length > 0)
    keys.set(
      's3:requestobjecttagkeys',
      tags.map(([name]) => name),
    );
  return keys;
}

function present(named: Readonly<Record<string, string | undefined>>): [string, readonly string[]][] {
  return Object.entries(named).flatMap(([key, value]) => (value === undefined ? [] : [[key.toLowerCase(), [value]]]));
}

/** Milliseconds since a presigned request or a form was signed. */
function ageOf(signature: SignatureKind | undefined, now: Date): string | undefined {
  return signature === undefined ? undefined : String(Math.max(0, now.getTime() - signature.time_ms));
}

/** `bucket/key` as text, without the version. */
function copySource(header: string): string {
  const [path = ''] = header.replace(/^\//, '').split('?', 1);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Headers that conditions name as they are. They must be signed, as all that begin with x-amz-. */
const conditionHeaders = [
  'if-match',
  'if-none-match',
  'x-amz-acl',
  'x-amz-copy-source',
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write',
  'x-amz-grant-write-acp',
  'x-amz-metadata-directive',
  'x-amz-object-ownership',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-storage-class',
  'x-amz-website-redirect-location',
] as const;
