/** From a request to its answer: who asks, for what, whether it may be, and how it failed. Host-free. */
import { randomBytes, randomUUID } from 'node:crypto';
import { RequestState } from '../auth/state.ts';
import { SelectError } from '../base/errors.ts';
import type { Admin } from './admin.ts';
import { type AdmissionOptions, admit, checkHost, withoutHints } from './admission.ts';
import { allowReading, type CorsRule, corsRulesOf, preflight } from './cors.ts';
import { asSelectError, errorAnswer } from './error-answer.ts';
import type { ApiRequest, ApiResponse, Handler } from './http.ts';
import { readTarget } from './target.ts';

export interface HandlerOptions extends AdmissionOptions {
  readonly admin: Admin;
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
      const seen = { ...options, state: new RequestState(options.state) };
      let answer: ApiResponse;
      try {
        answer = identified(await perform(request, seen), report.requestId);
      } catch (error) {
        if (request.signal.aborted) throw error;
        answer = fail(error, request, report.requestId);
        report.error = asSelectError(error).code;
      }
      shareWithPage(answer, request, seen);
      return answer;
    },
  };
}

async function perform(request: ApiRequest, options: HandlerOptions): Promise<ApiResponse> {
  checkHost(request, options);
  checkTransfer(request);
  const page = await options.admin(request);
  if (page !== null) return page;
  const target = readTarget(request, options.domains);
  request.report.bucket = target.bucket;
  request.report.key = target.key;
  request.onOver(options.loadLimits.enter());
  if (request.method === 'OPTIONS') return preflight(request, target, corsRulesOf(options.state.bucket(target.bucket)));
  const { operation, context } = await admit(request, target, options);
  try {
    return await operation.handle(context);
  } catch (error) {
    throw await withoutHints(error, context);
  }
}

/** @throws SelectError NotImplemented: a body compressed for its transfer would be stored as it came */
function checkTransfer({ headers }: ApiRequest): void {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    throw new SelectError('NotImplemented', { reason: 'a Transfer-Encoding other than chunked', Header: 'Transfer-Encoding' });
  }
}

/** Lets the page of another origin that asked read the answer, where the bucket has a rule for it. */
function shareWithPage(answer: ApiResponse, request: ApiRequest, { state }: HandlerOptions): void {
  const { bucket } = request.report;
  const { method, headers } = request;
  // Without an origin there is something to say only of what a cache may keep.
  const matters = headers['origin'] !== undefined || method === 'GET' || method === 'HEAD';
  if (bucket === '' || method === 'OPTIONS' || !matters) return;
  let rules: readonly CorsRule[] | null;
  try {
    rules = corsRulesOf(state.bucket(bucket));
  } catch {
    // Settings that cannot be read have failed the operation before, and that is the answer.
    return;
  }
  if (rules !== null) allowReading(answer, request, rules);
}

function newRequestId(): string {
  // why: of all sources the one that keeps randomness in store; 64 bits of it are as many digits as S3's ids have.
  const uuid = randomUUID();
  return (uuid.slice(0, 8) + uuid.slice(-8)).toUpperCase();
}
