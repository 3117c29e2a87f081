/** From a request to the operation it may have: who asks, for what, and whether it is allowed. */
import { isIPv4 } from 'node:net';
import type { AuthenticateOptions, Unsigned } from '../auth/authenticate.ts';
import { authenticate } from '../auth/authenticate.ts';
import type { CredentialStore } from '../auth/credentials.ts';
import { accountId, anonymousIdentity, rootIdentity } from '../auth/identity.ts';
import { decodeBody } from '../auth/payload.ts';
import { plainAddress } from '../auth/policy-conditions.ts';
import type { FormSignature } from '../auth/post-form.ts';
import { verifyForm } from '../auth/post-form.ts';
import type { VerifiedV2 } from '../auth/sigv2.ts';
import type { VerifiedIdentity } from '../auth/sigv4.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { Access, actionOnVersion, type Requester } from './access.ts';
import type { SignatureKind } from './condition-keys.ts';
import { unhoist } from './hoisted.ts';
import type { ApiRequest } from './http.ts';
import type { LoadLimits } from './load-limits.ts';
import { checkHeaders, type Operation, type OperationContext, type Permissions, type Services } from './operation.ts';
import { findOperation } from './registry.ts';
import { isLoopbackHost, type Target } from './target.ts';

export interface AdmissionOptions extends Services {
  /** The root user's. */
  readonly credentials: CredentialStore;
  /** The credentials are those everybody knows, so only clients of this machine are served. */
  readonly defaultCredentials: boolean;
  /** Signature Version 2 is accepted. */
  readonly signatureV2: boolean;
  /** Host names below which a first label is a bucket. */
  readonly domains: readonly string[];
  readonly loadLimits: LoadLimits;
}

export interface Admitted {
  readonly operation: Operation;
  readonly context: OperationContext;
}

/** @throws SelectError AccessDenied (default credentials, and another host than this machine) */
export function checkHost({ headers }: ApiRequest, { defaultCredentials }: AdmissionOptions): void {
  // why: a page of the web may reach this machine under a name of its own (DNS rebinding), and knows the credentials.
  if (defaultCredentials && !isLoopbackHost(headers['host'] ?? '')) {
    throw new SelectError('AccessDenied', { reason: 'with default credentials only localhost is served' });
  }
}

/** @throws SelectError for whatever keeps the request from being what it asks for */
export async function admit(request: ApiRequest, target: Target, options: AdmissionOptions): Promise<Admitted> {
  const verification = verificationOf(request, target, options);
  const signature = authenticate(request, verification);
  const isPresigned = signature.version !== undefined && signature.via === 'query';
  const asked = isPresigned ? unhoist(request, target.query) : { request, query: target.query };
  const { headers } = asked.request;
  request.onOver(options.loadLimits.enterKey(signature.version === undefined ? `anonymous ${request.remote}` : signature.accessKey));
  // Parameters of the service are none that conditions know.
  const permissions = permissionsOf(signature, target.bucket === '' ? { ...asked, query: new Map() } : asked, options);
  const operation = findOperation(request.method, { ...target, query: asked.query }, headers);
  request.report.operation = operation.name;
  checkSignature(signature, operation, asked.request, asked.query);
  checkExpectedOwner(headers);
  const context = {
    services: options,
    request: asked.request,
    query: asked.query,
    bucket: target.bucket,
    key: target.key,
    identity: permissions.identity,
    authorize: permissions.authorize,
    sees: permissions.sees,
    signIn: (fields: ReadonlyMap<string, string>, form: ApiRequest) =>
      permissionsOf(verifyForm(fields, verification), { request: form, query: asked.query }, options),
  };
  try {
    await checkAccess(operation, context);
  } catch (error) {
    throw await unlessMissing(error, operation, context);
  }
  // Only after it: what could be done is nobody's business who may not do it.
  checkHeaders(operation, headers);
  const ofBody = operation.namesObjectChecksum === true ? withoutChecksums(headers) : headers;
  return { operation, context: { body: decodeBody(request.body, signature, ofBody), ...context } };
}

function withoutChecksums(headers: ApiRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')));
}

/**
 * What to answer where something is missing: to one who may not list the bucket, that it may not be seen.
 * Whoever could tell "missing" from "forbidden" would have the list.
 */
export async function withoutHints(error: unknown, { bucket, key, authorize }: OperationContext): Promise<unknown> {
  if (!(error instanceof SelectError && error.code === 'NoSuchKey')) return error;
  // The source of a copy is named by its error.
  const { BucketName = bucket, Key = key } = error.params;
  try {
    await authorize('s3:ListBucket', String(BucketName), '', { 's3:prefix': String(Key) });
    return error;
  } catch (denied) {
    return denied;
  }
}

/** To one who may list the bucket, but not read the object, that it is not there is what the list says, and the better answer. */
async function unlessMissing(error: unknown, { level, method }: Operation, context: Admitting): Promise<unknown> {
  const { bucket, key, authorize, services } = context;
  const isDenied = error instanceof SelectError && error.code === 'AccessDenied';
  if (!isDenied || level !== 'object' || !['GET', 'HEAD'].includes(method)) return error;
  try {
    await authorize('s3:ListBucket', bucket, '', { 's3:prefix': key });
    await services.store.headObject(bucket, key);
    return error;
  } catch (other) {
    return other instanceof SelectError && other.code === 'NoSuchKey' ? other : error;
  }
}

type Admitting = Omit<OperationContext, 'body'>;

type Verified = VerifiedIdentity | VerifiedV2 | FormSignature | Pick<Unsigned, 'version'>;

function verificationOf({ method }: ApiRequest, { hostBucket, query }: Target, options: AdmissionOptions): AuthenticateOptions {
  const { state, pinnedRegion, signatureV2 } = options;
  // why: clients that look for the region of a bucket sign for the first of all regions.
  const regions = method === 'GET' && query.has('location') ? ['us-east-1'] : [];
  return {
    credentials: { lookup: (accessKey) => options.credentials.lookup(accessKey) ?? state.lookup(accessKey) },
    now: new Date(),
    skewMs: limits.clock_skew_ms_max,
    ...(pinnedRegion === undefined ? {} : { regions: [pinnedRegion, ...regions] }),
    version2: signatureV2,
    hostBucket,
  };
}

function permissionsOf(
  verified: Verified,
  { request, query }: { readonly request: ApiRequest; readonly query: ReadonlyMap<string, string> },
  { credentials, state, store, region }: AdmissionOptions,
): Permissions {
  const requester = requesterOf(verified, credentials, state);
  request.report.identity = requester.identity.kind === 'anonymous' ? 'anonymous' : requester.identity.arn;
  // why: an object that begins with a spread and goes on takes V8 a hundred times as long to make.
  const access = new Access({ request, query, signature: kindOf(verified, requester), state, store, region, ...requester });
  return { identity: requester.identity, authorize: access.authorize, sees: access.sees };
}

function requesterOf(verified: Verified, root: CredentialStore, state: Services['state']): Requester {
  if (verified.version === undefined) return { identity: anonymousIdentity, credentials: undefined };
  const { accessKey } = verified;
  if (root.lookup(accessKey) !== undefined) return { identity: rootIdentity, credentials: undefined };
  const credentials = state.lookup(accessKey);
  // why: removed while its signature was verified.
  if (credentials === undefined) throw new SelectError('InvalidAccessKeyId', { AWSAccessKeyId: accessKey });
  return { identity: credentials.user.identity, credentials };
}

function kindOf(verified: Verified, { credentials }: Requester): SignatureKind | undefined {
  if (verified.version === undefined) return undefined;
  const types = { header: 'REST-HEADER', query: 'REST-QUERY-STRING', form: 'POST' } as const;
  const { version, via, time_ms } = verified;
  return { type: types[via], version, time_ms, temporary: credentials?.sessionToken !== undefined };
}

/** What a way of signing, or none, is not enough for. */
function checkSignature(
  { version, payload }: VerifiedIdentity | VerifiedV2 | Unsigned,
  operation: Operation,
  { secure, remote }: ApiRequest,
  query: ReadonlyMap<string, string>,
): void {
  if (payload.kind === 'streaming' && operation.takesChunks !== true) {
    throw new SelectError('InvalidRequest', { reason: `${operation.name} takes no body in signed chunks` });
  }
  if (version === 'AWS' && operation.name === 'SelectObjectContent' && !secure && !isLoopback(remote)) {
    throw new SelectError('AccessDenied', { reason: 'Signature Version 2 does not sign the query: use Signature Version 4, or TLS' });
  }
  if (version === undefined && [...query.keys()].some((name) => name.startsWith('response-'))) {
    throw new SelectError('InvalidRequest', { reason: 'request specific response headers cannot be used for anonymous requests' });
  }
}

/** Only the machine itself can be between it and us. */
function isLoopback(remote: string): boolean {
  const address = plainAddress(remote);
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** Everything here belongs to one account. */
function checkExpectedOwner(headers: ApiRequest['headers']): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    if ((headers[name] ?? accountId) !== accountId) {
      throw new SelectError('AccessDenied', { reason: `the bucket belongs to the account ${accountId}, and ${name} names another` });
    }
  }
}

async function checkAccess({ action, level }: Operation, context: Admitting): Promise<void> {
  const { authorize, bucket, key, query, request } = context;
  if (action === null) return;
  const wanted = query.has('versionId') ? actionOnVersion(action) : action;
  await authorize(wanted, bucket, key);
  const readsToo = /^s3:GetObject(Version)?Attributes$/.test(wanted) ? wanted.replace('Attributes', '') : undefined;
  if (readsToo !== undefined) await authorize(readsToo, bucket, key);
  const tags = request.headers['x-amz-tagging'];
  if (level === 'object' && action === 's3:PutObject' && tags) await authorize('s3:PutObjectTagging', bucket, key);
}
