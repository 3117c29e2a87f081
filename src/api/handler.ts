/** From a request to its answer: who asks, for what, whether it may be, and how it failed. Host-free. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { CredentialStore } from '../auth/credentials.ts';
import type { Identity } from '../auth/identity.ts';
import { rootIdentity } from '../auth/identity.ts';
import { decodeBody } from '../auth/payload.ts';
import { verify } from '../auth/sigv4.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { authorizer } from './access.ts';
import type { Admin } from './admin.ts';
import { allowReading, corsRulesOf, preflight } from './cors.ts';
import { asSelectError, errorAnswer } from './error-answer.ts';
import type { ApiRequest, ApiResponse, Handler } from './http.ts';
import type { LoadLimits } from './load-limits.ts';
import { checkHeaders, type Services } from './operation.ts';
import { findOperation } from './registry.ts';
import { isLoopbackHost, readTarget } from './target.ts';

export interface HandlerOptions extends Services {
  /** The root user's. */
  readonly credentials: CredentialStore;
  /** The credentials are those everybody knows, so only clients of this machine are served. */
  readonly defaultCredentials: boolean;
  /** Host names below which a first label is a bucket. */
  readonly domains: readonly string[];
  readonly admin: Admin;
  readonly loadLimits: LoadLimits;
  /** Told what is no error of the catalogue: faults of ours. */
  onFault(error: unknown, requestId: string): void;
}

/** The answer to a request it could not even be made of, or whose operation failed, has the same shape everywhere. */
export interface Answerer {
  readonly handle: Handler;
  /** An error's answer, with the headers every answer has. */
  fail(error: unknown, request: Pick<ApiRequest, 'method' | 'rawPath'>): ApiResponse;
}

/** `handle` answers errors too; it throws only what aborted the request's signal. */
export function createHandler(options: HandlerOptions): Answerer {
  const hostId = randomBytes(24).toString('base64');

  function fail(error: unknown, { method, rawPath }: Pick<ApiRequest, 'method' | 'rawPath'>, requestId = newRequestId()): ApiResponse {
    const told = asSelectError(error);
    if (told.code === 'InternalError') options.onFault(error, requestId);
    return identified(errorAnswer(told, { resource: rawPath, requestId, hostId }, method === 'HEAD'), requestId);
  }

  function identified(answer: ApiResponse, requestId: string): ApiResponse {
    answer.headers['x-amz-request-id'] = requestId;
    answer.headers['x-amz-id-2'] = hostId;
    answer.headers['server'] = 's3lect';
    return answer;
  }

  return {
    fail,
    async handle(request) {
      const { report } = request;
      report.requestId = newRequestId();
      let answer: ApiResponse;
      try {
        answer = identified(await perform(request, options), report.requestId);
      } catch (error) {
        if (request.signal.aborted) throw error;
        answer = fail(error, request, report.requestId);
        report.error = asSelectError(error).code;
      }
      if (request.headers['origin'] !== undefined) shareWithPage(answer, request, options);
      return answer;
    },
  };
}

async function perform(request: ApiRequest, options: HandlerOptions): Promise<ApiResponse> {
  const { method, rawPath, rawQuery, headers, report } = request;
  // why: a page of the web may reach this machine under a name of its own (DNS rebinding), and knows the credentials.
  if (options.defaultCredentials && !isLoopbackHost(headers['host'] ?? '')) {
    throw new SelectError('AccessDenied', { reason: 'with default credentials only localhost is served' });
  }
  const page = await options.admin(request);
  if (page !== null) return page;
  request.onOver(options.loadLimits.enter());
  const target = readTarget(request, options.domains);
  report.bucket = target.bucket;
  report.key = target.key;
  const { state } = options;
  if (method === 'OPTIONS') return preflight(request, corsRulesOf(state.bucket(target.bucket)));
  const region = options.pinnedRegion === undefined ? {} : { region: options.pinnedRegion };
  const credentials = { lookup: (accessKey: string) => options.credentials.lookup(accessKey) ?? state.lookup(accessKey) };
  const signature = verify({ method, rawPath, rawQuery, headers }, { credentials, skewMs: limits.clock_skew_ms_max, ...region });
  const identity = identityOf(signature.accessKey, options);
  report.identity = identity.arn;
  request.onOver(options.loadLimits.enterKey(signature.accessKey));
  const operation = findOperation(method, target, headers);
  report.operation = operation.name;
  if (signature.payload.kind === 'streaming' && operation.takesChunks !== true) {
    throw new SelectError('InvalidRequest', { reason: `${operation.name} takes no body in signed chunks` });
  }
  checkHeaders(operation, headers);
  const authorize = authorizer(identity);
  if (operation.action !== null) await authorize(operation.action, target.bucket, target.key);
  const body = decodeBody(request.body, signature, headers);
  return operation.handle({ services: options, request, identity, authorize, body, ...target });
}

/** Lets the page of another origin that asked read the answer, where the bucket has a rule for it. */
function shareWithPage(answer: ApiResponse, request: ApiRequest, { state }: HandlerOptions): void {
  const { bucket } = request.report;
  const rules = bucket === '' || request.method === 'OPTIONS' ? null : corsRulesOf(state.bucket(bucket));
  if (rules !== null) allowReading(answer, request, rules);
}

function identityOf(accessKey: string, { credentials, state }: HandlerOptions): Identity {
  if (credentials.lookup(accessKey) !== undefined) return rootIdentity;
  const user = state.lookup(accessKey)?.user;
  // why: removed while its signature was verified.
  if (user === undefined) throw new SelectError('InvalidAccessKeyId', { AWSAccessKeyId: accessKey });
  return user.identity;
}

function newRequestId(): string {
  // why: of all sources the one that keeps randomness in store; 64 bits of it are as many digits as S3's ids have.
  const uuid = randomUUID();
  return (uuid.slice(0, 8) + uuid.slice(-8)).toUpperCase();
}
